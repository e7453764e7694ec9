//! Tabs: links between rooms, and a tab list within one.

use leptos::{html, prelude::*};

use super::{ids::new_id, overlay::after_layout};

/// A room among others.
#[derive(Clone)]
pub struct TabLink {
    /// Its name.
    pub label: &'static str,
    /// How many things it has.
    pub count: Option<u64>,
    /// Where it is.
    pub href: String,
    /// Whether the reader is in it.
    pub current: bool,
}

/// Rooms side by side.
#[component]
pub fn TabLinks(
    /// What they are rooms of.
    #[prop(into)]
    label: Signal<String>,
    /// The rooms.
    #[prop(into)]
    tabs: Signal<Vec<TabLink>>,
) -> impl IntoView {
    let nav: NodeRef<html::Nav> = NodeRef::new();
    // Where there is no room for all, the current one shows. Measured with the frame: before, it would lay out twice.
    Effect::new(move || {
        tabs.track();
        let Some(nav) = nav.get() else { return };
        after_layout(move || {
            let Ok(Some(current)) = nav.query_selector("[aria-current]") else { return };
            let (own, whole) = (current.get_bounding_client_rect(), nav.get_bounding_client_rect());
            if own.right() > whole.right() || own.left() < whole.left() {
                let beyond = own.right() - whole.right();
                #[allow(clippy::cast_possible_truncation, reason = "a distance on a screen")]
                nav.set_scroll_left(nav.scroll_left() + beyond as i32);
            }
        });
    });
    let tab = |tab: TabLink| {
        view! {
            <a class="tab" href=tab.href aria-current=tab.current.then_some("page")>
                {tab.label}
                {tab.count.map(|count| view! { <span class="tab__count">{super::format::count(count)}</span> })}
            </a>
        }
    };
    view! {
        <nav node_ref=nav class="tabs" aria-label=label>
            {live(move || tabs.get().into_iter().map(tab).collect_view())}
        </nav>
    }
}

/// A view within a room.
#[derive(Clone, Copy)]
pub struct TabPanel {
    /// The word in the URL.
    pub value: &'static str,
    /// Its name.
    pub label: &'static str,
}

/// Views side by side; ← → Home End move and select.
#[component]
pub fn TabList(
    /// What they are views of.
    label: &'static str,
    /// The views.
    tabs: Vec<TabPanel>,
    /// The one selected.
    #[prop(into)]
    value: Signal<String>,
    /// What stands behind the name of each, by its value.
    #[prop(into)]
    note: Callback<&'static str, Option<String>>,
    /// Takes the value selected.
    #[prop(into)]
    on_select: Callback<&'static str>,
    /// The view that is selected.
    #[prop(into)]
    panel: ViewFn,
) -> impl IntoView {
    let id = new_id();
    let list: NodeRef<html::Div> = NodeRef::new();
    let values: Vec<&'static str> = tabs.iter().map(|tab| tab.value).collect();
    let key = move |event: web_sys::KeyboardEvent| {
        let at = values.iter().position(|own| *own == value.get_untracked()).unwrap_or(0);
        let count = values.len();
        let to = match event.key().as_str() {
            "ArrowRight" => (at + 1) % count,
            "ArrowLeft" => (at + count - 1) % count,
            "Home" => 0,
            "End" => count - 1,
            _ => return,
        };
        event.prevent_default();
        on_select.run(values[to]);
        if let Some(list) = list.get_untracked()
            && let Some(tab) = u32::try_from(to).ok().and_then(|to| list.children().item(to))
        {
            use wasm_bindgen::JsCast;
            if let Ok(tab) = tab.dyn_into::<web_sys::HtmlElement>() {
                let _ = tab.focus();
            }
        }
    };
    let panel_id = format!("{id}-panel");
    let tab_id = {
        let id = id.clone();
        move |value: &str| format!("{id}-{value}")
    };
    let labelled = tab_id.clone();
    let controls = panel_id.clone();
    let tab = move |tab: TabPanel| {
        let selected = move || value.get() == tab.value;
        view! {
            <button
                class="tab"
                type="button"
                role="tab"
                id=tab_id(tab.value)
                aria-controls=controls.clone()
                aria-selected=bound(move || selected().to_string())
                tabindex=bound(move || if selected() { "0" } else { "-1" })
                on:click=handler(move |_| on_select.run(tab.value))
            >
                {tab.label}
                {live(move || note.run(tab.value).map(|note| view! { <span class="tab__count">{note}</span> }))}
            </button>
        }
    };
    view! {
        <div class="board__tabs">
            <div node_ref=list class="tabs" data-size="small" role="tablist" aria-label=label on:keydown=handler(key)>
                {tabs.into_iter().map(tab).collect_view()}
            </div>
        </div>
        <div role="tabpanel" id=panel_id aria-labelledby=bound(move || labelled(&value.get())) tabindex="0">
            {live(move || panel.run())}
        </div>
    }
}
