//! What stands where a list of automations has none, with the first step to one.

use hookboard_api::{account::Role, scope::PlaceKind};
use leptos::prelude::*;

use crate::{
    client::use_team,
    features::place::NewPlace,
    part::part,
    route::{Place, Query, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        feedback::Empty,
        icon::Glyph,
    },
};

part! {
    /// There are none, in `within` or the whole team, or none that match what is `sought`.
    extras: pub(super) fn nothing(within: Option<Place>, sought: Option<String>) {
        match sought {
            Some(sought) => view! { <NoMatch sought=sought /> },
            None => view! { <NoneYet within=within /> },
        }
    }
}

#[component]
fn NoMatch(
    /// The filters, in words.
    sought: String,
) -> impl IntoView {
    let router = use_router();
    view! {
        <Empty title="No automation matches" text=sought>
            <Button on_press=move || router.set_query(&Query::default())>"Clear filters"</Button>
        </Empty>
    }
}

#[component]
fn NoneYet(
    /// The registry or project; none is the whole team.
    within: Option<Place>,
) -> impl IntoView {
    let (router, admin) = (use_router(), use_team().refusal(Role::Admin));
    let (title, text) = match &within {
        Some(place) => (
            format!("No automations watch {} yet", place.name),
            match place.kind {
                PlaceKind::Registry => {
                    "An automation sends a webhook when a version is linked or an alias is added in any collection of this registry."
                }
                PlaceKind::Project => {
                    "An automation sends a webhook when a version is created, a run ends, or a metric crosses a limit in this project."
                }
            },
        ),
        None => (
            "No automations yet".to_owned(),
            "An automation watches a registry or a project. Open one, or make one, and create the first automation there.",
        ),
    };
    let first_step = match within {
        Some(place) => view! {
            <Button
                kind=ButtonKind::Primary
                glyph=Glyph::Plus
                refused=admin
                on_press=move || router.go(&Route::NewAutomation(place.clone()))
            >
                "Create automation"
            </Button>
        },
        None => view! {
            <NewPlace kind=PlaceKind::Registry />
            <NewPlace kind=PlaceKind::Project />
        },
    };
    view! {
        <Empty title=title text=text art=true>
            {first_step}
        </Empty>
    }
}
