//! Copying a compiled template out with values in its slots. Every value is looked up and measured once, so the
//! body is allocated at its size and an oversized one is refused before a byte of it exists.

use std::fmt;
use std::ops::Range;

use serde_json::Value;

use crate::MAX_BODY_BYTES;
use crate::diagnostic::Span;
use crate::escape::{Count, Escaped, escape, escaped_len, json, quoted};
use crate::template::{Place, Segment, Slot, Source, SourceKind, Template};
use crate::values::Values;
use crate::variables::{ARTIFACT_METADATA, Group};

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The body would have more than [`MAX_BODY_BYTES`].
    BodyTooLarge {
        /// The bytes it would have at least.
        size: usize,
        /// The bytes it may have.
        limit: usize,
    },
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::BodyTooLarge { size, limit } = self;
        write!(
            f,
            "The body would have {size} bytes or more, and {limit} are allowed. Use shorter values or fewer of them."
        )
    }
}

impl std::error::Error for RenderError {}

/// A body that remembers which of its bytes came from which placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The same text that [`Template::render`] gives.
    pub body: String,
    /// One for each placeholder, in order.
    pub spans: Vec<MarkedSpan>,
}

/// The bytes of one placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarkedSpan {
    /// Where its value stands in the body, quotes included where the value brought them.
    pub body: Span,
    /// Where it stands in the template.
    pub template: Span,
    /// Where its value comes from.
    pub group: Group,
    /// Its name, the metadata key included.
    pub name: String,
    /// The value is blank and no default stands in for it.
    pub blank: bool,
}

impl Template {
    /// The body: literals as written, values by where they stand.
    ///
    /// # Errors
    /// [`RenderError::BodyTooLarge`] when it would not fit.
    pub fn render(&self, values: &impl Values) -> Result<String, RenderError> {
        self.write(values, |_, _, _| {})
    }

    /// The body, and which of its bytes are values.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_marked(&self, values: &impl Values) -> Result<Marked, RenderError> {
        let mut spans = Vec::with_capacity(self.segments.len() / 2 + 1);
        let body = self.write(values, |slot, body, value_blank| {
            let Some(source) = self.sources.get(slot.source) else {
                return;
            };
            spans.push(MarkedSpan {
                body: body.into(),
                template: slot.span.clone().into(),
                group: source.kind.group(),
                name: source.kind.name(),
                blank: value_blank && slot.default.is_none(),
            });
        })?;
        Ok(Marked { body, spans })
    }

    fn write(
        &self,
        values: &impl Values,
        mut mark: impl FnMut(&Slot, Range<usize>, bool),
    ) -> Result<String, RenderError> {
        let found = self.find(values)?;
        let mut body = String::with_capacity(self.measure(&found)?);
        for segment in &self.segments {
            match segment {
                Segment::Literal(span) => body.push_str(&self.text[span.clone()]),
                Segment::Slot(slot) => {
                    let start = body.len();
                    let content = found.get(slot.source).map_or(Content::Blank, |found| found.content);
                    self.fill(slot, content, &mut body);
                    mark(slot, start..body.len(), content == Content::Blank);
                }
            }
        }
        Ok(body)
    }

    fn find<'v>(&'v self, values: &'v impl Values) -> Result<Vec<Found<'v>>, RenderError> {
        // Values overlap (`artifact_metadata` and each of its keys), so the sum of what is measured is bounded
        // as the body is: each source stands in the body at least once.
        let mut size = self.literal;
        let mut found = Vec::with_capacity(self.sources.len());
        for source in &self.sources {
            let one = Found::new(source, values);
            size += one.least(source);
            found.push(one);
            within(size)?;
        }
        Ok(found)
    }

    fn measure(&self, found: &[Found<'_>]) -> Result<usize, RenderError> {
        let mut size = self.literal;
        for segment in &self.segments {
            let Segment::Slot(slot) = segment else {
                continue;
            };
            let Some(found) = found.get(slot.source) else {
                continue;
            };
            size += match (found.content, &slot.default, slot.place) {
                (Content::Blank, Some(default), _) => default.len(),
                (_, _, Place::Text) => found.as_text,
                (_, _, Place::Json) => found.as_json,
            };
            within(size)?;
        }
        within(size)?;
        Ok(size)
    }

    fn fill(&self, slot: &Slot, content: Content<'_>, body: &mut String) {
        match (content, slot.place) {
            (Content::Blank, place) => match &slot.default {
                Some(default) => {
                    let text = &self.text[default.span.clone()];
                    if default.quoted {
                        body.extend(["\"", text, "\""]);
                    } else {
                        body.push_str(text);
                    }
                }
                None if place == Place::Json => body.push_str("null"),
                None => {}
            },
            (Content::Clean(text), Place::Text) => body.push_str(text),
            (Content::Clean(text), Place::Json) => body.extend(["\"", text, "\""]),
            (Content::Text(text), Place::Text) => escape(text, body),
            (Content::Text(text), Place::Json) => quoted(text, body),
            (Content::Json(value), Place::Text) => json(value, &mut Escaped(body)),
            (Content::Json(value), Place::Json) => json(value, body),
        }
    }
}

