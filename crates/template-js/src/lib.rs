//! The template language for JavaScript: what `packages/template` calls. Structures cross as JSON text, which costs
//! fewer bytes of wasm than bindings of their own; positions are counted in UTF-16 code units, as JavaScript's are.

#![cfg_attr(target_arch = "wasm32", no_std)]

#[macro_use]
extern crate alloc;

mod units;

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};

use hookboard_template::{
    Completion, Diagnostic, EventType, MASK, Names, Severity, Span, Template, Values, compile, complete, json_string,
};
use serde_json::{Map, Value};
use units::Units;
use wasm_bindgen::prelude::wasm_bindgen;

#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Nobody hears its words, which would be half of the wasm.
#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// A template without errors.
#[wasm_bindgen]
pub struct Compiled(Template);

#[wasm_bindgen]
impl Compiled {
    /// Compiles `text`. `event` is a type's name or empty, `secrets` are names with a blank after each.
    ///
    /// # Errors
    /// The diagnostics as a JSON list, where one is an error; a message, where there is no such event type.
    #[wasm_bindgen(constructor)]
    pub fn new(text: &str, event: &str, secrets: &str, access_token: bool) -> Result<Self, String> {
        let compiled = compile(text, &names(event, secrets, access_token)?);
        compiled.template.map(Self).ok_or_else(|| told(text, &compiled.diagnostics))
    }

    /// The body. `values` is a JSON object by name; `secrets` is one of texts, and dots stand for each where it is
    /// absent.
    ///
    /// # Errors
    /// A message, where the body would be too large or an argument is not a JSON object.
    pub fn render(&self, values: &str, secrets: Option<String>) -> Result<String, String> {
        let values = read_object("values", values)?;
        let secrets = secrets.map(|secrets| read_object("secretValues", &secrets)).transpose()?;
        self.0.render(&Source { values, secrets }).map_err(|error| error.to_string())
    }
}

/// Values of an event, and those of secrets or dots.
struct Source {
    values: Map<String, Value>,
    secrets: Option<Map<String, Value>>,
}

impl Values for Source {
    fn value(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    fn secret(&self, name: &str) -> Option<&str> {
        match &self.secrets {
            Some(secrets) => secrets.get(name)?.as_str(),
            None => Some(MASK),
        }
    }
}

/// What is said about `text`, as a JSON list.
///
/// # Errors
/// A message, where there is no such event type.
#[wasm_bindgen]
pub fn diagnostics(text: &str, event: &str, secrets: &str, access_token: bool) -> Result<String, String> {
    Ok(told(text, &compile(text, &names(event, secrets, access_token)?).diagnostics))
}

/// What may be typed at `cursor`, as JSON; `null` where no name is being typed or none matches. `values` is a JSON
/// object by name.
///
/// # Errors
/// A message, where an argument is not of its form.
#[wasm_bindgen(js_name = complete)]
pub fn complete_at(
    text: &str,
    event: &str,
    secrets: &str,
    access_token: bool,
    cursor: usize,
    values: Option<String>,
) -> Result<String, String> {
    let names = names(event, secrets, access_token)?;
    let values = values.map(|values| read_object("values", &values)).transpose()?;
    let mut units = Units::of(text);
    let found = complete(text, units.byte(cursor), &names, values.as_ref());
    Ok(found.map_or_else(|| String::from("null"), |found| offered(&found, &mut units)))
}

fn offered(found: &Completion, units: &mut Units<'_>) -> String {
    let mut made = String::from("{");
    span(&mut made, found.replace, units);
    text_member(&mut made, "query", Some(&found.query));
    made.push_str("\"candidates\":");
    list(&mut made, &found.candidates, |made, one| {
        text_member(made, "name", Some(&one.name));
        text_member(made, "insert", Some(&one.insert));
        text_member(made, "group", Some(one.group.as_str()));
        text_member(made, "description", Some(one.description));
        text_member(made, "value", one.value.as_deref());
        text_member(made, "reason", one.reason.as_deref());
        made.push_str(if one.fits { "\"fits\":true" } else { "\"fits\":false" });
    });
    made.push('}');
    made
}

fn told(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut units = Units::of(text);
    let mut made = String::new();
    list(&mut made, diagnostics, |made, one| {
        text_member(made, "code", Some(one.code.as_str()));
        text_member(made, "severity", Some(if one.severity == Severity::Error { "error" } else { "warning" }));
        span(made, one.span, &mut units);
        if let Some(mend) = &one.suggestion {
            made.push_str("\"suggestion\":{");
            span(made, mend.span, &mut units);
            made.push_str("\"replacement\":");
            made.push_str(&json_string(&mend.replacement));
            made.push_str("},");
        }
        made.push_str("\"message\":");
        made.push_str(&json_string(&one.message));
    });
    made
}

/// A list of objects, whose members `write` writes.
fn list<T>(made: &mut String, items: &[T], mut write: impl FnMut(&mut String, &T)) {
    made.push('[');
    for (at, item) in items.iter().enumerate() {
        made.push_str(if at == 0 { "{" } else { ",{" });
        write(made, item);
        made.push('}');
    }
    made.push(']');
}

/// A member with text or null, and the comma after it.
fn text_member(made: &mut String, name: &str, text: Option<&str>) {
    made.push('"');
    made.push_str(name);
    made.push_str("\":");
    match text {
        Some(text) => made.push_str(&json_string(text)),
        None => made.push_str("null"),
    }
    made.push(',');
}

/// The members of a span, and the comma after them.
fn span(made: &mut String, span: Span, units: &mut Units<'_>) {
    for (name, at) in [("\"start\":", span.start), ("\"end\":", span.end)] {
        made.push_str(name);
        made.push_str(&units.unit(at).to_string());
        made.push(',');
    }
}

fn read_object(what: &str, text: &str) -> Result<Map<String, Value>, String> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(format!("{what} is not an object. Give one, or its JSON text.")),
        Err(_) => Err(format!("{what} is not JSON. Give an object, or its JSON text.")),
    }
}

fn names(event: &str, secrets: &str, access_token: bool) -> Result<Names, String> {
    let event = match event {
        "" => None,
        name => match name.parse::<EventType>() {
            Ok(event) => Some(event),
            Err(_) => return Err(format!("There is no event type \"{name}\". Give one as the types list them.")),
        },
    };
    Ok(Names { event, secrets: secrets.split_terminator(' ').map(str::to_owned).collect(), access_token })
}
