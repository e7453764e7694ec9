//! Tests a webhook under its row, by the path of a real delivery.

use std::sync::Arc;

use hookboard_api::{
    EventType,
    automation::{Action, Automation},
    delivery::OutcomeCode,
    event::{EVENTS, Event, event_spec},
    list::List,
    sample::sample_values,
    webhook::{HealthState, TestRequest, TestResult, Webhook},
};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{
    client::{ApiError, Remote, calls, use_client},
    features::payload::{Payload, PayloadEditor, Values, event_words},
    route::Query,
    ui::{
        button::{Button, ButtonKind, IconButton, LinkButton},
        code::{CodeBlock, Pairs, formatted},
        dates::use_dates,
        exchange::outcome_badge,
        feedback::Callout,
        field::{Choices, SelectField},
        format::{counted, duration},
        icon::Glyph,
        status::Tone,
        time::use_clock,
        toast::use_toasts,
    },
};

/// What an empty payload sends.
const NOTHING: &str = "{}";
/// The choice of a payload that belongs to no automation.
const OWN: &str = "own";

#[derive(Deserialize)]
struct Resumed {
    deliveries: u64,
}

/// So many of the newest events are offered.
const RECENT: &str = "20";

/// The event whose values are sent.
#[derive(Debug, Clone, PartialEq)]
enum Tested {
    /// One that happened.
    Real(Box<Event>),
    /// One of sample values.
    MadeUp(EventType),
}

impl Tested {
    const fn kind(&self) -> EventType {
        match self {
            Self::Real(event) => event.event_type,
            Self::MadeUp(kind) => *kind,
        }
    }

    fn id(&self) -> Option<String> {
        match self {
            Self::Real(event) => Some(event.id.clone()),
            Self::MadeUp(_) => None,
        }
    }

    /// As a choice.
    fn word(&self) -> String {
        self.id().unwrap_or_else(|| self.kind().as_str().to_owned())
    }
}

fn recent(events: Signal<Remote<List<Event>>>) -> Vec<Event> {
    events.with(|list| list.value.as_ref().map(|list| list.items.clone()).unwrap_or_default())
}

