//! JSON's numbers and words: how far one goes, and whether a default is one.

/// How far a number or word goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// One past its last byte.
    pub(crate) end: usize,
    /// It may end there.
    pub(crate) complete: bool,
}

/// The number that starts at `at` with a digit or a minus.
pub(crate) fn number(bytes: &[u8], at: usize) -> Extent {
    let mut end = at;
    if bytes.get(end) == Some(&b'-') {
        end += 1;
    }
    let partial = |end| Extent { end, complete: false };
    match bytes.get(end) {
        Some(b'0') => end += 1,
        Some(b'1'..=b'9') => end = digits(bytes, end),
        _ => return partial(end),
    }
    if bytes.get(end) == Some(&b'.') {
        let first = end + 1;
        end = digits(bytes, first);
        if end == first {
            return partial(end);
        }
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        end += 1;
        if matches!(bytes.get(end), Some(b'+' | b'-')) {
            end += 1;
        }
        let first = end;
        end = digits(bytes, first);
        if end == first {
            return partial(end);
        }
    }
    Extent { end, complete: true }
}

fn digits(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// `true`, `false` or `null`, whichever starts with the letter at `at`; as much of it as is there.
pub(crate) fn word(bytes: &[u8], at: usize) -> Extent {
    let word: &[u8] = match bytes.get(at) {
        Some(b't') => b"true",
        Some(b'f') => b"false",
        _ => b"null",
    };
    let same = bytes[at..].iter().zip(word).take_while(|(one, other)| one == other).count();
    Extent { end: at + same, complete: same == word.len() }
}

/// The whole text is a JSON number, `true`, `false` or `null`: a default that is written without quotes.
pub(crate) fn is_bare(text: &str) -> bool {
    let bytes = text.as_bytes();
    let extent = match bytes.first() {
        Some(b'-' | b'0'..=b'9') => number(bytes, 0),
        Some(b't' | b'f' | b'n') => word(bytes, 0),
        _ => return false,
    };
    extent.complete && extent.end == bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_scalar(text: &str) -> bool {
        serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
            && !text.starts_with(['"', '[', '{', ' '])
            && !text.ends_with(' ')
    }

    proptest! {
        #[test]
        fn bare_is_what_a_json_parser_takes(text in "[-+]?[0-9]{0,3}(\\.[0-9]{0,2})?([eE][-+]?[0-9]{0,2})?[ x]?") {
            prop_assert_eq!(is_bare(&text), is_scalar(&text));
        }
    }

    #[test]
    fn words_must_be_whole() {
        for text in ["true", "false", "null", "-0", "0.0", "1E+9"] {
            assert!(is_bare(text), "{text}");
        }
        for text in ["", "tru", "nulls", "True", "t", "-", "01", "1.", ".5", "1e", " 1", "1 ", "\"a\"", "[]"] {
            assert!(!is_bare(text), "{text}");
        }
    }
}
