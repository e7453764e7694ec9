//! What wants somebody's attention, for the home page.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::delivery::OutcomeCode;
use crate::scope::Scope;

/// What wants somebody's attention in a team. Each list holds 20 at most, with its full length beside it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    /// Webhooks that are paused or do not answer well, paused ones first.
    pub webhooks: Vec<TroubledWebhook>,
    /// How many these are in all.
    pub webhooks_total: u32,
    /// Automations whose last result of the last 7 days is a failure, those with most failures first.
    pub failing: Vec<FailingAutomation>,
    /// How many these are in all.
    pub failing_total: u32,
    /// Enabled automations of more than a day that matched nothing in 30 days, oldest first.
    pub silent: Vec<SilentAutomation>,
    /// How many these are in all.
    pub silent_total: u32,
    /// Deliveries of the last 24 hours.
    pub day: DayCounts,
    /// Events of the last 24 hours.
    pub events_day: u32,
}

/// What is wrong with a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Stopped after too many failures, or by a 410; deliveries wait.
    Paused,
    /// Its last attempts failed.
    Failing,
}

/// A webhook that does not deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TroubledWebhook {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The team that owns it, where that is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// What is wrong.
    pub kind: Trouble,
    /// Why, in words.
    pub reason: String,
    /// Since when it has not answered well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Deliveries that wait for it.
    pub waiting: u32,
    /// Automations that send through it.
    pub automations: u32,
}

/// An automation whose deliveries fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FailingAutomation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it watches.
    pub scope: Scope,
    /// Outcome of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeCode>,
    /// HTTP status of the last failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the event of the last failure was matched.
    pub at: String,
    /// Deliveries of the last 7 days that failed or are being retried.
    pub failed: u32,
}

/// An automation that matched nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SilentAutomation {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Where it watches.
    pub scope: Scope,
    /// When it was made.
    pub created_at: String,
    /// Events it looked at in the last 30 days.
    pub seen: u32,
    /// Of these, those that it passed over.
    pub passed_over: u32,
}

/// Deliveries by their state now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DayCounts {
    /// Arrived.
    pub delivered: u32,
    /// Failed, and will be tried again.
    pub retrying: u32,
    /// Failed for good.
    pub failed: u32,
    /// Held back by a cooldown or a snooze.
    pub skipped: u32,
    /// Wait for their first attempt, or are being sent.
    pub waiting: u32,
}
