//! What would have fired: the condition on events that have been. Pure.

use std::sync::Arc;

use hookboard_api::{EventType, event::Event, filter::Filter, sentence::plain_tests, trigger::Trigger};
use serde_json::Value;

/// Events looked at, parted by what the condition makes of them; newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Past {
    /// Those that would have fired.
    pub matched: Vec<Arc<Event>>,
    /// Those that all but would have, with the part that decided, in words.
    pub near: Vec<(Arc<Event>, String)>,
    /// How many were looked at.
    pub seen: usize,
}

/// Looks at `events`. A condition that is faulty matches nothing.
pub fn look_back(trigger: &Trigger, events: &[Arc<Event>]) -> Past {
    let mut past = Past { seen: events.len(), ..Past::default() };
    let Ok(filter) = trigger.parsed_filter() else { return past };
    let tests = plain_tests(trigger.filter.as_ref()).unwrap_or_default();
    let alone: Vec<Filter> = tests
        .iter()
        .filter_map(|test| hookboard_api::sentence::filter_of(std::slice::from_ref(test)))
        .filter_map(|one| Filter::parse(&one, trigger.event).ok())
        .collect();
    for event in events {
        if let Some(why) = wrong_state(trigger, event) {
            past.near.push((Arc::clone(event), why));
            continue;
        }
        let Some(filter) = &filter else {
            past.matched.push(Arc::clone(event));
            continue;
        };
        let trace = filter.evaluate(&event.values);
        if trace.holds() == Some(true) {
            past.matched.push(Arc::clone(event));
        } else if alone.iter().filter(|one| !one.holds(&event.values)).count() <= 1 {
            // One part away from firing.
            past.near.push((
                Arc::clone(event),
                trace.deciding().map(hookboard_api::trace::Trace::words).unwrap_or_default(),
            ));
        }
    }
    past
}

fn wrong_state(trigger: &Trigger, event: &Event) -> Option<String> {
    if trigger.event != EventType::RunState {
        return None;
    }
    let state = event.values.get("run_status").and_then(Value::as_str).unwrap_or_default();
    let wanted = trigger.states.iter().any(|one| one.as_str() == state);
    (!wanted).then(|| format!("run is {state}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(values: &Value) -> Arc<Event> {
        let event = json!({
            "id": "1", "type": "ADD_ARTIFACT_ALIAS", "source": "api", "occurred_at": "", "received_at": "",
            "matched": 0, "evaluated": 0, "values": values,
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": 1}
        });
        Arc::new(serde_json::from_value(event).expect("an event"))
    }

    #[test]
    fn a_near_miss_is_one_part_away_and_says_which() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        trigger.filter =
            Some(json!({"$and": [{"alias": {"$regex": "^p"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}));
        let events = [
            event(&json!({"alias": "production", "artifact_metadata": {"accuracy": 0.94}})),
            event(&json!({"alias": "production", "artifact_metadata": {"accuracy": 0.9104}})),
            event(&json!({"alias": "staging", "artifact_metadata": {}})),
        ];
        let past = look_back(&trigger, &events);
        assert_eq!((past.matched.len(), past.near.len(), past.seen), (1, 1, 3));
        assert_eq!(past.near[0].1, "accuracy 0.9104 is not ≥ 0.93");
    }

    #[test]
    fn without_a_condition_everything_fires_and_with_a_faulty_one_nothing() {
        let events = [event(&json!({"alias": "x"}))];
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        assert_eq!(look_back(&trigger, &events).matched.len(), 1);
        trigger.filter = Some(json!({"alias": {"$regex": "("}}));
        assert_eq!(look_back(&trigger, &events).matched.len(), 0);
    }
}
