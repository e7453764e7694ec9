//! The compiled form: the text, cut into literal spans and slots, and the list of values the slots draw on.
//! Built by the reader while it scans; [`crate::render`] copies it out.

use crate::prelude::*;
use crate::tables::Table;
use core::ops::Range;

use crate::names::Meaning;
use crate::number::is_bare;
use crate::variables::{ACCESS_TOKEN, ARTIFACT_METADATA, Group, ROWS, Variable};

/// A template without errors, ready to be rendered any number of times.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) text: Box<str>,
    /// In order. The text between them is literal and copied as written.
    pub(crate) slots: Vec<Slot>,
    pub(crate) sources: Vec<Source>,
    /// Bytes of all literals together.
    pub(crate) literal: usize,
}

/// A cut in the text, with what stands there instead. Kept small: rendering reads them all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Slot {
    start: u32,
    end: u32,
    /// Its value's place in the list of sources, or [`Slot::NOTHING`].
    source: u32,
    /// Where its default starts; it ends before the closing brace. Zero: there is none.
    default: u32,
    pub(crate) place: Place,
    /// The default must be put in quotes.
    pub(crate) quoted: bool,
}

impl Slot {
    /// The source of a slot that only leaves out a dollar.
    const NOTHING: u32 = u32::MAX;

    /// Where it stands in the template.
    #[inline]
    pub(crate) const fn span(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The place of its value in the list of sources, if it has one.
    #[inline]
    pub(crate) const fn source(&self) -> usize {
        self.source as usize
    }

    /// Where its default stands. It holds nothing that needs an escape, so it is copied from the template.
    #[inline]
    pub(crate) const fn default(&self) -> Option<Range<usize>> {
        match self.default {
            0 => None,
            start => Some(start as usize..self.end as usize - 1),
        }
    }
}

/// A position in a template, which [`crate::MAX_TEMPLATE_BYTES`] keeps far below what fits.
#[expect(clippy::cast_possible_truncation)]
const fn narrow(position: usize) -> u32 {
    position as u32
}

/// Where a placeholder stands decides how its value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Inside a string: the text form, escaped.
    Text,
    /// Where a value stands: the JSON form.
    Json,
}

/// A value that slots draw on; equal ones share one.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    /// The event chosen does not carry it: blank, whatever the caller's values say.
    pub(crate) withheld: bool,
    /// Slots that write its text form.
    pub(crate) texts: usize,
    /// Slots that write its JSON form.
    pub(crate) jsons: usize,
    /// Bytes of the defaults of all its slots together, quotes included.
    pub(crate) defaults: usize,
    /// Slots that write its JSON form and have no default.
    pub(crate) nulls: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum SourceKind {
    Variable(&'static Variable),
    Metadata(Box<str>),
    Secret(Box<str>),
}

impl SourceKind {
    pub(crate) const fn group(&self) -> Group {
        match self {
            Self::Variable(variable) => variable.group,
            Self::Metadata(_) => Group::Artifact,
            Self::Secret(_) => Group::Secret,
        }
    }

    /// The name as a template spells it, the metadata key included.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Variable(variable) => variable.name.to_owned(),
            Self::Metadata(key) => format!("{ARTIFACT_METADATA}.{key}"),
            Self::Secret(name) => name.to_string(),
        }
    }
}

impl Template {
    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The variables of the catalogue it uses, each once, in the order they first stand there.
    /// `artifact_metadata` is among them when it is used whole or by a key.
    pub fn variables_used(&self) -> impl Iterator<Item = &'static str> {
        let mut metadata = false;
        self.sources.iter().filter_map(move |source| {
            let name = match &source.kind {
                SourceKind::Variable(variable) => variable.name,
                SourceKind::Metadata(_) => ARTIFACT_METADATA,
                SourceKind::Secret(_) => return None,
            };
            if name == ARTIFACT_METADATA && core::mem::replace(&mut metadata, true) {
                return None;
            }
            Some(name)
        })
    }

    /// The metadata keys it uses, as spelled after the first dot, each once.
    pub fn metadata_keys_used(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter_map(|source| match &source.kind {
            SourceKind::Metadata(key) => Some(&**key),
            _ => None,
        })
    }

    /// The secrets it uses, each once; the access token is not among them.
    pub fn secrets_used(&self) -> impl Iterator<Item = &str> {
        self.secret_names().filter(|&name| name != ACCESS_TOKEN)
    }

    /// Whether it writes the webhook's access token into the body.
    pub fn uses_access_token(&self) -> bool {
        self.secret_names().any(|name| name == ACCESS_TOKEN)
    }

    fn secret_names(&self) -> impl Iterator<Item = &str> {
        self.sources.iter().filter_map(|source| match &source.kind {
            SourceKind::Secret(name) => Some(&**name),
            _ => None,
        })
    }
}

