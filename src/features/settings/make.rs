//! Webhooks and secrets made from elsewhere: dialogs that are whole by themselves.

use hookboard_api::{list::List, secret::Secret, webhook::Webhook};
use leptos::prelude::*;

use super::{
    secret_dialog::{SecretDialog, Writing},
    webhook_form::{Editing, WebhookForm},
};
use crate::{
    client::{calls, use_client},
    part::part,
};

part! {
    /// Makes a webhook while `open` holds, and hands it to `on_made`.
    settings: pub fn new_webhook(entity: String, open: RwSignal<bool>, on_made: Callback<Webhook>) {
        view! { <NewWebhook entity=entity open=open on_made=on_made /> }
    }
}

part! {
    /// Makes a secret while `open` holds.
    settings: pub fn new_secret(entity: String, open: RwSignal<bool>) {
        view! { <NewSecret entity=entity open=open /> }
    }
}

/// Names of the team's secrets.
fn secret_names(entity: &str) -> Signal<Vec<String>> {
    let path = calls::secrets(entity);
    let secrets = use_client().query::<List<Secret>>(move || Some(path.clone()));
    Signal::derive(move || {
        secrets.with(|secrets| {
            let items = secrets.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            items.iter().map(|secret| secret.name.clone()).collect()
        })
    })
}

/// Lets `of` hold `begin` while `open` holds, and closes with it.
fn bind<T: Clone + PartialEq + Send + Sync + 'static>(open: RwSignal<bool>, of: RwSignal<Option<T>>, begin: T) {
    Effect::new(move || {
        if open.get() && of.with_untracked(Option::is_none) {
            of.set(Some(begin.clone()));
        }
    });
    Effect::with_last(move |was: Option<bool>| {
        let is = of.with(Option::is_some);
        if was == Some(true) && !is {
            open.set(false);
        }
        is
    });
}

#[component]
fn NewWebhook(entity: String, open: RwSignal<bool>, on_made: Callback<Webhook>) -> impl IntoView {
    let of = RwSignal::new(None::<Editing>);
    let secrets = secret_names(&entity);
    bind(open, of, Editing::New);
    view! { <WebhookForm entity=entity of=of secrets=secrets on_saved=on_made /> }
}

#[component]
fn NewSecret(entity: String, open: RwSignal<bool>) -> impl IntoView {
    let of = RwSignal::new(None::<Writing>);
    let names = secret_names(&entity);
    bind(open, of, Writing::New);
    view! { <SecretDialog entity=entity of=of names=names /> }
}
