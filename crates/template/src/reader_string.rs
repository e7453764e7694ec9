//! The one pass over a template: inside a JSON string.

use crate::message::shown;
use crate::prelude::*;
use alloc::borrow::Cow;

use crate::bytes::skip_string;
use crate::diagnostic::{Code, Diagnostic, excerpt};
use crate::reader::Reader;
use crate::reader_dollar::Dollar;
use crate::template::Place;
use crate::token::{Sink, TokenKind};

/// A string while it is read.
#[allow(clippy::struct_excessive_bools)] // Four independent facts, each read once.
struct Open {
    key: bool,
    /// Where the run of plain text at hand started.
    run: usize,
    /// A placeholder stands in it.
    dynamic: bool,
    /// It is not its own text: escapes stand in it.
    escaped: bool,
    /// Up to here a dollar is text: the inside of a placeholder without end is not scanned again.
    plain_until: usize,
    /// The escape before is not complete: the dollar at hand parts it.
    parted: bool,
}

impl<S: Sink> Reader<'_, '_, S> {
    pub(crate) fn string(&mut self) {
        let Ok(key) = self.json.string() else {
            // The check has ended then, so the same quote is taken on the next turn.
            self.refuse();
            return;
        };
        let start = self.at;
        self.at = skip_string(self.bytes, start + 1);
        if self.bytes.get(self.at) == Some(&b'"') {
            self.plain_string(start, key);
        } else {
            self.rich_string(start, key);
        }
        self.json.string_done(key);
        // Nearly every key is followed so; a turn of the outer loop costs more.
        if key && self.bytes.get(self.at) == Some(&b':') {
            self.punctuation(b':');
        }
    }

    /// The closing quote is at hand, and all before it is text as written: most strings are so.
    #[inline]
    fn plain_string(&mut self, start: usize, key: bool) {
        let kind = if key { TokenKind::Key } else { TokenKind::String };
        let end = self.at;
        self.at += 1;
        self.sink.token(start..start + 1, TokenKind::Punctuation);
        self.sink.token(start + 1..end, kind);
        self.sink.token(end..self.at, TokenKind::Punctuation);
        if key && !self.json.ended() {
            self.note_key(start, false);
        }
    }

