//! An automation as typed: its fields, and how they hang together. Knows no component. `read` fills them from an
//! automation, `write` makes one of them.

use std::collections::BTreeMap;

use hookboard_api::{
    EventType,
    event::{EVENTS, EventSpec, event_spec},
    metric::MetricJoin,
    plain::Join,
    run::RunState,
    scope::Scope,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{condition::ConditionDraft, rule::RuleDraft};
use crate::route::Place;

/// Units of the cooldown: the word, its plural in the page, its seconds.
pub const UNITS: [(&str, &str, u32); 4] =
    [("s", "seconds", 1), ("min", "minutes", 60), ("h", "hours", 3600), ("d", "days", 86_400)];

/// An automation as typed. The payload's text is kept beside it: it is large, and typed elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// What it waits for.
    pub event: EventType,
    /// Whether it watches one collection only.
    pub one: bool,
    /// That collection.
    pub collection: String,
    /// Pattern on the alias or tag.
    pub pattern: String,
    /// Pattern on the collection's name, for whole projects.
    pub collections: String,
    /// Whose runs count.
    pub user: String,
    /// Pattern on the run's name.
    pub run_name: String,
    /// Which states of a run count.
    pub states: Vec<RunState>,
    /// How the metric conditions are joined.
    pub join: MetricJoin,
    /// The metric conditions.
    pub rules: Vec<RuleDraft>,
    /// Further comparisons; all must hold.
    pub conditions: Vec<ConditionDraft>,
    /// How they are joined.
    #[serde(default)]
    pub conditions_join: Join,
    /// The whole condition as JSON, where the fields cannot say it or the reader prefers to.
    pub json: Option<String>,
    /// The condition as it was read: it goes back the same while the fields say the same.
    pub original: Option<Value>,
    /// Sends nothing.
    pub record: bool,
    /// The team that owns the webhook, where that is another than the place's.
    #[serde(default)]
    pub owner: Option<String>,
    /// The webhook's id.
    pub webhook: String,
    /// What was chosen of the webhooks of other teams than `owner`; the place's own is nameless.
    #[serde(default)]
    pub chosen: BTreeMap<String, String>,
    /// The webhook as it was read.
    #[serde(default)]
    pub read: Option<ReadWebhook>,
    /// The name; none while it is the proposed one.
    pub name: Option<String>,
    /// In words of its owner.
    pub description: String,
    /// Least time between two matches.
    pub cooldown: String,
    /// Its unit, one of [`UNITS`].
    pub unit: String,
    /// Whether it watches.
    pub enabled: bool,
    /// How many steps have been left behind.
    pub furthest: u8,
    /// The revision that is edited.
    pub revision: Option<u32>,
    /// The next row's key.
    pub next_key: u32,
}

