//! One test for each sentence of the language that the vectors leave to the reader.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used)]

use hookboard_template::{
    Analysis, Compiled, EventType, MASK, MAX_BODY_BYTES, MAX_TEMPLATE_BYTES, Masked, Names, Plain, RenderError,
    Severity, analyze, compile,
};
use serde_json::{Value, json};

fn names() -> Names {
    Names { event: None, secrets: vec!["KEY".into()], access_token: true }
}

#[track_caller]
fn tells(text: &str, expected: &str) {
    tells_for(&names(), text, expected);
}

#[track_caller]
fn tells_for(names: &Names, text: &str, expected: &str) {
    let compiled = compile(text, names);
    let told: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|told| format!("{}@{}-{}", told.code, told.span.start, told.span.end))
        .collect();
    assert_eq!(told.join(" "), expected, "{text}");
    let errors = compiled.diagnostics.iter().any(|told| told.severity == Severity::Error);
    assert_eq!(compiled.has_errors(), errors);
}

#[track_caller]
fn renders(text: &str, values: &Value, expected: &str) {
    let Compiled { template, diagnostics } = compile(text, &names());
    let template = template.unwrap_or_else(|| panic!("{diagnostics:?}"));
    let secrets = |name: &str| (name == "KEY").then_some("k\"1");
    let values = Plain { values: values.as_object().unwrap(), secrets: &secrets };
    assert_eq!(template.render(&values).unwrap(), expected, "{text}");
}

#[test]
fn the_text_is_one_json_object_and_nothing_else() {
    tells("\u{feff}{}", "invalid_json@0-3");
    tells("{\"a\":\"\u{feff}\"}", "");
    tells("{} {}", "invalid_json@3-4");
    tells("{}${alias}", "invalid_json@2-10");
    tells("{}$KEY", "invalid_json@2-6");
    tells("{}$${", "invalid_json@2-4");
    tells("{}$", "invalid_json@2-3");
    tells("$KEY", "not_an_object@0-4");
    tells(" 12 ", "not_an_object@1-3");
    tells("[\"a ${alias} b\"]", "not_an_object@0-16");
    tells("[1] x", "invalid_json@4-5");
    tells("   ", "invalid_json@3-3");
    tells("{\"a\":\u{a0}1}", "invalid_json@5-7");
    tells("{\"a\":é}", "invalid_json@5-7");
    tells("{\"a\":1}\u{0}", "invalid_json@7-8");
    tells("{\"a\":[}", "invalid_json@6-7");
    tells("{\"a\":1]", "invalid_json@6-7");
    tells("{]", "invalid_json@1-2");
    tells("{,", "invalid_json@1-2");
    tells("[1,]", "invalid_json@3-4");
}

#[test]
fn numbers_and_words_stop_where_json_stops() {
    for (number, at) in [
        ("01", 6),
        ("-", 6),
        ("-a", 6),
        ("+1", 5),
        (".5", 5),
        ("1.e5", 7),
        ("1e+", 8),
        ("1E-x", 8),
        ("1.5.2", 8),
        ("- 1", 6),
        ("0x1", 6),
        ("--1", 6),
        ("t", 6),
        ("truE", 8),
        ("falsey", 10),
        ("nul", 8),
        ("NaN", 5),
        ("1_0", 6),
    ] {
        let text = format!("{{\"a\":{number}}}");
        tells(&text, &format!("invalid_json@{at}-{}", at + 1));
    }
    tells("{\"a\":1e", "invalid_json@7-7");
    tells("{\"a\":t$KEY}", "invalid_json@6-10");
    tells("{\"a\":1.$${", "invalid_json@7-9");
    tells("{\"a\":1.$x}", "invalid_json@7-8");
    tells("{\"a\":1${alias}}", "invalid_json@6-14");
    tells("{\"a\":-\n1}", "invalid_json@6-7");
}

