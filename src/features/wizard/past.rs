//! Which of the events that have been would have fired. Pure.

use std::sync::Arc;

use hookboard_api::{
    backtest::{Look, Lookback},
    event::Event,
    trigger::Trigger,
};

/// Those of `events` that would have fired, in their order. A condition that is faulty matches nothing.
pub fn matching(trigger: &Trigger, events: &[Arc<Event>]) -> Vec<Arc<Event>> {
    let Ok(lookback) = Lookback::new(trigger) else { return Vec::new() };
    events.iter().filter(|event| lookback.look(&event.values) == Look::Matched).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::EventType;
    use serde_json::{Value, json};

    fn event(values: &Value) -> Arc<Event> {
        let event = json!({
            "id": "1", "type": "ADD_ARTIFACT_ALIAS", "source": "api", "occurred_at": "", "received_at": "",
            "matched": 0, "evaluated": 0, "values": values,
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": 1}
        });
        Arc::new(serde_json::from_value(event).expect("an event"))
    }

    #[test]
    fn without_a_condition_everything_fires_and_with_a_faulty_one_nothing() {
        let events = [event(&json!({"alias": "x"}))];
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        assert_eq!(matching(&trigger, &events).len(), 1);
        trigger.filter = Some(json!({"alias": {"$regex": "^y"}}));
        assert_eq!(matching(&trigger, &events).len(), 0);
        trigger.filter = Some(json!({"alias": {"$regex": "("}}));
        assert_eq!(matching(&trigger, &events).len(), 0);
    }
}
