//! Keys of metadata that the previewed event does not have, and other versions do.

use std::sync::Arc;

use hookboard_api::template::{ARTIFACT_METADATA, Completion, metadata_value};
use serde_json::{Map, Value};

use super::state::Values;

/// The event's values, its metadata filled up with that of other versions.
pub(super) fn with_metadata(own: &Values, others: &Values) -> Values {
    if others.is_empty() {
        return Arc::clone(own);
    }
    let mut values = (**own).clone();
    let metadata = values.entry(ARTIFACT_METADATA).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(metadata) = metadata {
        for (key, value) in others.iter() {
            if !metadata.contains_key(key) {
                metadata.insert(key.clone(), value.clone());
            }
        }
    }
    Arc::new(values)
}

/// Says of metadata that the event does not have that other versions do.
pub(super) fn tell_others(mut found: Completion, own: &Values) -> Completion {
    let metadata = own.get(ARTIFACT_METADATA);
    for candidate in found.candidates.iter_mut().filter(|one| one.fits) {
        let key = candidate.name.strip_prefix(ARTIFACT_METADATA).and_then(|rest| rest.strip_prefix('.'));
        if key.is_some_and(|key| metadata.and_then(|metadata| metadata_value(metadata, key)).is_none()) {
            candidate.value = None;
            candidate.reason = Some("in other versions".to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::{
        EventType,
        template::{Names, complete},
    };
    use serde_json::json;

    fn values(value: Value) -> Values {
        let Value::Object(values) = value else { panic!("an object") };
        Arc::new(values)
    }

    #[test]
    fn keys_of_other_versions_are_offered_and_told_apart() {
        let own = values(json!({"alias": "x", "artifact_metadata": {"accuracy": 0.9, "data": {"rows": 1}}}));
        let others = values(json!({"accuracy": 0.1, "auc": 0.8, "data": {"split": "a"}}));
        let names = Names { event: Some(EventType::AddArtifactAlias), ..Names::default() };
        let merged = with_metadata(&own, &others);
        let found = complete("${artifact_metadata.a", 21, &names, Some(&merged)).expect("candidates");
        let found = tell_others(found, &own).candidates;
        let of = |name: &str| found.iter().find(|one| one.name == format!("artifact_metadata.{name}"));
        assert_eq!(of("accuracy").and_then(|one| one.value.clone()).as_deref(), Some("0.9"));
        assert_eq!(of("auc").and_then(|one| one.reason.clone()).as_deref(), Some("in other versions"));
        assert_eq!(of("auc").and_then(|one| one.value.clone()), None);
        assert!(Arc::ptr_eq(&with_metadata(&own, &values(json!({}))), &own));
    }
}
