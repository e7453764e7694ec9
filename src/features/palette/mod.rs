//! Search and commands: rooms, places, automations and what can be done, by a few letters. And the
//! sheet of keys.

mod command;
mod find;

use hookboard_api::{account::Role, automation::Automation, catalogue::Collection, list::List, scope::PlaceKind};
use leptos::{html, prelude::*, task::spawn_local};

use crate::{
    client::{calls, use_client, use_team},
    part::part,
    route::{Place, PlaceTab, Query, ROOMS, Room, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        dialog::Dialog,
        format::lower,
        icon::{Glyph, Icon},
        ids::new_id,
        overlay::after_layout,
    },
};
use command::COMMAND;
pub use command::on_command;
use find::{Entry, found};

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// Search and commands.
    Search,
    /// The keys.
    Keys,
}

part! {
    /// Search and commands while `open` holds one of them.
    extras: pub fn palette(open: RwSignal<Option<Sheet>>) { view! { <Palette open=open /> } }
}

#[component]
fn Palette(open: RwSignal<Option<Sheet>>) -> impl IntoView {
    let is = move |sheet| open.get() == Some(sheet);
    view! {
        {live(move || is(Sheet::Search).then(|| view! { <Search open=open /> }))}
        <Keys open=open />
    }
}

/// What can be done from anywhere: its room, its word there, and who may.
const COMMANDS: [(Glyph, &str, Room, &str, Role); 6] = [
    (Glyph::Endpoint, "New webhook", Room::Webhooks, "webhook", Role::Admin),
    (Glyph::Key, "New secret", Room::Secrets, "secret", Role::Admin),
    (Glyph::Download, "Add MLflow server", Room::Sources, "source", Role::Admin),
    (Glyph::Users, "Add member", Room::Members, "member", Role::Admin),
    (Glyph::Lock, "New access key", Room::Keys, "key", Role::Admin),
    (Glyph::Retry, "Redeliver what failed", Room::Deliveries, "redeliver", Role::Member),
];

/// Places whose collections are listed; the rest is found by opening them.
const MOST_PLACES: usize = 20;

/// The collections of the team's places, as they come.
fn collections() -> RwSignal<Vec<(Place, String)>> {
    let (client, team) = (use_client(), use_team());
    let found = RwSignal::new(Vec::new());
    let entity = team.entity().get_untracked();
    let names = |kind: PlaceKind| {
        team.places(kind).with_untracked(|places| {
            let list = places.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            list.iter().map(|place| (kind, place.name.clone())).collect::<Vec<_>>()
        })
    };
    let places = names(PlaceKind::Registry).into_iter().chain(names(PlaceKind::Project)).take(MOST_PLACES);
    for (kind, name) in places {
        let place = Place { entity: entity.clone(), kind, name };
        spawn_local(async move {
            // A place that does not answer is searched without; its own page says why.
            if let Ok(list) = client.get::<List<Collection>>(&calls::collections(&place)).await {
                let own = list.items.into_iter().map(|collection| (place.clone(), collection.name));
                found.try_update(|found| found.extend(own));
            }
        });
    }
    found
}

