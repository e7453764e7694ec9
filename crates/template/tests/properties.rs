//! What holds for any text, any names and any values.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use hookboard_template::{
    Analysis, EventType, MAX_BODY_BYTES, Masked, Names, Plain, Severity, Span, Token, TokenKind, analyze, compile,
    complete, format,
};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

/// Pieces of templates, whole and broken, so that random texts meet every rule.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => select(vec![
            "{", "}", "[", "]", ":", ",", "\"", "\\", "$", "$$", "$${", "${", "${}", "${alias}", "${tag:-x}", "$KEY",
            "${KEY}", "$ACCESS_TOKEN", "${artifact_metadata.a.b}", "${artifact_metadata}", "${metric_value:-0}", "${ tag }",
            "${nope}", "${tga}", "\\\"", "\\n", "\\u0041", "\\ud83d", "\\ude00", "\\u", "1", "-0.5e3", "01", "true", "nul", "\n",
            "\t", " ", "\"a\":", "\"a\":1,", "{\"a\":", "\"x\"", "\u{0}", "\u{feff}", "é", "😀", "\u{7f}", "://",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,6}",
        1 => any::<char>().prop_map(String::from),
    ]
}

fn any_text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..24).prop_map(|pieces| pieces.concat())
}

fn any_names() -> impl Strategy<Value = Names> {
    let secrets = prop::collection::vec(select(vec!["KEY", "_x", "tag", "Deploy_2"]).prop_map(str::to_owned), 0..4);
    (prop::option::of(select(EventType::ALL.to_vec())), secrets, any::<bool>())
        .prop_map(|(event, secrets, access_token)| Names { event, secrets, access_token })
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        Just(json!("")),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[\"\\\\\n\u{1}$}{a]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((select(vec!["a", "b", "a.b", "0", "\"", ""]), inner), 0..4)
                .prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn any_values() -> impl Strategy<Value = Map<String, Value>> {
    let names = select(vec!["alias", "tag", "metric_value", "run_id", "artifact_metadata"]);
    prop::collection::vec((names, any_value()), 0..6)
        .prop_map(|values| values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// A placeholder that is sound for [`sound_names`].
fn placeholder() -> impl Strategy<Value = String> {
    let name = select(vec![
        "alias",
        "tag",
        "metric_value",
        "run_id",
        "KEY",
        "artifact_metadata",
        "artifact_metadata.a",
        "artifact_metadata.a.b",
        "artifact_metadata.b.0",
        "artifact_metadata.\u{e9} :",
    ]);
    let default = prop::option::of("[^}\"\\\\\\x00-\\x1f]{0,8}");
    (name, default).prop_map(|(name, default)| match default {
        Some(default) => format!("${{{name}:-{default}}}"),
        None => format!("${{{name}}}"),
    })
}

fn sound_names() -> Names {
    Names { event: None, secrets: vec!["KEY".into()], access_token: false }
}

/// A JSON value of a template, and the shape its rendering must have: placeholders in strings leave a string, those
/// that stand as a value leave a hole.
#[derive(Clone, Debug)]
enum Shape {
    Hole(String),
    Text(Vec<String>),
    Atom(String),
    Array(Vec<Shape>),
    Object(Vec<(String, Shape)>),
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let text = prop_oneof![
        placeholder(),
        select(vec!["x", "\\n", "\\\"", "$${", "$ ", " é", "\\ud83d\\ude00"]).prop_map(str::to_owned)
    ];
    let leaf = prop_oneof![
        placeholder().prop_map(Shape::Hole),
        Just(Shape::Hole("$KEY".into())),
        prop::collection::vec(text, 0..5).prop_map(Shape::Text),
        select(vec!["1", "-0.5", "1e9", "true", "false", "null"]).prop_map(|atom| Shape::Atom(atom.into())),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..5).prop_map(Shape::Array), object(inner),]
    })
}

fn object(inner: impl Strategy<Value = Shape>) -> impl Strategy<Value = Shape> {
    prop::collection::vec(inner, 0..5).prop_map(|members| {
        let key = |(at, shape)| (format!("k{at}"), shape);
        Shape::Object(members.into_iter().enumerate().map(key).collect())
    })
}

impl Shape {
    fn write(&self, out: &mut String) {
        match self {
            Self::Hole(text) | Self::Atom(text) => out.push_str(text),
            Self::Text(pieces) => out.extend(["\"", &pieces.concat(), "\""]),
            Self::Array(elements) => {
                out.push('[');
                for (at, element) in elements.iter().enumerate() {
                    out.push_str(if at > 0 { " , " } else { "" });
                    element.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (key, member)) in members.iter().enumerate() {
                    out.push_str(if at > 0 { ",\n" } else { "" });
                    out.extend(["\"", key, "\": "]);
                    member.write(out);
                }
                out.push('}');
            }
        }
    }

    fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Hole(_), _) | (Self::Text(_), Value::String(_)) => true,
            (Self::Atom(atom), value) => serde_json::from_str::<Value>(atom).unwrap() == *value,
            (Self::Array(shapes), Value::Array(values)) => {
                shapes.len() == values.len() && shapes.iter().zip(values).all(|(one, other)| one.fits(other))
            }
            (Self::Object(shapes), Value::Object(values)) => {
                shapes.len() == values.len()
                    && shapes.iter().zip(values).all(|((key, shape), (name, value))| key == name && shape.fits(value))
            }
            _ => false,
        }
    }
}

#[track_caller]
fn on_boundaries(text: &str, span: Span) {
    assert!(text.get(span.range()).is_some(), "{span:?} cuts a character of {text:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_ordered_diagnostics_on_character_boundaries(text in any_text(), names in any_names()) {
        let compiled = compile(&text, &names);
        for told in &compiled.diagnostics {
            on_boundaries(&text, told.span);
            prop_assert!(!told.message.contains(['\n', '\r']), "{}", told.message);
            prop_assert_eq!(told.severity, told.code.severity());
            if let Some(suggestion) = &told.suggestion {
                on_boundaries(&text, suggestion.span);
            }
        }
        prop_assert!(compiled.diagnostics.is_sorted_by_key(|told| (told.span.start, told.code)));
        let errors = compiled.diagnostics.iter().any(|told| told.severity == Severity::Error);
        prop_assert_eq!(compiled.template.is_none(), errors);
        // At most one JSON error, and no placeholder told the same thing twice.
        let told: BTreeSet<_> = compiled.diagnostics.iter().map(|told| (told.code, told.span.start)).collect();
        prop_assert_eq!(told.len(), compiled.diagnostics.len());
    }

    #[test]
    fn tokens_cover_everything_but_white_space_in_order(text in any_text(), names in any_names()) {
        let Analysis { tokens, compiled, .. } = analyze(&text, &names);
        let mut end = 0;
        for Token { span, kind } in &tokens {
            on_boundaries(&text, *span);
            prop_assert!(!span.is_empty() && span.start >= end, "{:?} {:?} overlaps", kind, span);
            prop_assert!(text[end..span.start].trim().is_empty(), "{:?} is bare", &text[end..span.start]);
            end = span.end;
        }
        prop_assert!(text[end..].trim().is_empty(), "{:?} is bare", &text[end..]);
        // Painting and compiling are the same pass.
        prop_assert_eq!(compiled.diagnostics, compile(&text, &names).diagnostics);
    }

    #[test]
    fn a_sound_text_is_json_to_a_parser_of_its_own(text in any_text(), names in any_names()) {
        let Analysis { compiled, is_json, tokens } = analyze(&text, &names);
        // The stand-in text, made from the tokens: placeholders gone from strings, `null` elsewhere.
        let (mut stand_in, mut in_string, mut done) = (String::new(), false, 0);
        for Token { span, kind } in tokens {
            let piece = &text[span.range()];
            stand_in.push_str(&text[done..span.start]);
            done = span.end;
            match kind {
                TokenKind::Variable { .. } => stand_in.push_str(if in_string { "" } else { "null" }),
                TokenKind::Escape if piece == "$${" => stand_in.push_str("${"),
                kind => {
                    in_string ^= kind == TokenKind::Punctuation && piece == "\"";
                    stand_in.push_str(piece);
                }
            }
        }
        stand_in.push_str(&text[done..]);
        let parsed = serde_json::from_str::<Value>(&stand_in);
        let refused = compiled
            .diagnostics
            .iter()
            .any(|told| ["placeholder_as_key", "invalid_json", "too_deep"].contains(&told.code.as_str()));
        if compiled.template.is_some() {
            prop_assert!(parsed.as_ref().is_ok_and(Value::is_object), "{}", stand_in);
        }
        if !is_json {
            prop_assert!(parsed.is_err() || !compiled.diagnostics.is_empty(), "{}", stand_in);
        }
        // A faulty placeholder where a key must stand is not spoken of twice, so the texts differ there.
        if is_json && !refused && compiled.template.is_some() | text.matches("${").next().is_none() {
            prop_assert!(parsed.is_ok(), "{}", stand_in);
        }
    }

    #[test]
    fn a_rendered_body_parses_as_the_template_s_structure(
        shape in object(any_shape()),
        values in any_values(),
        secret in any::<String>(),
    ) {
        let mut text = String::new();
        shape.write(&mut text);
        let compiled = compile(&text, &sound_names());
        prop_assert!(compiled.diagnostics.is_empty(), "{:?}", compiled.diagnostics);
        let secrets = |_: &str| Some(&*secret);
        let body = compiled.template.unwrap().render(&Plain { values: &values, secrets: &secrets }).unwrap();
        let parsed: Value = serde_json::from_str(&body).unwrap();
        prop_assert!(shape.fits(&parsed), "{text}\n{body}");
    }

    #[test]
    fn what_is_marked_is_what_is_rendered(text in any_text(), names in any_names(), values in any_values()) {
        let Some(template) = compile(&text, &names).template else {
            return Ok(());
        };
        same_when_marked(&text, &template, &values)?;
    }

    #[test]
    fn what_is_marked_is_what_is_rendered_in_full_templates(shape in object(any_shape()), values in any_values()) {
        let mut text = String::new();
        shape.write(&mut text);
        let template = compile(&text, &sound_names()).template.unwrap();
        same_when_marked(&text, &template, &values)?;
    }

    #[test]
    fn formatting_keeps_the_meaning(shape in object(any_shape()), values in any_values()) {
        let mut text = String::new();
        shape.write(&mut text);
        let laid = format(&text, &sound_names()).unwrap();
        let render = |text: &str| {
            let template = compile(text, &sound_names()).template.unwrap();
            let body = template.render(&Masked { values: &values }).unwrap();
            serde_json::from_str::<Value>(&body).unwrap()
        };
        prop_assert_eq!(render(&text), render(&laid));
        prop_assert_eq!(format(&laid, &sound_names()), Some(laid));
    }

    #[test]
    fn completion_takes_any_cursor(text in any_text(), cursor in 0usize..80, names in any_names(), values in any_values()) {
        if let Some(completion) = complete(&text, cursor, &names, Some(&values)) {
            on_boundaries(&text, completion.replace);
            prop_assert!(completion.replace.start < cursor && cursor <= completion.replace.end);
            prop_assert!(!completion.candidates.is_empty());
            for candidate in completion.candidates {
                prop_assert_eq!(candidate.fits, candidate.reason.is_none());
                prop_assert!(candidate.insert.contains(&candidate.name));
            }
        }
    }
}

