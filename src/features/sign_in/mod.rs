//! Signing in: a one-time link, or a key.

use std::rc::Rc;

use hookboard_api::account::{SignIn as Code, SignedIn};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use crate::{
    client::{Client, use_client},
    part::{Part, part},
    route::History,
    ui::{
        button::{Button, ButtonKind},
        feedback::Callout,
        field::{TextDraft, TextField},
        focus::rescue,
        icon::Glyph,
        overlay::after_layout,
        status::Tone,
    },
};

/// Takes the code of a sign-in link (`#code=…`) out of the address, so that it is neither kept in the
/// browser's history nor passed on.
pub fn take_code(history: &Rc<dyn History>) -> Option<String> {
    let hash = web_sys::window()?.location().hash().ok()?;
    let code = code_of(&hash)?;
    history.replace(&history.current());
    Some(code)
}

/// The code in the hash of a link, or in what was pasted.
fn code_of(text: &str) -> Option<String> {
    let (_, code) = text.rsplit_once('#')?;
    let code = code.strip_prefix("code=")?.trim();
    (!code.is_empty()).then(|| code.to_owned())
}

/// The sign-in screen.
#[component]
pub fn SignIn(
    /// The code the page was opened with.
    code: Option<String>,
    /// Whether that code is still to be traded.
    trading: RwSignal<bool>,
) -> impl IntoView {
    let client = use_client();
    let refused = client.session().was_refused().then(|| {
        "The server does not take this key: it was mistyped or revoked, or you were taken out of the team. Paste another, or a sign-in link.".to_owned()
    });
    let failure = RwSignal::new(refused);
    let busy = RwSignal::new(false);
    if trading.get_untracked() {
        trading.set(false);
        if let Some(code) = code {
            trade(client, code, busy, failure);
        }
    }
    // Whoever comes with a code that holds never sees the form.
    let waits = Memo::new(move |waited: Option<&bool>| *waited.unwrap_or(&true) && busy.get());
    live(move || {
        if waits.get() {
            view! {
                <main class="sign-in">
                    <p role="status">"Signing in…"</p>
                </main>
            }
        } else {
            view! { <Part ask=sign_in_form(busy, failure) quiet=true /> }
        }
    })
}

/// Trades a code for a key.
fn trade(client: Client, code: String, busy: RwSignal<bool>, failure: RwSignal<Option<String>>) {
    busy.set(true);
    spawn_local(async move {
        let answer = client.post::<SignedIn>("/sign-in", &Code { code }).await;
        match answer {
            Ok(SignedIn { key }) => client.session().sign_in(&key),
            Err(error) => {
                failure.try_set(Some(match error.status() {
                    Some(400..500) => {
                        "This sign-in link was used already or is too old. Ask an admin of your team for a fresh one, or start the server anew: it prints one.".to_owned()
                    }
                    _ => error.words(),
                }));
            }
        }
        busy.try_set(false);
    });
}

part! {
    extras: fn sign_in_form(busy: RwSignal<bool>, failure: RwSignal<Option<String>>) {
        view! { <SignInForm busy=busy failure=failure /> }
    }
}

#[component]
fn SignInForm(
    /// Whether a code is being traded.
    busy: RwSignal<bool>,
    /// Why the last one was refused.
    failure: RwSignal<Option<String>>,
) -> impl IntoView {
    let client = use_client();
    let draft = TextDraft::new("");
    let trading = Signal::derive(move || busy.get().then_some("Signing in…"));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        failure.set(None);
        let typed = draft.get_untracked();
        let typed = typed.trim();
        if let Some(code) = code_of(typed) {
            trade(client, code, busy, failure);
        } else if typed.is_empty() {
            draft.fail("Paste a key or a sign-in link.");
        } else {
            client.cache().clear();
            client.session().sign_in(typed);
        }
    };
    // A link that is opened in this very tab changes the address only: as one that the page begins with it is taken.
    let listener = window_event_listener_untyped("hashchange", move |_| {
        let location = web_sys::window().map(|window| window.location());
        if let Some(location) = location.filter(|location| location.hash().is_ok_and(|hash| code_of(&hash).is_some())) {
            // Fails in no document that is shown.
            let _ = location.reload();
        }
    });
    on_cleanup(move || listener.remove());
    let form: NodeRef<html::Form> = NodeRef::new();
    // Whoever was in a room has no focus any more.
    Effect::new(move || {
        if let Some(form) = form.get() {
            after_layout(move || {
                let field = form.query_selector("input").ok().flatten();
                if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
                    rescue(&field);
                }
            });
        }
    });
    view! {
        <main class="sign-in">
            <form node_ref=form class="sign-in__card" novalidate on:submit=handler(submit)>
                <svg class="brand__mark" viewBox="0 0 24 24" aria-hidden="true">
                    <circle cx="15.75" cy="4.75" r="2" />
                    <path d="M15.75 6.75v8a5.5 5.5 0 0 1-11 0V11l3.6 3.3" />
                </svg>
                <h1>"Sign in to Hookboard"</h1>
                <p class="muted">
                    "The server prints a sign-in link when it starts. Open it, or paste it or an access key here."
                </p>
                {live(move || {
                    failure
                        .get()
                        .map(|words| {
                            view! {
                                <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                                    {words}
                                </Callout>
                            }
                        })
                })}
                <TextField
                    label="Access key or sign-in link"
                    hint="The key is kept for this tab only."
                    kind="password"
                    mono=true
                    draft=draft
                />
                <Button kind=ButtonKind::Primary submit=true busy=trading>
                    "Sign in"
                </Button>
                <p class="muted small">"No link at hand? The server prints a fresh one at each start."</p>
            </form>
        </main>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_in_hashes_and_pasted_links() {
        assert_eq!(code_of("#code=abc"), Some("abc".to_owned()));
        assert_eq!(code_of(" http://127.0.0.1:8080/#code=abc \n"), Some("abc".to_owned()));
        assert_eq!(code_of("Ticket #4: http://127.0.0.1:8080/#code=abc"), Some("abc".to_owned()));
        assert_eq!(code_of("#code="), None);
        assert_eq!(code_of("hk_live_key"), None);
    }
}
