//! Payload templates and the `requestPayload` of the wandb SDK, which takes JSON objects only. Pure.

use hookboard_api::problem::FieldError;
use serde_json::Value;

/// The template as the SDK can read it: as it is where it is JSON, else with the placeholders that stand outside of
/// texts in quotes.
pub(super) fn shown(template: &str) -> String {
    if is_object(template) {
        return template.to_owned();
    }
    let quoted = quoted(template);
    if is_object(&quoted) { quoted } else { serde_json::json!({ "hookboard": template }).to_string() }
}

/// The template after a client has sent `payload` for one that it was shown. What it did not change stays byte for
/// byte.
pub(super) fn changed(template: Option<&str>, payload: Option<&str>) -> Result<Option<String>, FieldError> {
    let payload = payload.filter(|payload| payload.trim() != "null");
    match (template, payload) {
        (Some(template), Some(payload)) if says_same(&shown(template), payload) => Ok(Some(template.to_owned())),
        (Some(template), _) if !is_object(template) => Err(FieldError::new(
            "/action/template",
            "beyond_sdk",
            "The payload has values without quotes, which the wandb SDK cannot write. Change it in Hookboard, or by its REST interface.",
        )),
        (_, payload) => Ok(payload.map(str::to_owned)),
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<serde_json::Map<String, Value>>(text).is_ok()
}

/// Puts placeholders outside of texts in quotes. Within their braces a template has neither `"` nor `\`.
fn quoted(template: &str) -> String {
    let mut written = String::with_capacity(template.len() + 16);
    let mut rest = template;
    let mut in_text = false;
    while let Some(at) = rest.find(['"', '\\', '$']) {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        // The three are one byte each; what follows a backslash is taken with it.
        let length = match from.as_bytes() {
            [b'\\', ..] => 1 + from.get(1..).and_then(|after| after.chars().next()).map_or(0, char::len_utf8),
            [b'$', b'{', ..] if !in_text => from.find('}').map_or(from.len(), |end| end + 1),
            [b'"', ..] => {
                in_text = !in_text;
                1
            }
            _ => 1,
        };
        let (taken, after) = from.split_at(length);
        if taken.len() > 2 && taken.starts_with("${") {
            written.extend(["\"", taken, "\""]);
        } else {
            written.push_str(taken);
        }
        rest = after;
    }
    written + rest
}

/// Whether two JSON texts say the same. Numbers are compared by value: readers spell them their own way.
fn says_same(one: &str, other: &str) -> bool {
    match (serde_json::from_str(one), serde_json::from_str(other)) {
        (Ok(one), Ok(other)) => is_same(&one, &other),
        _ => one == other,
    }
}

fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        // 1 and 1.0 are the same; two integers are by all their digits.
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, one)| other.get(key).is_some_and(|other| is_same(one, other)))
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn integers_are_the_same_by_all_their_digits() {
        let value = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
        assert!(is_same(&value("[1, 1.50]"), &value("[1.0, 1.5]")));
        assert!(!is_same(&value("9007199254740993"), &value("9007199254740992")));
    }

    #[test]
    fn a_template_that_is_json_is_shown_as_it_is() {
        let template = "{ \"a\": \"${alias}\",\n \"n\": 1.50 }";
        assert_eq!(shown(template), template);
    }

    #[test]
    fn placeholders_without_quotes_are_shown_with_them() {
        for (template, wanted) in [
            (
                r#"{"n": ${artifact_version_index}, "s": "${alias} \"${tag}\" \\"}"#,
                r#"{"n": "${artifact_version_index}", "s": "${alias} \"${tag}\" \\"}"#,
            ),
            (r#"{"a":[${x:-1},${y}],"c":"$5 ${z"}"#, r#"{"a":["${x:-1}","${y}"],"c":"$5 ${z"}"#),
        ] {
            assert_eq!(shown(template), wanted);
        }
    }

    #[test]
    fn what_was_not_changed_stays_byte_for_byte() {
        for template in ["{ \"n\": 1e2, \"a\": \"${alias}\" }", r#"{"n": ${run_id}}"#] {
            let echoed: Value = serde_json::from_str(&shown(template)).expect("JSON");
            assert_eq!(changed(Some(template), Some(&echoed.to_string())), Ok(Some(template.to_owned())));
        }
        assert_eq!(changed(Some("{\"n\":-0}"), Some("{\"n\": 0}")), Ok(Some(String::from("{\"n\":-0}"))));
        assert_eq!(changed(None, Some("null")), Ok(None));
        assert_eq!(changed(Some("{\"a\":1}"), None), Ok(None));
        assert_eq!(changed(None, Some("{\"a\":1}")), Ok(Some(String::from("{\"a\":1}"))));
    }

    #[test]
    fn a_payload_that_the_sdk_cannot_write_is_not_changed_by_it() {
        let template = r#"{"n": ${run_id}}"#;
        for payload in [Some(r#"{"n": "${run_id}", "more": 1}"#), None] {
            assert_eq!(changed(Some(template), payload).expect_err("refused").code, "beyond_sdk");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_an_object_whatever_the_template(template in "\\PC{0,60}|[{}\":,$\\\\a1 ]{0,40}") {
            prop_assert!(is_object(&shown(&template)));
        }
    }
}
