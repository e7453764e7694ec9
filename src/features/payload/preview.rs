//! What would be sent for an event, byte for byte: the body, and the request around it.

use hookboard_api::webhook::WebhookDraft;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{engine::Outcome, request_views::RequestView, state::Payload, view::Metrics};
use crate::{
    features::request::{pieces, script},
    ui::{
        button::Button,
        clipboard,
        field::Choices,
        format::size,
        icon::Glyph,
        ids::new_id,
        overlay::after_layout,
        pick::{Pick, plain},
        status::{Badge, Tone},
        tabs::{TabList, TabPanel},
        toast::use_toasts,
    },
};

const VIEWS: [TabPanel; 4] = [
    TabPanel { value: "body", label: "Body" },
    TabPanel { value: "raw", label: "Raw" },
    TabPanel { value: "headers", label: "Headers" },
    TabPanel { value: "signature", label: "Signature" },
];

/// The payload rendered for an event, each value in the hue of its variable.
#[component]
pub fn Preview(
    /// The payload being written.
    payload: Payload,
    /// Events to preview with, and a made-up one.
    #[prop(into)]
    events: Signal<Choices>,
    /// The one chosen.
    #[prop(into)]
    event: Signal<String>,
    /// Takes the one chosen.
    #[prop(into)]
    on_event: Callback<String>,
    /// The webhook that sends it, or why there is none.
    #[prop(into)]
    webhook: Signal<Result<WebhookDraft, &'static str>>,
    /// Where verifying is explained.
    #[prop(into)]
    reference: String,
) -> impl IntoView {
    let toasts = use_toasts();
    let (title_id, select_id) = (new_id(), new_id());
    let labelled = title_id.clone();
    let shown = RwSignal::new(VIEWS[0].value);
    let reference = StoredValue::new(reference);
    let badge = move || match payload.outcome.get() {
        Outcome::Valid => view! { <Badge tone=Tone::Success glyph=Glyph::Check>"Valid JSON"</Badge> }.into_any(),
        Outcome::Stale(_) => view! { <Badge tone=Tone::Danger glyph=Glyph::XCircle>"Not valid"</Badge> }.into_any(),
    };
    let stale = move || match payload.outcome.get() {
        Outcome::Valid => None,
        Outcome::Stale(why) => {
            Some(view! { <p class="preview__stale small">{why} " The last valid preview is shown."</p> })
        }
    };
    let refused = Signal::derive(move || webhook.with(|webhook| webhook.as_ref().err().map(|why| (*why).to_owned())));
    let copy = move || {
        let Ok(webhook) = webhook.get_untracked() else { return };
        let marked = untrack(|| payload.body());
        let body = marked.map(|marked| pieces(&webhook, &marked.body, &marked.spans)).unwrap_or_default();
        clipboard::copy(toasts, script(&webhook, &body), "Copied the request as curl".to_owned());
    };
    view! {
        <section class="board" aria-labelledby=labelled>
            <div class="board__head">
                <h2 id=title_id>"Preview"</h2>
                <span class="push row">{live(badge)} <Badge tone=Tone::None>{live(move || size(payload.size.get()))}</Badge></span>
            </div>
            <div class="preview__source">
                <label class="visually-hidden" for=select_id.clone()>
                    "Event to preview with"
                </label>
                <Pick
                    id=select_id
                    value=event
                    offers=Signal::derive(move || plain(events.get()))
                    small=true
                    on_choose=on_event
                />
            </div>
            {live(stale)}
            <TabList
                label="Request"
                tabs=VIEWS.to_vec()
                value=Signal::derive(move || shown.get().to_owned())
                note=|_| None
                on_select=move |word| shown.set(word)
                panel=move || match shown.get() {
                    "body" => view! { <Body payload=payload /> }.into_any(),
                    other => {
                        view! { <RequestView payload=payload webhook=webhook view=other reference=reference.get_value() /> }
                            .into_any()
                    }
                }
            />
            <div class="board__foot preview__foot">
                <span>"Byte for byte what is sent; secrets stay on the server."</span>
                <span class="push"></span>
                <Button small=true glyph=Glyph::Copy refused=refused on_press=copy>
                    "Copy as curl"
                </Button>
            </div>
        </section>
    }
}

/// The body, painted. A press on a value leads to its variable.
#[component]
fn Body(payload: Payload) -> impl IntoView {
    let scroller: NodeRef<html::Div> = NodeRef::new();
    let sizer: NodeRef<html::Div> = NodeRef::new();
    let paint: NodeRef<html::Pre> = NodeRef::new();
    Effect::new(move || {
        let (Some(scroller), Some(sizer), Some(paint)) = (scroller.get(), sizer.get(), paint.get()) else { return };
        after_layout(move || {
            let metrics = Metrics::of(&paint);
            payload.attach_preview(scroller.unchecked_into(), sizer.unchecked_into(), paint.unchecked_into(), metrics);
        });
    });
    let slot = move |event: &web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        target.and_then(|target| payload.slot_of(&target))
    };
    view! {
        <div
            node_ref=scroller
            class="codeblock preview__code"
            data-flush=""
            tabindex="0"
            role="region"
            aria-label="Rendered payload"
            data-stale=bound(move || payload.outcome.with(|outcome| *outcome != Outcome::Valid).then_some(""))
            on:scroll=handler(move |_| payload.paint_preview())
            on:mouseover=handler(move |event: web_sys::MouseEvent| payload.ring(slot(&event)))
            on:mouseleave=handler(move |_| payload.ring(None))
            on:click=handler(move |event: web_sys::MouseEvent| {
                if let Some(slot) = slot(&event) {
                    payload.go_to_slot(slot);
                }
            })
        >
            <div node_ref=sizer class="preview__sizer"></div>
            <pre node_ref=paint class="preview__paint"></pre>
        </div>
    }
}
