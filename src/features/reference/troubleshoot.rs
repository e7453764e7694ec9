//! The request of a webhook as a script, to be sent by hand from where it goes wrong.

use hookboard_api::{list::List, webhook::Webhook};
use leptos::prelude::*;

use crate::{
    client::{calls, use_client},
    features::request::{Piece, script},
    route::use_router,
    ui::{
        button::Button,
        clipboard,
        feedback::{Empty, LoadError, SkeletonRows},
        icon::Glyph,
        ids::new_id,
        pick::{Offer, Pick},
        toast::use_toasts,
    },
};

/// The body that is sent: what a test without a payload sends.
const BODY: &str = "{}";

/// A webhook of the team to choose, and the script that sends as it does.
#[component]
pub(super) fn Troubleshoot(entity: String) -> impl IntoView {
    let (client, router, toasts) = (use_client(), use_router(), use_toasts());
    let path = calls::webhooks(&entity);
    let list = client.query::<List<Webhook>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let retry = Callback::new(move |()| client.refresh(&path));
    let named = router.param("webhook");
    let chosen = Memo::new(move |_| {
        let named = named.get();
        list.with(|list| {
            let items = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            items.iter().find(|one| Some(&one.settings.name) == named.as_ref()).or(items.first()).cloned()
        })
    });
    let offers = Signal::derive(move || -> Vec<Offer> {
        let offer = |one: &Webhook| Offer {
            note: one.settings.url.clone(),
            ..Offer::new(&one.settings.name, &one.settings.name)
        };
        list.with(|list| list.value.iter().flat_map(|list| &list.items).map(offer).collect())
    });
    let text = Memo::new(move |_| {
        chosen.with(|chosen| {
            chosen.as_ref().map(|one| script(&one.settings, &[Piece::Text(BODY.to_owned())])).unwrap_or_default()
        })
    });
    let state = Memo::new(move |_| {
        list.with(|list| (list.value.as_ref().map(|list| list.items.is_empty()), list.error.clone()))
    });
    let id = new_id();
    live(move || {
        match state.get() {
        (None, Some(error)) => view! { <LoadError what="The webhooks" why=error.words() on_retry=retry /> }.into_any(),
        (None, None) => view! { <div class="board"><SkeletonRows label="Loading webhooks" /></div> }.into_any(),
        (Some(true), _) => view! {
            <div class="board">
                <Empty title="No webhooks yet" text="The script for a webhook of the team appears here." />
            </div>
        }
        .into_any(),
        (Some(false), _) => view! {
            <div class="board">
                <div class="board__head">
                    <label for=id.clone()>"Webhook"</label>
                    <span class="reference__pick">
                        <Pick
                            id=id.clone()
                            value=Signal::derive(move || chosen.with(|one| one.as_ref().map(|one| one.settings.name.clone()).unwrap_or_default()))
                            offers=offers
                            small=true
                            on_choose=move |name: String| router.set_param("webhook", Some(&name))
                        />
                    </span>
                </div>
                <pre class="example__code reference__script" tabindex="0" role="region" aria-label="Script that sends the request">
                    {text}
                </pre>
                <div class="board__foot">
                    <Button
                        small=true
                        glyph=Glyph::Copy
                        on_press=move || clipboard::copy(toasts, text.get_untracked(), "Copied the script".to_owned())
                    >
                        "Copy"
                    </Button>
                    <span>"It holds no secret: each is read from the environment, and it says which is missing."</span>
                </div>
            </div>
        }
        .into_any(),
    }
    })
}