/// What there is to go to and to do in the reader's team; of its automations the newest that have `text`.
fn entries(text: RwSignal<String>) -> Memo<Vec<Entry>> {
    let (client, team, router) = (use_client(), use_team(), use_router());
    let entity = team.entity();
    let automations = client.query::<List<Automation>>(move || {
        let sought = text.with(|text| text.trim().to_owned());
        let query = Query::default().with("text", Some(sought.as_str()).filter(|text| !text.is_empty()));
        entity.with(|entity| (!entity.is_empty()).then(|| calls::automations(entity, None, &query)))
    });
    let collections = collections();
    Memo::new(move |_| {
        let entity = entity.get();
        let own = || entity.clone();
        let room = |(room, _, label): (Room, &str, &str)| {
            Entry::new(room_glyph(room), label.to_owned(), "Page", room.of(own()).path())
        };
        let mut all: Vec<Entry> = ROOMS.into_iter().map(room).collect();
        for (glyph, words, room, word, role) in COMMANDS {
            if team.role().is_none_or(|own| own >= role) {
                let address = room.of(own()).path() + &Query::default().with(COMMAND, Some(word)).suffix();
                all.push(Entry::new(glyph, words.to_owned(), "Action", address));
            }
        }
        let here = router.route().with(|route| route.place().cloned());
        let may = team.role().is_none_or(|role| role >= Role::Admin);
        for kind in [PlaceKind::Registry, PlaceKind::Project] {
            let (glyph, note) = match kind {
                PlaceKind::Registry => (Glyph::Registry, "Registry"),
                PlaceKind::Project => (Glyph::Project, "Project"),
            };
            let names: Vec<String> = team.places(kind).with(|places| {
                let list = places.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
                list.iter().map(|place| place.name.clone()).collect()
            });
            for name in names {
                let place = Place { entity: own(), kind, name };
                let first = Route::Place(place.clone(), place.first_tab()).path();
                all.push(Entry::new(glyph, place.name.clone(), note, first));
                let history = Route::Place(place.clone(), PlaceTab::History).path();
                all.push(Entry::new(Glyph::History, format!("History of {}", place.name), note, history));
                if may {
                    let create = Route::NewAutomation(place.clone()).path();
                    let entry =
                        Entry::new(Glyph::Plus, format!("Create automation in {}", place.name), "Action", create);
                    // What belongs to where the reader is comes first.
                    if here.as_ref() == Some(&place) { all.insert(0, entry) } else { all.push(entry) }
                }
            }
        }
        collections.with(|collections| {
            for (place, name) in collections {
                let path = Route::Collection(place.clone(), name.clone()).path();
                all.push(Entry::new(Glyph::Collection, name.clone(), "Collection", path));
            }
        });
        automations.with(|list| {
            for one in list.value.iter().flat_map(|list| &list.items) {
                let place = Place { entity: own(), kind: one.scope.kind, name: one.scope.name.clone() };
                let path = Route::Automation(place, one.id.clone()).path();
                all.push(Entry::new(Glyph::Hook, one.name.clone(), "Automation", path));
            }
        });
        all
    })
}

const fn room_glyph(room: Room) -> Glyph {
    match room {
        Room::Home => Glyph::Home,
        Room::Automations => Glyph::Hook,
        Room::Deliveries => Glyph::Delivery,
        Room::Events => Glyph::Pulse,
        Room::Webhooks => Glyph::Endpoint,
        Room::Secrets => Glyph::Key,
        Room::Sources => Glyph::Download,
        Room::Members => Glyph::Users,
        Room::Keys => Glyph::Lock,
        Room::Audit => Glyph::Audit,
        Room::Reference => Glyph::Book,
    }
}

