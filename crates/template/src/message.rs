//! The words of each diagnostic: one line, what happened, then what to do.

use crate::prelude::*;
use core::ops::Range;

use crate::diagnostic::{Code, Diagnostic, excerpt};
use crate::variables::Variable;
use crate::{MAX_DEPTH, MAX_TEMPLATE_BYTES};

impl Diagnostic {
    pub(crate) fn too_large(size: usize) -> Self {
        let message = format!(
            "The payload has {size} bytes, and {MAX_TEMPLATE_BYTES} ({} KiB) are allowed. Shorten it.",
            MAX_TEMPLATE_BYTES / 1024
        );
        Self::new(Code::TooLarge, 0..size, message)
    }

    pub(crate) fn too_deep(span: Range<usize>) -> Self {
        let message = format!("This is nested more than {MAX_DEPTH} deep. Flatten it.");
        Self::new(Code::TooDeep, span, message)
    }

    /// `known`: the name that stands after the brace, if it is one; closing after it is the likely mend.
    pub(crate) fn unterminated(start: usize, end: usize, known: Option<&str>) -> Self {
        let message = "A variable that starts with ${ has no } on its line and in its string. Close it with }, or write $${ for the text ${.";
        let told = Self::new(Code::UnterminatedPlaceholder, start..end, message.into());
        match known {
            Some(name) => told.suggest(start..start + 2 + name.len(), format!("${{{name}}}")),
            None => told,
        }
    }

    pub(crate) fn empty(span: Range<usize>) -> Self {
        let message = "${} names no variable. Write a name between the braces, or $${} for the text ${}.";
        Self::new(Code::EmptyPlaceholder, span, message.into())
    }

    pub(crate) fn malformed(span: Range<usize>, inside: &str, mended: Option<String>) -> Self {
        let inside = excerpt(inside);
        let told = |advice: &str| {
            let message = format!("${{{inside}}} is not a variable's form. {advice}");
            Self::new(Code::MalformedPlaceholder, span.clone(), message)
        };
        match mended {
            Some(mended) => {
                let mended = format!("${{{mended}}}");
                told(&format!("Write {}.", excerpt(&mended))).suggest(span.clone(), mended)
            }
            None => told("Write ${name}, ${name:-default} or ${artifact_metadata.key}."),
        }
    }

    pub(crate) fn unknown(span: Range<usize>, name: &str, near: Option<&str>, mended: Option<String>) -> Self {
        let name = excerpt(name);
        let advice = match near {
            Some(near) => format!("Did you mean {}?", excerpt(near)),
            None => "Use a name of the payload reference or a secret of the webhook.".to_owned(),
        };
        let message = format!("There is no variable or secret \"{name}\". {advice}");
        let told = Self::new(Code::UnknownVariable, span.clone(), message);
        match mended {
            Some(mended) => told.suggest(span, format!("${{{mended}}}")),
            None => told,
        }
    }

    pub(crate) fn not_in_event(span: Range<usize>, inside: &str, variable: &Variable, default: &str) -> Self {
        let message = format!(
            "${{{}}} is blank for this event: {} carry {}.",
            excerpt(inside),
            variable.carried_by.phrase(),
            variable.noun
        );
        Self::new(Code::NotInEvent, span.clone(), message).suggest(span, format!("${{{inside}:-{default}}}"))
    }

    pub(crate) fn placeholder_as_key(text: &str, span: Range<usize>) -> Self {
        let placeholder = &text[span.clone()];
        let message = format!("{} stands where a key must stand. Put it in double quotes.", excerpt(placeholder));
        Self::new(Code::PlaceholderAsKey, span.clone(), message).suggest(span, format!("\"{placeholder}\""))
    }

    pub(crate) fn placeholder_in_key(text: &str, span: Range<usize>) -> Self {
        let message = format!(
            "{} is part of a key, so two keys may turn out the same. Use it in a value if you can.",
            excerpt(&text[span.clone()])
        );
        Self::new(Code::PlaceholderInKey, span, message)
    }

    /// `wanted`: what the JSON check expects, as the second half of a sentence.
    pub(crate) fn invalid_json(text: &str, span: Range<usize>, wanted: &str) -> Self {
        let message = if span.is_empty() {
            format!("The text ends too early: {wanted}.")
        } else if text[span.clone()].starts_with('\u{feff}') {
            "The text holds a byte order mark. Remove it.".to_owned()
        } else {
            let found = shown(&text[span.clone()]);
            format!("{} cannot stand here: {wanted}.", excerpt(&found))
        };
        Self::new(Code::InvalidJson, span, message)
    }
}

/// Text as a message may hold it: what has no look of its own, or ends a quotation, is spelled out.
pub(crate) fn shown(text: &str) -> String {
    let is_unseen = |character: char| {
        matches!(
            character,
            '\0'..='\u{1f}' | '"' | '\'' | '\\' | '\u{7f}'..='\u{a0}' | '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}'
                | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..
        )
    };
    let mut made = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) {
            made.extend(character.escape_default());
        } else {
            made.push(character);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        assert_eq!(shown("é😀 \n\"\u{301}\u{200b}\0"), "é😀 \\n\\\"\\u{301}\\u{200b}\\u{0}");
    }
}
