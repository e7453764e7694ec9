//! The one pass over a template: what a dollar starts, and what is said about a placeholder whatever its place.

use std::ops::Range;

use crate::bytes::{skip_inside, skip_word, starts_word};
use crate::diagnostic::Diagnostic;
use crate::names::Meaning;
use crate::placeholder::{self, Form};
use crate::reader::Reader;
use crate::template::{Place, Written};
use crate::token::{Sink, TokenKind, VariableState};
use crate::variables::{Group, ROWS, Variable, row};

/// What a dollar starts. Positions are one past the last byte.
pub(crate) enum Dollar<'t, 'n> {
    /// Nothing: it is text, and so is everything up to here.
    Text { end: usize },
    /// `$${`: the two characters `${`.
    Guarded,
    /// `${` without its `}`; told already.
    Unterminated { end: usize },
    /// A closed placeholder; what is wrong with its inside is told already.
    Placeholder(Placeholder<'t, 'n>),
}

pub(crate) struct Placeholder<'t, 'n> {
    pub(crate) end: usize,
    /// It has an error of its own, so its place is not spoken of.
    pub(crate) faulty: bool,
    /// How an editor paints it.
    pub(crate) paint: TokenKind,
    found: Option<(Meaning<'n>, Written<'t>)>,
    withheld: bool,
}

impl<'t, 'n, S: Sink> Reader<'t, 'n, S> {
    /// Judges the dollar at hand without moving on.
    pub(crate) fn dollar(&mut self, place: Place) -> Dollar<'t, 'n> {
        let start = self.at;
        match self.bytes.get(start + 1) {
            Some(b'{') => self.braced(start, place),
            Some(b'$') if self.bytes.get(start + 2) == Some(&b'{') => Dollar::Guarded,
            Some(&byte) if starts_word(byte) => self.bare(start),
            _ => Dollar::Text { end: start + 1 },
        }
    }

    /// Gives a sound placeholder its place in the compiled form.
    pub(crate) fn slot(&mut self, span: Range<usize>, placeholder: &Placeholder<'t, 'n>, place: Place) {
        if let Some((meaning, written)) = placeholder.found {
            self.builder.slot(span, meaning, written, placeholder.withheld, place);
        }
    }

    fn bare(&mut self, start: usize) -> Dollar<'t, 'n> {
        let end = skip_word(self.bytes, start + 1);
        let text = self.text;
        let name = &text[start + 1..end];
        let Some(meaning) = self.lookup.bare(name) else {
            return Dollar::Text { end };
        };
        Dollar::Placeholder(Placeholder {
            end,
            faulty: false,
            paint: paint(Some(Group::Secret), VariableState::Carried),
            found: Some((meaning, Written { name, key: None, default: None })),
            withheld: false,
        })
    }

    fn braced(&mut self, start: usize, place: Place) -> Dollar<'t, 'n> {
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
        let found = self.judge(&span, inside, place);
        let (group, state) = match &found {
            None => (None, VariableState::Faulty),
            Some((Meaning::Secret(_), _)) => (Some(Group::Secret), VariableState::Carried),
            Some((Meaning::Variable(row), _)) => {
                let variable = &ROWS[*row];
                let state = if self.lookup.names.carries(variable) {
                    VariableState::Carried
                } else {
                    VariableState::NotCarried
                };
                (Some(variable.group), state)
            }
        };
        Dollar::Placeholder(Placeholder {
            end: stop + 1,
            faulty: found.is_none(),
            paint: paint(group, state),
            found,
            withheld: state == VariableState::NotCarried,
        })
    }

    /// What the inside of a closed placeholder means; tells why if it means nothing.
    fn judge(&mut self, span: &Range<usize>, inside: &'t str, place: Place) -> Option<(Meaning<'n>, Written<'t>)> {
        if inside.is_empty() {
            self.diagnostics.push(Diagnostic::empty(span.clone()));
            return None;
        }
        // Most are a name of the table and nothing else.
        let form = match row(inside) {
            Some(_) => Some(Form::name(inside)),
            None => placeholder::read(inside),
        };
        let Some(Form { name, key, default }) = form else {
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
        if let Meaning::Variable(row) = meaning
            && default.is_none()
            && !self.lookup.names.carries(&ROWS[row])
        {
            let variable = &ROWS[row];
            let default = stand_in(variable, key, place);
            self.diagnostics.push(Diagnostic::not_in_event(span.clone(), inside, variable, default));
        }
        Some((meaning, Written { name, key, default }))
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
