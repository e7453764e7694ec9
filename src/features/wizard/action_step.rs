//! The second step: what to send, where to, and how it goes.

use std::sync::Arc;

use hookboard_api::{
    account::Role,
    event::Event,
    limits::{MAX_NAME, RETRY_WAITS_S},
    sentence::subject_words,
    webhook::{HealthState, TestRequest, TestResult, Webhook},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    draft::subject,
    fields::Choice,
    state::{MADE_UP, Wizard},
};
use crate::{
    client::{ApiError, calls, use_client, use_team},
    features::{
        payload::{PayloadEditor, Preview, VariableList},
        settings::{new_secret, new_webhook},
    },
    part::Later,
    route::{Room, Route, use_router},
    ui::{
        button::Button,
        dialog::lost,
        exchange::{ExchangeTabs, Phases, outcome_badge},
        feedback::{Callout, LoadError},
        field::{Choices, SelectField},
        format::{ago, counted, parse_time, span},
        icon::{Glyph, Icon},
        ids::new_id,
        overlay::after_layout,
        status::{Badge, Tone},
        time::use_clock,
    },
};

/// What a test of the automation came to.
#[derive(Clone, Copy)]
pub(super) struct Testing {
    result: RwSignal<Option<Result<Arc<TestResult>, ApiError>>>,
    /// What the button says meanwhile.
    pub(super) busy: RwSignal<Option<&'static str>>,
}

impl Testing {
    /// Nothing tested yet.
    pub(super) fn new() -> Self {
        Self { result: RwSignal::new(None), busy: RwSignal::new(None) }
    }

    /// Sends the payload as it stands, by the path of a real delivery.
    pub(super) fn send(self, wizard: Wizard) {
        let client = wizard.client();
        if self.busy.get_untracked().is_some() {
            return;
        }
        let event = wizard.previewed().get_untracked();
        let template = wizard.template().get_untracked();
        let request = TestRequest {
            template: (!template.trim().is_empty()).then_some(template),
            event: event.is_none().then(|| wizard.draft().with_untracked(|draft| draft.event)),
            event_id: event.map(|event| event.id.clone()),
            automation_name: Some(untrack(|| wizard.name())),
        };
        let path = calls::webhook(
            &wizard.place().entity,
            &wizard.draft().with_untracked(|draft| draft.webhook.clone()),
            "/test",
        );
        self.busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = client.post::<TestResult>(&path, &request).await;
            self.busy.try_set(None);
            self.result.try_set(Some(answer.map(Arc::new)));
        });
    }
}

/// What to send.
#[component]
pub(super) fn ActionStep(
    /// The wizard.
    wizard: Wizard,
    /// The test of the automation.
    testing: Testing,
    /// What is made on the way.
    making: Making,
) -> impl IntoView {
    let record = wizard.part(|draft| draft.record);
    let name = new_id();
    let sends = move || {
        if record.get() {
            return view! {
                <Callout tone=Tone::Info glyph=Glyph::Info>
                    "Each match is kept in History. Nothing is sent."
                </Callout>
            }
            .into_any();
        }
        view! {
            <WebhookField wizard=wizard making=making />
            <PayloadEditor
                payload=wizard.payload()
                event=wizard.part(|draft| draft.event)
                error=wizard.error("/template")
            />
        }
        .into_any()
    };
    let aside = move || {
        (!record.get()).then(|| {
            view! {
                <PreviewOf wizard=wizard />
                <VariableList payload=wizard.payload() />
            }
        })
    };
    view! {
        <div class="stack form-column">
            <fieldset class="field">
                <legend class="field__label">"Action type"</legend>
                <div class="choices">
                    <Choice
                        name=name.clone()
                        checked=Signal::derive(move || !record.get())
                        title="Webhook"
                        note="POST a JSON payload to an endpoint"
                        on_choose=move || wizard.change(|draft| draft.record = false)
                    />
                    <Choice
                        name=name
                        checked=record
                        title="Record only"
                        note="Keep the match in History, send nothing"
                        on_choose=move || wizard.change(|draft| draft.record = true)
                    />
                </div>
            </fieldset>
            {live(sends)}
        </div>
        <div class="stack form-split__aside">{live(aside)}</div>
        <div class="stack form-split__more">
            {live(move || (!record.get()).then(|| view! { <TestOutcome testing=testing /> }))}
            {live(move || {
                let webhook = wizard.webhook();
                webhook.filter(|_| !record.get()).map(|webhook| view! { <HowItIsSent webhook=webhook /> })
            })}
        </div>
    }
}

