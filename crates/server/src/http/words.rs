//! What serde says of a request, in words that tell what to write instead. The only place that knows
//! serde's phrases; one it does not know is told as it is.

use hookboard_api::problem::{FieldError, pointer_token};
use serde::de::Unexpected;
use serde_json::Value;

/// The fault that serde tells as `message`, met at `pointer`. A text of the wrong type is not repeated,
/// since it may be a secret; a word that is not one of a fixed few is.
pub(super) fn fault(pointer: &str, message: &str) -> FieldError {
    let mut named = message.split('`').skip(1).step_by(2);
    let mut member = || {
        let name = named.next().unwrap_or_default();
        let at = format!("{pointer}/{}", pointer_token(name));
        (name, at)
    };
    if message.starts_with("missing field") {
        let (name, at) = member();
        return FieldError::new(at, "required", format!("\"{name}\" is missing. Add it."));
    }
    if message.starts_with("unknown field") {
        let (name, at) = member();
        // The path ends at the member itself where serde had read its name already.
        let at = if pointer.ends_with(&at[pointer.len()..]) { pointer.to_owned() } else { at };
        return FieldError::new(at, "unknown_field", format!("There is no \"{name}\" here. {}", instead(named)));
    }
    if message.starts_with("duplicate field") {
        let (name, at) = member();
        return FieldError::new(at, "duplicate", format!("\"{name}\" is given twice. Keep one."));
    }
    if message.starts_with("unknown variant") {
        let value = named.next().unwrap_or_default();
        let words = format!("\"{value}\" is not known here. {}", instead(named));
        return FieldError::new(pointer, "unknown_value", words);
    }
    let mistyped = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((given, expected)) = mistyped.and_then(|rest| rest.rsplit_once(", expected ")) {
        let words = format!("Write {} here; this is {}.", kind(expected), seen(given));
        return FieldError::new(pointer, "wrong_type", words);
    }
    if message.contains("was not `true` or `false`") {
        return FieldError::new(pointer, "wrong_type", "Write true or false here; this is neither.");
    }
    let message = message.trim_end_matches('.');
    FieldError::new(pointer, "malformed", format!("{message}. The calls are described at /api/v1/openapi.json."))
}

/// The member of `object` that serde speaks of in `message`, where one alone has the value it names.
pub(super) fn faulty_member<'v>(object: &'v Value, message: &str) -> Option<&'v str> {
    let is_told = |value: &Value| {
        let unexpected = match value {
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(*value),
            Value::String(text) if message.starts_with(&format!("unknown variant `{text}`,")) => return true,
            Value::String(text) => Unexpected::Str(text),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => Unexpected::Unsigned(value),
                (None, Some(value)) => Unexpected::Signed(value),
                (None, None) => Unexpected::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
        };
        ["invalid type: ", "invalid value: "]
            .iter()
            .any(|head| message.strip_prefix(head).is_some_and(|rest| rest.starts_with(&format!("{unexpected}, "))))
    };
    let mut told = object.as_object()?.iter().filter(|(_, value)| is_told(value));
    told.next().filter(|_| told.next().is_none()).map(|(name, _)| name.as_str())
}

/// What may be written in the place of a name that is not known.
pub(super) fn instead<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
    match names.pop() {
        None => String::from("Take it out."),
        Some(only) if names.is_empty() => format!("Only {only} is."),
        Some(last) => format!("Use {} or {last}.", names.join(", ")),
    }
}

/// What serde expects, in JSON's terms.
fn kind(expected: &str) -> String {
    match expected {
        "a string" | "a borrowed string" | "string or map" => "text".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "u8" => whole(u64::from(u8::MAX)),
        "u16" => whole(u64::from(u16::MAX)),
        "u32" => whole(u64::from(u32::MAX)),
        "u64" | "usize" => "a whole number from 0".into(),
        "f32" | "f64" => "a number".into(),
        other if other.starts_with("a map") || other.contains("struct ") || other.contains("tagged enum") => {
            "an object".into()
        }
        other if other.starts_with("variant ") => "text".into(),
        other => other.to_owned(),
    }
}

fn whole(most: u64) -> String {
    format!("a whole number from 0 to {most}")
}

