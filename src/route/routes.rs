//! Every room of the page, and its address.

use hookboard_api::scope::PlaceKind;

use super::query::{decode, encode};

/// A registry or project of a team.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Name of the team.
    pub entity: String,
    /// Registry or project.
    pub kind: PlaceKind,
    /// Name of the registry or project.
    pub name: String,
}

/// The tabs of a registry or project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlaceTab {
    /// The metrics of its runs; projects only.
    Workspace,
    /// Its collections.
    Collections,
    /// The automations that watch it.
    Automations,
    /// What they sent.
    History,
}

/// The pages of the team settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Webhooks and secrets.
    Webhooks,
    /// The same page, at its secrets.
    Secrets,
    /// Access keys.
    Keys,
}

/// The steps of creating or editing an automation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What it waits for.
    Event,
    /// What it does.
    Action,
    /// Name, cooldown, and everything once more.
    Review,
}

impl Step {
    /// The word in the URL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Action => "action",
            Self::Review => "review",
        }
    }

    /// Reads the word in the URL; anything else is the first step.
    pub fn parse(word: Option<&str>) -> Self {
        match word {
            Some("action") => Self::Action,
            Some("review") => Self::Review,
            _ => Self::Event,
        }
    }
}

/// A room of the page. `path` and `parse` are each other's inverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The start: leads on to the reader's first team.
    Start,
    /// All automations of a team.
    Automations {
        /// Name of the team.
        entity: String,
    },
    /// All deliveries of a team.
    Deliveries {
        /// Name of the team.
        entity: String,
    },
    /// One delivery.
    Delivery {
        /// Name of the team.
        entity: String,
        /// The delivery's id.
        id: String,
    },
    /// All events of a team.
    Events {
        /// Name of the team.
        entity: String,
    },
    /// One event, and what each automation made of it.
    Event {
        /// Name of the team.
        entity: String,
        /// The event's id.
        id: String,
    },
    /// What a payload may hold.
    Reference {
        /// Name of the team.
        entity: String,
    },
    /// A registry or project.
    Place(Place, PlaceTab),
    /// A collection of a registry or project.
    Collection(Place, String),
    /// Creating an automation.
    NewAutomation(Place),
    /// One automation.
    Automation(Place, String),
    /// Editing an automation.
    EditAutomation(Place, String),
    /// The team's settings.
    Settings {
        /// Name of the team.
        entity: String,
        /// The page of the settings.
        room: Room,
    },
    /// An address that leads nowhere.
    Unknown(String),
}

impl Route {
    /// Reads a path that starts with `/`, without query.
    pub fn parse(path: &str) -> Self {
        let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        Self::from_parts(&parts).unwrap_or_else(|| Self::Unknown(path.to_owned()))
    }

    fn from_parts(parts: &[&str]) -> Option<Self> {
        let (&entity, rest) = match parts {
            [] => return Some(Self::Start),
            [entity, rest @ ..] => (entity, rest),
        };
        let entity = entity.to_owned();
        Some(match rest {
            [] | ["automations"] => Self::Automations { entity },
            ["deliveries"] => Self::Deliveries { entity },
            ["deliveries", id] => Self::Delivery { entity, id: (*id).to_owned() },
            ["events"] => Self::Events { entity },
            ["events", id] => Self::Event { entity, id: (*id).to_owned() },
            ["reference"] => Self::Reference { entity },
            ["settings"] | ["settings", "webhooks"] => Self::Settings { entity, room: Room::Webhooks },
            ["settings", "secrets"] => Self::Settings { entity, room: Room::Secrets },
            ["settings", "keys"] => Self::Settings { entity, room: Room::Keys },
            [kind, name, rest @ ..] => {
                let place = Place { entity, kind: PlaceKind::parse(kind)?, name: (*name).to_owned() };
                match rest {
                    [] => Self::Place(place.clone(), place.first_tab()),
                    ["workspace"] if place.kind == PlaceKind::Project => Self::Place(place, PlaceTab::Workspace),
                    ["collections"] => Self::Place(place, PlaceTab::Collections),
                    ["collections", name] => Self::Collection(place, (*name).to_owned()),
                    ["automations"] => Self::Place(place, PlaceTab::Automations),
                    ["history"] => Self::Place(place, PlaceTab::History),
                    ["automations", "new"] => Self::NewAutomation(place),
                    ["automations", id] => Self::Automation(place, (*id).to_owned()),
                    ["automations", id, "edit"] => Self::EditAutomation(place, (*id).to_owned()),
                    _ => return None,
                }
            }
            _ => return None,
        })
    }