/// The preview, with its events to choose from.
#[component]
pub(super) fn PreviewOf(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let clock = use_clock();
    let events = Signal::derive(move || -> Choices {
        let words = |event: &Event| {
            let subject_of =
                subject(event.event_type).and_then(|path| event.values.get(path)?.as_str().map(str::to_owned));
            let name = match event.values.get("run_name").and_then(|name| name.as_str()) {
                Some(run) => run.to_owned(),
                None => subject_words(&event.subject),
            };
            let when = parse_time(&event.occurred_at).map(|at| ago(at, clock.coarse().get_untracked().max(at)));
            [Some(name), subject_of, when].into_iter().flatten().collect::<Vec<_>>().join(", ")
        };
        let one = |event: &Arc<Event>| (event.id.clone(), words(event));
        let mut all: Choices = wizard.past().with(|past| past.matched.iter().take(20).map(one).collect());
        let kind = wizard.draft().with(|draft| draft.event);
        wizard.events().with(|list| {
            for event in
                list.value.iter().flat_map(|list| &list.items).filter(|event| event.event_type == kind).take(20)
            {
                if !all.iter().any(|(id, _)| *id == event.id) {
                    all.push((event.id.clone(), format!("{} (would not fire)", words(event))));
                }
            }
        });
        all.push((MADE_UP.to_owned(), "A made-up event".to_owned()));
        all
    });
    let chosen =
        Signal::derive(move || wizard.previewed().get().map_or_else(|| MADE_UP.to_owned(), |event| event.id.clone()));
    view! {
        <Preview
            payload=wizard.payload()
            events=events
            event=chosen
            on_event=move |id: String| wizard.preview_with(&id)
        />
    }
}

/// Which webhook, how it has been doing, and what it sends along.
#[component]
fn WebhookField(wizard: Wizard, making: Making) -> impl IntoView {
    let router = use_router();
    let settings = Route::Settings { entity: wizard.place().entity, room: Room::Webhooks };
    let client = use_client();
    let choices = Signal::derive(move || -> Choices {
        let mut all = vec![(String::new(), "Choose a webhook".to_owned())];
        wizard.webhooks().with(|list| {
            for one in list.value.iter().flat_map(|list| &list.items) {
                let state = match one.health.state {
                    HealthState::Paused => ", paused",
                    HealthState::Disabled => ", disabled",
                    HealthState::Failing => ", failing",
                    HealthState::Healthy | HealthState::Unused => "",
                };
                all.push((one.id.clone(), format!("{} – {}{state}", one.settings.name, address(&one.settings.url))));
            }
        });
        all
    });
    let facts = move || {
        wizard.webhook().map(|webhook| {
            let Webhook { settings, health, .. } = webhook;
            let (tone, glyph, word) = health_look(health.state);
            view! {
                <p class="field__hint row row-wrap">
                    <Badge tone=tone glyph=glyph>{word}</Badge>
                    <span class="dots">
                        {(health.total_7d > 0)
                            .then(|| {
                                view! { <span>{format!("{} of {} delivered in 7\u{a0}days", health.delivered_7d, health.total_7d)}</span> }
                            })}
                        {settings.access_token.is_some().then(|| view! { <span>"sends a bearer token"</span> })}
                        {settings.signing_secret.is_some().then(|| view! { <span>"signed"</span> })}
                        <span>{format!("{}\u{a0}s timeout", settings.timeout_s)}</span>
                    </span>
                </p>
                {health
                    .reason
                    .map(|reason| {
                        view! {
                            <Callout tone=Tone::Warning glyph=Glyph::Pause>
                                {reason}
                                " Deliveries wait until it is resumed."
                            </Callout>
                        }
                    })}
            }
        })
    };
    let body = move || {
        let failed = wizard.webhooks().with(|list| list.value.is_none().then(|| list.error.clone()).flatten());
        if let Some(error) = failed {
            let path = calls::webhooks(&wizard.place().entity);
            return view! { <LoadError what="The webhooks" why=error.words() on_retry=move || client.refresh(&path) /> }
                .into_any();
        }
        let none = wizard.webhooks().with(|list| list.value.as_ref().is_some_and(|list| list.items.is_empty()));
        if none {
            return view! {
                <Callout tone=Tone::Info glyph=Glyph::Endpoint>
                    "There is no webhook yet. Make the first one here; the draft stays as it is."
                </Callout>
            }
            .into_any();
        }
        view! {
            <SelectField
                label="Webhook"
                error=wizard.error("/webhook")
                value=wizard.part(|draft| draft.webhook.clone())
                choices=choices
                on_choose=move |id: String| {
                    wizard.touched("/webhook");
                    wizard.change(|draft| draft.webhook = id);
                }
            />
        }
        .into_any()
    };
    let refused = use_team().refusal(Role::Admin);
    view! {
        <div class="stack-tight">
            {live(body)} {live(facts)}
            <div class="row row-wrap">
                <Button small=true glyph=Glyph::Plus refused=refused on_press=move || making.webhook.set(true)>
                    "New webhook"
                </Button>
                <Button small=true glyph=Glyph::Key refused=refused on_press=move || making.secret.set(true)>
                    "New secret"
                </Button>
                <a class="small push" href=bound(move || router.href(&settings))>"Webhooks in the team settings"</a>
            </div>
        </div>
    }
}

/// What can be made without leaving the wizard, and whether it is being made.
#[derive(Clone, Copy)]
pub(super) struct Making {
    webhook: RwSignal<bool>,
    secret: RwSignal<bool>,
}

