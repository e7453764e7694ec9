//! The event types an automation can watch, by the names they are stored and sent under.
//! What an event carries is the catalogue's affair: see [`crate::variables`].

use crate::prelude::*;
use core::fmt;
use core::str::FromStr;

use serde::de::{self, Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::variables::variable;

/// What happened, in the words of the REST interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventType {
    /// A new version is linked to a collection.
    LinkArtifact,
    /// An artifact alias is added.
    AddArtifactAlias,
    /// An artifact tag is added.
    AddArtifactTag,
    /// A new version of an artifact is created.
    CreateArtifact,
    /// A run metric crosses a threshold.
    RunMetricThreshold,
    /// A run metric changes.
    RunMetricChange,
    /// A run metric is an outlier.
    RunMetricZscore,
    /// A run's state changes.
    RunState,
    /// A version is unlinked from a collection.
    UnlinkArtifact,
    /// An artifact tag is removed.
    RemoveArtifactTag,
    /// A tag is added to a collection.
    AddCollectionTag,
    /// A tag is removed from a collection.
    RemoveCollectionTag,
}

impl EventType {
    /// Every event type, in the order the page offers them.
    pub const ALL: [Self; 12] = [
        Self::LinkArtifact,
        Self::AddArtifactAlias,
        Self::AddArtifactTag,
        Self::CreateArtifact,
        Self::RunMetricThreshold,
        Self::RunMetricChange,
        Self::RunMetricZscore,
        Self::RunState,
        Self::UnlinkArtifact,
        Self::RemoveArtifactTag,
        Self::AddCollectionTag,
        Self::RemoveCollectionTag,
    ];

    /// The name it is stored and sent under, such as `LINK_ARTIFACT`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LinkArtifact => "LINK_ARTIFACT",
            Self::AddArtifactAlias => "ADD_ARTIFACT_ALIAS",
            Self::AddArtifactTag => "ADD_ARTIFACT_TAG",
            Self::CreateArtifact => "CREATE_ARTIFACT",
            Self::RunMetricThreshold => "RUN_METRIC_THRESHOLD",
            Self::RunMetricChange => "RUN_METRIC_CHANGE",
            Self::RunMetricZscore => "RUN_METRIC_ZSCORE",
            Self::RunState => "RUN_STATE",
            Self::UnlinkArtifact => "UNLINK_ARTIFACT",
            Self::RemoveArtifactTag => "REMOVE_ARTIFACT_TAG",
            Self::AddCollectionTag => "ADD_COLLECTION_TAG",
            Self::RemoveCollectionTag => "REMOVE_COLLECTION_TAG",
        }
    }

    /// Its subject is an artifact version or a collection, not a run.
    pub const fn is_artifact(self) -> bool {
        !self.is_run()
    }

    /// A tag was added or removed.
    pub const fn is_tag(self) -> bool {
        matches!(
            self,
            Self::AddArtifactTag | Self::RemoveArtifactTag | Self::AddCollectionTag | Self::RemoveCollectionTag
        )
    }

    /// Its subject is a run.
    pub const fn is_run(self) -> bool {
        self.is_run_metric() || matches!(self, Self::RunState)
    }

    /// A run's metric met a condition.
    pub const fn is_run_metric(self) -> bool {
        matches!(self, Self::RunMetricThreshold | Self::RunMetricChange | Self::RunMetricZscore)
    }

    /// Whether this event brings a value for the variable of the catalogue.
    /// Secrets and the access token belong to a webhook, not to an event, so no event carries them.
    pub fn carries(self, name: &str) -> bool {
        variable(name).is_some_and(|variable| variable.carried_by.includes(self))
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no event type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownEventType(String);

impl fmt::Display for UnknownEventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is no event type. Use one of ", self.0)?;
        for (position, event) in EventType::ALL.into_iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{event}")?;
        }
        f.write_str(".")
    }
}

impl core::error::Error for UnknownEventType {}

impl FromStr for EventType {
    type Err = UnknownEventType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|event| event.as_str() == text)
            .ok_or_else(|| UnknownEventType(text.chars().take(40).collect()))
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for EventType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl de::Visitor<'_> for Name {
            type Value = EventType;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of an event type")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<EventType, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_out_and_come_back() {
        for event in EventType::ALL {
            assert_eq!(event.to_string().parse(), Ok(event));
            let json = serde_json::to_string(&event).unwrap();
            assert_eq!(json, format!("\"{event}\""));
            assert_eq!(serde_json::from_str::<EventType>(&json).unwrap(), event);
        }
        assert!("link_artifact".parse::<EventType>().is_err());
        assert!(serde_json::from_str::<EventType>("\"LINK_MODEL\"").is_err());
    }

    #[test]
    fn families_follow_the_names() {
        for event in EventType::ALL {
            let name = event.as_str();
            assert_eq!(event.is_run(), name.starts_with("RUN_"), "{name}");
            assert_eq!(event.is_artifact(), !name.starts_with("RUN_"), "{name}");
            assert_eq!(event.is_tag(), name.ends_with("_TAG"), "{name}");
            assert_eq!(event.is_run_metric(), name.starts_with("RUN_METRIC_"), "{name}");
        }
    }

    #[test]
    fn an_event_carries_what_the_table_says() {
        assert!(EventType::RunState.carries("event_author"));
        assert!(EventType::RunState.carries("run_status"));
        assert!(!EventType::RunState.carries("metric_value"));
        assert!(EventType::AddCollectionTag.carries("tag"));
        assert!(!EventType::LinkArtifact.carries("alias"));
        assert!(!EventType::LinkArtifact.carries("ACCESS_TOKEN"));
        assert!(!EventType::LinkArtifact.carries("nope"));
    }
}