    /// The first byte that is not text as written is at hand.
    fn rich_string(&mut self, start: usize, key: bool) {
        self.sink.token(start..start + 1, TokenKind::Punctuation);
        let mut open = Open { key, run: start + 1, dynamic: false, escaped: false, plain_until: 0, parted: false };
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.run_done(&open);
                    self.at += 1;
                    self.sink.token(self.at - 1..self.at, TokenKind::Punctuation);
                    if key && !open.dynamic && !self.json.ended() {
                        self.note_key(start, open.escaped);
                    }
                    break;
                }
                Some(b'\\') => {
                    open.escaped = true;
                    self.escape(&mut open);
                }
                Some(b'$') if self.at < open.plain_until => self.at += 1,
                Some(b'$') => self.dollar_inside(&mut open),
                Some(&control) => {
                    self.fail(Diagnostic::new(Code::InvalidJson, self.at..self.at + 1, control_message(control)));
                    // Someone forgot the quote: what follows on the next line keeps its colours.
                    if control == b'\n' {
                        self.run_done(&open);
                        break;
                    }
                    self.at += 1;
                }
                None => {
                    self.run_done(&open);
                    self.fail(Diagnostic::new(
                        Code::InvalidJson,
                        self.at..self.at,
                        "The text ends inside a string. Close it with a double quote.".into(),
                    ));
                    break;
                }
            }
            self.at = skip_string(self.bytes, self.at);
        }
    }

    fn run_done(&mut self, open: &Open) {
        let kind = if open.key { TokenKind::Key } else { TokenKind::String };
        self.sink.token(open.run..self.at, kind);
    }

    fn dollar_inside(&mut self, open: &mut Open) {
        let start = self.at;
        let parted = core::mem::take(&mut open.parted);
        match self.dollar(Place::Text) {
            Dollar::Text { end } => {
                if parted {
                    self.refuse_escape(start..start + 1);
                }
                self.at = end;
            }
            Dollar::Guarded => {
                if parted {
                    self.refuse_escape(start..start + 2);
                }
                open.escaped = true;
                self.run_done(open);
                self.builder.drop_dollar(start);
                self.at = start + 3;
                open.run = self.at;
                self.sink.token(start..self.at, TokenKind::Escape);
            }
            Dollar::Unterminated { end } => {
                if parted {
                    self.refuse_escape(start..start + 1);
                }
                open.escaped = true;
                open.plain_until = end;
            }
            Dollar::Placeholder(placeholder) => {
                let span = start..placeholder.end;
                self.run_done(open);
                self.sink.token(span.clone(), placeholder.paint);
                if parted && placeholder.faulty {
                    self.json.end();
                } else if parted {
                    self.refuse_escape(span.clone());
                } else if open.key && !placeholder.faulty && !self.json.ended() {
                    let message = Diagnostic::placeholder_in_key(self.text, span.clone());
                    self.diagnostics.push(message);
                }
                open.dynamic = true;
                self.at = span.end;
                open.run = span.end;
            }
        }
    }

    /// Reads the escape at hand. What is wrong with it is told where it goes wrong, which may be at a dollar
    /// that is yet to be looked at.
    fn escape(&mut self, open: &mut Open) {
        let start = self.at;
        self.run_done(open);
        let known = self.known_escape(open);
        // A character that is no escape belongs to the broken one, but not what would end the string.
        if !known && self.bytes.get(self.at).is_some_and(u8::is_ascii_graphic) && !open.parted {
            match self.bytes.get(self.at) {
                Some(b'$' | b'"') => {}
                _ => self.at += 1,
            }
        }
        open.run = self.at;
        let kind = if known { TokenKind::Escape } else { TokenKind::Invalid };
        self.sink.token(start..self.at, kind);
    }

    fn known_escape(&mut self, open: &mut Open) -> bool {
        let start = self.at;
        match self.bytes.get(start + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at = start + 2;
                true
            }
            Some(b'u') => {
                let Some(unit) = self.hex_unit(start) else {
                    self.at += hex_digits(self.bytes, start + 2) + 2;
                    self.cut_escape(open);
                    return false;
                };
                self.at = start + 6;
                match unit {
                    0xD800..=0xDBFF if self.hex_unit(self.at).is_some_and(is_low) => self.at += 6,
                    0xD800..=0xDFFF => self.fail(Diagnostic::new(
                        Code::InvalidJson,
                        start..start + 6,
                        format!(
                            "{} is half of a surrogate pair. Write both halves, or the character itself.",
                            &self.text[start..start + 6]
                        ),
                    )),
                    _ => {}
                }
                true
            }
            _ => {
                self.at = start + 1;
                self.cut_escape(open);
                false
            }
        }
    }

    /// The escape does not go on with what is at hand.
    fn cut_escape(&mut self, open: &mut Open) {
        if self.json.ended() {
            return;
        }
        if self.bytes.get(self.at) == Some(&b'$') && self.at >= open.plain_until {
            open.parted = true;
            return;
        }
        let width = self.text[self.at..].chars().next().map_or(0, char::len_utf8);
        self.refuse_escape(self.at..self.at + width);
    }

    fn refuse_escape(&mut self, span: core::ops::Range<usize>) {
        let found = shown(&self.text[span.clone()]);
        let message = match excerpt(&found) {
            found if found.is_empty() => "The text ends inside an escape. Complete it.".to_owned(),
            found => format!(
                "{found} cannot stand in an escape. Write \\\\ for a backslash, or complete the escape before it."
            ),
        };
        self.fail(Diagnostic::new(Code::InvalidJson, span, message));
    }

    /// The code unit of the `\uXXXX` that starts at `at`, if one does.
    fn hex_unit(&self, at: usize) -> Option<u32> {
        let escape = self.bytes.get(at..at + 6)?;
        let (b'\\', b'u') = (escape[0], escape[1]) else {
            return None;
        };
        escape[2..].iter().try_fold(0, |unit, &digit| Some(unit << 4 | char::from(digit).to_digit(16)?))
    }

    fn note_key(&mut self, start: usize, escaped: bool) {
        let text = self.text;
        let raw = &text[start + 1..self.at - 1];
        let key = if escaped { Cow::Owned(decode(raw)) } else { Cow::Borrowed(raw) };
        if !self.json.new_key(key) {
            self.repeated_key(start);
        }
    }

    #[cold]
    fn repeated_key(&mut self, start: usize) {
        self.diagnostics.push(Diagnostic::new(
            Code::DuplicateKey,
            start..self.at,
            format!(
                "The object already has the key \"{}\", and most readers keep only the last. Rename or remove one.",
                excerpt(&self.text[start + 1..self.at - 1])
            ),
        ));
    }
}