impl Making {
    /// Nothing is being made.
    pub(super) fn new() -> Self {
        Self { webhook: RwSignal::new(false), secret: RwSignal::new(false) }
    }
}

/// The dialogs that make a webhook or a secret. They stand beside the wizard's form: each has its own.
#[component]
pub(super) fn MakingDialogs(
    /// The wizard; it takes the webhook made.
    wizard: Wizard,
    /// What is being made.
    making: Making,
) -> impl IntoView {
    let entity = wizard.place().entity;
    let take = Callback::new(move |made: Webhook| {
        wizard.touched("/webhook");
        wizard.change(|draft| draft.webhook = made.id);
    });
    let Making { webhook, secret } = making;
    view! {
        <Later wanted=webhook ask=new_webhook(entity.clone(), webhook, take) on_missing=lost(webhook) />
        <Later wanted=secret ask=new_secret(entity, secret) on_missing=lost(secret) />
    }
}

const fn health_look(state: HealthState) -> (Tone, Glyph, &'static str) {
    match state {
        HealthState::Unused => (Tone::None, Glyph::MinusCircle, "Not used yet"),
        HealthState::Healthy => (Tone::Success, Glyph::CheckCircle, "Healthy"),
        HealthState::Failing => (Tone::Danger, Glyph::XCircle, "Failing"),
        HealthState::Paused => (Tone::Warning, Glyph::Pause, "Paused"),
        HealthState::Disabled => (Tone::Warning, Glyph::Power, "Disabled"),
    }
}

/// An address without its scheme, cut short.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    }
}

/// The request, what counts as success, and the tries.
#[component]
fn HowItIsSent(webhook: Webhook) -> impl IntoView {
    let settings = webhook.settings;
    let waits: Vec<String> = RETRY_WAITS_S[1..6].iter().map(|seconds| span(i64::from(*seconds) * 1000)).collect();
    let total: u32 = RETRY_WAITS_S.iter().sum();
    let headers: Vec<(String, AnyView)> = settings
        .headers
        .into_iter()
        .map(|header| {
            let value = match header.value {
                Some(value) => value.into_any(),
                None => dots(),
            };
            (header.name, value)
        })
        .collect();
    view! {
        <details class="board disclosure" open>
            <summary>
                <Icon glyph=Glyph::ChevronRight />
                <h2>"How it is sent"</h2>
            </summary>
            <div class="board__inset">
                <dl class="facts">
                    <dt>"Request"</dt>
                    <dd class="mono break">"POST " {settings.url}</dd>
                    <dt>"Headers"</dt>
                    <dd class="mono">
                        {settings
                            .access_token
                            .is_some()
                            .then(|| view! { <div>"Authorization: Bearer " {dots()}</div> })}
                        {settings
                            .signing_secret
                            .is_some()
                            .then(|| {
                                view! {
                                    <div>"webhook-id, webhook-timestamp, webhook-signature"</div>
                                    <div>"X-Wandb-Signature"</div>
                                }
                            })}
                        {headers.into_iter().map(|(name, value)| view! { <div>{name} ": " {value}</div> }).collect_view()}
                    </dd>
                    <dt>"Success"</dt>
                    <dd>{format!("Any 2xx answer within {}\u{a0}s. Redirects are not followed.", settings.timeout_s)}</dd>
                    <dt>"Retries"</dt>
                    <dd>
                        {format!(
                            "At once, then after {} and longer: {} in {}.",
                            waits.join(", "),
                            counted(RETRY_WAITS_S.len() as u64, "try", "tries"),
                            counted(u64::from(total / 86_400), "day", "days"),
                        )}
                    </dd>
                </dl>
            </div>
        </details>
    }
}

fn dots() -> AnyView {
    view! {
        <span class="var" data-group="secret">
            {crate::ui::code::DOTS}
        </span>
    }
    .into_any()
}

/// What was sent, and what came back.
#[component]
fn TestOutcome(testing: Testing) -> impl IntoView {
    let id = new_id();
    let side = RwSignal::new("response".to_owned());
    let board: NodeRef<html::Section> = NodeRef::new();
    // The button may stand far above what it leads to.
    Effect::new(move || {
        testing.result.track();
        if let Some(board) = board.get() {
            after_layout(move || board.scroll_into_view_with_bool(false));
        }
    });
    move || {
        let shown = match testing.result.get()? {
            Err(error) => view! {
                <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                    <b class="strong">"The test was not sent."</b>
                    " "
                    {error.words()}
                </Callout>
            }
            .into_any(),
            Ok(result) => {
                let exchange = result.exchange.clone();
                view! {
                    <section node_ref=board class="board" aria-labelledby=id.clone()>
                        <div class="board__head">
                            <h2 id=id.clone()>"Test"</h2>
                            <span class="push row" role="status">
                                {outcome_badge(&exchange)}
                                <span class="small muted">{exchange.message.clone()}</span>
                            </span>
                        </div>
                        <Phases timings=exchange.timings />
                        <ExchangeTabs exchange=exchange side=side on_side=move |to: &'static str| side.set(to.to_owned()) />
                    </section>
                }
                .into_any()
            }
        };
        Some(shown)
    }
}
