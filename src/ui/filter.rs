//! A filter: dashed while unset, solid with its value once set; opens a listbox.

use leptos::{html, prelude::*};

use super::{
    focus::holder,
    icon::{Glyph, Icon},
    ids::new_id,
    overlay::{Edge, after_layout, focus_end, is_open, place, walk},
};

/// A filter of a list. Choosing the value that is set unsets it.
#[component]
pub fn FilterButton(
    /// What it filters by.
    label: &'static str,
    /// The value set.
    #[prop(into)]
    value: Signal<Option<String>>,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<Option<String>>,
) -> impl IntoView {
    let id = new_id();
    let button: NodeRef<html::Button> = NodeRef::new();
    let list: NodeRef<html::Div> = NodeRef::new();
    let open = RwSignal::new(false);
    let show = move |last: bool| {
        let (Some(button), Some(list)) = (button.get_untracked(), list.get_untracked()) else { return };
        place(&button, &list, Edge::Start);
        // Whoever walks through the choices stays where they are.
        if holder(&list).is_none_or(|holder| holder.get_attribute("role").as_deref() != Some("option")) {
            focus_end(&list, last);
        }
    };
    let toggled = move |_| open.set(list.get_untracked().is_some_and(|list| is_open(&list)));
    // Choices may come, and others go, while the list is open.
    Effect::new(move || {
        choices.track();
        if open.get_untracked() {
            after_layout(move || show(false));
        }
    });
    let close = move || {
        if let Some(list) = list.get_untracked() {
            // Fails only for one that is closed already.
            let _ = list.hide_popover();
        }
        if let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let reveal = move |last: bool| {
        if let Some(list) = list.get_untracked() {
            open.set(true);
            // Fails only for one that is open already.
            let _ = list.show_popover();
            show(last);
        }
    };
    let press = move |event: web_sys::MouseEvent| {
        // The browser would open it, and tell of that after the next key.
        event.prevent_default();
        if list.get_untracked().is_some_and(|list| is_open(&list)) { close() } else { reveal(false) }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        if let key @ ("ArrowDown" | "ArrowUp") = event.key().as_str() {
            event.prevent_default();
            reveal(key == "ArrowUp");
        }
    };
    let choose = move |own: &str| {
        let set = value.get_untracked().as_deref() == Some(own);
        close();
        on_choose.run((!set).then(|| own.to_owned()));
    };
    let words = move || {
        let value = value.get()?;
        let words =
            choices.with(|choices| choices.iter().find(|(own, _)| *own == value).map(|(_, words)| words.clone()));
        Some(words.unwrap_or(value))
    };
    let option = move |(own, words): (String, String)| {
        let (clicked, keyed, selected) = (own.clone(), own.clone(), own);
        view! {
            <div
                class="option"
                role="option"
                tabindex="-1"
                aria-selected=bound(move || (value.get().as_ref() == Some(&selected)).to_string())
                on:click=handler(move |_| choose(&clicked))
                on:keydown=handler(move |event: web_sys::KeyboardEvent| {
                    if matches!(event.key().as_str(), "Enter" | " ") {
                        event.prevent_default();
                        choose(&keyed);
                    }
                })
            >
                {words}
            </div>
        }
    };
    view! {
        <button
            node_ref=button
            class="filter-button"
            type="button"
            data-state=bound(move || value.with(Option::is_some).then_some("set"))
            aria-haspopup="listbox"
            aria-expanded=bound(move || open.get().to_string())
            popovertarget=id.clone()
            on:click=handler(press)
            on:keydown=handler(key)
        >
            {live(move || match words() {
                Some(words) => {
                    let title = words.clone();
                    view! { <span class="truncate" title=title>{label} ": " <b>{words}</b></span> }.into_any()
                }
                None => label.into_any(),
            })}
            <Icon glyph=Glyph::ChevronDown />
        </button>
        <div
            node_ref=list
            class="listbox listbox--filter"
            id=id
            role="listbox"
            aria-label=label
            popover="auto"
            on:toggle=handler(toggled)
            on:keydown=handler(move |event: web_sys::KeyboardEvent| {
                if let Some(list) = list.get_untracked() {
                    match event.key().as_str() {
                        // Within a shadow root the popover itself would lose the focus.
                        "Escape" => {
                            event.prevent_default();
                            close();
                        }
                        "Tab" => close(),
                        _ => drop(walk(&event, &list)),
                    }
                }
            })
        >
            {live(move || choices.get().into_iter().map(option).collect_view())}
        </div>
    }
}
