//! One delivery: where it stands, each attempt, and why it fired.

use hookboard_api::{
    EventType,
    account::Role,
    delivery::{Attempt, Delivery, DeliveryDetail, DeliveryState, OutcomeCode},
    sentence::{Part, subject_words},
};
use leptos::{prelude::*, task::spawn_local};

use super::{curl, row::redeliver, timeline::Timeline, trace::WhyItFired};
use crate::{
    client::{calls, use_client, use_team},
    route::{Place, Room, Route, use_router},
    ui::{
        button::{Button, ButtonKind, ButtonLink, IconButton, LinkButton},
        clipboard::copy,
        dates::{Style, When},
        exchange::{ExchangeTabs, Phases, outcome_badge},
        feedback::{Empty, LoadError, SkeletonRows},
        focus::Heading,
        icon::Glyph,
        menu::{Menu, MenuItem},
        outcome::{look, short_code},
        rule::{RuleSentence, Then},
        status::{Badge, Status, Tone},
        time::{Ago, Countdown},
        toast::{Toasts, use_toasts},
    },
};

/// The page of one delivery.
#[component]
pub fn DeliveryPage(
    /// The team's name.
    entity: String,
    /// The delivery's id.
    id: String,
) -> impl IntoView {
    let client = use_client();
    let path = calls::delivery(&entity, &id, "");
    let query = client.query::<DeliveryDetail>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let to_all = use_router().href(&Room::Deliveries.of(entity.clone()));
    view! {
        <div class="page">
            {live(move || {
                let (path, entity, to_all) = (path.clone(), entity.clone(), to_all.clone());
                let remote = query.get();
                let error = remote
                    .error
                    .map(|error| {
                        if error.is_missing() {
                            view! {
                                <Empty
                                    title="This delivery is not there"
                                    text="Deliveries are kept for a while only, or you may not see it."
                                >
                                    <ButtonLink href=to_all>"All deliveries"</ButtonLink>
                                </Empty>
                            }
                                .into_any()
                        } else {
                            view! {
                                <LoadError
                                    what="The delivery"
                                    why=error.words()
                                    on_retry=move || client.refresh(&path)
                                />
                            }
                                .into_any()
                        }
                    });
                let pending = error.is_none();
                let shown = match remote.value {
                    Some(detail) => view! { <Loaded detail=(*detail).clone() entity=entity /> }.into_any(),
                    None => {
                        view! {
                            <h1 class="visually-hidden" tabindex="-1">"Delivery"</h1>
                            {pending.then(|| view! { <SkeletonRows label="Loading the delivery" /> })}
                        }
                            .into_any()
                    }
                };
                view! { {shown} {error} }
            })}
        </div>
    }
}

/// What happened, as a sentence.
fn happened(delivery: &Delivery) -> Vec<Part> {
    let text = |text: &str| Part::Text(text.to_owned());
    let subject = Part::Strong(subject_words(&delivery.subject));
    let code = Part::Code(delivery.subject_detail.clone());
    let mut parts = match delivery.event_type {
        EventType::LinkArtifact => vec![subject, text(" was linked")],
        EventType::UnlinkArtifact => vec![subject, text(" was unlinked")],
        EventType::CreateArtifact => vec![subject, text(" was created")],
        EventType::AddArtifactAlias => vec![text("Alias "), code, text(" was added to "), subject],
        EventType::AddArtifactTag | EventType::AddCollectionTag => {
            vec![text("Tag "), code, text(" was added to "), subject]
        }
        EventType::RemoveArtifactTag | EventType::RemoveCollectionTag => {
            vec![text("Tag "), code, text(" was removed from "), subject]
        }
        EventType::RunState => vec![text("Run "), subject, text(" is "), code],
        EventType::RunMetricThreshold | EventType::RunMetricChange | EventType::RunMetricZscore => {
            vec![code, text(" met its condition in run "), subject]
        }
    };
    parts.extend([text(" by "), Part::Strong(delivery.event_author.clone())]);
    parts
}

