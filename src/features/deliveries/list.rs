//! Lists of deliveries: all of a team's, and those of a registry or project.

use hookboard_api::{
    EventType,
    account::Role,
    automation::Automation,
    catalogue::Collection,
    delivery::{Delivery, DeliveryState, Redeliver},
    list::List,
    sentence::subject_words,
};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{
    client::{Client, Pages, calls, use_client, use_team},
    route::{Place, Query, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        feedback::{Empty, LoadError, SkeletonRows},
        filter::FilterButton,
        focus::Heading,
        format::{absolute, ago, count, duration, parse_time, short},
        icon::{Glyph, Icon},
        outcome::{look, short_code},
        rows::follow,
        status::Status,
        time::{now, use_clock},
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

/// Spans of time, by their word in the URL.
const SPANS: [(&str, &str, i64); 4] = [
    ("1h", "Last hour", 1),
    ("1d", "Last 24\u{a0}h", 24),
    ("7d", "Last 7\u{a0}days", 168),
    ("30d", "Last 30\u{a0}days", 720),
];

/// What the interface is asked, from the URL. The time is rounded to the minute, so that the same
/// question keeps its address for a while.
fn ask(query: &Query, now: i64, with_state: bool) -> Query {
    let span = query.get("since").and_then(|word| SPANS.iter().find(|(own, ..)| *own == word));
    let since = span.map(|(_, _, hours)| {
        let at = (now - hours * 3_600_000) / 60_000 * 60_000;
        crate::ui::format::rfc3339(at)
    });
    Query::default()
        .with("state", query.get("state").filter(|word| with_state && DeliveryState::parse(word).is_some()))
        .with("automation", query.get("automation"))
        .with("collection", query.get("collection"))
        .with("since", since.as_deref())
}

#[component]
fn DeliveryList(entity: String, #[prop(optional)] within: Option<Place>) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let query = router.query();
    let scope = StoredValue::new((entity.clone(), within));
    // The span is measured from when the filter was set, not from each second.
    let asked = Memo::new(move |_| query.with(|query| ask(query, now(), true)));
    let address = Memo::new(move |_| {
        scope.with_value(|(entity, within)| calls::deliveries(entity, within.as_ref(), &asked.get()))
    });
    let pages = Pages::<Delivery>::new(client, move || Some(address.get()));
    let counts = client.query::<List<StateCount>>(move || {
        let asked = query.with(|query| ask(query, now(), false));
        Some(scope.with_value(|(entity, within)| calls::delivery_counts(entity, within.as_ref(), &asked)))
    });
    let automations = client.query::<List<Automation>>(move || {
        Some(scope.with_value(|(entity, within)| calls::automations(entity, within.as_ref(), &Query::default())))
    });
    let rows = Memo::new(move |_| pages.rows());
    let unset = Memo::new(move |_| query.with(Query::is_empty));
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
        let mut choices = vec![(String::new(), words("All", counted(None)))];
        choices
            .extend(SHOWN_STATES.map(|state| (state.as_str().to_owned(), words(look(state).2, counted(Some(state))))));
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
    let clear = move || router.set_query(&Query::default());
    let entity_name = entity.clone();
    let member = team.refusal(Role::Member);
    let row = move |delivery: Delivery| {
        let delivery = follow(rows, delivery, |one, other| one.id == other.id);
        view! { <DeliveryRow delivery=delivery entity=entity_name.clone() refused=member /> }
    };
    let label = scope.with_value(|(_, within)| match within {
        Some(place) => format!("Deliveries of {}", place.name),
        None => "Deliveries of the team".to_owned(),
    });
    let board_label = label.clone();
    view! {
        <form class="toolbar" role="search" aria-label="Find deliveries" on:submit=|event| event.prevent_default()>
            <Segmented
                label="State"
                value=Signal::derive(move || query.with(|query| query.get("state").unwrap_or_default().to_owned()))
                choices=states
                on_choose=move |state: String| router.set_param("state", Some(&state))
            />
            <FilterButton
                label="Automation"
                value=router.param("automation")
                choices=names
                on_choose={move |id: Option<String>| router.set_param("automation", id.as_deref())}
            />
            {live(move || {
                has_collections
                    .get()
                    .then(|| {
                        view! {
                            <FilterButton
                                label="Collection"
                                value=collection
                                choices=collections
                                on_choose={move |name: Option<String>| router.set_param("collection", name.as_deref())}
                            />
                        }
                    })
            })}
            <FilterButton
                label="Time"
                value=router.param("since")
                choices=SPANS.map(|(word, words, _)| (word.to_owned(), words.to_owned())).to_vec()
                on_choose={move |span: Option<String>| router.set_param("since", span.as_deref())}
            />
            {live(move || {
                (!unset.get()).then(|| view! { <Button kind=ButtonKind::Quiet on_press=clear>"Clear filters"</Button> })
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
            class="board"
            aria-label=board_label
            hidden=bound(move || pages.first().with(|first| first.value.is_none() && first.error.is_some()))
            aria-busy=bound(move || pages.first().with(|first| first.busy).then_some("true"))
        >
            {live(move || match (pages.first().with(|first| first.value.is_none()), rows.with(Vec::is_empty)) {
                (true, _) => view! { <SkeletonRows label="Loading deliveries" /> }.into_any(),
                (false, true) if unset.get() => {
                    view! {
                        <Empty
                            title="Nothing was sent yet"
                            text="Each match of an automation appears here, with the request, the answer, and the reason it fired."
                            art=true
                        />
                    }
                        .into_any()
                }
                (false, true) => {
                    view! {
                        <Empty title="No delivery matches" text="Filters are set. Clear them to see all deliveries.">
                            <Button on_press=clear>"Clear filters"</Button>
                        </Empty>
                    }
                        .into_any()
                }
                (false, false) => ().into_any(),
            })}
            <table class="table table--history" role="table" aria-label=label hidden=bound(move || rows.with(Vec::is_empty))>
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col" class="col-state">"State"</th>
                        <th role="columnheader" scope="col">"Automation"</th>
                        <th role="columnheader" scope="col">"What happened"</th>
                        <th role="columnheader" scope="col" class="col-who">"By"</th>
                        <th role="columnheader" scope="col">"Time (UTC)"</th>
                        <th role="columnheader" scope="col" class="table__num">"Attempts"</th>
                        <th role="columnheader" scope="col" class="table__num">"Duration"</th>
                        <th role="columnheader" scope="col">
                            <span class="visually-hidden">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || rows.get() key=|row| row.id.clone() children=row />
                </tbody>
            </table>
            <div class="board__foot" hidden=bound(move || pages.first().with(|first| first.value.is_none()))>
                <span>{live(move || team.retain_days().map(|days| format!("Kept for {days}\u{a0}days")))}</span>
                {live(move || {
                    pages
                        .has_more()
                        .then(|| {
                            view! {
                                <span class="push">
                                    <Button
                                        small=true
                                        busy=Signal::derive(move || pages.loading().get().then_some("Loading…"))
                                        on_press=move || {
                                            pages.load_more(client, move |error| toasts.fail(error.words()));
                                        }
                                    >
                                        "Show older"
                                    </Button>
                                </span>
                            }
                        })
                })}
            </div>
        </section>
    }
}

#[component]
fn DeliveryRow(delivery: Memo<Delivery>, entity: String, refused: Signal<Option<String>>) -> impl IntoView {
    let (client, router, clock) = (use_client(), use_router(), use_clock());
    let busy = RwSignal::new(None::<&'static str>);
    let id = delivery.with_untracked(|delivery| delivery.id.clone());
    let href = router.href(&Route::Delivery { entity: entity.clone(), id });
    let toasts = use_toasts();
    let again = StoredValue::new(entity);
    let send = move || {
        let (entity, delivery) = (again.get_value(), delivery.get_untracked());
        busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = redeliver(client, &entity, &delivery.id, false).await;
            busy.try_set(None);
            if let Err(error) = answer {
                toasts.fail(error.words());
            }
        });
    };
    view! {
        <tr role="row">
            <td role="cell" class="col-state">
                {live(move || {
                    delivery
                        .with(|delivery| {
                            let (tone, glyph, word) = look(delivery.state);
                            let code = short_code(delivery.status, delivery.outcome).unwrap_or_default();
                            let title = delivery.reason.clone();
                            view! {
                                <span title=title>
                                    <Status tone=tone glyph=glyph text=word code=code />
                                </span>
                            }
                        })
                })}
            </td>
            <th role="rowheader" scope="row" class="col-name">
                <a class="row-title" href=href>
                    {delivery.with_untracked(|delivery| delivery.automation_name.clone())}
                </a>
            </th>
            <td role="cell" class="col-subject">
                {live(move || delivery.with(subject))}
            </td>
            <td role="cell" class="col-who muted">
                {live(move || delivery.with(|delivery| delivery.event_author.clone()))}
            </td>
            <td role="cell" class="col-time nowrap">
                {live(move || {
                    let at = delivery.with(|delivery| delivery.created_at.clone());
                    let time = parse_time(&at).unwrap_or_default();
                    let now = clock.coarse().get();
                    view! {
                        <time datetime=at title=absolute(time)>
                            {short(time, now)}
                        </time>
                        " "
                        <span class="faint">{ago(time, now)}</span>
                    }
                })}
            </td>
            <td role="cell" class="col-att table__num nowrap">
                {live(move || {
                    delivery
                        .with(|delivery| match delivery.state {
                            DeliveryState::Retrying | DeliveryState::Failed => {
                                format!("{} of {}", delivery.attempts, delivery.max_attempts)
                            }
                            _ => delivery.attempts.to_string(),
                        })
                })}
            </td>
            <td role="cell" class="col-dur table__num nowrap">
                {live(move || delivery.with(|delivery| delivery.duration_ms.map_or_else(|| "–".to_owned(), duration)))}
            </td>
            <td role="cell" class="col-act">
                {live(move || {
                    let state = delivery.with(|delivery| delivery.state);
                    matches!(state, DeliveryState::Retrying | DeliveryState::Failed | DeliveryState::Canceled)
                        .then(|| {
                            view! {
                                <Button
                                    kind=ButtonKind::Quiet
                                    small=true
                                    glyph=Glyph::Retry
                                    busy=busy
                                    refused=refused
                                    on_press=send
                                >
                                    "Redeliver"
                                </Button>
                            }
                        })
                })}
            </td>
        </tr>
    }
}

/// Sends a delivery again.
pub(super) async fn redeliver(
    client: Client,
    entity: &str,
    id: &str,
    render: bool,
) -> Result<(), crate::client::ApiError> {
    let path = calls::delivery(entity, id, "/redeliver");
    client.post::<Option<serde::de::IgnoredAny>>(&path, &Redeliver { render }).await?;
    client.changed(&calls::team(entity, "deliveries"));
    Ok(())
}

fn subject(delivery: &Delivery) -> AnyView {
    let words = subject_words(&delivery.subject);
    let (name, version) = match words.rsplit_once(' ') {
        Some((name, version)) => (name.to_owned(), version.to_owned()),
        None => (words, String::new()),
    };
    view! {
        <span class="row row-wrap">
            <span class="subject">{name} " " <span class="muted nowrap">{version}</span></span>
            {detail_chip(delivery)}
        </span>
    }
    .into_any()
}

/// What the event was about, with the sign of its kind.
pub(super) fn detail_chip(delivery: &Delivery) -> AnyView {
    let glyph = match delivery.event_type {
        EventType::AddArtifactAlias => Glyph::Alias,
        event if event.is_tag() => Glyph::Tag,
        event if event.is_run() => Glyph::Pulse,
        _ => Glyph::Collection,
    };
    let words = match delivery.event_type {
        _ if !delivery.subject_detail.is_empty() => delivery.subject_detail.clone(),
        EventType::LinkArtifact => "linked".to_owned(),
        EventType::UnlinkArtifact => "unlinked".to_owned(),
        EventType::CreateArtifact => "created".to_owned(),
        _ => return ().into_any(),
    };
    view! {
        <span class="chip">
            <Icon glyph=glyph />
            <span class="truncate">{words}</span>
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_becomes_the_question() {
        let query = Query::parse("?state=failed&automation=a&since=1h&page=2");
        let now = parse_time("2026-11-24T12:03:40Z").unwrap_or_default();
        assert_eq!(ask(&query, now, true).suffix(), "?state=failed&automation=a&since=2026-11-24T11%3A03%3A00Z");
        assert_eq!(ask(&Query::parse("?state=nope&since=ever"), now, true).suffix(), "");
        assert_eq!(ask(&Query::parse("?state=failed"), now, false).suffix(), "");
    }
}
