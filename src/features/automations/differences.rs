//! What two versions of an automation differ in, in the page's words.

use hookboard_api::{
    automation::{Action, AutomationDraft},
    scope::Scope,
    sentence,
    trigger::Trigger,
};

use crate::ui::{conflict::Difference, format::span};

/// The parts in which `mine` differs from `theirs`. `webhook` names one by its id.
pub fn differences(
    theirs: &AutomationDraft,
    mine: &AutomationDraft,
    webhook: impl Fn(&str) -> String,
) -> Vec<Difference> {
    let action = |action: &Action| match action {
        Action::Record => "Record only".to_owned(),
        Action::Webhook { webhook_id, .. } => format!("POST {}", webhook(webhook_id)),
    };
    let payload = |action: &Action| match action {
        Action::Webhook { template: Some(template), .. } => template.clone(),
        _ => String::new(),
    };
    let cooldown = |seconds: Option<u32>| seconds.map_or_else(|| "None".to_owned(), |s| span(i64::from(s) * 1_000));
    let enabled = |enabled: bool| if enabled { "Yes" } else { "No" };
    let filter = |trigger: &Trigger| {
        trigger.filter.as_ref().and_then(|filter| serde_json::to_string_pretty(filter).ok()).unwrap_or_default()
    };
    let (their_words, my_words) = (words(&theirs.trigger, &theirs.scope), words(&mine.trigger, &mine.scope));
    let same_words = their_words == my_words;
    [
        Difference::of("Name", &theirs.name, &mine.name),
        Difference::of("Description", &theirs.description, &mine.description),
        Difference::of("Event", their_words, my_words),
        // Conditions may differ in what the sentence leaves out.
        same_words
            .then(|| Difference::of_lines("Condition", &filter(&theirs.trigger), &filter(&mine.trigger)))
            .flatten(),
        Difference::of("Action", action(&theirs.action), action(&mine.action)),
        Difference::of_lines("Payload", &payload(&theirs.action), &payload(&mine.action)),
        Difference::of("Cooldown", cooldown(theirs.cooldown_s), cooldown(mine.cooldown_s)),
        Difference::of("Enabled", enabled(theirs.enabled), enabled(mine.enabled)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn words(trigger: &Trigger, scope: &Scope) -> String {
    sentence::when(trigger, scope).iter().map(sentence::Part::text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_part_that_differs_is_named_once() {
        let scope = json!({"kind": "registry", "entity": "kestrel", "name": "models"});
        let theirs: AutomationDraft = serde_json::from_value(json!({
            "name": "Deploy", "scope": scope,
            "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "^production$"}}},
            "action": {"type": "webhook", "webhook_id": "w", "template": "{\n\"a\": 1\n}"}, "cooldown_s": 60
        }))
        .expect("a draft");
        let mut mine = theirs.clone();
        let named = |mine: &AutomationDraft| {
            differences(&theirs, mine, str::to_owned).into_iter().map(|one| one.what).collect::<Vec<_>>()
        };
        assert_eq!(named(&mine), Vec::<&str>::new());
        mine.trigger.filter = Some(json!({"alias": {"$regex": "^staging$"}}));
        mine.action = Action::Webhook { webhook_id: "w".into(), template: Some("{\n\"a\": 2\n}".into()) };
        mine.cooldown_s = None;
        assert_eq!(named(&mine), ["Event", "Payload", "Cooldown"]);
        mine.action = Action::Record;
        assert_eq!(named(&mine), ["Event", "Action", "Payload", "Cooldown"]);
    }
}
