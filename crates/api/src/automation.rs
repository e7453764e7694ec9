//! Automations on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::EventType;
use crate::delivery::{DeliveryState, OutcomeCode};
use crate::limits::{MAX_AUTOMATION_NAME, MAX_COOLDOWN_S, MAX_DESCRIPTION, RUN_COOLDOWN_S};
use crate::name::{check_name, check_place_name, check_text};
use crate::problem::FieldError;
use crate::scope::Scope;
use crate::trigger::Trigger;

/// What an automation does with a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Renders a payload and delivers it.
    Webhook {
        /// The webhook's id.
        webhook_id: String,
        /// The payload template; none sends `{}`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<String>,
    },
    /// Keeps the match in History and sends nothing.
    Record,
}

impl Action {
    /// The webhook that it sends through.
    pub fn webhook_id(&self) -> Option<&str> {
        match self {
            Self::Webhook { webhook_id, .. } => Some(webhook_id),
            Self::Record => None,
        }
    }

    /// The payload template, where one is rendered.
    pub fn template(&self) -> Option<&str> {
        match self {
            Self::Webhook { template, .. } => template.as_deref(),
            Self::Record => None,
        }
    }
}

/// An automation as it is created or replaced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationDraft {
    /// At most 255 characters, unique in its scope.
    pub name: String,
    /// In words of its owner; may be empty.
    #[serde(default)]
    pub description: String,
    /// Where it watches.
    pub scope: Scope,
    /// What makes it fire.
    pub trigger: Trigger,
    /// What it does.
    pub action: Action,
    /// Least time between two matches, in seconds; for run events, between two of the same run.
    /// None means none, and 24 hours for run events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<u32>,
    /// Whether it watches.
    #[serde(default = "yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

/// A change to an automation; absent fields stay.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationPatch {
    /// Whether it watches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// For how many seconds, from now, matches are held back; 0 ends that. At most 30 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snooze_s: Option<u32>,
}

/// What an automation was at one time. Switching it on or off, and snoozing it, makes none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Revision {
    /// Counts from 1.
    pub revision: u32,
    /// What it was.
    pub draft: AutomationDraft,
    /// User who saved it.
    pub author: String,
    /// When.
    pub at: String,
}

/// An automation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Automation {
    /// `UUIDv7`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// In words of its owner.
    pub description: String,
    /// Where it watches.
    pub scope: Scope,
    /// What makes it fire.
    pub trigger: Trigger,
    /// What it does.
    pub action: Action,
    /// Least time between two matches, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<u32>,
    /// Whether it watches.
    pub enabled: bool,
    /// Until when matches are held back, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<String>,
    /// The webhook it sends through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<WebhookRef>,
    /// User who made it.
    pub author: String,
    /// Counts changes, from 1; also the `ETag`.
    pub revision: u32,
    /// When it was made.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// How it has been doing.
    pub activity: Activity,
}

impl From<&Automation> for AutomationDraft {
    /// What would make the same automation again.
    fn from(from: &Automation) -> Self {
        Self {
            name: from.name.clone(),
            description: from.description.clone(),
            scope: from.scope.clone(),
            trigger: from.trigger.clone(),
            action: from.action.clone(),
            cooldown_s: from.cooldown_s,
            enabled: from.enabled,
        }
    }
}

/// A webhook in few words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookRef {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The team that owns it, where that is another than the automation's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Whether it is paused or disabled, so that deliveries wait.
    pub paused: bool,
}

/// In which order automations are listed; `-` turns it round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Sort {
    /// Oldest first.
    #[serde(rename = "created")]
    Created,
    /// Newest first.
    #[default]
    #[serde(rename = "-created")]
    Newest,
    /// By name, letter case aside.
    #[serde(rename = "name")]
    Name,
    /// By name, from the end.
    #[serde(rename = "-name")]
    NameBackwards,
    /// Those that never fired, then the one that fired longest ago.
    #[serde(rename = "fired")]
    Fired,
    /// The one that fired last, first.
    #[serde(rename = "-fired")]
    LastFired,
}

/// The last results of an automation or webhook.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Activity {
    /// The newest result; absent where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<LastResult>,
    /// States of the last 20, oldest first.
    pub recent: Vec<DeliveryState>,
}

/// The newest result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LastResult {
    /// The delivery.
    pub delivery_id: String,
    /// The team whose delivery it is, where that is another than the webhook's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Its state.
    pub state: DeliveryState,
    /// Outcome of its last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeCode>,
    /// HTTP status of its last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// When the event was matched.
    pub at: String,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
}

/// What to do with several automations at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkChange {
    /// The automations' ids.
    pub ids: Vec<String>,
    /// What to do.
    pub change: Bulk,
}

/// A change to several automations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Bulk {
    /// Watch again.
    Enable,
    /// Stop watching.
    Disable,
    /// Delete.
    Delete,
}

impl AutomationDraft {
    /// Faults that can be seen without the database: name, description, trigger, cooldown. The
    /// template is compiled by whoever knows the webhook's secrets.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors: Vec<FieldError> = check_name(&self.name, MAX_AUTOMATION_NAME, "/name").into_iter().collect();
        let length = self.description.chars().count();
        if length > MAX_DESCRIPTION {
            errors.push(FieldError::new(
                "/description",
                "too_long",
                format!("The description has {length} characters; {MAX_DESCRIPTION} are allowed. Shorten it."),
            ));
        }
        let collection = self.scope.collection.as_deref();
        errors.extend(collection.and_then(|name| check_place_name(name, "/scope/collection")));
        errors.extend(check_text(&self.description, "description", "/description"));
        errors.extend(self.trigger.check(&self.scope).into_iter().map(|error| error.under("/trigger")));
        errors.extend(check_cooldown(self.cooldown_s));
        errors
    }
}

/// What is wrong with a cooldown, or nothing.
pub fn check_cooldown(cooldown_s: Option<u32>) -> Option<FieldError> {
    let too_long = cooldown_s.is_some_and(|seconds| seconds > MAX_COOLDOWN_S);
    too_long.then(|| FieldError::new("/cooldown_s", "out_of_range", "A cooldown lasts at most 30 days."))
}

/// The least time between two matches on `event`, in seconds, where `cooldown_s` is set for it; zero for none.
pub fn cooldown_of(event: EventType, cooldown_s: Option<u32>) -> u32 {
    cooldown_s.unwrap_or(if event.is_run() { RUN_COOLDOWN_S } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_description_is_text_of_any_number_of_lines() {
        for (description, codes) in
            [("One.\r\n\tTwo.", &[][..]), ("a\0b", &["control_character"]), (&"d".repeat(2001), &["too_long"])]
        {
            let draft: AutomationDraft = serde_json::from_value(json!({
                "name": "a", "description": description,
                "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
                "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
            }))
            .expect("readable");
            let errors = draft.check();
            assert_eq!(errors.iter().map(|error| error.code.as_str()).collect::<Vec<_>>(), codes);
            assert!(errors.iter().all(|error| error.pointer == "/description"));
        }
    }
}
