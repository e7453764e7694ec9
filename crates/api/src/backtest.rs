//! What would have fired: a condition on events that have been. Pure.

use std::collections::HashSet;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::EventType;
use crate::automation::AutomationDraft;
use crate::delivery::Verdict;
use crate::event::Subject;
use crate::filter::Filter;
use crate::limits::MAX_BACKTEST_DAYS;
use crate::metric::Reading;
use crate::plain::{filter_of, plain_tests};
use crate::problem::FieldError;
use crate::scope::Scope;
use crate::trace::Trace;
use crate::trigger::Trigger;
use crate::whole::whole;

/// A condition to be tried on the events of the last days.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestRequest {
    /// What is tried.
    pub draft: BacktestDraft,
    /// How many days back, 1 to 30.
    #[serde(deserialize_with = "days")]
    pub days: u32,
}

fn days<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, 1, MAX_BACKTEST_DAYS)
}

/// What makes an automation fire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestDraft {
    /// Where it watches.
    pub scope: Scope,
    /// What makes it fire.
    pub trigger: Trigger,
    /// Least time between two matches, in seconds, as for an automation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<u32>,
}

impl From<&AutomationDraft> for BacktestDraft {
    fn from(draft: &AutomationDraft) -> Self {
        Self { scope: draft.scope.clone(), trigger: draft.trigger.clone(), cooldown_s: draft.cooldown_s }
    }
}

/// What would have fired. For metric conditions, the points of each run that started in that time are
/// gone through once more, and what counts as an event is each time that the metrics came to meet their
/// limits, and each run in which they never did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Backtest {
    /// Events of the type in the scope.
    pub seen: u32,
    /// Of these, those it would have fired on.
    pub matched: u32,
    /// Of these, those it would have fired on but for the cooldown.
    pub skipped: u32,
    /// From when on, RFC 3339.
    pub since: String,
    /// Whether there was too much to go through: `since` is then the start of the oldest run looked at, and
    /// of that run the last steps may be left out.
    #[serde(default)]
    pub cut: bool,
    /// The newest 50 of those matched or skipped, newest first.
    pub items: Vec<BacktestItem>,
    /// The newest 20 of those that were one part of the condition away, newest first.
    pub near: Vec<BacktestItem>,
}

/// An event with what the condition makes of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BacktestItem {
    /// The event; absent for a run whose points were gone through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// What happened.
    #[schema(value_type = String)]
    pub event_type: EventType,
    /// Where it happened.
    pub subject: Subject,
    /// The alias, tag, state or metric it was about, in few words.
    pub subject_detail: String,
    /// Whose action it was.
    pub event_author: String,
    /// When it happened; for a run, when it started.
    pub occurred_at: String,
    /// What decided: `matched` or `cooldown`; for a near miss, `condition`, `state` or `metric`.
    pub verdict: Verdict,
    /// The deciding part in words.
    pub reason: String,
    /// The condition's verdict tree; absent where it was not looked at, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub trace: Option<Trace>,
    /// What each metric rule made of the history.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}

/// A trigger, ready to look at many events. Metrics and cooldowns are for whoever knows the history.
#[derive(Debug, Clone)]
pub struct Lookback<'t> {
    trigger: &'t Trigger,
    filter: Option<Filter>,
    /// Each comparison of a plain condition by itself.
    alone: Vec<Filter>,
}

/// What a trigger makes of an event's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// It would have fired.
    Matched,
    /// One part of it does not hold.
    Near(Verdict),
    /// More parts do not hold.
    Passed,
}

impl<'t> Lookback<'t> {
    /// A trigger with its condition parsed; its faults point into the trigger.
    pub fn new(trigger: &'t Trigger) -> Result<Self, Vec<FieldError>> {
        let filter = trigger.parsed_filter()?;
        let tests = plain_tests(trigger.filter.as_ref()).unwrap_or_default();
        let alone = tests
            .iter()
            .filter_map(|test| filter_of(std::slice::from_ref(test)))
            .filter_map(|one| Filter::parse(&one, trigger.event).ok())
            .collect();
        Ok(Self { trigger, filter, alone })
    }

    /// What it makes of an event's values.
    pub fn look(&self, values: &Map<String, Value>) -> Look {
        if self.wrong_state(values).is_some() {
            return Look::Near(Verdict::State);
        }
        match &self.filter {
            None => Look::Matched,
            Some(filter) if filter.holds(values) => Look::Matched,
            // A condition that is no plain list of comparisons counts as one part.
            Some(_) if self.alone.iter().filter(|one| !one.holds(values)).nth(1).is_none() => {
                Look::Near(Verdict::Condition)
            }
            Some(_) => Look::Passed,
        }
    }

    /// Names of the event's values that it looks at.
    pub fn names(&self) -> HashSet<&str> {
        let mut names = self.filter.as_ref().map(Filter::names).unwrap_or_default();
        if self.trigger.event == EventType::RunState {
            names.insert("run_status");
        }
        names
    }

    /// Why, in words, with the condition's verdict tree.
    pub fn explain(&self, values: &Map<String, Value>) -> (String, Option<Trace>) {
        if let Some(state) = self.wrong_state(values) {
            return (format!("run is {state}"), None);
        }
        let trace = self.filter.as_ref().map(|filter| filter.evaluate(values));
        (trace.as_ref().map_or_else(|| String::from("no condition"), Trace::words), trace)
    }

    fn wrong_state<'v>(&self, values: &'v Map<String, Value>) -> Option<&'v str> {
        if self.trigger.event != EventType::RunState {
            return None;
        }
        let state = values.get("run_status").and_then(Value::as_str).unwrap_or_default();
        (!self.trigger.states.iter().any(|one| one.as_str() == state)).then_some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn looks(trigger: &Trigger, values: &[Value]) -> Vec<(Look, String)> {
        let lookback = Lookback::new(trigger).expect("parses");
        let values = values.iter().map(|values| values.as_object().expect("object"));
        values.map(|values| (lookback.look(values), lookback.explain(values).0)).collect()
    }

    #[test]
    fn a_near_miss_is_one_part_away_and_says_which() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        trigger.filter =
            Some(json!({"$and": [{"alias": {"$regex": "^p"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}));
        let looks = looks(
            &trigger,
            &[
                json!({"alias": "production", "artifact_metadata": {"accuracy": 0.94}}),
                json!({"alias": "production", "artifact_metadata": {"accuracy": 0.9104}}),
                json!({"alias": "staging", "artifact_metadata": {}}),
            ],
        );
        let verdicts: Vec<_> = looks.iter().map(|(look, _)| *look).collect();
        assert_eq!(verdicts, [Look::Matched, Look::Near(Verdict::Condition), Look::Passed]);
        assert_eq!(looks[1].1, "accuracy 0.9104 is not ≥ 0.93");
    }

    #[test]
    fn a_run_in_another_state_is_a_near_miss() {
        let mut trigger = Trigger::on(EventType::RunState);
        trigger.states = vec![crate::run::RunState::Failed];
        let looks = looks(&trigger, &[json!({"run_status": "failed"}), json!({"run_status": "finished"})]);
        let expected =
            [(Look::Matched, "no condition".to_owned()), (Look::Near(Verdict::State), "run is finished".to_owned())];
        assert_eq!(looks, expected);
    }

    #[test]
    fn a_faulty_condition_says_so() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        trigger.filter = Some(json!({"alias": {"$regex": "("}}));
        assert_eq!(Lookback::new(&trigger).expect_err("faulty")[0].pointer, "/filter/alias/$regex");
    }
}
