//! `Idempotency-Key`: a call that is sent again, since its answer was lost, is answered as it was and does nothing
//! more. After draft-ietf-httpapi-idempotency-key-header; the answer is kept in the transaction of what was made,
//! sealed, since it may hold a key that is shown once.

use std::pin::Pin;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use hookboard_api::problem::ProblemCode;
use hookboard_api::stream::Topic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use super::auth::Team;
use super::extract::{Body, bytes, tagged};
use crate::app::App;
use crate::db::idempotency::{self, Kept};
use crate::db::{Transaction, sql};
use crate::failure::Failure;

/// Names a call, so that it is known when it is sent again.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is that of an earlier call.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key, in bytes.
const MAX_KEY: usize = 255;

/// How a call is told from another.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "read by the document only")]
pub(super) struct IdempotencyKey {
    /// A name of your own for this call, such as a UUID. Sent again within 24 hours with the same body, the call is
    /// answered as it was, with `Idempotency-Replayed: true`, and nothing more is made. With another body it is
    /// refused.
    #[param(rename = "Idempotency-Key", max_length = 255, pattern = "^[!-~]+$")]
    idempotency_key: Option<String>,
}

/// A call, told from others by its `Idempotency-Key` where it has one.
#[derive(Debug)]
pub(super) struct Once {
    key: Option<String>,
    /// What the call is, but for its body.
    address: String,
    /// SHA-256 of address and body.
    request: Vec<u8>,
}

/// A JSON body of a call that is done once.
pub(super) struct Creation<T> {
    pub(super) draft: T,
    pub(super) once: Once,
}

/// What a call made.
pub(super) struct Made<T> {
    /// What the answer holds.
    pub(super) body: T,
    /// Its version, where it has one.
    pub(super) revision: Option<u32>,
    /// What readers of the stream are told of.
    pub(super) id: String,
}

impl Once {
    fn of(parts: &Parts, body: &[u8]) -> Result<Self, Failure> {
        let key = key_of(&parts.headers)?;
        let address = format!("{} {}", parts.method, parts.uri);
        let request = Sha256::new().chain_update(&address).chain_update([0]).chain_update(body).finalize().to_vec();
        Ok(Self { key, address, request })
    }

    /// Does the call, and answers 201 with what it made; a call that was done already is answered as it was.
    ///
    /// `check` finds what can be refused without the writer's turn; `make` does the rest within the transaction that
    /// also keeps the answer. Readers of the stream are told of `topic`.
    pub(super) fn run<C, T: Serialize>(
        &self,
        app: &App,
        team: &Team,
        topic: Topic,
        check: impl Future<Output = Result<C, Failure>>,
        make: impl AsyncFnOnce(&mut Transaction, C) -> Result<Made<T>, Failure>,
    ) -> Pin<Box<impl Future<Output = Result<Response, Failure>>>> {
        Box::pin(async move {
            if let Some(answer) = self.answered(app.db().read(), app, team).await? {
                return Ok(answer);
            }
            let checked = check.await?;
            let mut tx = app.db().begin().await?;
            // The same call may have been on its way beside this one.
            if let Some(answer) = self.answered(&mut *tx, app, team).await? {
                return Ok(answer);
            }
            let Made { body, revision, id } = make(&mut tx, checked).await?;
            let body = serde_json::to_value(body)?;
            if let Some(key) = &self.key {
                let sealed = app.seal().seal(&self.row(team, key), &body.to_string())?;
                let status = StatusCode::CREATED.as_u16();
                let kept = Kept { request: self.request.clone(), status, revision, body: sealed };
                idempotency::put(&mut tx, &team.user_id, key, &kept).await?;
            }
            tx.commit().await?;
            app.changed(topic, &team.name, Some(&id));
            Ok(answer(StatusCode::CREATED, revision, body))
        })
    }

    /// What the call was answered, where it was done already.
    async fn answered<'t>(
        &self,
        target: impl Into<sql::Target<'t>>,
        app: &App,
        team: &Team,
    ) -> Result<Option<Response>, Failure> {
        let Some(key) = &self.key else { return Ok(None) };
        let Some(kept) = idempotency::get(target, &team.user_id, key).await? else { return Ok(None) };
        if kept.request != self.request {
            return Err(Failure::field(
                "/Idempotency-Key",
                "reused",
                "This Idempotency-Key was sent with another call in the last 24 hours. Send a new one with each new call.",
            ));
        }
        let body = app.seal().open(&self.row(team, key), &kept.body)?;
        let body: Value = serde_json::from_str(secrecy::ExposeSecret::expose_secret(&body))?;
        let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::CREATED);
        let mut answer = answer(status, kept.revision, body);
        answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        Ok(Some(answer))
    }

    /// What the answer is sealed for.
    fn row(&self, team: &Team, key: &str) -> String {
        format!("{} {} {key}", team.user_id, self.address)
    }
}

impl FromRequestParts<App> for Once {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Failure> {
        Self::of(parts, &[])
    }
}

impl<T: DeserializeOwned> FromRequest<App> for Creation<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let body = bytes(Request::from_parts(parts.clone(), body), app).await?;
        let once = Once::of(&parts, &body)?;
        let Body(draft) = Body::from_request(Request::from_parts(parts, body.into()), app).await?;
        Ok(Self { draft, once })
    }
}

fn answer(status: StatusCode, revision: Option<u32>, body: Value) -> Response {
    match revision {
        Some(revision) => (status, tagged(revision, body)).into_response(),
        None => (status, axum::Json(body)).into_response(),
    }
}

/// The key of a call, if it has one.
fn key_of(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let mut keys = headers.get_all(KEY).iter().map(read);
    let Some(first) = keys.next().transpose()? else { return Ok(None) };
    for other in keys {
        if other? != first {
            return Err(Failure::new(
                ProblemCode::BadRequest,
                "The call has several Idempotency-Key headers, and they differ. Send one.",
            ));
        }
    }
    Ok(Some(first))
}

/// A key, bare or as the draft writes it: in quotes.
fn read(value: &HeaderValue) -> Result<String, Failure> {
    let text = value.to_str().unwrap_or_default().trim();
    let key = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(key.to_owned());
    }
    Err(Failure::new(
        ProblemCode::BadRequest,
        format!(
            "The Idempotency-Key is not one word of at most {MAX_KEY} ASCII characters. Send a UUID, or leave it out."
        ),
    ))
}
