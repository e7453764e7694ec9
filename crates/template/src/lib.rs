//! The payload template language of Hookboard: compile, diagnose, render.
//!
//! A template is a JSON object with placeholders. [`compile`] reads it in one pass into a [`Template`] and
//! [`Diagnostic`]s; [`Template::render`] copies it out with values in place. The same code runs in the backend and,
//! as wasm, in the page, so a preview is what is sent.
//!
//! No I/O, no clock, no randomness: the same inputs give the same bytes everywhere.

#![cfg_attr(not(feature = "std"), no_std)]

#[macro_use]
extern crate alloc;

mod bytes;
mod compile;
mod complete;
mod diagnostic;
mod escape;
mod event;
mod format;
mod json;
mod message;
mod names;
mod number;
mod placeholder;
mod prelude;
mod reader;
mod reader_dollar;
mod reader_string;
mod render;
mod suggest;
mod tables;
mod template;
mod token;
mod values;
mod variables;

pub use compile::{Analysis, Compiled, analyze, compile, tokens};
pub use complete::{Candidate, Completion, complete};
pub use diagnostic::{Code, Diagnostic, Severity, Span, Suggestion};
pub use escape::json_string;
pub use event::{EventType, UnknownEventType};
pub use format::format;
pub use names::Names;
pub use render::{Marked, MarkedSpan, RenderError, metadata_value};
pub use template::Template;
pub use token::{Token, TokenKind, VariableState};
pub use values::{Masked, Plain, Values};
pub use variables::{ACCESS_TOKEN, ARTIFACT_METADATA, Carrier, Group, MASK, SECRET, VARIABLES, Variable, variable};

/// The bytes a template may have.
pub const MAX_TEMPLATE_BYTES: usize = 256 * 1024;

/// The bytes a rendered body may have.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;

/// How deep a template may nest: objects and arrays, the outermost counted.
pub const MAX_DEPTH: usize = 64;
