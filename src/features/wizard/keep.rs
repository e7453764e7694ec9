//! Drafts live as long as the tab, one per place and one per automation edited.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use crate::{
    client::read,
    route::{Place, Route},
};

#[derive(Serialize, Deserialize)]
struct Kept {
    draft: Draft,
    template: String,
}

/// Where the draft of a room is kept.
pub fn key(place: &Place, id: Option<&str>) -> String {
    let route = match id {
        Some(id) => Route::EditAutomation(place.clone(), id.to_owned()),
        None => Route::NewAutomation(place.clone()),
    };
    format!("hookboard.draft{}", route.path())
}

/// The draft kept, with the payload's text. What an older page wrote and this one cannot read counts as none.
pub fn load(key: &str) -> Option<(Draft, String)> {
    let text = storage()?.get_item(key).ok()??;
    let Kept { draft, template } = read(&text)?;
    Some((draft, template))
}

/// Keeps a draft.
pub fn save(key: &str, draft: Draft, template: String) {
    if let (Some(storage), Ok(text)) = (storage(), serde_json::to_string(&Kept { draft, template })) {
        // A tab that may not store loses the draft on reload, and nothing else.
        let _ = storage.set_item(key, &text);
    }
}

/// Forgets a draft.
pub fn forget(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}
