//! The automation that the fields of a draft say.

use hookboard_api::{
    EventType,
    automation::{Action, AutomationDraft},
    event::Field,
    metric::MetricCondition,
    plain::{Join, PlainTest, Said, said},
    scope::Scope,
    trace::Op,
    trigger::Trigger,
};
use serde_json::Value;

use super::{
    condition::ConditionDraft,
    draft::{Draft, UNITS, subject},
};
use crate::route::Place;

impl Draft {
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

#[cfg(test)]
mod tests {
    use super::{super::draft::tests::place, *};
    use hookboard_api::{automation::Automation, scope::PlaceKind};
    use serde_json::json;

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
}
