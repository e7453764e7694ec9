//! Further conditions: a list of comparisons that all hold, or the whole condition as JSON.

use hookboard_api::{
    EventType,
    plain::{Join, said},
    template::{VARIABLES, Variable},
    trace::plain,
};
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

use super::{
    condition::{COMPARISONS, ConditionDraft},
    draft::Draft,
    faults::at_condition,
    fields::GroupError,
    state::Wizard,
};
use crate::ui::{
    button::{Button, ButtonKind, IconButton},
    combobox::Combobox,
    icon::Glyph,
    ids::new_id,
    overlay::after_layout,
    pick::Offer,
    toggle::Segmented,
};

/// Metadata keys proposed at most.
const MOST_KEYS: usize = 50;

/// How conditions are joined, in words.
const JOINS: [(Join, &str); 3] =
    [(Join::All, "All of them hold"), (Join::Any, "Any of them holds"), (Join::None, "None of them holds")];

/// Comparisons on the event's values.
#[component]
pub(super) fn ConditionList(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let keys = wizard.part(|draft| draft.conditions.iter().map(|one| one.key).collect::<Vec<_>>());
    let names = Memo::new(move |_| names(wizard));
    let row = move |key: u32| view! { <ConditionRow wizard=wizard key=key names=names /> };
    let join = wizard.part(|draft| draft.conditions_join);
    // One condition can be turned round as well.
    let several = wizard.part(|draft| !draft.conditions.is_empty());
    let list: NodeRef<html::Div> = NodeRef::new();
    let add = move || {
        wizard.change(|draft| {
            let key = draft.key();
            draft.conditions.push(ConditionDraft::new(key));
        });
        after_layout(move || {
            let fields = list.get_untracked().and_then(|list| list.query_selector_all(".condition").ok());
            let last = fields.and_then(|rows| rows.get(rows.length().checked_sub(1)?)?.dyn_into::<Element>().ok());
            let field = last.and_then(|row| row.query_selector("input").ok().flatten());
            if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlElement>().ok()) {
                // A field that cannot take the focus leaves it where it is.
                let _ = field.focus();
            }
        });
    };
    let write_json = move || {
        wizard.change(|draft| {
            let filter = draft.filter(&wizard.scope().get_untracked()).unwrap_or_else(|| serde_json::json!({}));
            draft.json = serde_json::to_string_pretty(&filter).ok();
        });
    };
    view! {
        <fieldset class="field">
            <legend class="field__label">
                "More conditions"
            </legend>
            <div node_ref=list class="conditions">
                {live(move || {
                    (several.get())
                        .then(|| {
                            view! {
                                <Segmented
                                    label="How the conditions are joined"
                                    value=Signal::derive(move || join.get().as_str().to_owned())
                                    choices=JOINS.map(|(join, words)| (join.as_str().to_owned(), words.to_owned())).to_vec()
                                    on_choose=move |word: String| {
                                        wizard
                                            .change(|draft| {
                                                draft.conditions_join = Join::parse(&word).unwrap_or_default();
                                            });
                                    }
                                />
                            }
                        })
                })}
                <For each=move || keys.get() key=|key| *key children=row />
                <div class="row row-wrap">
                    <Button small=true glyph=Glyph::Plus on_press=add>
                        "Add condition"
                    </Button>
                    <Button kind=ButtonKind::Quiet small=true glyph=Glyph::Braces on_press=write_json>
                        "Write as JSON"
                    </Button>
                </div>
            </div>
        </fieldset>
    }
}

/// Names of the values that the event carries, those of metadata as past events have them.
fn names(wizard: Wizard) -> Vec<Offer> {
    let event = wizard.draft().with(|draft| draft.event);
    let mut names: Vec<Offer> = Vec::new();
    if event.is_artifact() {
        wizard.events().with(|list| {
            for event in list.value.iter().flat_map(|list| &list.items) {
                let metadata = event.values.get("artifact_metadata").and_then(|one| one.as_object());
                for (key, value) in metadata.into_iter().flatten() {
                    let name = format!("artifact_metadata.{key}");
                    if names.len() < MOST_KEYS && !names.iter().any(|one| one.value == name) {
                        names.push(Offer { note: plain(value), ..Offer::new(name.clone(), name) });
                    }
                }
            }
        });
    }
    names.extend(plain_names(event));
    names
}

fn plain_names(event: EventType) -> impl Iterator<Item = Offer> {
    let offer = |one: &Variable| Offer { note: one.description.to_owned(), ..Offer::new(one.name, one.name) };
    VARIABLES.iter().filter(move |one| event.carries(one.name)).map(offer)
}

