//! Which room shows.

use leptos::prelude::*;

use super::{
    frame::{NoTeam, Nowhere},
    use_team,
};
use crate::{
    route::{Route, use_router},
    ui::feedback::LoadError,
};

/// The room of the route.
#[component]
pub fn Screen() -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    move || match router.route().get() {
        Route::Start => view! { <Start /> }.into_any(),
        _ => { let _ = team; view! { <Nowhere /> }.into_any() }
    }
}

/// Leads on to the reader's first team.
#[component]
fn Start() -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let client = crate::client::use_client();
    let me = team.me();
    let first = Memo::new(move |_| me.with(|me| me.value.as_ref().map(|me| me.entities.first().map(|team| team.entity.clone()))));
    Effect::new(move |_| {
        if let Some(Some(entity)) = first.get() {
            router.replace(&Route::Automations { entity });
        }
    });
    move || {
        let error = me.with(|me| me.error.clone());
        match (first.get(), error) {
            (Some(None), _) => view! { <NoTeam /> }.into_any(),
            (None, Some(error)) => {
                view! {
                    <div class="page">
                        <h1 class="visually-hidden">"Hookboard"</h1>
                        <LoadError what="Your teams" why=error.words() on_retry=move |()| client.refresh("/me") />
                    </div>
                }
                    .into_any()
            }
            _ => ().into_any(),
        }
    }
}