fn same_when_marked(
    text: &str,
    template: &hookboard_template::Template,
    values: &Map<String, Value>,
) -> Result<(), TestCaseError> {
    let source = Masked { values };
    let marked = template.render_marked(&source).unwrap();
    prop_assert_eq!(&template.render(&source).unwrap(), &marked.body);
    // The bytes between the values are the template's, but for the dollars that guard one.
    let (mut body_end, mut template_end) = (0, 0);
    let ends = (Span::from(marked.body.len()..0), Span::from(text.len()..0));
    let spans = marked.spans.iter().map(|span| (span.body, span.template));
    for (body, template) in spans.chain([ends]) {
        let literal = &marked.body[body_end..body.start];
        let written = &text[template_end..template.start];
        prop_assert_eq!(literal, written.replace("$${", "${"));
        (body_end, template_end) = (body.end, template.end);
    }
    Ok(())
}

/// Templates that repeat one thing as often as fits: what each says must grow with the text, not with its square.
#[test]
fn what_is_told_and_built_grows_with_the_text() {
    let names = Names {
        event: Some(EventType::LinkArtifact),
        secrets: (0..5_000).map(|number| format!("SECRET_{number}")).collect(),
        access_token: true,
    };
    for (prefix, repeated, suffix) in [
        ("{\"a\":\"", "${", "\"}"),
        ("{\"a\":\"", "${}", "\"}"),
        ("{\"a\":\"", "$${", "\"}"),
        ("{\"a\":\"", "$SECRET_1", "\"}"),
        ("{\"a\":\"", "$SECRET_X", "\"}"),
        ("{\"a\":\"", "${SECRET_X}", "\"}"),
        ("{\"a\":\"", "${tag}", "\"}"),
        ("{\"a\":\"", "${artifact_metadata.", "}\"}"),
        ("", "[", ""),
        ("", "{\"a\":", ""),
        ("{", "\"a\":1,", "\"b\":1}"),
        ("{", "${alias}:1,", "\"b\":1}"),
        ("{\"a\":[", "1,", "1]}"),
        ("", "\"", ""),
        ("{\"a\":\"", "\\", "\"}"),
        ("", "x ", ""),
    ] {
        let weigh = |count: usize| {
            let text = [prefix, &repeated.repeat(count), suffix].concat();
            let Analysis { compiled, tokens, .. } = analyze(&text, &names);
            let said: usize = compiled
                .diagnostics
                .iter()
                .map(|told| told.message.len() + told.suggestion.as_ref().map_or(0, |mend| mend.replacement.len()))
                .sum();
            said + tokens.len() + compiled.template.map_or(0, |template| template.variables_used().count())
        };
        let (small, large) = (weigh(1_000), weigh(10_000));
        assert!(large <= small * 11 + 200, "{repeated}: {small} grew to {large}");
    }
}

/// A body over the limit is refused by its size, without the time or room that writing it would take.
#[test]
fn an_oversized_body_is_never_built() {
    let text = format!("{{\"a\":\"{}\"}}", "${artifact_metadata}".repeat(12_000));
    let template = compile(&text, &Names::default()).template.unwrap();
    let values = json!({"artifact_metadata": {"k": "\u{1}".repeat(60_000)}});
    let refused = template.render(&Masked { values: values.as_object().unwrap() }).unwrap_err();
    let hookboard_template::RenderError::BodyTooLarge { size, limit } = refused;
    assert_eq!(limit, MAX_BODY_BYTES);
    // 12,000 times 60,000 control characters, escaped twice.
    assert!(size > 12_000 * 60_000 * 7, "{size}");
}
