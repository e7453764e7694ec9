//! Tests a webhook under its row, by the path of a real delivery.

use std::sync::Arc;

use hookboard_api::{
    EventType,
    automation::{Action, Automation},
    delivery::OutcomeCode,
    event::EVENTS,
    list::List,
    webhook::{HealthState, TestRequest, TestResult, Webhook},
};
use leptos::{prelude::*, task::spawn_local};
use serde::Deserialize;

use crate::{
    client::{ApiError, calls, use_client},
    route::Query,
    ui::{
        button::{Button, ButtonKind, IconButton, LinkButton},
        code::{CodeBlock, Pairs, formatted},
        exchange::outcome_badge,
        feedback::Callout,
        field::{Field, SelectField, TextDraft},
        format::{counted, duration},
        icon::Glyph,
        ids::new_id,
        status::Tone,
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
    let payload = RwSignal::new(OWN.to_owned());
    let event = RwSignal::new(EventType::LinkArtifact.as_str().to_owned());
    let template = TextDraft::new(NOTHING);
    let busy = RwSignal::new(None::<&'static str>);
    let resuming = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<Arc<TestResult>, ApiError>>);

    let users = move || automations.with(|list| list.value.as_ref().map(|list| list.items.clone()).unwrap_or_default());
    let choose = move |choice: String| {
        let user = users().into_iter().find(|user| user.id == choice);
        if let Some(user) = user {
            event.set(user.trigger.event.as_str().to_owned());
            template.set(match user.action {
                Action::Webhook { template: Some(template), .. } => template,
                _ => NOTHING.to_owned(),
            });
        }
        payload.set(choice);
    };
    // The payload that is really sent is the better test: the first user's, once it is known.
    Effect::with_last(move |done: Option<bool>| {
        let first = users().into_iter().next();
        match (done, first) {
            (Some(true), _) => true,
            (_, Some(first)) => {
                choose(first.id);
                true
            }
            (_, None) => false,
        }
    });
    let payloads = Signal::derive(move || {
        let mut choices: Vec<_> = users().into_iter().map(|user| (user.id, format!("Of “{}”", user.name))).collect();
        choices.push((OWN.to_owned(), "My own".to_owned()));
        choices
    });
    let send = move || {
        let request = TestRequest {
            template: Some(template.get_untracked()),
            event_id: None,
            event: EVENTS.iter().map(|spec| spec.event).find(|own| own.as_str() == event.get_untracked()),
            automation_name: users().into_iter().find(|user| user.id == payload.get_untracked()).map(|user| user.name),
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
    let events: Vec<_> = EVENTS.iter().map(|spec| (spec.event.as_str().to_owned(), spec.title.to_owned())).collect();
    let field_id = new_id();
    let label_id = field_id.clone();
    let note = format!("{field_id}-note");
    view! {
        <div class="test">
            <section class="stack test__side" aria-label="Test">
                <h3>{live(move || format!("Test {}", name()))}</h3>
                <div class="test__pick">
                    <SelectField label="Payload" small=true value=payload choices=payloads on_choose=choose />
                    <SelectField
                        label="Made-up event"
                        small=true
                        value=event
                        choices=events
                        on_choose=move |word: String| event.set(word)
                    />
                </div>
                <Field id=label_id label="Payload to test with" error=template.error()>
                    <textarea
                        class="input input--mono test__payload"
                        id=field_id
                        spellcheck="false"
                        rows="8"
                        aria-describedby=note
                        prop:value=boxed(move || template.get())
                        on:input=handler(move |event: web_sys::Event| {
                            template.set(event_target_value(&event));
                            payload.set(OWN.to_owned());
                        })
                    ></textarea>
                </Field>
                <div class="row row-wrap">
                    <Button kind=ButtonKind::Primary glyph=Glyph::Send busy=busy on_press=send>
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
