//! What there is in the place already, to be proposed: metrics, users and runs, keys of metadata.

use std::sync::Arc;

use hookboard_api::{
    EventType,
    catalogue::{Collection, Run, Version},
    event::Event,
    list::List,
    scope::Scope,
    template::ARTIFACT_METADATA,
};
use leptos::prelude::*;
use serde_json::Value;

use super::state::Wizard;
use crate::{
    client::{Client, Remote, calls},
    features::payload::Values,
    route::Place,
    ui::{format::counted, pick::Offer},
};

/// Metadata keys that are offered at most.
const MOST_KEYS: usize = 200;

/// Names of the metrics that the project's runs have, each with how many have it.
pub(super) fn metrics(wizard: Wizard) -> Vec<Offer> {
    let mut all: Vec<(String, u64)> = Vec::new();
    wizard.runs().with(|list| {
        for name in list.value.iter().flat_map(|list| &list.items).flat_map(|run| &run.metrics) {
            match all.iter_mut().find(|(own, _)| own == name) {
                Some((_, runs)) => *runs += 1,
                None => all.push((name.clone(), 1)),
            }
        }
    });
    let offer =
        |(name, runs): (String, u64)| Offer { note: counted(runs, "run", "runs"), ..Offer::new(name.clone(), name) };
    all.into_iter().map(offer).collect()
}

/// Users of the project's runs.
pub(super) fn users(wizard: Wizard) -> Vec<Offer> {
    of_runs(wizard, |run| run.user.clone(), str::to_owned)
}

/// Names of the project's runs, each as the pattern that matches it alone.
pub(super) fn run_names(wizard: Wizard) -> Vec<Offer> {
    of_runs(wizard, |run| run.name.clone(), exactly)
}

/// What the project's runs have, each once and newest first; `pattern` makes what is typed for it.
fn of_runs(wizard: Wizard, part: fn(&Run) -> String, pattern: fn(&str) -> String) -> Vec<Offer> {
    let mut all: Vec<Offer> = Vec::new();
    wizard.runs().with(|list| {
        for text in list.value.iter().flat_map(|list| &list.items).map(part) {
            if !text.is_empty() && !all.iter().any(|one| one.label == text) {
                all.push(Offer::new(pattern(&text), text));
            }
        }
    });
    all
}

/// The pattern that matches a text alone.
fn exactly(text: &str) -> String {
    let mut pattern = String::from("^");
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('$');
    pattern
}

/// The metadata of versions that there are: of past events, and of the collection chosen or the one that changed
/// last.
pub(super) fn metadata(
    client: Client,
    place: &Place,
    event_type: Memo<EventType>,
    scope: Memo<Scope>,
    collections: Signal<Remote<List<Collection>>>,
    listed: Memo<Vec<Arc<Event>>>,
) -> Memo<Values> {
    let of_collection = place.clone();
    let versions: Signal<Remote<List<Version>>> = client.query(move || {
        if !event_type.get().is_artifact() {
            return None;
        }
        let chosen = scope.with(|scope| scope.collection.clone()).filter(|name| !name.is_empty());
        let newest = || {
            collections.with(|list| {
                let all = list.value.iter().flat_map(|list| &list.items);
                all.max_by(|one, other| one.updated_at.cmp(&other.updated_at)).map(|one| one.name.clone())
            })
        };
        chosen.or_else(newest).map(|name| calls::collection(&of_collection, &name, "/versions?limit=50"))
    });
    Memo::new(move |_| -> Values {
        let of_events = listed.with(|events| {
            let of = |event: &Arc<Event>| event.values.get(ARTIFACT_METADATA).and_then(Value::as_object).cloned();
            events.iter().filter_map(of).collect::<Vec<_>>()
        });
        let of_versions = versions.with(|list| {
            list.value.iter().flat_map(|list| &list.items).map(|version| version.metadata.clone()).collect::<Vec<_>>()
        });
        // Newest first: theirs are the values shown.
        let mut all = serde_json::Map::new();
        for (key, value) in of_events.into_iter().chain(of_versions).flatten() {
            if all.len() < MOST_KEYS && !all.contains_key(&key) {
                all.insert(key, value);
            }
        }
        Arc::new(all)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proposed_pattern_matches_its_name_alone() {
        for name in ["conformer-l.19", "a+b (c)", r"x\y^$|[1]{2}"] {
            let regex = hookboard_api::pattern::compile(&exactly(name)).expect("a pattern");
            assert!(regex.is_match(name) && !regex.is_match(&format!("{name}x")), "{name}");
        }
        assert!(!hookboard_api::pattern::compile(&exactly("a.b")).expect("a pattern").is_match("axb"));
    }
}
