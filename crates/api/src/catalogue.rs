//! Registries, projects, collections, versions and runs on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::limits::{MAX_METADATA_BYTES, MAX_METADATA_DEPTH, MAX_POINTS_PER_CALL, MAX_STEP};
use crate::problem::FieldError;
use crate::run::RunState;
use crate::scope::PlaceKind;

/// A registry or project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Place {
    /// Which of the two.
    pub kind: PlaceKind,
    /// The team that owns it.
    pub entity: String,
    /// Its name, unique among its kind in the team.
    pub name: String,
    /// How many collections it has.
    pub collections: u32,
    /// How many versions those have together.
    pub versions: u32,
    /// How many automations watch it or one of its collections.
    pub automations: u32,
    /// How many runs it has (projects).
    pub runs: u32,
}

/// A named line of versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Collection {
    /// Its name, unique in its place.
    pub name: String,
    /// `model`, `dataset`, …
    #[serde(rename = "type")]
    pub collection_type: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// How many versions it has.
    pub versions: u32,
    /// Index of the newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest: Option<u64>,
    /// Aliases of all its versions.
    pub aliases: Vec<String>,
    /// When it last changed.
    pub updated_at: String,
}

/// A collection, made or changed by a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CollectionDraft {
    /// `model`, `dataset`, …; by default `model`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub collection_type: Option<String>,
}

/// One artifact version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Version {
    /// `UUIDv7`.
    pub id: String,
    /// The number behind the `v`.
    pub index: u64,
    /// Its aliases.
    pub aliases: Vec<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its metadata.
    #[schema(value_type = Object)]
    pub metadata: Map<String, Value>,
    /// Who made it.
    pub author: String,
    /// When.
    pub created_at: String,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Run {
    /// Its id, unique in its project.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Whose it is.
    pub user: String,
    /// Its state.
    pub state: RunState,
    /// Names of its metrics.
    pub metrics: Vec<String>,
    /// When it started.
    pub created_at: String,
}

/// One point of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// The step, counting up.
    pub step: u64,
    /// The value; finite.
    pub value: f64,
}

/// Points of one metric of a run, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPoints {
    /// Name of the metric.
    pub metric: String,
    /// The points.
    pub points: Vec<Point>,
    /// The run's display name, where the run is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_name: Option<String>,
    /// Whose run it is; by default the key's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
}

impl NewPoints {
    /// What is wrong with the points, with pointers into the call; the names are checked with the run's.
    pub fn check_points(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.points.is_empty() || self.points.len() > MAX_POINTS_PER_CALL {
            let message = format!("Send 1 to {MAX_POINTS_PER_CALL} points in one call.");
            errors.push(FieldError::new("/points", "out_of_range", message));
        }
        if self.points.windows(2).any(|pair| matches!(pair, [a, b] if a.step >= b.step)) {
            let message = "Send the points in order of their steps, each step once.";
            errors.push(FieldError::new("/points", "out_of_order", message));
        }
        if let Some(index) = self.points.iter().position(|point| point.step > MAX_STEP) {
            let message = format!("A step is at most {MAX_STEP}. Count from 0.");
            errors.push(FieldError::new(format!("/points/{index}/step"), "out_of_range", message));
        }
        errors
    }
}

/// What is wrong with a version's metadata, or nothing.
pub fn check_metadata(metadata: &Map<String, Value>, at: &str) -> Option<FieldError> {
    let size = serde_json::to_string(metadata).map_or(0, |text| text.len());
    if size > MAX_METADATA_BYTES {
        return Some(FieldError::new(
            at,
            "too_large",
            format!(
                "The metadata has {size} bytes; {MAX_METADATA_BYTES} are allowed. Keep large values elsewhere and refer to them."
            ),
        ));
    }
    if metadata.values().any(|value| depth(value) + 1 > MAX_METADATA_DEPTH) {
        return Some(FieldError::new(
            at,
            "too_deep",
            format!("The metadata nests more than {MAX_METADATA_DEPTH} deep. Write it flatter."),
        ));
    }
    None
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(entries) => 1 + entries.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Map<String, Value> {
        let inner = (1..levels).fold(Value::from(1), |inner, _| serde_json::json!({ "k": inner }));
        Map::from_iter([("k".to_owned(), inner)])
    }

    #[test]
    fn points_are_in_order_and_can_be_kept() {
        for (steps, fault) in [
            (&[0, 7, MAX_STEP][..], None),
            (&[], Some("/points out_of_range")),
            (&[7, 7], Some("/points out_of_order")),
            (&[7, MAX_STEP + 1], Some("/points/1/step out_of_range")),
        ] {
            let points = steps.iter().map(|step| Point { step: *step, value: 1.0 }).collect();
            let new = NewPoints { metric: "loss".into(), points, run_name: None, author: None };
            let first = new.check_points().into_iter().next();
            assert_eq!(first.map(|error| format!("{} {}", error.pointer, error.code)).as_deref(), fault, "{steps:?}");
        }
    }

    #[test]
    fn metadata_is_capped_in_size_and_depth() {
        assert_eq!(check_metadata(&nested(32), "/metadata"), None);
        assert_eq!(check_metadata(&nested(33), "/metadata").map(|error| error.code).as_deref(), Some("too_deep"));
        let large = Map::from_iter([("k".to_owned(), Value::from("x".repeat(MAX_METADATA_BYTES)))]);
        assert_eq!(check_metadata(&large, "/metadata").map(|error| error.code).as_deref(), Some("too_large"));
    }
}
