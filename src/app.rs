//! What every mount has: its signals and services, in the order they need one another, and the room
//! the reader is in.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use crate::{
    client::{Client, Session},
    embed::Config,
    features::{
        shell::{Shell, Theme},
        sign_in::{SignIn, take_code},
    },
    hold::Keys,
    route::Router,
    screen::Screen,
    ui::{
        dates::Dates,
        ids::Ids,
        time::Clock,
        toast::{ToastRegion, Toasts},
    },
};

/// The app.
#[component]
pub fn App(
    /// What the host says.
    config: Config,
    /// Is told the router and the client, so that the host can navigate and ask again.
    on_made: Box<dyn FnOnce(Router, Client)>,
) -> impl IntoView {
    // Ids, keys, clock, dates and toasts know nothing; the router knows the address; the client needs the session.
    provide_context(Ids::new());
    provide_context(Keys::new(config.ground.clone(), config.life.clone()));
    provide_context(Clock::start(&config.life));
    provide_context(Dates::new(config.locale.as_deref()));
    let toasts = Toasts::new(config.life.clone());
    provide_context(toasts);
    provide_context(Theme::new(config.ground.clone(), config.mode));
    // The address bar of another page is none of a panel's business.
    let code = config.mode.is_page().then(|| take_code(&config.history)).flatten();
    let router = Router::new(config.history);
    provide_context(router);
    let session = Session::new(config.token, config.mode, config.get_token);
    let client = Client::new(&config.api, session, config.life, config.host);
    provide_context(client);
    on_made(router, client);

    let signed_in = Memo::new(move |_| session.key().with(Option::is_some));
    let trading = RwSignal::new(code.is_some());
    if code.is_some() && signed_in.get_untracked() {
        toasts.fail("You are signed in already. To use the link, sign out first and open it again.");
    }
    let room = move || {
        if signed_in.get() {
            view! {
                <Shell>
                    <Screen />
                </Shell>
            }
            .into_any()
        } else {
            view! { <SignIn code=code.clone() trading=trading /> }.into_any()
        }
    };
    // Held down on a button, Enter would press it again and again.
    let press_once = |event: web_sys::KeyboardEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if event.repeat() && event.key() == "Enter" && target.is_some_and(|target| target.matches("button") == Ok(true))
        {
            event.prevent_default();
        }
    };
    view! {
        <div
            class="app"
            on:click=handler(move |event: web_sys::MouseEvent| router.follow(&event))
            on:keydown=handler(press_once)
        >
            {live(room)}
            <ToastRegion />
        </div>
    }
}
