//! What is wrong with a draft, and at which field of which step that is told.

use hookboard_api::{EventType, event::Field, filter::Filter, json::repeated_key, pattern, problem::FieldError};

use super::draft::{Draft, subject};
use crate::route::{Place, Step};

impl Draft {
    /// What is wrong, by field. The payload is its editor's to judge.
    pub fn faults(&self, place: &Place) -> Vec<FieldError> {
        let mut faults = Vec::new();
        let mut fault = |pointer: &str, words: Option<String>| {
            faults.extend(words.map(|words| FieldError::new(pointer, "field", words)));
        };
        let draft = self.automation(place, "");
        if self.one && self.collection.is_empty() {
            fault("/collection", Some("Choose the collection.".to_owned()));
        }
        if let Some(json) = &self.json {
            fault("/json", json_fault(json, self.event));
        } else {
            let (scope, spec) = (&draft.scope, self.spec());
            let broken = |text: &str| (!text.is_empty()).then(|| pattern::compile(text).err()).flatten();
            if subject(self.event).is_some() {
                fault("/pattern", broken(&self.pattern));
            }
            if spec.shows(Field::CollectionFilter, scope) {
                fault("/collections", broken(&self.collections));
            }
            if spec.shows(Field::RunFilter, scope) {
                fault("/run_name", broken(&self.run_name));
            }
            for condition in &self.conditions {
                fault(&at_condition(condition.key), condition.fault(self.event));
            }
        }
        if !self.record && self.webhook.is_empty() {
            fault("/webhook", Some("Choose the webhook to send to.".to_owned()));
        }
        if self.event.is_run_metric() {
            let count = |text: &str| {
                let words = format!(
                    "A count of values is a whole number, such as 5. This says \u{201c}{}\u{201d}.",
                    text.trim()
                );
                text.trim().parse::<u32>().is_err().then_some(words)
            };
            for rule in &self.rules {
                fault(&at_rule(rule.key, "window"), count(&rule.window));
                if self.event == EventType::RunMetricChange {
                    fault(&at_rule(rule.key, "prior"), count(&rule.prior));
                }
            }
        }
        fault("/cooldown", self.cooldown_s().err());
        for error in draft.check() {
            let pointer = self.local(&error.pointer);
            // Faulty patterns and comparisons are told above, at their own fields.
            let told = pointer.is_empty() || faults.iter().any(|fault| fault.pointer == pointer);
            if !told && (!error.pointer.starts_with("/trigger/filter") || error.code == "required") {
                faults.push(FieldError { pointer, ..error });
            }
        }
        faults
    }

    /// The field of the form that a pointer into the interface's draft is about; empty where there
    /// is none.
    pub fn local(&self, pointer: &str) -> String {
        if let Some(rest) = pointer.strip_prefix("/trigger/metrics/rules/") {
            let (index, field) = rest.split_once('/').unwrap_or((rest, ""));
            let rule = index.parse().ok().and_then(|index: usize| self.rules.get(index));
            let field = match field {
                "prior_window" => "prior",
                "threshold" | "amount" | "zscore" => "limit",
                other => other,
            };
            return rule.map(|rule| at_rule(rule.key, field)).unwrap_or_default();
        }
        let filter = if self.json.is_some() { "/json" } else { "/pattern" };
        match pointer {
            "/name" | "/description" => pointer,
            "/cooldown_s" => "/cooldown",
            "/action" | "/action/webhook_id" => "/webhook",
            "/action/template" => "/template",
            "/trigger/event" => "/event",
            "/trigger/states" => "/states",
            "/scope" | "/scope/collection" => "/collection",
            other if other.starts_with("/trigger/filter") && (self.json.is_some() || subject(self.event).is_some()) => {
                filter
            }
            _ => "",
        }
        .to_owned()
    }
}

/// The field of a further comparison.
pub fn at_condition(key: u32) -> String {
    format!("/conditions/{key}")
}

/// A field of a metric condition.
pub fn at_rule(key: u32, field: &str) -> String {
    format!("/rules/{key}/{field}")
}

/// The step a field is on.
pub fn step_of(pointer: &str) -> Step {
    match pointer {
        "/webhook" | "/template" => Step::Action,
        "/name" | "/description" | "/cooldown" | "" => Step::Review,
        _ => Step::Event,
    }
}

fn json_fault(json: &str, event: EventType) -> Option<String> {
    let value = match serde_json::from_str(json) {
        Ok(value) => value,
        Err(error) => return Some(format!("This is not JSON: {error}. Mend it, or take the condition out.")),
    };
    if let Some(key) = repeated_key(json) {
        return Some(format!("\"{key}\" stands twice in one object. Keep one, or join both with $and."));
    }
    Filter::parse(&value, event).err().and_then(|errors| errors.into_iter().next()).map(|error| {
        if error.pointer.is_empty() { error.message } else { format!("At {}: {}", error.pointer, error.message) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::scope::PlaceKind;

    #[test]
    fn faults_stand_at_their_fields_and_steps() {
        let place = Place { entity: "kestrel".to_owned(), kind: PlaceKind::Project, name: "models".to_owned() };
        let mut draft = Draft::new(&place);
        draft.set_event(EventType::RunMetricThreshold);
        draft.cooldown = "soon".to_owned();
        draft.name = Some(" ".to_owned());
        let pointers = |draft: &Draft| draft.faults(&place).into_iter().map(|fault| fault.pointer).collect::<Vec<_>>();
        let found = pointers(&draft);
        for wanted in ["/rules/0/metric", "/rules/0/limit", "/webhook", "/cooldown", "/name"] {
            assert!(found.iter().any(|pointer| pointer == wanted), "{wanted} in {found:?}");
        }
        assert_eq!(step_of("/rules/0/metric"), Step::Event);
        assert_eq!(step_of("/webhook"), Step::Action);
        draft.set_event(EventType::AddArtifactAlias);
        draft.pattern = "(".to_owned();
        assert!(pointers(&draft).contains(&"/pattern".to_owned()));
        assert_eq!(draft.local("/trigger/filter/alias/$regex"), "/pattern");
    }
}
