//! What is told of a panic: where it was and never what it says. A faulty slice or key prints the text it
//! failed on, which may hold a secret.

use std::panic::{PanicHookInfo, set_hook};

/// Logs each panic's place in place of printing its message.
pub fn log_places() {
    set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let thread = std::thread::current();
        tracing::error!(place, thread = thread.name(), "panicked");
    }));
}