/// The webhook of an automation, as that names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadWebhook {
    /// The team that owns it, where that is another than the automation's.
    pub owner: Option<String>,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Draft {
    /// Nothing typed yet, for a place.
    pub fn new(place: &Place) -> Self {
        let scope =
            Scope { kind: place.kind, entity: place.entity.clone(), name: place.name.clone(), collection: None };
        let event = EVENTS.iter().find(|spec| spec.allows(&scope)).map_or(EventType::LinkArtifact, |spec| spec.event);
        Self {
            event,
            one: false,
            collection: String::new(),
            pattern: String::new(),
            collections: String::new(),
            user: String::new(),
            run_name: String::new(),
            states: vec![RunState::Failed],
            join: MetricJoin::All,
            rules: vec![RuleDraft::new(0, event)],
            conditions: Vec::new(),
            conditions_join: Join::All,
            json: None,
            original: None,
            record: false,
            owner: None,
            webhook: String::new(),
            chosen: BTreeMap::new(),
            read: None,
            name: None,
            description: String::new(),
            cooldown: String::new(),
            unit: "min".to_owned(),
            enabled: true,
            furthest: 0,
            revision: None,
            next_key: 1,
        }
    }

    /// A new row's key.
    pub fn key(&mut self) -> u32 {
        let key = self.next_key;
        self.next_key += 1;
        key
    }

    /// Sends through a webhook of another team than before; what was chosen of each is chosen again with it.
    pub fn set_owner(&mut self, owner: Option<String>) {
        let before = std::mem::replace(&mut self.owner, owner).unwrap_or_default();
        self.chosen.insert(before, std::mem::take(&mut self.webhook));
        let now = self.owner.clone().unwrap_or_default();
        self.webhook = self.chosen.remove(&now).unwrap_or_default();
    }

    /// What the product knows of the event.
    pub fn spec(&self) -> &'static EventSpec {
        event_spec(self.event)
    }

    /// Waits for another event.
    pub fn set_event(&mut self, event: EventType) {
        let from = std::mem::replace(&mut self.event, event);
        for rule in &mut self.rules {
            rule.moved(from, event);
        }
        if !self.spec().in_collection {
            self.one = false;
        }
    }

    /// Where it watches.
    pub fn scope(&self, place: &Place) -> Scope {
        let collection = self.one.then(|| self.collection.clone());
        Scope { kind: place.kind, entity: place.entity.clone(), name: place.name.clone(), collection }
    }

    /// The name it will have.
    pub fn shown_name(&self, place: &Place) -> String {
        self.name.clone().unwrap_or_else(|| self.proposed_name(place))
    }

    fn proposed_name(&self, place: &Place) -> String {
        let place = if self.one && !self.collection.is_empty() { &self.collection } else { &place.name };
        let plain = self.pattern.trim_start_matches('^').trim_end_matches('$');
        let metric =
            self.rules.first().map(|rule| rule.metric.trim()).filter(|name| !name.is_empty()).unwrap_or("Metric");
        match self.event {
            EventType::LinkArtifact => format!("New version linked in {place}"),
            EventType::UnlinkArtifact => format!("Version unlinked in {place}"),
            EventType::CreateArtifact => format!("New version in {place}"),
            EventType::AddArtifactAlias => format!("Alias {plain} in {place}"),
            EventType::AddArtifactTag => format!("Tag {plain} in {place}"),
            EventType::RemoveArtifactTag => format!("Tag {plain} removed in {place}"),
            EventType::AddCollectionTag => format!("Collection tag {plain} in {place}"),
            EventType::RemoveCollectionTag => format!("Collection tag {plain} removed in {place}"),
            EventType::RunMetricThreshold => format!("{metric} crosses its limit in {place}"),
            EventType::RunMetricChange => format!("{metric} changes in {place}"),
            EventType::RunMetricZscore => format!("{metric} is an outlier in {place}"),
            EventType::RunState => {
                let states: Vec<&str> = self.states.iter().map(|state| state.as_str()).collect();
                format!("Run {} in {place}", states.join(" or "))
            }
        }
    }
}

/// The value an event's own pattern looks at.
pub fn subject(event: EventType) -> Option<&'static str> {
    match event {
        EventType::AddArtifactAlias => Some("alias"),
        event if event.is_tag() => Some("tag"),
        _ => None,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use hookboard_api::scope::PlaceKind;

    pub(in super::super) fn place(kind: PlaceKind) -> Place {
        Place { entity: "kestrel".to_owned(), kind, name: "models".to_owned() }
    }

    #[test]
    fn run_events_leave_a_single_collection() {
        let place = place(PlaceKind::Project);
        let mut draft = Draft::new(&place);
        (draft.one, draft.collection) = (true, "c".to_owned());
        draft.set_event(EventType::RunState);
        assert_eq!(draft.scope(&place).collection, None);
    }

    #[test]
    fn what_was_chosen_of_each_team_is_chosen_again_with_it() {
        let mut draft = Draft::new(&place(PlaceKind::Registry));
        draft.webhook = "own".to_owned();
        for (owner, known) in [(Some("quill"), ""), (None, "own"), (Some("quill"), "relay"), (None, "own")] {
            draft.set_owner(owner.map(str::to_owned));
            assert_eq!(draft.webhook, known, "{owner:?}");
            if owner.is_some() {
                draft.webhook = "relay".to_owned();
            }
        }
    }

    #[test]
    fn a_draft_outlives_a_reload() {
        let mut draft = Draft::new(&place(PlaceKind::Project));
        draft.conditions.push(ConditionDraft::new(7));
        let stored = serde_json::to_string(&draft).expect("text");
        assert_eq!(serde_json::from_str::<Draft>(&stored).ok(), Some(draft));
    }
}
