//! What the tab remembers: texts that live as long as it does.

use serde::{Serialize, de::DeserializeOwned};

/// What is kept under `key`. What an older page wrote and this one cannot read counts as nothing.
pub fn load<T: DeserializeOwned>(key: &str) -> Option<T> {
    super::read(&storage()?.get_item(key).ok()??)
}

/// Keeps `value` under `key`.
pub fn save(key: &str, value: &impl Serialize) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(value)) {
        // A tab that may not store forgets it on reload, and nothing else.
        let _ = storage.set_item(key, &text);
    }
}

/// Forgets what is kept under `key`.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

pub(super) fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
