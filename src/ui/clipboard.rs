//! The clipboard.

use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::{icon::Glyph, toast::Toasts};

/// Puts `text` on the clipboard, and says that it did, or could not.
pub fn copy(toasts: Toasts, text: String, said: String) {
    spawn_local(async move {
        const REFUSED: &str = "The browser did not allow copying. Select the text and copy it.";
        let Some(window) = web_sys::window() else { return };
        // On plain http, but for this machine's own, browsers have no clipboard at all.
        if !window.is_secure_context() {
            toasts.fail(REFUSED);
            return;
        }
        match JsFuture::from(window.navigator().clipboard().write_text(&text)).await {
            Ok(_) => toasts.say(Glyph::Check, said),
            Err(_) => toasts.fail(REFUSED),
        }
    });
}
