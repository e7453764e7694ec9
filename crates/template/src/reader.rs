//! The one pass over a template: text outside strings. [`crate::reader_string`] reads strings and
//! [`crate::reader_dollar`] what a dollar starts; all three feed the JSON check, the compiled form, the
//! diagnostics and the tokens at once.

use crate::prelude::*;
use core::ops::Range;

use crate::bytes::skip_blank;
use crate::diagnostic::{Code, Diagnostic};
use crate::json::{Expect, Json, Refused, Stands};
use crate::names::Lookup;
use crate::number;
use crate::reader_dollar::{Dollar, paint};
use crate::suggest::Nearest;
use crate::template::{Builder, Place, Template};
use crate::token::{Sink, TokenKind, VariableState};

pub(crate) struct Reader<'t, 'n, S> {
    pub(crate) text: &'t str,
    pub(crate) bytes: &'t [u8],
    pub(crate) at: usize,
    pub(crate) lookup: Lookup<'n>,
    pub(crate) nearest: Nearest,
    pub(crate) json: Json<'t>,
    pub(crate) builder: Builder<'t>,
    pub(crate) sink: S,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The outermost value is a placeholder that has its error already.
    faulty_outermost: bool,
}

/// What one pass found.
pub(crate) struct Reading<S> {
    pub(crate) template: Template,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sink: S,
    /// The stand-in text was read to its end as one JSON text.
    pub(crate) is_json: bool,
}

impl<'t, 'n, S: Sink> Reader<'t, 'n, S> {
    pub(crate) fn new(text: &'t str, lookup: Lookup<'n>, sink: S) -> Self {
        Self {
            text,
            bytes: text.as_bytes(),
            at: 0,
            lookup,
            nearest: Nearest::new(),
            json: Json::new(),
            builder: Builder::new(text),
            sink,
            diagnostics: Vec::new(),
            faulty_outermost: false,
        }
    }

    pub(crate) fn read(mut self) -> Reading<S> {
        loop {
            self.at = skip_blank(self.bytes, self.at);
            let Some(&byte) = self.bytes.get(self.at) else {
                break;
            };
            // Half of what is read; asked first, it spares the processor a guess.
            if byte == b'"' {
                self.string();
                continue;
            }
            match byte {
                b'{' | b'[' | b'}' | b']' | b':' | b',' => self.punctuation(byte),
                b'-' | b'0'..=b'9' => self.scalar(number::number),
                b't' | b'f' | b'n' => self.scalar(number::word),
                b'$' => self.dollar_outside(),
                _ => self.stray(),
            }
        }
        let is_json = self.finish_json();
        in_order(&mut self.diagnostics);
        Reading { template: self.builder.finish(), diagnostics: self.diagnostics, sink: self.sink, is_json }
    }

    #[inline]
    pub(crate) fn punctuation(&mut self, byte: u8) {
        let step = match byte {
            b'{' => self.json.open(true),
            b'[' => self.json.open(false),
            b'}' => self.json.close(true),
            b']' => self.json.close(false),
            b':' => self.json.colon(),
            _ => self.json.comma(),
        };
        let span = self.at..self.at + 1;
        match step {
            Ok(()) => {
                self.sink.token(span.clone(), TokenKind::Punctuation);
                self.at = span.end;
            }
            // The check has ended then, so the same byte is taken on the next turn.
            Err(Refused::Here) => self.refuse(),
            Err(Refused::TooDeep) => {
                self.fail(Diagnostic::too_deep(span));
            }
        }
    }

    fn scalar(&mut self, extent: impl Fn(&[u8], usize) -> number::Extent) {
        if self.json.value().is_err() {
            self.refuse();
            return;
        }
        let extent = extent(self.bytes, self.at);
        self.sink.token(self.at..extent.end, TokenKind::Atom);
        self.at = extent.end;
        if !extent.complete && !self.json.ended() {
            self.json.expect = Expect::Rest;
            // A dollar may start a placeholder: its own step is refused, over its own span.
            if self.bytes.get(self.at) != Some(&b'$') {
                self.refuse();
            }
        }
    }

