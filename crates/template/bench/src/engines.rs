//! The other engines, each set up once as it would be in a server, with the values in the form it wants; and the naive
//! way.

use std::hint::black_box;

use handlebars::Handlebars;
use minijinja::{AutoEscape, Environment};
use serde_json::Value;

use crate::Contender;
use crate::payload::Payload;

pub(crate) struct Engines<'p> {
    payload: &'p Payload,
    minijinja: Environment<'static>,
    minijinja_json: Environment<'static>,
    handlebars: Handlebars<'static>,
    tera: tera::Tera,
    upon: upon::Engine<'static>,
    minijinja_values: minijinja::Value,
    handlebars_values: handlebars::Context,
    tera_values: tera::Context,
    upon_values: upon::Value,
}

type Render<'e> = Box<dyn Fn() -> String + 'e>;

pub(crate) fn braces(payload: &Payload) -> String {
    payload.spelled(|name| format!("{{{{ {name} }}}}"))
}

impl<'p> Engines<'p> {
    pub(crate) fn new(payload: &'p Payload) -> Self {
        let text = braces(payload);
        let mut minijinja = Environment::new();
        minijinja.set_auto_escape_callback(|_| AutoEscape::None);
        minijinja.add_template_owned("payload", text.clone()).expect("minijinja compiles");
        // The safe way to write JSON with it: whole strings through the JSON escape, text joined before.
        let mut minijinja_json = Environment::new();
        minijinja_json.set_auto_escape_callback(|_| AutoEscape::Json);
        let quoted = payload
            .ours
            .replace("\"${artifact_collection_name}\"", "{{ artifact_collection_name }}")
            .replace("\"${artifact_version_string}\"", "{{ artifact_version_string }}")
            .replace("\"${event_author}\"", "{{ event_author }}")
            .replace("${artifact_version_index}", "{{ artifact_version_index }}")
            .replace(
                "\"Promoted to ${alias} by ${event_author}. See the registry for the evaluation report and its data.\"",
                "{{ \"Promoted to \" ~ alias ~ \" by \" ~ event_author ~ \". See the registry for the evaluation report and its data.\" }}",
            );
        minijinja_json.add_template_owned("payload", quoted).expect("minijinja compiles");
        let mut handlebars = Handlebars::new();
        handlebars.register_escape_fn(handlebars::no_escape);
        handlebars.register_template_string("payload", &text).expect("handlebars compiles");
        let mut tera = tera::Tera::default();
        tera.autoescape_on(vec![]);
        tera.add_raw_template("payload", &text).expect("tera compiles");
        let mut upon = upon::Engine::new();
        upon.add_template("payload", text).expect("upon compiles");
        let values = Value::Object(payload.values.clone());
        Self {
            payload,
            minijinja,
            minijinja_json,
            handlebars,
            tera,
            upon,
            minijinja_values: minijinja::Value::from(minijinja::value::Serde(&values)),
            handlebars_values: handlebars::Context::wraps(&values).expect("values"),
            tera_values: tera::Context::from_serialize(&values).expect("values"),
            upon_values: upon::to_value(&values).expect("values"),
        }
    }

    pub(crate) fn renders(&self) -> Vec<(&'static str, Render<'_>)> {
        let jinja = self.minijinja.get_template("payload").expect("there");
        let jinja_json = self.minijinja_json.get_template("payload").expect("there");
        vec![
            ("minijinja", Box::new(move || jinja.render(&self.minijinja_values).expect("renders"))),
            ("minijinja, JSON", Box::new(move || jinja_json.render(&self.minijinja_values).expect("renders"))),
            (
                "handlebars",
                Box::new(|| self.handlebars.render_with_context("payload", &self.handlebars_values).expect("renders")),
            ),
            ("tera", Box::new(|| self.tera.render("payload", &self.tera_values).expect("renders"))),
            (
                "upon",
                Box::new(|| self.upon.template("payload").render_from(&self.upon_values).to_string().expect("renders")),
            ),
            ("replace, then parse", Box::new(|| naive(self.payload))),
        ]
    }
}

/// What one writes without an engine: a replacement for each name, then a look whether JSON came out.
fn naive(payload: &Payload) -> String {
    let mut text = payload.ours.clone();
    for (name, value) in &payload.values {
        let value = match value {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        };
        text = text.replace(&format!("${{{name}}}"), &value);
    }
    serde_json::from_str::<serde::de::IgnoredAny>(&text).expect("JSON");
    text
}

pub(crate) fn compilers(text: &str) -> [Contender<'_>; 4] {
    let (jinja, upon) = (Environment::new(), upon::Engine::new());
    let bytes = text.len();
    [
        Contender::new("minijinja", bytes, move || jinja.template_from_str(black_box(text)).map(|_| ())),
        Contender::new("handlebars", bytes, move || handlebars::Template::compile(black_box(text))),
        Contender::new("tera", bytes, move || {
            let mut tera = tera::Tera::default();
            tera.add_raw_template("payload", black_box(text))
        }),
        Contender::new("upon", bytes, move || upon.compile(black_box(text)).map(|_| ())),
    ]
}
