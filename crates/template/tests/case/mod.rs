//! Runs cases of a vector file (template language, section 8). Shared by the native test, the browser test and
//! the example that runs any file.

use hookboard_template::{EventType, Names, Plain, compile};
use serde_json::{Map, Value};

/// What came of a file: a line for each case that failed, and how many did not.
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    pub(crate) failures: Vec<String>,
}

/// Runs every case of a file.
///
/// # Errors
/// When the text is not a vector file.
pub(crate) fn run(file: &str) -> Result<Outcome, String> {
    let file: Value = serde_json::from_str(file).map_err(|error| error.to_string())?;
    let cases = file["cases"].as_array().ok_or("the file has no list of cases")?;
    let mut outcome = Outcome { passed: 0, failures: Vec::new() };
    for case in cases {
        match check(case) {
            Ok(()) => outcome.passed += 1,
            Err(reason) => outcome.failures.push(format!("{}: {reason}", case["name"].as_str().unwrap_or("?"))),
        }
    }
    Ok(outcome)
}

fn check(case: &Value) -> Result<(), String> {
    let template = text(case, "template").ok_or("no template")?;
    let names = names(case)?;
    let compiled = compile(&template, &names);

    let found: Vec<_> = compiled
        .diagnostics
        .iter()
        .map(|told| format!("{}@{}-{}", told.code, told.span.start, told.span.end))
        .collect();
    let expected: Vec<_> = list(&case["diagnostics"])
        .iter()
        .map(|told| {
            let code = told["code"].as_str().unwrap_or("?");
            format!("{code}@{}-{}", told["start"], told["end"])
        })
        .collect();
    if found != expected {
        return Err(format!("expected diagnostics {expected:?}, found {found:?}"));
    }

    let empty = Map::new();
    let values = case["values"].as_object().unwrap_or(&empty);
    let secret_values = case["secret_values"].as_object().unwrap_or(&empty);
    let secrets = |name: &str| secret_values.get(name).and_then(Value::as_str);
    let source = Plain { values, secrets: &secrets };
    let rendered = compiled.template.map(|template| template.render(&source));
    match (text(case, "rendered"), rendered) {
        (None, None) => Ok(()),
        (Some(expected), Some(Ok(found))) if expected == found => Ok(()),
        (expected, found) => Err(format!("expected {expected:?}, found {found:?}")),
    }
}

fn names(case: &Value) -> Result<Names, String> {
    let event = match case["event"].as_str() {
        Some(event) => Some(event.parse::<EventType>().map_err(|error| error.to_string())?),
        None => None,
    };
    Ok(Names {
        event,
        secrets: list(&case["secrets"]).iter().filter_map(|name| name.as_str().map(str::to_owned)).collect(),
        access_token: case["access_token"].as_bool().unwrap_or(false),
    })
}

/// The text under `name`, spelled out or as prefix, repeated part and suffix.
fn text(case: &Value, name: &str) -> Option<String> {
    if let Some(text) = case[name].as_str() {
        return Some(text.to_owned());
    }
    let repeat = case[format!("{name}_repeat")].as_array()?;
    let count = usize::try_from(repeat.get(1)?.as_u64()?).ok()?;
    let part = |end: &str| case[format!("{name}_{end}")].as_str().unwrap_or_default();
    let repeated = repeat.first()?.as_str()?.repeat(count);
    Some([part("prefix"), &repeated, part("suffix")].concat())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