#[component]
fn Search(open: RwSignal<Option<Sheet>>) -> impl IntoView {
    let router = use_router();
    let text = RwSignal::new(String::new());
    let all = entries(text);
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    let list: NodeRef<html::Div> = NodeRef::new();
    let active = RwSignal::new(0_usize);
    let shown = Memo::new(move |_| all.with(|all| text.with(|text| found(all, text, lower))));
    let list_id = new_id();
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            // Fails only for one that is open already.
            let _ = dialog.show_modal();
        }
    });
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let go = move |index: usize| {
        if let Some(entry) = shown.with_untracked(|shown| shown.get(index).cloned()) {
            close();
            router.go_to(&entry.address);
        }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let count = shown.with_untracked(Vec::len).max(1);
        let at = active.get_untracked();
        let to = match event.key().as_str() {
            "ArrowDown" => (at + 1) % count,
            "ArrowUp" => (at + count - 1) % count,
            "Enter" => {
                event.prevent_default();
                go(at);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        active.set(to);
        after_layout(move || {
            let chosen =
                list.get_untracked().and_then(|list| list.query_selector("[aria-selected=true]").ok().flatten());
            if let Some(chosen) = chosen {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                chosen.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    };
    let (controls, active_id) = (list_id.clone(), list_id.clone());
    let option = {
        let list_id = list_id.clone();
        move |(index, entry): (usize, Entry)| {
            view! {
                <div
                    class="option"
                    role="option"
                    id=format!("{list_id}-{index}")
                    aria-selected=bound(move || (active.get() == index).to_string())
                    on:click=handler(move |_| go(index))
                >
                    <Icon glyph=entry.glyph />
                    <span class="truncate">{entry.label}</span>
                    <span class="option__value">{entry.note}</span>
                </div>
            }
        }
    };
    let options = move || shown.get().into_iter().enumerate().map(&option).collect_view();
    view! {
        <dialog
            node_ref=dialog
            class="dialog palette"
            aria-label="Search and commands"
            on:close=handler(move |_| open.set(None))
        >
            <div class="palette__field">
                <Icon glyph=Glyph::Search />
                <input
                    class="palette__input"
                    type="text"
                    role="combobox"
                    aria-label="Search"
                    aria-expanded="true"
                    aria-controls=controls
                    aria-autocomplete="list"
                    aria-activedescendant=bound(move || {
                        shown.with(|shown| !shown.is_empty()).then(|| format!("{active_id}-{}", active.get()))
                    })
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="Page, place, collection, automation or action"
                    on:input=handler(move |event: web_sys::Event| {
                        active.set(0);
                        text.set(event_target_value(&event));
                    })
                    on:keydown=handler(key)
                />
            </div>
            <div node_ref=list class="palette__list" role="listbox" id=list_id aria-label="Results">
                {live(options)}
            </div>
            {live(move || {
                shown
                    .with(Vec::is_empty)
                    .then(|| view! { <p class="board__note muted" role="status">"Nothing has these letters."</p> })
            })}
            <p class="listbox__foot">
                <span><kbd>"↑"</kbd> <kbd>"↓"</kbd> "choose"</span>
                <span><kbd>"Enter"</kbd> "go"</span>
                <span><kbd>"Esc"</kbd> "close"</span>
            </p>
        </dialog>
    }
}

/// Keys by where they work.
const KEYS: [(&str, &[(&str, &str)]); 4] = [
    ("Everywhere", &[("/ or Ctrl K", "Search and commands"), ("?", "This sheet"), ("Esc", "Close the topmost layer")]),
    (
        "Lists",
        &[
            ("E  D  T  Del", "Edit, duplicate, test or delete the automation in focus"),
            ("Space", "Select the row; with Shift all up to it"),
        ],
    ),
    (
        "Payload editor",
        &[
            ("Ctrl Space", "List variables"),
            ("F8", "Next problem; with Shift the one before"),
            ("Tab", "Leave the editor, or take a suggestion"),
        ],
    ),
    ("Plots", &[("← →", "Read values step by step"), ("Home  End", "First or last step")]),
];

#[component]
fn Keys(open: RwSignal<Option<Sheet>>) -> impl IntoView {
    let shows = RwSignal::new(false);
    Effect::new(move || shows.set(open.get() == Some(Sheet::Keys)));
    Effect::with_last(move |was: Option<bool>| {
        let is = shows.get();
        if was == Some(true) && !is && open.get_untracked() == Some(Sheet::Keys) {
            open.set(None);
        }
        is
    });
    let body = || {
        let row = |(keys, words): &(&'static str, &'static str)| {
            let keys = keys.split("  ").map(|key| view! { <kbd>{key}</kbd> " " }).collect_view();
            view! { <dt>{keys}</dt> <dd>{*words}</dd> }
        };
        let group = |(title, rows): (&'static str, &'static [(&'static str, &'static str)])| {
            view! {
                <section>
                    <h3>{title}</h3>
                    <dl class="facts keys">{rows.iter().map(row).collect_view()}</dl>
                </section>
            }
        };
        KEYS.map(group).collect_view().into_any()
    };
    let foot = move || {
        view! {
            <Button kind=ButtonKind::Primary on_press=move || shows.set(false)>
                "Close"
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=shows title=|| "Keys".into_any() wide=true body=body foot=foot /> }
}
