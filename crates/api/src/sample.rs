//! Made-up values of an event, for previews and tests before anything has happened.

use serde_json::{Map, Value, json};

use crate::EventType;
use crate::template::VARIABLES;

/// Sample values of every variable that `event` carries, by name.
pub fn sample_values(event: EventType) -> Map<String, Value> {
    let mut values = Map::new();
    for variable in VARIABLES.iter().filter(|variable| event.carries(variable.name)) {
        let value = match variable.name {
            "artifact_metadata" => json!({"accuracy": 0.9412, "framework": "xgboost 3.1"}),
            "event_type" => Value::from(event.as_str()),
            // Numbers are numbers, so that `"index": ${artifact_version_index}` previews as it will be sent.
            "artifact_version_index" | "metric_value" | "metric_threshold" => {
                serde_json::from_str(variable.sample).unwrap_or_else(|_| Value::from(variable.sample))
            }
            _ => Value::from(variable.sample),
        };
        values.insert(variable.name.to_owned(), value);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_a_value_for_each_variable_it_carries() {
        for event in EventType::ALL {
            let values = sample_values(event);
            for variable in VARIABLES.iter().filter(|variable| event.carries(variable.name)) {
                let value = values.get(variable.name).unwrap_or(&Value::Null);
                assert!(!crate::trace::is_blank(value), "{event:?} {}", variable.name);
            }
        }
        assert!(sample_values(EventType::RunMetricChange)["metric_value"].is_number());
    }
}
