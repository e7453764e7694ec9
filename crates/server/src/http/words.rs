//! What serde says of a request, in words that tell what to write instead. The only place that knows
//! serde's phrases; one it does not know is told as it is.

use hookboard_api::problem::{FieldError, pointer_token};
use serde::de::Unexpected;
use serde_json::Value;

/// The fault that serde tells as `message`, met at `pointer`. A text of the wrong type is not repeated,
/// since it may be a secret; a word that is not one of a fixed few is.
pub(super) fn fault(pointer: &str, message: &str) -> FieldError {
    let member = |name: &str| format!("{pointer}/{}", pointer_token(name));
    if let Some(name) = named(message, "missing field") {
        return FieldError::new(member(name), "required", format!("\"{name}\" is missing. Add it."));
    }
    if let Some(name) = named(message, "duplicate field") {
        return FieldError::new(member(name), "duplicate", format!("\"{name}\" is given twice. Keep one."));
    }
    if let Some((name, known)) = unknown(message, "unknown field") {
        let at = member(name);
        // The path ends at the member itself where serde had read its name already.
        let at = if pointer.ends_with(&at[pointer.len()..]) { pointer.to_owned() } else { at };
        return FieldError::new(at, "unknown_field", format!("There is no \"{name}\" here. {}", instead(known)));
    }
    if let Some((value, known)) = unknown(message, "unknown variant") {
        let words = format!("\"{value}\" is not known here. {}", instead(known));
        return FieldError::new(pointer, "unknown_value", words);
    }
    let mistyped = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    if let Some((given, expected)) = mistyped.and_then(|rest| rest.rsplit_once(", expected ")) {
        let seen = seen(given);
        let words = format!("Write {} here; this is {seen}.", kind(expected, &seen));
        return FieldError::new(pointer, "wrong_type", words);
    }
    if message.contains("was not `true` or `false`") {
        return FieldError::new(pointer, "wrong_type", "Write true or false here; this is neither.");
    }
    let message = message.trim_end_matches('.');
    FieldError::new(pointer, "malformed", format!("{message}. The calls are described at /api/docs."))
}

/// The name that is all serde tells after `what`. It is the caller's and may hold any mark.
fn named<'m>(message: &'m str, what: &str) -> Option<&'m str> {
    message.strip_prefix(what)?.strip_prefix(" `")?.strip_suffix('`')
}

/// The name that serde does not know, and those it expected, which hold no marks.
fn unknown<'m>(message: &'m str, what: &str) -> Option<(&'m str, impl Iterator<Item = &'m str>)> {
    let told = message.strip_prefix(what)?.strip_prefix(" `")?;
    let (name, known) = told.rsplit_once("`, expected ").or_else(|| told.rsplit_once("`, there are no "))?;
    Some((name, known.split('`').skip(1).step_by(2)))
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

/// What serde expects, in JSON's terms, where `seen` was met.
fn kind(expected: &str, seen: &str) -> String {
    match expected {
        "a string" | "a borrowed string" | "string or map" => "text".into(),
        "a boolean" => "true or false".into(),
        "a sequence" => "a list".into(),
        "u8" => whole(u64::from(u8::MAX), seen),
        "u16" => whole(u64::from(u16::MAX), seen),
        "u32" => whole(u64::from(u32::MAX), seen),
        "u64" | "usize" => "a whole number from 0".into(),
        "f32" | "f64" => "a number".into(),
        other if other.starts_with("a map") || other.contains("struct ") || other.contains("tagged enum") => {
            "an object".into()
        }
        other if other.starts_with("variant ") => "text".into(),
        other => other.to_owned(),
    }
}

/// The most that the type holds is no limit of the field: only who is above it is told.
fn whole(most: u64, seen: &str) -> String {
    if seen.parse().is_ok_and(|seen: u64| seen > most) {
        format!("a whole number up to {most}")
    } else {
        "a whole number from 0".into()
    }
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
    use crate::http::reading::read;
    use hookboard_api::automation::{Action, BulkChange};
    use hookboard_api::event::NewEvent;
    use hookboard_api::metric::MetricRule;
    use hookboard_api::webhook::WebhookDraft;
    use serde::de::DeserializeOwned;

    fn told<T: DeserializeOwned>(body: &str) -> String {
        let problem = read::<T>(body.as_bytes()).err();
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
            "/timeout_s wrong_type: Write a whole number from 0 here; this is -1."
        );
        assert_eq!(
            told::<WebhookDraft>("{\"name\":\"a\",\"url\":\"b\",\"timeout_s\":5000000000}"),
            "/timeout_s wrong_type: Write a whole number up to 4294967295 here; this is 5000000000."
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
            told::<BulkChange>("{\"a`, expected `b\":1}").split_once('.').map(|(start, _)| start),
            Some("/a`, expected `b unknown_field: There is no \"a`, expected `b\" here"),
            "a name may hold serde's own marks"
        );
        assert_eq!(
            told::<NewEvent>("{\"metadata\":{\"a`, expected `b\":1,\"a`, expected `b\":2}}").split(':').next(),
            Some("/metadata/a`, expected `b duplicate")
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