#[component]
fn Loaded(detail: DeliveryDetail, entity: String) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let member = team.refusal(Role::Member);
    let delivery = detail.delivery.clone();
    let busy = RwSignal::new(None::<&'static str>);
    let id = StoredValue::new((entity.clone(), delivery.id.clone()));
    let send = move |render: bool| {
        let (entity, id) = id.get_value();
        busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = redeliver(client, &entity, &id, render).await;
            busy.try_set(None);
            if let Err(error) = answer {
                toasts.fail(error.words());
            }
        });
    };
    let stop = move || {
        let (entity, id) = id.get_value();
        spawn_local(async move {
            let path = calls::delivery(&entity, &id, "/cancel");
            match client.post::<Option<serde::de::IgnoredAny>>(&path, &()).await {
                Ok(_) => {
                    client.changed(&calls::team(&entity, "deliveries"));
                    toasts.say(Glyph::MinusCircle, "Stopped retrying. Redeliver to try again.");
                }
                Err(error) => toasts.fail(error.words()),
            }
        });
    };

    let sends = delivery.webhook_name.is_some() && delivery.state != DeliveryState::Skipped;
    let newest = detail.attempts.last().map_or(0, |attempt| attempt.number);
    let wanted = router.param("attempt");
    let numbers: Vec<u32> = detail.attempts.iter().map(|attempt| attempt.number).collect();
    let shown = Memo::new(move |_| {
        wanted
            .with(|wanted| wanted.as_ref().and_then(|wanted| wanted.parse().ok()).filter(|own| numbers.contains(own)))
            .unwrap_or(newest)
    });
    let attempts = StoredValue::new(detail.attempts.clone());
    let attempt_shown = move || {
        attempts.with_value(|all| all.iter().find(|one| one.number == shown.get()).or_else(|| all.last()).cloned())
    };
    let copy_curl = move || {
        if let Some(attempt) = untrack(attempt_shown) {
            copy(toasts, curl::command(&attempt.exchange), "Copied as curl; secrets are left as $NAME".to_owned());
        }
    };
    let (tone, glyph, word) = look(delivery.state);
    let then = delivery.webhook_name.clone().map_or(Then::Record, Then::Post);
    let current = detail.current_revision;
    let ways = move |()| {
        vec![
            MenuItem::new(Glyph::Retry, "Original bytes", move || send(false))
                .note("Same id and body, signed with a new time")
                .refused(member.get_untracked()),
            MenuItem::new(Glyph::Braces, "Rendered anew", move || send(true))
                .note(match current {
                    Some(revision) => format!("With version {revision} of the payload, marked as such"),
                    None => "With today's payload, marked as such".to_owned(),
                })
                .refused(member.get_untracked().or_else(|| {
                    current.is_none().then(|| "The automation was deleted: there is no payload to render.".to_owned())
                })),
        ]
    };
    let stoppable = matches!(delivery.state, DeliveryState::Retrying | DeliveryState::Waiting);
    let summary = format!("{} of {}", delivery.attempts, delivery.max_attempts);
    let title = delivery.automation_name.clone();
    view! {
        <div class="page-head">
            <div class="page-head__text">
                <div class="page-head__title">
                    <Heading>{title}</Heading>
                    <Badge tone=tone glyph=glyph large=true>
                        {word}
                    </Badge>
                </div>
                <p>
                    <RuleSentence when=happened(&delivery) then=then />
                </p>
            </div>
            {sends
                .then(|| {
                    view! {
                        <div class="page-head__actions">
                            {(newest > 0)
                                .then(|| view! { <Button glyph=Glyph::Copy on_press=copy_curl>"Copy as curl"</Button> })}
                            <div class="button-group" role="group" aria-label="Redeliver">
                                <Button
                                    kind=ButtonKind::Primary
                                    glyph=Glyph::Retry
                                    busy=busy
                                    refused=member
                                    on_press=move || send(false)
                                >
                                    "Redeliver now"
                                </Button>
                                <Menu
                                    label="More ways to redeliver"
                                    title="Redeliver"
                                    class="button"
                                    kind="primary"
                                    glyph=Glyph::ChevronDown
                                    wide=true
                                    items=Callback::new(ways)
                                />
                            </div>
                        </div>
                    }
                })}
        </div>
        {strip(&detail, &entity, toasts)}
        {(sends || newest > 0)
            .then(|| {
                view! {
                    <div class="detail">
                        <section class="board" aria-label="Attempts">
                            <div class="board__head">
                                <h2>"Attempts"</h2>
                                <span class="muted small push">{summary}</span>
                            </div>
                            <Timeline delivery=delivery attempts=attempts.get_value() shown=shown />
                            {stoppable
                                .then(|| {
                                    view! {
                                        <div class="board__foot">
                                            <span>"Waits get longer; up to 10\u{a0}% is added at random."</span>
                                            <span class="push">
                                                <LinkButton on_press=stop>"Stop retrying"</LinkButton>
                                            </span>
                                        </div>
                                    }
                                })}
                        </section>
                        {live(move || attempt_shown().map(exchange_board))}
                    </div>
                }
            })}
        <WhyItFired detail=detail />
    }
}

