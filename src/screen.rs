//! Which room shows.

use leptos::prelude::*;

use crate::{
    client::{calls, use_client, use_team},
    features::{
        automations::{AutomationPage, PlaceAutomations, TeamAutomations},
        collections::{CollectionList, CollectionPage},
        deliveries::{DeliveryPage, PlaceDeliveries, TeamDeliveries},
        events::{EventPage, EventsPage},
        home::HomePage,
        nowhere::{NoTeam, Nowhere},
        place::PlaceFrame,
        reference::ReferencePage,
        settings::{AuditPage, KeysPage, MembersPage, SourcesPage, WebhooksPage},
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
    home: fn home(route: Route) {
        match route {
            Route::Team { entity, .. } => view! { <HomePage entity=entity /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    list: fn list(route: Route) {
        match route {
            Route::Team { entity, .. } => view! { <TeamAutomations entity=entity /> }.into_any(),
            Route::Place(place, _) => view! { <PlaceAutomations place=place /> }.into_any(),
            _ => ().into_any(),
        }
    }
}

part! {
    rooms: fn rooms(route: Route) {
        match route {
            Route::Team { entity, room: Room::Deliveries } => view! { <TeamDeliveries entity=entity /> }.into_any(),
            Route::Team { entity, room: Room::Events } => view! { <EventsPage entity=entity /> }.into_any(),
            Route::Team { entity, .. } => view! { <ReferencePage entity=entity /> }.into_any(),
            Route::Automation(place, id) => view! { <AutomationPage place=place id=id /> }.into_any(),
            Route::Delivery { entity, id } => view! { <DeliveryPage entity=entity id=id /> }.into_any(),
            Route::Event { entity, id } => view! { <EventPage entity=entity id=id /> }.into_any(),
            Route::Collection(place, name) => view! { <CollectionPage place=place name=name /> }.into_any(),
            Route::Place(place, PlaceTab::Collections) => view! { <CollectionList place=place /> }.into_any(),
            Route::Place(place, _) => view! { <PlaceDeliveries place=place /> }.into_any(),
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
            Route::Team { entity, room } => match room {
                Room::Keys => view! { <KeysPage entity=entity /> }.into_any(),
                Room::Members => view! { <MembersPage entity=entity /> }.into_any(),
                Room::Sources => view! { <SourcesPage entity=entity /> }.into_any(),
                Room::Audit => view! { <AuditPage entity=entity /> }.into_any(),
                _ => view! { <WebhooksPage entity=entity /> }.into_any(),
            },
            _ => ().into_any(),
        }
    }
}

/// Asks for the room of a route; none where it is there from the start.
fn ask(route: &Route) -> Option<Ask> {
    let module: fn(Route) -> Ask = match route {
        Route::NewAutomation(_) | Route::EditAutomation(..) => wizard,
        Route::Place(_, PlaceTab::Workspace) => workspace,
        Route::Team { room, .. } if room.is_setting() => settings,
        _ if is_list(route) => list,
        Route::Team { room: Room::Home, .. } => home,
        Route::Start | Route::Unknown(_) => return None,
        _ => rooms,
    };
    Some(module(route.clone()))
}

/// Whether the page's own style is enough for the room.
const fn is_plain(route: &Route) -> bool {
    is_list(route) || matches!(route, Route::Team { room: Room::Home, .. })
}

/// Whether the room is a list of automations.
const fn is_list(route: &Route) -> bool {
    matches!(route, Route::Team { room: Room::Automations, .. } | Route::Place(_, PlaceTab::Automations))
}

/// The room of the route.
#[component]
pub fn Screen() -> impl IntoView {
    let router = use_router();
    // The pages of the settings that share one screen share one room: moving between them keeps it.
    let room = Memo::new(move |_| match router.route().get() {
        Route::Team { entity, room: Room::Secrets } => Room::Webhooks.of(entity),
        route => route,
    });
    live(move || {
        let route = room.get();
        let plain = is_plain(&route);
        if let Route::Place(place, tab) = &route {
            let (place, tab) = (place.clone(), *tab);
            let content = move || ask(&route).map(|ask| view! { <Part ask=ask plain=plain /> });
            return view! {
                <PlaceFrame place=place tab=tab>
                    {content()}
                </PlaceFrame>
            }
            .into_any();
        }
        match (ask(&route), route) {
            (Some(ask), _) => view! { <Part ask=ask plain=plain room=true /> }.into_any(),
            (None, Route::Start) => view! { <Start /> }.into_any(),
            (None, _) => view! { <Nowhere /> }.into_any(),
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
            router.replace(&Room::Home.of(entity));
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
