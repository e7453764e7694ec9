//! The webhook of the action, and what is made on the way to it.

use std::collections::HashSet;

use hookboard_api::{account::Role, automation::WebhookRef, limits::MAX_NAME, webhook::Webhook};
use leptos::prelude::*;

use super::state::Wizard;
use crate::{
    client::{calls, use_client, use_team},
    features::settings::{new_secret, new_webhook},
    part::Later,
    route::{Room, use_router},
    ui::{
        button::{Button, LinkButton},
        dialog::lost,
        feedback::{Callout, LoadError},
        field::{Choices, SelectField},
        icon::Glyph,
        outcome::health_look,
        pick::{Offer, PickField},
        status::{Badge, Tone},
    },
};

/// Which team the webhook is of: the place's, or another one in which the reader is admin.
#[component]
pub(super) fn OwnerField(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let team = use_team();
    let own = StoredValue::new(wizard.place().entity);
    let chosen = wizard.part(|draft| draft.owner.clone());
    let choices = Signal::derive(move || -> Choices {
        let admin = team.memberships().into_iter().filter(|one| one.role == Role::Admin).map(|one| one.entity);
        let lent = wizard.lent().with(|lent| {
            let all = lent.value.iter().flat_map(|list| &list.items);
            all.filter_map(|one| one.entity.clone()).collect::<Vec<_>>()
        });
        let own = std::iter::once(own.get_value());
        let mut all: Vec<String> = own.chain(admin).chain(lent).chain(chosen.get()).collect();
        let mut seen = HashSet::new();
        all.retain(|entity| seen.insert(entity.clone()));
        all.into_iter().map(|entity| (entity.clone(), entity)).collect()
    });
    let hint = MaybeProp::derive(move || {
        let owner = wizard.owner().get();
        if own.with_value(|own| *own != owner) {
            return Some(own.with_value(|own| {
                format!("{owner} sees which automations of {own} send through it. What was sent stays in {own}.")
            }));
        }
        let left_out: Vec<String> = team
            .memberships()
            .into_iter()
            .filter(|one| {
                one.role < Role::Admin
                    && one.entity != owner
                    && choices.with(|all| all.iter().all(|(entity, _)| *entity != one.entity))
            })
            .map(|one| one.entity)
            .collect();
        (!left_out.is_empty()).then(|| {
            format!(
                "To choose a webhook of another team, you need the role admin there. You do not have it in {}.",
                left_out.join(", ")
            )
        })
    });
    view! {
        <SelectField
            label="Team that owns the webhook"
            hint=hint
            value=wizard.owner()
            choices=choices
            on_choose=move |entity: String| {
                wizard.touched("/webhook");
                wizard.change(|draft| draft.set_owner(own.with_value(|own| (*own != entity).then_some(entity))));
            }
        />
    }
}

