//! Lists of deliveries: all of a team's, and those of a registry or project.

use hookboard_api::{
    account::Role,
    automation::Automation,
    catalogue::Collection,
    delivery::{Delivery, DeliveryFilter, DeliveryState, OutcomeCode},
    list::List,
    scope::PlaceKind,
};
use leptos::{html, prelude::*};
use serde::Deserialize;

use super::{
    again::{Again, AgainDialog},
    row::DeliveryRow,
};
use crate::{
    client::{calls, use_client, use_team},
    features::{
        lists::{Pages, ParamFilter, Toolbar, clear, drop_unknown, webhook_choices},
        palette::on_command,
    },
    route::{Place, Query, use_router},
    ui::{
        board::{Board, Column, is_read},
        button::{Button, ButtonKind},
        feedback::Empty,
        focus::Heading,
        format::count,
        icon::Glyph,
        outcome::{look, outcome_words},
        rows::{Row, follow},
        selection::{BulkBar, ChooseAll, Selection},
        time::now,
        toast::use_toasts,
        toggle::Segmented,
    },
};

/// All deliveries of a team.
#[component]
pub fn TeamDeliveries(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading>"Deliveries"</Heading>
                    <p class="page-head__note">"Each match of an automation, and what came of it. Newest first."</p>
                </div>
            </div>
            <DeliveryList entity=entity />
        </div>
    }
}

/// Deliveries of events in a registry or project.
#[component]
pub fn PlaceDeliveries(
    /// The place.
    place: Place,
) -> impl IntoView {
    view! { <DeliveryList entity=place.entity.clone() within=place /> }
}

#[derive(Deserialize)]
struct StateCount {
    state: DeliveryState,
    count: u64,
}

/// The states the list can be narrowed to at once.
const SHOWN_STATES: [DeliveryState; 4] =
    [DeliveryState::Delivered, DeliveryState::Retrying, DeliveryState::Failed, DeliveryState::Skipped];

/// States that few lists have: shown where there are some, or where the URL names them.
const RARE_STATES: [DeliveryState; 3] = [DeliveryState::Waiting, DeliveryState::Canceled, DeliveryState::Recorded];

/// Spans of time: their word in the URL, their words, and hours.
pub(super) const SPANS: [(&str, &str, i64); 4] = [
    ("1h", "Last hour", 1),
    ("1d", "Last 24\u{a0}h", 24),
    ("7d", "Last 7\u{a0}days", 168),
    ("30d", "Last 30\u{a0}days", 720),
];

/// When a span began, RFC 3339. Rounded to the minute, so that the same question keeps its address for a
/// while.
pub(super) fn start_of(span: &str, now: i64) -> Option<String> {
    let (_, _, hours) = SPANS.iter().find(|(own, ..)| *own == span)?;
    Some(crate::ui::format::rfc3339((now - hours * 3_600_000) / 60_000 * 60_000))
}

/// What the interface is asked, from the URL, but for the state.
fn ask(query: &Query, within: Option<&Place>, now: i64) -> DeliveryFilter {
    let own = |name: &str| query.get(name).map(str::to_owned);
    let place = |kind| within.filter(|place| place.kind == kind).map(|place| place.name.clone());
    DeliveryFilter {
        registry: place(PlaceKind::Registry),
        project: place(PlaceKind::Project),
        collection: own("collection"),
        automation: own("automation"),
        webhook: own("webhook"),
        state: None,
        outcome: query.get("outcome").and_then(OutcomeCode::parse),
        since: query.get("since").and_then(|span| start_of(span, now)),
        until: None,
    }
}

/// The same as a query, with one state or all.
fn question(filter: &DeliveryFilter, state: Option<&str>) -> Query {
    Query::default()
        .with("registry", filter.registry.as_deref())
        .with("project", filter.project.as_deref())
        .with("state", state.filter(|word| DeliveryState::parse(word).is_some()))
        .with("automation", filter.automation.as_deref())
        .with("webhook", filter.webhook.as_deref())
        .with("outcome", filter.outcome.map(OutcomeCode::as_str))
        .with("collection", filter.collection.as_deref())
        .with("since", filter.since.as_deref())
}

