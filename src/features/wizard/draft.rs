//! An automation as typed. Reads into the interface's type and back; what the plain fields cannot
//! say is kept as JSON. Knows no component.

use hookboard_api::{
    EventType,
    automation::{Action, Automation, AutomationDraft, WebhookRef},
    event::{EVENTS, EventSpec, Field, event_spec},
    metric::{MetricCondition, MetricJoin},
    plain::{Join, PlainTest, Said, said},
    run::RunState,
    scope::Scope,
    trace::Op,
    trigger::Trigger,
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
    /// The webhook as it was read, where it is another team's.
    #[serde(default)]
    pub shared: Option<Shared>,
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

/// A webhook of another team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The team that owns it.
    pub owner: String,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

impl Shared {
    fn of(webhook: &WebhookRef) -> Option<Self> {
        let owner = webhook.entity.clone()?;
        Some(Self { owner, id: webhook.id.clone(), name: webhook.name.clone() })
    }
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
            shared: None,
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

    /// An automation as typed, and the text of its payload.
    pub fn read(place: &Place, from: &Automation) -> (Self, String) {
        let mut draft = Self::new(place);
        draft.event = from.trigger.event;
        draft.one = from.scope.collection.is_some();
        draft.collection = from.scope.collection.clone().unwrap_or_default();
        draft.read_filter(from.trigger.filter.as_ref(), &from.scope);
        if !from.trigger.states.is_empty() {
            draft.states.clone_from(&from.trigger.states);
        }
        if let Some(metrics) = &from.trigger.metrics {
            draft.join = metrics.join;
            draft.rules = metrics.rules.iter().map(|rule| RuleDraft::read(draft.key(), rule)).collect();
        }
        let template = match &from.action {
            Action::Record => {
                draft.record = true;
                String::new()
            }
            Action::Webhook { webhook_id, template } => {
                draft.webhook.clone_from(webhook_id);
                draft.shared = from.webhook.as_ref().and_then(Shared::of);
                draft.owner = draft.shared.as_ref().map(|shared| shared.owner.clone());
                template.clone().unwrap_or_default()
            }
        };
        draft.name = Some(from.name.clone());
        draft.description.clone_from(&from.description);
        if let Some(seconds) = from.cooldown_s {
            let unit = UNITS.iter().rev().find(|(_, _, size)| seconds > 0 && seconds % size == 0).unwrap_or(&UNITS[0]);
            draft.cooldown = (seconds / unit.2).to_string();
            unit.0.clone_into(&mut draft.unit);
        }
        draft.enabled = from.enabled;
        draft.furthest = 3;
        draft.revision = Some(from.revision);
        (draft, template)
    }

    /// Empties the fields of the condition.
    pub fn clear_filter(&mut self) {
        for field in [&mut self.pattern, &mut self.collections, &mut self.user, &mut self.run_name] {
            field.clear();
        }
        self.conditions.clear();
        self.conditions_join = Join::All;
        self.json = None;
    }

    /// Reads a condition into the fields that are empty; one they cannot say is kept as JSON.
    pub fn read_filter(&mut self, filter: Option<&Value>, scope: &Scope) {
        self.original = filter.cloned();
        let Some(filter) = filter else { return };
        let spec = self.spec();
        let whole = |this: &mut Self| {
            this.clear_filter();
            this.json = serde_json::to_string_pretty(filter).ok();
        };
        let Some(Said { tests, join, group }) = said(Some(filter)) else { return whole(self) };
        if !group.is_empty() {
            self.conditions_join = join;
            for test in &group {
                let key = self.key();
                match ConditionDraft::read(key, test) {
                    Some(condition) => self.conditions.push(condition),
                    None => return whole(self),
                }
            }
        }
        for test in &tests {
            let text = test.operand.as_str().filter(|text| !text.is_empty());
            let field = match (test.path.as_str(), test.op) {
                (path, Op::Regex) if Some(path) == subject(self.event) => Some(&mut self.pattern),
                ("artifact_collection_name", Op::Regex) if spec.shows(Field::CollectionFilter, scope) => {
                    Some(&mut self.collections)
                }
                ("event_author", Op::Eq) if spec.shows(Field::RunFilter, scope) => Some(&mut self.user),
                ("run_name", Op::Regex) if spec.shows(Field::RunFilter, scope) => Some(&mut self.run_name),
                _ => None,
            };
            if let (Some(field), Some(text)) = (field, text)
                && field.is_empty()
            {
                text.clone_into(field);
                continue;
            }
            // What no field says stands with the further conditions, unless those are joined otherwise.
            let key = self.key();
            match ConditionDraft::read(key, test).filter(|_| group.is_empty()) {
                Some(condition) => self.conditions.push(condition),
                None => return whole(self),
            }
        }
    }

    /// A new row's key.
    pub fn key(&mut self) -> u32 {
        let key = self.next_key;
        self.next_key += 1;
        key
    }

    /// Sends through a webhook of another team than before; the one that was read is chosen again with its team.
    pub fn set_owner(&mut self, owner: Option<String>) {
        let read = self.shared.as_ref().filter(|shared| Some(&shared.owner) == owner.as_ref());
        self.webhook = read.map(|shared| shared.id.clone()).unwrap_or_default();
        self.owner = owner;
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

    /// What the fields say.
    fn said(&self, scope: &Scope) -> Said {
        let spec = self.spec();
        let text = |path: &str, op: Op, text: &str| {
            (!text.is_empty()).then(|| PlainTest { path: path.to_owned(), op, operand: Value::from(text) })
        };
        let mut tests = Vec::new();
        if let Some(path) = subject(self.event) {
            tests.extend(text(path, Op::Regex, &self.pattern));
        }
        if spec.shows(Field::CollectionFilter, scope) {
            tests.extend(text("artifact_collection_name", Op::Regex, &self.collections));
        }
        if spec.shows(Field::RunFilter, scope) {
            tests.extend(text("event_author", Op::Eq, self.user.trim()));
            tests.extend(text("run_name", Op::Regex, &self.run_name));
        }
        let conditions = self.conditions.iter().filter(|one| !one.path.trim().is_empty());
        let group: Vec<PlainTest> = conditions.filter_map(ConditionDraft::test).collect();
        let is_plain = match self.conditions_join {
            Join::All => true,
            Join::Any => group.len() < 2,
            Join::None => group.is_empty(),
        };
        if is_plain {
            tests.extend(group);
            return Said { tests, ..Said::default() };
        }
        Said { tests, join: self.conditions_join, group }
    }

    /// The condition.
    pub fn filter(&self, scope: &Scope) -> Option<Value> {
        if let Some(json) = &self.json {
            return serde_json::from_str(json).ok();
        }
        let now = self.said(scope);
        // Wrappings and order that mean nothing here may mean something to whoever wrote them.
        let alike =
            |old: &[PlainTest], new: &[PlainTest]| old.len() == new.len() && old.iter().all(|one| new.contains(one));
        let same = |original: &Value| {
            said(Some(original)).is_some_and(|old| {
                old.join == now.join && alike(&old.tests, &now.tests) && alike(&old.group, &now.group)
            })
        };
        match &self.original {
            Some(original) if same(original) => Some(original.clone()),
            _ => now.filter(),
        }
    }

    /// What makes it fire.
    pub fn trigger(&self, scope: &Scope) -> Trigger {
        let metrics = self.event.is_run_metric().then(|| MetricCondition {
            join: self.join,
            rules: self.rules.iter().map(|rule| rule.rule(self.event)).collect(),
        });
        let states = if self.event == EventType::RunState { self.states.clone() } else { Vec::new() };
        Trigger { event: self.event, filter: self.filter(scope), metrics, states }
    }

    /// What makes it fire, without the metric conditions that are not whole yet: for the sentence.
    pub fn shown_trigger(&self, scope: &Scope) -> Trigger {
        let mut trigger = self.trigger(scope);
        if !self.rules.iter().all(|rule| rule.is_whole(self.event)) {
            trigger.metrics = None;
        }
        trigger
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

    /// The least time between two matches, or what keeps the text from being one.
    pub(super) fn cooldown_s(&self) -> Result<Option<u32>, String> {
        let typed = self.cooldown.trim();
        if typed.is_empty() {
            return Ok(None);
        }
        let size = UNITS.iter().find(|(word, ..)| *word == self.unit).map_or(1, |unit| unit.2);
        match typed.parse::<u32>() {
            Ok(number) => Ok(Some(number.saturating_mul(size))),
            Err(_) => Err("Type a whole number, or leave it empty.".to_owned()),
        }
    }

    /// The automation as the interface takes it.
    pub fn automation(&self, place: &Place, template: &str) -> AutomationDraft {
        let scope = self.scope(place);
        let action = if self.record {
            Action::Record
        } else {
            let template = (!template.trim().is_empty()).then(|| template.to_owned());
            Action::Webhook { webhook_id: self.webhook.clone(), template }
        };
        AutomationDraft {
            name: self.shown_name(place).trim().to_owned(),
            description: self.description.trim().to_owned(),
            trigger: self.trigger(&scope),
            scope,
            action,
            cooldown_s: self.cooldown_s().unwrap_or(None),
            enabled: self.enabled,
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
mod tests {
    use super::*;
    use hookboard_api::scope::PlaceKind;
    use serde_json::json;

    fn place(kind: PlaceKind) -> Place {
        Place { entity: "kestrel".to_owned(), kind, name: "models".to_owned() }
    }

    fn automation(kind: &str, trigger: &Value, action: &Value, cooldown: Option<u32>) -> Automation {
        serde_json::from_value(json!({
            "id": "1", "name": "Deploy", "description": "d", "trigger": trigger, "action": action,
            "scope": {"kind": kind, "entity": "kestrel", "name": "models"}, "cooldown_s": cooldown, "enabled": false,
            "author": "mira", "revision": 4, "created_at": "", "updated_at": "", "activity": {"recent": []}
        }))
        .expect("an automation")
    }

    fn pointers(draft: &Draft, place: &Place) -> Vec<String> {
        draft.faults(place).into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn an_automation_is_written_back_as_it_was_read() {
        let webhook = json!({"type": "webhook", "webhook_id": "w", "template": "{}"});
        for (kind, trigger, action, cooldown) in [
            ("registry", json!({"event": "LINK_ARTIFACT"}), json!({"type": "record"}), None),
            (
                "registry",
                json!({"event": "ADD_ARTIFACT_ALIAS", "filter": {"$or": [{"$and": [{"alias": {"$regex": "^p"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}]}}),
                webhook.clone(),
                Some(600),
            ),
            (
                "registry",
                json!({"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": "x"}}),
                webhook.clone(),
                Some(86_400),
            ),
            (
                "registry",
                json!({"event": "ADD_ARTIFACT_TAG", "filter": {"$or": [{"tag": "a"}, {"tag": {"$not": {"$eq": "b"}}}]}}),
                webhook.clone(),
                Some(0),
            ),
            (
                "project",
                json!({"event": "CREATE_ARTIFACT", "filter": {"artifact_collection_name": {"$regex": "^asr"}}}),
                webhook.clone(),
                Some(61),
            ),
            (
                "project",
                json!({"event": "RUN_STATE", "filter": {"$and": [{"event_author": {"$eq": "mira"}}, {"run_name": {"$regex": "x"}}]}, "states": ["running", "failed"]}),
                webhook.clone(),
                None,
            ),
            (
                "project",
                json!({"event": "RUN_METRIC_THRESHOLD", "metrics": {"join": "any", "rules": [
                    {"kind": "threshold", "metric": "a", "window": 3, "aggregate": "max", "comparison": ">=", "threshold": 0.5},
                    {"kind": "threshold", "metric": "b", "window": 1, "aggregate": "average", "comparison": "<", "threshold": -2.0}]}}),
                webhook,
                None,
            ),
        ] {
            let read = automation(kind, &trigger, &action, cooldown);
            let place = place(PlaceKind::parse(kind).expect("a kind"));
            let (draft, template) = Draft::read(&place, &read);
            let written = draft.automation(&place, &template);
            assert_eq!((&written.trigger, &written.action), (&read.trigger, &read.action));
            assert_eq!((written.cooldown_s, written.enabled), (read.cooldown_s, read.enabled));
            assert_eq!(pointers(&draft, &place), Vec::<String>::new(), "{trigger}");
        }
    }

    #[test]
    fn what_fields_cannot_say_is_kept_as_json_and_stays_so() {
        let trigger = json!({"event": "ADD_ARTIFACT_ALIAS", "filter": {"$not": {"alias": "x"}}});
        let place = place(PlaceKind::Registry);
        let (mut draft, _) = Draft::read(&place, &automation("registry", &trigger, &json!({"type": "record"}), None));
        assert!(draft.json.as_deref().is_some_and(|json| json.contains("$not")));
        draft.json = Some("{".to_owned());
        assert_eq!(pointers(&draft, &place), ["/json"]);
    }

    #[test]
    fn a_group_reads_into_the_further_conditions_and_is_written_as_it_was() {
        let filter = json!({"$and": [{"alias": {"$regex": "^p"}}, {"$or": [{"event_author": "ci"}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}]});
        let trigger = json!({"event": "ADD_ARTIFACT_ALIAS", "filter": filter});
        let place = place(PlaceKind::Registry);
        let (mut draft, _) = Draft::read(&place, &automation("registry", &trigger, &json!({"type": "record"}), None));
        assert_eq!((draft.pattern.as_str(), draft.conditions.len(), draft.conditions_join), ("^p", 2, Join::Any));
        assert_eq!(draft.filter(&draft.scope(&place)), Some(filter));
        draft.conditions_join = Join::None;
        let group = json!([{"event_author": {"$eq": "ci"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]);
        let expected = json!({"$and": [{"alias": {"$regex": "^p"}}, {"$nor": group}]});
        assert_eq!(draft.filter(&draft.scope(&place)), Some(expected));
    }

    #[test]
    fn a_changed_field_changes_only_its_part() {
        let trigger = json!({"event": "ADD_ARTIFACT_ALIAS", "filter": {"$and": [{"alias": {"$regex": "p"}}, {"event_author": "ci"}]}});
        let place = place(PlaceKind::Registry);
        let (mut draft, _) = Draft::read(&place, &automation("registry", &trigger, &json!({"type": "record"}), None));
        draft.pattern = "^p$".to_owned();
        let filter = draft.filter(&draft.scope(&place));
        assert_eq!(filter, Some(json!({"$and": [{"alias": {"$regex": "^p$"}}, {"event_author": {"$eq": "ci"}}]})));
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
    fn a_draft_outlives_a_reload() {
        let mut draft = Draft::new(&place(PlaceKind::Project));
        draft.conditions.push(ConditionDraft::new(7));
        let stored = serde_json::to_string(&draft).expect("text");
        assert_eq!(serde_json::from_str::<Draft>(&stored).ok(), Some(draft));
    }
}
