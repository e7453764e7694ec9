//! Errors on the wire: RFC 9457 problems with a stable code, a JSON pointer per field, and a next
//! step in words.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// `application/problem+json`: what went wrong and what to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// Stable name of the kind of problem, for programs.
    pub code: ProblemCode,
    /// HTTP status, repeated from the status line.
    pub status: u16,
    /// Short name of the kind of problem, for people.
    pub title: String,
    /// What happened, then what to do.
    pub detail: String,
    /// One entry per faulty field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// The template's diagnostics, whole, where a template is at fault.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Object>)]
    pub diagnostics: Vec<Value>,
    /// What still uses the thing, where deletion was refused for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_by: Vec<UsedBy>,
}

/// One faulty field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldError {
    /// JSON pointer (RFC 6901) into the request body; for a query parameter, `/` and its name.
    pub pointer: String,
    /// Stable name of the fault.
    pub code: String,
    /// What is wrong, then what to do.
    pub message: String,
}

impl FieldError {
    /// An error at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.to_owned(), message: message.into() }
    }

    /// The same error, seen from an object that holds this one under `prefix` (a JSON pointer).
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.pointer.insert_str(0, prefix);
        self
    }
}

/// Escapes one reference token of a JSON pointer (RFC 6901, section 3).
pub fn pointer_token(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// Something that uses a secret or a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UsedBy {
    /// `webhook` or `automation`.
    pub kind: String,
    /// Its team, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How it uses the thing: `access token`, `signature`, `header`, `payload`, `action`.
    pub role: String,
}

/// The kinds of problems, stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The request is not of the form the call takes (400).
    BadRequest,
    /// No key, or one that is not valid (401).
    Unauthorized,
    /// The key's user was taken out of the last team (401).
    NoLongerMember,
    /// The role is not enough (403).
    Forbidden,
    /// There is no such thing, or it is not yours to see (404).
    NotFound,
    /// The call exists, but not with this method (405).
    MethodNotAllowed,
    /// A name is taken already (409).
    DuplicateName,
    /// It is still used (409).
    InUse,
    /// The state does not allow it (409).
    Conflict,
    /// It changed since it was read (412).
    VersionConflict,
    /// The body is too large (413).
    TooLarge,
    /// The body is not `application/json` (415).
    UnsupportedMediaType,
    /// Fields are faulty (422).
    Invalid,
    /// Too many requests (429).
    RateLimited,
    /// A fault of the server (500).
    Internal,
    /// The server cannot answer now (503).
    Unavailable,
}

impl ProblemCode {
    /// HTTP status that goes with the code.
    pub const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorized | Self::NoLongerMember => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::DuplicateName | Self::InUse | Self::Conflict => 409,
            Self::VersionConflict => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::Invalid => 422,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }

    /// Short name for people.
    pub const fn title(self) -> &'static str {
        match self {
            Self::BadRequest => "The request cannot be read",
            Self::Unauthorized => "Sign in first",
            Self::NoLongerMember => "You are no longer a member",
            Self::Forbidden => "Your role does not allow this",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Not with this method",
            Self::DuplicateName => "The name is taken",
            Self::InUse => "Still in use",
            Self::Conflict => "Not in this state",
            Self::VersionConflict => "Changed in the meantime",
            Self::TooLarge => "Too large",
            Self::UnsupportedMediaType => "Not JSON",
            Self::Invalid => "Some fields need a change",
            Self::RateLimited => "Too many requests",
            Self::Internal => "The server failed",
            Self::Unavailable => "Not available now",
        }
    }
}

impl Problem {
    /// A problem with its words.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            status: code.status(),
            title: code.title().to_owned(),
            detail: detail.into(),
            errors: Vec::new(),
            diagnostics: Vec::new(),
            used_by: Vec::new(),
        }
    }

    /// A 422 that names the faulty fields; its detail is the first one's message.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [] => String::from("The request is not valid."),
            [only] => only.message.clone(),
            [first, rest @ ..] => format!("{} And {} more.", first.message, rest.len()),
        };
        Self { errors, ..Self::new(ProblemCode::Invalid, detail) }
    }
}
