//! What is painted: the visible lines of a text, parted into pieces of one look. Pure; the cost of a
//! call grows with what is visible, not with the text.

use std::ops::Range;

use hookboard_api::template::{Code, Diagnostic, Group, MarkedSpan, Severity, Token, TokenKind, VariableState};

use crate::ui::code::{Ink, ink};

/// A line longer than this is painted only where it is visible.
const LONG: usize = 2_000;

/// A piece of one look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) class: &'static str,
    /// Where the value comes from, for variables and their values.
    pub(super) group: Option<&'static str>,
    pub(super) blank: bool,
    /// Which placeholder of the template it is.
    pub(super) slot: Option<usize>,
    /// Columns left free in place of text that is out of sight.
    pub(super) skip: usize,
}

/// The pieces of one line.
pub(super) type Line = Vec<Piece>;

/// Where lines start, in bytes; the first starts at 0.
pub(super) fn starts(text: &str) -> Vec<usize> {
    let mut starts = Vec::with_capacity(text.len() / 24 + 1);
    starts.push(0);
    starts.extend(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1));
    starts
}

/// The line that `at` lies in.
pub(super) fn line_of(starts: &[usize], at: usize) -> usize {
    starts.partition_point(|start| *start <= at).saturating_sub(1)
}

/// The text of a line, without its break.
pub(super) fn range_of(starts: &[usize], text: &str, line: usize) -> Range<usize> {
    let start = starts.get(line).copied().unwrap_or(text.len());
    let end = starts.get(line + 1).map_or(text.len(), |next| next - 1);
    start..end.max(start)
}

/// The byte of a UTF-16 offset, as text fields count.
pub(super) fn byte_at(text: &str, units: usize) -> usize {
    if text.is_ascii() {
        return units.min(text.len());
    }
    let mut count = 0;
    for (at, character) in text.char_indices() {
        if count >= units {
            return at;
        }
        count += character.len_utf16();
    }
    text.len()
}

/// The UTF-16 offset of a byte.
pub(super) fn units_at(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or(text);
    if before.is_ascii() { before.len() } else { before.encode_utf16().count() }
}

