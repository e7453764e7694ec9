//! The list of variables at the cursor. The focus stays in the text field.

use hookboard_api::template::{Candidate, Group};
use leptos::{html, prelude::*};

use super::state::{Payload, Popup};

/// What is offered, by group; what the event does not carry comes last, with the reason.
#[component]
pub(super) fn CompletionList(
    /// The payload being written.
    payload: Payload,
    /// Its id.
    id: String,
    /// The id of an option, by its index.
    option_id: Callback<usize, String>,
) -> impl IntoView {
    let list: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move || {
        let Some(list) = list.get() else { return };
        payload.popup.with(|popup| {
            let Some(popup) = popup else { return };
            let room = list.parent_element().map_or(0.0, |parent| f64::from(parent.client_width()));
            let left = popup.left.min(room - f64::from(list.offset_width())).max(0.0);
            let style = web_sys::HtmlElement::style(&list);
            // By the object model: the content policy allows no style attribute.
            let _ = style.set_property("left", &format!("{left}px"));
            let _ = style.set_property("top", &format!("{}px", popup.top));
        });
    });
    Effect::new(move || {
        let index = payload.active.get();
        if payload.popup.with(Option::is_none) {
            return;
        }
        let Some(list) = list.get() else { return };
        if let Ok(Some(option)) = list.query_selector(&format!("[data-index='{index}']")) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            option.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    let option = move |(index, candidate): (usize, Candidate)| {
        let value = candidate.reason.or(candidate.value).unwrap_or_else(|| "blank".to_owned());
        view! {
            <div
                class="option"
                role="option"
                id=option_id.run(index)
                data-index=index
                data-state=(!candidate.fits).then_some("blank")
                aria-selected=bound(move || (payload.active.get() == index).to_string())
                title=candidate.description
                aria-description=candidate.description
                // The text field keeps the focus, and with it the cursor.
                on:mousedown=handler(move |event: web_sys::MouseEvent| {
                    event.prevent_default();
                    payload.take(index);
                })
            >
                <span class="var" data-group=candidate.group.as_str()>
                    {candidate.name}
                </span>
                <span class="option__value truncate">{value}</span>
            </div>
        }
        .into_any()
    };
    let groups = move || {
        let Popup { candidates, .. } = payload.popup.get()?;
        let mut groups: Vec<(&'static str, Vec<AnyView>)> = Vec::new();
        let mut last = None;
        for (index, candidate) in candidates.into_iter().enumerate() {
            let section = if candidate.fits { Some(candidate.group) } else { None };
            if last != Some(section) {
                groups.push((section.map_or("Blank for this event", Group::title), Vec::new()));
                last = Some(section);
            }
            if let Some((_, options)) = groups.last_mut() {
                options.push(option((index, candidate)));
            }
        }
        let group = |(title, options): (&'static str, Vec<AnyView>)| {
            view! {
                <div role="group" aria-label=title>
                    <div class="listbox__group" aria-hidden="true">
                        {title}
                    </div>
                    {options}
                </div>
            }
        };
        Some(groups.into_iter().map(group).collect_view())
    };
    let about = move || {
        let active = payload.active.get();
        payload.popup.with(|popup| popup.as_ref()?.candidates.get(active).map(|one| one.description))
    };
    view! {
        <div node_ref=list class="listbox editor__popup" hidden=bound(move || payload.popup.with(Option::is_none))>
            <div class="listbox__scroll" id=id role="listbox" aria-label="Variables">
                {live(groups)}
            </div>
            {live(move || about().map(|words| view! { <p class="listbox__about" aria-hidden="true">{words}</p> }))}
            <div class="listbox__foot" aria-hidden="true">
                <span>
                    <kbd>"↑"</kbd>
                    <kbd>"↓"</kbd>
                    "choose"
                </span>
                <span>
                    <kbd>"Enter"</kbd>
                    "insert"
                </span>
                <span>
                    <kbd>"Esc"</kbd>
                    "close"
                </span>
            </div>
        </div>
    }
}