fn exchange_board(attempt: Attempt) -> AnyView {
    let router = use_router();
    let side = Signal::derive(move || match router.query().with(|query| query.get("side").map(str::to_owned)) {
        Some(side) if side == "request" => side,
        _ => "response".to_owned(),
    });
    let title = format!("Attempt {}", attempt.number);
    let label = title.clone();
    let address = format!(
        "POST {}",
        attempt.exchange.url.split_once("://").map_or(attempt.exchange.url.as_str(), |(_, rest)| rest)
    );
    view! {
        <section class="board" aria-label=label>
            <div class="board__head">
                <h2>{title}</h2>
                {outcome_badge(&attempt.exchange)}
                <span class="mono muted truncate push exchange__url" title=attempt.exchange.url.clone()>
                    {address}
                </span>
            </div>
            <p class="board__note small">{attempt.exchange.message.clone()}</p>
            <Phases timings=attempt.exchange.timings />
            <ExchangeTabs
                exchange=attempt.exchange
                side=side
                on_side=move |side: &'static str| router.set_param("side", (side == "request").then_some(side))
            />
        </section>
    }
    .into_any()
}

/// The facts under the title.
fn strip(detail: &DeliveryDetail, entity: &str, toasts: Toasts) -> AnyView {
    let router = use_router();
    let delivery = &detail.delivery;
    let next = delivery.next_attempt_at.clone().map(|at| {
        let note = format!(", attempt {} of {}", delivery.attempts + 1, delivery.max_attempts);
        view! {
            <div>
                <dt>"Next try"</dt>
                <dd>
                    <Countdown at=at.clone() />
                </dd>
                <dd>
                    <When at=at style=Style::Clock />
                    {note}
                </dd>
            </div>
        }
    });
    let last = delivery.outcome.map(|outcome| {
        let words = short_code(delivery.status, Some(outcome)).unwrap_or_else(|| "Ok".to_owned());
        let (tone, glyph) = if outcome == OutcomeCode::Ok {
            (Tone::Success, Glyph::CheckCircle)
        } else {
            (Tone::Danger, Glyph::XCircle)
        };
        let at = detail.attempts.last().map(|attempt| attempt.started_at.clone());
        view! {
            <div>
                <dt>"Last outcome"</dt>
                <dd>
                    <Status tone=tone glyph=glyph text=words />
                </dd>
                <dd>
                    <code>{outcome.as_str()}</code>
                    {at.map(|at| view! { ", " <Ago at=at /> })}
                </dd>
            </div>
        }
    });
    let reason = delivery.reason.clone().map(|reason| {
        view! {
            <div>
                <dt>"Why nothing was sent"</dt>
                <dd>{reason}</dd>
            </div>
        }
    });
    let subject = &delivery.subject;
    let place = Place { entity: entity.to_owned(), kind: subject.kind, name: subject.name.clone() };
    let name = delivery.automation_name.clone();
    let automation = match detail.current_revision {
        Some(_) => {
            let href = router.href(&Route::Automation(place, delivery.automation_id.clone()));
            view! { <a href=href>{name}</a> }.into_any()
        }
        None => name.into_any(),
    };
    let revision = match detail.current_revision {
        None => "deleted since".to_owned(),
        Some(current) if current == delivery.revision => format!("version {current}"),
        Some(current) => format!("version {} then, {current} now", delivery.revision),
    };
    let id = delivery.id.clone();
    let short = format!("{}…{}", id.get(..8).unwrap_or(&id), id.get(id.len().saturating_sub(6)..).unwrap_or_default());
    let full = id.clone();
    view! {
        <dl class="strip section-tight">
            {next} {reason} {last} <div>
                <dt>"Event received"</dt>
                <dd>
                    <Ago at=detail.event.received_at.clone() />
                </dd>
                <dd>
                    <When at=detail.event.received_at.clone() style=Style::Full />
                </dd>
            </div> <div>
                <dt>"Automation"</dt>
                <dd>{automation}</dd>
                <dd>
                    {revision} {delivery.rendered_anew.then_some(", rendered anew since")}
                </dd>
            </div> <div>
                <dt>"Delivery id"</dt>
                <dd class="row">
                    <span class="mono truncate" title=full>
                        {short}
                    </span>
                    <IconButton
                        class="icon-button--inline"
                        glyph=Glyph::Copy
                        label="Copy delivery id"
                        on_press=move || copy(toasts, id.clone(), "Copied the delivery id".to_owned())
                    />
                </dd>
                <dd>"same on every attempt"</dd>
            </div>
        </dl>
    }
    .into_any()
}
