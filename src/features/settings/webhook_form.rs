//! The form of a webhook. What was typed stays as typed until it is saved.

use hookboard_api::{
    limits::DEFAULT_TIMEOUT_S,
    webhook::{Header, SignatureEncoding, Webhook, WebhookDraft},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{ApiError, calls, use_client},
    ui::{
        button::{Button, ButtonKind, IconButton},
        dialog::Dialog,
        field::{SelectField, TextDraft, TextField},
        icon::Glyph,
        ids::new_id,
        toast::use_toasts,
        toggle::CheckLine,
    },
};

/// An extra header as typed: its value is text, or the name of a secret.
#[derive(Clone, Copy)]
struct HeaderDraft {
    key: u32,
    name: TextDraft,
    value: TextDraft,
    secret: RwSignal<String>,
}

/// A webhook as typed.
#[derive(Clone, Copy)]
struct Form {
    name: TextDraft,
    url: TextDraft,
    token: RwSignal<String>,
    signing: RwSignal<String>,
    encoding: RwSignal<String>,
    timeout: TextDraft,
    secrets: RwSignal<Vec<String>>,
    headers: RwSignal<Vec<HeaderDraft>>,
    next_key: StoredValue<u32>,
    enabled: RwSignal<bool>,
}

impl Form {
    fn new() -> Self {
        Self {
            name: TextDraft::new(""),
            url: TextDraft::new(""),
            token: RwSignal::new(String::new()),
            signing: RwSignal::new(String::new()),
            encoding: RwSignal::new(String::new()),
            timeout: TextDraft::new(""),
            secrets: RwSignal::new(Vec::new()),
            headers: RwSignal::new(Vec::new()),
            next_key: StoredValue::new(0),
            enabled: RwSignal::new(true),
        }
    }

    fn fill(self, from: Option<&WebhookDraft>) {
        self.name.set(from.map(|from| from.name.clone()).unwrap_or_default());
        self.url.set(from.map(|from| from.url.clone()).unwrap_or_default());
        self.token.set(from.and_then(|from| from.access_token.clone()).unwrap_or_default());
        self.signing.set(from.and_then(|from| from.signing_secret.clone()).unwrap_or_default());
        let hex = from.is_some_and(|from| from.signature_encoding == SignatureEncoding::Hex);
        self.encoding.set(if hex { "hex" } else { "base64" }.to_owned());
        self.timeout.set(from.map_or(DEFAULT_TIMEOUT_S, |from| from.timeout_s).to_string());
        self.secrets.set(from.map(|from| from.secrets.clone()).unwrap_or_default());
        self.enabled.set(from.is_none_or(|from| from.enabled));
        self.headers.set(Vec::new());
        for header in from.map(|from| from.headers.clone()).unwrap_or_default() {
            self.add_header(&header);
        }
    }

    fn add_header(self, header: &Header) {
        let key = self.next_key.try_update_value(|next| std::mem::replace(next, *next + 1)).unwrap_or_default();
        let draft = HeaderDraft {
            key,
            name: TextDraft::new(header.name.clone()),
            value: TextDraft::new(header.value.clone().unwrap_or_default()),
            secret: RwSignal::new(header.secret.clone().unwrap_or_default()),
        };
        self.headers.update(|headers| headers.push(draft));
    }

    /// The draft, or what keeps the text from being one.
    fn read(self) -> Option<WebhookDraft> {
        let chosen = |name: String| (!name.is_empty()).then_some(name);
        let Ok(timeout_s) = self.timeout.get_untracked().trim().parse() else {
            self.timeout.fail("Type a number of seconds, such as 15.");
            return None;
        };
        let header = |draft: &HeaderDraft| {
            let secret = chosen(draft.secret.get_untracked());
            let value = secret.is_none().then(|| draft.value.get_untracked());
            Header { name: draft.name.get_untracked(), value, secret }
        };
        Some(WebhookDraft {
            name: self.name.get_untracked().trim().to_owned(),
            url: self.url.get_untracked().trim().to_owned(),
            access_token: chosen(self.token.get_untracked()),
            secrets: self.secrets.get_untracked(),
            signing_secret: chosen(self.signing.get_untracked()),
            signature_encoding: match self.encoding.get_untracked().as_str() {
                "hex" => SignatureEncoding::Hex,
                _ => SignatureEncoding::Base64,
            },
            headers: self.headers.with_untracked(|headers| headers.iter().map(header).collect()),
            timeout_s,
            enabled: self.enabled.get_untracked(),
        })
    }

