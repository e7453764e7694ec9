//! What two versions of an automation differ in, in the page's words.

use hookboard_api::{
    EventType,
    automation::{Action, AutomationDraft},
    event::event_spec,
    file,
    scope::Scope,
    sentence,
    trigger::Trigger,
};
use serde_json::Value;

use crate::ui::{conflict::Difference, format::span};

/// The parts of an automation, by the starts of the pointers into a file's that lie in them.
const PARTS: [(&str, &str); 11] = [
    ("/name", "Name"),
    ("/description", "Description"),
    ("/trigger/event", "Event"),
    ("/trigger/filter", "Condition"),
    ("/trigger/metrics", "Metric condition"),
    ("/trigger/states", "States"),
    ("/trigger", "Condition"),
    ("/action/template", "Payload"),
    ("/action", "Action"),
    ("/cooldown_s", "Cooldown"),
    ("/enabled", "Enabled"),
];

/// The part that a pointer lies in, by the start that it has.
fn part(pointer: &str) -> (&'static str, &'static str) {
    PARTS.into_iter().find(|(start, _)| pointer.starts_with(start)).unwrap_or(("", "Other"))
}

/// The parts in which `mine` differs from `theirs`. `webhook` names one by its id.
pub fn differences(
    theirs: &AutomationDraft,
    mine: &AutomationDraft,
    webhook: impl Fn(&str) -> String,
) -> Vec<Difference> {
    let action = |action: &Action| match action {
        Action::Record => RECORD.to_owned(),
        Action::Webhook { webhook_id, .. } => format!("POST {}", webhook(webhook_id)),
    };
    let payload = |action: &Action| match action {
        Action::Webhook { template: Some(template), .. } => template.clone(),
        _ => String::new(),
    };
    let filter = |trigger: &Trigger| {
        trigger.filter.as_ref().and_then(|filter| serde_json::to_string_pretty(filter).ok()).unwrap_or_default()
    };
    let (their_words, my_words) = (words(&theirs.trigger, &theirs.scope), words(&mine.trigger, &mine.scope));
    let same_words = their_words == my_words;
    let of = |pointer, theirs, mine| Difference::of(part(pointer).1, theirs, mine);
    let lines = |pointer, theirs: String, mine: String| Difference::of_lines(part(pointer).1, &theirs, &mine);
    [
        of("/name", theirs.name.clone(), mine.name.clone()),
        of("/description", theirs.description.clone(), mine.description.clone()),
        of("/trigger/event", their_words, my_words),
        // Conditions may differ in what the sentence leaves out.
        same_words.then(|| lines("/trigger/filter", filter(&theirs.trigger), filter(&mine.trigger))).flatten(),
        of("/action", action(&theirs.action), action(&mine.action)),
        lines("/action/template", payload(&theirs.action), payload(&mine.action)),
        of("/cooldown_s", cooldown(theirs.cooldown_s), cooldown(mine.cooldown_s)),
        of("/enabled", enabled(theirs.enabled).to_owned(), enabled(mine.enabled).to_owned()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The parts in which an automation of a file differs from the one that is here, each once.
pub(super) fn file_differences(all: &[file::Difference]) -> Vec<Difference> {
    let mut found: Vec<Difference> = Vec::new();
    for one in all {
        let (start, what) = part(&one.pointer);
        let inner = one.pointer.strip_prefix(start).unwrap_or_default().trim_start_matches('/').replace('/', ".");
        let (theirs, mine) =
            (value_words(start, &inner, one.before.as_ref()), value_words(start, &inner, one.after.as_ref()));
        if start == "/action/template" {
            found.extend(Difference::of_lines(what, &theirs, &mine));
        } else if let Some(same) = found.iter_mut().find(|same| same.what == what) {
            for (text, more) in [(&mut same.theirs, theirs), (&mut same.mine, mine)] {
                if !text.is_empty() && !more.is_empty() {
                    text.push('\n');
                }
                text.push_str(&more);
            }
        } else {
            let code = matches!(start, "/trigger/filter" | "/trigger/metrics" | "/trigger/states" | "/trigger" | "");
            found.push(Difference { what, theirs, mine, code });
        }
    }
    found.sort_by_key(|one| PARTS.iter().position(|(_, what)| *what == one.what));
    found
}

/// A value of a file in words, with where it is within its part.
fn value_words(start: &str, inner: &str, value: Option<&Value>) -> String {
    match (start, value) {
        // A file leaves out what is so by default.
        ("/enabled", value) => enabled(value.and_then(Value::as_bool).unwrap_or(true)).to_owned(),
        ("/cooldown_s", value) => {
            cooldown(value.and_then(Value::as_u64).and_then(|seconds| u32::try_from(seconds).ok()))
        }
        (_, None) => String::new(),
        ("/trigger/event", Some(event)) => serde_json::from_value::<EventType>(event.clone())
            .map_or_else(|_| event.to_string(), |event| event_spec(event).title.to_owned()),
        ("/action", Some(Value::String(text))) => match (inner, text.as_str()) {
            ("webhook", name) => format!("POST {name}"),
            ("entity", name) => format!("Webhook of {name}"),
            ("type", "record") => RECORD.to_owned(),
            ("type", _) => "Send to a webhook".to_owned(),
            _ => text.clone(),
        },
        (_, Some(value)) => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if inner.is_empty() { text } else { format!("{inner}: {text}") }
        }
    }
}

const RECORD: &str = "Record only";

fn cooldown(seconds: Option<u32>) -> String {
    seconds.map_or_else(|| "None".to_owned(), |seconds| span(i64::from(seconds) * 1_000))
}

const fn enabled(enabled: bool) -> &'static str {
    if enabled { "Yes" } else { "No" }
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
    #[test]
    fn a_file_s_values_are_told_in_words_and_each_part_once() {
        let before = json!({"trigger": {"event": "LINK_ARTIFACT", "filter": {"alias": {"$regex": "^a$"}, "n": 1}},
            "action": {"type": "webhook", "webhook": "deploy", "template": "{}"}, "cooldown_s": 60});
        let after = json!({"trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "^b$"}, "n": 2}},
            "action": {"type": "record"}, "enabled": false});
        let told: Vec<_> = file_differences(&file::differences(&before, &after))
            .into_iter()
            .map(|one| (one.what, one.theirs, one.mine))
            .collect();
        let expected = [
            ("Event", "A new version is linked to a collection", "An artifact alias is added"),
            ("Condition", "alias.$regex: ^a$\nn: 1", "alias.$regex: ^b$\nn: 2"),
            ("Payload", "{}", ""),
            ("Action", "Send to a webhook\nPOST deploy", RECORD),
            ("Cooldown", "1\u{a0}min", "None"),
            ("Enabled", "Yes", "No"),
        ];
        assert_eq!(told, expected.map(|(what, theirs, mine)| (what, theirs.to_owned(), mine.to_owned())));
    }
}
