//! The start of a team: what needs attention, and how the last day went.

use std::sync::Arc;

use hookboard_api::{
    attention::{Attention, FailingAutomation, SilentAutomation, Trouble, TroubledWebhook},
    automation::Automation,
    delivery::DeliveryState,
    list::List,
    scope::{PlaceKind, Scope},
};
use leptos::prelude::*;

use crate::{
    client::{calls, use_client, use_team},
    route::{Place, Query, Room, Route, use_router},
    ui::{
        feedback::{Empty, LoadError, SkeletonRows},
        focus::Heading,
        format::{count, counted, with_team},
        icon::Glyph,
        outcome::{look, short_code},
        rows::follow,
        status::{Status, Tone},
        time::Ago,
    },
};

/// What needs attention.
#[component]
pub fn HomePage(
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let client = use_client();
    let path = calls::team(&entity, "attention");
    let attention = client.query::<Attention>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let retry = Callback::new(move |()| client.refresh(&path));
    let heading = format!("Home of {entity}");
    let known = Memo::new(move |_| attention.with(|attention| attention.value.clone()));
    let is_known = Memo::new(move |_| known.with(Option::is_some));
    // What is on the page stays in place when it changes: the focus may be in it.
    let content = move || {
        if !is_known.get() {
            return view! { <div class="board"><SkeletonRows label="Loading" /></div> }.into_any();
        }
        let is_calm = Memo::new(move |_| {
            known.with(|known| {
                known
                    .as_ref()
                    .is_some_and(|now| now.webhooks.is_empty() && now.failing.is_empty() && now.silent.is_empty())
            })
        });
        let (of_webhook, of_failing, of_silent) = (entity.clone(), entity.clone(), entity.clone());
        let calm_entity = entity.clone();
        view! {
            <Day entity=entity.clone() attention=known />
            {needs(
                "Webhooks",
                part(known, |now| (now.webhooks_total, now.webhooks.clone())),
                |one: &TroubledWebhook| &one.id,
                move |one| webhook(&of_webhook, one),
            )}
            {needs(
                "Failing automations",
                part(known, |now| (now.failing_total, now.failing.clone())),
                |one: &FailingAutomation| &one.id,
                move |one| failing(&of_failing, one),
            )}
            {needs(
                "Silent automations",
                part(known, |now| (now.silent_total, now.silent.clone())),
                |one: &SilentAutomation| &one.id,
                move |one| silent(&of_silent, one),
            )}
            {live(move || is_calm.get().then(|| view! { <Calm entity=calm_entity.clone() /> }))}
        }
        .into_any()
    };
    view! {
        <div class="page">
            <div class="page-head">
                <div class="page-head__text">
                    <Heading>{heading}</Heading>
                    <p class="page-head__note">"What needs attention, and how the last 24\u{a0}hours went."</p>
                </div>
            </div>
            {live(move || {
                attention
                    .with(|attention| attention.error.clone())
                    .map(|error| view! { <LoadError what="This page" why=error.words() on_retry=retry /> })
            })}
            {live(content)}
        </div>
    }
}

/// What is known, as far as it has come.
type Known = Memo<Option<Arc<Attention>>>;

/// One list of it, with its full length.
fn part<T: Clone + PartialEq + Send + Sync + 'static>(
    known: Known,
    read: fn(&Attention) -> (u32, Vec<T>),
) -> Memo<(u32, Vec<T>)> {
    Memo::new(move |_| known.with(|known| known.as_ref().map_or_else(|| (0, Vec::new()), |now| read(now))))
}

/// Deliveries of the last day by state, each a way to their list.
#[component]
fn Day(entity: String, attention: Known) -> impl IntoView {
    let router = use_router();
    let list = Room::Deliveries.of(entity.clone()).path();
    let number = move |read: fn(&Attention) -> u32| {
        Memo::new(move |_| attention.with(|now| now.as_ref().map(|now| read(now)).unwrap_or_default()))
    };
    let figure = |state: DeliveryState, number: Memo<u32>| {
        let (tone, glyph, word) = look(state);
        let query = Query::default().with("state", Some(state.as_str())).with("since", Some("1d"));
        view! {
            <a href=router.href_to(&format!("{list}{}", query.suffix()))>
                <b>{live(move || count(number.get().into()))}</b>
                {live(move || {
                    let tone = if number.get() == 0 { Tone::None } else { tone };
                    view! { <Status tone=tone glyph=glyph text=word /> }
                })}
            </a>
        }
    };
    let events = number(|now| now.events_day);
    view! {
        <section class="day" aria-label="Last 24 hours">
            <a href=router.href(&Room::Events.of(entity))>
                <b>{live(move || count(events.get().into()))}</b>
                <Status tone=Tone::None glyph=Glyph::Pulse text="Events" />
            </a>
            {figure(DeliveryState::Delivered, number(|now| now.day.delivered))}
            {figure(DeliveryState::Retrying, number(|now| now.day.retrying))}
            {figure(DeliveryState::Failed, number(|now| now.day.failed))}
            {figure(DeliveryState::Skipped, number(|now| now.day.skipped))}
        </section>
    }
}

