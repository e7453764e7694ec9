//! Finding the next byte that matters, eight at a time where the text allows it.
//! Knows bytes only; what they mean is the reader's and the writer's affair.

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// Leaves the top bit of each byte set that equals `byte`, and perhaps of others: of those above the lowest hit, and
/// of those beyond ASCII. [`hits`] takes the latter out.
const fn equal(word: u64, byte: u8) -> u64 {
    (word ^ (ONES * byte as u64)).wrapping_sub(ONES)
}

/// As [`equal`], for quotes and bytes below 0x20: with this bit turned, they are those below 0x21.
const fn quote_or_control(word: u64) -> u64 {
    (word ^ (ONES * 0x02)).wrapping_sub(ONES * 0x21)
}

/// Of the candidates in a word, those that are ASCII. Only the lowest may be trusted.
const fn hits(word: u64, candidates: u64) -> u64 {
    candidates & !word & HIGHS
}

/// Walks on from `at` to the first byte that `stops` names; `candidates` finds the same in a whole word.
#[inline]
fn skip(bytes: &[u8], mut at: usize, candidates: impl Fn(u64) -> u64, stops: impl Fn(u8) -> bool) -> usize {
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*word);
        let marks = hits(word, candidates(word));
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| !stops(byte)) {
        at += 1;
    }
    at
}

/// The first position from `at` on where reading a JSON string needs a thought: a quote, a backslash,
/// a dollar, a control character, or the end.
#[inline]
pub(crate) fn skip_string(bytes: &[u8], at: usize) -> usize {
    skip(
        bytes,
        at,
        |word| quote_or_control(word) | equal(word, b'\\') | equal(word, b'$'),
        |byte| matches!(byte, b'"' | b'\\' | b'$' | 0..0x20),
    )
}

/// The first position of some bytes. For short texts: it looks at each place.
pub(crate) fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    (0..=bytes.len().checked_sub(wanted.len())?).find(|&at| bytes[at..].starts_with(wanted))
}

/// The first position from `at` on that must be escaped in a JSON string, or the end.
#[inline]
pub(crate) fn skip_clean(bytes: &[u8], at: usize) -> usize {
    skip(bytes, at, |word| quote_or_control(word) | equal(word, b'\\'), |byte| matches!(byte, b'"' | b'\\' | 0..0x20))
}

/// Where the inside of a placeholder ends: at a closing brace, a quote, a control character, or the end.
#[inline]
pub(crate) fn skip_inside(bytes: &[u8], at: usize) -> usize {
    skip(bytes, at, |word| quote_or_control(word) | equal(word, b'}'), |byte| matches!(byte, b'}' | b'"' | 0..0x20))
}

/// The end of the run of JSON's white space from `at` on.
#[inline]
pub(crate) fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while let Some(&byte) = bytes.get(at) {
        if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            break;
        }
        at = skip_spaces(bytes, at + 1);
    }
    at
}

/// The end of the run of spaces from `at` on: indentation is most of the white space there is.
#[inline]
fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    while let Some(word) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let others = u64::from_le_bytes(*word) ^ (ONES * 0x20);
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at) == Some(&b' ') {
        at += 1;
    }
    at
}

/// The end of the run of `[A-Za-z0-9_]` from `at` on.
#[inline]
pub(crate) fn skip_word(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|&byte| is_word(byte)) {
        at += 1;
    }
    at
}

/// A byte of a name.
#[inline]
pub(crate) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// A byte a name may start with.
#[inline]
pub(crate) const fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte value at every place of a word, in the word loop and in the tail.
    #[test]
    fn stops_exactly_where_the_byte_test_says() {
        type Skip = fn(&[u8], usize) -> usize;
        type Stops = fn(u8) -> bool;
        let cases: [(Skip, Stops); 4] = [
            (skip_string, |b| b < 0x20 || b == b'"' || b == b'\\' || b == b'$'),
            (skip_clean, |b| b < 0x20 || b == b'"' || b == b'\\'),
            (skip_blank, |b| !matches!(b, b' ' | b'\n' | b'\r' | b'\t')),
            (skip_inside, |b| b < 0x20 || b == b'"' || b == b'}'),
        ];
        for (skip, stops) in cases {
            for filler in [b'a', 0x80, 0xff, b'#', b'!', b' ', b'\n'].into_iter().filter(|&filler| !stops(filler)) {
                for byte in 0..=255 {
                    for place in 0..20 {
                        let mut text = [filler; 20];
                        text[place] = byte;
                        let expected = if stops(byte) { place } else { 20 };
                        assert_eq!(skip(&text, 0), expected, "{byte} at {place} in {filler}");
                    }
                }
            }
        }
    }
}
