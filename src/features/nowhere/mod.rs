//! Rooms that are not there, with a way on.

mod panel;

use leptos::prelude::*;

use crate::{
    client::{calls, use_client},
    part::Part,
    route::{Route, use_router},
    ui::{button::IconButton, icon::Glyph},
};

/// A room that is not there.
#[component]
pub fn Nowhere() -> impl IntoView {
    if !use_client().session().mode().is_page() {
        return view! { <Part ask=panel::not_here() plain=true /> }.into_any();
    }
    let router = use_router();
    view! {
        <div class="page">
            <div class="empty">
                <h1 tabindex="-1">"There is nothing here"</h1>
                <p>"The address leads nowhere, or to something you may not see."</p>
                <a class="button" href=router.href(&Route::Start)>
                    "Go home"
                </a>
            </div>
        </div>
    }
    .into_any()
}

/// What a reader sees who belongs to no team.
#[component]
pub fn NoTeam() -> impl IntoView {
    let client = use_client();
    view! {
        <div class="page">
            <div class="empty">
                <h1 tabindex="-1">"You belong to no team yet"</h1>
                <p>"An admin of a team can add you; then reload this page."</p>
                <IconButton glyph=Glyph::Retry label="Look again" on_press=move || client.refresh(calls::ME) />
            </div>
        </div>
    }
}
