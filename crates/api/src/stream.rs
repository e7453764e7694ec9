//! What `GET /api/v1/stream` tells: which things changed, not how. Readers ask for what they show.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A kind of thing that changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Deliveries and their attempts.
    Delivery,
    /// Events and their evaluations.
    Event,
    /// Automations.
    Automation,
    /// Webhooks and their health.
    Webhook,
    /// Secrets.
    Secret,
    /// Registries, projects, collections, versions, runs.
    Catalogue,
    /// Sources and what they received.
    Source,
    /// Members and their roles.
    Member,
}

impl Topic {
    /// All topics.
    pub const ALL: [Self; 8] = [
        Self::Delivery,
        Self::Event,
        Self::Automation,
        Self::Webhook,
        Self::Secret,
        Self::Catalogue,
        Self::Source,
        Self::Member,
    ];
}

/// One message of the stream, as the `data` of a server-sent event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// What changed.
    pub topic: Topic,
    /// The team it belongs to.
    pub entity: String,
    /// The thing's id or name; absent where many changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}