/// The parts of a placeholder as the template spells them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'t> {
    pub(crate) name: &'t str,
    pub(crate) key: Option<&'t str>,
    pub(crate) default: Option<&'t str>,
}

/// Collects the compiled form while the reader goes over the text.
pub(crate) struct Builder<'t> {
    text: &'t str,
    slots: Vec<Slot>,
    sources: Vec<Source>,
    /// The source of each row of the catalogue, where it has one.
    variables: [u32; ROWS.len()],
    metadata: Table<'t>,
    secrets: Table<'t>,
    /// Bytes that are not literal.
    cut: usize,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            // About as many as there are in what people send; more is a copy, fewer is a little room.
            slots: Vec::with_capacity(text.len() / 64),
            sources: Vec::with_capacity(8),
            variables: [Slot::NOTHING; ROWS.len()],
            metadata: Table::new(),
            secrets: Table::new(),
            cut: 0,
        }
    }

    fn push(&mut self, span: Range<usize>, slot: Slot) {
        self.cut += span.len();
        self.slots.push(Slot { start: narrow(span.start), end: narrow(span.end), ..slot });
    }

    /// The dollar at `at` only guards the one after it and is not sent.
    pub(crate) fn drop_dollar(&mut self, at: usize) {
        let slot = Slot { start: 0, end: 0, source: Slot::NOTHING, default: 0, place: Place::Text, quoted: false };
        self.push(at..at + 1, slot);
    }

    pub(crate) fn slot(
        &mut self,
        span: Range<usize>,
        meaning: Meaning<'_>,
        written: Written<'t>,
        withheld: bool,
        place: Place,
    ) {
        let source = self.source(meaning, written, withheld);
        let json = place == Place::Json;
        let (mut default, mut quoted) = (0, false);
        if let Some(source) = self.sources.get_mut(source as usize) {
            *(if json { &mut source.jsons } else { &mut source.texts }) += 1;
            if let Some(written) = written.default {
                quoted = json && !is_bare(written);
                default = narrow(span.end - 1 - written.len());
                source.defaults += written.len() + if quoted { 2 } else { 0 };
            } else if json {
                source.nulls += 1;
            }
        }
        self.push(span, Slot { start: 0, end: 0, source, default, place, quoted });
    }

    fn source(&mut self, meaning: Meaning<'_>, written: Written<'t>, withheld: bool) -> u32 {
        let fresh = narrow(self.sources.len());
        let mut unknown = Slot::NOTHING;
        let known = match (meaning, written.key) {
            (Meaning::Secret(_), _) => self.secrets.entry(written.name.into()).or_insert(Slot::NOTHING),
            (Meaning::Variable(_), Some(key)) => self.metadata.entry(key.into()).or_insert(Slot::NOTHING),
            (Meaning::Variable(row), None) => self.variables.get_mut(row).unwrap_or(&mut unknown),
        };
        if *known != Slot::NOTHING {
            return *known;
        }
        *known = fresh;
        let kind = match (meaning, written.key) {
            (Meaning::Secret(name), _) => SourceKind::Secret(name.into()),
            (Meaning::Variable(_), Some(key)) => SourceKind::Metadata(key.into()),
            (Meaning::Variable(row), None) => SourceKind::Variable(&ROWS[row]),
        };
        self.sources.push(Source { kind, withheld, texts: 0, jsons: 0, defaults: 0, nulls: 0 });
        fresh
    }

    pub(crate) fn finish(self) -> Template {
        Template {
            text: self.text.into(),
            slots: self.slots,
            sources: self.sources,
            literal: self.text.len() - self.cut,
        }
    }
}
