//! The runs of a template an editor paints, as the one scan finds them. Tolerant: broken text has tokens too.

use crate::prelude::*;
use core::ops::Range;

use crate::diagnostic::Span;
use crate::variables::Group;

/// A run of one colour. White space between tokens has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// Where it stands.
    pub span: Span,
    /// What it is.
    pub kind: TokenKind,
}

/// What a run of a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Text of a key, without its quotes.
    Key,
    /// Text of a string value, without its quotes.
    String,
    /// A number, `true`, `false` or `null`.
    Atom,
    /// A bracket, colon, comma or quote.
    Punctuation,
    /// A JSON escape, or `$${`.
    Escape,
    /// A placeholder, or the start of one that does not end.
    Variable {
        /// Where its value comes from; `None` where the name is not known.
        group: Option<Group>,
        /// How it fares.
        state: VariableState,
    },
    /// Text that JSON does not have.
    Invalid,
}

/// How a placeholder fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableState {
    /// The event carries it, or the webhook has it.
    Carried,
    /// The event chosen does not carry it: its default stands in, if it has one.
    NotCarried,
    /// It has an error.
    Faulty,
}

/// Where the scan puts tokens; `()` where nobody asks for them.
pub(crate) trait Sink {
    fn token(&mut self, span: Range<usize>, kind: TokenKind);
}

impl Sink for () {
    #[inline]
    fn token(&mut self, _: Range<usize>, _: TokenKind) {}
}

impl Sink for Vec<Token> {
    fn token(&mut self, span: Range<usize>, kind: TokenKind) {
        if !span.is_empty() {
            self.push(Token { span: span.into(), kind });
        }
    }
}
