//! One of many: a text field that filters a list.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

use super::{
    format::lower,
    icon::{Glyph, Icon},
    overlay::{Edge, after_layout, is_open, place, set_length},
    pick::Offer,
    status::Badge,
};

/// Options shown at most; typing finds the others.
const MOST: usize = 256;

/// Narrower than this, in pixels, a list would cut its notes.
const NARROWEST: i32 = 340;

/// Options that page keys jump over.
const PAGE: usize = 10;

/// A text field that filters a list, by the combobox pattern of the ARIA Authoring Practices: the focus stays
/// in the field. ↓ opens, Enter takes, Esc closes and then clears.
#[component]
pub fn Combobox(
    /// Its id, that of its label's `for`.
    #[prop(into)]
    id: String,
    /// The value chosen; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// What there is to choose from. One with an empty value says what is to be chosen.
    #[prop(into)]
    offers: Signal<Vec<Offer>>,
    /// Whether more are on their way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// Whether what is chosen is at fault.
    #[prop(optional, into)]
    invalid: Signal<bool>,
    /// Any text is a value: the list only proposes.
    #[prop(optional)]
    free: bool,
    /// What it is called, where it has no label.
    #[prop(optional, into)]
    label: Signal<Option<String>>,
    /// What is shown while nothing is chosen.
    #[prop(optional, into)]
    placeholder: Option<String>,
    /// Identifiers and patterns.
    #[prop(optional)]
    mono: bool,
    /// 28 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// Is told when the reader moves on.
    #[prop(optional, into)]
    on_leave: Option<Callback<()>>,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let (note, list_id) = (format!("{id}-note"), format!("{id}-list"));
    let input: NodeRef<html::Input> = NodeRef::new();
    let popup: NodeRef<html::Div> = NodeRef::new();
    // What is typed since something was chosen; none shows what is chosen.
    let typed = RwSignal::new(None::<String>);
    let open = RwSignal::new(false);
    // Something was typed that nothing answered yet: proposals may still be on their way.
    let sought = StoredValue::new(false);
    let active = RwSignal::new(None::<usize>);
    let words_of = move |value: &str| {
        offers.with(|all| all.iter().find(|one| one.value == value).map(|one| one.label.clone())).unwrap_or_default()
    };
    let shown = move || match typed.get() {
        _ if free => value.get(),
        Some(text) => text,
        None => value.with(|value| if value.is_empty() { String::new() } else { words_of(value) }),
    };
    let hint = move || {
        placeholder.clone().unwrap_or_else(|| {
            offers
                .with(|all| all.iter().find(|one| one.value.is_empty()).map(|one| one.label.clone()))
                .unwrap_or_default()
        })
    };
    let found = Memo::new(move |_| {
        let sought = lower(typed.get().unwrap_or_default().trim());
        offers.with(|all| {
            let answers = |one: &&Offer| !one.value.is_empty() && one.answers(&sought);
            all.iter().filter(answers).cloned().collect::<Vec<_>>()
        })
    });
    let count = move || found.with(|found| found.len().min(MOST));
    let close = move || {
        sought.set_value(false);
        if open.get_untracked() {
            open.set(false);
        }
        active.set(None);
    };
    let forget = move || {
        close();
        if typed.with_untracked(Option::is_some) {
            typed.set(None);
        }
    };
    let show = move |at: Option<usize>| {
        active.set(at);
        if !open.get_untracked() {
            open.set(true);
        }
    };
    let chosen_at = move || {
        let own = value.get_untracked();
        found.with_untracked(|found| found.iter().take(MOST).position(|one| one.value == own))
    };
    let take = move |index: usize| {
        let Some(own) = found.with_untracked(|found| found.get(index).map(|one| one.value.clone())) else { return };
        forget();
        on_choose.run(own);
    };
    let select_all = move || {
        if let Some(input) = input.get_untracked() {
            // Whatever text field it is: the method is one of both kinds.
            let field: web_sys::HtmlTextAreaElement = input.unchecked_into();
            let _ = field.set_selection_range(0, u32::MAX);
        }
    };
    let key = move |event: KeyboardEvent| {
        if event.is_composing() {
            return;
        }
        let (shows, last) = (open.get_untracked(), untrack(count).checked_sub(1));
        let at = active.get_untracked();
        match event.key().as_str() {
            "ArrowDown" if !shows => {
                select_all();
                show(chosen_at().or(last.map(|_| 0)));
            }
            "ArrowUp" if !shows => {
                select_all();
                show(chosen_at().or(last));
            }
            "ArrowDown" => active.set(last.map(|last| at.map_or(0, |at| if at >= last { 0 } else { at + 1 }))),
            "ArrowUp" => active.set(last.map(|last| at.map_or(last, |at| if at == 0 { last } else { at - 1 }))),
            "PageDown" if shows => active.set(last.map(|last| (at.unwrap_or(0) + PAGE).min(last))),
            "PageUp" if shows => active.set(last.map(|_| at.unwrap_or(0).saturating_sub(PAGE))),
            "Enter" if shows => match at {
                Some(at) => take(at),
                // What is typed stands: there is nothing to take.
                None if free => close(),
                None => {}
            },
            "Escape" if shows => forget(),
            "Escape"
                if !untrack(shown).is_empty()
                    && (free || offers.with_untracked(|all| all.iter().any(|one| one.value.is_empty()))) =>
            {
                typed.set(None);
                on_choose.run(String::new());
            }
            "Tab" => {
                close();
                return;
            }
            _ => return,
        }
        event.prevent_default();
        // A dialog or panel around it stays open.
        event.stop_propagation();
    };
    let write = move |event: web_sys::Event| {
        let text = event_target_value(&event);
        typed.set(Some(text.clone()));
        if free {
            on_choose.run(text);
        }
        let any = untrack(count) > 0;
        if free && !any {
            close();
            sought.set_value(true);
        } else {
            // A proposal is only taken once it is chosen; one of many is what is typed for.
            show((!free && any).then_some(0));
        }
    };
    Effect::new(move || {
        if count() > 0 && sought.get_value() {
            sought.set_value(false);
            show(None);
        }
    });
    // The popover follows what it belongs to, wherever the page scrolls.
    Effect::new(move || {
        let shows = open.get();
        let (Some(input), Some(popup)) = (input.get(), popup.get()) else { return };
        if shows == is_open(&popup) {
            return;
        }
        if shows {
            // Fails only for one that is open already.
            let _ = popup.show_popover();
            keep_beside(input.unchecked_into(), popup, None);
        } else {
            let _ = popup.hide_popover();
        }
    });
    Effect::new(move || {
        let Some(index) = active.get() else { return };
        let Some(popup) = popup.get_untracked() else { return };
        after_layout(move || {
            if let Ok(Some(option)) = popup.query_selector(&format!("[data-index='{index}']")) {
                let options = web_sys::ScrollIntoViewOptions::new();
                options.set_block(web_sys::ScrollLogicalPosition::Nearest);
                option.scroll_into_view_with_scroll_into_view_options(&options);
            }
        });
    });
    let option_id = {
        let list_id = list_id.clone();
        move |index: usize| format!("{list_id}-{index}")
    };
    let active_id = {
        let option_id = option_id.clone();
        move || open.get().then(|| active.get().map(&option_id)).flatten()
    };
    let option = move |(index, one): (usize, Offer)| {
        let own = one.value;
        let state = move || value.with(|value| (*value == own).then_some("chosen"));
        view! {
            <div
                class="option"
                role="option"
                id=option_id(index)
                data-index=index
                data-state=bound(state)
                aria-selected=bound(move || (active.get() == Some(index)).to_string())
                // The text field keeps the focus.
                on:mousedown=handler(move |event: web_sys::MouseEvent| {
                    event.prevent_default();
                    take(index);
                })
            >
                <span class="option__label truncate">{one.label}</span>
                {(!one.note.is_empty()).then(|| view! { <span class="option__value truncate">{one.note}</span> })}
                {one.mark.map(|(tone, glyph, words)| view! { <Badge tone=tone glyph=glyph>{words}</Badge> })}
            </div>
        }
        .into_any()
    };
    let options = move || {
        if !open.get() {
            return ().into_any();
        }
        let mut groups: Vec<(&'static str, Vec<AnyView>)> = Vec::new();
        for (index, one) in found.get().into_iter().take(MOST).enumerate() {
            let group = one.group;
            if groups.last().is_none_or(|(last, _)| *last != group) {
                groups.push((group, Vec::new()));
            }
            if let Some((_, options)) = groups.last_mut() {
                options.push(option((index, one)));
            }
        }
        let group = |(title, options): (&'static str, Vec<AnyView>)| {
            if title.is_empty() {
                return options.into_any();
            }
            view! {
                <div role="group" aria-label=title>
                    <div class="listbox__group" aria-hidden="true">
                        {title}
                    </div>
                    {options}
                </div>
            }
            .into_any()
        };
        groups.into_iter().map(group).collect_view().into_any()
    };
    let said = move || {
        if !open.get() {
            return None;
        }
        let (all, busy) = (found.with(Vec::len), loading.get());
        match all {
            0 if busy => Some("Loading…".to_owned()),
            0 => Some("None found".to_owned()),
            all if all > MOST => Some(format!("{} more: type to find them", all - MOST)),
            _ if busy => Some("Loading more…".to_owned()),
            _ => None,
        }
    };
    let spoken = move || {
        if !open.get() {
            return String::new();
        }
        match found.with(Vec::len) {
            0 => String::new(),
            1 => "1 option".to_owned(),
            all => format!("{all} options"),
        }
    };
    let class = if mono { "input input--mono combobox__input" } else { "input combobox__input" };
    view! {
        <span class="select-wrap">
            <input
                node_ref=input
                class=class
                id=id
                type="text"
                role="combobox"
                data-size=small.then_some("small")
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=bound(hint)
                aria-label=bound(move || label.get())
                aria-autocomplete="list"
                aria-expanded=bound(move || open.get().to_string())
                aria-controls=list_id.clone()
                aria-activedescendant=bound(active_id)
                aria-describedby=bound(move || label.with(Option::is_none).then(|| note.clone()))
                aria-invalid=bound(move || invalid.get().then_some("true"))
                prop:value=boxed(shown)
                on:input=handler(write)
                on:keydown=handler(key)
                on:click=handler(move |_| {
                    if !open.get_untracked() && !free {
                        select_all();
                        show(chosen_at());
                    }
                })
                on:blur=handler(move |_| {
                    forget();
                    if let Some(on_leave) = on_leave {
                        on_leave.run(());
                    }
                })
            />
            {live(move || (!free || offers.with(|all| !all.is_empty())).then(|| view! { <Icon glyph=Glyph::ChevronDown /> }))}
            <div node_ref=popup class="listbox listbox--combobox" popover="manual">
                <div
                    class="listbox__scroll"
                    id=list_id
                    role="listbox"
                    aria-label=bound(move || label.get().unwrap_or_else(|| "Options".to_owned()))
                    aria-busy=bound(move || loading.get().then_some("true"))
                >
                    {live(options)}
                </div>
                {live(move || said().map(|words| view! { <p class="listbox__said">{words}</p> }))}
            </div>
            <span class="visually-hidden" role="status">
                {live(move || said().unwrap_or_else(spoken))}
            </span>
        </span>
    }
}

/// Keeps a popover beside its field while it is open: looks where the field is with each frame, and puts the
/// popover there when that, or its own height, changed.
fn keep_beside(input: web_sys::HtmlElement, popup: web_sys::HtmlElement, last: Option<[i32; 4]>) {
    if !popup.is_connected() || !is_open(&popup) {
        return;
    }
    // No screen has as many pixels as an i32 counts.
    #[allow(clippy::cast_possible_truncation)]
    let now = {
        let rect = input.get_bounding_client_rect();
        let height = popup.get_bounding_client_rect().height();
        [rect.left() as i32, rect.top() as i32, rect.width() as i32, height as i32]
    };
    if last != Some(now) {
        set_length(&popup, "width", f64::from(now[2].max(NARROWEST)));
        place(&input, &popup, Edge::Start);
    }
    after_layout(move || keep_beside(input, popup, Some(now)));
}
