//! The ways into the one pass: compiling, and analysing for an editor.

use crate::MAX_TEMPLATE_BYTES;
use crate::diagnostic::{Diagnostic, Severity};
use crate::names::{Lookup, Names};
use crate::prelude::*;
use crate::reader::{Reader, Reading};
use crate::template::Template;
use crate::token::{Sink, Token};

/// What compiling gave.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Everything said about the text, by where it starts.
    pub diagnostics: Vec<Diagnostic>,
    /// The compiled form; `None` exactly when there is an error.
    pub template: Option<Template>,
}

impl Compiled {
    /// The template may not be saved, tested or sent.
    pub const fn has_errors(&self) -> bool {
        self.template.is_none()
    }
}

/// What one pass over a text gives an editor.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// As [`compile`] gives it.
    pub compiled: Compiled,
    /// What to paint, in order, without overlaps, on character boundaries. None for a text that is too large.
    pub tokens: Vec<Token>,
    /// With stand-ins for its placeholders, the text is JSON.
    pub is_json: bool,
}

/// Compiles a template in one pass over its text.
///
/// ```
/// use hookboard_template::{Masked, Names, compile};
///
/// let compiled = compile(r#"{"text": "${alias} by ${event_author:-someone}"}"#, &Names::default());
/// let values = serde_json::json!({"alias": "production"});
/// let body = compiled.template.unwrap().render(&Masked { values: values.as_object().unwrap() });
/// assert_eq!(body.unwrap(), r#"{"text": "production by someone"}"#);
/// ```
pub fn compile(text: &str, names: &Names) -> Compiled {
    read(text, names, ()).0
}

/// Compiles a template and gives its tokens, from the same pass.
pub fn analyze(text: &str, names: &Names) -> Analysis {
    let (compiled, tokens, is_json) = read(text, names, Vec::new());
    Analysis { compiled, tokens, is_json }
}

/// The tokens alone.
pub fn tokens(text: &str, names: &Names) -> Vec<Token> {
    analyze(text, names).tokens
}

fn read<S: Sink>(text: &str, names: &Names, sink: S) -> (Compiled, S, bool) {
    if text.len() > MAX_TEMPLATE_BYTES {
        let compiled = Compiled { diagnostics: vec![Diagnostic::too_large(text.len())], template: None };
        return (compiled, sink, false);
    }
    let Reading { template, diagnostics, sink, is_json } = Reader::new(text, Lookup::new(names), sink).read();
    let sound = diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning);
    let compiled = Compiled { diagnostics, template: sound.then_some(template) };
    (compiled, sink, is_json)
}
