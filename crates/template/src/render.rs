//! Copying a compiled template out with values in its slots. Every value is looked up and brought into form once, so
//! the body is allocated at its size and an oversized one is refused before a byte of it exists.

use crate::prelude::*;
use core::fmt;
use core::ops::Range;

use serde_json::Value;

use crate::MAX_BODY_BYTES;
use crate::bytes::skip_clean;
use crate::diagnostic::Span;
use crate::escape::{self, Escaped, escape};
use crate::template::{Place, Slot, Source, SourceKind, Template};
use crate::values::Values;
use crate::variables::{ARTIFACT_METADATA, Group};

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The body would have more than [`MAX_BODY_BYTES`].
    BodyTooLarge {
        /// The bytes it would have, or as many of them as were counted before it was clear.
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

impl core::error::Error for RenderError {}

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
        let mut spans = Vec::with_capacity(self.slots.len());
        let body = self.write(values, |slot, body, value_blank| {
            let Some(source) = self.sources.get(slot.source()) else {
                return;
            };
            spans.push(MarkedSpan {
                body: body.into(),
                template: slot.span().into(),
                group: source.kind.group(),
                name: source.kind.name(),
                blank: value_blank && slot.default().is_none(),
            });
        })?;
        Ok(Marked { body, spans })
    }

    fn write(
        &self,
        values: &impl Values,
        mut mark: impl FnMut(&Slot, Range<usize>, bool),
    ) -> Result<String, RenderError> {
        // A few stay off the heap, which in a small body takes as long as the look-ups.
        let mut few = [const { Found::blank() }; FEW];
        let mut many = Vec::new();
        let found = if let Some(few) = few.get_mut(..self.sources.len()) {
            few
        } else {
            many.resize_with(self.sources.len(), Found::blank);
            &mut many
        };
        let (made, size) = self.find(values, found)?;
        let mut body = String::with_capacity(size);
        let mut done = 0;
        for slot in &self.slots {
            let span = slot.span();
            body.push_str(&self.text[done..span.start]);
            done = span.end;
            let Some(found) = found.get(slot.source()) else {
                continue;
            };
            let start = body.len();
            let (text, quoted) = match (slot.default(), slot.place) {
                (Some(default), _) if found.blank => (&self.text[default], slot.quoted),
                (_, Place::Text) => (found.text.get(&made), false),
                (_, Place::Json) => (found.json.get(&made), found.quoted),
            };
            if quoted {
                body.push('"');
                body.push_str(text);
                body.push('"');
            } else {
                body.push_str(text);
            }
            mark(slot, start..body.len(), found.blank);
        }
        body.push_str(&self.text[done..]);
        Ok(body)
    }

    /// Looks every source up once, makes the text of those that are not written as they are, and sums up the body.
    fn find<'v>(&'v self, values: &'v impl Values, found: &mut [Found<'v>]) -> Result<(String, usize), RenderError> {
        let mut made = String::new();
        let mut size = self.literal;
        within(size)?;
        for (source, found) in self.sources.iter().zip(found) {
            *found = Found::new(source, values, &mut made);
            size = size.saturating_add(found.bytes(source));
            // Looked at after each, so that what is made stays bounded as the body is.
            within(size)?;
        }
        Ok((made, size))
    }
}

/// The sources that most templates stay within.
const FEW: usize = 8;

const fn within(size: usize) -> Result<(), RenderError> {
    if size > MAX_BODY_BYTES {
        return Err(RenderError::BodyTooLarge { size, limit: MAX_BODY_BYTES });
    }
    Ok(())
}

/// What a source holds in one rendering, ready to be copied.
struct Found<'v> {
    /// As it stands in a string.
    text: Form<'v>,
    /// As it stands where a value may.
    json: Form<'v>,
    /// The JSON form wants quotes around it.
    quoted: bool,
    blank: bool,
}

/// A text that is copied from the value, or was made for this rendering.
#[derive(Clone)]
enum Form<'v> {
    Value(&'v str),
    Made(Range<usize>),
}

impl<'v> Form<'v> {
    #[inline]
    const fn len(&self) -> usize {
        match self {
            Self::Value(text) => text.len(),
            Self::Made(range) => range.end - range.start,
        }
    }

    #[inline]
    fn get<'m>(&self, made: &'m str) -> &'m str
    where
        'v: 'm,
    {
        match self {
            Self::Value(text) => text,
            Self::Made(range) => &made[range.clone()],
        }
    }

    fn make(made: &mut String, write: impl FnOnce(&mut String)) -> Self {
        let start = made.len();
        write(made);
        Self::Made(start..made.len())
    }
}

impl<'v> Found<'v> {
    fn new(source: &'v Source, values: &'v impl Values, made: &mut String) -> Self {
        if source.withheld {
            return Self::blank();
        }
        let value = match &source.kind {
            SourceKind::Secret(name) => {
                return values.secret(name).map_or_else(Self::blank, |text| Self::text(text, made));
            }
            SourceKind::Variable(variable) => values.value(variable.name),
            SourceKind::Metadata(key) => {
                values.value(ARTIFACT_METADATA).and_then(|metadata| metadata_value(metadata, key))
            }
        };
        match value {
            None | Some(Value::Null) => Self::blank(),
            Some(Value::String(text)) => Self::text(text, made),
            Some(value) => Self::json(value, source, made),
        }
    }

    /// What all slots of its source take in the body. Saturating: in a browser the product may not fit.
    const fn bytes(&self, source: &Source) -> usize {
        if self.blank {
            return source.defaults + source.nulls * self.json.len();
        }
        let json = self.json.len() + if self.quoted { 2 } else { 0 };
        source.texts.saturating_mul(self.text.len()).saturating_add(source.jsons.saturating_mul(json))
    }

    const fn blank() -> Self {
        Self { text: Form::Value(""), json: Form::Value("null"), quoted: false, blank: true }
    }

    fn text(text: &'v str, made: &mut String) -> Self {
        if text.is_empty() {
            return Self::blank();
        }
        // A text that alone is too long is not worth a look at its bytes.
        let clean = text.len() > MAX_BODY_BYTES || skip_clean(text.as_bytes(), 0) == text.len();
        let form = if clean { Form::Value(text) } else { Form::make(made, |made| escape(text, made)) };
        Self { text: form.clone(), json: form, quoted: true, blank: false }
    }

    /// A number, boolean, array or object.
    fn json(value: &Value, source: &Source, made: &mut String) -> Self {
        let needs_escape = value.is_array() || value.is_object();
        let unused = || Form::Made(0..0);
        let json = if source.jsons > 0 || !needs_escape {
            Form::make(made, |made| escape::json(value, made))
        } else {
            unused()
        };
        let text = if !needs_escape {
            json.clone()
        } else if source.texts > 0 {
            Form::make(made, |made| escape::json(value, &mut Escaped(made)))
        } else {
            unused()
        };
        Self { text, json, quoted: false, blank: false }
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
