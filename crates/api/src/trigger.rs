//! What makes an automation fire: an event type with its condition.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::EventType;
use crate::event::event_spec;
use crate::filter::Filter;
use crate::metric::MetricCondition;
use crate::problem::FieldError;
use crate::run::RunState;
use crate::scope::{PlaceKind, Scope};

/// An event type and the condition on its events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    /// The event type.
    #[schema(value_type = String, example = "ADD_ARTIFACT_ALIAS")]
    pub event: EventType,
    /// Condition on the event's values, in the filter language; none holds always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub filter: Option<Value>,
    /// Conditions on a run's metrics, for run-metric events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metrics: Option<MetricCondition>,
    /// Which new states count, for the run state event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<RunState>,
}

impl Trigger {
    /// A trigger on every event of one type.
    pub const fn on(event: EventType) -> Self {
        Self { event, filter: None, metrics: None, states: Vec::new() }
    }

    /// The condition on the event's values, parsed; errors point into the trigger.
    pub fn parsed_filter(&self) -> Result<Option<Filter>, Vec<FieldError>> {
        match &self.filter {
            None => Ok(None),
            Some(filter) => Filter::parse(filter, self.event)
                .map(Some)
                .map_err(|errors| errors.into_iter().map(|error| error.under("/filter")).collect()),
        }
    }

    /// All faults of the trigger for an automation of `scope`, with pointers into the trigger.
    pub fn check(&self, scope: &Scope) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let spec = event_spec(self.event);
        if !spec.allows(scope) {
            let place = match (scope.kind, &scope.collection) {
                (PlaceKind::Registry, Some(_)) => "a collection of a registry",
                (PlaceKind::Project, Some(_)) => "a collection of a project",
                (PlaceKind::Registry, None) => "a registry",
                (PlaceKind::Project, None) => "a project",
            };
            errors.push(FieldError::new(
                "/event",
                "wrong_scope",
                format!("{} cannot be watched in {place}. Choose another event or another scope.", self.event.as_str()),
            ));
        }
        match self.parsed_filter() {
            Err(faults) => errors.extend(faults),
            Ok(filter) => {
                let required = match self.event {
                    EventType::AddArtifactAlias => Some("alias"),
                    event if event.is_tag() => Some("tag"),
                    _ => None,
                };
                if let Some(name) = required
                    && !filter.is_some_and(|filter| filter.looks_at(name))
                {
                    errors.push(FieldError::new(
                        "/filter",
                        "required",
                        format!("Say which {name} counts: write a pattern, such as ^production$."),
                    ));
                }
            }
        }
        match &self.metrics {
            Some(metrics) if self.event.is_run_metric() => errors.extend(metrics.check(self.event, "/metrics")),
            Some(_) => errors.push(FieldError::new(
                "/metrics",
                "wrong_event",
                format!("{} has no metric. Take the metric condition out.", self.event.as_str()),
            )),
            None if self.event.is_run_metric() => {
                errors.push(FieldError::new("/metrics", "required", "Say which metric to watch, and its limit."));
            }
            None => {}
        }
        if self.event == EventType::RunState {
            if self.states.is_empty() {
                errors.push(FieldError::new("/states", "required", "Choose at least one state."));
            }
        } else if !self.states.is_empty() {
            errors.push(FieldError::new(
                "/states",
                "wrong_event",
                format!("{} has no run state. Take the states out.", self.event.as_str()),
            ));
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn registry() -> Scope {
        Scope { kind: PlaceKind::Registry, entity: "kestrel".into(), name: "models".into(), collection: None }
    }

    fn codes(trigger: &Trigger, scope: &Scope) -> Vec<String> {
        trigger.check(scope).into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
    }

    #[test]
    fn an_alias_pattern_is_required() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        assert_eq!(codes(&trigger, &registry()), ["/filter required"]);
        trigger.filter = Some(json!({"event_author": "mira"}));
        assert_eq!(codes(&trigger, &registry()), ["/filter required"]);
        trigger.filter = Some(json!({"$or": [{"$and": [{"alias": {"$regex": "^prod"}}]}]}));
        assert_eq!(codes(&trigger, &registry()), Vec::<String>::new());
    }

    #[test]
    fn a_run_event_is_refused_in_a_registry_and_in_one_collection() {
        let mut trigger = Trigger::on(EventType::RunState);
        trigger.states = vec![RunState::Failed];
        assert_eq!(codes(&trigger, &registry()), ["/event wrong_scope"]);
        let project = Scope { kind: PlaceKind::Project, ..registry() };
        assert_eq!(codes(&trigger, &project), Vec::<String>::new());
        let collection = Scope { collection: Some("c".into()), ..project };
        assert_eq!(codes(&trigger, &collection), ["/event wrong_scope"]);
    }

    #[test]
    fn a_faulty_filter_points_below_the_trigger() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        trigger.filter = Some(json!({"alias": {"$regex": "("}}));
        assert_eq!(codes(&trigger, &registry()), ["/filter/alias/$regex invalid_pattern"]);
    }

    #[test]
    fn fields_of_other_events_are_refused() {
        let mut trigger = Trigger::on(EventType::LinkArtifact);
        trigger.states = vec![RunState::Failed];
        assert_eq!(codes(&trigger, &registry()), ["/states wrong_event"]);
    }
}
