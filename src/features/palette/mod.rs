//! Search and commands: rooms, places, automations and what can be done, by a few letters. And the
//! sheet of keys.

mod find;

use hookboard_api::{account::Role, automation::Automation, list::List, scope::PlaceKind};
use leptos::{html, prelude::*};

use crate::{
    client::{calls, use_client, use_team},
    part::part,
    route::{Place, PlaceTab, Query, Room, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        dialog::Dialog,
        format::lower,
        icon::{Glyph, Icon},
        ids::new_id,
        overlay::after_layout,
    },
};
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
    palette: pub fn palette(open: RwSignal<Option<Sheet>>) { view! { <Palette open=open /> } }
}

#[component]
fn Palette(open: RwSignal<Option<Sheet>>) -> impl IntoView {
    let is = move |sheet| open.get() == Some(sheet);
    view! {
        {live(move || is(Sheet::Search).then(|| view! { <Search open=open /> }))}
        <Keys open=open />
    }
}

/// What there is to go to and to do in the reader's team.
fn entries() -> Memo<Vec<Entry>> {
    let (client, team, router) = (use_client(), use_team(), use_router());
    let entity = team.entity();
    let automations = client.query::<List<Automation>>(move || {
        entity.with(|entity| (!entity.is_empty()).then(|| calls::automations(entity, None, &Query::default())))
    });
    Memo::new(move |_| {
        let entity = entity.get();
        let own = || entity.clone();
        let room = |glyph, label: &str, route: &Route| Entry::new(glyph, label.to_owned(), "Page", route.path());
        let settings = |room| Route::Settings { entity: own(), room };
        let mut all = vec![
            room(Glyph::Hook, "Automations", &Route::Automations { entity: own() }),
            room(Glyph::Delivery, "Deliveries", &Route::Deliveries { entity: own() }),
            room(Glyph::Pulse, "Events", &Route::Events { entity: own() }),
            room(Glyph::Endpoint, "Webhooks", &settings(Room::Webhooks)),
            room(Glyph::Key, "Secrets", &settings(Room::Secrets)),
            room(Glyph::Lock, "Access keys", &settings(Room::Keys)),
            room(Glyph::Book, "Payload reference", &Route::Reference { entity: own() }),
        ];
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

#[component]
fn Search(open: RwSignal<Option<Sheet>>) -> impl IntoView {
    let router = use_router();
    let all = entries();
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    let list: NodeRef<html::Div> = NodeRef::new();
    let text = RwSignal::new(String::new());
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
                    placeholder="Page, place, automation or action"
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
                    <dl class="facts">{rows.iter().map(row).collect_view()}</dl>
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
