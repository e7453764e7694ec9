//! The team the reader is in, and what the reader may do there.

use hookboard_api::{
    account::{Me, Membership, Role},
    catalogue,
    list::List,
    scope::PlaceKind,
};
use leptos::prelude::*;

use super::{Client, Remote, calls};
use crate::route::{Place, Router};

/// The team of the room, and the reader. One per signed-in mount.
#[derive(Clone, Copy)]
pub struct Team {
    me: Signal<Remote<Me>>,
    entity: Memo<String>,
    registries: Signal<Remote<List<catalogue::Place>>>,
    projects: Signal<Remote<List<catalogue::Place>>>,
}

/// The team of this mount.
pub fn use_team() -> Team {
    expect_context()
}

impl Team {
    /// Follows the room's team.
    pub fn new(client: Client, router: Router) -> Self {
        let me: Signal<Remote<Me>> = client.query(|| Some(calls::ME.to_owned()));
        let route = router.route();
        let first =
            move || me.with(|me| me.value.as_ref().and_then(|me| me.entities.first().map(|team| team.entity.clone())));
        let entity = Memo::new(move |_| {
            route.with(|route| route.entity().map(str::to_owned)).or_else(first).unwrap_or_default()
        });
        let places = move |kind| {
            client.query(move || entity.with(|entity| (!entity.is_empty()).then(|| calls::places(entity, kind))))
        };
        Self { me, entity, registries: places(PlaceKind::Registry), projects: places(PlaceKind::Project) }
    }

    /// The reader.
    pub const fn me(&self) -> Signal<Remote<Me>> {
        self.me
    }

    /// The team's name; empty while it is not known.
    pub const fn entity(&self) -> Memo<String> {
        self.entity
    }

    /// Its registries or projects.
    pub const fn places(&self, kind: PlaceKind) -> Signal<Remote<List<catalogue::Place>>> {
        match kind {
            PlaceKind::Registry => self.registries,
            PlaceKind::Project => self.projects,
        }
    }

    /// Whether the address names a team that the reader is not in, or that there is not. Not before
    /// the reader's teams are known.
    pub fn is_strange(&self) -> Memo<bool> {
        let team = *self;
        Memo::new(move |_| !team.memberships().is_empty() && team.entity.with(|entity| team.is_foreign(entity)))
    }

    /// Whether the team has no such registry or project. Not before its list has come, and while a
    /// newer one loads, what was known holds.
    pub fn lacks(&self, place: &Place) -> Memo<bool> {
        let (places, name) = (self.places(place.kind), place.name.clone());
        Memo::new(move |known: Option<&bool>| {
            places.with(|places| match &places.value {
                Some(list) if list.items.iter().any(|one| one.name == name) => false,
                Some(_) if !places.busy => true,
                _ => known.copied().unwrap_or(false),
            })
        })
    }

    /// The reader's role in the team.
    pub fn role(&self) -> Option<Role> {
        self.entity.with(|entity| self.role_in(entity))
    }

    /// The reader's role in any team.
    pub fn role_in(&self, entity: &str) -> Option<Role> {
        self.me.with(|me| me.value.as_ref()?.entities.iter().find(|team| team.entity == entity).map(|team| team.role))
    }

    /// The reader's teams; none while they are not known.
    pub fn memberships(&self) -> Vec<Membership> {
        self.me.with(|me| me.value.as_ref().map(|me| me.entities.clone()).unwrap_or_default())
    }

    /// Whether the reader is not in a team. Not before the reader's teams are known.
    pub fn is_foreign(&self, entity: &str) -> bool {
        self.me.with(|me| me.value.is_some()) && self.role_in(entity).is_none()
    }

    /// Why the reader may not do what takes `role`; nothing where they may, or while it is not known.
    pub fn refusal(&self, role: Role) -> Signal<Option<String>> {
        self.refusal_in(self.entity, role)
    }

    /// The same in any team.
    pub fn refusal_in(&self, entity: Memo<String>, role: Role) -> Signal<Option<String>> {
        let team = *self;
        Memo::new(move |_| {
            let own = entity.with(|entity| team.role_in(entity))?;
            (own < role).then(|| format!("This takes the role {}; yours is {}.", role.as_str(), own.as_str()))
        })
        .into()
    }

    /// For how many days deliveries are kept.
    pub fn retain_days(&self) -> Option<u32> {
        self.me.with(|me| me.value.as_ref().map(|me| me.retain_days))
    }
}
