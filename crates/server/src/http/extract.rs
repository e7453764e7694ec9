//! Requests read so that every fault is a problem with a pointer.

use std::error::Error;
use std::iter::successors;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::header::{CONTENT_TYPE, IF_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use hookboard_api::limits::{MAX_EVENT_BYTES, MAX_TEMPLATE_BODY_BYTES};
use hookboard_api::problem::{Problem, ProblemCode, pointer_token};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::tree::{Reader, Tree};
use super::words::{fault, faulty_member};
use crate::app::App;
use crate::clock;
use crate::failure::Failure;

/// Largest body of a call, in bytes.
pub(super) const MAX_REQUEST_BYTES: usize =
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
                format!(
                    "The request has more than {} KiB, the most that a call takes. Send less at once.",
                    MAX_REQUEST_BYTES / 1024
                ),
            )
        } else {
            Failure::new(ProblemCode::BadRequest, "The body broke off. Send it again.")
        }
    })
}

/// Reads JSON; a fault points at the member it is in.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    form(&tree(bytes)?)
}

/// Reads JSON of no form yet.
pub(super) fn tree(bytes: &[u8]) -> Result<Value, Failure> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Tree(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let cause = error.inner();
        if cause.is_data() {
            let words = cause.to_string();
            // The pointer replaces the position at the end.
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            Problem::invalid(vec![fault(&pointer(error.path()), words)]).into()
        } else {
            Failure::new(ProblemCode::BadRequest, format!("The body is not JSON: {cause}."))
        }
    })?;
    reader
        .end()
        .map_err(|error| Failure::new(ProblemCode::BadRequest, format!("The body is not one JSON value: {error}.")))?;
    Ok(value)
}

/// Brings JSON into the form of a request.
pub(super) fn form<T: DeserializeOwned>(value: &Value) -> Result<T, Failure> {
    serde_path_to_error::deserialize(Reader(value)).map_err(|error| {
        let mut at = pointer(error.path());
        let words = error.inner().to_string();
        // The path ends where serde reads an object ahead to find its tag.
        if let Some(member) = value.pointer(&at).and_then(|value| faulty_member(value, &words)) {
            at = format!("{at}/{}", pointer_token(member));
        }
        Problem::invalid(vec![fault(&at, &words)]).into()
    })
}

/// The JSON pointer of a path.
fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", pointer_token(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
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
