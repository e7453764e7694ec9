//! One of a list: a native select for up to ten plain options, a combobox beyond.

use leptos::prelude::*;

use super::{
    combobox::Combobox,
    field::{Choices, Field, Select},
    format::lower,
    icon::Glyph,
    ids::new_id,
    status::Tone,
};

/// A native select has at most so many options.
const FEW: usize = 10;

/// One of many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What is chosen by it.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What tells it from others of a like name; found by typing, too.
    pub note: String,
    /// The state of the thing.
    pub mark: Option<(Tone, Glyph, &'static str)>,
    /// Offers of one group stand together, under its name.
    pub group: &'static str,
}

impl Offer {
    /// One without note, state and group.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), note: String::new(), mark: None, group: "" }
    }

    /// Whether it answers to what is sought, in lower case: each word is somewhere in its name or note.
    pub(super) fn answers(&self, sought: &str) -> bool {
        let text = lower(&format!("{} {}", self.label, self.note));
        sought.split_whitespace().all(|word| text.contains(word))
    }

    /// Its words in a native select.
    fn words(&self) -> String {
        let mut words = self.label.clone();
        if !self.note.is_empty() {
            words.push_str(" – ");
            words.push_str(&self.note);
        }
        if let Some((_, _, state)) = self.mark {
            words.push_str(", ");
            words.push_str(&lower(state));
        }
        words
    }
}

/// Offers without note and state.
pub fn plain(choices: Choices) -> Vec<Offer> {
    choices.into_iter().map(|(value, label)| Offer::new(value, label)).collect()
}

/// A native select for a few, a combobox for many.
#[component]
pub fn Pick(
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
    /// 28 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let many =
        Memo::new(move |_| offers.with(|offers| offers.iter().filter(|one| !one.value.is_empty()).count() > FEW));
    let choices = Signal::derive(move || -> Choices {
        offers.with(|all| all.iter().map(|one| (one.value.clone(), one.words())).collect())
    });
    live(move || {
        if many.get() {
            view! {
                <Combobox
                    id=id.clone()
                    value=value
                    offers=offers
                    loading=loading
                    invalid=invalid
                    small=small
                    on_choose=on_choose
                />
            }
            .into_any()
        } else {
            view! { <Select id=id.clone() value=value choices=choices small=small on_choose=on_choose /> }.into_any()
        }
    })
}

/// The same with its label.
#[component]
pub fn PickField(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What is wrong.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// The value chosen; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// What there is to choose from.
    #[prop(into)]
    offers: Signal<Vec<Offer>>,
    /// Whether more are on their way.
    #[prop(optional, into)]
    loading: Signal<bool>,
    /// What can be done with what is chosen, at the end of the label's line.
    #[prop(optional, into)]
    action: Option<ViewFn>,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let id = new_id();
    let invalid = Signal::derive(move || error.with(Option::is_some));
    view! {
        <Field id=id.clone() label=label error=error action=action>
            <Pick id=id value=value offers=offers loading=loading invalid=invalid on_choose=on_choose />
        </Field>
    }
}
