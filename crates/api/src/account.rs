//! Who is asking, and what they may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a member of a team may do. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Also tests, redelivers and sends events.
    Member,
    /// Also creates, edits and deletes automations, webhooks, secrets and keys.
    Admin,
}

impl Role {
    /// The word on the wire and in refusals.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Admin => "admin",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Viewer, Self::Member, Self::Admin].into_iter().find(|role| role.as_str() == word)
    }
}

/// The user behind a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// User name.
    pub user: String,
    /// The teams the user belongs to.
    pub entities: Vec<Membership>,
    /// Version of the server.
    pub version: String,
    /// For how many days events and deliveries are kept.
    pub retain_days: u32,
}

/// A team and the user's role in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Membership {
    /// The team's name.
    pub entity: String,
    /// The role.
    pub role: Role,
}

/// A member of a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Member {
    /// User name.
    pub user: String,
    /// The role.
    pub role: Role,
    /// When one of the member's keys was last used, to the minute; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<String>,
}

/// A member's role, on its way in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberDraft {
    /// The role.
    pub role: Role,
}

/// A sign-in code of a member, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignInLink {
    /// The part of the link behind `#code=`; works once.
    pub code: String,
    /// Until when it works.
    pub expires_at: String,
}

impl std::fmt::Debug for SignInLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// A key without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// `UUIDv7`.
    pub id: String,
    /// What it is for, in words of its owner.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// Whose it is.
    pub user: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last used, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<String>,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyDraft {
    /// What it is for.
    pub name: String,
}

/// A new key, shown this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NewKey {
    /// The key: at least 40 characters of `[A-Za-z0-9_-]`.
    pub key: String,
    /// The rest of what is known of it.
    pub info: Key,
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewKey").field("info", &self.info).finish_non_exhaustive()
    }
}

/// The code of a sign-in link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The part of the link behind `#code=`; works once.
    pub code: String,
}

/// What a code is traded for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SignedIn {
    /// A key.
    pub key: String,
}
