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

/// The rooms of a team, in the order of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// What needs attention.
    Home,
    /// All automations.
    Automations,
    /// All deliveries.
    Deliveries,
    /// All events.
    Events,
    /// Webhooks and secrets.
    Webhooks,
    /// The same page, at its secrets.
    Secrets,
    /// What brings events in.
    Sources,
    /// Who belongs to the team.
    Members,
    /// Access keys.
    Keys,
    /// Who changed what.
    Audit,
    /// What a payload may hold.
    Reference,
}

/// Every room with its path below the team, and its name.
pub const ROOMS: [(Room, &str, &str); 11] = [
    (Room::Home, "", "Home"),
    (Room::Automations, "automations", "Automations"),
    (Room::Deliveries, "deliveries", "Deliveries"),
    (Room::Events, "events", "Events"),
    (Room::Webhooks, "settings/webhooks", "Webhooks"),
    (Room::Secrets, "settings/secrets", "Secrets"),
    (Room::Sources, "settings/sources", "Sources"),
    (Room::Members, "settings/members", "Members"),
    (Room::Keys, "settings/keys", "Access keys"),
    (Room::Audit, "settings/audit", "Audit log"),
    (Room::Reference, "reference", "Payload reference"),
];

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
    /// A room of a team.
    Team {
        /// Name of the team.
        entity: String,
        /// Which.
        room: Room,
    },
    /// One delivery.
    Delivery {
        /// Name of the team.
        entity: String,
        /// The delivery's id.
        id: String,
    },
    /// One event, and what each automation made of it.
    Event {
        /// Name of the team.
        entity: String,
        /// The event's id.
        id: String,
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
            ["deliveries", id] => Self::Delivery { entity, id: (*id).to_owned() },
            ["events", id] => Self::Event { entity, id: (*id).to_owned() },
            ["settings"] => Room::Webhooks.of(entity),
            _ if let Some(room) = Room::at(rest) => room.of(entity),
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
            Self::Team { entity, room } => join(&[entity]) + &room.path(),
            Self::Delivery { entity, id } => join(&[entity, "deliveries", id]),
            Self::Event { entity, id } => join(&[entity, "events", id]),
            Self::Place(place, tab) => place.path(&[tab.as_str()]),
            Self::Collection(place, name) => place.path(&["collections", name]),
            Self::NewAutomation(place) => place.path(&["automations", "new"]),
            Self::Automation(place, id) => place.path(&["automations", id]),
            Self::EditAutomation(place, id) => place.path(&["automations", id, "edit"]),
            Self::Unknown(path) => path.clone(),
        }
    }

    /// The team the room belongs to.
    pub fn entity(&self) -> Option<&str> {
        match self {
            Self::Team { entity, .. } | Self::Delivery { entity, .. } | Self::Event { entity, .. } => Some(entity),
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
    /// What it is called in a place of this kind.
    pub const fn label(self, kind: PlaceKind) -> &'static str {
        match (self, kind) {
            (Self::Workspace, _) => "Workspace",
            (Self::Collections, PlaceKind::Registry) => "Collections",
            (Self::Collections, PlaceKind::Project) => "Artifacts",
            (Self::Automations, _) => "Automations",
            (Self::History, _) => "History",
        }
    }

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
    /// The room in a team.
    pub const fn of(self, entity: String) -> Route {
        Route::Team { entity, room: self }
    }

    /// Its name.
    pub const fn label(self) -> &'static str {
        ROOMS[self as usize].2
    }

    /// Whether it is one of the team's settings.
    pub fn is_setting(self) -> bool {
        self.path().starts_with("/settings")
    }

    /// Its path below the team: nothing, or from the slash on.
    fn path(self) -> String {
        let path = ROOMS[self as usize].1;
        if path.is_empty() { String::new() } else { format!("/{path}") }
    }

    fn at(parts: &[&str]) -> Option<Self> {
        let path = parts.join("/");
        ROOMS.iter().find(|(_, own, _)| *own == path).map(|(room, ..)| *room)
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
            Route::Delivery { entity: entity(), id: "0192".to_owned() },
            Route::Event { entity: entity(), id: "0192".to_owned() },
            Route::Place(odd(), PlaceTab::Workspace),
            Route::Unknown("/kestrel/nowhere/to/be/found".to_owned()),
        ];
        routes.extend(ROOMS.map(|(room, ..)| room.of(entity())));
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
    fn the_table_of_rooms_is_in_their_order() {
        assert!(ROOMS.iter().enumerate().all(|(index, (room, ..))| *room as usize == index));
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
        assert_eq!(Route::parse("/kestrel/"), Room::Home.of("kestrel".to_owned()));
        assert_eq!(Route::parse("/kestrel/settings"), Room::Webhooks.of("kestrel".to_owned()));
        assert_eq!(Route::parse("/kestrel/registry/models/"), Route::Place(models(), PlaceTab::Collections));
        assert_eq!(
            Route::parse("/a%2Fb/project/50%25%20of%20%C3%BCmlauts%3F"),
            Route::Place(odd(), PlaceTab::Workspace)
        );
    }
}
