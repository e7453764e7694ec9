//! A button that opens a menu.

use leptos::{
    html,
    prelude::*,
    task::{spawn_local, tick},
};
use web_sys::KeyboardEvent;

use super::{
    icon::{Glyph, Icon},
    ids::new_id,
    overlay::{Edge, focus_end, is_open, place, walk},
};

/// One thing a menu offers.
#[derive(Clone)]
pub struct MenuItem {
    /// Its icon.
    pub glyph: Glyph,
    /// Verb first.
    pub label: String,
    /// A second line that says what it means.
    pub note: Option<String>,
    /// The key that does the same in the open menu.
    pub key: Option<&'static str>,
    /// Whether it destroys; such items stand behind a line.
    pub danger: bool,
    /// Why it cannot be chosen.
    pub refused: Option<String>,
    /// What choosing it does.
    pub on_choose: Callback<()>,
}

impl MenuItem {
    /// An item without note and key.
    pub fn new(glyph: Glyph, label: impl Into<String>, on_choose: impl Into<Callback<()>>) -> Self {
        Self {
            glyph,
            label: label.into(),
            note: None,
            key: None,
            danger: false,
            refused: None,
            on_choose: on_choose.into(),
        }
    }

    /// With a second line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }

    /// With a key.
    #[must_use]
    pub const fn key(mut self, key: &'static str) -> Self {
        self.key = Some(key);
        self
    }

    /// As one that destroys.
    #[must_use]
    pub const fn danger(mut self) -> Self {
        self.danger = true;
        self
    }

    /// Refused for `reason`, where there is one.
    #[must_use]
    pub fn refused(mut self, reason: Option<String>) -> Self {
        self.refused = reason;
        self
    }
}

