//! Files as YAML 1.2, so that other readers take what is written, and faults are told by line and column. Pure.

use std::fmt;

use hookboard_api::limits::MAX_FILE_BYTES;
use hookboard_api::problem::ProblemCode;
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_saphyr::granit_parser::ErrorKind;
use serde_saphyr::{DoubleQuoted, Error, ExternalMessageSource, Options};

use crate::failure::Failure;

/// The shortest that a value is written in with what stands around it: a key, its mark and a digit, indented. Files of
/// the most bytes hold no more than so many.
const MAX_NODES: usize = MAX_FILE_BYTES / 4;
/// How much aliases may repeat, in the reader's events: what is written out has none, and by hand a payload is shared by
/// a hundred automations. What is nested in one another multiplies, within some hundred bytes.
const MAX_REPEATED: usize = 100_000;

/// Writes a file.
pub(super) fn write(file: &impl Serialize) -> Result<String, Failure> {
    serde_saphyr::to_string(&Written(&serde_json::to_value(file)?)).map_err(|error| {
        tracing::error!(%error, "a file could not be written");
        Failure::new(ProblemCode::Internal, "The file could not be written as YAML. Ask for format=json.")
    })
}

/// Reads a file of no form yet.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let line = before.matches('\n').count() + 1;
        unreadable(&format!("line {line} is not UTF-8. Save the file in that encoding"), &error)
    })?;
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| unreadable(&told(&error, text), &error))
}

/// As it is written out: `yes` is a word, and what begins with 0 no number in base 8 or 10.
fn options() -> Options {
    serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
        budget: serde_saphyr::budget! {
            max_nodes: MAX_NODES,
            max_events: 2 * MAX_NODES,
            max_recorded_anchor_events: MAX_REPEATED,
            // Many that repeat one thing are what aliases are for.
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
    }
}

/// A value as it is written.
struct Written<'v>(&'v Value);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            // As a block of lines, it is one that libyaml does not read.
            Value::String(text) if text.trim_start_matches('\n').starts_with('\t') => {
                DoubleQuoted(text).serialize(serializer)
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| list.serialize_element(&Written(item)))?;
                list.end()
            }
            Value::Object(members) => {
                let mut object = serializer.serialize_map(Some(members.len()))?;
                members.iter().try_for_each(|(name, value)| object.serialize_entry(name, &Written(value)))?;
                object.end()
            }
            other => other.serialize(serializer),
        }
    }
}

fn unreadable(words: &str, detail: &impl fmt::Display) -> Failure {
    Failure::new(ProblemCode::BadRequest, format!("The file is not YAML that can be read: {words}. In full: {detail}"))
}

/// Where the fault is, and what to do about it.
fn told(error: &Error, text: &str) -> String {
    let advice = advice(error, text);
    match error.location().filter(|location| location.line() > 0) {
        Some(location) => format!("line {}, column {}: {advice}", location.line(), location.column()),
        None => advice,
    }
}