const fn is_low(unit: u32) -> bool {
    matches!(unit, 0xDC00..=0xDFFF)
}

fn hex_digits(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_hexdigit()).count()
}

fn control_message(control: u8) -> String {
    let escape = match control {
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        _ => {
            return format!("A string cannot hold the control character U+{control:04X}. Remove it.");
        }
    };
    let name = match control {
        b'\t' => "tab",
        _ => "line end",
    };
    format!("A string cannot hold a {name}. Write {escape}, or close the string before it.")
}

/// What a key says: JSON escapes and `$${` undone. Only for keys that passed the check and hold no placeholder.
fn decode(raw: &str) -> String {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw;
    // The inside of a placeholder without end is text to the first quote, its dollars included.
    let mut plain = false;
    while let Some(at) = rest.find(['\\', '$']) {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        if !plain && rest.starts_with("$${") {
            decoded.push_str("${");
            rest = &rest[3..];
        } else if let Some(after) = rest.strip_prefix('$') {
            plain |= after.starts_with('{');
            decoded.push('$');
            rest = after;
        } else {
            plain &= !rest.starts_with("\\\"");
            let (character, after) = unescape(rest);
            decoded.push(character);
            rest = after;
        }
    }
    decoded.push_str(rest);
    decoded
}

/// The character of the escape at the start of a text that passed the check, and what follows it.
fn unescape(text: &str) -> (char, &str) {
    let unit = |from: usize| {
        let digits = text.get(from..from + 4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let (character, length) = match text.as_bytes().get(1) {
        Some(b'b') => ('\u{8}', 2),
        Some(b'f') => ('\u{c}', 2),
        Some(b'n') => ('\n', 2),
        Some(b'r') => ('\r', 2),
        Some(b't') => ('\t', 2),
        Some(b'u') => {
            let units = unit(2).into_iter().chain(unit(8));
            match char::decode_utf16(units).next() {
                Some(Ok(character)) => (character, character.len_utf16() * 6),
                _ => (char::REPLACEMENT_CHARACTER, 6),
            }
        }
        Some(&byte) => (char::from(byte), 2),
        None => ('\\', 1),
    };
    (character, &text[length..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_told_by_its_name() {
        for (control, words) in [
            (b'\n', "a line end. Write \\n,"),
            (b'\r', "a line end. Write \\r,"),
            (b'\t', "a tab. Write \\t,"),
            (1, "the control character U+0001."),
        ] {
            let message = control_message(control);
            assert!(message.starts_with(&format!("A string cannot hold {words}")), "{message}");
        }
    }

    #[test]
    fn keys_are_decoded_as_json_says() {
        assert_eq!(decode(r"\u0061\/\n\\\ud83d\ude00x\u00e9y"), "a/\n\\😀xéy");
        assert_eq!(decode(r"\u0061b"), "ab");
        assert_eq!(decode("$${a$$${"), "${a$${");
        assert_eq!(decode(r#"${a$${b\"$${"#), r#"${a$${b"${"#);
    }
}
