//! Mends that the language itself does not propose: bare words that are not JSON.

use hookboard_api::template::{Code, Diagnostic, Suggestion};

/// Puts bare text between quotes: a word, text beside a placeholder, text in single quotes. `True`, `None` and their like
/// become what JSON calls them.
pub(super) fn mend(text: &str, told: &Diagnostic) -> Option<Suggestion> {
    if told.code != Code::InvalidJson || told.span.is_empty() {
        return None;
    }
    let (opened, from) = last_mark(text, told.span.start)?;
    let start = from + text[from..].len() - text[from..].trim_start().len();
    if text[start..].starts_with(['"', '{', '[', '}', ']', ':', ',']) || start > told.span.start {
        return None;
    }
    // What stands before a colon is a key.
    let end = end_of(text, told.span.start, opened != ':')?;
    let bare = text[start..end].trim_end();
    let inner = bare.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(bare);
    if inner.is_empty() {
        return None;
    }
    // As other languages write what JSON has a word for. A key is text, whatever it says.
    let is_key = text[end..].starts_with(':');
    let replacement = match bare {
        "True" | "TRUE" if !is_key => "true".to_owned(),
        "False" | "FALSE" if !is_key => "false".to_owned(),
        "None" | "Null" | "NULL" | "nil" | "undefined" if !is_key => "null".to_owned(),
        _ => format!("\"{}\"", inner.replace('\\', "\\\\")),
    };
    Some(Suggestion { span: (start..start + bare.len()).into(), replacement })
}

/// The last of `{[,:` outside strings and placeholders before `end`, and where what follows it starts.
fn last_mark(text: &str, end: usize) -> Option<(char, usize)> {
    let (mut last, mut at) = (None, 0);
    while at < end {
        let rest = &text[at..];
        let one = rest.chars().next()?;
        match one {
            '"' => at += string_length(rest)?,
            '$' if rest.starts_with("${") => at += rest.find('}').unwrap_or(0) + 1,
            _ => {
                at += one.len_utf8();
                if matches!(one, '{' | '[' | ',' | ':') {
                    last = Some((one, at));
                }
            }
        }
    }
    last
}

/// Where bare text ends; none where a string stands in it.
fn end_of(text: &str, from: usize, is_key: bool) -> Option<usize> {
    let mut at = from;
    while let Some(one) = text[at..].chars().next() {
        match one {
            ',' | '}' | ']' | '\n' | '\r' => break,
            ':' if is_key => break,
            '"' | '{' | '[' => return None,
            '$' if text[at..].starts_with("${") => at += text[at..].find('}')? + 1,
            _ => at += one.len_utf8(),
        }
    }
    Some(at)
}

/// The bytes of the string that a text starts with, its quotes included.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    });
    end.map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use hookboard_api::template::{Names, compile};

    use super::*;

    /// The text as it is after the mend of its first problem.
    fn mended(text: &str) -> Option<String> {
        let told = compile(text, &Names::default()).diagnostics.into_iter().next()?;
        let mend = mend(text, &told)?;
        let mut text = text.to_owned();
        text.replace_range(mend.span.range(), &mend.replacement);
        assert_eq!(compile(&text, &Names::default()).diagnostics, [], "{text}");
        Some(text)
    }

    #[test]
    fn bare_text_gets_quotes_and_words_of_other_languages_become_jsons() {
        for (text, expected) in [
            (r#"{"a": hello}"#, r#"{"a": "hello"}"#),
            (r#"{"a": nightly, "b": 1}"#, r#"{"a": "nightly", "b": 1}"#),
            (r#"{"a": by ${event_author} today }"#, r#"{"a": "by ${event_author} today" }"#),
            (r#"{"a": ${event_author}-x}"#, r#"{"a": "${event_author}-x"}"#),
            (r#"{"a": True, "b": 1}"#, r#"{"a": true, "b": 1}"#),
            (r#"{"a": [NULL]}"#, r#"{"a": [null]}"#),
            (r"{True: 1}", r#"{"True": 1}"#),
            (r#"{"a": 1.2.3}"#, r#"{"a": "1.2.3"}"#),
            (r"{a: 1}", r#"{"a": 1}"#),
            (r#"{"x": "}:,", 'b c': 1}"#, r#"{"x": "}:,", "b c": 1}"#),
            (r#"{"a": ['x', 2]}"#, r#"{"a": ["x", 2]}"#),
            ("{\"a\": C:\\temp\n}", "{\"a\": \"C:\\\\temp\"\n}"),
        ] {
            assert_eq!(mended(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_lacks_something_else_is_left() {
        for text in [
            r#"{"a": "#,
            r#"{"a" 1}"#,
            r#"{"a": "x" y}"#,
            r#"{"a": "b"#,
            r#"{"a": 1,}"#,
            "hello",
            "{}}",
            r#"{"a": x "y"}"#,
        ] {
            assert_eq!(mended(text), None, "{text}");
        }
    }
}
