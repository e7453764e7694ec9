//! What commands write, for terminals and for what is behind a pipe.

use std::io::{IsTerminal as _, Write as _};

use hookboard_api::name::is_unseen;
use serde::Serialize;

use super::error::Error;

/// Writes a line to the standard output. Who reads it may have had enough, as `head` has; what cannot be written
/// else is a failure.
pub(super) fn print(text: &str) -> Result<(), Error> {
    write_out(&format!("{text}\n"))
}

/// Writes a text as it is.
pub(super) fn write_out(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Error::Usage(format!("the output cannot be written: {error}. Check the disk.")))
        }
        _ => Ok(()),
    }
}

/// Writes a line beside the output. Who reads it may have had enough, too.
pub fn remark(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

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

/// Writes an answer as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Error> {
    print(&serde_json::to_string_pretty(value).map_err(|error| Error::Unreachable(error.to_string()))?)
}

/// Whether a person reads the standard output.
pub(super) fn is_read_by_people() -> bool {
    std::io::stdout().is_terminal()
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
