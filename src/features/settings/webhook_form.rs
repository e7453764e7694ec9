//! The form of a webhook. What was typed is kept for the tab until it is saved, so that closing the form
//! loses nothing.

use hookboard_api::webhook::{Webhook, WebhookDraft};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};

use super::webhook_draft::{Form, HeaderDraft, Typed, differences};
use crate::{
    client::{ApiError, calls, tab, use_client},
    ui::{
        button::{Button, ButtonKind, IconButton, LinkButton},
        conflict::Conflict,
        dialog::Dialog,
        feedback::Callout,
        field::{SelectField, TextField},
        icon::Glyph,
        ids::new_id,
        status::Tone,
        toast::use_toasts,
        toggle::CheckLine,
    },
};

/// What was typed, as the tab keeps it.
#[derive(Serialize, Deserialize)]
struct Kept {
    typed: Typed,
    /// The revision it was typed on.
    revision: Option<u32>,
}

/// What the form is about.
#[derive(Clone, PartialEq)]
pub(super) enum Editing {
    /// A webhook to be made.
    New,
    /// One to be changed.
    Existing(Box<Webhook>),
}

impl Editing {
    /// The webhook's settings; none for a new one.
    fn settings(&self) -> Option<&WebhookDraft> {
        match self {
            Self::New => None,
            Self::Existing(webhook) => Some(&webhook.settings),
        }
    }

    /// The webhook's revision; none for a new one.
    fn revision(&self) -> Option<u32> {
        match self {
            Self::New => None,
            Self::Existing(webhook) => Some(webhook.revision),
        }
    }

    /// Where what is typed is kept.
    fn key(&self, entity: &str) -> String {
        let rest = match self {
            Self::New => "webhooks/new".to_owned(),
            Self::Existing(webhook) => format!("webhooks/{}", webhook.id),
        };
        format!("hookboard.draft{}", calls::team(entity, &rest))
    }
}

