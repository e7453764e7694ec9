//! What a mount's host wants to know and offers, each if it does.

use wasm_bindgen::JsValue;

/// A mount's host.
#[derive(Clone)]
pub struct Host {
    /// Told each call that changed something: method, path, and the answer's text.
    pub saved: Option<js_sys::Function>,
    /// Told that a part of the page did not come.
    pub missing: Option<js_sys::Function>,
    /// Joins other mounts of the browser: `public/embed/sharing.js`. Without it each is by itself.
    pub share: Option<js_sys::Function>,
}

// A host whose handler fails has its own error in the console.
impl Host {
    pub(super) fn tell_saved(&self, method: &str, path: &str, answer: &str) {
        if let Some(saved) = &self.saved {
            let _ = saved.call3(&JsValue::NULL, &method.into(), &path.into(), &answer.into());
        }
    }

    pub(super) fn tell_missing(&self) {
        if let Some(missing) = &self.missing {
            let _ = missing.call0(&JsValue::NULL);
        }
    }
}
