//! Light, dark, or as the system has it.

use leptos::prelude::*;

use crate::{
    mode::Mode,
    ui::{button::IconButton, icon::Glyph},
};

const STORED: &str = "hookboard.theme";

/// The theme of one mount: an attribute on its root, remembered on the page.
#[derive(Clone, Copy)]
pub struct Theme {
    forced: RwSignal<Option<&'static str>>,
    root: StoredValue<web_sys::Element, LocalStorage>,
    mode: Mode,
}

impl Theme {
    /// The theme that `root` has now.
    pub fn new(root: web_sys::Element, mode: Mode) -> Self {
        let forced = match root.get_attribute("data-theme").as_deref() {
            Some("light") => Some("light"),
            Some("dark") => Some("dark"),
            _ => None,
        };
        Self { forced: RwSignal::new(forced), root: StoredValue::new_local(root), mode }
    }

    fn force(self, theme: Option<&'static str>) {
        self.forced.set(theme);
        let storage = || web_sys::window().filter(|_| self.mode.is_page())?.local_storage().ok().flatten();
        // Fails only where the browser stores nothing; the theme then lasts as long as the page.
        self.root.with_value(|root| {
            let _ = match theme {
                Some(theme) => root.set_attribute("data-theme", theme),
                None => root.remove_attribute("data-theme"),
            };
        });
        if let Some(storage) = storage() {
            let _ = match theme {
                Some(theme) => storage.set_item(STORED, theme),
                None => storage.remove_item(STORED),
            };
        }
    }
}

/// Goes round: as the system, light, dark.
#[component]
pub fn ThemeButton() -> impl IntoView {
    let theme: Theme = expect_context();
    let button = move || {
        let (glyph, label, next) = match theme.forced.get() {
            None => (Glyph::Theme, "Theme: as the system. Switch to light", Some("light")),
            Some("light") => (Glyph::Sun, "Theme: light. Switch to dark", Some("dark")),
            Some(_) => (Glyph::Moon, "Theme: dark. Switch to the system's", None),
        };
        (glyph, label, next)
    };
    let glyph = Signal::derive(move || button().0);
    view! {
        <IconButton
            glyph=glyph
            label=Signal::derive(move || button().1.to_owned())
            on_press=move || theme.force(untrack(button).2)
        />
    }
}
