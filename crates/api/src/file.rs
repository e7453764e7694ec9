//! Automations as a file, to be kept beside code: without ids and names of one installation, so that the same file
//! makes the same automations anywhere.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::automation::{Action, Automation, AutomationDraft, WebhookRef};
use crate::scope::{PlaceKind, Scope};
use crate::trigger::Trigger;

/// The form that this describes.
pub const VERSION: u32 = 1;

/// A file of automations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationFile {
    /// 1, the only form there is.
    #[schema(minimum = 1, maximum = 1)]
    pub version: u32,
    /// Each is known by its scope and name.
    pub automations: Vec<FileAutomation>,
}

/// An automation in a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileAutomation {
    /// At most 255 characters, unique in its scope.
    pub name: String,
    /// In words of its owner.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Where it watches.
    pub scope: FileScope,
    /// What makes it fire.
    pub trigger: Trigger,
    /// What it does.
    pub action: FileAction,
    /// Least time between two matches, in seconds; for run events, between two of the same run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cooldown_s: Option<u32>,
    /// Whether it watches.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes it so")]
const fn is_yes(enabled: &bool) -> bool {
    *enabled
}

/// Where an automation of a file watches: in a registry or a project of the team that takes the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileScope {
    /// Name of the registry; or of the project, below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// Name of the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// The one collection watched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
}

/// What an automation of a file does with a match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FileAction {
    /// Renders a payload and delivers it.
    Webhook {
        /// Name of the webhook.
        webhook: String,
        /// The team that owns the webhook, where that is another than the one that takes the file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        entity: Option<String>,
        /// The payload template; none sends `{}`. Secrets stand in it by name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        template: Option<String>,
    },
    /// Keeps the match in History and sends nothing.
    Record,
}

/// A webhook as a file names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileWebhook {
    /// Its name.
    pub name: String,
    /// The team that owns it, where that is another than the one whose file it is.
    pub entity: Option<String>,
}

impl From<WebhookRef> for FileWebhook {
    fn from(WebhookRef { name, entity, .. }: WebhookRef) -> Self {
        Self { name, entity }
    }
}

impl From<&Automation> for FileAutomation {
    fn from(from: &Automation) -> Self {
        let webhook = from.webhook.as_ref().map(|webhook| FileWebhook::from(webhook.clone()));
        Self::of(AutomationDraft::from(from), webhook)
    }
}

impl std::fmt::Display for FileScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, name) = match (&self.registry, &self.project) {
            (Some(name), _) => ("registry", name.as_str()),
            (None, name) => ("project", name.as_deref().unwrap_or_default()),
        };
        write!(f, "{kind} {name}")?;
        self.collection.as_ref().map_or(Ok(()), |collection| write!(f, ", {collection}"))
    }
}

impl From<&Scope> for FileScope {
    fn from(from: &Scope) -> Self {
        let name = Some(from.name.clone());
        let (registry, project) = match from.kind {
            PlaceKind::Registry => (name, None),
            PlaceKind::Project => (None, name),
        };
        Self { registry, project, collection: from.collection.clone() }
    }
}

impl FileScope {
    /// The scope in the team `entity`; none where it names no place, or two.
    pub fn within(&self, entity: &str) -> Option<Scope> {
        let (kind, name) = match (&self.registry, &self.project) {
            (Some(name), None) => (PlaceKind::Registry, name),
            (None, Some(name)) => (PlaceKind::Project, name),
            _ => return None,
        };
        Some(Scope { kind, entity: entity.to_owned(), name: name.clone(), collection: self.collection.clone() })
    }
}

impl FileAutomation {
    /// The automation that `draft` makes, by `webhook`.
    pub fn of(draft: AutomationDraft, webhook: Option<FileWebhook>) -> Self {
        let action = match draft.action {
            Action::Webhook { template, .. } => {
                let (webhook, entity) = webhook.map(|webhook| (webhook.name, webhook.entity)).unwrap_or_default();
                FileAction::Webhook { webhook, entity, template }
            }
            Action::Record => FileAction::Record,
        };
        Self {
            name: draft.name,
            description: draft.description,
            scope: FileScope::from(&draft.scope),
            trigger: draft.trigger,
            action,
            cooldown_s: draft.cooldown_s,
            enabled: draft.enabled,
        }
    }

    /// The automation as it is created, in `scope` and by `action`.
    pub fn draft(&self, scope: Scope, action: Action) -> AutomationDraft {
        AutomationDraft {
            name: self.name.clone(),
            description: self.description.clone(),
            scope,
            trigger: self.trigger.clone(),
            action,
            cooldown_s: self.cooldown_s,
            enabled: self.enabled,
        }
    }
}

/// What importing a file does to one automation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// There is none of its scope and name: it is made.
    Created,
    /// There is one, and it is another.
    Updated,
    /// There is one, and it is the same.
    Unchanged,
}

/// What importing a file does, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Import {
    /// Nothing was changed.
    pub dry_run: bool,
    /// On a dry run: what it found here, as one word. Given back as `basis` with the import, that is refused where
    /// something else is here meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// In the order of the file.
    pub changes: Vec<ImportChange>,
}

/// What importing a file does to one automation, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ImportChange {
    /// What it does.
    pub change: FileChange,
    /// Name of the automation.
    pub name: String,
    /// Its scope.
    pub scope: FileScope,
    /// Its id; none, on a dry run, of one that would be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where the file's and the one there is differ.
    pub differences: Vec<Difference>,
}

/// A place where two automations differ.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// JSON pointer into the automation of the file.
    pub pointer: String,
    /// What is there now; none where nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What the file says; none where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// Where two values differ: members and items one by one, as deep as both have them.
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(String::new(), Some(before), Some(after), &mut found);
    found
}

fn walk(pointer: String, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Difference>) {
    match (before, after) {
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for name in names {
                let at = format!("{pointer}/{}", crate::problem::pointer_token(name));
                walk(at, old.get(name), new.get(name), found);
            }
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            for index in 0..old.len().max(new.len()) {
                walk(format!("{pointer}/{index}"), old.get(index), new.get(index), found);
            }
        }
        (before, after) if before == after => {}
        (before, after) => found.push(Difference { pointer, before: before.cloned(), after: after.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_told_where_they_are() {
        let before = json!({"name": "a", "trigger": {"event": "X", "states": ["a", "b"]}, "a/b": 1});
        let after = json!({"name": "a", "trigger": {"event": "Y", "states": ["a"]}, "cooldown_s": 5, "a/b": 1});
        let told: Vec<_> =
            differences(&before, &after).into_iter().map(|one| (one.pointer, one.before, one.after)).collect();
        assert_eq!(
            told,
            [
                ("/cooldown_s".to_owned(), None, Some(json!(5))),
                ("/trigger/event".to_owned(), Some(json!("X")), Some(json!("Y"))),
                ("/trigger/states/1".to_owned(), Some(json!("b")), None),
            ]
        );
        assert_eq!(differences(&before, &before), []);
    }

    #[test]
    fn a_scope_names_one_place() {
        let scope =
            |value: Value| serde_json::from_value::<FileScope>(value).ok().and_then(|scope| scope.within("kestrel"));
        assert_eq!(scope(json!({"registry": "Models"})).map(|scope| scope.kind), Some(PlaceKind::Registry));
        assert_eq!(scope(json!({"project": "p", "collection": "c"})).map(|scope| scope.kind), Some(PlaceKind::Project));
        for none in
            [json!({}), json!({"collection": "c"}), json!({"registry": "a", "project": "b"}), json!({"entity": "a"})]
        {
            assert_eq!(scope(none), None);
        }
    }
}