    /// The path, from `/`.
    pub fn path(&self) -> String {
        match self {
            Self::Start => "/".to_owned(),
            Self::Automations { entity } => join(&[entity, "automations"]),
            Self::Deliveries { entity } => join(&[entity, "deliveries"]),
            Self::Delivery { entity, id } => join(&[entity, "deliveries", id]),
            Self::Events { entity } => join(&[entity, "events"]),
            Self::Event { entity, id } => join(&[entity, "events", id]),
            Self::Reference { entity } => join(&[entity, "reference"]),
            Self::Place(place, tab) => place.path(&[tab.as_str()]),
            Self::Collection(place, name) => place.path(&["collections", name]),
            Self::NewAutomation(place) => place.path(&["automations", "new"]),
            Self::Automation(place, id) => place.path(&["automations", id]),
            Self::EditAutomation(place, id) => place.path(&["automations", id, "edit"]),
            Self::Settings { entity, room } => join(&[entity, "settings", room.as_str()]),
            Self::Unknown(path) => path.clone(),
        }
    }

    /// The team the room belongs to.
    pub fn entity(&self) -> Option<&str> {
        match self {
            Self::Automations { entity }
            | Self::Deliveries { entity }
            | Self::Delivery { entity, .. }
            | Self::Events { entity }
            | Self::Event { entity, .. }
            | Self::Reference { entity }
            | Self::Settings { entity, .. } => Some(entity),
            Self::Place(place, _)
            | Self::Collection(place, _)
            | Self::NewAutomation(place)
            | Self::Automation(place, _)
            | Self::EditAutomation(place, _) => Some(&place.entity),
            Self::Start | Self::Unknown(_) => None,
        }
    }

    /// The registry or project the room belongs to.
    pub const fn place(&self) -> Option<&Place> {
        match self {
            Self::Place(place, _)
            | Self::Collection(place, _)
            | Self::NewAutomation(place)
            | Self::Automation(place, _)
            | Self::EditAutomation(place, _) => Some(place),
            _ => None,
        }
    }
}

impl Place {
    /// The tab that shows where the address names none.
    pub const fn first_tab(&self) -> PlaceTab {
        match self.kind {
            PlaceKind::Registry => PlaceTab::Collections,
            PlaceKind::Project => PlaceTab::Workspace,
        }
    }

    fn path(&self, rest: &[&str]) -> String {
        let mut parts = vec![self.entity.as_str(), self.kind.as_str(), self.name.as_str()];
        parts.extend_from_slice(rest);
        join(&parts)
    }
}

impl PlaceTab {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Collections => "collections",
            Self::Automations => "automations",
            Self::History => "history",
        }
    }
}

impl Room {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Webhooks => "webhooks",
            Self::Secrets => "secrets",
            Self::Keys => "keys",
        }
    }
}

fn join(parts: &[&str]) -> String {
    parts.iter().fold(String::new(), |path, part| path + "/" + &encode(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Place {
        Place { entity: "kestrel".to_owned(), kind: PlaceKind::Registry, name: "models".to_owned() }
    }

    fn odd() -> Place {
        Place { entity: "a/b".to_owned(), kind: PlaceKind::Project, name: "50% of ümlauts?".to_owned() }
    }

    #[test]
    fn every_route_reads_back() {
        let entity = || "kestrel".to_owned();
        let mut routes = vec![
            Route::Start,
            Route::Automations { entity: entity() },
            Route::Deliveries { entity: entity() },
            Route::Delivery { entity: entity(), id: "0192".to_owned() },
            Route::Events { entity: entity() },
            Route::Event { entity: entity(), id: "0192".to_owned() },
            Route::Reference { entity: entity() },
            Route::Place(odd(), PlaceTab::Workspace),
            Route::Settings { entity: entity(), room: Room::Webhooks },
            Route::Settings { entity: entity(), room: Room::Secrets },
            Route::Settings { entity: entity(), room: Room::Keys },
            Route::Unknown("/kestrel/nowhere/to/be/found".to_owned()),
        ];
        for place in [models(), odd()] {
            routes.extend([
                Route::Place(place.clone(), PlaceTab::Collections),
                Route::Place(place.clone(), PlaceTab::Automations),
                Route::Place(place.clone(), PlaceTab::History),
                Route::Collection(place.clone(), "a/b c".to_owned()),
                Route::NewAutomation(place.clone()),
                Route::Automation(place.clone(), "id".to_owned()),
                Route::EditAutomation(place, "id".to_owned()),
            ]);
        }
        for route in routes {
            assert_eq!(Route::parse(&route.path()), route);
        }
    }

    #[test]
    fn paths_are_stable() {
        assert_eq!(Route::NewAutomation(models()).path(), "/kestrel/registry/models/automations/new");
        assert_eq!(
            Route::Place(odd(), PlaceTab::History).path(),
            "/a%2Fb/project/50%25%20of%20%C3%BCmlauts%3F/history"
        );
    }

    #[test]
    fn short_forms_lead_to_the_first_tab() {
        assert_eq!(Route::parse("/kestrel"), Route::Automations { entity: "kestrel".to_owned() });
        assert_eq!(Route::parse("/kestrel/registry/models/"), Route::Place(models(), PlaceTab::Collections));
        assert_eq!(
            Route::parse("/a%2Fb/project/50%25%20of%20%C3%BCmlauts%3F"),
            Route::Place(odd(), PlaceTab::Workspace)
        );
    }
}
