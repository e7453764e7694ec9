//! A small thing in a line: an alias, a tag, who uses a secret.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// Its words, cut where they are long and whole on hover.
#[component]
pub fn Chip(
    /// What it is.
    #[prop(optional, into)]
    glyph: Option<Glyph>,
    /// What it is called.
    #[prop(into)]
    words: String,
    /// What it is for.
    #[prop(optional, into)]
    role: Option<String>,
) -> impl IntoView {
    let title = words.clone();
    view! {
        <span class="chip">
            {glyph.map(|glyph| view! { <Icon glyph=glyph /> })}
            <span class="truncate" title=title>
                {words}
            </span>
            {role.map(|role| view! { <span class="muted">{role}</span> })}
        </span>
    }
}
