//! Code and pairs of names and values.

use leptos::prelude::*;

/// A piece of painted JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Braces, quotes, commas, blanks.
    Mark,
    /// A key.
    Key,
    /// A text.
    Text,
    /// A number, `true`, `false`, `null`.
    Atom,
    /// Eight dots that stand for a secret.
    Secret,
}

/// Eight dots: what a secret is shown as.
pub const DOTS: &str = "••••••••";

/// Parts JSON text into inked pieces. Any text parts; the pieces together are the text.
pub fn ink(text: &str) -> Vec<(Ink, &str)> {
    let bytes = text.as_bytes();
    let mut pieces = Vec::new();
    let (mut start, mut at) = (0, 0);
    while at < bytes.len() {
        let (ink, end) = match bytes[at] {
            b'"' => {
                let end = string_end(bytes, at);
                let rest = text[end..].trim_start();
                let inside_end = if end > at + 1 && bytes[end - 1] == b'"' { end - 1 } else { end };
                if start < at + 1 {
                    pieces.push((Ink::Mark, &text[start..=at]));
                }
                let ink = if rest.starts_with(':') { Ink::Key } else { Ink::Text };
                secrets(&text[at + 1..inside_end], ink, &mut pieces);
                start = inside_end;
                at = end;
                continue;
            }
            b'-' | b'0'..=b'9' | b'a'..=b'z' => {
                let length = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
                (Ink::Atom, length.map_or(bytes.len(), |length| at + length))
            }
            _ => {
                at += 1;
                continue;
            }
        };
        if start < at {
            pieces.push((Ink::Mark, &text[start..at]));
        }
        pieces.push((ink, &text[at..end]));
        (start, at) = (end, end);
    }
    if start < text.len() {
        pieces.push((Ink::Mark, &text[start..]));
    }
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

/// Where the string that opens at `at` ends, its quote included.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            b'"' => return end + 1,
            b'\n' => return end,
            _ => end += 1,
        }
    }
    bytes.len()
}

fn secrets<'a>(text: &'a str, ink: Ink, pieces: &mut Vec<(Ink, &'a str)>) {
    let mut rest = text;
    while let Some(at) = rest.find(DOTS) {
        pieces.push((ink, &rest[..at]));
        pieces.push((Ink::Secret, &rest[at..at + DOTS.len()]));
        rest = &rest[at + DOTS.len()..];
    }
    pieces.push((ink, rest));
}

/// JSON indented by two; anything else as it is.
pub fn formatted(text: &str) -> String {
    serde_json::from_str::<serde_json::Value>(text)
        .ok()
        .and_then(|value| serde_json::to_string_pretty(&value).ok())
        .unwrap_or_else(|| text.to_owned())
}

/// Painted JSON text.
pub fn inked(text: &str) -> AnyView {
    let span = |(ink, piece): (Ink, &str)| {
        let piece = piece.to_owned();
        match ink {
            Ink::Mark => view! { <span class="json-mark">{piece}</span> }.into_any(),
            Ink::Key | Ink::Atom => view! { <span class="json-key">{piece}</span> }.into_any(),
            Ink::Text => view! { <span class="json-string">{piece}</span> }.into_any(),
            Ink::Secret => view! { <span class="var" data-group="secret">{piece}</span> }.into_any(),
        }
    };
    ink(text).into_iter().map(span).collect_view().into_any()
}

/// A block of code that scrolls by itself.
#[component]
pub fn CodeBlock(
    /// What it is called.
    label: &'static str,
    /// The text.
    text: String,
) -> impl IntoView {
    view! {
        <div class="codeblock" tabindex="0" role="region" aria-label=label data-wrap="">
            <pre>
                <code>{inked(&text)}</code>
            </pre>
        </div>
    }
}

/// Names and values, as headers are.
#[component]
pub fn Pairs(
    /// What they are called.
    label: &'static str,
    /// The pairs.
    pairs: Vec<(String, String)>,
) -> impl IntoView {
    let pair = |(name, value): (String, String)| {
        let value = match value.split_once(DOTS) {
            Some((before, after)) => view! {
                {before.to_owned()}
                <span class="var" data-group="secret">
                    {DOTS}
                </span>
                {after.to_owned()}
            }
            .into_any(),
            None => value.into_any(),
        };
        view! {
            <tr>
                <th scope="row">{name}</th>
                <td>{value}</td>
            </tr>
        }
    };
    view! {
        <table class="pairs" aria-label=label>
            <tbody>{pairs.into_iter().map(pair).collect_view()}</tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_together_are_the_text() {
        for text in [
            "",
            "{\"a\": [1, -2.5e3, true], \"b\\\"\": \"x\"}",
            "\"cut",
            "not json, é",
            "{\"s\":\"a••••••••b\"}",
            "\"a\\",
        ] {
            assert_eq!(ink(text).iter().map(|(_, piece)| *piece).collect::<String>(), text);
        }
    }

    #[test]
    fn keys_texts_atoms_and_secrets_are_told_apart() {
        let text = "{\"key\": \"text\", \"n\": 0.94, \"auth\": \"••••••••\"}";
        let inks: Vec<(Ink, &str)> = ink(text).into_iter().filter(|(ink, _)| *ink != Ink::Mark).collect();
        assert_eq!(
            inks,
            [
                (Ink::Key, "key"),
                (Ink::Text, "text"),
                (Ink::Key, "n"),
                (Ink::Atom, "0.94"),
                (Ink::Key, "auth"),
                (Ink::Secret, DOTS)
            ]
        );
    }

    #[test]
    fn formatting_leaves_what_is_not_json() {
        assert_eq!(formatted("{\"b\":1,\"a\":[]}"), "{\n  \"b\": 1,\n  \"a\": []\n}");
        assert_eq!(formatted("<html>"), "<html>");
    }
}
