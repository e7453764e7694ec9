//! What serde says of a request, in words that tell what to write instead. The only place that knows
//! serde's phrases; one it does not know is told as it is.

use hookboard_api::problem::{FieldError, pointer_token};

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

/// What may be written in the place of a name that is not known.
fn instead<'n>(names: impl Iterator<Item = &'n str>) -> String {
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
        _ => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::http::extract::read;
    use hookboard_api::automation::BulkChange;
    use hookboard_api::event::NewEvent;
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
        assert_eq!(
            told::<WebhookDraft>("{\"name\":\"a\",\"name\":\"b\"}"),
            "/name duplicate: \"name\" is given twice. Keep one."
        );
    }

    #[test]
    fn an_unknown_event_type_lists_those_there_are() {
        let words = told::<NewEvent>("{\"type\":\"NOPE\"}");
        assert!(words.starts_with("/type malformed: \"NOPE\" is no event type. Use one of LINK_ARTIFACT,"), "{words}");
    }
}
