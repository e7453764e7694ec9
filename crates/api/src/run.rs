//! The states of a run.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A run's states that events speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Runs.
    Running,
    /// Ended well.
    Finished,
    /// Ended with an error, or was lost.
    Failed,
}

impl RunState {
    /// All states.
    pub const ALL: [Self; 3] = [Self::Running, Self::Finished, Self::Failed];

    /// The word on the wire and in payloads.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
        }
    }
}
