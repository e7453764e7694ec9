//! What no input may break, for the fuzz target and for a test that runs the same without a fuzzer.

use hookboard_template::{
    Analysis, EventType, MASK, MAX_BODY_BYTES, MAX_TEMPLATE_BYTES, Masked, Names, Plain, RenderError, Severity,
    Template, analyze, compile, complete, format,
};
use serde_json::{Map, Value};

/// The first byte chooses the names, the rest is the template.
pub(crate) fn compiling(bytes: &[u8]) {
    let Some((names, text)) = split(bytes) else {
        return;
    };
    let Analysis { compiled, tokens, is_json } = analyze(text, &names);
    assert_eq!(compile(text, &names).diagnostics, compiled.diagnostics);
    let errors = compiled.diagnostics.iter().filter(|told| told.severity == Severity::Error).count();
    assert_eq!(compiled.has_errors(), errors > 0);
    assert!(is_json || errors > 0);
    for told in &compiled.diagnostics {
        assert!(text.get(told.span.range()).is_some());
        if let Some(suggestion) = &told.suggestion {
            assert!(text.get(suggestion.span.range()).is_some());
        }
    }
    assert!(compiled.diagnostics.is_sorted_by_key(|told| (told.span.start, told.code)));
    let mut end = 0;
    for token in tokens {
        assert!(token.span.start >= end && text.get(token.span.range()).is_some());
        end = token.span.end;
    }
    let laid = format(text, &names);
    assert!(is_json || laid.is_none());
    if let Some(laid) = laid {
        assert!(laid.len() <= MAX_TEMPLATE_BYTES);
        let again = analyze(&laid, &names);
        assert_eq!(again.compiled.has_errors(), compiled.has_errors());
        assert_eq!(format(&laid, &names).as_ref(), Some(&laid), "what is laid out stays so");
        let blanks = |text: &str| text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
        assert_eq!(blanks(&laid), blanks(text), "nothing but white space differs");
    }
    let cursor = bytes.len() / 2;
    if let Some(completion) = complete(text, cursor, &names, None) {
        assert!(text.get(completion.replace.range()).is_some());
    }
}

/// As [`compiling`], with the values as JSON after the last line end.
pub(crate) fn rendering(bytes: &[u8]) {
    let Some((names, text)) = split(bytes) else {
        return;
    };
    let (text, values) = text.rsplit_once('\n').unwrap_or((text, ""));
    let values: Map<String, Value> = serde_json::from_str(values).unwrap_or_default();
    let Some(template) = analyze(text, &names).compiled.template else {
        return;
    };
    let masked = Masked { values: &values };
    let shown = template.render(&masked);
    assert_eq!(template.render_marked(&masked).map(|marked| marked.body), shown);
    assert_eq!(
        template.render(&Plain { values: &values, secrets: &|_| Some(MASK) }),
        shown,
        "masked is plain with dots"
    );
    let without = template.render(&Plain { values: &values, secrets: &|_| None });
    if template.secrets_used().next().is_none() && !template.uses_access_token() {
        assert_eq!(without, shown);
    }
    for body in [&shown, &without] {
        match body {
            Ok(body) => {
                assert!(body.len() <= MAX_BODY_BYTES);
                is_one_object(body);
            }
            Err(RenderError::BodyTooLarge { size, limit }) => assert!(size > limit && *limit == MAX_BODY_BYTES),
        }
    }
    if let Ok(body) = &shown {
        marks_hold(&template, masked, body);
        let laid = format(text, &names).and_then(|laid| analyze(&laid, &names).compiled.template);
        if let Some(Ok(again)) = laid.map(|laid| laid.render(&masked)) {
            assert_eq!(parsed(&again), parsed(body), "laying out keeps what is sent");
        }
    }
}

/// Outside the marks stands the template's own text.
fn marks_hold(template: &Template, masked: Masked<'_>, body: &str) {
    let Ok(marked) = template.render_marked(&masked) else {
        return;
    };
    let (mut end, mut last) = (0, 0);
    for span in &marked.spans {
        assert!(span.body.start >= end && body.get(span.body.range()).is_some());
        assert!(span.template.start >= last && template.text().get(span.template.range()).is_some());
        let between = body.get(end..span.body.start).unwrap_or_default();
        let written = template.text().get(last..span.template.start).unwrap_or_default();
        assert_eq!(between, written.replace("$${", "${"));
        (end, last) = (span.body.end, span.template.end);
    }
}

fn is_one_object(body: &str) {
    if let Some(value) = parsed(body) {
        assert!(value.is_object());
    }
}

/// None where a reader has limits of its own: values nest as deep as a parser takes, and stand deeper in the body than
/// alone; numbers are sent as they are written.
fn parsed(body: &str) -> Option<Value> {
    match serde_json::from_str(body) {
        Ok(value) => Some(value),
        Err(error) => {
            let words = error.to_string();
            assert!(words.contains("recursion limit") || words.contains("number out of range"), "{error}");
            None
        }
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