/// A board of things that need attention; hidden while there are none.
fn needs<T: Clone + PartialEq + Send + Sync + 'static>(
    title: &'static str,
    list: Memo<(u32, Vec<T>)>,
    id: fn(&T) -> &str,
    row: impl Fn(&T) -> AnyView + Clone + Send + Sync + 'static,
) -> AnyView {
    let rows = Memo::new(move |_| list.with(|(_, rows)| rows.clone()));
    let left = Memo::new(move |_| list.with(|(total, rows)| (*total as usize).saturating_sub(rows.len())));
    let item = move |one: T| {
        let (one, row) = (follow(rows, one, move |one, other| id(one) == id(other)), row.clone());
        view! { <li>{live(move || one.with(&row))}</li> }
    };
    view! {
        <section class="board needs" aria-label=title hidden=bound(move || rows.with(Vec::is_empty))>
            <div class="board__head">
                <h2>{title}</h2>
                <span class="tab__count">{live(move || count(list.with(|(total, _)| (*total).into())))}</span>
            </div>
            <ul role="list">
                <For each=move || rows.get() key=move |one| id(one).to_owned() children=item />
            </ul>
            <div class="board__foot" hidden=bound(move || left.get() == 0)>
                <span>{live(move || format!("{} more", count(left.get() as u64)))}</span>
            </div>
        </section>
    }
    .into_any()
}

fn webhook(entity: &str, webhook: &TroubledWebhook) -> AnyView {
    let owner = webhook.entity.clone().unwrap_or_else(|| entity.to_owned());
    let href = untrack(|| use_team().role_in(&owner)).map(|_| use_router().href(&Room::Webhooks.of(owner)));
    let (tone, glyph, word) = match webhook.kind {
        Trouble::Paused => (Tone::Danger, Glyph::Pause, "Paused"),
        Trouble::Failing => (Tone::Warning, Glyph::Warning, "Failing"),
    };
    let waiting = (webhook.waiting > 0)
        .then(|| format!("{}. ", counted(webhook.waiting.into(), "delivery waits", "deliveries wait")));
    let users = counted(webhook.automations.into(), "automation sends", "automations send");
    view! {
        <span class="cell-stack">
            <a class="row-title" href=href>
                {with_team(webhook.entity.as_deref(), &webhook.name)}
            </a>
            <Status tone=tone glyph=glyph text=word />
        </span>
        <span>
            {webhook.reason.clone()} " " {waiting}
            <span class="cell-sub">{format!("{users} through it.")}</span>
        </span>
        <span class="muted nowrap">{webhook.since.clone().map(|at| view! { <Ago at=at /> })}</span>
    }
    .into_any()
}

fn automation_link(entity: &str, id: &str, name: &str, scope: &Scope) -> AnyView {
    let place = Place { entity: entity.to_owned(), kind: scope.kind, name: scope.name.clone() };
    let href = use_router().href(&Route::Automation(place, id.to_owned()));
    let within = match &scope.collection {
        Some(collection) => format!("{collection} in {}", scope.name),
        None => scope.name.clone(),
    };
    view! {
        <span class="cell-stack">
            <a class="row-title" href=href>
                {name.to_owned()}
            </a>
            <span class="cell-sub">{within}</span>
        </span>
    }
    .into_any()
}

fn failing(entity: &str, one: &FailingAutomation) -> AnyView {
    let code = short_code(one.status, one.outcome).unwrap_or_default();
    let words = format!(
        "{} of the last 7\u{a0}days",
        counted(one.failed.into(), "delivery has not arrived", "deliveries have not arrived")
    );
    view! {
        {automation_link(entity, &one.id, &one.name, &one.scope)}
        <span>
            <Status tone=Tone::Danger glyph=Glyph::XCircle text="Failing" code=code />
            <span class="cell-sub">{words}</span>
        </span>
        <span class="muted nowrap"><Ago at=one.at.clone() /></span>
    }
    .into_any()
}

fn silent(entity: &str, one: &SilentAutomation) -> AnyView {
    let words = match one.seen {
        0 => "Saw no event in 30\u{a0}days.".to_owned(),
        seen => format!("Passed over all {} in 30\u{a0}days.", counted(seen.into(), "event", "events")),
    };
    view! {
        {automation_link(entity, &one.id, &one.name, &one.scope)}
        <span>{words}</span>
        <span class="muted nowrap">"Created " <Ago at=one.created_at.clone() /></span>
    }
    .into_any()
}

/// What stands where nothing needs attention: for a new team, the first steps.
#[component]
fn Calm(entity: String) -> impl IntoView {
    let (client, router, team) = (use_client(), use_router(), use_team());
    let path = calls::automations(&entity, None, &Query::default().with("limit", Some("1")));
    let automations = client.query::<List<Automation>>(move || Some(path.clone()));
    let has_none = Memo::new(move |_| automations.with(|list| Some(list.value.as_ref()?.items.is_empty())));
    let first = move |kind: PlaceKind| {
        team.places(kind).with(|places| places.value.as_ref()?.items.first().map(|place| place.name.clone()))
    };
    live(move || {
        let Some(has_none) = has_none.get() else { return ().into_any() };
        if !has_none {
            return view! {
                <div class="board">
                    <Empty
                        title="Nothing needs attention"
                        text="No webhook is paused or failing, no automation fails, and none that is on has been silent for 30\u{a0}days."
                    />
                </div>
            }
            .into_any();
        }
        let place = [PlaceKind::Registry, PlaceKind::Project]
            .into_iter()
            .find_map(|kind| first(kind).map(|name| Place { entity: entity.clone(), kind, name }));
        let create = place.map(|place| {
            view! {
                <a class="button" data-kind="primary" href=router.href(&Route::NewAutomation(place))>
                    "Create automation"
                </a>
            }
        });
        let (sources, webhooks) =
            (router.href(&Room::Sources.of(entity.clone())), router.href(&Room::Webhooks.of(entity.clone())));
        view! {
            <div class="board">
                <Empty
                    title="No automations yet"
                    text="An automation sends a webhook when something happens in a registry or project. Connect what events come from, say where to send, then create the first one."
                    art=true
                >
                    <a class="button" href=sources>
                        "Connect MLflow"
                    </a>
                    <a class="button" href=webhooks>
                        "Add a webhook"
                    </a>
                    {create}
                </Empty>
            </div>
        }
        .into_any()
    })
}
