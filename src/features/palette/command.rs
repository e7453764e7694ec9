//! Commands that a room carries out: the address says that it is to, and says so no more once it was done.

use leptos::prelude::*;

use crate::route::use_router;

/// The parameter of the address.
pub(super) const COMMAND: &str = "do";

/// Does what `word` stands for when the address asks for it, now or later.
pub fn on_command(word: &'static str, run: impl Fn() + 'static) {
    let router = use_router();
    let asked = router.param(COMMAND);
    Effect::new(move || {
        if asked.with(|asked| asked.as_deref() == Some(word)) {
            router.set_param(COMMAND, None);
            run();
        }
    });
}
