//! The audit log on the wire: who changed what.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditAction {
    /// Made.
    Created,
    /// Changed.
    Changed,
    /// Deleted; of a key, revoked.
    Deleted,
    /// Sent again.
    Redelivered,
    /// No longer retried.
    Canceled,
    /// The pause was ended.
    Resumed,
    /// A sign-in code was made.
    Linked,
}

impl AuditAction {
    const ALL: [Self; 7] =
        [Self::Created, Self::Changed, Self::Deleted, Self::Redelivered, Self::Canceled, Self::Resumed, Self::Linked];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Redelivered => "redelivered",
            Self::Canceled => "canceled",
            Self::Resumed => "resumed",
            Self::Linked => "linked",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == word)
    }
}

/// A kind of thing that people change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// An automation.
    Automation,
    /// A webhook.
    Webhook,
    /// A secret.
    Secret,
    /// A key.
    Key,
    /// A member of the team.
    Member,
    /// A source.
    Source,
    /// A registry or project.
    Place,
    /// One or several deliveries.
    Delivery,
}

impl AuditKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Automation,
        Self::Webhook,
        Self::Secret,
        Self::Key,
        Self::Member,
        Self::Source,
        Self::Place,
        Self::Delivery,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Automation => "automation",
            Self::Webhook => "webhook",
            Self::Secret => "secret",
            Self::Key => "key",
            Self::Member => "member",
            Self::Source => "source",
            Self::Place => "place",
            Self::Delivery => "delivery",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AuditEntry {
    /// `UUIDv7`.
    pub id: String,
    /// When, RFC 3339.
    pub at: String,
    /// User name of who did it.
    pub actor: String,
    /// What was done.
    pub action: AuditAction,
    /// To what kind of thing.
    pub kind: AuditKind,
    /// What the thing is addressed by: the name of a secret or member, the id of all else; absent where
    /// several deliveries were sent again together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_id: Option<String>,
    /// Its name at the time.
    pub target_name: String,
    /// The fields that the change took away or replaced, as they were. Secrets are dots, long texts are cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub before: Option<Map<String, Value>>,
    /// The fields that the change brought or replaced, as they are since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub after: Option<Map<String, Value>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_the_wire_agree_with_serde() {
        for action in AuditAction::ALL {
            assert_eq!(serde_json::to_value(action).expect("text"), action.as_str());
            assert_eq!(AuditAction::parse(action.as_str()), Some(action));
        }
        for kind in AuditKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("text"), kind.as_str());
            assert_eq!(AuditKind::parse(kind.as_str()), Some(kind));
        }
    }
}
