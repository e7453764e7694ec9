//! Asks before one thing of a list is deleted, then deletes it.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::use_client,
    ui::{dialog::Confirm, icon::Glyph, toast::use_toasts},
};

/// What is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doomed {
    /// Its name.
    pub name: String,
    /// Where it is deleted.
    pub path: String,
}

/// What is said of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// The verb: "Revoke".
    pub verb: &'static str,
    /// The verb, while it is done: "Revoking…".
    pub busy: &'static str,
    /// The verb, once it is done: "Revoked".
    pub done: &'static str,
    /// The button: "Revoke key".
    pub action: &'static str,
    /// What it means.
    pub text: &'static str,
}

/// The question, while `of` holds something.
#[component]
pub(super) fn Removal(
    /// What is to go.
    of: RwSignal<Option<Doomed>>,
    /// What is said of it.
    words: Words,
    /// Address of the list it is of.
    list: String,
) -> impl IntoView {
    let (client, toasts) = (use_client(), use_toasts());
    let asking = RwSignal::new(false);
    let busy = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    Effect::new(move || {
        if of.with(Option::is_some) {
            failure.set(None);
            asking.set(true);
        }
    });
    Effect::new(move || {
        if !asking.get() {
            of.set(None);
        }
    });
    let list = StoredValue::new(list);
    let remove = move || {
        let Some(doomed) = of.get_untracked() else { return };
        busy.set(Some(words.busy));
        spawn_local(async move {
            let answer = client.delete(&doomed.path).await;
            busy.try_set(None);
            match answer {
                Ok(()) => {
                    let _ = list.try_with_value(|list| client.changed(list));
                    asking.try_set(false);
                    toasts.say(Glyph::Trash, format!("{} “{}”", words.done, doomed.name));
                }
                Err(error) => drop(failure.try_set(Some(error.words()))),
            }
        });
    };
    let title = move || {
        let name = of.with(|of| of.as_ref().map(|doomed| doomed.name.clone())).unwrap_or_default();
        view! { {format!("{} “{name}”?", words.verb)} }.into_any()
    };
    view! {
        <Confirm
            open=asking
            title=title
            body=move || view! { <p>{words.text}</p> }.into_any()
            action=words.action
            busy=busy
            failure=failure
            on_confirm=remove
        />
    }
}
