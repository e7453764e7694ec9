//! All events of a team.

use hookboard_api::{
    event::{EVENTS, Event, event_spec},
    scope::PlaceKind,
    sentence::subject_words,
};
use leptos::{html, prelude::*};

use crate::{
    client::{calls, use_client, use_team},
    features::lists::{Pages, ParamFilter, Toolbar, clear},
    route::{Query, Route, use_router},
    ui::{
        board::{Board, Column, is_read},
        button::Button,
        chip::Chip,
        feedback::Empty,
        filter::FilterButton,
        focus::Heading,
        icon::Glyph,
        status::{Status, Tone},
        time::Ago,
        toast::use_toasts,
    },
};

/// What the interface is asked, from the URL: a place is `registry` or `project` there and here.
fn ask(query: &Query) -> Query {
    ["type", "registry", "project", "collection"]
        .into_iter()
        .fold(Query::default(), |asked, name| asked.with(name, query.get(name)))
}

const COLUMNS: [Column; 5] = [
    ("What happened", "col-name"),
    ("Where", "col-subject"),
    ("By", "col-who"),
    ("Time", "col-time"),
    ("Automations", ""),
];

/// All events of a team.
#[component]
pub fn EventsPage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let query = router.query();
    let address = Memo::new({
        let entity = entity.clone();
        move |_| calls::events(&entity, &query.with(ask))
    });
    let board: NodeRef<html::Section> = NodeRef::new();
    let pages = Pages::<Event>::new(
        client,
        move || address.get(),
        |row| &row.id,
        move || is_read(board),
        move |error| toasts.fail(error.words()),
    );
    let rows = Memo::new(move |_| pages.rows());
    let types = EVENTS.iter().map(|spec| (spec.event.as_str().to_owned(), spec.title.to_owned())).collect::<Vec<_>>();
    let places = move |kind: PlaceKind| {
        Signal::derive(move || {
            team.places(kind).with(|places| {
                let names = places.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
                names.iter().map(|place| (place.name.clone(), place.name.clone())).collect::<Vec<_>>()
            })
        })
    };
    // An event happens in one place: naming a registry lets go of the project, and the other way round.
    let go_to_place = move |name: &'static str, other: &'static str, value: Option<String>| {
        let next = query.with(|query| query.clone().with(other, None).with(name, value.as_deref()));
        router.set_query(&next);
    };
    let row = move |event: Event| {
        let href = router.href(&Route::Event { entity: entity.clone(), id: event.id.clone() });
        view! { <EventRow event=event href=href /> }
    };
    let empty = move || {
        if query.with(|query| ask(query).is_empty()) {
            view! {
                <Empty
                    title="Nothing happened yet"
                    text="An event appears here when a source such as MLflow, or a program through the REST interface, sends it."
                    art=true
                />
            }
            .into_any()
        } else {
            view! {
                <Empty title="No event matches" text="Filters are set. Clear them to see all events.">
                    <Button on_press=move || clear(router)>"Clear filters"</Button>
                </Empty>
            }
            .into_any()
        }
    };
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading>"Events"</Heading>
                    <p class="page-head__note">"What happened in registries and projects, and how many automations fired. Newest first."</p>
                </div>
            </div>
            <Toolbar label="Find events">
                <ParamFilter label="Event" param="type" choices=types />
                <FilterButton
                    label="Registry"
                    value=router.param("registry")
                    choices=places(PlaceKind::Registry)
                    on_choose={move |name| go_to_place("registry", "project", name)}
                />
                <FilterButton
                    label="Project"
                    value=router.param("project")
                    choices=places(PlaceKind::Project)
                    on_choose={move |name| go_to_place("project", "registry", name)}
                />
            </Toolbar>
            <Board
                node_ref=board
                label="Events of the team"
                listing=pages.listing()
                class="table--cards table--events"
                columns=&COLUMNS
                empty=empty
                foot=move || {
                    let kept = move || team.retain_days().map(|days| format!("Kept for {days}\u{a0}days"));
                    view! { <span>{live(kept)}</span> }.into_any()
                }
            >
                <For each=move || rows.get() key=|row| (row.id.clone(), row.matched, row.evaluated) children=row />
            </Board>
        </div>
    }
}

#[component]
fn EventRow(event: Event, href: String) -> impl IntoView {
    let detail = event
        .values
        .get("alias")
        .or_else(|| event.values.get("tag"))
        .or_else(|| event.values.get("run_status"))
        .and_then(|value| value.as_str().map(str::to_owned));
    let author = event.values.get("event_author").and_then(|value| value.as_str().map(str::to_owned));
    let whole_author = author.clone();
    let (tone, glyph, words) = match (event.evaluated, event.matched) {
        (0, _) => (Tone::None, Glyph::MinusCircle, "None watch it".to_owned()),
        (all, 0) => (Tone::None, Glyph::Skip, format!("0 of {all} fired")),
        (all, fired) => (Tone::Success, Glyph::CheckCircle, format!("{fired} of {all} fired")),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="col-name">
                <span class="row row-wrap">
                    <a class="row-title" href=href>
                        {event_spec(event.event_type).title}
                    </a>
                    {detail.map(|detail| view! { <Chip words=detail /> })}
                </span>
            </th>
            <td role="cell" class="col-subject">
                {subject_words(&event.subject)}
                " "
                <span class="muted">{format!("in {}", event.subject.name)}</span>
            </td>
            <td role="cell" class="col-who muted" title=whole_author>
                {author.unwrap_or_else(|| "–".to_owned())}
            </td>
            <td role="cell" class="col-time nowrap">
                <Ago at=event.occurred_at />
            </td>
            <td role="cell" class="nowrap">
                <Status tone=tone glyph=glyph text=words />
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_interface_knows_is_asked() {
        let query = Query::parse("?type=RUN_STATE&project=asr&page=2&collection=");
        assert_eq!(ask(&query).suffix(), "?type=RUN_STATE&project=asr");
    }
}
