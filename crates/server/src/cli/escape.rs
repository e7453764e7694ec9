//! Texts of somebody else's, as a terminal may be given them.

use hookboard_api::name::is_unseen;

/// A text of somebody else's for the terminal: what could steer it, or show another order than there is, as it is
/// escaped.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_unseen(character) && !matches!(character, '\n' | '\t') {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_or_turns_a_text_is_escaped() {
        assert_eq!(shown("a\u{1b}[2J\u{202e}b\r\u{200b}"), "a\\u{1b}[2J\\u{202e}b\\u{d}\\u{200b}");
        assert_eq!(shown("Größe\t模型\n👩\u{200d}🔬"), "Größe\t模型\n👩\u{200d}🔬");
    }
}
