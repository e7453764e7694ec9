//! The fields of a draft, filled from an automation. What they cannot say is kept as JSON.

use hookboard_api::{
    automation::{Action, Automation, WebhookRef},
    event::Field,
    plain::{Join, Said, said},
    scope::Scope,
    trace::Op,
};
use serde_json::Value;

use super::{
    condition::ConditionDraft,
    draft::{Draft, ReadWebhook, UNITS, subject},
    rule::RuleDraft,
};
use crate::route::Place;

impl From<&WebhookRef> for ReadWebhook {
    fn from(webhook: &WebhookRef) -> Self {
        Self { owner: webhook.entity.clone(), id: webhook.id.clone(), name: webhook.name.clone() }
    }
}

impl Draft {
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
                draft.read = from.webhook.as_ref().map(ReadWebhook::from);
                draft.owner = draft.read.as_ref().and_then(|read| read.owner.clone());
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
}