#[test]
fn escapes_stop_where_json_stops() {
    tells(r#"{"a":"\x"}"#, "invalid_json@7-8");
    tells(r#"{"a":"\é"}"#, "invalid_json@7-9");
    tells(r#"{"a":"\u"}"#, "invalid_json@8-9");
    tells(r#"{"a":"\u00"}"#, "invalid_json@10-11");
    tells(r#"{"a":"\U0041"}"#, "invalid_json@7-8");
    tells(r#"{"a":"\"#, "invalid_json@7-7");
    tells(r#"{"a":"\u00"#, "invalid_json@10-10");
    tells("{\"a\":\"\\\n\"}", "invalid_json@7-8");
    tells(r#"{"a":"\$x"}"#, "invalid_json@7-8");
    tells(r#"{"a":"\$${x}"}"#, "invalid_json@7-9");
    tells(r#"{"a":"\u$${x}"}"#, "invalid_json@8-10");
    tells("{\"a\":\"\u{7f}\u{85}\u{2028}\"}", "");
    tells("{\"a\":\"\u{1f}\"}", "invalid_json@6-7");
}

#[test]
fn a_surrogate_without_its_partner_spans_its_escape() {
    tells(r#"{"a":"\ud83d"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83dx"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83d\u0041"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83d\n"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83d\ud83d\ude00"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83d\ude00\ude00"}"#, "invalid_json@18-24");
    tells(r#"{"\udfff":1}"#, "invalid_json@2-8");
    tells(r#"{"a":"\uD83D\uDE00"}"#, "");
    tells(r#"{"a":"\ud83d$${\ude00"}"#, "invalid_json@6-12");
    tells(r#"{"a":"\ud83d${nope}"}"#, "invalid_json@6-12 unknown_variable@12-19");
}

#[test]
fn a_placeholder_may_not_part_an_escape() {
    tells(r#"{"a":"\${alias}n"}"#, "invalid_json@7-15");
    tells(r#"{"a":"\u0${alias}041"}"#, "invalid_json@9-17");
    tells(r#"{"a":"\\${alias}n"}"#, "");
    tells(r#"{"\${alias}":1}"#, "invalid_json@3-11");
    // One mistake is told once.
    tells(r#"{"a":"\${nope}n"}"#, "unknown_variable@7-14");
    tells(r#"{"a":"\${}n"} x"#, "empty_placeholder@7-10");
}

#[test]
fn an_unterminated_placeholder_is_text_in_a_string_and_the_end_of_the_check_outside() {
    tells("{\"a\":\"${", "unterminated_placeholder@6-8 invalid_json@8-8");
    tells("{\"a\":\"${alias", "unterminated_placeholder@6-13 invalid_json@13-13");
    tells("{\"a\":${", "unterminated_placeholder@5-7");
    tells("${", "unterminated_placeholder@0-2");
    tells("{\"a\":\"${a $KEY ${b $${\"}", "unterminated_placeholder@6-22");
    tells("{\"a\":\"${a\\q\"}", "unterminated_placeholder@6-11 invalid_json@10-11");
    tells("{\"a\":\"\\${a\"}", "unterminated_placeholder@7-10 invalid_json@7-8");
    tells("{\"a\":\"${a\\$KEY\"}", "unterminated_placeholder@6-14 invalid_json@10-11");
    tells(
        "{\"a\":${alias\n,x,\"b\":\"${}\",${nope}:$KEY $KEY, \"${tag}\":1, \"c\":1, \"c\":2",
        "unterminated_placeholder@5-12 empty_placeholder@21-24 unknown_variable@26-33",
    );
    tells("{\"a\":\"${\t}\"}", "unterminated_placeholder@6-8 invalid_json@8-9");
    tells("{\"${a\":1,\"$${a\":2}", "unterminated_placeholder@2-5 duplicate_key@9-15");
    let long = format!("{{\"a\":\"{}${{", "x".repeat(70_000));
    tells(&long, "unterminated_placeholder@70006-70008 invalid_json@70008-70008");
}

#[test]
fn the_inside_runs_to_the_first_brace_quote_or_control() {
    tells("{\"a\":\"${a${alias}}\"}", "malformed_placeholder@6-17");
    tells("{\"a\":\"${alias:-${tag:-x}}\"}", "");
    renders("{\"a\":\"${alias:-${tag:-x}}\"}", &json!({"tag": "t"}), "{\"a\":\"${tag:-x}\"}");
    tells("{\"a\":\"${alias\u{7f}}\"}", "malformed_placeholder@6-15");
    tells("{\"a\":\"${\u{a0}alias}\"}", "malformed_placeholder@6-16");
    tells("{\"a\":\"${alias.}\"}", "malformed_placeholder@6-15");
    tells("{\"a\":\"${KEY.x}\"}", "malformed_placeholder@6-14");
    tells("{\"a\":\"${nope.x}\"}", "malformed_placeholder@6-15");
    tells("{\"a\":\"${artifact_metadata.a:-b\\c}\"}", "malformed_placeholder@6-33");
}

#[test]
fn a_dollar_that_starts_nothing_is_text() {
    renders("{\"a\":\"$\"}", &json!({}), "{\"a\":\"$\"}");
    renders("{\"a\":\"$$\"}", &json!({}), "{\"a\":\"$$\"}");
    renders("{\"a\":\"$$$KEY$\"}", &json!({}), "{\"a\":\"$$k\\\"1$\"}");
    renders("{\"a\":\"$1KEY $KEY1 $éKEY\"}", &json!({}), "{\"a\":\"$1KEY $KEY1 $éKEY\"}");
    renders("{\"a\":\"$KEY{x}\"}", &json!({}), "{\"a\":\"k\\\"1{x}\"}");
    renders("{\"a\":\"$${$${$KEY\"}", &json!({}), "{\"a\":\"${${k\\\"1\"}");
    renders("{\"a\":\"$x$KEY$x\"}", &json!({}), "{\"a\":\"$xk\\\"1$x\"}");
}

#[test]
fn a_dollar_before_a_digit_is_text() {
    let names = Names { event: None, secrets: vec!["1x".into(), String::new()], access_token: false };
    let template = compile(r#"{"a":"$1x $ $é"}"#, &names).template.unwrap();
    assert_eq!(template.secrets_used().count(), 0);
}

#[test]
fn names_of_secrets_come_after_the_table_in_braces_only() {
    let names = Names { event: Some(EventType::LinkArtifact), secrets: vec!["tag".into()], access_token: false };
    // `$tag` is the secret, which no event withholds; `${tag}` is the variable, which this event does not carry.
    tells_for(&names, "{\"a\":\"$tag\",\"b\":\"${tag}\"}", "not_in_event@17-23");
    let template = compile("{\"a\":\"$tag\",\"b\":\"${tag}\"}", &names).template.unwrap();
    let values = json!({"tag": "gold"});
    let masked = Masked { values: values.as_object().unwrap() };
    assert_eq!(template.render(&masked).unwrap(), format!("{{\"a\":\"{MASK}\",\"b\":\"\"}}"));
    tells_for(&names, "{\"a\":\"$ACCESS_TOKEN\"}", "");
    tells_for(&names, "{\"a\":\"${ACCESS_TOKEN:-x}\"}", "unknown_variable@6-24");
}

#[test]
fn an_absent_secret_or_token_is_blank() {
    renders(
        "{\"a\":\"<$ACCESS_TOKEN>\",\"b\":$ACCESS_TOKEN,\"c\":${ACCESS_TOKEN:-none},\"d\":\"${ACCESS_TOKEN:-n}\"}",
        &json!({"ACCESS_TOKEN": "not from here"}),
        "{\"a\":\"<>\",\"b\":null,\"c\":\"none\",\"d\":\"n\"}",
    );
}

#[test]
fn the_event_withholds_what_it_does_not_carry() {
    let names = Names { event: Some(EventType::RunState), ..Names::default() };
    let text =
        "{\"a\":${artifact_metadata.x:-1},\"b\":\"${alias:-d}\",\"c\":${metric_value:-},\"d\":\"${run_status}\"}";
    tells_for(&names, text, "");
    let template = compile(text, &names).template.unwrap();
    let values = json!({"artifact_metadata": {"x": 9}, "alias": "v", "metric_value": 3, "run_status": "failed"});
    let body = template.render(&Masked { values: values.as_object().unwrap() });
    assert_eq!(body.unwrap(), "{\"a\":1,\"b\":\"d\",\"c\":\"\",\"d\":\"failed\"}");
}

#[test]
fn a_default_is_written_bare_only_where_it_is_json_itself() {
    renders(
        "{\"a\":${alias:-},\"b\":${alias:- 1},\"c\":${alias:--0},\"d\":${alias:-1e5},\"e\":${alias:-null },\"f\":${alias:-{}}",
        &json!({}),
        "{\"a\":\"\",\"b\":\" 1\",\"c\":-0,\"d\":1e5,\"e\":\"null \",\"f\":\"{\"}",
    );
}

#[test]
fn metadata_keys_are_looked_up_whole_then_walked() {
    let values = json!({"artifact_metadata": {
        "a.b": null, "a": {"b": 1}, "l": [[1, 2], {"x": "y"}], "0": "zero", "k:v": 1, "-": 2, "x": {"": {"": 5}}
    }});
    renders(
        "{\"a\":${artifact_metadata.a.b},\"b\":${artifact_metadata.a.b:-d},\"c\":${artifact_metadata.l.0.1}}",
        &values,
        "{\"a\":null,\"b\":\"d\",\"c\":2}",
    );
    renders(
        "{\"a\":${artifact_metadata.l.00},\"b\":${artifact_metadata.l.1.x},\"c\":${artifact_metadata.0},\"d\":${artifact_metadata.l.-1}}",
        &values,
        "{\"a\":null,\"b\":\"y\",\"c\":\"zero\",\"d\":null}",
    );
    renders(
        "{\"a\":${artifact_metadata.k:v},\"b\":${artifact_metadata.-},\"c\":${artifact_metadata.x..},\"d\":${artifact_metadata.l.99999999999999999999999}}",
        &values,
        "{\"a\":1,\"b\":2,\"c\":5,\"d\":null}",
    );
}

#[test]
fn keys_repeat_by_what_they_say() {
    tells(r#"{"a":1,"\u0061":2}"#, "duplicate_key@7-15");
    tells(r#"{"\ud83d\ude00":1,"😀":2}"#, "duplicate_key@18-24");
    tells(r#"{"\n":1,"\u000A":2,"\/":3,"/":4}"#, "duplicate_key@8-16 duplicate_key@26-29");
    tells(r#"{"":1,"":2}"#, "duplicate_key@6-8");
    tells(r#"{"$KEY":1,"$KEY":2}"#, "placeholder_in_key@2-6 placeholder_in_key@11-15");
    tells(r#"{"$x":1,"$x":2}"#, "duplicate_key@8-12");
    tells(r#"{"a":{"b":1},"b":{"a":2},"a":3}"#, "duplicate_key@25-28");
    tells(r#"{"a":1,"a" 2}"#, "duplicate_key@7-10 invalid_json@11-12");
    // The check has ended before the repetition.
    tells(r#"{"a":1 "a":2}"#, "invalid_json@7-8");
    tells(r#"{"a":1 x,"${alias}":1,${alias}:2}"#, "invalid_json@7-8");
}

#[test]
fn placeholders_stand_where_json_lets_them() {
    tells("{\"a\":1,${alias}}", "placeholder_as_key@7-15 invalid_json@15-16");
    tells("{\"a\"${alias}}", "invalid_json@4-12");
    tells("{\"a\":1 ${nope}}", "unknown_variable@7-14");
    tells("${nope}", "unknown_variable@0-7");
    tells("[${nope}]", "not_an_object@0-9 unknown_variable@1-8");
    tells("${nope} x", "unknown_variable@0-7 invalid_json@8-9");
    tells("{\"${nope}${alias}\":1}", "unknown_variable@2-9 placeholder_in_key@9-17");
    tells("{\"${}\":1,\"${\":1}", "empty_placeholder@2-5 unterminated_placeholder@10-12");
    tells("{$KEY:1}", "placeholder_as_key@1-5");
    tells("[[${alias}],${alias}:1]", "invalid_json@20-21");
}

#[test]
fn nesting_counts_arrays_and_objects_alike() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1));
    tells(&nested(64), "");
    tells(&nested(65), "too_deep@68-69");
    // The reading of JSON ends there; placeholders are still looked at.
    tells(&nested(65).replace("[]", "[\"${nope}\",}"), "too_deep@68-69 unknown_variable@70-77");
    let wide = format!("{{\"a\":[{}[]]}}", "[],".repeat(1000));
    tells(&wide, "");
}

#[test]
fn equal_starts_come_in_the_order_of_the_table() {
    let names = Names { event: Some(EventType::LinkArtifact), ..Names::default() };
    tells_for(&names, "${tag}", "not_an_object@0-6 not_in_event@0-6");
    tells_for(&names, "{\"a\" ${tag}}", "invalid_json@5-11 not_in_event@5-11");
    tells_for(&names, "{\"${tag}\":1}", "not_in_event@2-8 placeholder_in_key@2-8");
    tells_for(&names, "{\"\\${tag\":1}", "unterminated_placeholder@3-8 invalid_json@3-4");
}

#[test]
fn sizes_are_limits_in_bytes() {
    let template = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
    tells(&template(MAX_TEMPLATE_BYTES), "");
    tells(&template(MAX_TEMPLATE_BYTES + 1), "too_large@0-262145");

    let Compiled { template, .. } = compile("{\"a\":\"${alias}\"}", &names());
    let template = template.unwrap();
    let render = |bytes: usize| {
        let values = json!({"alias": "y".repeat(bytes - 8)});
        template.render(&Masked { values: values.as_object().unwrap() })
    };
    assert_eq!(render(MAX_BODY_BYTES).unwrap().len(), MAX_BODY_BYTES);
    assert_eq!(
        render(MAX_BODY_BYTES + 1),
        Err(RenderError::BodyTooLarge { size: MAX_BODY_BYTES + 1, limit: MAX_BODY_BYTES })
    );
    // Escapes count.
    let values = json!({"alias": "\u{1}".repeat(MAX_BODY_BYTES / 6)});
    assert!(template.render(&Masked { values: values.as_object().unwrap() }).is_err());
}

#[test]
fn mends_that_are_offered_lead_to_a_sound_template() {
    let names =
        Names { event: Some(EventType::LinkArtifact), secrets: vec!["DEPLOY_TOKEN".into()], access_token: true };
    for (text, expected) in [
        ("{\"a\":\"${ event_author }\"}", "{\"a\":\"${event_author}\"}"),
        ("{\"a\":\"${artifact_verison}\"}", "{\"a\":\"${artifact_version}\"}"),
        ("{\"a\":\"${Deploy_Token:-x}\"}", "{\"a\":\"${DEPLOY_TOKEN:-x}\"}"),
        ("{\"a\":\"${acces_token}\"}", "{\"a\":\"${acces_token}\"}"),
        ("{\"a\":\"${artifact_metdata.a.b:-x}\"}", "{\"a\":\"${artifact_metadata.a.b:-x}\"}"),
        ("{\"a\":\"${event-author}\"}", "{\"a\":\"${event_author}\"}"),
        ("{\"a\":\"${event_author and\"}", "{\"a\":\"${event_author} and\"}"),
        ("{\"a\":\"${tag}\"}", "{\"a\":\"${tag:-none}\"}"),
        ("{\"a\":${metric_value}}", "{\"a\":${metric_value:-0}}"),
        ("{${event_author}:1}", "{\"${event_author}\":1}"),
    ] {
        let compiled = compile(text, &names);
        let told = &compiled.diagnostics[0];
        assert!(!told.message.contains('\n'));
        let mended = match &told.suggestion {
            Some(suggestion) => {
                let mut mended = text.to_owned();
                mended.replace_range(suggestion.span.range(), &suggestion.replacement);
                assert!(!compile(&mended, &names).has_errors(), "{mended}");
                mended
            }
            None => text.to_owned(),
        };
        assert_eq!(mended, expected, "{}", told.message);
    }
}

#[test]
fn messages_say_what_happened_then_what_to_do() {
    let names = Names { event: Some(EventType::AddArtifactAlias), ..Names::default() };
    let told = compile("{\"a\":\"${tag}\"}", &names).diagnostics.remove(0);
    assert_eq!(told.message, "${tag} is blank for this event: only tag events carry a tag.");
    assert_eq!(
        serde_json::to_value(&told).unwrap(),
        json!({
            "code": "not_in_event",
            "severity": "warning",
            "span": {"start": 6, "end": 12},
            "message": "${tag} is blank for this event: only tag events carry a tag.",
            "suggestion": {"span": {"start": 6, "end": 12}, "replacement": "${tag:-none}"}
        })
    );
    let long = format!("{{\"a\":\"${{{}}}\"}}", "é".repeat(10_000));
    let told = compile(&long, &names).diagnostics.remove(0);
    assert!(told.message.len() < 300, "{}", told.message.len());
}

#[test]
fn a_template_knows_what_it_uses() {
    let text = "{\"a\":\"${alias} $KEY ${KEY} ${artifact_metadata.b} ${artifact_metadata.b} ${artifact_metadata}\"}";
    let template = compile(text, &names()).template.unwrap();
    assert_eq!(template.text(), text);
    assert_eq!(template.variables_used().collect::<Vec<_>>(), ["alias", "artifact_metadata"]);
    assert_eq!(template.metadata_keys_used().collect::<Vec<_>>(), ["b"]);
    assert_eq!(template.secrets_used().collect::<Vec<_>>(), ["KEY"]);
    assert!(!template.uses_access_token());
    let template = compile("{\"a\":\"$ACCESS_TOKEN\"}", &names()).template.unwrap();
    assert!(template.uses_access_token());
    assert_eq!(template.secrets_used().count(), 0);
}

#[test]
fn marked_spans_point_at_values_and_their_placeholders() {
    let text = "{\"a\":\"x${alias}y$KEY\",\"b\":${tag},\"c\":${run_id:-r}}";
    let template = compile(text, &names()).template.unwrap();
    let values = json!({"alias": "a\"b"});
    let marked = template.render_marked(&Masked { values: values.as_object().unwrap() }).unwrap();
    let seen: Vec<_> = marked
        .spans
        .iter()
        .map(|span| (&*span.name, &marked.body[span.body.range()], &text[span.template.range()], span.blank))
        .collect();
    assert_eq!(
        seen,
        [
            ("alias", "a\\\"b", "${alias}", false),
            ("KEY", MASK, "$KEY", false),
            ("tag", "null", "${tag}", true),
            ("run_id", "\"r\"", "${run_id:-r}", false),
        ]
    );
}

#[test]
fn tokens_keep_their_colours_past_an_error() {
    let text = "{\"a\": 1 \"b\": \"x\\n${alias} $${\",\n\"c\": [tru, ${nope}], \"open\n\"d\": ${x";
    let Analysis { tokens, .. } = analyze(text, &names());
    let seen: Vec<_> = tokens
        .iter()
        .map(|token| (&text[token.span.range()], format!("{:?}", token.kind)))
        .filter(|(_, kind)| kind != "Punctuation")
        .map(|(piece, kind)| format!("{piece}={}", kind.split(' ').next().unwrap()))
        .collect();
    assert_eq!(
        seen.join(" "),
        "a=Key 1=Atom b=String x=String \\n=Escape ${alias}=Variable  =String $${=Escape \
         c=Key tru=Atom ${nope}=Variable open=Key d=String ${x=Variable"
    );
}
