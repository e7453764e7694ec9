//! Line one is a condition, line two the values of an event; the first byte chooses the event's type.
#![no_main]

use hookboard_api::filter::{Filter, lookup};
use hookboard_api::limits::{MAX_CONDITION_DEPTH, MAX_CONDITION_TESTS};
use hookboard_api::plain::{filter_of, plain_tests, said};
use hookboard_api::trace::{Trace, plain};
use hookboard_api::{EventType, pattern};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

#[path = "pointers.rs"]
mod pointers;

fuzz_target!(|bytes: &[u8]| {
    let _ = judged(bytes);
});

fn judged(bytes: &[u8]) -> Option<()> {
    let (first, rest) = bytes.split_first()?;
    let event = EventType::ALL[usize::from(*first) % EventType::ALL.len()];
    let (condition, values) = std::str::from_utf8(rest).ok()?.split_once('\n')?;
    let condition: Value = serde_json::from_str(condition).ok()?;
    let values: Map<String, Value> = serde_json::from_str(values).unwrap_or_default();
    let filter = match Filter::parse(&condition, event) {
        Ok(filter) => filter,
        Err(errors) => {
            assert!(!errors.is_empty());
            errors.iter().for_each(|error| pointers::hold(error, &condition));
            return None;
        }
    };
    let holds = filter.holds(&values);
    assert_eq!(holds, reference(&condition, &values), "as a plain reading says");
    let trace = filter.evaluate(&values);
    assert_eq!(trace.holds(), Some(holds), "the trace's verdict");
    let mut tests = 0;
    let depth = walk(&trace, &values, &filter, &mut tests);
    assert!(depth <= 2 * MAX_CONDITION_DEPTH + 1 && tests <= MAX_CONDITION_TESTS, "{depth} {tests}");
    if let Some(leaf) = trace.deciding() {
        assert!(matches!(leaf, Trace::Test { holds: Some(_), .. } | Trace::Group { .. }));
    }
    trace.words();
    let kept: Trace = serde_json::from_value(serde_json::to_value(&trace).expect("JSON")).expect("a trace");
    assert_eq!(kept.holds(), trace.holds());

    let negated = json!({ "$not": condition });
    if let Ok(filter) = Filter::parse(&negated, event) {
        assert_eq!(filter.holds(&values), !holds);
    }
    let again = |printed: Option<Value>, what: &str| {
        let printed = printed.unwrap_or_else(|| json!({}));
        let read = Filter::parse(&printed, event).unwrap_or_else(|errors| panic!("{what}: {printed}: {errors:?}"));
        assert_eq!(read.holds(&values), holds, "{what}: {printed}");
        printed
    };
    if let Some(tests) = plain_tests(Some(&condition)) {
        let printed = again(filter_of(&tests), "plain tests");
        assert_eq!(plain_tests(Some(&printed)), Some(tests));
    }
    if let Some(whole) = said(Some(&condition)) {
        let printed = again(whole.filter(), "what a condition says");
        let reread = said(Some(&printed)).expect("still plain");
        assert_eq!(reread.filter().unwrap_or_else(|| json!({})), printed);
    }
    Some(())
}

/// How deep the trace goes. Each leaf tells the value that stands under its name.
fn walk(trace: &Trace, values: &Map<String, Value>, filter: &Filter, tests: &mut usize) -> usize {
    match trace {
        Trace::Group { holds, parts, .. } => {
            let unseen = parts.iter().position(|part| part.holds().is_none()).unwrap_or(parts.len());
            assert!(
                parts[unseen..].iter().all(|part| part.holds().is_none()),
                "what follows the deciding part is unseen"
            );
            assert!(holds.is_some() || unseen == 0);
            1 + parts.iter().map(|part| walk(part, values, filter, tests)).max().unwrap_or(0)
        }
        Trace::Test { path, op, operand, seen, holds } => {
            *tests += 1;
            assert!(filter.looks_at(path) && filter.names().contains(path.split('.').next().unwrap_or_default()));
            if holds.is_some() {
                assert_eq!(seen.as_ref(), lookup(values, path));
            } else {
                assert!(seen.is_none());
            }
            if let (hookboard_api::trace::Op::Regex, Some(text), Some(seen)) = (op, operand.as_str(), seen) {
                anchored(text, &plain(seen));
            }
            1
        }
    }
}