/// A button and its menu. Enter, Space and ↓ open on the first item, ↑ on the last; Esc closes and
/// returns; Tab closes and moves on.
#[component]
pub fn Menu(
    /// What the button is called.
    #[prop(into)]
    label: Signal<String>,
    /// What the menu is called.
    #[prop(into)]
    title: Signal<String>,
    /// What the button shows.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Class of the button.
    #[prop(optional)]
    class: Option<&'static str>,
    /// `data-kind` of the button.
    #[prop(optional)]
    kind: Option<&'static str>,
    /// Which edge of the button the menu keeps to.
    #[prop(optional)]
    edge: Option<Edge>,
    /// Whether items have a second line.
    #[prop(optional)]
    wide: bool,
    /// What the button shows instead of an icon.
    #[prop(optional, into)]
    face: Option<ViewFn>,
    /// What it offers, made when it opens.
    items: Callback<(), Vec<MenuItem>>,
) -> impl IntoView {
    let id = new_id();
    let button: NodeRef<html::Button> = NodeRef::new();
    let menu: NodeRef<html::Div> = NodeRef::new();
    let open = RwSignal::new(false);
    // Lists have a menu for each row: the element is made when the reader comes near.
    let made = RwSignal::new(false);
    let make = move || {
        if !made.get_untracked() {
            made.set(true);
        }
    };
    // Said again, it would draw the items anew and lose the focus that is on one.
    let set_open = move |shows: bool| {
        if open.get_untracked() != shows {
            open.set(shows);
        }
    };
    let toggled = move |_| set_open(menu.get_untracked().is_some_and(|menu| is_open(&menu)));
    let show = move |last: bool| {
        make();
        // Once it is made.
        spawn_local(async move {
            // Unless the row went meanwhile.
            if made.try_with_untracked(|made| *made) == Some(true)
                && let (Some(button), Some(menu)) = (button.get_untracked(), menu.get_untracked())
            {
                set_open(true);
                // Fails only for a menu that is open or gone already.
                let _ = menu.show_popover();
                // Once its items are drawn, and before the next key is heard.
                tick().await;
                place(&button, &menu, edge.unwrap_or(Edge::End));
                focus_end(&menu, last);
            }
        });
    };
    let hide = move |refocus: bool| {
        if let Some(menu) = menu.get_untracked() {
            let _ = menu.hide_popover();
        }
        if refocus && let Some(button) = button.get_untracked() {
            let _ = button.focus();
        }
    };
    let press = move |event: web_sys::MouseEvent| {
        // The browser would open it, and tell of that after the next key.
        event.prevent_default();
        if menu.get_untracked().is_some_and(|menu| is_open(&menu)) {
            hide(true);
        } else {
            show(false);
        }
    };
    let button_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" | "ArrowUp" => {
            event.prevent_default();
            show(event.key() == "ArrowUp");
        }
        _ => {}
    };
    let choose = move |item: &MenuItem| {
        if item.refused.is_none() {
            hide(true);
            item.on_choose.run(());
        }
    };
    let menu_key = move |event: KeyboardEvent| {
        let Some(menu) = menu.get_untracked() else { return };
        match event.key().as_str() {
            // Within a shadow root the popover itself would lose the focus.
            "Escape" => {
                event.prevent_default();
                hide(true);
            }
            "Tab" => hide(true),
            key => {
                let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
                let item = items.run(()).into_iter().find(|item| {
                    plain
                        && item
                            .key
                            .is_some_and(|own| own.eq_ignore_ascii_case(key) || (own == "Del" && key == "Delete"))
                });
                match item {
                    Some(item) if key != "Enter" => {
                        event.prevent_default();
                        choose(&item);
                    }
                    _ => {
                        walk(&event, &menu);
                    }
                }
            }
        }
    };
    let rows = move || {
        let mut ruled = false;
        let all = if open.get() { items.run(()) } else { Vec::new() };
        all.into_iter()
            .map(|item| {
                let rule = item.danger && !std::mem::replace(&mut ruled, item.danger);
                let chosen = item.clone();
                let tall = item.note.is_some();
                let reason = item.refused.clone();
                let off = reason.is_some();
                view! {
                    {rule.then(|| view! { <div class="menu__rule" role="separator"></div> })}
                    <button
                        class=if tall { "menu__item menu__item--tall" } else { "menu__item" }
                        type="button"
                        role="menuitem"
                        tabindex="-1"
                        data-tone=item.danger.then_some("danger")
                        aria-disabled=off.then_some("true")
                        title=reason
                        on:click=handler(move |_| choose(&chosen))
                    >
                        <Icon glyph=item.glyph />
                        <span>
                            {item.label}
                            {item.refused.or(item.note).map(|note| view! { <span class="cell-sub">{note}</span> })}
                        </span>
                        {item.key.map(|key| view! { <kbd>{key}</kbd> })}
                    </button>
                }
            })
            .collect_view()
    };
    let element = move |id: String| {
        view! {
            <div
                node_ref=menu
                class=if wide { "menu menu--wide" } else { "menu" }
                role="menu"
                id=id
                aria-label=title
                popover="auto"
                on:toggle=handler(toggled)
                on:keydown=handler(menu_key)
            >
                {live(rows)}
            </div>
        }
    };
    let popover = id.clone();
    let face = match face {
        Some(face) => face.run(),
        None => view! { <Icon glyph=glyph.unwrap_or(Glyph::More) /> }.into_any(),
    };
    view! {
        <button
            node_ref=button
            class=class.unwrap_or("icon-button")
            type="button"
            data-kind=kind
            aria-haspopup="menu"
            aria-expanded=bound(move || open.get().to_string())
            aria-label=label
            popovertarget=popover
            on:pointerdown=handler(move |_: web_sys::PointerEvent| make())
            on:focus=handler(move |_: web_sys::FocusEvent| make())
            on:click=handler(press)
            on:keydown=handler(button_key)
        >
            {face}
        </button>
        {live(move || made.get().then(|| element(id.clone())))}
    }
}