const COLUMNS: [Column; 8] = [
    ("State", "col-state"),
    ("Automation", "col-name"),
    ("What happened", "col-subject"),
    ("By", "col-who"),
    ("Time", "col-time"),
    ("Attempts", "col-att table__num"),
    ("Duration", "col-dur table__num"),
    ("Actions", "col-act"),
];

#[component]
fn DeliveryList(entity: String, #[prop(optional)] within: Option<Place>) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let query = router.query();
    drop_unknown("state", |word| DeliveryState::parse(word).is_some());
    drop_unknown("outcome", |word| OutcomeCode::parse(word).is_some());
    drop_unknown("since", |word| SPANS.iter().any(|(own, ..)| *own == word));
    let scope = StoredValue::new((entity.clone(), within));
    // The span is measured from when the filter was set, not from each second.
    let filter =
        Memo::new(move |_| scope.with_value(|(_, within)| query.with(|query| ask(query, within.as_ref(), now()))));
    let asked = Memo::new(move |_| {
        let query = query.with(|query| query.get("state").map(str::to_owned));
        filter.with(|filter| question(filter, query.as_deref()))
    });
    let board: NodeRef<html::Section> = NodeRef::new();
    let chosen = StoredValue::new(None::<Selection>);
    let pages = Pages::<Row<Delivery>>::new(
        client,
        move || scope.with_value(|(entity, _)| calls::deliveries(entity, &asked.get())),
        |row| &row.id,
        move || is_read(board) || chosen.get_value().is_some_and(|chosen| !chosen.is_empty_now()),
        move |error| toasts.fail(error.words()),
    );
    let rows = Memo::new(move |_| pages.rows());
    let selection = Selection::new(Memo::new(move |_| pages.ids()));
    chosen.set_value(Some(selection));
    let counts = client.query::<List<StateCount>>(move || {
        let asked = filter.with(|filter| question(filter, None));
        Some(scope.with_value(|(entity, _)| calls::delivery_counts(entity, &asked)))
    });
    let automations = client.query::<List<Automation>>(move || {
        Some(scope.with_value(|(entity, within)| calls::automations(entity, within.as_ref(), &Query::default())))
    });
    let states = Signal::derive(move || {
        let counted = |state: Option<DeliveryState>| {
            counts.with(|counts| {
                let list = counts.value.as_ref()?;
                let of = list.items.iter().filter(|one| state.is_none_or(|state| state == one.state));
                Some(of.map(|one| one.count).sum::<u64>())
            })
        };
        let words = |word: &str, number: Option<u64>| {
            number.map_or_else(|| word.to_owned(), |number| format!("{word} {}", count(number)))
        };
        let named = query.with(|query| query.get("state").and_then(DeliveryState::parse));
        let rare = RARE_STATES
            .into_iter()
            .filter(|state| named == Some(*state) || counted(Some(*state)).is_some_and(|number| number > 0));
        let mut choices = vec![(String::new(), words("All", counted(None)))];
        choices.extend(
            SHOWN_STATES
                .into_iter()
                .chain(rare)
                .map(|state| (state.as_str().to_owned(), words(look(state).2, counted(Some(state))))),
        );
        choices
    });
    let names = Signal::derive(move || {
        automations.with(|list| {
            let list = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            list.iter().map(|one| (one.id.clone(), one.name.clone())).collect::<Vec<_>>()
        })
    });
    let collection = router.param("collection");
    // Those of the place; in a whole team, the one that a link named.
    let listed = client
        .query::<List<Collection>>(move || scope.with_value(|(_, within)| within.as_ref().map(calls::collections)));
    let collections = Signal::derive(move || {
        let mut names: Vec<String> = listed.with(|list| {
            list.value.iter().flat_map(|list| &list.items).map(|collection| collection.name.clone()).collect()
        });
        names.extend(collection.get().filter(|own| !names.contains(own)));
        names.into_iter().map(|name| (name.clone(), name)).collect::<Vec<_>>()
    });
    let has_collections = Memo::new(move |_| collections.with(|all| !all.is_empty()));
    let member = team.refusal(Role::Member);
    let again = RwSignal::new(None::<Again>);
    let row = {
        let entity = entity.clone();
        move |delivery: Row<Delivery>| {
            let delivery = follow(rows, delivery, |one, other| one.id == other.id);
            view! { <DeliveryRow delivery=delivery entity=entity.clone() selection=selection refused=member /> }
        }
    };
    let label = scope.with_value(|(_, within)| match within {
        Some(place) => format!("Deliveries of {}", place.name),
        None => "Deliveries of the team".to_owned(),
    });
    let empty = move || {
        if query.with(Query::is_empty) {
            view! {
                <Empty
                    title="Nothing was sent yet"
                    text="Each match of an automation appears here, with the request, the answer, and the reason it fired."
                    art=true
                />
            }
            .into_any()
        } else {
            view! {
                <Empty title="No delivery matches" text="Filters are set. Clear them to see all deliveries.">
                    <Button on_press=move || clear(router)>"Clear filters"</Button>
                </Empty>
            }
            .into_any()
        }
    };
    let redeliver_failed = move || {
        let since = query.with_untracked(|query| query.get("since").unwrap_or("1d").to_owned());
        again.set(Some(Again::Failed { filter: filter.get_untracked(), since }));
    };
    on_command("redeliver", redeliver_failed);
    let has_chosen = Memo::new(move |_| selection.count() > 0);
    let webhooks = webhook_choices(&entity);
    let outcomes = OutcomeCode::ALL.map(|code| (code.as_str().to_owned(), outcome_words(code).to_owned())).to_vec();
    view! {
        <Toolbar
            label="Find deliveries"
            lead=move || {
                view! {
                    <Segmented
                        label="State"
                        value=Signal::derive(move || query.with(|query| query.get("state").unwrap_or_default().to_owned()))
                        choices=states
                        on_choose=move |state: String| router.set_param("state", Some(&state))
                    />
                }
                    .into_any()
            }
            end=move || {
                view! {
                    <Button glyph=Glyph::Retry refused=member on_press=redeliver_failed>
                        "Redeliver failed…"
                    </Button>
                }
                    .into_any()
            }
        >
            <ParamFilter label="Automation" param="automation" choices=names />
            <ParamFilter label="Webhook" param="webhook" choices=webhooks />
            <ParamFilter label="Outcome" param="outcome" choices=outcomes />
            {live(move || {
                has_collections
                    .get()
                    .then(|| view! { <ParamFilter label="Collection" param="collection" choices=collections /> })
            })}
            <ParamFilter
                label="Time"
                param="since"
                choices=SPANS.map(|(word, words, _)| (word.to_owned(), words.to_owned())).to_vec()
            />
        </Toolbar>
        <Board
            node_ref=board
            label=label
            listing=pages.listing()
            class="table--rows table--history"
            columns=&COLUMNS
            lead=move || view! { <ChooseAll selection=selection /> }.into_any()
            empty=empty
            foot=move || {
                view! { <span>{live(move || team.retain_days().map(|days| format!("Kept for {days}\u{a0}days")))}</span> }
                    .into_any()
            }
        >
            <For each=move || rows.get() key=|row| row.id.clone() children=row />
        </Board>
        {live(move || {
            has_chosen
                .get()
                .then(|| {
                    view! {
                        <BulkBar selection=selection label="Actions for the selected deliveries">
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                glyph=Glyph::Retry
                                refused=member
                                on_press=move || again.set(Some(Again::Chosen(selection.ids())))
                            >
                                "Redeliver…"
                            </Button>
                        </BulkBar>
                    }
                })
        })}
        <AgainDialog of=again entity=entity on_done=move || selection.clear() />
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::format::parse_time;

    #[test]
    fn the_url_becomes_the_question() {
        let now = parse_time("2026-11-24T12:03:40Z").unwrap_or_default();
        let asked = |url: &str, state| question(&ask(&Query::parse(url), None, now), state).suffix();
        assert_eq!(
            asked("?automation=a&since=1h&outcome=http_5xx&page=2", Some("failed")),
            "?state=failed&automation=a&outcome=http_5xx&since=2026-11-24T11%3A03%3A00Z"
        );
        assert_eq!(asked("?outcome=nope&since=ever", Some("nope")), "");
    }
}
