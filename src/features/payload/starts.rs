//! Where a payload starts: an example, the payload of another automation, or nothing.

use hookboard_api::EventType;
use leptos::prelude::*;

use super::{examples::Example, state::Payload};
use crate::ui::{combobox::Combobox, icon::Glyph, ids::new_id, pick::Offer, toast::use_toasts};

/// A payload that is there already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Whose it is: an automation's name.
    pub name: String,
    /// What tells it from others of that name.
    pub note: String,
    /// Its text.
    pub text: String,
}

/// The value of starting from nothing.
const BLANK: &str = "blank";

/// What nothing is: the least that is a payload.
const NOTHING: &str = "{}";

/// A list that acts: what is chosen takes the payload's place, and Undo brings back what was typed.
#[component]
pub fn StartFrom(
    /// The payload being written.
    payload: Payload,
    /// The event that examples are made for.
    event: Signal<EventType>,
    /// The payloads there are.
    others: Signal<Vec<Start>>,
    /// Whether they are on their way.
    loading: Signal<bool>,
) -> impl IntoView {
    let toasts = use_toasts();
    let offers = Signal::derive(move || {
        let example = |one: Example| Offer { group: "An example", ..Offer::new(one.as_str(), one.title()) };
        let other = |(index, one): (usize, Start)| Offer {
            note: one.note,
            group: "Another automation",
            ..Offer::new(index.to_string(), one.name)
        };
        let blank = Offer { group: "Nothing", ..Offer::new(BLANK, "Blank") };
        let all = Example::ALL.into_iter().map(example).chain(others.get().into_iter().enumerate().map(other));
        all.chain([blank]).collect::<Vec<_>>()
    });
    let choose = move |value: String| {
        let (text, words) = if let Some(example) = Example::parse(&value) {
            (example.text(event.get_untracked()), format!("Started from “{}”", example.title()))
        } else if value == BLANK {
            (NOTHING.to_owned(), "Started from a blank payload".to_owned())
        } else {
            let index: Option<usize> = value.parse().ok();
            let start = others.with_untracked(|others| index.and_then(|index| others.get(index).cloned()));
            let Some(start) = start else { return };
            (start.text, format!("Took the payload of “{}”", start.name))
        };
        let before = payload.text().get_untracked();
        if before == text {
            return;
        }
        payload.replace_all(&text);
        if !matches!(before.trim(), "" | NOTHING) {
            toasts.say_with_undo(Glyph::Braces, words, move || payload.bring_back(&before));
        }
    };
    view! {
        <span class="payload__start">
            <Combobox
                id=new_id()
                label=Signal::derive(|| Some("Start the payload from".to_owned()))
                placeholder="Start from…"
                small=true
                value=Signal::derive(String::new)
                offers=offers
                loading=loading
                on_choose=choose
            />
        </span>
    }
}