/// The part of a line that is worth painting, and the columns skipped before it.
fn seen(text: &str, line: Range<usize>, columns: &Range<usize>) -> (Range<usize>, usize) {
    if line.len() <= LONG {
        return (line, 0);
    }
    let floor = |at: usize| {
        let mut at = at.min(line.end);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(line.start + columns.start);
    (start..floor(line.start + columns.end), text[line.start..start].chars().count())
}

/// Visible lines of a template.
pub(super) fn of_template(
    text: &str,
    starts: &[usize],
    tokens: &[Token],
    diagnostics: &[Diagnostic],
    visible: Range<usize>,
    columns: &Range<usize>,
) -> Vec<Line> {
    let first = starts.get(visible.start).copied().unwrap_or(text.len());
    let last = range_of(starts, text, visible.end.saturating_sub(1)).end;
    let near: Vec<&Diagnostic> = diagnostics[..diagnostics.partition_point(|one| one.span.start <= last)]
        .iter()
        // At fault as a whole: a line under all of it says nothing.
        .filter(|one| one.span.end > first && !matches!(one.code, Code::TooLarge | Code::NotAnObject))
        .collect();
    let mut at = tokens.partition_point(|token| token.span.end <= first);
    let mut slot = tokens[..at].iter().filter(|token| is_variable(token)).count();
    visible
        .map(|line| {
            let (range, skip) = seen(text, range_of(starts, text, line), columns);
            let mut pieces = spacer(skip);
            let mut done = range.start;
            let mut index = at;
            let mut own = slot;
            while let Some(token) = tokens.get(index).filter(|token| token.span.start < range.end) {
                let (start, end) = (token.span.start.max(done), token.span.end.min(range.end));
                if start < end {
                    push(&mut pieces, text, done..start, Piece::default(), &near);
                    push(&mut pieces, text, start..end, look(token.kind, own), &near);
                    done = end;
                }
                if token.span.end > range.end {
                    break;
                }
                own += usize::from(is_variable(token));
                index += 1;
            }
            (at, slot) = (index, own);
            push(&mut pieces, text, done..range.end, Piece::default(), &near);
            pieces
        })
        .collect()
}

fn is_variable(token: &Token) -> bool {
    matches!(token.kind, TokenKind::Variable { .. })
}

fn look(kind: TokenKind, slot: usize) -> Piece {
    let class = match kind {
        TokenKind::Key => "json-key",
        TokenKind::String => "json-string",
        TokenKind::Atom => "json-atom",
        TokenKind::Punctuation | TokenKind::Escape => "json-mark",
        TokenKind::Invalid => "json-invalid",
        TokenKind::Variable { group, state } => {
            let group = group.filter(|_| state != VariableState::Faulty);
            return Piece { class: "var", group: group.map(Group::as_str), slot: Some(slot), ..Piece::default() };
        }
    };
    Piece { class, ..Piece::default() }
}

/// Adds the text of `range`, parted where underlines start and end.
fn push(pieces: &mut Line, text: &str, range: Range<usize>, look: Piece, diagnostics: &[&Diagnostic]) {
    let mut at = range.start;
    while at < range.end {
        let (class, end) = under(diagnostics, at, range.end);
        let piece = Piece { text: text[at..end].to_owned(), ..look.clone() };
        let class = match (class, look.class) {
            ("", class) => class,
            ("underline-warning", "var") => "var underline-warning",
            (_, "var") => "var underline-error",
            (class, _) => class,
        };
        pieces.push(Piece { class, ..piece });
        at = end;
    }
}

/// The underline at `at`, and how far it goes, at most to `end`.
fn under(diagnostics: &[&Diagnostic], at: usize, end: usize) -> (&'static str, usize) {
    let mut class = "";
    let mut stop = end;
    for one in diagnostics {
        let span = one.span;
        if span.start > at {
            stop = stop.min(span.start);
            break;
        }
        if at < span.end {
            stop = stop.min(span.end);
            if class != "underline-error" {
                class = if one.severity == Severity::Error { "underline-error" } else { "underline-warning" };
            }
        }
    }
    (class, stop)
}

/// Visible lines of a rendered body.
pub(super) fn of_body(
    body: &str,
    starts: &[usize],
    spans: &[MarkedSpan],
    visible: Range<usize>,
    columns: &Range<usize>,
) -> Vec<Line> {
    let first = starts.get(visible.start).copied().unwrap_or(body.len());
    let mut slot = spans.partition_point(|span| span.body.end < first);
    visible
        .map(|line| {
            let whole = range_of(starts, body, line);
            let (range, skip) = seen(body, whole.clone(), columns);
            let mut pieces = spacer(skip);
            // No string goes on over a line's end, so each line can be inked alone. Of a long line
            // only the part in sight is: it may start within a string, and then is inked as one that does not.
            let mut at = range.start;
            for (ink, piece) in ink(&body[range.clone()]) {
                let end = at + piece.len();
                while let Some(span) = spans.get(slot).filter(|span| span.body.start < end || span.body.end <= at) {
                    let (from, to) = (span.body.start.clamp(at, end), span.body.end.clamp(at, end));
                    text(&mut pieces, &body[at..from], ink);
                    value(&mut pieces, &body[from..to], span, slot);
                    at = to;
                    if span.body.end > end {
                        break;
                    }
                    slot += 1;
                }
                text(&mut pieces, &body[at..end], ink);
                at = end;
            }
            while let Some(span) = spans.get(slot).filter(|span| span.body.end <= whole.end) {
                if span.body.start >= range.start && span.body.is_empty() {
                    value(&mut pieces, "", span, slot);
                }
                slot += 1;
            }
            pieces
        })
        .collect()
}

fn text(pieces: &mut Line, text: &str, ink: Ink) {
    let class = match ink {
        Ink::Mark => "json-mark",
        Ink::Key => "json-key",
        Ink::Atom => "json-atom",
        Ink::Text | Ink::Secret => "json-string",
    };
    if !text.is_empty() {
        pieces.push(Piece { text: text.to_owned(), class, ..Piece::default() });
    }
}

fn value(pieces: &mut Line, text: &str, span: &MarkedSpan, slot: usize) {
    let text = if text.is_empty() && span.blank { "blank" } else { text };
    if !text.is_empty() {
        let group = Some(span.group.as_str());
        pieces.push(Piece { text: text.to_owned(), class: "var", group, blank: span.blank, slot: Some(slot), skip: 0 });
    }
}

fn spacer(skip: usize) -> Line {
    if skip == 0 { Vec::new() } else { vec![Piece { skip, ..Piece::default() }] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::template::{Masked, Names, analyze};
    use serde_json::json;

    const ALL: Range<usize> = 0..1_000_000;

    fn painted(text: &str) -> Vec<Line> {
        let analysis = analyze(text, &Names::default());
        let starts = starts(text);
        of_template(text, &starts, &analysis.tokens, &analysis.compiled.diagnostics, 0..starts.len(), &ALL)
    }

    fn joined(lines: &[Line]) -> String {
        let line = |line: &Line| line.iter().map(|piece| piece.text.as_str()).collect::<String>();
        lines.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn the_paint_is_the_text_character_for_character() {
        for text in [
            "",
            "\n\n",
            "{\n  \"a\": \"${alias} é ${\",\n\t\"b\": ${nope}, x\n}\n",
            "{\"a\":1}\n}",
            "\"\u{1f600}${tag:-\u{e9}}",
        ] {
            assert_eq!(joined(&painted(text)), text);
        }
    }

    #[test]
    fn a_window_paints_the_same_as_the_whole() {
        let text = "{\n  \"a\": \"${alias}\",\n  \"b\": \"${tag}${alias}\",\n  \"c\": ${nope},\n  \"d\": 1\n}";
        let analysis = analyze(text, &Names::default());
        let starts = starts(text);
        let whole = painted(text);
        for from in 0..whole.len() {
            let window =
                of_template(text, &starts, &analysis.tokens, &analysis.compiled.diagnostics, from..whole.len(), &ALL);
            assert_eq!(window, whole[from..]);
        }
    }

    #[test]
    fn values_and_blanks_are_told_from_what_is_written() {
        let text =
            "{\n  \"a\": \"x${alias}y\",\n  \"b\": \"${tag}\",\n  \"c\": ${tag},\n  \"d\": ${artifact_metadata}\n}";
        let template = analyze(text, &Names::default()).compiled.template.expect("sound");
        let values = json!({"alias": "production", "artifact_metadata": {"k": "v"}});
        let marked = template.render_marked(&Masked { values: values.as_object().expect("object") }).expect("fits");
        let starts = starts(&marked.body);
        let lines = of_body(&marked.body, &starts, &marked.spans, 0..starts.len(), &ALL);
        let values: Vec<(String, bool)> = lines
            .iter()
            .flatten()
            .filter(|piece| piece.slot.is_some())
            .map(|piece| (piece.text.clone(), piece.blank))
            .collect();
        let of = |slot| {
            let pieces = lines.iter().flatten().filter(move |piece| piece.slot == Some(slot));
            pieces.map(|piece| piece.text.as_str()).collect::<String>()
        };
        assert_eq!(values[0], ("production".to_owned(), false));
        assert_eq!(values[1], ("blank".to_owned(), true));
        assert_eq!((of(2), of(3)), ("null".to_owned(), "{\"k\":\"v\"}".to_owned()));
        let without_blank = joined(&lines).replacen("\"blank\"", "\"\"", 1);
        assert_eq!(without_blank, marked.body);
    }

    #[test]
    fn a_long_line_is_painted_where_it_is_seen() {
        let text = format!("{{\"a\":\"{}\"}}", "é${alias}".repeat(1_000));
        let analysis = analyze(&text, &Names::default());
        let starts = starts(&text);
        let lines =
            of_template(&text, &starts, &analysis.tokens, &analysis.compiled.diagnostics, 0..1, &(3_000..3_200));
        let painted: usize = lines[0].iter().map(|piece| piece.text.len()).sum();
        assert!((150..=200).contains(&painted), "{painted}");
        assert!(lines[0][0].skip > 2_000);
    }

    #[test]
    fn offsets_of_text_fields_are_utf_16() {
        let text = "a\u{1f600}é\"";
        for (byte, _) in text.char_indices() {
            assert_eq!(byte_at(text, units_at(text, byte)), byte);
        }
        assert_eq!(units_at(text, 5), 3);
    }
}
