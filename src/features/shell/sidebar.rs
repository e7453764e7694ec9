//! The rooms of a team.

use hookboard_api::{account::Role, scope::PlaceKind};
use leptos::prelude::*;

use crate::{
    client::{use_client, use_team},
    features::place::NewPlace,
    route::{Place, PlaceTab, Room, Route, use_router},
    ui::{
        format::upper,
        icon::{Glyph, Icon},
        ids::new_id,
        menu::{Menu, MenuItem},
        overlay::Edge,
    },
};

/// The navigation at the side: in full, as a rail, or as a drawer, as the container decides.
#[component]
pub fn Sidebar() -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let entity = team.entity();
    let room = move |glyph, room: Room| {
        let here = move || {
            router.route().with(|now| match now {
                Route::Team { room: now, .. } => *now == room,
                Route::Delivery { .. } => room == Room::Deliveries,
                Route::Event { .. } => room == Room::Events,
                _ => false,
            })
        };
        view! {
            <Item
                glyph=glyph
                label=room.label()
                href=Signal::derive(move || {
                    // Without a href there is nothing to follow, and it has its place all the same.
                    entity.with(|entity| (!entity.is_empty()).then(|| router.href(&room.of(entity.clone()))))
                })
                current=Signal::derive(here)
            />
        }
    };
    view! {
        <nav class="sidebar" aria-label="Main">
            <a class="brand" href=bound(move || router.href(&Room::Home.of(entity.get())))>
                <svg class="brand__mark" viewBox="0 0 24 24" aria-hidden="true">
                    <circle cx="15.75" cy="4.75" r="2" />
                    <path d="M15.75 6.75v8a5.5 5.5 0 0 1-11 0V11l3.6 3.3" />
                </svg>
                <span class="brand__name">"Hookboard"</span>
            </a>
            <TeamSwitcher />
            <ul class="nav" role="list">
                {room(Glyph::Home, Room::Home)} {room(Glyph::Hook, Room::Automations)}
                {room(Glyph::Delivery, Room::Deliveries)} {room(Glyph::Pulse, Room::Events)}
            </ul>
            <Places kind=PlaceKind::Registry />
            <Places kind=PlaceKind::Project />
            <h2 class="nav__heading">"Team"</h2>
            <ul class="nav" role="list">
                {room(Glyph::Endpoint, Room::Webhooks)} {room(Glyph::Key, Room::Secrets)}
                {room(Glyph::Download, Room::Sources)} {room(Glyph::Users, Room::Members)} {room(Glyph::Lock, Room::Keys)}
                {room(Glyph::Audit, Room::Audit)}
            </ul>
            <div class="sidebar__foot">
                <ul class="nav" role="list">
                    {room(Glyph::Book, Room::Reference)}
                </ul>
                <Reader />
            </div>
        </nav>
    }
}

#[component]
fn Item(
    glyph: Glyph,
    #[prop(into)] label: String,
    href: Signal<Option<String>>,
    current: Signal<bool>,
) -> impl IntoView {
    let tip = label.clone();
    view! {
        <li>
            <a class="nav__item" href=href title=tip aria-current=bound(move || current.get().then_some("page"))>
                <Icon glyph=glyph />
                <span class="nav__label truncate">{label}</span>
            </a>
        </li>
    }
}

/// Registries or projects. Where the team has none, only who may make one sees the heading.
#[component]
fn Places(kind: PlaceKind) -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let (heading, glyph) = match kind {
        PlaceKind::Registry => ("Registries", Glyph::Registry),
        PlaceKind::Project => ("Projects", Glyph::Project),
    };
    let names = Memo::new(move |_| {
        team.places(kind).with(|places| {
            places
                .value
                .as_ref()
                .map_or_else(Vec::new, |list| list.items.iter().map(|place| place.name.clone()).collect())
        })
    });
    let item = move |name: String| {
        let place = Place { entity: team.entity().get_untracked(), kind, name: name.clone() };
        let href = router.href(&Route::Place(place.clone(), PlaceTab::Automations));
        let here = move || router.route().with(|route| route.place() == Some(&place));
        view! { <Item glyph=glyph label=name href=Signal::stored(Some(href)) current=Signal::derive(here) /> }
    };
    let has_names = Memo::new(move |_| names.with(|names| !names.is_empty()));
    let admin = Memo::new(move |_| team.role() == Some(Role::Admin));
    // The list has a `live` of its own: a place that is new elsewhere must not take an open dialog away.
    live(move || {
        let id = new_id();
        let admin = admin.get();
        (admin || has_names.get()).then(|| {
            view! {
                <div class="nav__head">
                    <h2 class="nav__heading" id=id.clone()>
                        {heading}
                    </h2>
                    {admin.then(|| view! { <NewPlace kind=kind compact=true /> })}
                </div>
                <ul class="nav" role="list" aria-labelledby=id>
                    {live(move || names.get().into_iter().map(item).collect_view())}
                </ul>
            }
        })
    })
}

#[component]
fn TeamSwitcher() -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let entity = team.entity();
    let initial = move || entity.with(|entity| upper(&entity.chars().take(1).collect::<String>()));
    let items = move |()| {
        let teams = team.me().with(|me| me.value.as_ref().map(|me| me.entities.clone()).unwrap_or_default());
        let item = |entity: String| {
            let to = entity.clone();
            MenuItem::new(Glyph::Users, entity, move || router.go(&Room::Home.of(to.clone())))
        };
        teams.into_iter().map(|team| item(team.entity)).collect::<Vec<_>>()
    };
    let face = move || {
        view! {
            <span class="avatar" data-kind="entity" aria-hidden="true">
                {live(initial)}
            </span>
            <span class="switcher__name truncate">{entity}</span>
            <Icon glyph=Glyph::ChevronUpDown />
        }
        .into_any()
    };
    view! {
        <Menu
            label=Signal::derive(move || format!("Team {}", entity.get()))
            title="Teams"
            class="switcher"
            edge=Edge::Start
            face=face
            items=Callback::new(items)
        />
    }
}

/// Who is reading, and the way out.
#[component]
fn Reader() -> impl IntoView {
    let (client, team) = (use_client(), use_team());
    let user = move || team.me().with(|me| me.value.as_ref().map(|me| me.user.clone()).unwrap_or_default());
    let initials = move || {
        let user = user();
        upper(&user.split(['.', '-', '_', ' ']).filter_map(|word| word.chars().next()).take(2).collect::<String>())
    };
    let sign_out = move || {
        client.cache().clear();
        client.session().sign_out();
    };
    let face = move || {
        view! {
            <span class="avatar" aria-hidden="true">
                {live(initials)}
            </span>
            <span class="switcher__name truncate">
                {live(user)} <span class="switcher__note">{live(move || team.role().map(Role::as_str))}</span>
            </span>
        }
        .into_any()
    };
    view! {
        <Menu
            label=Signal::derive(move || format!("Signed in as {}", user()))
            title="Account"
            class="switcher"
            edge=Edge::Start
            face=face
            items=Callback::new(move |()| vec![MenuItem::new(Glyph::Power, "Sign out", sign_out)])
        />
    }
}
