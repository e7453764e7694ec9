//! Events: the catalogue the wizard is drawn from, what is sent in, and what is kept.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::EventType;
use crate::limits::{MAX_DEDUPE_KEY, MAX_VERSION_INDEX};
use crate::name::{check_place_name, check_text};
use crate::problem::FieldError;
use crate::scope::{PlaceKind, Scope};

/// A field of the wizard's first step that belongs to an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Regular expression on the alias; required.
    AliasPattern,
    /// Regular expression on the tag; required.
    TagPattern,
    /// Which collections of a project count; optional.
    CollectionFilter,
    /// Metric, window, aggregate, comparison and threshold.
    Threshold,
    /// Metric, window, prior window, kind, direction and amount of the change.
    Change,
    /// Metric, window, z-score and side.
    ZScore,
    /// Which states of a run count.
    States,
    /// Whose runs and which names; optional.
    RunFilter,
}

/// What the product knows of one event type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSpec {
    /// The type.
    pub event: EventType,
    /// How the page names it: "An artifact alias is added".
    pub title: &'static str,
    /// Whether a registry and its collections can watch it.
    pub in_registry: bool,
    /// Whether a project can watch it.
    pub in_project: bool,
    /// Whether one collection (of a place that can) can be the scope.
    pub in_collection: bool,
    /// The fields of the form, in order.
    pub fields: &'static [Field],
}

const fn spec(
    event: EventType,
    title: &'static str,
    places: (bool, bool, bool),
    fields: &'static [Field],
) -> EventSpec {
    EventSpec { event, title, in_registry: places.0, in_project: places.1, in_collection: places.2, fields }
}

/// All event types in the order the page lists them.
pub const EVENTS: &[EventSpec] = &[
    spec(EventType::LinkArtifact, "A new version is linked to a collection", (true, false, true), &[]),
    spec(
        EventType::AddArtifactAlias,
        "An artifact alias is added",
        (true, true, true),
        &[Field::AliasPattern, Field::CollectionFilter],
    ),
    spec(
        EventType::AddArtifactTag,
        "An artifact tag is added",
        (true, true, true),
        &[Field::TagPattern, Field::CollectionFilter],
    ),
    spec(
        EventType::RemoveArtifactTag,
        "An artifact tag is removed",
        (true, true, true),
        &[Field::TagPattern, Field::CollectionFilter],
    ),
    spec(
        EventType::CreateArtifact,
        "A new version of an artifact is created",
        (false, true, true),
        &[Field::CollectionFilter],
    ),
    spec(EventType::UnlinkArtifact, "A version is unlinked from a collection", (true, false, true), &[]),
    spec(
        EventType::AddCollectionTag,
        "A collection tag is added",
        (true, true, true),
        &[Field::TagPattern, Field::CollectionFilter],
    ),
    spec(
        EventType::RemoveCollectionTag,
        "A collection tag is removed",
        (true, true, true),
        &[Field::TagPattern, Field::CollectionFilter],
    ),
    spec(
        EventType::RunMetricThreshold,
        "A run metric crosses a threshold",
        (false, true, false),
        &[Field::Threshold, Field::RunFilter],
    ),
    spec(EventType::RunMetricChange, "A run metric changes", (false, true, false), &[Field::Change, Field::RunFilter]),
    spec(
        EventType::RunMetricZscore,
        "A run metric is an outlier",
        (false, true, false),
        &[Field::ZScore, Field::RunFilter],
    ),
    spec(EventType::RunState, "A run's state changes", (false, true, false), &[Field::States, Field::RunFilter]),
];

/// What the product knows of `event`.
pub fn event_spec(event: EventType) -> &'static EventSpec {
    // The catalogue holds every type: a test walks them all.
    EVENTS.iter().find(|spec| spec.event == event).unwrap_or(&EVENTS[0])
}

impl EventSpec {
    /// Whether an automation of `scope` may watch this event.
    pub fn allows(&self, scope: &Scope) -> bool {
        let place = match scope.kind {
            PlaceKind::Registry => self.in_registry,
            // One collection of a project may watch what a collection can, linking included only in registries.
            PlaceKind::Project => self.in_project,
        };
        place && (scope.collection.is_none() || self.in_collection)
    }

    /// Whether the form shows `field` for `scope`. A collection filter is for whole projects only.
    pub fn shows(&self, field: Field, scope: &Scope) -> bool {
        self.fields.contains(&field)
            && (field != Field::CollectionFilter || (scope.kind == PlaceKind::Project && scope.collection.is_none()))
    }
}