    /// Puts each fault beside its field. Answers those that have none.
    fn judge(self, errors: &[hookboard_api::problem::FieldError]) -> Vec<String> {
        let of =
            |pointer: &str| errors.iter().find(|error| error.pointer == pointer).map(|error| error.message.clone());
        self.name.judge(of("/name"));
        self.url.judge(of("/url"));
        self.timeout.judge(of("/timeout_s"));
        let mut placed = vec!["/name".to_owned(), "/url".to_owned(), "/timeout_s".to_owned()];
        for (index, header) in self.headers.get_untracked().iter().enumerate() {
            let at = format!("/headers/{index}");
            header.name.judge(of(&format!("{at}/name")));
            header.value.judge(of(&format!("{at}/value")).or_else(|| of(&at)));
            placed.extend([format!("{at}/name"), format!("{at}/value"), at]);
        }
        errors.iter().filter(|error| !placed.contains(&error.pointer)).map(|error| error.message.clone()).collect()
    }
}

/// What the form is about.
#[derive(Clone)]
pub(super) enum Editing {
    /// A webhook to be made.
    New,
    /// One to be changed.
    Existing(Box<Webhook>),
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
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let entity = StoredValue::new(entity);
    let form = Form::new();
    let open = RwSignal::new(false);
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        if let Some(editing) = of.get() {
            form.fill(match &editing {
                Editing::New => None,
                Editing::Existing(webhook) => Some(&webhook.settings),
            });
            failure.set(None);
            open.set(true);
        }
    });
    Effect::new(move |_| {
        if !open.get() && of.with_untracked(Option::is_some) {
            of.set(None);
        }
    });
    let refuse = move |error: &ApiError| {
        let unplaced = form.judge(error.fields());
        failure.try_set(if error.is_outdated() {
            Some("Someone else changed this webhook meanwhile. Close the form and open it again; what you typed is still here to copy.".to_owned())
        } else if error.fields().is_empty() {
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
        let (Some(draft), Some(editing)) = (form.read(), of.get_untracked()) else { return };
        let faults = draft.check();
        let unplaced = form.judge(&faults);
        if !faults.is_empty() {
            failure.set((!unplaced.is_empty()).then(|| unplaced.join(" ")));
            return;
        }
        let entity = entity.get_value();
        busy.set(Some("Saving…"));
        spawn_local(async move {
            let answer = match &editing {
                Editing::New => client.post::<Webhook>(&calls::webhooks(&entity), &draft).await,
                Editing::Existing(webhook) => {
                    client.put(&calls::webhook(&entity, &webhook.id, ""), &draft, Some(webhook.revision)).await
                }
            };
            busy.try_set(None);
            match answer {
                Ok(_) => {
                    client.changed(&calls::webhooks(&entity));
                    client.changed(&calls::secrets(&entity));
                    open.try_set(false);
                    toasts.say(Glyph::Check, format!("Saved {}", draft.name));
                }
                Err(error) => refuse(&error),
            }
        });
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
                {move || {
                    header
                        .secret
                        .with(String::is_empty)
                        .then(|| view! { <TextField label="Value" mono=true draft=header.value /> })
                }}
                <IconButton glyph=Glyph::Trash label="Remove this header" on_press=remove />
            </div>
        }
    };
    let body = move || {
        view! {
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
            {move || {
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
            }}
            <PayloadSecrets chosen=form.secrets secrets=secrets />
            <fieldset class="stack-tight">
                <legend class="field__label">"Extra headers"</legend>
                <For each=move || form.headers.get() key=|header| header.key children=header_row />
                <div>
                    <Button
                        small=true
                        glyph=Glyph::Plus
                        on_press=move || {
                            form.add_header(&Header { name: String::new(), value: None, secret: None });
                        }
                    >
                        "Add header"
                    </Button>
                </div>
            </fieldset>
            <TextField label="Timeout in seconds" hint="The whole exchange, 1 to 60." draft=form.timeout />
            <CheckLine checked=form.enabled label="Enabled. Deliveries of a disabled webhook wait." />
            {move || failure.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> })}
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
                    prop:checked=move || chosen.with(|chosen| chosen.contains(&checked))
                    on:change=move |event| {
                        let wanted = event_target_checked(&event);
                        chosen
                            .update(|chosen| {
                                chosen.retain(|one| *one != toggled);
                                if wanted {
                                    chosen.push(toggled.clone());
                                }
                            });
                    }
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
