//! The interface's addresses, in one place.

use hookboard_api::scope::PlaceKind;

use crate::route::{Place, Query};

/// Rows asked for at once.
const PAGE: &str = "50";

/// The reader.
pub const ME: &str = "/me";

/// Registries or projects of a team.
pub fn places(entity: &str, kind: PlaceKind) -> String {
    format!("/entities/{}/{}", part(entity), plural(kind))
}

/// One registry or project.
pub fn place(place: &Place) -> String {
    format!("{}/{}", places(&place.entity, place.kind), part(&place.name))
}

/// The collections of a registry or project.
pub fn collections(of: &Place) -> String {
    format!("{}/collections", place(of))
}

/// Automations of a team or of one place, filtered by `filters` besides.
pub fn automations(entity: &str, within: Option<&Place>, filters: &Query) -> String {
    format!("/automations{}", scoped(entity, within, filters).with("limit", Some("200")).suffix())
}

/// One automation.
pub fn automation(id: &str) -> String {
    format!("/automations/{}", part(id))
}

/// Deliveries of a team or of one place, filtered by `filters` besides.
pub fn deliveries(entity: &str, within: Option<&Place>, filters: &Query) -> String {
    format!("/deliveries{}", scoped(entity, within, filters).with("limit", Some(PAGE)).suffix())
}

/// One delivery.
pub fn delivery(id: &str) -> String {
    format!("/deliveries/{}", part(id))
}

/// Webhooks of a team.
pub fn webhooks(entity: &str) -> String {
    format!("/entities/{}/webhooks", part(entity))
}

/// One webhook.
pub fn webhook(entity: &str, id: &str) -> String {
    format!("{}/{}", webhooks(entity), part(id))
}

/// Secrets of a team.
pub fn secrets(entity: &str) -> String {
    format!("/entities/{}/secrets", part(entity))
}

/// One secret.
pub fn secret(entity: &str, name: &str) -> String {
    format!("{}/{}", secrets(entity), part(name))
}

/// Keys of a team.
pub fn keys(entity: &str) -> String {
    format!("/entities/{}/keys", part(entity))
}

/// One key.
pub fn key(entity: &str, id: &str) -> String {
    format!("{}/{}", keys(entity), part(id))
}

const fn plural(kind: PlaceKind) -> &'static str {
    match kind {
        PlaceKind::Registry => "registries",
        PlaceKind::Project => "projects",
    }
}

fn scoped(entity: &str, within: Option<&Place>, filters: &Query) -> Query {
    let scope = Query::default().with("entity", Some(entity));
    let scope = match within {
        Some(place) => scope.with("kind", Some(place.kind.as_str())).with("place", Some(&place.name)),
        None => scope,
    };
    scope.and(filters)
}

fn part(text: &str) -> String {
    crate::route::encode(text)
}
