//! The compiled form: the text, cut into literal spans and slots, and the list of values the slots draw on.
//! Built by the reader while it scans; [`crate::render`] copies it out.

use std::collections::HashMap;
use std::ops::Range;

use crate::names::Meaning;
use crate::variables::{ACCESS_TOKEN, ARTIFACT_METADATA, Group, Variable};

/// A template without errors, ready to be rendered any number of times.
#[derive(Clone, Debug)]
pub struct Template {
    pub(crate) text: Box<str>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sources: Vec<Source>,
    /// Bytes of all literals together.
    pub(crate) literal: usize,
}

#[derive(Clone, Debug)]
pub(crate) enum Segment {
    /// Copied as written.
    Literal(Range<usize>),
    Slot(Slot),
}

/// A placeholder.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    /// Where it stands in the template.
    pub(crate) span: Range<usize>,
    /// Its value's place in the list of sources.
    pub(crate) source: usize,
    pub(crate) place: Place,
    pub(crate) default: Option<Fallback>,
}

/// Where a placeholder stands decides how its value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Inside a string: the text form, escaped.
    Text,
    /// Where a value stands: the JSON form.
    Json,
}

/// A default. It holds nothing that needs an escape, so it is copied from the template.
#[derive(Clone, Debug)]
pub(crate) struct Fallback {
    pub(crate) span: Range<usize>,
    /// It must be put in quotes.
    pub(crate) quoted: bool,
}

impl Fallback {
    pub(crate) const fn len(&self) -> usize {
        self.span.end - self.span.start + if self.quoted { 2 } else { 0 }
    }
}

/// A value that slots draw on; equal ones share one.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    /// The event chosen does not carry it: blank, whatever the caller's values say.
    pub(crate) withheld: bool,
    /// Some slot writes its text form.
    pub(crate) as_text: bool,
    /// Some slot writes its JSON form.
    pub(crate) as_json: bool,
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
            if name == ARTIFACT_METADATA && std::mem::replace(&mut metadata, true) {
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

/// What a placeholder draws on, before it has a place in the list of sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Origin<'t> {
    Variable(&'static str),
    Metadata(&'t str),
    Secret(&'t str),
}

/// Collects the compiled form while the reader goes over the text.
pub(crate) struct Builder<'t> {
    text: &'t str,
    segments: Vec<Segment>,
    sources: Vec<Source>,
    known: HashMap<Origin<'t>, usize>,
    /// Up to here the text is in segments.
    done: usize,
    literal: usize,
}

impl<'t> Builder<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, segments: Vec::new(), sources: Vec::new(), known: HashMap::new(), done: 0, literal: 0 }
    }

    fn literal(&mut self, end: usize) {
        if self.done < end {
            self.literal += end - self.done;
            self.segments.push(Segment::Literal(self.done..end));
        }
    }

    /// The dollar at `at` only guards the one after it and is not sent.
    pub(crate) fn drop_dollar(&mut self, at: usize) {
        self.literal(at);
        self.done = at + 1;
    }

    pub(crate) fn slot(
        &mut self,
        span: Range<usize>,
        meaning: Meaning<'_>,
        written: Written<'t>,
        withheld: bool,
        place: Place,
    ) {
        self.literal(span.start);
        self.done = span.end;
        let source = self.source(meaning, written, withheld);
        if let Some(source) = self.sources.get_mut(source) {
            source.as_text |= place == Place::Text;
            source.as_json |= place == Place::Json;
        }
        let default = written.default.map(|default| Fallback {
            span: span.end - 1 - default.len()..span.end - 1,
            quoted: place == Place::Json && !crate::number::is_bare(default),
        });
        self.segments.push(Segment::Slot(Slot { span, source, place, default }));
    }

    fn source(&mut self, meaning: Meaning<'_>, written: Written<'t>, withheld: bool) -> usize {
        let origin = match (meaning, written.key) {
            (Meaning::Secret(_), _) => Origin::Secret(written.name),
            (Meaning::Variable(_), Some(key)) => Origin::Metadata(key),
            (Meaning::Variable(variable), None) => Origin::Variable(variable.name),
        };
        let sources = &mut self.sources;
        *self.known.entry(origin).or_insert_with(|| {
            let kind = match (meaning, written.key) {
                (Meaning::Secret(name), _) => SourceKind::Secret(name.into()),
                (Meaning::Variable(_), Some(key)) => SourceKind::Metadata(key.into()),
                (Meaning::Variable(variable), None) => SourceKind::Variable(variable),
            };
            sources.push(Source { kind, withheld, as_text: false, as_json: false });
            sources.len() - 1
        })
    }

    pub(crate) fn finish(mut self) -> Template {
        self.literal(self.text.len());
        Template { text: self.text.into(), segments: self.segments, sources: self.sources, literal: self.literal }
    }
}

/// The parts of a placeholder as the template spells them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written<'t> {
    pub(crate) name: &'t str,
    pub(crate) key: Option<&'t str>,
    pub(crate) default: Option<&'t str>,
}
