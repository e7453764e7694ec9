//! Deliveries, attempts and evaluations on the wire.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::EventType;
use crate::event::{Event, Subject};
use crate::metric::RuleReading;
use crate::trace::Trace;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its first attempt, or to be sent again after a failure that no repeat could mend.
    Waiting,
    /// Is being sent.
    Sending,
    /// Was answered with a 2xx.
    Delivered,
    /// Failed, and will be tried again.
    Retrying,
    /// Failed for good.
    Failed,
    /// Stopped by a person.
    Canceled,
    /// Matched, and held back by a cooldown or a snooze.
    Skipped,
    /// Matched, and only recorded.
    Recorded,
}

impl DeliveryState {
    /// All states.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Sending,
        Self::Delivered,
        Self::Retrying,
        Self::Failed,
        Self::Canceled,
        Self::Skipped,
        Self::Recorded,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Delivered => "delivered",
            Self::Retrying => "retrying",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
            Self::Recorded => "recorded",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// How an attempt ended. Stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeCode {
    /// A 2xx answer.
    Ok,
    /// A 4xx answer.
    #[serde(rename = "http_4xx")]
    Http4xx,
    /// A 5xx answer.
    #[serde(rename = "http_5xx")]
    Http5xx,
    /// A 3xx answer; redirects are not followed.
    Redirect,
    /// An answer that ends the exchange with a status of none of these classes, such as 101 or 999.
    UnexpectedStatus,
    /// The name could not be looked up.
    Dns,
    /// The address is not one Hookboard may send to.
    BlockedAddress,
    /// No connection.
    Connect,
    /// No agreement on encryption, or a certificate that does not hold.
    Tls,
    /// No complete answer in time.
    Timeout,
    /// The answer's head is too large to read.
    ResponseTooLarge,
    /// The rendered body is over the limit.
    BodyTooLarge,
    /// The template does not compile with the webhook as it is now.
    Template,
    /// A secret that is needed is gone.
    SecretMissing,
    /// The worker ended before it knew: it may have arrived, and is sent again.
    Interrupted,
}

impl OutcomeCode {
    /// All codes.
    pub const ALL: [Self; 15] = [
        Self::Ok,
        Self::Http4xx,
        Self::Http5xx,
        Self::Redirect,
        Self::UnexpectedStatus,
        Self::Dns,
        Self::BlockedAddress,
        Self::Connect,
        Self::Tls,
        Self::Timeout,
        Self::ResponseTooLarge,
        Self::BodyTooLarge,
        Self::Template,
        Self::SecretMissing,
        Self::Interrupted,
    ];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Http4xx => "http_4xx",
            Self::Http5xx => "http_5xx",
            Self::Redirect => "redirect",
            Self::UnexpectedStatus => "unexpected_status",
            Self::Dns => "dns",
            Self::BlockedAddress => "blocked_address",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::ResponseTooLarge => "response_too_large",
            Self::BodyTooLarge => "body_too_large",
            Self::Template => "template",
            Self::SecretMissing => "secret_missing",
            Self::Interrupted => "interrupted",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|code| code.as_str() == word)
    }

    /// Whether it was decided before the receiver was looked for: it says nothing of the receiver.
    pub const fn is_before_sending(self) -> bool {
        matches!(self, Self::BlockedAddress | Self::BodyTooLarge | Self::Template | Self::SecretMissing)
    }
}

/// A delivery as a row of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// `UUIDv7`; also the `webhook-id` of every attempt, where the webhook has a signing secret.
    pub id: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// The automation that matched; it may be deleted since.
    pub automation_id: String,
    /// Its name at the time.
    pub automation_name: String,
    /// Its revision whose template was rendered.
    pub revision: u32,
    /// Where it sends; absent for one that is only recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_id: Option<String>,
    /// Name of the webhook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook_name: Option<String>,
    /// The event.
    pub event_id: String,
    /// What happened.
    #[schema(value_type = String)]
    pub event_type: EventType,
    /// Where it happened.
    pub subject: Subject,
    /// The alias, tag, state or metric it was about, in few words.
    pub subject_detail: String,
    /// Whose action it was.
    pub event_author: String,
    /// Attempts so far.
    pub attempts: u32,
    /// Attempts of the whole schedule.
    pub max_attempts: u32,
    /// Outcome of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeCode>,
    /// HTTP status of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was skipped, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<String>,
    /// How long the last attempt took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<f64>,
    /// Whether the body was rendered anew with a later template.
    pub rendered_anew: bool,
    /// When the event was matched.
    pub created_at: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<String>,
}

/// A delivery with all that is known of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryDetail {
    /// The row.
    pub delivery: Delivery,
    /// The body, secrets as dots; absent where nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The webhook's URL now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Revision of the automation now; absent where it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_revision: Option<u32>,
    /// The attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// The event.
    pub event: Event,
    /// What all automations made of the event, this delivery's first.
    pub evaluations: Vec<Evaluation>,
}

