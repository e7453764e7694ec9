//! Which room shows.

use leptos::prelude::*;

use crate::{
    client::{calls, use_client, use_team},
    features::{
        automations::{AutomationPage, PlaceAutomations, TeamAutomations},
        collections::CollectionList,
        deliveries::{DeliveryPage, PlaceDeliveries, TeamDeliveries},
        nowhere::{NoTeam, Nowhere},
        place::PlaceFrame,
        settings::{KeysPage, WebhooksPage},
        wizard::WizardPage,
    },
    part::{Part, part},
    route::{Place, PlaceTab, Room, Route, use_router},
    ui::feedback::LoadError,
};

part! { wizard: fn wizard(place: Place, id: Option<String>) { view! { <WizardPage place=place id=id /> } } }
part! { automation: fn automation(place: Place, id: String) { view! { <AutomationPage place=place id=id /> } } }
part! { deliveries: fn deliveries(entity: String) { view! { <TeamDeliveries entity=entity /> } } }
part! { deliveries: fn place_deliveries(place: Place) { view! { <PlaceDeliveries place=place /> } } }
part! { deliveries: fn delivery(entity: String, id: String) { view! { <DeliveryPage entity=entity id=id /> } } }
part! { collections: fn collections(place: Place) { view! { <CollectionList place=place /> } } }
part! { settings: fn keys(entity: String) { view! { <KeysPage entity=entity /> } } }
part! { settings: fn webhooks(entity: String) { view! { <WebhooksPage entity=entity /> } } }

/// The room of the route.
#[component]
pub fn Screen() -> impl IntoView {
    let router = use_router();
    // The pages of the settings that share one screen share one room: moving between them keeps it.
    let room = Memo::new(move |_| match router.route().get() {
        Route::Settings { entity, room: Room::Secrets } => Route::Settings { entity, room: Room::Webhooks },
        route => route,
    });
    view! {
        {live(move || match room.get() {
            Route::Start => view! { <Start /> }.into_any(),
            Route::Automations { entity } => view! { <TeamAutomations entity=entity /> }.into_any(),
            Route::Deliveries { entity } => view! { <Part ask=deliveries(entity) room=true /> }.into_any(),
            Route::Delivery { entity, id } => view! { <Part ask=delivery(entity, id) room=true /> }.into_any(),
            Route::Place(place, tab) => {
                let content = place.clone();
                view! {
                    <PlaceFrame place=place tab=tab>
                        {match tab {
                            PlaceTab::Collections => view! { <Part ask=collections(content.clone()) /> }.into_any(),
                            PlaceTab::Automations => view! { <PlaceAutomations place=content.clone() /> }.into_any(),
                            PlaceTab::History => view! { <Part ask=place_deliveries(content.clone()) /> }.into_any(),
                        }}
                    </PlaceFrame>
                }
                    .into_any()
            }
            Route::Automation(place, id) => view! { <Part ask=automation(place, id) room=true /> }.into_any(),
            Route::Settings { entity, room: Room::Keys } => view! { <Part ask=keys(entity) room=true /> }.into_any(),
            Route::Settings { entity, .. } => view! { <Part ask=webhooks(entity) room=true /> }.into_any(),
            Route::NewAutomation(place) => view! { <Part ask=wizard(place, None) room=true /> }.into_any(),
            Route::EditAutomation(place, id) => view! { <Part ask=wizard(place, Some(id)) room=true /> }.into_any(),
            Route::Unknown(_) => view! { <Nowhere /> }.into_any(),
        })}
    }
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
