//! Requests read so that every fault is a problem with a pointer.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::failure::Failure;

/// A JSON body.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if !kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json")) {
            return Err(Failure::new(
                ProblemCode::UnsupportedMediaType,
                "The body is to be JSON. Send it with Content-Type: application/json.",
            ));
        }
        read(&bytes(request, app).await?).map(Self)
    }
}

/// A JSON body that may be left out.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let bytes = bytes(request, app).await?;
        if bytes.is_empty() { Ok(Self(T::default())) } else { read(&bytes).map(Self) }
    }
}

/// The body as it came.
pub(super) async fn bytes(request: Request, app: &App) -> Result<Bytes, Failure> {
    Bytes::from_request(request, app).await.map_err(|rejection| {
        if rejection.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
            Failure::new(
                ProblemCode::TooLarge,
                "The request is too large: an event takes 1 MiB, a template 256 KiB. Send less at once.",
            )
        } else {
            Failure::new(ProblemCode::BadRequest, "The body broke off. Send it again.")
        }
    })
}

/// Reads JSON; a fault points at the member it is in.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let pointer: String = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                serde_path_to_error::Segment::Seq { index } => Some(format!("/{index}")),
                serde_path_to_error::Segment::Map { key } => {
                    Some(format!("/{}", hookboard_api::problem::pointer_token(key)))
                }
                serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => None,
            })
            .collect();
        let cause = error.inner();
        if cause.is_data() {
            // serde's words start in lower case and end with a position that the pointer replaces.
            let words = cause.to_string();
            let words = words.split(" at line ").next().unwrap_or_default();
            let message = format!("Not of the form this takes: {words}.");
            Problem::invalid(vec![FieldError::new(pointer, "malformed", message)]).into()
        } else {
            Failure::new(ProblemCode::BadRequest, format!("The body is not JSON: {cause}."))
        }
    })?;
    reader
        .end()
        .map_err(|error| Failure::new(ProblemCode::BadRequest, format!("The body is not one JSON value: {error}.")))?;
    Ok(value)
}

/// Query parameters.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Query::<T>::from_request_parts(parts, app).await.map(|Query(params)| Self(params)).map_err(|rejection| {
            Failure::new(ProblemCode::BadRequest, format!("The query cannot be read: {}.", rejection.body_text()))
        })
    }
}

/// Segments of the path, decoded.
pub(super) struct Segments<T>(pub(super) T);

impl<T: DeserializeOwned + Send> FromRequestParts<App> for Segments<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        axum::extract::Path::<T>::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Path(segments)| Self(segments))
            .map_err(|_| {
                Failure::new(ProblemCode::NotFound, "The address cannot be read. Check its spelling and encoding.")
            })
    }
}

/// Refuses a change to what has changed since the caller read it.
pub(super) fn check_revision(headers: &HeaderMap, current: u32, what: &str) -> Result<(), Failure> {
    let Some(given) = headers.get(IF_MATCH).and_then(|value| value.to_str().ok()) else {
        return Ok(());
    };
    let matches = given.trim() == "*"
        || given.split(',').any(|tag| tag.trim().trim_start_matches("W/").trim_matches('"') == current.to_string());
    if matches {
        Ok(())
    } else {
        Err(Failure::new(
            ProblemCode::VersionConflict,
            format!(
                "The {what} is at version {current} now; somebody changed it since you read it. Look at the change, then save again."
            ),
        ))
    }
}

/// A value with its version as `ETag`.
pub(super) fn tagged(revision: u32, value: impl Serialize) -> Response {
    let mut response = axum::Json(value).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