/// Which webhook, how it has been doing, and what it sends along.
#[component]
pub(super) fn WebhookField(
    /// The wizard.
    wizard: Wizard,
    /// What is made on the way.
    making: Making,
    /// Tests what is chosen.
    #[prop(into)]
    on_connect: Callback<()>,
) -> impl IntoView {
    let router = use_router();
    let (client, team) = (use_client(), use_team());
    let owner = wizard.owner();
    let offers = Signal::derive(move || -> Vec<Offer> {
        let offer = |one: &Webhook| Offer {
            note: address(&one.settings.url),
            mark: Some(health_look(&one.health)),
            ..Offer::new(&one.id, &one.settings.name)
        };
        wizard.webhooks().with(|list| {
            // What is chosen stays so, whether it is there or not.
            let chosen = |words| Offer::new(wizard.draft().with(|draft| draft.webhook.clone()), words);
            let mut all = vec![Offer::new("", "Choose a webhook")];
            if wizard.is_borrowed().get() {
                let of = Some(owner.get());
                let bare = |one: &WebhookRef| Offer::new(&one.id, &one.name);
                let seen = |one: &WebhookRef| list.current()?.items.iter().find(|seen| seen.id == one.id).map(offer);
                let is_here = wizard.lent().with(|lent| {
                    let list = lent.value.as_ref()?;
                    let own = list.items.iter().filter(|one| one.entity == of);
                    all.extend(own.map(|one| seen(one).unwrap_or_else(|| bare(one))));
                    Some(())
                });
                if is_here.is_none() {
                    return vec![chosen("Loading the webhooks…")];
                }
            } else {
                let Some(list) = list.current() else { return vec![chosen("Loading the webhooks…")] };
                all.extend(list.items.iter().map(offer));
            }
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
    let may_test = team.refusal_in(owner, Role::Member);
    let connect = move || {
        live(move || {
            let can = may_test.get().is_none() && wizard.webhook().is_ok();
            can.then(|| view! { <LinkButton on_press=on_connect>"Test connection"</LinkButton> })
        })
    };
    let body = move || {
        let of = owner.get();
        let pick = move || {
            view! {
                <PickField
                    label="Webhook"
                    error=wizard.error("/webhook")
                    value=wizard.part(|draft| draft.webhook.clone())
                    offers=offers
                    action=connect
                    on_choose=move |id: String| {
                        wizard.touched("/webhook");
                        wizard.change(|draft| draft.webhook = id);
                    }
                />
            }
        };
        // Of a team in which the reader is no admin, those can be chosen that are lent.
        let is_borrowed = wizard.is_borrowed().get();
        let (failed, path) = if is_borrowed {
            let failed = wizard.lent().with(|list| list.value.is_none().then(|| list.error.clone()).flatten());
            (failed, calls::lent_webhooks(&wizard.place().entity))
        } else {
            let failed = wizard.webhooks().with(|list| list.current().is_none().then(|| list.error.clone()).flatten());
            (failed, calls::webhooks(&of))
        };
        if let Some(error) = failed {
            return view! { <LoadError what="The webhooks" why=error.words() on_retry=move || client.refresh(&path) /> }
                .into_any();
        }
        if is_borrowed {
            let own = wizard.place().entity;
            let words = format!(
                "You are no admin of {of}. Of its webhooks, those can be chosen that automations of {own} send through already."
            );
            return view! {
                {pick()}
                <p class="field__hint">{words}</p>
            }
            .into_any();
        }
        let none = wizard.webhooks().with(|list| list.current().is_some_and(|list| list.items.is_empty()));
        if none {
            return view! {
                <Callout tone=Tone::Info glyph=Glyph::Endpoint>
                    {format!("{of} has no webhook yet. Make the first one here; the draft stays as it is.")}
                </Callout>
            }
            .into_any();
        }
        pick().into_any()
    };
    let refused = team.refusal_in(owner, Role::Admin);
    let ways = move || {
        (!wizard.is_closed().get()).then(|| {
            view! {
                <div class="row row-wrap webhook-field__ways">
                    <Button small=true glyph=Glyph::Plus refused=refused on_press=move || making.webhook.set(true)>
                        "New webhook"
                    </Button>
                    <Button small=true glyph=Glyph::Key refused=refused on_press=move || making.secret.set(true)>
                        "New secret"
                    </Button>
                    <a class="small push" href=bound(move || router.href(&Room::Webhooks.of(owner.get())))>
                        {live(move || format!("Webhooks of {}", owner.get()))}
                    </a>
                </div>
            }
        })
    };
    view! { <div class="stack-tight">{live(body)} {live(facts)} {live(ways)}</div> }
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
    let Making { webhook, secret } = making;
    let dialogs = move || {
        let owner = wizard.owner().get();
        let of = owner.clone();
        let take = Callback::new(move |made: Webhook| {
            // Another team may have been chosen while it was made.
            if wizard.owner().with_untracked(|now| *now == of) {
                wizard.touched("/webhook");
                wizard.change(|draft| draft.webhook = made.id);
            }
        });
        view! {
            <Later wanted=webhook ask=new_webhook(owner.clone(), webhook, take) on_missing=lost(webhook) />
            <Later wanted=secret ask=new_secret(owner, secret) on_missing=lost(secret) />
        }
    };
    live(dialogs)
}

/// An address without its scheme, cut short.
fn address(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    match rest.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", &rest[..end]),
        None => rest.to_owned(),
    }
}
