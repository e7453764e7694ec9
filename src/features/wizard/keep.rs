//! Drafts live as long as the tab, one per place and one per automation edited.

use serde::{Deserialize, Serialize};

use super::draft::Draft;
use crate::{
    client::tab,
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

/// The draft kept, with the payload's text.
pub fn load(key: &str) -> Option<(Draft, String)> {
    let Kept { draft, template } = tab::load(key)?;
    Some((draft, template))
}

/// Keeps a draft.
pub fn save(key: &str, draft: Draft, template: String) {
    tab::save(key, &Kept { draft, template });
}

/// Forgets a draft.
pub fn forget(key: &str) {
    tab::forget(key);
}
