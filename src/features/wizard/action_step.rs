//! The second step: what to send, where to, and how it goes.

use std::sync::Arc;

use hookboard_api::{
    automation::{Action, Automation},
    event::{Event, event_spec},
    limits::RETRY_WAITS_S,
    list::List,
    webhook::Webhook,
};
use leptos::prelude::*;

use super::{
    chosen::NoWebhook,
    fields::Choice,
    state::{MADE_UP, Wizard},
    testing::{TestOutcome, Testing},
    webhook_field::{Making, OwnerField, WebhookField},
};
use crate::{
    client::calls,
    features::payload::{PayloadEditor, Preview, Start, StartFrom, VariableList, event_words},
    route::{Query, Room, use_router},
    ui::{
        dates::use_dates,
        feedback::Callout,
        field::Choices,
        format::{counted, span},
        icon::{Glyph, Icon},
        ids::new_id,
        status::Tone,
        time::use_clock,
    },
};

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
    let automations = wizard.client().query::<List<Automation>>({
        let path = calls::automations(&wizard.place().entity, None, &Query::default());
        move || Some(path.clone())
    });
    let others = Signal::derive(move || {
        let own = wizard.id();
        automations.with(|list| {
            let all = list.value.iter().flat_map(|list| &list.items).filter(|one| Some(&one.id) != own.as_ref());
            all.filter_map(start).collect::<Vec<_>>()
        })
    });
    let reference = use_router().href(&Room::Reference.of(wizard.place().entity));
    let loading = Signal::derive(move || automations.with(|list| list.value.is_none() && list.busy));
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
            <WebhookField wizard=wizard making=making on_connect=move || testing.connect(wizard) />
            <PayloadEditor
                payload=wizard.payload()
                start=move || {
                    view! {
                        <StartFrom
                            payload=wizard.payload()
                            event=wizard.part(|draft| draft.event)
                            others=others
                            loading=loading
                        />
                    }
                        .into_any()
                }
                error=wizard.error("/template")
            />
        }
        .into_any()
    };
    let aside = move || {
        (!record.get()).then(|| {
            view! {
                <PreviewOf wizard=wizard />
                <VariableList payload=wizard.payload() reference=reference.clone() />
            }
        })
    };
    view! {
        <div class="stack form-column">
            <OwnerField wizard=wizard />
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
                webhook.ok().filter(|_| !record.get()).map(|webhook| view! { <HowItIsSent webhook=webhook /> })
            })}
        </div>
    }
}

/// The payload of an automation that has one.
fn start(automation: &Automation) -> Option<Start> {
    let Action::Webhook { template: Some(template), .. } = &automation.action else { return None };
    let note = format!("{}, {}", event_spec(automation.trigger.event).title, automation.scope.name);
    (!template.trim().is_empty()).then(|| Start { name: automation.name.clone(), note, text: template.clone() })
}

/// The preview, with its events to choose from.
#[component]
pub(super) fn PreviewOf(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let (clock, dates, router) = (use_clock(), use_dates(), use_router());
    let webhook = Memo::new(move |_| wizard.webhook().map(|one| one.settings).map_err(NoWebhook::words));
    let to = Room::Reference.of(wizard.place().entity).path();
    let reference = router.href_to(&(to + &Query::default().with("show", Some("verify")).suffix()));
    let events = Signal::derive(move || -> Choices {
        let words = |event: &Event| event_words(event, dates, clock.coarse().get_untracked());
        let one = |event: &Arc<Event>| (event.id.clone(), words(event));
        let mut all: Choices = wizard.matching().with(|events| events.iter().take(20).map(one).collect());
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
            webhook=webhook
            reference=reference
        />
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
