//! The interface's addresses, in one place.

use hookboard_api::scope::PlaceKind;

use crate::route::{Place, Query, encode};

/// The reader.
pub const ME: &str = "/me";

/// What lies below a team.
pub fn team(entity: &str, rest: &str) -> String {
    format!("/entities/{}/{rest}", encode(entity))
}

/// One thing of the list at `list`.
pub fn below(list: &str, id: &str) -> String {
    format!("{list}/{}", encode(id))
}

/// Registries or projects of a team.
pub fn places(entity: &str, kind: PlaceKind) -> String {
    team(entity, &format!("places/{}", plural(kind)))
}

/// One registry or project.
pub fn place(place: &Place) -> String {
    format!("{}/{}", places(&place.entity, place.kind), encode(&place.name))
}

/// The collections of a registry or project.
pub fn collections(of: &Place) -> String {
    format!("{}/collections?limit=200", place(of))
}

/// One collection, or what lies below it.
pub fn collection(of: &Place, name: &str, rest: &str) -> String {
    format!("{}/collections/{}{rest}", place(of), encode(name))
}

/// Runs of a project, newest first.
pub fn runs(of: &Place) -> String {
    team(&of.entity, &format!("projects/{}/runs?limit=200", encode(&of.name)))
}

/// Points of a run's metric.
pub fn points(of: &Place, run: &str, metric: &str) -> String {
    let query = Query::default().with("metric", Some(metric));
    team(&of.entity, &format!("projects/{}/runs/{}/metrics{}", encode(&of.name), encode(run), query.suffix()))
}

/// Events of a team, narrowed by `filters`.
pub fn events(entity: &str, filters: &Query) -> String {
    team(entity, &format!("events{}", filters.clone().with("limit", Some("50")).suffix()))
}

/// One event.
pub fn event(entity: &str, id: &str) -> String {
    team(entity, &format!("events/{}", encode(id)))
}

/// Automations of a team or of one place, narrowed by `filters` besides: 200, unless they say how many.
pub fn automations(entity: &str, place: Option<&Place>, filters: &Query) -> String {
    let filters = place.map_or_else(|| filters.clone(), |place| within(place, filters));
    let limit = filters.get("limit").unwrap_or("200").to_owned();
    team(entity, &format!("automations{}", filters.with("limit", Some(&limit)).suffix()))
}

/// One automation, or what lies below it.
pub fn automation(entity: &str, id: &str, rest: &str) -> String {
    team(entity, &format!("automations/{}{rest}", encode(id)))
}

/// Deliveries of a team, narrowed by `filters`: 50, unless they say how many.
pub fn deliveries(entity: &str, filters: &Query) -> String {
    let limit = filters.get("limit").unwrap_or("50").to_owned();
    team(entity, &format!("deliveries{}", filters.clone().with("limit", Some(&limit)).suffix()))
}

/// How many of those deliveries are in which state.
pub fn delivery_counts(entity: &str, filters: &Query) -> String {
    team(entity, &format!("deliveries/counts{}", filters.suffix()))
}

/// One delivery, or what lies below it.
pub fn delivery(entity: &str, id: &str, rest: &str) -> String {
    team(entity, &format!("deliveries/{}{rest}", encode(id)))
}

/// Webhooks of a team.
pub fn webhooks(entity: &str) -> String {
    team(entity, "webhooks")
}

/// Webhooks of other teams that the team's automations send through.
pub fn lent_webhooks(entity: &str) -> String {
    team(entity, "webhooks/lent")
}

/// One webhook, or what lies below it.
pub fn webhook(entity: &str, id: &str, rest: &str) -> String {
    team(entity, &format!("webhooks/{}{rest}", encode(id)))
}

/// Secrets of a team.
pub fn secrets(entity: &str) -> String {
    team(entity, "secrets")
}

/// One secret.
pub fn secret(entity: &str, name: &str) -> String {
    team(entity, &format!("secrets/{}", encode(name)))
}

/// Keys of a team's members.
pub fn keys(entity: &str) -> String {
    team(entity, "keys")
}

/// One key.
pub fn key(entity: &str, id: &str) -> String {
    team(entity, &format!("keys/{}", encode(id)))
}

const fn plural(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Registry => "registries",
        PlaceKind::Project => "projects",
    }
}

/// `filters` within one registry or project.
pub fn within(place: &Place, filters: &Query) -> Query {
    filters.clone().with(place.kind.as_str(), Some(&place.name))
}