/// What is called anchored finds whole texts only; what is made so still compiles.
fn anchored(text: &str, seen: &str) {
    // Flags may turn anchors into those of lines, and blanks into none.
    if text.contains("(?") {
        return;
    }
    let whole = pattern::anchored(text);
    for pattern in [text, &whole] {
        if !pattern::is_anchored(pattern) {
            continue;
        }
        let Ok(regex) = pattern::compile(pattern) else { continue };
        if let Some(found) = regex.find(seen) {
            assert_eq!(found.as_str(), seen, "{pattern:?} is called anchored");
        }
    }
    if whole.len() <= hookboard_api::limits::MAX_PATTERN_BYTES {
        let made = pattern::compile(&whole);
        assert!(made.is_ok(), "{text:?} becomes {whole:?}: {made:?}");
    }
}

/// The verdict, by a plain reading of the filter language.
fn reference(condition: &Value, values: &Map<String, Value>) -> bool {
    let object = condition.as_object().expect("an object");
    let list = |value: &Value| -> Vec<bool> {
        value.as_array().expect("a list").iter().map(|part| reference(part, values)).collect()
    };
    object.iter().all(|(key, value)| match key.as_str() {
        "$and" => !list(value).contains(&false),
        "$or" => list(value).contains(&true),
        "$nor" => !list(value).contains(&true),
        "$not" => !reference(value, values),
        path => {
            let seen = match path.strip_prefix("artifact_metadata.") {
                Some(key) => values.get("artifact_metadata").and_then(|metadata| member(metadata, key)),
                None => values.get(path),
            };
            let seen = seen.filter(|seen| !seen.is_null() && **seen != json!(""));
            comparisons(value, seen)
        }
    })
}

fn member<'v>(metadata: &'v Value, key: &str) -> Option<&'v Value> {
    if !metadata.is_object() {
        return None;
    }
    metadata.get(key).or_else(|| {
        let mut at = metadata;
        for part in key.split('.') {
            at = match at {
                Value::Array(items) => {
                    let index: usize = part.parse().ok()?;
                    (index.to_string() == part).then(|| items.get(index)).flatten()?
                }
                other => other.get(part)?,
            };
        }
        Some(at)
    })
}

fn comparisons(value: &Value, seen: Option<&Value>) -> bool {
    let Some(object) = value.as_object() else {
        return seen.is_some_and(|seen| same(seen, value));
    };
    object.iter().all(|(op, operand)| {
        let ordered = |fits: fn(std::cmp::Ordering) -> bool| {
            let order = seen.and_then(|seen| match operand {
                Value::String(operand) => seen.as_str().map(|seen| seen.cmp(operand)),
                operand => figure(seen)?.partial_cmp(&figure(operand)?),
            });
            order.is_some_and(fits)
        };
        let listed = |seen: &Value| operand.as_array().expect("a list").iter().any(|item| same(seen, item));
        match op.as_str() {
            "$eq" => seen.is_some_and(|seen| same(seen, operand)),
            "$ne" => seen.is_none_or(|seen| !same(seen, operand)),
            "$lt" => ordered(std::cmp::Ordering::is_lt),
            "$lte" => ordered(std::cmp::Ordering::is_le),
            "$gt" => ordered(std::cmp::Ordering::is_gt),
            "$gte" => ordered(std::cmp::Ordering::is_ge),
            "$in" => seen.is_some_and(listed),
            "$nin" => seen.is_none_or(|seen| !listed(seen)),
            "$exists" => seen.is_some() == (*operand == json!(true)),
            "$contains" => seen.is_some_and(|seen| match seen {
                Value::Array(items) => items.iter().any(|item| same(item, operand)),
                other => plain(other).contains(&plain(operand)),
            }),
            "$regex" => {
                let regex = pattern::compile(operand.as_str().expect("a text")).expect("a pattern");
                seen.is_some_and(|seen| regex.is_match(&plain(seen)))
            }
            "$not" => !comparisons(operand, seen),
            other => panic!("{other} is no comparison"),
        }
    })
}

fn same(seen: &Value, operand: &Value) -> bool {
    match operand {
        Value::Number(_) => figure(seen).is_some_and(|figure_seen| figure(operand) == Some(figure_seen)),
        other => seen == other,
    }
}

fn figure(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<f64>().ok().filter(|figure| figure.is_finite()),
        _ => None,
    }
}
