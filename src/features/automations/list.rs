//! Lists of automations: all of a team's, and those of a registry or project.

use std::collections::HashSet;

use hookboard_api::{automation::Automation, scope::PlaceKind};
use leptos::{html, prelude::*};

use super::{
    actions::Actions,
    chosen::{Chosen, chosen},
    filters::{Filters, event_choices},
    nothing::nothing,
    row::AutomationRow,
    test_dialog::TestDialog,
};
use crate::{
    client::{Pages, calls, use_client},
    part::{Later, Part},
    route::{Place, use_router},
    ui::{
        button::{Button, ButtonKind},
        dialog::lost,
        feedback::{LoadError, SkeletonRows},
        field::SearchField,
        filter::FilterButton,
        format::counted,
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

/// What the list has to show.
#[derive(Clone, PartialEq)]
enum Shown {
    Loading,
    /// No automation, or none that matches what is sought.
    Nothing(Option<String>),
    Rows,
}

#[component]
fn AutomationList(entity: String, #[prop(optional)] within: Option<Place>) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let actions = Actions::new(&entity);
    let entity_of_chosen = entity.clone();
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
    Effect::new(move || {
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
    let tested = RwSignal::new(None::<Automation>);
    let doomed = RwSignal::new(Vec::<Automation>::new());
    let asking = RwSignal::new(false);
    let board: NodeRef<html::Section> = NodeRef::new();
    let ask = move |automations: Vec<Automation>| {
        doomed.set(automations);
        asking.set(true);
    };
    let shown = Memo::new(move |_| match (pending(), rows.with(Vec::is_empty)) {
        (true, _) => Shown::Loading,
        (false, true) => Shown::Nothing((!filters.with(Filters::is_unset)).then(|| filters.with(Filters::words))),
        (false, false) => Shown::Rows,
    });
    let choosing = Signal::derive(move || asking.get() || selected.with(|selected| !selected.is_empty()));
    let subject = Chosen { rows, selected, doomed, asking, board };
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
            {live(move || {
                (!filters.with(Filters::is_unset))
                    .then(|| view! { <Button kind=ButtonKind::Quiet on_press=clear>"Clear filters"</Button> })
            })}
        </form>
        {live(move || {
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
        })}
        <section
            node_ref=board
            class="board"
            aria-label=board_label
            hidden=bound(move || pages.first().with(|first| first.value.is_none() && first.error.is_some()))
            aria-busy=bound(move || pages.first().with(|first| first.busy).then_some("true"))
        >
            {live(move || match shown.get() {
                Shown::Loading => view! { <SkeletonRows label="Loading automations" /> }.into_any(),
                Shown::Nothing(sought) => {
                    view! { <Part ask=nothing(within.get_value(), sought) quiet=true /> }.into_any()
                }
                Shown::Rows => ().into_any(),
            })}
            <table
                class="table table--automations"
                role="table"
                aria-label=table_label
                hidden=bound(move || rows.with(Vec::is_empty))
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
            <div class="board__foot" hidden=bound(move || rows.with(Vec::is_empty))>
                <span>
                    {live(move || {
                        let (all, on) = rows
                            .with(|rows| (rows.len() as u64, rows.iter().filter(|row| row.enabled).count()));
                        format!("{}, {on} enabled", counted(all, "automation", "automations"))
                    })}
                </span>
                <span class="push">{foot_note}</span>
                {live(move || {
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
                })}
            </div>
        </section>
        <TestDialog of=tested />
        <Later wanted=choosing ask=chosen(entity_of_chosen, subject) on_missing=lost(asking) />
    }
}
