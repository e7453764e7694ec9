//! What commands write, for terminals and for what is behind a pipe.

use std::io::{IsTerminal as _, Write as _};

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

/// Writes an answer as JSON.
pub(super) fn print_json(value: &impl Serialize) -> Result<(), Error> {
    print(&serde_json::to_string_pretty(value).map_err(|error| Error::Unreachable(error.to_string()))?)
}

/// Whether a person reads the standard output.
pub(super) fn is_read_by_people() -> bool {
    std::io::stdout().is_terminal()
}
