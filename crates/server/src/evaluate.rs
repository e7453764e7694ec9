//! What an automation makes of an event. Pure: no database, and the time is given.

use hookboard_api::automation::{Action, AutomationDraft, cooldown_of};
use hookboard_api::delivery::Verdict;
use hookboard_api::filter::Filter;
use hookboard_api::metric::{Reading, RuleReading};
use hookboard_api::run::RunState;
use hookboard_api::sentence::reading_words;
use hookboard_api::trace::Trace;
use serde_json::{Map, Value};

use crate::clock;

/// An automation with its condition compiled, as the accept path keeps it.
#[derive(Debug, Clone)]
pub struct Watcher {
    /// The automation's id.
    pub id: String,
    /// Its configuration.
    pub draft: AutomationDraft,
    /// Counts its changes.
    pub revision: u32,
    /// Whether it watches.
    pub enabled: bool,
    /// Until when it is snoozed, RFC 3339.
    pub snoozed_until: Option<String>,
    /// Where it sends.
    pub webhook: Option<WebhookName>,
    filter: Option<Filter>,
}

/// A webhook's id and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookName {
    /// `UUIDv7`.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// What is known beside the event.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'c> {
    /// The time, RFC 3339.
    pub now: &'c str,
    /// When it last fired (for run events: for this run), RFC 3339.
    pub last_fired: Option<&'c str>,
    /// From when on a former match holds it back, RFC 3339: now less the cooldown.
    pub cooldown_start: Option<&'c str>,
    /// The run's new state, for the run state event.
    pub state: Option<RunState>,
    /// What each metric rule made of the history.
    pub readings: &'c [Reading],
}

/// A verdict with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// What decided.
    pub verdict: Verdict,
    /// The deciding part in words.
    pub reason: String,
    /// The condition's verdict tree, where it was looked at.
    pub trace: Option<Trace>,
}

impl Watcher {
    /// An automation ready to watch; none where what is stored no longer parses.
    pub fn new(
        id: String,
        draft: AutomationDraft,
        revision: u32,
        enabled: bool,
        snoozed_until: Option<String>,
        webhook: Option<WebhookName>,
    ) -> Option<Self> {
        let filter = draft.trigger.parsed_filter().ok()?;
        Some(Self { id, draft, revision, enabled, snoozed_until, webhook, filter })
    }

    /// The least time between two matches, in seconds; zero for none.
    pub fn cooldown_s(&self) -> u32 {
        cooldown_of(self.draft.trigger.event, self.draft.cooldown_s)
    }

    /// Whether it only records.
    pub const fn records_only(&self) -> bool {
        matches!(self.draft.action, Action::Record)
    }

    /// Whether the metric rules hold together.
    pub fn metrics_hold(&self, readings: &[Reading]) -> bool {
        self.draft.trigger.metrics.as_ref().is_none_or(|metrics| metrics.join.holds(readings))
    }

    /// The metric rules beside what they read, where they read something.
    pub fn rules_read(&self, readings: &[Reading]) -> Option<Vec<RuleReading>> {
        let metrics = self.draft.trigger.metrics.as_ref().filter(|_| !readings.is_empty())?;
        Some(RuleReading::of(&metrics.rules, readings))
    }

    /// Judges an event of its type within its scope. The order is that of what a reader asks first:
    /// is it on, does the condition hold, was it held back.
    pub fn judge(&self, values: &Map<String, Value>, circumstances: &Circumstances<'_>) -> Judgement {
        let plain = |verdict, reason: String| Judgement { verdict, reason, trace: None };
        if !self.enabled {
            return plain(Verdict::Disabled, String::from("automation is disabled"));
        }
        if let Some(state) = circumstances.state
            && !self.draft.trigger.states.contains(&state)
        {
            return plain(Verdict::State, format!("run is {}, which it does not watch", state.as_str()));
        }
        let trace = self.filter.as_ref().map(|filter| filter.evaluate(values));
        if let Some(trace) = trace.as_ref().filter(|trace| trace.holds() != Some(true)) {
            return Judgement { verdict: Verdict::Condition, reason: trace.words(), trace: Some(trace.clone()) };
        }
        let judged = |verdict, reason| Judgement { verdict, reason, trace: trace.clone() };
        if !self.metrics_hold(circumstances.readings) {
            return judged(Verdict::Metric, self.metric_words(circumstances.readings).unwrap_or_default());
        }
        if self.snoozed_until.as_deref().is_some_and(|until| until > circumstances.now) {
            return judged(
                Verdict::Snoozed,
                format!("snoozed until {}", self.snoozed_until.as_deref().unwrap_or_default()),
            );
        }
        if let (Some(last), Some(start)) = (circumstances.last_fired, circumstances.cooldown_start)
            && last > start
        {
            return judged(
                Verdict::Cooldown,
                format!(
                    "fired {} before, and its cooldown is {}",
                    span(last, circumstances.now),
                    duration(self.cooldown_s())
                ),
            );
        }
        let parts = [self.metric_words(circumstances.readings), trace.as_ref().map(Trace::words)];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let reason = if parts.is_empty() { String::from("no condition") } else { parts.join(" and ") };
        judged(Verdict::Matched, reason)
    }

    fn metric_words(&self, readings: &[Reading]) -> Option<String> {
        self.draft.trigger.metrics.as_ref().map(|metrics| reading_words(metrics, readings))
    }
}

