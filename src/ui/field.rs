//! Fields of forms. What was typed is kept as it was typed, beside what is wrong with it.

use leptos::prelude::*;

use super::{
    icon::{Glyph, Icon},
    ids::new_id,
};

/// What was typed, and what is wrong with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TextDraft {
    text: RwSignal<String>,
    error: RwSignal<Option<String>>,
}

impl TextDraft {
    /// A draft that starts with `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: RwSignal::new(text.into()), error: RwSignal::new(None) }
    }

    /// The text as typed.
    pub fn get(&self) -> String {
        self.text.get()
    }

    /// The text as typed, without following it.
    pub fn get_untracked(&self) -> String {
        self.text.get_untracked()
    }

    /// Writes over what was typed.
    pub fn set(&self, text: impl Into<String>) {
        self.text.set(text.into());
        self.error.set(None);
    }

    /// What is wrong.
    pub const fn error(&self) -> RwSignal<Option<String>> {
        self.error
    }

    /// Says what is wrong.
    pub fn fail(&self, error: impl Into<String>) {
        self.error.set(Some(error.into()));
    }

    /// Says what is wrong, or that nothing is.
    pub fn judge(&self, error: Option<String>) {
        self.error.set(error);
    }
}

/// Label, control, and below it the hint or what is wrong.
#[component]
pub fn Field(
    /// The control's id.
    #[prop(into)]
    id: String,
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to fill it in. An error takes its place.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Whether it may be left empty.
    #[prop(optional)]
    optional: bool,
    /// What can be done with it, at the end of its label's line.
    #[prop(optional_no_strip)]
    action: Option<ViewFn>,
    /// The control; it refers to `<id>-note` as its description.
    children: Children,
) -> impl IntoView {
    let note = format!("{id}-note");
    view! {
        <div class="field">
            <label class="field__label" for=id>
                {label}
                {optional.then(|| view! { <span class="field__optional">"optional"</span> })}
            </label>
            {children()}
            {action.map(|action| view! { <span class="field__action">{action.run()}</span> })}
            <div id=note>
                {live(move || match error.get() {
                    Some(error) => {
                        view! {
                            <p class="field__error">
                                <Icon glyph=Glyph::XCircle />
                                <span>{error}</span>
                            </p>
                        }
                            .into_any()
                    }
                    None => hint.get().map(|hint| view! { <p class="field__hint">{hint}</p> }).into_any(),
                })}
            </div>
        </div>
    }
}

/// One line of text.
#[component]
pub fn TextField(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What was typed.
    draft: TextDraft,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// Whether it may be left empty.
    #[prop(optional)]
    optional: bool,
    /// Identifiers, patterns and addresses.
    #[prop(optional)]
    mono: bool,
    /// `text` unless something else is said.
    #[prop(optional)]
    kind: Option<&'static str>,
    /// What is shown while it is empty.
    #[prop(optional)]
    placeholder: Option<&'static str>,
    /// Judges what was typed when the reader moves on.
    #[prop(optional, into)]
    on_leave: Option<Callback<()>>,
) -> impl IntoView {
    let id = new_id();
    let note = format!("{id}-note");
    let error = draft.error;
    view! {
        <Field id=id.clone() label=label hint=hint error=error optional=optional>
            <input
                class=if mono { "input input--mono" } else { "input" }
                id=id
                type=kind.unwrap_or("text")
                autocomplete="off"
                spellcheck="false"
                placeholder=placeholder
                aria-describedby=note
                aria-invalid=bound(move || error.with(Option::is_some).then_some("true"))
                prop:value=boxed(move || draft.text.get())
                on:input=handler(move |event: web_sys::Event| {
                    draft.text.set(event_target_value(&event));
                    draft.error.set(None);
                })
                on:change=handler(move |_| {
                    if let Some(on_leave) = on_leave {
                        on_leave.run(());
                    }
                })
            />
        </Field>
    }
}

/// One choice of a `Select`.
pub type Choices = Vec<(String, String)>;

/// A native select without its label.
#[component]
pub fn Select(
    /// Its id, that of its label's `for`.
    #[prop(into)]
    id: String,
    /// The value chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Choices>,
    /// 28 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// What it is called where it has no label.
    #[prop(optional, into)]
    name: Option<String>,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let note = format!("{id}-note");
    let options = move || {
        let chosen = value.get();
        let option = |(value, label): (String, String)| {
            view! {
                <option value=value.clone() selected=value == chosen>
                    {label}
                </option>
            }
        };
        choices.get().into_iter().map(option).collect_view()
    };
    view! {
        <span class="select-wrap">
            <select
                class="select"
                id=id
                data-size=small.then_some("small")
                aria-label=name
                aria-describedby=note
                on:change=handler(move |event: web_sys::Event| on_choose.run(event_target_value(&event)))
            >
                {live(options)}
            </select>
            <Icon glyph=Glyph::ChevronDown />
        </span>
    }
}

/// A native select with its label.
#[component]
pub fn SelectField(
    /// What it is called.
    #[prop(into)]
    label: String,
    /// What helps to choose.
    #[prop(optional, into)]
    hint: MaybeProp<String>,
    /// What is wrong.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// The value chosen.
    #[prop(into)]
    value: Signal<String>,
    /// Values and their words.
    #[prop(into)]
    choices: Signal<Choices>,
    /// 28 px instead of 32.
    #[prop(optional)]
    small: bool,
    /// Takes the value chosen.
    #[prop(into)]
    on_choose: Callback<String>,
) -> impl IntoView {
    let id = new_id();
    view! {
        <Field id=id.clone() label=label hint=hint error=error>
            <Select id=id value=value choices=choices small=small on_choose=on_choose />
        </Field>
    }
}

/// A search field with its icon. Each key counts at once.
#[component]
pub fn SearchField(
    /// What it is called.
    label: &'static str,
    /// What can be searched for.
    placeholder: &'static str,
    /// The text searched for.
    #[prop(into)]
    value: Signal<String>,
    /// Takes the text.
    #[prop(into)]
    on_search: Callback<String>,
) -> impl IntoView {
    let input = move |event| on_search.run(event_target_value(&event));
    view! {
        <span class="search-field">
            <Icon glyph=Glyph::Search />
            <input
                class="input"
                type="search"
                placeholder=placeholder
                aria-label=label
                prop:value=boxed(move || value.get())
                on:input=handler(input)
            />
        </span>
    }
}