/// The test of a webhook.
#[component]
pub(super) fn TestPanel(
    /// The team's name.
    entity: String,
    /// The webhook.
    webhook: Memo<Webhook>,
    /// Closes the panel.
    #[prop(into)]
    on_close: Callback<()>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let entity = StoredValue::new(entity);
    let id = StoredValue::new(webhook.with_untracked(|webhook| webhook.id.clone()));
    let automations = client.query::<List<Automation>>(move || {
        let query = id.with_value(|id| Query::default().with("webhook", Some(id)));
        Some(entity.with_value(|entity| calls::automations(entity, None, &query)))
    });
    let events = client.query::<List<Event>>(move || {
        let query = Query::default().with("limit", Some(RECENT));
        Some(entity.with_value(|entity| calls::team(entity, &format!("events{}", query.suffix()))))
    });
    let source = RwSignal::new(OWN.to_owned());
    let event = RwSignal::new(Tested::MadeUp(EventType::LinkArtifact));
    let template = RwSignal::new(NOTHING.to_owned());
    let kind = Memo::new(move |_| event.with(Tested::kind));
    let values = Memo::new(move |_| -> Values {
        Arc::new(event.with(|event| match event {
            Tested::Real(event) => event.values.clone(),
            Tested::MadeUp(kind) => sample_values(*kind),
        }))
    });
    let names = Memo::new(move |_| webhook.with(|webhook| webhook.settings.template_names(Some(kind.get()))));
    let payload = Payload::new(template, names.into(), values.into(), Signal::stored(Values::default()));
    let busy = RwSignal::new(None::<&'static str>);
    let resuming = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<Arc<TestResult>, ApiError>>);

    let users = move || automations.with(|list| list.value.as_ref().map(|list| list.items.clone()).unwrap_or_default());
    // Of the user chosen, for as long as it is as it was.
    let taken = StoredValue::new(NOTHING.to_owned());
    let choose = move |choice: String| {
        let user = users().into_iter().find(|user| user.id == choice);
        if let Some(user) = user {
            let kind = user.trigger.event;
            let real = recent(events).into_iter().find(|event| event.event_type == kind);
            event.set(real.map_or(Tested::MadeUp(kind), |event| Tested::Real(Box::new(event))));
            let text = match user.action {
                Action::Webhook { template: Some(template), .. } => template,
                _ => NOTHING.to_owned(),
            };
            taken.set_value(text.clone());
            payload.load(&text);
        }
        source.set(choice);
    };
    Effect::new(move || {
        if template.with(|text| taken.with_value(|taken| text != taken)) && source.with_untracked(|own| own != OWN) {
            source.set(OWN.to_owned());
        }
    });
    // The payload that is really sent is the better test: the first user's, once it is known, unless another is typed.
    Effect::with_last(move |done: Option<bool>| {
        let has_events = events.with(|list| list.value.is_some() || list.error.is_some());
        let first = users().into_iter().next().filter(|_| has_events);
        let is_touched = template.with(|text| text != NOTHING);
        if done != Some(true)
            && !is_touched
            && let Some(first) = &first
        {
            choose(first.id.clone());
        }
        done == Some(true) || is_touched || first.is_some()
    });
    let payloads = Signal::derive(move || {
        let mut choices: Vec<_> = users().into_iter().map(|user| (user.id, user.name)).collect();
        choices.push((OWN.to_owned(), "My own".to_owned()));
        choices
    });
    let send = move || {
        let request = TestRequest {
            template: Some(template.get_untracked()),
            entity: None,
            event_id: event.with_untracked(Tested::id),
            event: Some(kind.get_untracked()),
            automation_name: users().into_iter().find(|user| user.id == source.get_untracked()).map(|user| user.name),
        };
        let path = entity.with_value(|entity| id.with_value(|id| calls::webhook(entity, id, "/test")));
        busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = client.post::<TestResult>(&path, &request).await;
            busy.try_set(None);
            result.try_set(Some(answer.map(Arc::new)));
        });
    };
    let resume = move || {
        let entity = entity.get_value();
        let path = id.with_value(|id| calls::webhook(&entity, id, "/resume"));
        resuming.set(true);
        spawn_local(async move {
            let answer = client.post::<Resumed>(&path, &()).await;
            resuming.try_set(false);
            match answer {
                Ok(Resumed { deliveries }) => {
                    client.changed(&calls::team(&entity, ""));
                    toasts.say(
                        Glyph::Play,
                        format!("Resumed; {} on the way", counted(deliveries, "delivery", "deliveries")),
                    );
                }
                Err(error) => toasts.fail(error.words()),
            }
        });
    };
    let name = move || webhook.with(|webhook| webhook.settings.name.clone());
    let paused = move || webhook.with(|webhook| webhook.health.state == HealthState::Paused);
    let (clock, dates) = (use_clock(), use_dates());
    let choices = Signal::derive(move || -> Choices {
        let now = clock.coarse().get_untracked();
        let words =
            |event: &Event| format!("{} – {}", event_words(event, dates, now), event_spec(event.event_type).title);
        let mut real = recent(events);
        // What is chosen stays offered when newer ones have come.
        if let Tested::Real(chosen) = event.get()
            && !real.iter().any(|one| one.id == chosen.id)
        {
            real.push(*chosen);
        }
        let real = real.into_iter().map(|event| (event.id.clone(), words(&event)));
        let made_up = EVENTS.iter().map(|spec| (spec.event.as_str().to_owned(), format!("Made up: {}", spec.title)));
        real.chain(made_up).collect()
    });
    let pick = move |word: String| {
        let real = recent(events).into_iter().find(|one| one.id == word).map(|one| Tested::Real(Box::new(one)));
        let made_up = || EVENTS.iter().map(|spec| spec.event).find(|own| own.as_str() == word).map(Tested::MadeUp);
        if let Some(found) = real.or_else(made_up) {
            event.set(found);
        }
    };
    let refused = Signal::derive(move || payload.refusal());
    view! {
        <div class="test">
            <section class="stack test__side" aria-label="Test">
                <h3>{live(move || format!("Test {}", name()))}</h3>
                <div class="test__pick">
                    <SelectField label="Payload of" small=true value=source choices=payloads on_choose=choose />
                    <SelectField
                        label="Event"
                        small=true
                        value=Signal::derive(move || event.with(Tested::word))
                        choices=choices
                        on_choose=pick
                    />
                </div>
                <PayloadEditor payload=payload short=true />
                <div class="row row-wrap">
                    <Button kind=ButtonKind::Primary glyph=Glyph::Send busy=busy refused=refused on_press=send>
                        "Send test"
                    </Button>
                    <span class="muted small">"Same path as a real delivery. The payload is not saved."</span>
                </div>
            </section>
            <section class="stack test__side" aria-label="Answer">
                <div class="row">
                    <h3>"Answer"</h3>
                    {live(move || {
                        result
                            .with(|result| match result {
                                Some(Ok(result)) => {
                                    view! {
                                        {outcome_badge(&result.exchange)}
                                        <span class="muted small">{duration(result.exchange.timings.total_ms)}</span>
                                    }
                                        .into_any()
                                }
                                _ => ().into_any(),
                            })
                    })}
                    <IconButton class="push" glyph=Glyph::X label="Close test" on_press=on_close />
                </div>
                {live(move || match result.get() {
                    None => {
                        view! { <p class="muted small">"What comes back shows here, with its headers and how long it took."</p> }
                            .into_any()
                    }
                    Some(Err(error)) => {
                        let details = error.fields().iter().map(|one| one.message.clone()).collect::<Vec<_>>().join(" ");
                        view! {
                            <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                                {error.words()}
                                " "
                                {details}
                            </Callout>
                        }
                            .into_any()
                    }
                    Some(Ok(result)) => {
                        let exchange = result.exchange.clone();
                        let good = exchange.outcome == OutcomeCode::Ok;
                        let waiting = result.waiting;
                        let offer = move || {
                            (good && paused())
                                .then(|| {
                                    let action = move || {
                                        view! {
                                            <LinkButton on_press=resume>
                                                {live(move || if resuming.get() { "Resuming…" } else { "Resume and send them" })}
                                            </LinkButton>
                                        }
                                            .into_any()
                                    };
                                    view! {
                                        <Callout tone=Tone::Success glyph=Glyph::CheckCircle action=action>
                                            <b class="strong">{format!("{} answers again.", name())}</b>
                                            {format!(" {} wait.", counted(waiting.into(), "delivery", "deliveries"))}
                                        </Callout>
                                    }
                                })
                        };
                        let body = formatted(&exchange.response_body);
                        view! {
                            <p class="small" role="status">
                                {exchange.message}
                            </p>
                            {live(offer)}
                            {(!exchange.response_headers.is_empty())
                                .then(|| view! { <Pairs label="Answer headers" pairs=exchange.response_headers /> })}
                            {(!body.is_empty()).then(|| view! { <CodeBlock label="Answer body" text=body /> })}
                        }
                            .into_any()
                    }
                })}
            </section>
        </div>
    }
}