/// How long it is from one time to another, RFC 3339 both, in the largest whole unit.
fn span(from: &str, to: &str) -> String {
    let seconds = match (clock::parse_ms(from), clock::parse_ms(to)) {
        (Ok(from), Ok(to)) => to.saturating_sub(from) / 1000,
        _ => 0,
    };
    let units = [(86_400, "days"), (3600, "h"), (60, "min"), (1, "s")];
    match units.into_iter().find(|(unit, _)| seconds >= *unit) {
        Some((86_400, _)) if seconds < 2 * 86_400 => String::from("a day"),
        Some((unit, name)) => format!("{} {name}", seconds / unit),
        None => String::from("less than 1 s"),
    }
}

/// Seconds in the largest unit that divides them.
fn duration(seconds: u32) -> String {
    if seconds == 86_400 {
        return String::from("a day");
    }
    for (unit, name) in [(86_400, "days"), (3600, "h"), (60, "min")] {
        if seconds >= unit && seconds.is_multiple_of(unit) {
            return format!("{} {name}", seconds / unit);
        }
    }
    format!("{seconds} s")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn watcher(change: Value) -> Watcher {
        let mut draft = json!({
            "name": "x", "scope": {"kind": "registry", "entity": "e", "name": "r"},
            "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "^prod"}}},
            "action": {"type": "record"}
        });
        for (key, value) in change.as_object().expect("object") {
            draft[key] = value.clone();
        }
        let draft: AutomationDraft = serde_json::from_value(draft).expect("draft");
        Watcher::new("a".into(), draft, 1, true, None, None).expect("parses")
    }

    const CALM: Circumstances<'static> = Circumstances {
        now: "2026-01-02T00:00:00.000Z",
        last_fired: None,
        cooldown_start: None,
        state: None,
        readings: &[],
    };

    fn verdict(watcher: &Watcher, alias: &str, circumstances: &Circumstances<'_>) -> Verdict {
        let values = json!({ "alias": alias });
        watcher.judge(values.as_object().expect("object"), circumstances).verdict
    }

    #[test]
    fn a_disabled_automation_says_so_before_all_else() {
        let mut watcher = watcher(json!({}));
        assert_eq!(verdict(&watcher, "production", &CALM), Verdict::Matched);
        assert_eq!(verdict(&watcher, "staging", &CALM), Verdict::Condition);
        watcher.enabled = false;
        assert_eq!(verdict(&watcher, "staging", &CALM), Verdict::Disabled);
    }

    #[test]
    fn a_cooldown_holds_back_what_came_too_soon() {
        let watcher = watcher(json!({"cooldown_s": 3600}));
        let mut circumstances = CALM;
        circumstances.cooldown_start = Some("2026-01-01T23:00:00.000Z");
        circumstances.last_fired = Some("2026-01-01T23:30:00.000Z");
        assert_eq!(verdict(&watcher, "production", &circumstances), Verdict::Cooldown);
        assert_eq!(verdict(&watcher, "staging", &circumstances), Verdict::Condition);
        circumstances.last_fired = Some("2026-01-01T22:30:00.000Z");
        assert_eq!(verdict(&watcher, "production", &circumstances), Verdict::Matched);
    }

    #[test]
    fn a_repeat_says_how_long_before_it_fired() {
        let watcher = watcher(json!({"cooldown_s": 86_400}));
        let circumstances = Circumstances {
            last_fired: Some("2026-01-01T23:39:59.500Z"),
            cooldown_start: Some("2026-01-01T00:00:00.000Z"),
            ..CALM
        };
        let values = json!({"alias": "production"});
        let judgement = watcher.judge(values.as_object().expect("object"), &circumstances);
        assert_eq!(judgement.reason, "fired 20 min before, and its cooldown is a day");
        let told = ["2026-01-01T00:00:00Z", "2025-12-29T23:00:00Z", "2026-01-01T23:59:58Z", "2026-01-01T23:59:59.5Z"]
            .map(|from| span(from, CALM.now));
        assert_eq!(told, ["a day", "3 days", "2 s", "less than 1 s"]);
    }

    #[test]
    fn a_match_by_a_metric_says_its_reading() {
        let rule =
            json!({"kind": "threshold", "metric": "acc", "aggregate": "average", "comparison": ">=", "threshold": 0.9});
        let watcher = watcher(json!({"trigger": {"event": "RUN_METRIC_THRESHOLD", "metrics": {"rules": [rule]}}}));
        let judge = |value: f64, holds: bool| {
            let readings = [Reading { value: Some(value), holds }];
            watcher.judge(&Map::new(), &Circumstances { readings: &readings, ..CALM }).reason
        };
        assert_eq!(judge(0.94, true), "acc 0.94 ≥ 0.9");
        assert_eq!(judge(0.8, false), "acc 0.8 is not ≥ 0.9");
    }

    #[test]
    fn a_cooldown_is_told_in_its_largest_unit() {
        let told = [86_400, 172_800, 90_000, 3600, 90, 60].map(duration);
        assert_eq!(told, ["a day", "2 days", "25 h", "1 h", "90 s", "1 min"]);
    }

    #[test]
    fn run_events_cool_down_a_day_unless_told_otherwise() {
        let run = json!({"event": "RUN_STATE", "states": ["failed"]});
        assert_eq!(watcher(json!({"trigger": run})).cooldown_s(), 86_400);
        assert_eq!(watcher(json!({"trigger": run, "cooldown_s": 0})).cooldown_s(), 0);
        assert_eq!(watcher(json!({})).cooldown_s(), 0);
    }
}