fn advice(error: &Error, text: &str) -> String {
    match error {
        Error::WithSnippet { error, .. } | Error::AliasError { error, .. } => advice(error, text),
        Error::DuplicateMappingKey { key: Some(name), .. } => format!("\"{name}\" is given twice. Keep one"),
        Error::MultipleDocuments { .. } => "a second document begins with ---. Send one at a time".into(),
        Error::UnknownAnchor { .. } => unknown_anchor(),
        Error::NonFiniteFloat { value, .. } => format!("{value} is no number that is taken. Put a text in quotes"),
        Error::Budget { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => {
            "the file stands for more than is taken. Split it, and write out what * repeats".into()
        }
        Error::ExternalMessage { source, .. } => match &**source {
            ExternalMessageSource::Parser(error) => of_syntax(error.kind(), indented_by_tab(error, text)),
            _ => unknown(),
        },
        Error::Eof { .. } => "the file ends where more has to follow. Check that it is whole".into(),
        _ => unknown(),
    }
}

fn unknown() -> String {
    "what stands here is not as it has to be. Check the indentation, and put texts with special characters in quotes"
        .into()
}

fn unknown_anchor() -> String {
    "nothing before this has the name that * repeats. Put a text that begins with * in quotes".into()
}

/// Whether the line of the fault begins with a tab.
fn indented_by_tab(error: &serde_saphyr::granit_parser::ScanError, text: &str) -> bool {
    let line = text.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
    line[..line.len() - line.trim_start().len()].contains('\t')
}

fn of_syntax(kind: &ErrorKind, indented_by_tab: bool) -> String {
    match kind {
        _ if indented_by_tab => "a tab indents this line. Indent with spaces".into(),
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabAtBlockScalarStart
        | ErrorKind::TabInPlainScalar => "a tab stands where spaces have to. Replace it".into(),
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::SimpleKeyExpected
        | ErrorKind::InvalidSimpleKey
        | ErrorKind::InvalidMappingValueWhitespace => {
            "a colon stands where none can. Put a text that holds \": \" in quotes, and check the indentation".into()
        }
        ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::MisplacedFlowCollectionEnd
        | ErrorKind::MismatchedFlowCollectionEnd { .. }
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator => {
            "a bracket is not closed as it was opened, or a comma is missing. Check the brackets and commas before this"
                .into()
        }
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidTrailingSingleQuotedScalar
        | ErrorKind::InvalidTrailingDoubleQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => {
            "a quote is not closed, or more follows it. Check the quotes; one within a text in '…' is written twice"
                .into()
        }
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidUnicodeEscape => {
            "this \\ begins nothing that is known. Write \\\\ for one, or put the text in '…'".into()
        }
        ErrorKind::UnknownAnchor | ErrorKind::MissingAnchorOrAliasName => unknown_anchor(),
        ErrorKind::UnexpectedCharacter { character } => {
            format!("a text cannot begin with {character:?}. Put it in quotes")
        }
        ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::MappingKeyNotAllowed => {
            "this line is indented less or more than those it belongs to. Align it with them".into()
        }
        ErrorKind::RecursionLimitExceeded => "values stand in each other too deep. Write them flatter".into(),
        _ => unknown(),
    }
}

#[cfg(test)]
mod tests {
    use saphyr::{LoadableYamlNode, Yaml};
    use serde_json::json;

    use super::*;

    fn fault(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(Failure::Problem(problem)) => problem.detail,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_fault_is_told_by_line_and_column_with_what_to_do() {
        for (text, place, advice) in [
            ("a: 1\nb: [1, 2\n", "line 2", "Check the brackets"),
            ("a: 1\nname: Promote: to\n", "line 2", "in quotes"),
            ("a: 1\nname: @here\n", "line 2", "in quotes"),
            ("a: 1\nname: *here\n", "line 2", "Put a text that begins with * in quotes"),
            ("a:\n\tb: 1\n", "line 2", "Indent with spaces"),
            ("a: 1\na: 2\n", "line 2", "\"a\" is given twice. Keep one"),
            ("a: \"b\\qc\"\n", "line 1", "\\\\"),
            ("a: \"b\n", "line", "Check the quotes"),
            ("a:\n  b: 1\n c: 2\n", "line 3", "Align"),
            ("a: 1\n---\na: 2\n", "line 3", "Send one at a time"),
            ("a: .nan\n", "line 1", "in quotes"),
        ] {
            let words = fault(text);
            assert!(words.contains(place) && words.contains(advice), "{text:?}: {words}");
        }
        assert!(
            matches!(read(b"a: 1\nb: \xff\n"), Err(Failure::Problem(problem)) if problem.detail.contains("line 2"))
        );
    }

    #[test]
    fn what_is_repeated_is_bounded_and_a_shared_payload_is_not_much() {
        let level = |level: usize| {
            let item = level.checked_sub(1).map_or("x".to_owned(), |below| format!("*level{below}"));
            format!("level{level}: &level{level} [{}]\n", vec![item; 9].join(", "))
        };
        let text: String = (0..10).map(level).collect();
        assert!(fault(&text).contains("write out what * repeats"), "{}", fault(&text));
        let shared = format!("payload: &payload {{a: [1, 2, 3], b: {{c: d}}}}\nall:\n{}", "- *payload\n".repeat(500));
        assert_eq!(read(shared.as_bytes()).expect("read")["all"][499]["b"]["c"], "d");
    }

    #[test]
    fn what_is_written_is_read_back_the_same_by_this_and_another_reader() {
        for text in [
            "\tfirst",
            "\tfirst\nsecond",
            "\n\tfirst\n",
            "\n\n\tfirst",
            " first\n\tsecond\n",
            "first\n\tsecond",
            "\t",
            "\t\n",
            "first\n\t\nlast",
            "yes",
            "012",
            "1_000",
            "null",
            "~",
            "- a",
            "a: b",
            "# a",
            "",
            "\r\n",
            "\u{85}",
            "!a",
        ] {
            let file = json!({"automations": [{"name": text, "deep": {"list": [text, {"of": text}]}}]});
            let written = write(&file).unwrap_or_else(|failure| format!("{failure:?}"));
            assert_eq!(read(written.as_bytes()).ok(), Some(file), "{text:?}: {written}");
            let parsed = Yaml::load_from_str(&written).unwrap_or_default();
            let told = parsed.first().and_then(|yaml| yaml["automations"][0]["name"].as_str());
            assert_eq!(told, Some(text), "{written}");
            let is_block = written.lines().any(|line| line.trim_end().ends_with(['|', '>', '-', '+']));
            let starts_with_tab = text.trim_start_matches('\n').starts_with('\t');
            assert!(!(starts_with_tab && is_block && written.contains('|')), "{written}");
        }
    }
}
