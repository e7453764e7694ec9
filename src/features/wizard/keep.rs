//! Drafts live as long as the tab, one per door.

use hookboard_api::{EventType, event::event_spec};
use serde::{Deserialize, Serialize};

use super::draft::Draft;
use crate::{
    client::tab,
    features::payload::Example,
    route::{Place, Query, Route},
};

#[derive(Serialize, Deserialize)]
struct Kept {
    draft: Draft,
    template: String,
}

/// By which door the wizard was opened. Each door has a draft of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The registry or project.
    pub place: Place,
    /// The automation edited; none creates one.
    pub id: Option<String>,
    /// The collection to begin with.
    pub collection: Option<String>,
    /// The event to begin with.
    pub on: Option<EventType>,
    /// The metric to begin with.
    pub metric: Option<String>,
    /// The payload to begin with.
    pub example: Option<Example>,
    /// The automation it goes on from, which was deleted.
    pub gone: Option<String>,
}

impl Door {
    /// The door that the address names.
    pub fn read(place: Place, id: Option<String>, query: &Query) -> Self {
        let word = |name| query.get(name).filter(|_| id.is_none());
        Self {
            collection: word("collection").map(str::to_owned),
            on: word("on").and_then(|word| EventType::ALL.into_iter().find(|event| event.as_str() == word)),
            metric: word("metric").map(str::to_owned),
            example: word("example").and_then(Example::parse),
            gone: word("gone").map(str::to_owned),
            place,
            id,
        }
    }

    /// The bell of a metric's plot.
    pub const fn metric(place: Place, metric: String) -> Self {
        let on = Some(EventType::RunMetricThreshold);
        Self { place, id: None, collection: None, on, metric: Some(metric), example: None, gone: None }
    }

    /// For what was typed of an automation that is gone.
    pub const fn after(place: Place, gone: String) -> Self {
        Self { place, id: None, collection: None, on: None, metric: None, example: None, gone: Some(gone) }
    }

    /// The address that opens the wizard by it.
    pub fn address(&self) -> String {
        let route = match &self.id {
            Some(id) => Route::EditAutomation(self.place.clone(), id.clone()),
            None => Route::NewAutomation(self.place.clone()),
        };
        route.path() + &self.query().suffix()
    }

    /// What its address says besides the room. It stays there from step to step.
    pub fn query(&self) -> Query {
        Query::default()
            .with("collection", self.collection.as_deref())
            .with("on", self.on.map(EventType::as_str))
            .with("metric", self.metric.as_deref())
            .with("example", self.example.map(Example::as_str))
            .with("gone", self.gone.as_deref())
    }

    /// Where its draft is kept.
    pub fn key(&self) -> String {
        format!("hookboard.draft{}", self.address())
    }

    /// Keeps what was typed elsewhere, for the wizard to go on from.
    pub fn keep(&self, draft: Draft, template: String) {
        save(&self.key(), draft, template);
    }

    /// What the form begins with, where nothing is kept.
    pub fn begin(&self) -> (Draft, String) {
        let mut draft = Draft::new(&self.place);
        if let Some(event) = self.on.filter(|event| event_spec(*event).allows(&draft.scope(&self.place))) {
            let from = std::mem::replace(&mut draft.event, event);
            draft.rules.iter_mut().for_each(|rule| rule.moved(from, event));
        }
        if let (Some(metric), Some(rule)) = (&self.metric, draft.rules.first_mut()) {
            rule.metric.clone_from(metric);
        }
        if let Some(collection) = &self.collection {
            draft.one = true;
            draft.collection.clone_from(collection);
        }
        let template = self.example.unwrap_or(Example::Generic).text(draft.event);
        (draft, template)
    }
}

/// The draft kept, with the payload's text.
pub fn load(key: &str) -> Option<(Draft, String)> {
    let Kept { draft, template } = tab::load(key)?;
    Some((draft, template))
}

/// Keeps a draft.
pub fn save(key: &str, draft: Draft, template: String) {
    tab::save(key, &Kept { draft, template });
}

/// Forgets a draft.
pub fn forget(key: &str) {
    tab::forget(key);
}
