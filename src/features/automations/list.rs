//! Lists of automations: all of a team's, and those of a registry or project.

use std::collections::HashSet;

use hookboard_api::{
    account::Role,
    automation::{Automation, Bulk},
    scope::PlaceKind,
};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    actions::Actions,
    filters::{Filters, event_choices},
    row::AutomationRow,
    test_dialog::TestDialog,
};
use crate::{
    client::{Pages, calls, use_client, use_team},
    features::place::NewPlace,
    route::{Place, Route, use_router},
    ui::{
        button::{Button, ButtonKind, IconButton},
        dialog::Confirm,
        feedback::{Empty, LoadError, SkeletonRows},
        field::SearchField,
        filter::FilterButton,
        focus,
        format::counted,
        icon::Glyph,
        overlay::after_layout,
        rows::follow,
        toggle::{Checkbox, Checked},
    },
};

/// All automations of a team.
#[component]
pub fn TeamAutomations(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let note = format!("All that watch registries and projects of {entity}. Create one from the place it watches.");
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <h1 tabindex="-1">"Automations"</h1>
                    <p class="page-head__note">{note}</p>
                </div>
            </div>
            <AutomationList entity=entity />
        </div>
    }
}

/// Automations that watch a registry or project, or one of its collections.
#[component]
pub fn PlaceAutomations(
    /// The place.
    place: Place,
) -> impl IntoView {
    view! { <AutomationList entity=place.entity.clone() within=place /> }
}

/// Puts the focus, which went with a row, on the row that took its place, or else on the heading.
fn focus_row(board: &web_sys::HtmlElement, index: usize) {
    let titles = board.query_selector_all("tbody .row-title").ok();
    let title = titles.and_then(|titles| titles.get(u32::try_from(index).ok()?.min(titles.length().checked_sub(1)?)));
    let heading = || board.closest("main").ok().flatten().and_then(|main| main.query_selector("h1").ok().flatten());
    let next = title.and_then(|title| title.dyn_into().ok()).or_else(|| heading()?.dyn_into().ok());
    if let Some(next) = next {
        focus::rescue(&next);
    }
}