/// Where an event happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Subject {
    /// Registry or project.
    pub kind: PlaceKind,
    /// The team that owns it.
    pub entity: String,
    /// Name of the registry or project.
    pub name: String,
    /// The collection, for artifact events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// The version's index in its collection, for artifact events about one version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// The run's id, for run events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// An event as a source sends it in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewEvent {
    /// One of the event types; `LINK_MODEL` is read as `LINK_ARTIFACT`.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "ADD_ARTIFACT_ALIAS")]
    pub event_type: EventType,
    /// Where it happened. A collection, version or run that is not known yet is made.
    pub subject: Subject,
    /// The alias that was added, for the alias event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// The tag that was added or removed, for tag events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Metadata of the version; kept with it. Without it, what is known of the version counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map<String, Value>>,
    /// The run's display name, for run events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_name: Option<String>,
    /// The run's new state, for the run state event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_state: Option<crate::run::RunState>,
    /// Whose action it was; by default the key's user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// When it happened, RFC 3339; by default now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
    /// A repeat with the same key is answered with the first one's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedupe_key: Option<String>,
}

/// One event, or up to 500 in one call, accepted together or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum NewEvents {
    /// Many.
    Many {
        /// The events, in order.
        events: Vec<NewEvent>,
    },
    /// One.
    One(Box<NewEvent>),
}

/// What became of one event that was sent in. Answered only after it is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Accepted {
    /// The event's id; the first one's for a repeat.
    pub id: String,
    /// Whether an event with the same `dedupe_key` was there before.
    pub duplicate: bool,
    /// How many automations matched.
    pub matched: u32,
}

/// The answer to events sent in, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct AcceptedEvents {
    /// One entry per event.
    pub events: Vec<Accepted>,
}

/// Something that happened, as accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// `UUIDv7`.
    pub id: String,
    /// What happened.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub event_type: EventType,
    /// Where.
    pub subject: Subject,
    /// The values it carries, by variable name; templates and conditions read these.
    #[schema(value_type = Object)]
    pub values: Map<String, Value>,
    /// `api`, `mlflow`, `catalogue` or `demo`.
    pub source: String,
    /// When it happened.
    pub occurred_at: String,
    /// When it was accepted.
    pub received_at: String,
    /// How many automations matched.
    pub matched: u32,
    /// How many looked at it.
    pub evaluated: u32,
}

impl NewEvent {
    /// What is missing or out of place for the event's type, with pointers into the event.
    pub fn check(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let name = self.event_type.as_str();
        let spec = event_spec(self.event_type);
        let place = self.subject.kind;
        let fits = match place {
            PlaceKind::Registry => spec.in_registry,
            PlaceKind::Project => spec.in_project,
        };
        if !fits {
            let other = if place == PlaceKind::Registry { "project" } else { "registry" };
            errors.push(FieldError::new(
                "/subject/kind",
                "wrong_scope",
                format!("{name} does not happen in a {}. Send it for a {other}.", place.as_str()),
            ));
        }
        let mut require = |missing: bool, pointer: &str, what: &str| {
            if missing {
                errors.push(FieldError::new(pointer, "required", format!("{name} needs {what}. Add it.")));
            }
        };
        let blank = |text: &Option<String>| text.as_deref().is_none_or(str::is_empty);
        require(self.subject.entity.is_empty(), "/subject/entity", "the team's name");
        require(self.subject.name.is_empty(), "/subject/name", "the registry's or project's name");
        if self.event_type.is_artifact() {
            require(blank(&self.subject.collection), "/subject/collection", "a collection");
            require(self.is_of_version() && self.subject.version.is_none(), "/subject/version", "a version's index");
        } else {
            require(blank(&self.subject.run), "/subject/run", "a run's id");
        }
        require(self.event_type == EventType::AddArtifactAlias && blank(&self.alias), "/alias", "the alias");
        require(self.event_type.is_tag() && blank(&self.tag), "/tag", "the tag");
        require(
            self.event_type == EventType::RunState && self.run_state.is_none(),
            "/run_state",
            "the run's new state",
        );
        errors.extend(self.misplaced());
        let named = [
            ("/subject/collection", &self.subject.collection),
            ("/subject/run", &self.subject.run),
            ("/alias", &self.alias),
            ("/tag", &self.tag),
            ("/author", &self.author),
            ("/run_name", &self.run_name),
        ];
        for (pointer, text) in named {
            let text = text.as_deref().filter(|text| !text.is_empty());
            errors.extend(text.and_then(|text| check_place_name(text, pointer)));
        }
        if self.subject.version.is_some_and(|index| index > MAX_VERSION_INDEX) {
            let message = format!("A version's index is at most {MAX_VERSION_INDEX}. Count from 0.");
            errors.push(FieldError::new("/subject/version", "out_of_range", message));
        }
        if let Some(key) = &self.dedupe_key {
            errors.extend(check_text(key, "dedupe key", "/dedupe_key"));
            if key.is_empty() {
                let message = "An empty dedupe key tells no two events apart. Send one, or leave it out.";
                errors.push(FieldError::new("/dedupe_key", "required", message));
            }
            if key.chars().count() > MAX_DEDUPE_KEY {
                let message = format!("A dedupe key has at most {MAX_DEDUPE_KEY} characters. Send a digest of it.");
                errors.push(FieldError::new("/dedupe_key", "too_long", message));
            }
        }
        if self.event_type.is_run_metric() {
            errors.push(FieldError::new(
                "/type",
                "derived_event",
                format!("{name} follows from metric points. Send them to the run's metrics."),
            ));
        }
        errors
    }

