//! What would be sent for an event, byte for byte.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{engine::Outcome, state::Payload, view::Metrics};
use crate::ui::{
    field::{Choices, Select},
    format::size,
    icon::Glyph,
    ids::new_id,
    overlay::after_layout,
    status::{Badge, Tone},
};

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
) -> impl IntoView {
    let (title_id, select_id) = (new_id(), new_id());
    let labelled = title_id.clone();
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
    let hover = move |event: web_sys::MouseEvent| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        payload.ring(target.and_then(|target| payload.slot_of(&target)));
    };
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
                <Select id=select_id value=event choices=events small=true on_choose=on_event />
            </div>
            {live(stale)}
            <div
                node_ref=scroller
                class="codeblock preview__code"
                data-flush=""
                tabindex="0"
                role="region"
                aria-label="Rendered payload"
                data-stale=bound(move || payload.outcome.with(|outcome| *outcome != Outcome::Valid).then_some(""))
                on:scroll=handler(move |_| payload.paint_preview())
                on:mouseover=handler(hover)
                on:mouseleave=handler(move |_| payload.ring(None))
            >
                <div node_ref=sizer class="preview__sizer"></div>
                <pre node_ref=paint class="preview__paint"></pre>
            </div>
            <div class="board__foot">"Byte for byte what is sent; secrets stay on the server."</div>
        </section>
    }
}
