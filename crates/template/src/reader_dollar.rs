//! The one pass over a template: what a dollar starts, and what is said about a placeholder whatever its place.

use crate::prelude::*;
use core::ops::Range;

use crate::bytes::{skip_inside, skip_word, starts_word};
use crate::diagnostic::Diagnostic;
use crate::names::{Meaning, event_row};
use crate::placeholder::{self, Form};
use crate::reader::Reader;
use crate::template::{Place, Written};
use crate::token::{Sink, TokenKind, VariableState};
use crate::variables::{Group, ROWS, Variable};

/// What a dollar starts. Positions are one past the last byte.
pub(crate) enum Dollar {
    /// Nothing: it is text, and so is everything up to here.
    Text { end: usize },
    /// `$${`: the two characters `${`.
    Guarded,
    /// `${` without its `}`; told already.
    Unterminated { end: usize },
    /// A closed placeholder; what is wrong with its inside is told already.
    /// It has its place in the compiled form if it is sound.
    Placeholder(Placeholder),
}

pub(crate) struct Placeholder {
    pub(crate) end: usize,
    /// It has an error of its own, so its place is not spoken of.
    pub(crate) faulty: bool,
    /// How an editor paints it.
    pub(crate) paint: TokenKind,
}

impl<'t, 'n, S: Sink> Reader<'t, 'n, S> {
    /// Judges the dollar at hand and gives a sound placeholder its slot; does not move on.
    pub(crate) fn dollar(&mut self, place: Place) -> Dollar {
        let start = self.at;
        match self.bytes.get(start + 1) {
            Some(b'{') => self.braced(start, place),
            Some(b'$') if self.bytes.get(start + 2) == Some(&b'{') => Dollar::Guarded,
            Some(&byte) if starts_word(byte) => self.bare(start, place),
            _ => Dollar::Text { end: start + 1 },
        }
    }

    fn bare(&mut self, start: usize, place: Place) -> Dollar {
        let end = skip_word(self.bytes, start + 1);
        let text = self.text;
        let name = &text[start + 1..end];
        let Some(meaning) = self.lookup.bare(name) else {
            return Dollar::Text { end };
        };
        self.builder.slot(start..end, meaning, Written { name, key: None, default: None }, false, place);
        let paint = paint(Some(Group::Secret), VariableState::Carried);
        Dollar::Placeholder(Placeholder { end, faulty: false, paint })
    }

    fn braced(&mut self, start: usize, place: Place) -> Dollar {
        let inside = start + 2;
        let stop = skip_inside(self.bytes, inside);
        let text = self.text;
        let inside = &text[inside..stop];
        if self.bytes.get(stop) != Some(&b'}') {
            let known = placeholder::split_name(inside).map(|(name, _)| name).filter(|name| self.is_known(name));
            self.diagnostics.push(Diagnostic::unterminated(start, stop, known));
            return Dollar::Unterminated { end: stop };
        }
        let span = start..stop + 1;
        let end = span.end;
        let Some((meaning, written)) = self.judge(&span, inside) else {
            return Dollar::Placeholder(Placeholder { end, faulty: true, paint: paint(None, VariableState::Faulty) });
        };
        let (group, carried) = match meaning {
            Meaning::Secret(_) => (Group::Secret, true),
            Meaning::Variable(row) => (ROWS[row].group, self.lookup.names.carries(&ROWS[row])),
        };
        if !carried && written.default.is_none() {
            self.not_carried(&span, meaning, written.key, place);
        }
        self.builder.slot(span, meaning, written, !carried, place);
        let state = if carried { VariableState::Carried } else { VariableState::NotCarried };
        Dollar::Placeholder(Placeholder { end, faulty: false, paint: paint(Some(group), state) })
    }

    /// What the inside of a closed placeholder means; tells why if it means nothing.
    fn judge(&mut self, span: &Range<usize>, inside: &'t str) -> Option<(Meaning<'n>, Written<'t>)> {
        if inside.is_empty() {
            self.diagnostics.push(Diagnostic::empty(span.clone()));
            return None;
        }
        // Most are a name of the table and nothing else.
        if let Some(row) = event_row(inside) {
            return Some((Meaning::Variable(row), Written { name: inside, key: None, default: None }));
        }
        let Some(Form { name, key, default }) = placeholder::read(inside) else {
            let mended = placeholder::mend(inside)
                .filter(|mended| self.is_known(mended))
                .or_else(|| self.near_with_key(inside.trim()));
            self.diagnostics.push(Diagnostic::malformed(span.clone(), inside, mended));
            return None;
        };
        let Some(meaning) = self.lookup.braced(name) else {
            let near = self.nearest.find(name, self.lookup.all());
            let mended = near.map(|near| format!("{near}{}", &inside[name.len()..]));
            self.diagnostics.push(Diagnostic::unknown(span.clone(), name, near, mended));
            return None;
        };
        Some((meaning, Written { name, key, default }))
    }

    /// Warns of a variable that the event does not carry and that has no default.
    #[cold]
    fn not_carried(&mut self, span: &Range<usize>, meaning: Meaning<'n>, key: Option<&str>, place: Place) {
        if let Meaning::Variable(row) = meaning {
            let (variable, inside) = (&ROWS[row], &self.text[span.start + 2..span.end - 1]);
            let default = stand_in(variable, key, place);
            self.diagnostics.push(Diagnostic::not_in_event(span.clone(), inside, variable, default));
        }
    }

    /// The name at the start of an inside exists. A mend to one that does not would only trade errors.
    fn is_known(&self, inside: &str) -> bool {
        placeholder::split_name(inside).is_some_and(|(name, _)| self.lookup.braced(name).is_some())
    }

    /// A key on a name that is nearly `artifact_metadata`, or a dash where a name has an underscore.
    fn near_with_key(&mut self, inside: &str) -> Option<String> {
        let (name, rest) = inside.split_at(inside.find([':', '.']).unwrap_or(inside.len()));
        let near = self.nearest.find(name, self.lookup.all())?;
        let mended = format!("{near}{rest}");
        placeholder::read(&mended).is_some().then_some(mended)
    }
}

pub(crate) const fn paint(group: Option<Group>, state: VariableState) -> TokenKind {
    TokenKind::Variable { group, state }
}

/// A default to propose for a variable the event does not carry.
fn stand_in(variable: &Variable, key: Option<&str>, place: Place) -> &'static str {
    match place {
        Place::Json if variable.number => "0",
        Place::Json if key.is_some() => "null",
        _ => "none",
    }
}
