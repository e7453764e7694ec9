//! Laying a template out anew: white space between JSON tokens only, so that what is sent means the same.

use crate::MAX_TEMPLATE_BYTES;
use crate::compile::analyze;
use crate::names::Names;
use crate::prelude::*;
use crate::token::TokenKind;

/// The template with one member or element a line, indented by two spaces. Strings and placeholders stay as written.
///
/// `None` where the text is not JSON, or would grow over [`MAX_TEMPLATE_BYTES`].
pub fn format(text: &str, names: &Names) -> Option<String> {
    let analysis = analyze(text, names);
    if !analysis.is_json {
        return None;
    }
    let mut laid = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    let mut in_string = false;
    let mut tokens = analysis.tokens.iter().peekable();
    while let Some(token) = tokens.next() {
        let piece = &text[token.span.range()];
        let mark = if token.kind == TokenKind::Punctuation { piece } else { "" };
        match mark {
            "\"" => {
                in_string = !in_string;
                laid.push('"');
            }
            "{" | "[" if !in_string => {
                laid.push_str(piece);
                // Two brackets with nothing between stay together.
                let next = tokens.peek().map(|next| &text[next.span.range()]);
                if matches!(next, Some("}" | "]")) {
                    laid.push_str(next.unwrap_or_default());
                    tokens.next();
                } else {
                    depth += 1;
                    new_line(&mut laid, depth);
                }
            }
            "}" | "]" if !in_string => {
                depth -= 1;
                new_line(&mut laid, depth);
                laid.push_str(piece);
            }
            "," if !in_string => {
                laid.push(',');
                new_line(&mut laid, depth);
            }
            ":" if !in_string => laid.push_str(": "),
            _ => laid.push_str(piece),
        }
        if laid.len() > MAX_TEMPLATE_BYTES {
            return None;
        }
    }
    Some(laid)
}

fn new_line(laid: &mut String, depth: usize) {
    laid.push('\n');
    laid.extend(core::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(text: &str) -> Option<String> {
        format(text, &Names::default())
    }

    #[test]
    fn one_member_a_line_and_placeholders_untouched() {
        assert_eq!(
            laid(r#" {"a":${ x },"b" :[ 1,{ } ,[]],"c":"{ , ${alias:- y } \" $${ }"}"#).as_deref(),
            Some(concat!(
                "{\n  \"a\": ${ x },\n  \"b\": [\n    1,\n    {},\n    []\n  ],\n",
                "  \"c\": \"{ , ${alias:- y } \\\" $${ }\"\n}"
            ))
        );
    }

    #[test]
    fn what_is_laid_out_stays_so() {
        let once = laid(r#"{"a":[{"b":${alias}}],"${tag}":{}}"#).unwrap();
        assert_eq!(laid(&once).as_deref(), Some(&*once));
    }

    #[test]
    fn broken_text_is_left_alone_and_size_is_bounded() {
        assert_eq!(laid("{\"a\":1,}"), None);
        let deep = "[".repeat(60) + &"1,".repeat(40_000) + "1" + &"]".repeat(60);
        assert_eq!(laid(&deep), None);
    }
}
