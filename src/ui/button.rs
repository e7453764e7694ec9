//! Things to press.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// How a button looks. A view has one primary button.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// An outline.
    #[default]
    Plain,
    /// The one thing to do here.
    Primary,
    /// Destroys.
    Danger,
    /// No outline until pointed at.
    Quiet,
    /// As quiet, and destroys.
    QuietDanger,
}

impl ButtonKind {
    const fn as_str(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Primary => Some("primary"),
            Self::Danger => Some("danger"),
            Self::Quiet => Some("quiet"),
            Self::QuietDanger => Some("quiet-danger"),
        }
    }
}

/// A button: verb and noun.
#[component]
pub fn Button(
    /// How it looks.
    #[prop(optional)]
    kind: ButtonKind,
    /// 28 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// An icon before the text.
    #[prop(optional, into)]
    glyph: Option<Glyph>,
    /// Submits the form around it.
    #[prop(optional)]
    submit: bool,
    /// What it says while it waits; it cannot be pressed meanwhile.
    #[prop(optional, into)]
    busy: Signal<Option<&'static str>>,
    /// Why it cannot be pressed, in words. It stays focusable, so that the reason can be read.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// What pressing does; a submitting button needs none.
    #[prop(optional, into)]
    on_press: Option<Callback<()>>,
    /// The text.
    children: Children,
) -> impl IntoView {
    let off = move || busy.get().is_some() || refused.with(Option::is_some);
    let press = move |event: web_sys::MouseEvent| {
        if untrack(off) {
            event.prevent_default();
        } else if let Some(on_press) = on_press {
            on_press.run(());
        }
    };
    view! {
        <button
            class="button"
            type=if submit { "submit" } else { "button" }
            data-kind=kind.as_str()
            data-size=small.then_some("small")
            aria-busy=bound(move || busy.get().map(|_| "true"))
            aria-disabled=bound(move || off().then_some("true"))
            aria-description=bound(move || refused.get())
            title=bound(move || refused.get())
            on:click=handler(press)
        >
            {glyph.map(|glyph| view! { <Icon glyph=glyph /> })}
            <span class="button__text" hidden=bound(move || busy.get().is_some())>
                {children()}
            </span>
            {live(move || busy.get())}
        </button>
    }
}

/// A link that looks like a button.
#[component]
pub fn ButtonLink(
    /// Where it leads.
    #[prop(into)]
    href: Signal<String>,
    /// How it looks.
    #[prop(optional)]
    kind: ButtonKind,
    /// An icon before the text.
    #[prop(optional, into)]
    glyph: Option<Glyph>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <a class="button" href=href data-kind=kind.as_str()>
            {glyph.map(|glyph| view! { <Icon glyph=glyph /> })}
            {children()}
        </a>
    }
}

/// A button that is only an icon. It always has a label.
#[component]
pub fn IconButton(
    /// What it shows.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// What it is called.
    #[prop(into)]
    label: Signal<String>,
    /// A class beside `icon-button`.
    #[prop(optional)]
    class: &'static str,
    /// Why it cannot be pressed.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// What pressing does.
    #[prop(into)]
    on_press: Callback<()>,
) -> impl IntoView {
    view! {
        <button
            class=format!("icon-button {class}")
            type="button"
            aria-label=label
            title=bound(move || refused.get().unwrap_or_else(|| label.get()))
            aria-disabled=bound(move || refused.with(Option::is_some).then_some("true"))
            aria-description=bound(move || refused.get())
            on:click=handler(move |_| {
                if refused.with_untracked(Option::is_none) {
                    on_press.run(());
                }
            })
        >
            <Icon glyph=glyph />
        </button>
    }
}

/// A button within text.
#[component]
pub fn LinkButton(
    /// What pressing does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The text.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="link-button" type="button" on:click=handler(move |_| on_press.run(()))>
            {children()}
        </button>
    }
}