#[component]
fn ConditionRow(wizard: Wizard, key: u32, names: Memo<Vec<Offer>>) -> impl IntoView {
    let pointer = at_condition(key);
    let error = wizard.error(pointer.clone());
    let of = move |read: fn(&ConditionDraft) -> String| {
        wizard.part(move |draft| draft.conditions.iter().find(|one| one.key == key).map(read).unwrap_or_default())
    };
    let write = move |change: fn(&mut ConditionDraft, String), value: String| {
        wizard.change(|draft| {
            if let Some(one) = draft.conditions.iter_mut().find(|one| one.key == key) {
                change(one, value);
            }
        });
    };
    let number =
        move || wizard.draft().with(|draft| draft.conditions.iter().position(|one| one.key == key).unwrap_or(0) + 1);
    let label = move |what: &str| format!("{what}, condition {}", number());
    let (path, op, operand) = (of(|one| one.path.clone()), of(|one| one.op.clone()), of(|one| one.operand.clone()));
    let has_operand = wizard.part(move |draft| draft.conditions.iter().any(|one| one.key == key && one.has_operand()));
    let left = move |_| wizard.leave(&pointer);
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="condition">
            <Combobox
                id=new_id()
                label=Signal::derive(move || Some(label("Value")))
                placeholder="artifact_metadata.accuracy"
                mono=true
                free=true
                value=path
                offers=names
                invalid=Signal::derive(move || error.with(Option::is_some))
                on_choose=move |text: String| write(|one, text| one.path = text, text)
            />
            <Combobox
                id=new_id()
                label=Signal::derive(move || Some(label("Comparison")))
                value=op
                offers=Signal::derive(|| COMPARISONS.map(|(word, words)| Offer::new(word, words)).to_vec())
                on_choose=move |word: String| write(|one, word| one.op = word, word)
            />
            <input
                class="input input--mono"
                type="text"
                autocomplete="off"
                spellcheck="false"
                aria-label=bound(move || label("Limit"))
                aria-invalid=bound(invalid)
                disabled=bound(move || !has_operand.get())
                prop:value=boxed(move || operand.get())
                on:input=handler(move |event: web_sys::Event| write(|one, text| one.operand = text, event_target_value(&event)))
                on:blur=handler(left)
            />
            <IconButton
                glyph=Glyph::X
                label=Signal::derive(move || format!("Remove condition {}", number()))
                on_press=move || wizard.change(|draft| draft.conditions.retain(|one| one.key != key))
            />
        </div>
        <GroupError error=error />
    }
}

/// The whole condition as JSON.
#[component]
pub(super) fn ConditionJson(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let id = new_id();
    let note = format!("{id}-note");
    let error = wizard.error("/json");
    let text = wizard.part(|draft| draft.json.clone().unwrap_or_default());
    let back = move || {
        wizard.change(|draft| {
            let scope = wizard.scope().get_untracked();
            fields_of(draft, &scope);
        });
    };
    // Only what the fields can say goes back into them.
    let plain = wizard.part(|draft| {
        draft
            .json
            .as_deref()
            .and_then(|json| serde_json::from_str(json).ok())
            .is_some_and(|value| said(Some(&value)).is_some())
    });
    view! {
        <div class="field">
            <div class="row row-wrap">
                <label class="field__label" for=id.clone()>
                    "Condition, kept as JSON"
                </label>
                <span class="push"></span>
                {live(move || {
                    plain
                        .get()
                        .then(|| {
                            view! {
                                <Button kind=ButtonKind::Quiet small=true on_press=back>
                                    "Use fields"
                                </Button>
                            }
                        })
                })}
            </div>
            <textarea
                class="input input--mono textarea"
                id=id
                rows="8"
                spellcheck="false"
                autocapitalize="off"
                aria-describedby=note.clone()
                aria-invalid=bound(move || error.with(Option::is_some).then_some("true"))
                prop:value=boxed(move || text.get())
                on:input=handler(move |event: web_sys::Event| {
                    wizard.touched("/json");
                    let text = event_target_value(&event);
                    wizard.change(|draft| draft.json = Some(text));
                })
                on:blur=handler(move |_| wizard.leave("/json"))
            ></textarea>
            <div id=note>
                <GroupError error=error />
                <p class="field__hint">"The plain fields cannot say all of it. $and, $or, $nor and $not join comparisons such as {\"alias\": {\"$regex\": \"^prod\"}}."</p>
            </div>
        </div>
    }
}

/// Moves the condition from JSON into the fields.
fn fields_of(draft: &mut Draft, scope: &hookboard_api::scope::Scope) {
    let Some(value) = draft.json.take().and_then(|json| serde_json::from_str(&json).ok()) else { return };
    draft.clear_filter();
    draft.read_filter(Some(&value), scope);
}
