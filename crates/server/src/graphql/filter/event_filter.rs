//! Triggers and the `eventFilter` that the wandb SDK sends for them, and reads wrapped once more.

use hookboard_api::EventType;
use hookboard_api::metric::{MetricCondition, MetricJoin, MetricRule};
use hookboard_api::problem::FieldError;
use hookboard_api::run::RunState;
use hookboard_api::trigger::Trigger;
use serde_json::{Value, json};

use super::form::{always, form, paths, renamed};
use super::metric;

/// The event's name on this interface for one that a client does not know: it can be listed, and not be written.
pub(in crate::graphql) const UNKNOWN_EVENT: &str = "UPDATE_ARTIFACT_ALIAS";
/// The name under which a filter says what it cannot: a text, to be read by people.
const BEYOND: &str = "hookboard";
/// The SDK's name for a run's name.
const DISPLAY_NAME: &str = "display_name";

/// The event's name on this interface.
const fn event_name(event: EventType) -> &'static str {
    match event {
        EventType::LinkArtifact => "LINK_MODEL",
        EventType::RunMetricThreshold => "RUN_METRIC",
        other => other.as_str(),
    }
}

/// The event of this name on this interface.
pub(in crate::graphql) fn event_of(name: &str) -> Option<EventType> {
    EventType::ALL.into_iter().find(|event| event_name(*event) == name)
}

/// A trigger as the SDK sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::graphql) struct Shown {
    /// Name of the event.
    pub(in crate::graphql) event: &'static str,
    /// JSON text of its filter.
    pub(in crate::graphql) filter: String,
}

/// What a filter says, apart from how it is written.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    condition: Value,
    rule: Option<MetricRule>,
    states: Vec<RunState>,
}

impl Shown {
    /// The trigger for a client that knows its event.
    pub(in crate::graphql) fn of(trigger: &Trigger) -> Self {
        let event = trigger.event;
        let condition = trigger.filter.as_ref().map_or_else(always, form);
        let filter = if event.is_artifact() {
            saved(&condition)
        } else {
            let mut condition = renamed(&condition, &sdk_name);
            let rules = trigger.metrics.as_ref().map_or(&[][..], |metrics| &metrics.rules);
            if rules.len() > 1 {
                let whole = serde_json::to_string(&trigger.metrics).unwrap_or_default();
                condition = form(&json!({ "$and": [condition, { BEYOND: whole }] }));
            }
            let mut filter = json!({ "run_filter": all_of(condition).to_string() });
            if let Some(rule) = rules.first() {
                filter["run_metric_filter"] = metric::shown(rule);
            }
            if event == EventType::RunState {
                filter["run_state_filter"] = json!({ "states": state_names(&trigger.states) });
            }
            filter.to_string()
        };
        Self { event: event_name(event), filter }
    }

    /// The trigger for a client that does not know its event.
    pub(in crate::graphql) fn unknown(trigger: &Trigger) -> Self {
        let condition = json!({ BEYOND: { "$eq": event_name(trigger.event) } });
        Self { event: UNKNOWN_EVENT, filter: saved(&condition) }
    }

    /// Whether an event and a filter that a client sends are what it was shown: nothing was changed then.
    pub(in crate::graphql) fn is(&self, event: Option<&str>, filter: Option<&str>) -> bool {
        event.is_none_or(|event| event == self.event)
            && filter.is_none_or(|filter| match (said(self.event, filter), said(self.event, &self.filter)) {
                (Ok(sent), Ok(shown)) => sent == shown,
                _ => filter == self.filter,
            })
    }
}

/// Reads the filter that a client sends for an event. Errors point into the trigger.
pub(in crate::graphql) fn read(event: EventType, filter: &str) -> Result<Trigger, Vec<FieldError>> {
    let Said { condition, rule, states } = said(event_name(event), filter)?;
    if paths(&condition).contains(&BEYOND) {
        return Err(vec![beyond("parts that the wandb SDK cannot write")]);
    }
    Ok(Trigger {
        event,
        filter: (condition != always()).then_some(condition),
        metrics: rule.map(|rule| MetricCondition { join: MetricJoin::All, rules: vec![rule] }),
        states,
    })
}

