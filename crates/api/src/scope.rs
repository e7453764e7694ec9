//! Where an automation watches: a registry, a project, or one collection of either.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The two kinds of places that hold collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// Gathers linked versions for production use.
    Registry,
    /// Holds runs and artifacts.
    Project,
}

impl PlaceKind {
    /// The word on the wire and in the page.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Project => "project",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "registry" => Some(Self::Registry),
            "project" => Some(Self::Project),
            _ => None,
        }
    }
}

/// Where an automation watches. Without a collection: all of the place's, later ones too.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct Scope {
    /// Registry or project.
    pub kind: PlaceKind,
    /// Name of the team that owns the place.
    pub entity: String,
    /// Name of the registry or project.
    pub name: String,
    /// The one collection watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

impl Scope {
    /// Whether an event of `collection` in the place `kind`/`entity`/`name` lies in this scope.
    pub fn covers(&self, kind: PlaceKind, entity: &str, name: &str, collection: Option<&str>) -> bool {
        self.kind == kind
            && self.entity == entity
            && self.name == name
            && self.collection.as_deref().is_none_or(|own| Some(own) == collection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_registry_does_not_see_a_project_of_the_same_name() {
        let scope =
            Scope { kind: PlaceKind::Registry, entity: "kestrel".into(), name: "models".into(), collection: None };
        assert!(scope.covers(PlaceKind::Registry, "kestrel", "models", Some("fraud")));
        assert!(!scope.covers(PlaceKind::Project, "kestrel", "models", Some("fraud")));
        assert!(!scope.covers(PlaceKind::Registry, "other", "models", Some("fraud")));
    }

    #[test]
    fn a_collection_scope_sees_its_collection_only() {
        let scope = Scope {
            kind: PlaceKind::Registry,
            entity: "kestrel".into(),
            name: "models".into(),
            collection: Some("fraud".into()),
        };
        assert!(scope.covers(PlaceKind::Registry, "kestrel", "models", Some("fraud")));
        assert!(!scope.covers(PlaceKind::Registry, "kestrel", "models", Some("fraud-2")));
        assert!(!scope.covers(PlaceKind::Registry, "kestrel", "models", None));
    }
}
