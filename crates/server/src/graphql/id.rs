//! Ids on this interface. Automations, webhooks, registries and projects have their own; a collection's names its
//! place and itself, since automations watch collections that are not there yet.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// What the id of a scope names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ScopeId {
    /// Id of the registry or project.
    pub(super) place: String,
    /// Name of the collection.
    pub(super) collection: Option<String>,
}

impl ScopeId {
    /// Reads an id; one that is none of these names a place that there is not.
    pub(super) fn read(id: &str) -> Self {
        let decoded = BASE64_URL_SAFE_NO_PAD.decode(id).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        match decoded.as_deref().and_then(|text| text.strip_prefix("Collection:")?.split_once(':')) {
            Some((place, collection)) => Self { place: place.to_owned(), collection: Some(collection.to_owned()) },
            None => Self { place: id.to_owned(), collection: None },
        }
    }
}

/// Id of a collection of the place `place_id`.
pub(super) fn collection_id(place_id: &str, collection: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("Collection:{place_id}:{collection}"))
}

/// The number of a place by which filters name it: the last 52 bits of its `UUIDv7`, which every JSON reader keeps.
pub(super) fn place_number(place_id: &str) -> u64 {
    let hex: String = place_id.chars().filter(|character| *character != '-').skip(19).collect();
    u64::from_str_radix(&hex, 16).unwrap_or_default()
}

/// The same as clients decode it.
pub(super) fn internal_id(place_id: &str) -> String {
    base64::prelude::BASE64_STANDARD.encode(format!("ProjectInternalId:{}", place_number(place_id)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collections_id_names_its_place_and_itself() {
        let id = collection_id("0190-a", "größe:1");
        assert_eq!(ScopeId::read(&id), ScopeId { place: "0190-a".into(), collection: Some("größe:1".into()) });
        assert_eq!(ScopeId::read("0190-a"), ScopeId { place: "0190-a".into(), collection: None });
    }

    #[test]
    fn a_places_number_is_the_end_of_its_id() {
        assert_eq!(place_number("01939f6c-5a2b-7c3d-8e4f-00000000002a"), 0xf_0000_0000_002a);
        assert_eq!(internal_id("01939f6c-5a2b-7c3d-8000-00000000002a"), "UHJvamVjdEludGVybmFsSWQ6NDI=");
    }
}