    /// A character that no JSON token starts with.
    #[cold]
    fn stray(&mut self) {
        if !self.json.ended() {
            self.refuse();
        }
        let start = self.at;
        while let Some(character) = self.text[self.at..].chars().next() {
            if character.is_ascii() && !self.bytes[self.at].is_ascii_alphanumeric() && self.at > start {
                break;
            }
            self.at += character.len_utf8();
        }
        self.sink.token(start..self.at, TokenKind::Invalid);
    }

    fn dollar_outside(&mut self) {
        let start = self.at;
        match self.dollar(Place::Json) {
            Dollar::Text { end } => {
                self.refuse();
                self.sink.token(start..end, TokenKind::Invalid);
                self.at = end;
            }
            Dollar::Guarded => {
                self.refuse_over(start..start + 2);
                self.sink.token(start..start + 3, TokenKind::Escape);
                self.at = start + 3;
            }
            Dollar::Unterminated { end } => {
                self.json.end();
                self.sink.token(start..end, paint(None, VariableState::Faulty));
                self.at = end;
            }
            Dollar::Placeholder(placeholder) => {
                let span = start..placeholder.end;
                self.at = span.end;
                self.sink.token(span.clone(), placeholder.paint);
                let outermost = self.json.outermost();
                match self.json.placeholder() {
                    Ok(Stands::Value) if placeholder.faulty => self.faulty_outermost |= outermost,
                    Ok(Stands::Key) if !placeholder.faulty => {
                        let message = Diagnostic::placeholder_as_key(self.text, span.clone());
                        self.diagnostics.push(message);
                    }
                    Ok(_) => {}
                    Err(_) if placeholder.faulty => self.json.end(),
                    Err(_) => self.refuse_over(span.clone()),
                }
            }
        }
    }

    /// Tells that the character at hand cannot stand there, or that the text ends, and ends the check.
    #[cold]
    pub(crate) fn refuse(&mut self) {
        let width = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        self.refuse_over(self.at..self.at + width);
    }

    #[cold]
    pub(crate) fn refuse_over(&mut self, span: Range<usize>) {
        let wanted = self.json.expect.wanted(self.json.in_object());
        self.fail(Diagnostic::invalid_json(self.text, span, wanted));
    }

    /// Tells a JSON error, unless one was told before, and ends the check.
    #[cold]
    pub(crate) fn fail(&mut self, diagnostic: Diagnostic) {
        if !self.json.ended() {
            self.diagnostics.push(diagnostic);
            self.json.end();
        }
    }

    fn finish_json(&mut self) -> bool {
        match self.json.expect {
            Expect::End => {
                let blank = [' ', '\n', '\r', '\t'];
                let start = self.text.len() - self.text.trim_start_matches(blank).len();
                let end = self.text.trim_end_matches(blank).len();
                if self.bytes.get(start) != Some(&b'{') && !self.faulty_outermost {
                    self.diagnostics.push(Diagnostic::new(
                        Code::NotAnObject,
                        start..end,
                        "The payload is not a JSON object. Put it between { and }.".into(),
                    ));
                }
                true
            }
            Expect::Ended => false,
            _ => {
                self.refuse();
                false
            }
        }
    }
}

/// Orders diagnostics by where they start. They come nearly so: what is told of a key follows what stands in it.
fn in_order(diagnostics: &mut [Diagnostic]) {
    let place = |diagnostic: &Diagnostic| (diagnostic.span.start, diagnostic.code);
    for end in 1..diagnostics.len() {
        let (done, rest) = diagnostics.split_at(end);
        let Some(next) = rest.first().map(place) else { return };
        let behind = done.iter().rev().take_while(|diagnostic| place(diagnostic) > next).count();
        if let Some(moved) = diagnostics.get_mut(end - behind..=end) {
            moved.rotate_right(1);
        }
    }
}