/// The form, while it has something to be about.
#[component]
pub(super) fn WebhookForm(
    /// The team's name.
    entity: String,
    /// What it is about.
    of: RwSignal<Option<Editing>>,
    /// Names of the team's secrets.
    #[prop(into)]
    secrets: Signal<Vec<String>>,
    /// Is handed the webhook as saved.
    #[prop(optional)]
    on_saved: Option<Callback<Webhook>>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let entity = StoredValue::new(entity);
    let form = Form::new();
    let open = RwSignal::new(false);
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let restored = RwSignal::new(false);
    let saved_meanwhile = RwSignal::new(None::<Webhook>);
    let key = move |editing: &Editing| entity.with_value(|entity| editing.key(entity));
    // What the fields held before anything was typed; none while the form is closed.
    let pristine = StoredValue::new(None::<Typed>);
    // The revision that what is typed was typed on.
    let revision = StoredValue::new(None::<u32>);
    Effect::new(move || {
        if let Some(editing) = of.get() {
            let fresh = Typed::of(editing.settings());
            let kept = tab::load::<Kept>(&key(&editing)).filter(|kept| kept.typed != fresh);
            restored.set(kept.is_some());
            pristine.set_value(Some(fresh.clone()));
            let kept = kept.unwrap_or_else(|| Kept { typed: fresh, revision: editing.revision() });
            revision.set_value(kept.revision);
            form.fill(&kept.typed);
            failure.set(None);
            saved_meanwhile.set(None);
            open.set(true);
        }
    });
    Effect::new(move || {
        let typed = form.typed();
        if let (Some(editing), Some(fresh)) = (of.get_untracked(), pristine.get_value()) {
            if typed == fresh {
                tab::forget(&key(&editing));
            } else {
                tab::save(&key(&editing), &Kept { typed, revision: revision.get_value() });
            }
        }
    });
    Effect::new(move || {
        if !open.get() && of.with_untracked(Option::is_some) {
            pristine.set_value(None);
            of.set(None);
        }
    });
    let start_over = move || {
        restored.set(false);
        revision.set_value(of.with_untracked(|of| of.as_ref().and_then(Editing::revision)));
        if let Some(fresh) = pristine.get_value() {
            form.fill(&fresh);
        }
    };
    let refuse = move |error: &ApiError| {
        let unplaced = form.judge(error.fields());
        failure.try_set(if error.fields().is_empty() {
            Some(error.words())
        } else {
            (!unplaced.is_empty()).then(|| unplaced.join(" "))
        });
    };
    let save = move || {
        if busy.get_untracked().is_some() {
            return;
        }
        failure.set(None);
        saved_meanwhile.set(None);
        let (Some(draft), Some(editing)) = (form.read(), of.get_untracked()) else { return };
        let faults = draft.check();
        let unplaced = form.judge(&faults);
        if !faults.is_empty() {
            failure.set((!unplaced.is_empty()).then(|| unplaced.join(" ")));
            return;
        }
        let (entity, based_on) = (entity.get_value(), revision.get_value());
        busy.set(Some("Saving…"));
        spawn_local(async move {
            let answer = match &editing {
                Editing::New => client.create::<Webhook>(&calls::webhooks(&entity), &draft).await,
                Editing::Existing(webhook) => {
                    client.put(&calls::webhook(&entity, &webhook.id, ""), &draft, based_on).await
                }
            };
            busy.try_set(None);
            match answer {
                Ok(saved) => {
                    pristine.try_set_value(None);
                    tab::forget(&editing.key(&entity));
                    client.changed(&calls::webhooks(&entity));
                    client.changed(&calls::secrets(&entity));
                    open.try_set(false);
                    toasts.say(Glyph::Check, format!("Saved {}", draft.name));
                    if let Some(on_saved) = on_saved {
                        on_saved.try_run(saved);
                    }
                }
                Err(error) => {
                    let saved = match &editing {
                        Editing::Existing(webhook) if error.is_outdated() => {
                            client.get::<Webhook>(&calls::webhook(&entity, &webhook.id, "")).await.map(Some)
                        }
                        _ => Ok(None),
                    };
                    match saved {
                        Ok(Some(saved)) => drop(saved_meanwhile.try_set(Some(saved))),
                        Ok(None) => refuse(&error),
                        Err(error) => refuse(&error),
                    }
                }
            }
        });
    };
    let conflict = move || {
        let saved = saved_meanwhile.get()?;
        let mine = untrack(|| form.typed());
        let differences = differences(&Typed::of(Some(&saved.settings)), &mine);
        let rebase = move |typed: Option<Typed>| {
            let fresh = Typed::of(Some(&saved.settings));
            pristine.set_value(Some(fresh.clone()));
            revision.set_value(Some(saved.revision));
            // The form goes on from the saved version without being opened anew.
            of.update_untracked(|of| *of = Some(Editing::Existing(Box::new(saved.clone()))));
            saved_meanwhile.set(None);
            form.fill(&typed.unwrap_or(fresh));
        };
        let (theirs, mine_over) = (rebase.clone(), rebase);
        let take_theirs = move || {
            let before = untrack(|| form.typed());
            theirs(None);
            toasts.say_with_undo(Glyph::Retry, "Loaded the saved version", move || {
                if open.try_get_untracked() == Some(true) {
                    form.fill(&before);
                }
            });
        };
        let save_mine = move || {
            mine_over(Some(untrack(|| form.typed())));
            save();
        };
        Some(view! { <Conflict what="webhook" differences=differences on_theirs=take_theirs on_mine=save_mine /> })
    };
    let choices = move |none: &'static str| {
        Signal::derive(move || {
            let mut all = vec![(String::new(), none.to_owned())];
            all.extend(secrets.get().into_iter().map(|name| (name.clone(), name)));
            all
        })
    };
    let title = move || match of.get_untracked() {
        Some(Editing::Existing(webhook)) => view! { "Edit " <code>{webhook.settings.name}</code> }.into_any(),
        _ => "New webhook".into_any(),
    };
    let header_row = move |header: HeaderDraft| {
        let remove = move || form.headers.update(|headers| headers.retain(|one| one.key != header.key));
        view! {
            <div class="header-row">
                <TextField label="Name" mono=true draft=header.name />
                <SelectField
                    label="Value from"
                    value=header.secret
                    choices=choices("Text")
                    on_choose=move |name: String| header.secret.set(name)
                />
                {live(move || {
                    header
                        .secret
                        .with(String::is_empty)
                        .then(|| view! { <TextField label="Value" mono=true draft=header.value /> })
                })}
                <IconButton glyph=Glyph::Trash label="Remove this header" on_press=remove />
            </div>
        }
    };
    let body = move || {
        view! {
            {move || {
                restored
                    .get()
                    .then(|| {
                        let action = move || view! { <LinkButton on_press=start_over>"Start over"</LinkButton> }.into_any();
                        view! {
                            <Callout tone=Tone::Info glyph=Glyph::Info action=action>
                                "What you typed before is kept."
                            </Callout>
                        }
                    })
            }}
            <TextField label="Name" hint="What automations call it, such as deploy-hook." draft=form.name />
            <TextField
                label="Endpoint URL"
                hint="Where it POSTs to. Private addresses are refused unless the server allows them."
                mono=true
                kind="url"
                placeholder="https://"
                draft=form.url
            />
            <SelectField
                label="Access token"
                hint="Sent as Authorization: Bearer, and available as ${ACCESS_TOKEN}."
                value=form.token
                choices=choices("None")
                on_choose=move |name: String| form.token.set(name)
            />
            <SelectField
                label="Signing secret"
                hint="Signs each delivery by Standard Webhooks, and as X-Wandb-Signature."
                value=form.signing
                choices=choices("None")
                on_choose=move |name: String| form.signing.set(name)
            />
            {live(move || {
                (!form.signing.with(String::is_empty))
                    .then(|| {
                        view! {
                            <SelectField
                                label="X-Wandb-Signature is written in"
                                value=form.encoding
                                choices=vec![
                                    ("base64".to_owned(), "Base64".to_owned()),
                                    ("hex".to_owned(), "Hex".to_owned()),
                                ]
                                on_choose=move |word: String| form.encoding.set(word)
                            />
                        }
                    })
            })}
            <PayloadSecrets chosen=form.secrets secrets=secrets />
            <fieldset class="stack-tight">
                <legend class="field__label">"Extra headers"</legend>
                <For each=move || form.headers.get() key=|header| header.key children=header_row />
                <div>
                    <Button
                        small=true
                        glyph=Glyph::Plus
                        on_press=move || {
                            form.add_header("", "", "");
                        }
                    >
                        "Add header"
                    </Button>
                </div>
            </fieldset>
            <TextField label="Timeout in seconds" hint="The whole exchange, 1 to 60." draft=form.timeout />
            <TextField
                label="Deliveries a minute"
                hint="At most so many, 1 to 6000. Empty: as many as there are."
                draft=form.rate
            />
            <CheckLine checked=form.enabled label="Enabled. Deliveries of a disabled webhook wait." />
            {live(move || failure.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
            {live(conflict)}
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                "Save webhook"
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=open title=title glyph=Glyph::Endpoint on_submit=save body=body foot=foot /> }
}

/// Which secrets payloads may use.
#[component]
fn PayloadSecrets(chosen: RwSignal<Vec<String>>, secrets: Signal<Vec<String>>) -> impl IntoView {
    let line = move |name: String| {
        let (checked, toggled, id) = (name.clone(), name.clone(), new_id());
        let label_for = id.clone();
        view! {
            <label class="check-line" for=label_for>
                <input
                    class="checkbox"
                    type="checkbox"
                    id=id
                    prop:checked=boxed(move || chosen.with(|chosen| chosen.contains(&checked)))
                    on:change=handler(move |event: web_sys::Event| {
                        let wanted = event_target_checked(&event);
                        chosen
                            .update(|chosen| {
                                chosen.retain(|one| *one != toggled);
                                if wanted {
                                    chosen.push(toggled.clone());
                                }
                            });
                    })
                />
                <code>{name}</code>
            </label>
        }
    };
    view! {
        {move || {
            let names = secrets.get();
            (!names.is_empty())
                .then(|| {
                    view! {
                        <fieldset class="stack-tight">
                            <legend class="field__label">"Secrets that payloads may use"</legend>
                            {names.into_iter().map(line).collect_view()}
                        </fieldset>
                    }
                })
        }}
    }
}
