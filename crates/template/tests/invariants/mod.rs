//! What no input may break, for the fuzz targets and for a test that runs the same without a fuzzer.
#![allow(dead_code)] // Each fuzz target uses one of the two.

use hookboard_template::{Analysis, EventType, Masked, Names, analyze, complete, format};
use serde_json::{Map, Value};

/// The first byte chooses the names, the rest is the template.
pub(crate) fn compile(bytes: &[u8]) {
    let Some((names, text)) = split(bytes) else {
        return;
    };
    let Analysis { compiled, tokens, .. } = analyze(text, &names);
    for told in &compiled.diagnostics {
        assert!(text.get(told.span.range()).is_some());
    }
    assert!(compiled.diagnostics.is_sorted_by_key(|told| (told.span.start, told.code)));
    let mut end = 0;
    for token in tokens {
        assert!(token.span.start >= end && text.get(token.span.range()).is_some());
        end = token.span.end;
    }
    if let Some(laid) = format(text, &names) {
        let again = analyze(&laid, &names);
        assert_eq!(again.compiled.has_errors(), compiled.has_errors());
    }
    let cursor = bytes.len() / 2;
    if let Some(completion) = complete(text, cursor, &names, None) {
        assert!(text.get(completion.replace.range()).is_some());
    }
}

/// As [`compile`], with the values as JSON after the last line end.
pub(crate) fn render(bytes: &[u8]) {
    let Some((names, text)) = split(bytes) else {
        return;
    };
    let (text, values) = text.rsplit_once('\n').unwrap_or((text, ""));
    let values: Map<String, Value> = serde_json::from_str(values).unwrap_or_default();
    let Some(template) = analyze(text, &names).compiled.template else {
        return;
    };
    let source = Masked { values: &values };
    let Ok(body) = template.render(&source) else {
        return;
    };
    let marked = template.render_marked(&source);
    assert_eq!(marked.map(|marked| marked.body).as_ref(), Ok(&body));
    // Values may nest as deep as a parser takes, and stand deeper in the body than alone.
    let mut reader = serde_json::Deserializer::from_str(&body);
    let parsed: Result<Value, _> = serde::Deserialize::deserialize(&mut reader);
    match parsed {
        Ok(value) => assert!(value.is_object()),
        Err(error) => assert!(error.to_string().contains("recursion limit"), "{error}"),
    }
}

fn split(bytes: &[u8]) -> Option<(Names, &str)> {
    let (&first, rest) = bytes.split_first()?;
    let names = Names {
        event: EventType::ALL.get(usize::from(first % 16)).copied(),
        secrets: vec!["KEY".into(), "_x".into()],
        access_token: first > 127,
    };
    Some((names, std::str::from_utf8(rest).ok()?))
}
