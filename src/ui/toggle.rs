//! Switches, checkboxes and segments.

use leptos::{html, prelude::*};

/// Takes effect at once.
#[component]
pub fn Switch(
    /// Whether it is on.
    #[prop(into)]
    on: Signal<bool>,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// Why it cannot be switched.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// Takes the state wanted.
    #[prop(into)]
    on_switch: Callback<bool>,
) -> impl IntoView {
    let press = move |_| {
        if refused.with_untracked(Option::is_none) {
            on_switch.run(!on.get_untracked());
        }
    };
    // Drawn anew where the role changes, rather than told by three attributes in each row of a list.
    live(move || {
        let why = refused.get();
        view! {
            <button
                class="switch"
                type="button"
                role="switch"
                aria-checked=bound(move || on.get().to_string())
                aria-label=label.clone()
                aria-disabled=why.is_some().then_some("true")
                aria-description=why.clone()
                title=why
                on:click=handler(press)
            ></button>
        }
    })
}

/// How much of a selection is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    /// None.
    No,
    /// Some.
    Mixed,
    /// All.
    Yes,
}

/// A checkbox with a hidden label, as in tables.
#[component]
pub fn Checkbox(
    /// Whether it is chosen.
    #[prop(into)]
    checked: Signal<Checked>,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// Takes what is wanted, and whether Shift was held.
    #[prop(into)]
    on_check: Callback<(bool, bool)>,
) -> impl IntoView {
    let input: NodeRef<html::Input> = NodeRef::new();
    let shift = StoredValue::new(false);
    Effect::new(move || {
        let checked = checked.get();
        if let Some(input) = input.get() {
            input.set_checked(checked == Checked::Yes);
            input.set_indeterminate(checked == Checked::Mixed);
        }
    });
    view! {
        <label class="check-target">
            <input
                node_ref=input
                class="checkbox"
                type="checkbox"
                aria-label=label
                on:click=handler(move |event: web_sys::MouseEvent| shift.set_value(event.shift_key()))
                on:change=handler(move |event: web_sys::Event| on_check.run((event_target_checked(&event), shift.get_value())))
            />
        </label>
    }
}

/// A checkbox of a form, with its label beside it.
#[component]
pub fn CheckLine(
    /// Whether it is chosen.
    checked: RwSignal<bool>,
    /// What it is called.
    #[prop(into)]
    label: String,
) -> impl IntoView {
    view! {
        <label class="check-line">
            <input
                class="checkbox"
                type="checkbox"
                prop:checked=boxed(move || checked.get())
                on:change=handler(move |event: web_sys::Event| checked.set(event_target_checked(&event)))
            />
            <span>{label}</span>
        </label>
    }
}

/// Two to four exclusive views of the same thing.
#[component]
pub fn Segmented(
    /// What is chosen between.
    label: &'static str,
    /// The value chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Vec<(String, String)>>,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let segment = move |(own, words): (String, String)| {
        let (pressed, chosen) = (own.clone(), own);
        view! {
            <button
                type="button"
                aria-pressed=bound(move || (value.get() == pressed).to_string())
                on:click=handler(move |_| on_choose.run(chosen.clone()))
            >
                {words}
            </button>
        }
    };
    view! {
        <div class="segmented" role="group" aria-label=label>
            {live(move || choices.get().into_iter().map(segment).collect_view())}
        </div>
    }
}
