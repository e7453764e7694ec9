//! Which room shows.

use leptos::prelude::*;

use crate::{
    client::{calls, use_client, use_team},
    features::{
        automations::{AutomationPage, PlaceAutomations, TeamAutomations},
        collections::{CollectionList, CollectionPage},
        deliveries::{DeliveryPage, PlaceDeliveries, TeamDeliveries},
        events::{EventPage, EventsPage},
        nowhere::{NoTeam, Nowhere},
        place::PlaceFrame,
        reference::ReferencePage,
        settings::{KeysPage, WebhooksPage},
        wizard::WizardPage,
        workspace::Workspace,
    },
    part::{Ask, Part, part},
    route::{PlaceTab, Room, Route, use_router},
    ui::feedback::LoadError,
};

// The rooms that load when first entered, a function for each module. Each is given a route of its own.

part! {
    wizard: fn wizard(route: Route) {
        match route {
            Route::NewAutomation(place) => view! { <WizardPage place=place id=None /> }.into_any(),
            Route::EditAutomation(place, id) => view! { <WizardPage place=place id=Some(id) /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    automation: fn automation(route: Route) {
        match route {
            Route::Automation(place, id) => view! { <AutomationPage place=place id=id /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    deliveries: fn deliveries(route: Route) {
        match route {
            Route::Deliveries { entity } => view! { <TeamDeliveries entity=entity /> }.into_any(),
            Route::Delivery { entity, id } => view! { <DeliveryPage entity=entity id=id /> }.into_any(),
            Route::Place(place, _) => view! { <PlaceDeliveries place=place /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    collections: fn collections(route: Route) {
        match route {
            Route::Collection(place, name) => view! { <CollectionPage place=place name=name /> }.into_any(),
            Route::Place(place, _) => view! { <CollectionList place=place /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    events: fn events(route: Route) {
        match route {
            Route::Events { entity } => view! { <EventsPage entity=entity /> }.into_any(),
            Route::Event { entity, id } => view! { <EventPage entity=entity id=id /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    reference: fn reference(route: Route) {
        match route {
            Route::Reference { entity } => view! { <ReferencePage entity=entity /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    workspace: fn workspace(route: Route) {
        match route {
            Route::Place(place, _) => view! { <Workspace place=place /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    settings: fn settings(route: Route) {
        match route {
            Route::Settings { entity, room: Room::Keys } => view! { <KeysPage entity=entity /> }.into_any(),
            Route::Settings { entity, .. } => view! { <WebhooksPage entity=entity /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

/// Asks for the room of a route; none where it is there from the start.
fn ask(route: &Route) -> Option<Ask> {
    let module: fn(Route) -> Ask = match route {
        Route::NewAutomation(_) | Route::EditAutomation(..) => wizard,
        Route::Automation(..) => automation,
        Route::Deliveries { .. } | Route::Delivery { .. } | Route::Place(_, PlaceTab::History) => deliveries,
        Route::Collection(..) | Route::Place(_, PlaceTab::Collections) => collections,
        Route::Events { .. } | Route::Event { .. } => events,
        Route::Reference { .. } => reference,
        Route::Place(_, PlaceTab::Workspace) => workspace,
        Route::Settings { .. } => settings,
        Route::Start | Route::Automations { .. } | Route::Place(_, PlaceTab::Automations) | Route::Unknown(_) => {
            return None;
        }
    };
    Some(module(route.clone()))
}

/// The room of the route.
#[component]
pub fn Screen() -> impl IntoView {
    let router = use_router();
    // The pages of the settings that share one screen share one room: moving between them keeps it.
    let room = Memo::new(move |_| match router.route().get() {
        Route::Settings { entity, room: Room::Secrets } => Route::Settings { entity, room: Room::Webhooks },
        route => route,
    });
    live(move || {
        let route = room.get();
        match route {
            Route::Start => view! { <Start /> }.into_any(),
            Route::Automations { entity } => view! { <TeamAutomations entity=entity /> }.into_any(),
            Route::Unknown(_) => view! { <Nowhere /> }.into_any(),
            Route::Place(place, tab) => {
                let content = place.clone();
                view! {
                    <PlaceFrame place=place tab=tab>
                        {match ask(&Route::Place(content.clone(), tab)) {
                            Some(ask) => view! { <Part ask=ask /> }.into_any(),
                            None => view! { <PlaceAutomations place=content.clone() /> }.into_any(),
                        }}
                    </PlaceFrame>
                }
                .into_any()
            }
            route => ask(&route).map(|ask| view! { <Part ask=ask room=true /> }).into_any(),
        }
    })
}

/// Leads on to the reader's first team.
#[component]
fn Start() -> impl IntoView {
    let (client, router, team) = (use_client(), use_router(), use_team());
    let me = team.me();
    let first = Memo::new(move |_| {
        me.with(|me| me.value.as_ref().map(|me| me.entities.first().map(|team| team.entity.clone())))
    });
    Effect::new(move || {
        if let Some(Some(entity)) = first.get() {
            router.replace(&Route::Automations { entity });
        }
    });
    view! {
        {live(move || match (first.get(), me.with(|me| me.error.clone())) {
            (Some(None), _) => view! { <NoTeam /> }.into_any(),
            (None, Some(error)) => {
                view! {
                    <div class="page">
                        <h1 class="visually-hidden">"Hookboard"</h1>
                        <LoadError what="Your teams" why=error.words() on_retry=move || client.refresh(calls::ME) />
                    </div>
                }
                    .into_any()
            }
            _ => ().into_any(),
        })}
    }
}
