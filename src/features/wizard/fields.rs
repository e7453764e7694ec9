//! Fields bound to the draft.

use leptos::prelude::*;

use super::{draft::Draft, state::Wizard};
use crate::{
    client::read_value,
    ui::{
        combobox::Combobox,
        field::Field,
        icon::{Glyph, Icon},
        ids::new_id,
        pick::Offer,
    },
};

/// One line of text of the draft. What is wrong with it shows when the reader leaves it.
#[component]
pub(super) fn DraftField(
    /// The wizard.
    wizard: Wizard,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// Its name among the faults.
    #[prop(into)]
    pointer: String,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// Whether it may be left empty.
    #[prop(optional)]
    optional: bool,
    /// Identifiers and patterns.
    #[prop(optional)]
    mono: bool,
    /// Numbers.
    #[prop(optional)]
    numeric: bool,
    /// What is shown while it is empty.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// What is proposed while it is typed.
    #[prop(optional, into)]
    proposals: Option<Signal<Vec<Offer>>>,
    /// Reads it.
    #[prop(into)]
    value: Signal<String>,
    /// Writes it.
    #[prop(into)]
    on_input: Callback<String>,
) -> impl IntoView {
    let id = new_id();
    let error = wizard.error(pointer.clone());
    let note = format!("{id}-note");
    let changed = pointer.clone();
    let control = match proposals {
        Some(proposals) => view! {
            <Combobox
                id=id.clone()
                value=value
                offers=proposals
                invalid=Signal::derive(move || error.with(Option::is_some))
                free=true
                mono=mono
                on_leave=move |()| leave_filled(wizard, &pointer, value)
                on_choose=move |text: String| {
                    wizard.touched(&changed);
                    on_input.run(text);
                }
            />
        }
        .into_any(),
        None => view! {
            <input
                class=if mono { "input input--mono" } else { "input" }
                id=id.clone()
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                inputmode=numeric.then_some("decimal")
                placeholder=placeholder
                aria-describedby=note
                aria-invalid=bound(move || error.with(Option::is_some).then_some("true"))
                prop:value=boxed(move || value.get())
                on:input=handler(move |event: web_sys::Event| {
                    wizard.touched(&changed);
                    on_input.run(event_target_value(&event));
                })
                on:blur=handler(move |_| leave_filled(wizard, &pointer, value))
            />
        }
        .into_any(),
    };
    view! {
        <Field id=id label=label hint=hint error=error optional=optional>
            {control}
        </Field>
    }
}

/// Leaving an empty field says nothing yet: it may be filled in later.
fn leave_filled(wizard: Wizard, pointer: &str, value: Signal<String>) {
    if value.with_untracked(|value| !value.is_empty()) {
        wizard.leave(pointer);
    }
}

/// One of a few, each with a note.
#[component]
pub(super) fn Choice(
    /// The group's name.
    #[prop(into)]
    name: String,
    /// Whether it is chosen.
    #[prop(into)]
    checked: Signal<bool>,
    /// What it is.
    #[prop(into)]
    title: Signal<String>,
    /// What it means.
    #[prop(optional, into)]
    note: MaybeProp<String>,
    /// Why it cannot be chosen.
    #[prop(optional)]
    disabled: bool,
    /// Chooses it.
    #[prop(into)]
    on_choose: Callback<()>,
) -> impl IntoView {
    view! {
        <label class="choice">
            <input
                class="radio"
                type="radio"
                name=name
                disabled=disabled
                prop:checked=boxed(move || checked.get())
                on:change=handler(move |_| on_choose.run(()))
            />
            <span class="choice__title">{title}</span>
            {live(move || note.get().map(|note| view! { <span class="choice__note">{note}</span> }))}
        </label>
    }
}

/// A select bound to the draft, by the words of the interface.
#[component]
pub(super) fn DraftSelect(
    /// The wizard.
    wizard: Wizard,
    /// What it is called.
    label: &'static str,
    /// Words and what the page says for them.
    choices: Vec<(&'static str, &'static str)>,
    /// Reads it.
    #[prop(into)]
    value: Signal<String>,
    /// Writes it.
    on_choose: fn(&mut Draft, u32, &str),
    /// The row it is in.
    key: u32,
) -> impl IntoView {
    let id = new_id();
    let options = move || {
        let chosen = value.get();
        choices
            .iter()
            .map(|(word, words)| view! { <option value=*word selected=*word == chosen>{*words}</option> })
            .collect_view()
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>
                {label}
            </label>
            <span class="select-wrap">
                <select
                    class="select"
                    id=id
                    on:change=handler(move |event: web_sys::Event| {
                        let word = event_target_value(&event);
                        wizard.change(|draft| on_choose(draft, key, &word));
                    })
                >
                    {live(options)}
                </select>
                <Icon glyph=Glyph::ChevronDown />
            </span>
        </div>
    }
}

/// What is wrong with a group of fields.
#[component]
pub(super) fn GroupError(
    /// What is wrong.
    error: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        error.get().map(|words| {
            view! {
                <p class="field__error">
                    <Icon glyph=Glyph::XCircle />
                    <span>{words}</span>
                </p>
            }
        })
    }
}

/// The word of the interface for a value that is one word there.
pub fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The value of a word of the interface.
pub fn from_word<T: serde::de::DeserializeOwned>(word: &str) -> Option<T> {
    read_value(serde_json::Value::from(word))
}
