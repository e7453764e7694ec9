//! The one rule for names that people give: they can be read, told apart and addressed.

use crate::limits::{MAX_NAME, MAX_PLACE_NAME};
use crate::problem::FieldError;

/// What is wrong with a name of at most `max` characters, or nothing.
///
/// `.` and `..` cannot be addressed: browsers take them out of every URL. Characters that cannot be
/// seen, or that turn the direction of what follows, make two names look alike, or one look like
/// another (Unicode Technical Report 36, section 2.5).
pub fn check_name(name: &str, max: usize, at: &str) -> Option<FieldError> {
    let length = name.chars().count();
    let (code, message) = if name.trim().is_empty() {
        ("required", String::from("Give it a name that is not blank."))
    } else if length > max {
        ("too_long", format!("The name has {length} characters; {max} are allowed. Shorten it."))
    } else if let Some(unseen) = name.chars().find(|character| is_unseen(*character)) {
        let point = u32::from(unseen);
        ("control_character", format!("The name holds a character that cannot be seen, U+{point:04X}. Type it anew."))
    } else if name.starts_with(JOINERS) || name.ends_with(JOINERS) {
        ("control_character", String::from("The name starts or ends with a joiner that cannot be seen. Type it anew."))
    } else if name.trim() != name {
        ("outer_blank", String::from("The name starts or ends with a blank. Take it out."))
    } else if matches!(name, "." | "..") {
        ("reserved", String::from("The names . and .. cannot be addressed. Choose another."))
    } else {
        return None;
    };
    Some(FieldError::new(at, code, message))
}

/// What is wrong with the name of a registry, project, collection, run, metric, alias, tag or author,
/// or nothing.
pub fn check_place_name(name: &str, at: &str) -> Option<FieldError> {
    check_name(name, MAX_PLACE_NAME, at)
}

/// What is wrong with the name of a new user, or nothing: it is told apart at a glance, and stands in
/// addresses.
pub fn check_user_name(name: &str, at: &str) -> Option<FieldError> {
    check_name(name, MAX_NAME, at).or_else(|| {
        let fits = |character: char| character.is_ascii_alphanumeric() || "._-@".contains(character);
        (!name.chars().all(fits)).then(|| {
            let message =
                format!("A user's name has 1 to {MAX_NAME} letters (a to z), digits and . _ - @ only. Choose another.");
            FieldError::new(at, "malformed", message)
        })
    })
}

/// What is wrong with a text of one or more lines, or nothing: line breaks and tabs are its only
/// control characters.
pub fn check_text(text: &str, what: &str, at: &str) -> Option<FieldError> {
    let control = text.chars().find(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t'))?;
    let point = u32::from(control);
    let message = format!("The {what} holds a control character, U+{point:04X}. Take it out.");
    Some(FieldError::new(at, "control_character", message))
}

/// What scripts and emoji are spelled with, inside a word.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// Characters without a mark of their own, less the two joiners: controls, and those that turn the direction of a text
/// or take no place in it.
pub fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2800}' | '\u{3164}' | '\u{ffa0}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_read_told_apart_and_addressed() {
        for (name, code) in [
            ("fraud scorer/v2", None),
            ("Größe – λ 模型 👩\u{200d}🔬", None),
            ("می\u{200c}خواهم", None),
            (" ", Some("required")),
            ("..", Some("reserved")),
            ("a\nb", Some("control_character")),
            ("a\u{202e}b", Some("control_character")),
            ("a\u{200b}", Some("control_character")),
            ("\u{3164}", Some("control_character")),
            ("a\u{200d}", Some("control_character")),
            (" a", Some("outer_blank")),
            ("a\u{a0}", Some("outer_blank")),
        ] {
            assert_eq!(check_place_name(name, "/name").map(|error| error.code).as_deref(), code, "{name:?}");
        }
        assert!(check_place_name(&"x".repeat(129), "/name").is_some_and(|error| error.code == "too_long"));
        let error = check_name("a\u{202e}b", 64, "/name").map(|error| error.message);
        assert!(error.is_some_and(|message| message.contains("U+202E")));
    }
}