/// One HTTP exchange of a delivery.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    /// When it started.
    pub started_at: String,
    /// What happened.
    pub exchange: Exchange,
}

/// What was sent and what came back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Exchange {
    /// How it ended.
    pub outcome: OutcomeCode,
    /// The same in words: what happened, then what to do.
    pub message: String,
    /// The URL.
    pub url: String,
    /// Headers as sent, secrets as dots.
    pub request_headers: Vec<(String, String)>,
    /// The body as sent, secrets as dots.
    pub request_body: String,
    /// HTTP status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// The answer's body, its first 64 KiB, as text; secrets that it echoes as dots.
    pub response_body: String,
    /// Whether the answer's body was longer than what is kept.
    pub response_cut: bool,
    /// How long each phase took.
    pub timings: Timings,
}

impl Exchange {
    /// An attempt of which nobody saw the end.
    pub fn interrupted() -> Self {
        Self {
            outcome: OutcomeCode::Interrupted,
            message: String::from(
                "The worker ended before it knew the result. The receiver may have got it; it is sent again with the same id.",
            ),
            url: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status: None,
            response_headers: Vec::new(),
            response_body: String::new(),
            response_cut: false,
            timings: Timings::default(),
        }
    }
}

/// Phases of an exchange, in milliseconds. A phase that was not reached is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// Name look-up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dns_ms: Option<f64>,
    /// TCP connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// TLS handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// From the request's first byte to the answer's head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<f64>,
    /// Reading the answer's body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_ms: Option<f64>,
    /// All together.
    pub total_ms: f64,
}

/// What one automation made of one event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Evaluation {
    /// The automation; it may be deleted since.
    pub automation_id: String,
    /// Its name.
    pub automation_name: String,
    /// Whether it fired.
    pub matched: bool,
    /// What decided.
    pub verdict: Verdict,
    /// The deciding part in words.
    pub reason: String,
    /// The condition's verdict tree; absent where it was not looked at, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub trace: Option<Trace>,
    /// What each metric rule made of the history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<RuleReading>,
    /// The delivery that came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_id: Option<String>,
}

/// What decided an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All held.
    Matched,
    /// The automation is disabled.
    Disabled,
    /// The condition on values does not hold.
    Condition,
    /// No metric rule holds, or not all.
    Metric,
    /// The run's new state is not one of those watched.
    State,
    /// It fired too short a time ago.
    Cooldown,
    /// It is snoozed.
    Snoozed,
}

impl Verdict {
    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::Disabled => "disabled",
            Self::Condition => "condition",
            Self::Metric => "metric",
            Self::State => "state",
            Self::Cooldown => "cooldown",
            Self::Snoozed => "snoozed",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Matched, Self::Disabled, Self::Condition, Self::Metric, Self::State, Self::Cooldown, Self::Snoozed]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// An event with what all automations of its scope made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EventDetail {
    /// The event.
    pub event: Event,
    /// One entry per automation that looked at it.
    pub evaluations: Vec<Evaluation>,
}

/// An event with what one automation made of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Judged {
    /// The event.
    pub event: Event,
    /// What the automation made of it.
    pub evaluation: Evaluation,
}

/// How a delivery is sent again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Redeliver {
    /// Render the body anew with today's template; otherwise the same bytes are sent.
    #[serde(default)]
    pub render: bool,
}

/// Which deliveries are sent again: exactly one of `ids` and `filter` is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RedeliverMany {
    /// These, 10,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<String>>,
    /// All that a list with this filter shows, 10,000 at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<DeliveryFilter>,
    /// Render each body anew with today's template; otherwise the same bytes are sent.
    #[serde(default)]
    pub render: bool,
    /// Only answer what would be sent again.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a list of deliveries is narrowed to, as an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveryFilter {
    /// In this registry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// In this project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// In this collection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// Of the automation of this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub automation: Option<String>,
    /// To the webhook of this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<String>,
    /// In one of these states, separated by commas; by default `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// With this outcome code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OutcomeCode>,
    /// Matched at this time or later, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Matched before this time, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// What is sent again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RedeliveredMany {
    /// Deliveries that are sent again; on a dry run, that would be.
    pub count: u64,
    /// The same by webhook, most first.
    pub webhooks: Vec<WebhookCount>,
    /// Deliveries that cannot be: gone, only recorded, being sent or about to be, without a webhook, or,
    /// where they are to be rendered anew, of a deleted automation.
    pub left_out: u64,
}

/// How many deliveries go to a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookCount {
    /// The webhook's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many.
    pub count: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_the_wire_agree_with_serde() {
        for state in DeliveryState::ALL {
            assert_eq!(serde_json::to_value(state).expect("text"), state.as_str());
            assert_eq!(DeliveryState::parse(state.as_str()), Some(state));
        }
        for code in OutcomeCode::ALL {
            assert_eq!(serde_json::to_value(code).expect("text"), code.as_str());
            assert_eq!(OutcomeCode::parse(code.as_str()), Some(code));
        }
    }
}
