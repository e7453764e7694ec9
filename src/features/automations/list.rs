//! Lists of automations: all of a team's, and those of a registry or project.

use hookboard_api::{automation::Automation, scope::PlaceKind};
use leptos::{html, prelude::*};

use super::{
    actions::Actions,
    chosen::{Chosen, chosen},
    files::Files,
    filters::{Filters, NEWEST, event_choices, sort_choices},
    nothing::nothing,
    row::AutomationRow,
    test_dialog::TestDialog,
};
use crate::{
    client::{calls, use_client},
    features::lists::{Pages, ParamFilter, Toolbar, webhook_choices},
    part::{Later, Part},
    route::{Place, use_router},
    ui::{
        board::{Board, Column, Sorting},
        dialog::lost,
        field::SearchField,
        filter::FilterButton,
        focus::Heading,
        format::{count, counted},
        rows::{Row, follow},
        selection::{ChooseAll, Selection},
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
                    <Heading>"Automations"</Heading>
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

const COLUMNS: [Column; 6] = [
    ("Automation", "col-name"),
    ("Scope", "col-scope"),
    ("Last fired", "col-last"),
    ("Last 20", "col-spark"),
    ("Enabled", "col-on"),
    ("Actions", "col-more"),
];

#[component]
fn AutomationList(entity: String, #[prop(optional)] within: Option<Place>) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let actions = Actions::new(&entity);
    let (entity_of_chosen, entity_of_files) = (entity.clone(), entity.clone());
    let within = StoredValue::new(within);
    let filters = Memo::new(move |_| router.query().with(Filters::of));
    let webhooks = webhook_choices(&entity);
    let pages = Pages::<Row<Automation>>::new(
        client,
        move || within.with_value(|within| calls::automations(&entity, within.as_ref(), &filters.get().ask())),
        |row| &row.id,
        || false,
        move |error| actions.toasts().fail(error.words()),
    );
    let rows = Memo::new(move |_| pages.rows());
    let selection = Selection::new(Memo::new(move |_| pages.ids()));
    let tested = RwSignal::new(None::<Automation>);
    let doomed = RwSignal::new(Vec::<Row<Automation>>::new());
    let asking = RwSignal::new(false);
    let board: NodeRef<html::Section> = NodeRef::new();
    let ask = move |automations: Vec<Row<Automation>>| {
        doomed.set(automations);
        asking.set(true);
    };
    let choosing = Signal::derive(move || asking.get() || selection.count() > 0);
    let subject = Chosen { rows, selection, doomed, asking, board };
    let row = move |automation: Row<Automation>| {
        let automation = follow(rows, automation, |one, other| one.id == other.id);
        view! {
            <AutomationRow
                automation=automation
                with_place=within.with_value(Option::is_none)
                selection=selection
                on_test=Callback::new(move |row: Row<Automation>| tested.set(Some(Automation::clone(&row))))
                on_delete=Callback::new(move |automation| ask(vec![automation]))
            />
        }
    };
    let order =
        Signal::derive(move || Some(filters.with(|filters| filters.sort.clone()).unwrap_or_else(|| NEWEST.to_owned())));
    let label = within.with_value(|within| match within {
        Some(place) => format!("Automations of {}", place.name),
        None => "Automations of the team".to_owned(),
    });
    let foot_note = within.with_value(|within| match within.as_ref().map(|place| place.kind) {
        Some(PlaceKind::Registry) => "They watch every collection of this registry, future ones too, unless one is named. They do not see artifacts of projects.",
        Some(PlaceKind::Project) => "They watch every collection and run of this project, future ones too, unless one is named. They do not see registries.",
        None => "Automations of a registry do not see artifacts of projects, and the other way round.",
    });
    let foot = move || {
        let words = move || {
            let (all, on) = rows.with(|rows| (rows.len() as u64, rows.iter().filter(|row| row.enabled).count()));
            let total = pages.listing().state.with(|state| state.total.filter(|_| state.has_more));
            match total {
                Some(total) => format!("{} of {}", count(all), counted(total, "automation", "automations")),
                None => format!("{}, {on} enabled", counted(all, "automation", "automations")),
            }
        };
        view! {
            <span>{live(words)}</span>
            <span class="push">{foot_note}</span>
        }
        .into_any()
    };
    let empty = move || {
        let sought = (!filters.with(Filters::is_unset)).then(|| filters.with(Filters::words));
        view! { <Part ask=nothing(within.get_value(), sought) quiet=true /> }.into_any()
    };
    view! {
        <Toolbar
            label="Find automations"
            lead=move || {
                view! {
                    <SearchField
                        label="Search automations"
                        placeholder="Name, pattern or webhook"
                        value=Signal::derive(move || filters.with(|filters| filters.text.clone().unwrap_or_default()))
                        on_search=move |text: String| router.set_param("q", Some(&text))
                    />
                }
                    .into_any()
            }
            end=move || {
                view! {
                    <FilterButton
                        label="Sort"
                        value=order
                        choices=sort_choices()
                        on_choose={move |order: Option<String>| {
                            router.set_param("sort", order.as_deref().filter(|order| *order != NEWEST));
                        }}
                    />
                    <Files entity=entity_of_files.clone() within=within.get_value() />
                }
                    .into_any()
            }
        >
            <ParamFilter label="Event" param="event" choices=event_choices() />
            <ParamFilter label="Webhook" param="webhook" choices=webhooks />
            <ParamFilter
                label="Status"
                param="status"
                choices=vec![
                    ("enabled".to_owned(), "Enabled".to_owned()),
                    ("disabled".to_owned(), "Disabled".to_owned()),
                ]
            />
        </Toolbar>
        <Board
            node_ref=board
            label=label
            listing=pages.listing()
            class="table--rows table--automations"
            keeps_focus=true
            columns=&COLUMNS
            sorting=Sorting {
                columns: &[("Automation", "name"), ("Last fired", "-fired")],
                order: Signal::derive(move || filters.with(|filters| filters.sort.clone())),
                on_sort: Callback::new(move |order: Option<String>| router.set_param("sort", order.as_deref())),
            }
            lead=move || view! { <ChooseAll selection=selection /> }.into_any()
            empty=empty
            foot=foot
        >
            <For each=move || rows.get() key=|row| row.id.clone() children=row />
        </Board>
        <TestDialog of=tested />
        // Of the two that it brings the dialog alone takes the focus, and not the bar.
        <Later wanted=choosing ask=chosen(entity_of_chosen, subject) modal=asking on_missing=lost(asking) />
    }
}
