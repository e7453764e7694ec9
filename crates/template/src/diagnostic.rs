//! What is said about a template: a code, where it stands, one line of words, and a mend where there is one.
//! Messages are written here and nowhere else.

use crate::prelude::*;
use core::fmt;
use core::ops::Range;

use serde::{Deserialize, Serialize};

/// What is wrong or doubtful. The order is that of the language's table: it breaks ties of position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Over the size limit; nothing else is told then.
    TooLarge,
    /// `${` without its `}`.
    UnterminatedPlaceholder,
    /// `${}`.
    EmptyPlaceholder,
    /// The inside is not of a placeholder's form.
    MalformedPlaceholder,
    /// Neither a variable nor a secret of the webhook.
    UnknownVariable,
    /// Unquoted where a key must stand.
    PlaceholderAsKey,
    /// The text is not JSON.
    InvalidJson,
    /// Nested too deep.
    TooDeep,
    /// JSON, but not an object.
    NotAnObject,
    /// The event chosen does not carry the variable.
    NotInEvent,
    /// Inside a quoted key.
    PlaceholderInKey,
    /// A key the object already has.
    DuplicateKey,
}

impl Code {
    /// The stable code of the REST interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::UnterminatedPlaceholder => "unterminated_placeholder",
            Self::EmptyPlaceholder => "empty_placeholder",
            Self::MalformedPlaceholder => "malformed_placeholder",
            Self::UnknownVariable => "unknown_variable",
            Self::PlaceholderAsKey => "placeholder_as_key",
            Self::InvalidJson => "invalid_json",
            Self::TooDeep => "too_deep",
            Self::NotAnObject => "not_an_object",
            Self::NotInEvent => "not_in_event",
            Self::PlaceholderInKey => "placeholder_in_key",
            Self::DuplicateKey => "duplicate_key",
        }
    }

    /// Whether a template with it may still be saved and sent.
    pub const fn severity(self) -> Severity {
        match self {
            Self::NotInEvent | Self::PlaceholderInKey | Self::DuplicateKey => Severity::Warning,
            _ => Severity::Error,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Whether a diagnostic blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The template is never saved, tested or sent.
    Error,
    /// Never blocks.
    Warning,
}

/// A run of bytes of the template, on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The same as a range, to slice with.
    pub const fn range(self) -> Range<usize> {
        self.start..self.end
    }

    /// No byte lies in it.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

impl From<Range<usize>> for Span {
    fn from(range: Range<usize>) -> Self {
        Self { start: range.start, end: range.end }
    }
}

/// A text to put in place of a span, which mends what the diagnostic tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What to replace.
    pub span: Span,
    /// What to put there.
    pub replacement: String,
}

/// One thing said about a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// What it is.
    pub code: Code,
    /// Whether it blocks.
    pub severity: Severity,
    /// Where it stands.
    pub span: Span,
    /// One line: what happened, then what to do.
    pub message: String,
    /// A mend, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<Suggestion>,
}

impl Diagnostic {
    pub(crate) fn new(code: Code, span: Range<usize>, message: String) -> Self {
        Self { code, severity: code.severity(), span: span.into(), message, suggestion: None }
    }

    pub(crate) fn suggest(mut self, span: Range<usize>, replacement: String) -> Self {
        self.suggestion = Some(Suggestion { span: span.into(), replacement });
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// A piece of a template for a message: cut short, since a template may be one long piece.
pub(crate) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 48;
    match text.char_indices().nth(LONGEST) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}