#[component]
fn AutomationList(entity: String, #[prop(optional)] within: Option<Place>) -> impl IntoView {
    let (client, router, team) = (use_client(), use_router(), use_team());
    let actions = Actions::new(&entity);
    let admin = team.refusal(Role::Admin);
    let within = StoredValue::new(within);
    let filters = Memo::new(move |_| router.query().with(Filters::of));
    let address =
        move || within.with_value(|within| calls::automations(&entity, within.as_ref(), &filters.get().ask()));
    let address = Memo::new(move |_| address());
    let pages = Pages::<Automation>::new(client, move || Some(address.get()));
    let rows = Memo::new(move |_| pages.rows());
    let pending = move || pages.first().with(|first| first.value.is_none());

    let selected = RwSignal::new(HashSet::<String>::new());
    let last_touched = StoredValue::new(None::<String>);
    // What is gone is not selected.
    Effect::new(move |_| {
        let ids: HashSet<String> = rows.with(|rows| rows.iter().map(|row| row.id.clone()).collect());
        if selected.with_untracked(|selected| !selected.is_subset(&ids)) {
            selected.update(|selected| selected.retain(|id| ids.contains(id)));
        }
    });
    let select = move |id: &str, wanted: bool, range: bool| {
        let ids: Vec<String> = rows.with_untracked(|rows| rows.iter().map(|row| row.id.clone()).collect());
        let at = |id: &str| ids.iter().position(|one| one == id);
        let from = last_touched.get_value().filter(|_| range).and_then(|last| at(&last)).or_else(|| at(id));
        let touched = match (from, at(id)) {
            (Some(from), Some(to)) => ids[from.min(to)..=from.max(to)].to_vec(),
            _ => Vec::new(),
        };
        selected.update(|selected| {
            for id in touched {
                if wanted {
                    selected.insert(id)
                } else {
                    selected.remove(&id)
                };
            }
        });
        last_touched.set_value(Some(id.to_owned()));
    };
    let all = Signal::derive(move || match (selected.with(HashSet::len), rows.with(Vec::len)) {
        (0, _) => Checked::No,
        (chosen, all) if chosen == all => Checked::Yes,
        _ => Checked::Mixed,
    });
    let chosen_ids = move || selected.get_untracked().into_iter().collect::<Vec<_>>();

    let tested = RwSignal::new(None::<Automation>);
    let doomed = RwSignal::new(Vec::<Automation>::new());
    let asking = RwSignal::new(false);
    let deleting = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let board: NodeRef<html::Section> = NodeRef::new();
    // Where the first of those that were deleted stood, until the list is without them.
    let gap = StoredValue::new(None::<(usize, Vec<String>)>);
    Effect::new(move |_| {
        rows.track();
        let is_without = |gone: &[String]| rows.with_untracked(|rows| rows.iter().all(|row| !gone.contains(&row.id)));
        if let (Some((index, gone)), Some(board)) = (gap.get_value(), board.get_untracked())
            && is_without(&gone)
        {
            gap.set_value(None);
            after_layout(move || focus_row(&board, index));
        }
    });
    let ask = move |automations: Vec<Automation>| {
        doomed.set(automations);
        failure.set(None);
        asking.set(true);
    };
    let ask_chosen = move || {
        ask(rows.with_untracked(|rows| {
            selected.with_untracked(|selected| rows.iter().filter(|row| selected.contains(&row.id)).cloned().collect())
        }));
    };
    let delete = move || {
        let ids: Vec<String> = doomed.with_untracked(|doomed| doomed.iter().map(|one| one.id.clone()).collect());
        let first = rows.with_untracked(|rows| rows.iter().position(|row| ids.contains(&row.id)));
        deleting.set(Some("Deleting…"));
        spawn_local(async move {
            let answer = actions.bulk(ids.clone(), Bulk::Delete).await;
            deleting.try_set(None);
            match answer {
                Ok(count) => {
                    gap.try_set_value(first.map(|first| (first, ids)));
                    asking.try_set(false);
                    actions
                        .toasts()
                        .say(Glyph::Trash, format!("Deleted {}", counted(count.into(), "automation", "automations")));
                }
                Err(error) => drop(failure.try_set(Some(error.words()))),
            }
        });
    };

    let row = move |automation: Automation| {
        let id = automation.id.clone();
        let own = id.clone();
        let automation = follow(rows, automation, |one, other| one.id == other.id);
        view! {
            <AutomationRow
                automation=automation
                with_place=within.with_value(Option::is_none)
                selected=Signal::derive(move || selected.with(|selected| selected.contains(&own)))
                on_select=Callback::new(move |(wanted, range)| select(&id, wanted, range))
                on_test=Callback::new(move |automation| tested.set(Some(automation)))
                on_delete=Callback::new(move |automation| ask(vec![automation]))
            />
        }
    };
    let table_label = within.with_value(|within| match within {
        Some(place) => format!("Automations of {}", place.name),
        None => "Automations of the team".to_owned(),
    });
    let board_label = table_label.clone();
    let foot_note = within.with_value(|within| match within.as_ref().map(|place| place.kind) {
        Some(PlaceKind::Registry) => "They watch every collection of this registry, future ones too, unless one is named. They do not see artifacts of projects.",
        Some(PlaceKind::Project) => "They watch every collection and run of this project, future ones too, unless one is named. They do not see registries.",
        None => "Automations of a registry do not see artifacts of projects, and the other way round.",
    });
    let empty = move || {
        let (title, text) = within.with_value(|within| match within {
            Some(place) => (
                format!("No automations watch {} yet", place.name),
                match place.kind {
                    PlaceKind::Registry => "An automation sends a webhook when a version is linked or an alias is added in any collection of this registry.",
                    PlaceKind::Project => "An automation sends a webhook when a version is created, a run ends, or a metric crosses a limit in this project.",
                },
            ),
            None => ("No automations yet".to_owned(), "An automation watches a registry or a project. Open one, or make one, and create the first automation there."),
        });
        let first_step = match within.get_value() {
            Some(place) => view! {
                <Button
                    kind=ButtonKind::Primary
                    glyph=Glyph::Plus
                    refused=admin
                    on_press=move || router.go(&Route::NewAutomation(place.clone()))
                >
                    "Create automation"
                </Button>
            }
            .into_any(),
            None => view! {
                <NewPlace kind=PlaceKind::Registry />
                <NewPlace kind=PlaceKind::Project />
            }
            .into_any(),
        };
        view! {
            <Empty title=title text=text art=true>
                {first_step}
            </Empty>
        }
        .into_any()
    };
    let clear = move || router.set_query(&crate::route::Query::default());
    view! {
        <form class="toolbar" role="search" aria-label="Find automations" on:submit=|event| event.prevent_default()>
            <SearchField
                label="Search automations"
                placeholder="Name, pattern or webhook"
                value=Signal::derive(move || filters.with(|filters| filters.text.clone().unwrap_or_default()))
                on_search=move |text: String| router.set_param("q", Some(&text))
            />
            <FilterButton
                label="Event"
                value=Signal::derive(move || filters.with(|filters| filters.event.clone()))
                choices=event_choices()
                on_choose={move |event: Option<String>| router.set_param("event", event.as_deref())}
            />
            <FilterButton
                label="Status"
                value=Signal::derive(move || {
                    filters.with(|filters| filters.enabled).map(|on| if on { "enabled" } else { "disabled" }.to_owned())
                })
                choices=vec![
                    ("enabled".to_owned(), "Enabled".to_owned()),
                    ("disabled".to_owned(), "Disabled".to_owned()),
                ]
                on_choose={move |status: Option<String>| router.set_param("status", status.as_deref())}
            />
            {move || {
                (!filters.with(Filters::is_unset))
                    .then(|| view! { <Button kind=ButtonKind::Quiet on_press=clear>"Clear filters"</Button> })
            }}
        </form>
        {move || {
            pages
                .first()
                .with(|first| first.error.clone())
                .map(|error| {
                    view! {
                        <LoadError
                            what="The list"
                            why=error.words()
                            on_retry=move || client.refresh(&address.get_untracked())
                        />
                    }
                })
        }}
        <section
            node_ref=board
            class="board"
            aria-label=board_label
            hidden=move || pages.first().with(|first| first.value.is_none() && first.error.is_some())
            aria-busy=move || pages.first().with(|first| first.busy).then_some("true")
        >
            {move || match (pending(), rows.with(Vec::is_empty)) {
                (true, _) => view! { <SkeletonRows label="Loading automations" /> }.into_any(),
                (false, true) if filters.with(Filters::is_unset) => empty(),
                (false, true) => {
                    view! {
                        <Empty title="No automation matches" text=filters.with(Filters::words)>
                            <Button on_press=clear>"Clear filters"</Button>
                        </Empty>
                    }
                        .into_any()
                }
                (false, false) => ().into_any(),
            }}
            <table
                class="table table--automations"
                role="table"
                aria-label=table_label
                hidden=move || rows.with(Vec::is_empty)
            >
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="col-check">
                            <Checkbox
                                checked=all
                                label="Select all"
                                on_check=move |(wanted, _): (bool, bool)| {
                                    let ids = rows.with_untracked(|rows| rows.iter().map(|row| row.id.clone()).collect());
                                    selected.set(if wanted { ids } else { HashSet::new() });
                                }
                            />
                        </th>
                        <th role="columnheader" scope="col" class="col-name">"Automation"</th>
                        <th role="columnheader" scope="col" class="col-scope">"Scope"</th>
                        <th role="columnheader" scope="col" class="col-last">"Last fired"</th>
                        <th role="columnheader" scope="col" class="col-spark">"Last 20"</th>
                        <th role="columnheader" scope="col" class="col-on">"Enabled"</th>
                        <th role="columnheader" scope="col" class="col-more">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || rows.get() key=|row| row.id.clone() children=row />
                </tbody>
            </table>
            <div class="board__foot" hidden=move || rows.with(Vec::is_empty)>
                <span>
                    {move || {
                        let (all, on) = rows
                            .with(|rows| (rows.len() as u64, rows.iter().filter(|row| row.enabled).count()));
                        format!("{}, {on} enabled", counted(all, "automation", "automations"))
                    }}
                </span>
                <span class="push">{foot_note}</span>
                {move || {
                    pages
                        .has_more()
                        .then(|| {
                            view! {
                                <Button
                                    small=true
                                    on_press=move || {
                                        pages.load_more(client, move |error| actions.toasts().fail(error.words()));
                                    }
                                >
                                    "Show more"
                                </Button>
                            }
                        })
                }}
            </div>
        </section>
        {move || {
            (selected.with(HashSet::len) > 0)
                .then(|| {
                    view! {
                        <div class="bulk" role="toolbar" aria-label="Actions for the selected automations">
                            <span class="bulk__count" role="status">
                                {move || format!("{} selected", selected.with(HashSet::len))}
                            </span>
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                glyph=Glyph::Play
                                refused=admin
                                on_press=move || actions.enable_all(chosen_ids(), true)
                            >
                                "Enable"
                            </Button>
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                glyph=Glyph::Power
                                refused=admin
                                on_press=move || actions.enable_all(chosen_ids(), false)
                            >
                                "Disable"
                            </Button>
                            <Button
                                kind=ButtonKind::QuietDanger
                                small=true
                                glyph=Glyph::Trash
                                refused=admin
                                on_press=ask_chosen
                            >
                                "Delete…"
                            </Button>
                            <IconButton
                                glyph=Glyph::X
                                label="Clear selection"
                                on_press=move || selected.set(HashSet::new())
                            />
                        </div>
                    }
                })
        }}
        <TestDialog of=tested />
        <Confirm
            open=asking
            title=move || {
                let words = doomed
                    .with(|doomed| match doomed.as_slice() {
                        [only] => format!("Delete “{}”?", only.name),
                        many => format!("Delete {} automations?", many.len()),
                    });
                view! { {words} }.into_any()
            }
            body=move || {
                let names = doomed
                    .get()
                    .into_iter()
                    .map(|one| {
                        view! {
                            <li>
                                <crate::ui::icon::Icon glyph=Glyph::Hook />
                                <span>{one.name} " " <span class="muted">{one.scope.name}</span></span>
                            </li>
                        }
                    })
                    .collect_view();
                view! {
                    <p>"What it sent stays in History. Deliveries that still wait or are retried are stopped."</p>
                    <ul class="impact" role="list">
                        {names}
                    </ul>
                }
                    .into_any()
            }
            action=Signal::derive(move || {
                if doomed.with(Vec::len) == 1 { "Delete automation" } else { "Delete automations" }.to_owned()
            })
            busy=deleting
            failure=failure
            on_confirm=delete
        />
    }
}
