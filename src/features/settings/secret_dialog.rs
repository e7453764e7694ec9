//! The dialog that takes a secret's value in.

use hookboard_api::secret::{SecretValue, check_name};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{calls, use_client},
    ui::{
        button::{Button, ButtonKind},
        dialog::Dialog,
        field::{TextDraft, TextField},
        icon::Glyph,
        toast::use_toasts,
    },
};

/// What is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writing {
    /// A secret to be made.
    New,
    /// The value of the one of this name.
    Replace(String),
}

/// The dialog, while there is something to be written.
#[component]
pub(super) fn SecretDialog(
    /// The team's name.
    entity: String,
    /// What is written.
    of: RwSignal<Option<Writing>>,
    /// Names that are taken.
    names: Signal<Vec<String>>,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let entity = StoredValue::new(entity);
    let writing = RwSignal::new(false);
    let name = TextDraft::new("");
    let value = TextDraft::new("");
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    let is_new = move || of.with_untracked(|of| *of == Some(Writing::New));
    Effect::new(move || {
        let Some(now) = of.get() else { return };
        name.set(if let Writing::Replace(name) = now { name } else { String::new() });
        value.set("");
        failure.set(None);
        writing.set(true);
    });
    Effect::new(move || {
        if !writing.get() && of.with_untracked(Option::is_some) {
            value.set("");
            of.set(None);
        }
    });
    let save = move || {
        let (name_now, body) = (name.get_untracked(), SecretValue { value: value.get_untracked() });
        name.judge(check_name(&name_now, "/name").map(|error| error.message));
        value.judge(body.check().map(|error| error.message));
        if is_new() && names.with_untracked(|names| names.contains(&name_now)) {
            name.fail("There is a secret of this name. Replace its value instead, or choose another name.");
        }
        if [name, value].iter().any(|draft| draft.error().with_untracked(Option::is_some))
            || busy.get_untracked().is_some()
        {
            return;
        }
        let path = entity.with_value(|entity| calls::secret(entity, &name_now));
        let verb = if is_new() { "Saved" } else { "Replaced" };
        busy.set(Some("Saving…"));
        spawn_local(async move {
            let answer = client.put::<Option<serde::de::IgnoredAny>>(&path, &body, None).await;
            busy.try_set(None);
            match answer {
                Ok(_) => {
                    let _ = entity.try_with_value(|entity| {
                        client.changed(&calls::secrets(entity));
                        client.changed(&calls::webhooks(entity));
                    });
                    writing.try_set(false);
                    toasts.say(Glyph::Check, format!("{verb} {name_now}"));
                }
                Err(error) => {
                    name.judge(error.field("/name"));
                    value.judge(error.field("/value"));
                    if error.fields().is_empty() {
                        failure.try_set(Some(error.words()));
                    }
                }
            }
        });
    };
    let title = move || match of.get_untracked() {
        Some(Writing::Replace(name)) => view! { "Replace the value of " <code>{name}</code> }.into_any(),
        _ => "New secret".into_any(),
    };
    let body = move || {
        let is_new = is_new();
        view! {
            {is_new
                .then(|| {
                    view! {
                        <TextField
                            label="Name"
                            hint="Letters, digits and _. Payloads use it as ${NAME}."
                            mono=true
                            draft=name
                        />
                    }
                })}
            <TextField
                label="Value"
                hint=if is_new {
                    "It is sealed at once and never shown again."
                } else {
                    "The old value is gone at once. Where it signs, both sign for 24\u{a0}h."
                }
                kind="password"
                mono=true
                draft=value
            />
            {live(move || failure.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button on_press=move || writing.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Primary submit=true busy=busy>
                {if is_new() { "Save secret" } else { "Replace value" }}
            </Button>
        }
        .into_any()
    };
    view! { <Dialog open=writing title=title glyph=Glyph::Key on_submit=save body=body foot=foot /> }
}
