//! Sources on the wire: MLflow servers whose webhooks feed a registry.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Source {
    /// `UUIDv7`.
    pub id: String,
    /// Its name; the author of its events.
    pub name: String,
    /// The registry or project it feeds.
    pub place: String,
    /// The secret its messages are signed with.
    pub secret: String,
    /// Path to point the MLflow webhook at.
    pub path: String,
    /// Messages taken.
    pub received: u32,
    /// Of these, messages that mean nothing here.
    pub ignored: u32,
    /// When the last one came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// Why a message was last refused: what happened, then what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// When that was, to the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error_at: Option<String>,
}

/// A source to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SourceDraft {
    /// Its name; the author of its events.
    pub name: String,
    /// The registry it feeds.
    pub registry: String,
    /// Name of the secret that the MLflow webhook signs with.
    pub secret: String,
}
