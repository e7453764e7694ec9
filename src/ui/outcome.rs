//! Deliveries and their outcomes in words and signs, the same wherever they show.

use hookboard_api::{
    automation::{Activity, Automation},
    delivery::{DeliveryState, OutcomeCode},
    webhook::{Health, HealthState},
};
use leptos::prelude::*;

use super::{
    icon::Glyph,
    status::{Sparkline, Status, Tick, Tone},
    time::{Ago, Countdown},
};

/// How a state looks, and its word.
pub const fn look(state: DeliveryState) -> (Tone, Glyph, &'static str) {
    match state {
        DeliveryState::Waiting => (Tone::None, Glyph::Clock, "Waiting"),
        DeliveryState::Sending => (Tone::Info, Glyph::Send, "Sending"),
        DeliveryState::Delivered => (Tone::Success, Glyph::CheckCircle, "Delivered"),
        DeliveryState::Retrying => (Tone::Warning, Glyph::Hourglass, "Retrying"),
        DeliveryState::Failed => (Tone::Danger, Glyph::XCircle, "Failed"),
        DeliveryState::Canceled => (Tone::None, Glyph::MinusCircle, "Stopped"),
        DeliveryState::Skipped => (Tone::None, Glyph::Skip, "Skipped"),
        DeliveryState::Recorded => (Tone::None, Glyph::Check, "Recorded"),
    }
}

/// How the health of a webhook looks, and its word.
pub const fn health_look(health: &Health) -> (Tone, Glyph, &'static str) {
    match health.state {
        HealthState::Unused => (Tone::None, Glyph::MinusCircle, "Never used"),
        HealthState::Healthy => (Tone::Success, Glyph::CheckCircle, "Healthy"),
        HealthState::Failing if health.delivered_7d == 0 => (Tone::Warning, Glyph::Warning, "Failing"),
        HealthState::Failing => (Tone::Warning, Glyph::Warning, "Failing at times"),
        HealthState::Paused => (Tone::Danger, Glyph::Pause, "Paused"),
        HealthState::Disabled => (Tone::None, Glyph::Power, "Disabled"),
    }
}

/// An outcome in words.
pub const fn outcome_words(outcome: OutcomeCode) -> &'static str {
    match outcome {
        OutcomeCode::Ok => "Answered 2xx",
        OutcomeCode::Http4xx => "Answered 4xx",
        OutcomeCode::Http5xx => "Answered 5xx",
        OutcomeCode::Redirect => "Redirected",
        OutcomeCode::UnexpectedStatus => "Unexpected status",
        OutcomeCode::Dns => "Name not found",
        OutcomeCode::BlockedAddress => "Blocked address",
        OutcomeCode::Connect => "No connection",
        OutcomeCode::Tls => "Encryption failed",
        OutcomeCode::Timeout => "Timed out",
        OutcomeCode::ResponseTooLarge => "Answer too large",
        OutcomeCode::BodyTooLarge => "Body too large",
        OutcomeCode::Template => "Payload template",
        OutcomeCode::SecretMissing => "Secret missing",
        OutcomeCode::Interrupted => "Interrupted",
    }
}

/// What happened, of an outcome's message: without what to do about it.
pub fn what_happened(message: &str) -> &str {
    message.split_once(". ").map_or(message, |(first, _)| first).trim_end_matches('.')
}

/// What stands behind a state: the HTTP status where it decided, or else the outcome in a word. An
/// answer that broke off may have begun with a 200.
pub fn short_code(status: Option<u16>, outcome: Option<OutcomeCode>) -> Option<String> {
    use OutcomeCode::{Http4xx, Http5xx, Ok, Redirect, UnexpectedStatus};
    let decides = matches!(outcome, None | Some(Ok | Http4xx | Http5xx | Redirect | UnexpectedStatus));
    status.filter(|_| decides).map(|status| status.to_string()).or_else(|| {
        let word = match outcome? {
            OutcomeCode::Ok => return None,
            OutcomeCode::BlockedAddress => "blocked address",
            OutcomeCode::ResponseTooLarge => "answer too large",
            OutcomeCode::BodyTooLarge => "body too large",
            OutcomeCode::SecretMissing => "secret missing",
            OutcomeCode::UnexpectedStatus => "unexpected status",
            other => other.as_str(),
        };
        Some(word.to_owned())
    })
}

/// The last result of an automation or webhook, and when it was.
pub fn last_result(activity: &Activity, never: AnyView) -> AnyView {
    let Some(last) = activity.last.clone() else { return never };
    let (tone, glyph, word) = look(last.state);
    let code = short_code(last.status, last.outcome).unwrap_or_default();
    view! {
        <span class="cell-stack">
            <Status tone=tone glyph=glyph text=word code=code />
            <span class="cell-sub">
                <Ago at=last.at />
                {last
                    .next_attempt_at
                    .map(|at| {
                        view! {
                            <br />
                            "Next try "
                            <Countdown at=at />
                        }
                    })}
            </span>
        </span>
    }
    .into_any()
}

/// The last 20 results as a sparkline.
pub fn last_results(activity: &Activity) -> AnyView {
    let tick = |state: &DeliveryState| match state {
        DeliveryState::Delivered => Tick::Good,
        DeliveryState::Failed => Tick::Bad,
        DeliveryState::Retrying | DeliveryState::Waiting | DeliveryState::Sending => Tick::Wait,
        DeliveryState::Skipped | DeliveryState::Recorded | DeliveryState::Canceled => Tick::Skip,
    };
    view! { <Sparkline ticks=activity.recent.iter().map(tick).collect() /> }.into_any()
}

/// What stands where an automation has no last result.
pub fn never_fired(automation: &Automation) -> AnyView {
    view! {
        <span class="cell-stack">
            <Status tone=Tone::None glyph=Glyph::MinusCircle text="Never fired" />
            <span class="cell-sub">"Created " <Ago at=automation.created_at.clone() /></span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_says_what_happened_and_no_more() {
        assert_eq!(what_happened("Failed: answered 503. The log may say why."), "Failed: answered 503");
        assert_eq!(what_happened("Delivered: answered 200 OK."), "Delivered: answered 200 OK");
        assert_eq!(what_happened("10.0.0.7 is private. Allow it."), "10.0.0.7 is private");
    }
}
