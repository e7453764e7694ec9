//! The webhook of the action, and what is made on the way to it.

use hookboard_api::{account::Role, limits::MAX_NAME, webhook::Webhook};
use leptos::prelude::*;

use super::state::Wizard;
use crate::{
    client::{calls, use_client, use_team},
    features::settings::{new_secret, new_webhook},
    part::Later,
    route::{Room, use_router},
    ui::{
        button::Button,
        dialog::lost,
        feedback::{Callout, LoadError},
        icon::Glyph,
        outcome::health_look,
        pick::{Offer, PickField},
        status::{Badge, Tone},
    },
};

/// Which webhook, how it has been doing, and what it sends along.
#[component]
pub(super) fn WebhookField(
    /// The wizard.
    wizard: Wizard,
    /// What is made on the way.
    making: Making,
) -> impl IntoView {
    let router = use_router();
    let settings = Room::Webhooks.of(wizard.place().entity);
    let client = use_client();
    let offers = Signal::derive(move || -> Vec<Offer> {
        let offer = |one: &Webhook| Offer {
            note: address(&one.settings.url),
            mark: Some(health_look(&one.health)),
            ..Offer::new(&one.id, &one.settings.name)
        };
        wizard.webhooks().with(|list| {
            // What is chosen stays so, whether it is there or not.
            let chosen = |words| Offer::new(wizard.draft().with(|draft| draft.webhook.clone()), words);
            let Some(list) = &list.value else { return vec![chosen("Loading the webhooks…")] };
            let mut all = vec![Offer::new("", "Choose a webhook")];
            all.extend(list.items.iter().map(offer));
            let chosen = chosen("A webhook that is gone");
            if !all.iter().any(|one| one.value == chosen.value) {
                all.push(chosen);
            }
            all
        })
    });
    let facts = move || {
        wizard.webhook().ok().map(|webhook| {
            let Webhook { settings, health, .. } = webhook;
            let (tone, glyph, word) = health_look(&health);
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
            <PickField
                label="Webhook"
                error=wizard.error("/webhook")
                value=wizard.part(|draft| draft.webhook.clone())
                offers=offers
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
            <div class="row row-wrap webhook-field__ways">
                <Button small=true glyph=Glyph::Plus refused=refused on_press=move || making.webhook.set(true)>
                    "New webhook"
                </Button>
                <Button small=true glyph=Glyph::Key refused=refused on_press=move || making.secret.set(true)>
                    "New secret"
                </Button>
                <a class="small push" href=bound(move || router.href(&settings))>{format!("Webhooks of {}", wizard.place().entity)}</a>
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

/// An address without its scheme, cut short.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    }
}
