//! Writing values as JSON, and text into a JSON string.

use crate::prelude::*;
use core::fmt::{self, Write};

use serde_json::{Number, Value};

use crate::bytes::skip_clean;

/// Somewhere text goes.
pub(crate) trait Out {
    fn text(&mut self, text: &str);
}

impl Out for String {
    #[inline]
    fn text(&mut self, text: &str) {
        self.push_str(text);
    }
}

/// Escapes what goes through it for a JSON string.
pub(crate) struct Escaped<'o, O>(pub(crate) &'o mut O);

impl<O: Out> Out for Escaped<'_, O> {
    #[inline]
    fn text(&mut self, text: &str) {
        escape(text, self.0);
    }
}

/// Lets `write!` reach an [`Out`].
struct Formatted<'o, O>(&'o mut O);

impl<O: Out> Write for Formatted<'_, O> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.text(text);
        Ok(())
    }
}

/// Writes text as the inside of a JSON string.
pub(crate) fn escape(text: &str, out: &mut impl Out) {
    let bytes = text.as_bytes();
    let mut done = 0;
    loop {
        let at = skip_clean(bytes, done);
        out.text(&text[done..at]);
        let Some(&byte) = bytes.get(at) else {
            return;
        };
        match short(byte) {
            Some(short) => out.text(short),
            None => {
                // An `Out` takes anything, so writing to it cannot fail.
                let _ = write!(Formatted(out), "\\u{byte:04x}");
            }
        }
        done = at + 1;
    }
}

const fn short(byte: u8) -> Option<&'static str> {
    Some(match byte {
        b'"' => "\\\"",
        b'\\' => "\\\\",
        0x08 => "\\b",
        0x0c => "\\f",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        _ => return None,
    })
}

/// Writes a value as compact JSON, members in the order the map has them.
pub(crate) fn json(value: &Value, out: &mut impl Out) {
    match value {
        Value::Null => out.text("null"),
        Value::Bool(true) => out.text("true"),
        Value::Bool(false) => out.text("false"),
        Value::Number(value) => number(value, out),
        Value::String(text) => quoted(text, out),
        Value::Array(elements) => {
            out.text("[");
            for (position, element) in elements.iter().enumerate() {
                if position > 0 {
                    out.text(",");
                }
                json(element, out);
            }
            out.text("]");
        }
        Value::Object(members) => {
            out.text("{");
            for (position, (key, member)) in members.iter().enumerate() {
                if position > 0 {
                    out.text(",");
                }
                quoted(key, out);
                out.text(":");
                json(member, out);
            }
            out.text("}");
        }
    }
}

/// Text as a JSON string, quotes included: `"a\"b"`.
pub fn json_string(text: &str) -> String {
    let mut made = String::with_capacity(text.len() + 2);
    quoted(text, &mut made);
    made
}

/// Writes text as a JSON string, quotes included.
fn quoted(text: &str, out: &mut impl Out) {
    out.text("\"");
    escape(text, out);
    out.text("\"");
}

fn number(value: &Number, out: &mut impl Out) {
    // An `Out` takes anything, so writing to it cannot fail.
    let _ = write!(Formatted(out), "{value}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaped_text_is_what_a_json_writer_writes(text in any::<String>()) {
            let mut body = String::new();
            quoted(&text, &mut body);
            prop_assert_eq!(&body, &serde_json::to_string(&text).unwrap());
        }
    }

    #[test]
    fn values_are_compact_json_and_may_be_escaped_once_more() {
        let value = serde_json::json!({"a\"": [1, -2.5e-7, true, null, "x\u{1}\n"], "": {"b": u64::MAX}});
        let (mut plain, mut twice) = (String::new(), String::new());
        json(&value, &mut plain);
        json(&value, &mut Escaped(&mut twice));
        assert_eq!(plain, serde_json::to_string(&value).unwrap());
        assert_eq!(format!("\"{twice}\""), serde_json::to_string(&plain).unwrap());
    }
}