/// What was met instead.
fn seen(given: &str) -> String {
    match given.split(' ').next().unwrap_or_default() {
        "integer" | "floating" | "boolean" => given.split('`').nth(1).unwrap_or(given).to_owned(),
        "string" => "text".into(),
        "map" => "an object".into(),
        "sequence" => "a list".into(),
        "unit" => "null".into(),
        _ => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::http::extract::read;
    use hookboard_api::automation::{Action, BulkChange};
    use hookboard_api::event::NewEvent;
    use hookboard_api::metric::MetricRule;
    use hookboard_api::webhook::WebhookDraft;
    use serde::de::DeserializeOwned;

    fn told<T: DeserializeOwned>(body: &str) -> String {
        let problem = read::<T>(body.as_bytes()).err().map(crate::failure::Failure::into_problem);
        let error = problem.and_then(|problem| problem.errors.into_iter().next());
        error.map_or_else(String::new, |error| format!("{} {}: {}", error.pointer, error.code, error.message))
    }

    #[test]
    fn each_usual_fault_says_where_it_is_and_what_to_write() {
        assert_eq!(told::<WebhookDraft>("{\"name\":\"a\"}"), "/url required: \"url\" is missing. Add it.");
        assert_eq!(
            told::<BulkChange>("{\"ids\":[],\"chnage\":1}"),
            "/chnage unknown_field: There is no \"chnage\" here. Use \"ids\" or \"change\"."
        );
        assert_eq!(
            told::<BulkChange>("{\"ids\":[],\"change\":\"erase\"}"),
            "/change unknown_value: \"erase\" is not known here. Use \"enable\", \"disable\" or \"delete\"."
        );
        assert_eq!(told::<BulkChange>("{\"ids\":[7]}"), "/ids/0 wrong_type: Write text here; this is 7.");
        assert_eq!(told::<BulkChange>("{\"ids\":null}"), "/ids wrong_type: Write a list here; this is null.");
        assert_eq!(told::<BulkChange>("\"hush\""), " wrong_type: Write an object here; this is text.");
        assert_eq!(
            told::<WebhookDraft>("{\"name\":\"a\",\"url\":\"b\",\"timeout_s\":-1}"),
            "/timeout_s wrong_type: Write a whole number from 0 to 4294967295 here; this is -1."
        );
        assert_eq!(told::<BulkChange>("[]"), " wrong_type: Write an object here; this is a list.");
        assert_eq!(
            told::<WebhookDraft>("{\"name\":\"a\",\"url\":\"b\",\"headers\":[[\"x-team\",\"risk\"]]}"),
            "/headers/0 wrong_type: Write an object here; this is a list."
        );
        assert_eq!(
            told::<Action>("[\"record\"]"),
            " wrong_type: Write an object here; this is a list.",
            "nor does an enum's tag come first in a list"
        );
        assert_eq!(
            told::<NewEvent>("{\"type\":\"NOPE\",\"metadata\":{\"a\":{\"b\":1,\"b\":2}}}"),
            "/metadata/a/b duplicate: \"b\" is given twice. Keep one."
        );
        assert_eq!(
            told::<WebhookDraft>("{\"name\":\"a\",\"name\":\"b\"}"),
            "/name duplicate: \"name\" is given twice. Keep one."
        );
    }

    #[test]
    fn a_fault_below_an_enums_tag_points_at_its_member() {
        let rule = |change: &str| {
            told::<MetricRule>(&format!(
                "{{\"kind\":\"change\",\"metric\":\"loss\",\"change\":\"absolute\",\"direction\":\"up\",\"amount\":1,{change}}}"
            ))
        };
        let words = "Write a whole number from 1 to 1000 here; this is";
        assert_eq!(rule("\"window\":1.5"), format!("/window wrong_type: {words} 1.5."));
        assert_eq!(rule("\"prior_window\":-2"), format!("/prior_window wrong_type: {words} -2."));
        assert_eq!(
            rule("\"window\":99999999999999999999"),
            format!("/window wrong_type: {words} 100000000000000000000.0.")
        );
        assert_eq!(rule("\"window\":4294967296"), format!("/window wrong_type: {words} 4294967296."));
        assert_eq!(rule("\"window\":null"), format!("/window wrong_type: {words} null."));
        // Which of two alike it is, nobody can tell.
        assert_eq!(rule("\"window\":1.5,\"prior_window\":1.5"), format!(" wrong_type: {words} 1.5."));
        assert_eq!(rule("\"windwo\":1").split(':').next(), Some("/windwo unknown_field"));
        assert_eq!(
            told::<MetricRule>("{\"kind\":\"z_score\",\"metric\":\"loss\",\"direction\":\"sideways\"}"),
            "/direction unknown_value: \"sideways\" is not known here. Use \"up\", \"down\" or \"either\"."
        );
    }

    #[test]
    fn an_unknown_event_type_lists_those_there_are() {
        let words = told::<NewEvent>("{\"type\":\"NOPE\"}");
        assert!(words.starts_with("/type malformed: \"NOPE\" is no event type. Use one of LINK_ARTIFACT,"), "{words}");
    }
}