    /// Whether it is about one version, and not about a whole collection or a run.
    fn is_of_version(&self) -> bool {
        let of_collection = matches!(self.event_type, EventType::AddCollectionTag | EventType::RemoveCollectionTag);
        self.event_type.is_artifact() && !of_collection
    }

    /// The fields that events of this type do not have.
    fn misplaced(&self) -> Vec<FieldError> {
        let event = self.event_type;
        let subject = &self.subject;
        [
            ("/subject/collection", "collection", subject.collection.is_some(), event.is_artifact()),
            ("/subject/version", "version", subject.version.is_some(), self.is_of_version()),
            ("/subject/run", "run", subject.run.is_some(), event.is_run()),
            ("/alias", "alias", self.alias.is_some(), event == EventType::AddArtifactAlias),
            ("/tag", "tag", self.tag.is_some(), event.is_tag()),
            ("/metadata", "metadata", self.metadata.is_some(), self.is_of_version()),
            ("/run_name", "run name", self.run_name.is_some(), event.is_run()),
            ("/run_state", "run state", self.run_state.is_some(), event == EventType::RunState),
        ]
        .into_iter()
        .filter(|(_, _, given, belongs)| *given && !belongs)
        .map(|(pointer, what, ..)| {
            FieldError::new(pointer, "wrong_event", format!("{} has no {what}. Take it out.", event.as_str()))
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_every_type_once() {
        assert_eq!(EVENTS.len(), EventType::ALL.len());
        for event in EventType::ALL {
            assert_eq!(EVENTS.iter().filter(|spec| spec.event == event).count(), 1, "{event:?}");
        }
    }

    #[test]
    fn run_events_belong_to_projects() {
        for spec in EVENTS {
            assert_eq!(spec.event.is_run(), spec.in_project && !spec.in_registry && !spec.in_collection, "{spec:?}");
        }
    }

    #[test]
    fn an_alias_event_names_collection_version_and_alias() {
        let event: NewEvent = serde_json::from_value(serde_json::json!({
            "type": "ADD_ARTIFACT_ALIAS",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models"}
        }))
        .expect("readable");
        let pointers: Vec<_> = event.check().into_iter().map(|error| error.pointer).collect();
        assert_eq!(pointers, ["/subject/collection", "/subject/version", "/alias"]);
    }

    #[test]
    fn a_dedupe_key_is_text_that_is_not_empty() {
        for (key, code) in [("k 1", None), ("", Some("required")), ("k\0", Some("control_character"))] {
            let event: NewEvent = serde_json::from_value(serde_json::json!({
                "type": "LINK_ARTIFACT", "dedupe_key": key,
                "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": 1}
            }))
            .expect("readable");
            assert_eq!(event.check().first().map(|error| error.code.as_str()), code, "{key:?}");
        }
    }

    #[test]
    fn fields_of_other_events_are_refused() {
        let event: NewEvent = serde_json::from_value(serde_json::json!({
            "type": "ADD_ARTIFACT_ALIAS", "alias": "production", "tag": "gold", "run_state": "failed",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": 1, "run": "r1"}
        }))
        .expect("readable");
        let faults: Vec<_> =
            event.check().into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect();
        assert_eq!(faults, ["/subject/run wrong_event", "/tag wrong_event", "/run_state wrong_event"]);
    }
}