/// What of a trigger the SDK has no form for, where there is something: it is shown, and cannot be changed.
pub(in crate::graphql) fn beyond_sdk(trigger: &Trigger) -> Option<FieldError> {
    let own: &[&str] = if trigger.event.is_run() { &["run_name"] } else { &["alias", "tag"] };
    let looked_at = trigger.filter.as_ref().map(paths).unwrap_or_default();
    if let Some(path) = looked_at.into_iter().find(|path| !own.contains(path)) {
        return Some(beyond(&format!("a part on {path}, which the wandb SDK cannot write")));
    }
    let rules = trigger.metrics.as_ref().map_or(0, |metrics| metrics.rules.len());
    (rules > 1).then(|| beyond("several metrics, which the wandb SDK cannot write"))
}

fn beyond(what: &str) -> FieldError {
    let words = format!("The condition has {what}. Change it in Hookboard, or by its REST interface.");
    FieldError::new("/filter", "beyond_sdk", words)
}

fn said(event: &str, filter: &str) -> Result<Said, Vec<FieldError>> {
    let unreadable = |at: &str, words: String| vec![FieldError::new(at, "malformed", words)];
    let whole: Value = serde_json::from_str(filter)
        .map_err(|error| unreadable("/filter", format!("The event filter is not JSON: {error}.")))?;
    if !event_of(event).is_some_and(EventType::is_run) {
        // Some send back what they were shown.
        let inner = match whole.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("filter")) {
            Some(inner) => nested(inner)?,
            None => whole,
        };
        return Ok(Said { condition: form(&inner), rule: None, states: Vec::new() });
    }
    let condition = match whole.get("run_filter") {
        None | Some(Value::Null) => always(),
        Some(inner) => form(&renamed(&nested(inner)?, &own_name)),
    };
    let rule = metric::read(&whole).map_err(|words| unreadable("/metrics", words))?;
    let states = match whole.pointer("/run_state_filter/states") {
        None | Some(Value::Null) => Vec::new(),
        Some(states) => read_states(states).ok_or_else(|| {
            let words = format!("A run's state is one of RUNNING, FINISHED and FAILED; this is {states}.");
            unreadable("/states", words)
        })?,
    };
    Ok(Said { condition, rule, states })
}

/// A part that may be JSON within a text.
fn nested(part: &Value) -> Result<Value, Vec<FieldError>> {
    match part.as_str() {
        None => Ok(part.clone()),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            let words = format!("The filter within the event filter is not JSON: {error}.");
            vec![FieldError::new("/filter", "malformed", words)]
        }),
    }
}

/// How artifact events are written: what the SDK sends, wrapped once more.
fn saved(condition: &Value) -> String {
    let any = json!({ "$or": [all_of(condition.clone())] });
    json!({ "filter": any.to_string() }).to_string()
}

fn all_of(condition: Value) -> Value {
    let is_all = condition.as_object().is_some_and(|object| object.len() == 1 && object.contains_key("$and"));
    if is_all { condition } else { json!({ "$and": [condition] }) }
}

fn sdk_name(name: &str) -> String {
    if name == "run_name" { DISPLAY_NAME } else { name }.to_owned()
}

fn own_name(name: &str) -> String {
    if name == DISPLAY_NAME { "run_name" } else { name }.to_owned()
}

fn state_names(states: &[RunState]) -> Vec<String> {
    let mut names: Vec<String> = states.iter().map(|state| state.as_str().to_uppercase()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The states in the order of the product, each once.
fn read_states(states: &Value) -> Option<Vec<RunState>> {
    let one = |state: &Value| match state.as_str()?.to_ascii_lowercase().as_str() {
        "crashed" => Some(RunState::Failed),
        name => RunState::ALL.into_iter().find(|state| state.as_str() == name),
    };
    let told: Vec<RunState> = match states {
        Value::Array(states) => states.iter().map(one).collect::<Option<_>>()?,
        state => vec![one(state)?],
    };
    Some(RunState::ALL.into_iter().filter(|state| told.contains(state)).collect())
}

#[cfg(test)]
mod tests;