const fn within(size: usize) -> Result<(), RenderError> {
    if size > MAX_BODY_BYTES {
        return Err(RenderError::BodyTooLarge { size, limit: MAX_BODY_BYTES });
    }
    Ok(())
}

/// What a source holds in one rendering.
#[derive(Clone, Copy, PartialEq)]
enum Content<'v> {
    Blank,
    /// Text without anything to escape.
    Clean(&'v str),
    Text(&'v str),
    /// A number, boolean, array or object.
    Json(&'v Value),
}

/// A value with the bytes it takes in each place.
struct Found<'v> {
    content: Content<'v>,
    as_text: usize,
    as_json: usize,
}

impl<'v> Found<'v> {
    fn new(source: &'v Source, values: &'v impl Values) -> Self {
        if source.withheld {
            return Self::blank();
        }
        let value = match &source.kind {
            SourceKind::Secret(name) => {
                return values.secret(name).map_or_else(Self::blank, Self::text);
            }
            SourceKind::Variable(variable) => values.value(variable.name),
            SourceKind::Metadata(key) => {
                values.value(ARTIFACT_METADATA).and_then(|metadata| metadata_value(metadata, key))
            }
        };
        match value {
            None | Some(Value::Null) => Self::blank(),
            Some(Value::String(text)) => Self::text(text),
            Some(value) => Self::json(value, source),
        }
    }

    const fn blank() -> Self {
        Self { content: Content::Blank, as_text: 0, as_json: "null".len() }
    }

    fn text(text: &'v str) -> Self {
        // A text that alone is too long is not worth a look at its bytes.
        let escaped = if text.len() > MAX_BODY_BYTES { text.len() } else { escaped_len(text) };
        let content = match escaped {
            0 => return Self::blank(),
            _ if escaped == text.len() => Content::Clean(text),
            _ => Content::Text(text),
        };
        Self { content, as_text: escaped, as_json: escaped + 2 }
    }

    fn json(value: &'v Value, source: &Source) -> Self {
        let (mut as_text, mut as_json) = (Count::default(), Count::default());
        if source.as_text {
            json(value, &mut Escaped(&mut as_text));
        }
        if source.as_json {
            json(value, &mut as_json);
        }
        Self { content: Content::Json(value), as_text: as_text.0, as_json: as_json.0 }
    }

    /// The bytes it takes in the body at least; nothing where a default may take its place.
    const fn least(&self, source: &Source) -> usize {
        match self.content {
            Content::Blank => 0,
            _ if source.as_text => self.as_text,
            _ => self.as_json,
        }
    }
}

/// The metadata value a key names, as in `${artifact_metadata.key}`: the whole key is looked up first; only if there is
/// none, it is walked along its dots, through objects by key and arrays by index.
///
/// `metadata` is an object; `None` where it is not, or has no such value. Conditions on events look up the same way.
pub fn metadata_value<'v>(metadata: &'v Value, key: &str) -> Option<&'v Value> {
    let members = metadata.as_object()?;
    if let Some(value) = members.get(key) {
        return Some(value);
    }
    key.split('.').try_fold(metadata, |value, part| match value {
        Value::Object(members) => members.get(part),
        Value::Array(elements) => elements.get(index(part)?),
        _ => None,
    })
}

/// An array index: `0`, or digits without a leading zero.
fn index(part: &str) -> Option<usize> {
    let digits = part.bytes().all(|byte| byte.is_ascii_digit());
    let leading = part.len() > 1 && part.starts_with('0');
    (digits && !leading).then(|| part.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_index_is_decimal_without_a_leading_zero() {
        for (part, expected) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("01", None),
            ("00", None),
            ("", None),
            ("+1", None),
            ("-0", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(index(part), expected, "{part}");
        }
    }

    #[test]
    fn the_whole_key_comes_first_even_when_its_value_is_null() {
        let metadata = json!({"a.b": null, "a": {"b": 1, "": 2}, "": {"": 3}, "l": [[5]]});
        let at = |key| metadata_value(&metadata, key).cloned();
        assert_eq!(at("a.b"), Some(Value::Null));
        assert_eq!(at("a."), Some(json!(2)));
        assert_eq!(at("."), Some(json!(3)));
        assert_eq!(at("l.0.0"), Some(json!(5)));
        assert_eq!(at("l.00"), None);
        assert_eq!(at("l.0.1"), None);
        assert_eq!(at("a.b.c"), None);
    }
}
