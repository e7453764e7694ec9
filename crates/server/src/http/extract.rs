//! Requests read so that every fault is a problem with a pointer.

use std::error::Error;
use std::iter::successors;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hookboard_api::limits::{MAX_EVENT_BYTES, MAX_TEMPLATE_BODY_BYTES};
use hookboard_api::problem::ProblemCode;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::reading::{pointer, read};
use super::words::fault;
use crate::app::App;
use crate::clock;
use crate::failure::Failure;

/// Largest body of a call, in bytes.
pub(crate) const MAX_REQUEST_BYTES: usize =
    if MAX_EVENT_BYTES > MAX_TEMPLATE_BODY_BYTES { MAX_EVENT_BYTES } else { MAX_TEMPLATE_BODY_BYTES };

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
        Ok(Self(read(&bytes(request, app).await?)?))
    }
}

/// A JSON body that may be left out.
pub(super) struct OptionalBody<T>(pub(super) T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, app: &App) -> Result<Self, Failure> {
        let bytes = bytes(request, app).await?;
        Ok(Self(if bytes.is_empty() { T::default() } else { read(&bytes)? }))
    }
}

/// The body as it came.
pub(super) async fn bytes(request: Request, app: &App) -> Result<Bytes, Failure> {
    Bytes::from_request(request, app).await.map_err(|rejection| unread(&rejection))
}

/// Why a body of at most [`MAX_REQUEST_BYTES`] could not be read.
pub(crate) fn unread(rejection: &BytesRejection) -> Failure {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE { too_large(MAX_REQUEST_BYTES) } else { broken_off() }
}

/// The body of a call that may be longer than others, of at most `most` bytes.
pub(super) async fn long_bytes(request: Request, most: usize) -> Result<Bytes, Failure> {
    axum::body::to_bytes(request.into_body(), most).await.map_err(|error| {
        if error.source().is_some_and(<dyn Error>::is::<http_body_util::LengthLimitError>) {
            too_large(most)
        } else {
            broken_off()
        }
    })
}

fn broken_off() -> Failure {
    Failure::new(ProblemCode::BadRequest, "The body broke off. Send it again.")
}

fn too_large(most: usize) -> Failure {
    let words =
        format!("The request has more than {} KiB, the most that this call takes. Send less at once.", most / 1024);
    Failure::new(ProblemCode::TooLarge, words)
}

/// Query parameters.
pub(super) struct Params<T>(pub(super) T);

/// What the reader of queries answers.
type QueryError = serde_path_to_error::Error<serde::de::value::Error>;

impl<T: DeserializeOwned> FromRequestParts<App> for Params<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Failure> {
        Query::<T>::from_request_parts(parts, app).await.map(|Query(params)| Self(params)).map_err(|rejection| {
            let mut causes = successors(rejection.source(), |&cause| cause.source());
            let cause = causes.find_map(|cause| cause.downcast_ref::<QueryError>());
            Failure::malformed(cause.map_or_else(
                || fault("", &rejection.body_text()),
                |error| fault(&pointer(error.path()), &error.inner().to_string()),
            ))
        })
    }
}

/// The time of a query parameter, in Unix milliseconds.
pub(super) fn time(name: &str, text: Option<String>) -> Result<Option<i64>, Failure> {
    let ms = text.map(|text| clock::parse_ms(&text)).transpose();
    ms.map_err(|fault| Failure::parameter(name, fault.to_string()))
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
    let Some(given) = headers.get(IF_MATCH) else {
        return Ok(());
    };
    let tags: Option<Vec<&str>> =
        given.to_str().ok().and_then(|given| given.split(',').map(|tag| opaque(tag.trim())).collect());
    let Some(tags) = tags else {
        return Err(Failure::new(
            ProblemCode::BadRequest,
            "The If-Match header cannot be read. Send the ETag of your last read, such as \"3\" with its quotes, or leave it out.",
        ));
    };
    if tags.iter().any(|tag| *tag == "*" || *tag == current.to_string()) {
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

/// What stands between the quotes of an entity tag (RFC 9110, section 8.8.3). A bare number is taken
/// for one, and what a proxy has weakened for what it was.
fn opaque(tag: &str) -> Option<&str> {
    let bare = tag == "*" || !tag.is_empty() && tag.bytes().all(|byte| byte.is_ascii_digit());
    if bare {
        return Some(tag);
    }
    tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"').filter(|tag| !tag.contains('"'))
}

/// A value with its version as `ETag`.
pub(super) fn tagged(revision: u32, value: impl Serialize) -> Response {
    let mut response = axum::Json(value).into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{revision}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}
