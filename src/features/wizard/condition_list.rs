//! Further conditions: a list of comparisons that all hold, or the whole condition as JSON.

use hookboard_api::{EventType, sentence::plain_tests, template::VARIABLES};
use leptos::prelude::*;

use super::{
    condition::{COMPARISONS, ConditionDraft},
    draft::Draft,
    faults::at_condition,
    fields::GroupError,
    state::Wizard,
};
use crate::ui::{
    button::{Button, ButtonKind, IconButton},
    icon::{Glyph, Icon},
    ids::new_id,
};

/// Comparisons on the event's values.
#[component]
pub(super) fn ConditionList(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let keys = wizard.part(|draft| draft.conditions.iter().map(|one| one.key).collect::<Vec<_>>());
    let names_id = new_id();
    let listed = names_id.clone();
    let row = move |key: u32| view! { <ConditionRow wizard=wizard key=key names=listed.clone() /> };
    let add = move || {
        wizard.change(|draft| {
            let key = draft.key();
            draft.conditions.push(ConditionDraft::new(key));
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
                <span class="field__optional">"all of them must hold"</span>
            </legend>
            <div class="conditions">
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
            <datalist id=names_id>
                {live(move || names(wizard).into_iter().map(|name| view! { <option value=name></option> }).collect_view())}
            </datalist>
        </fieldset>
    }
}

/// Names of the values that the event carries, those of metadata as past events have them.
fn names(wizard: Wizard) -> Vec<String> {
    let event = wizard.draft().with(|draft| draft.event);
    let mut names: Vec<String> = Vec::new();
    if event.is_artifact() {
        wizard.events().with(|list| {
            for event in list.value.iter().flat_map(|list| &list.items) {
                let metadata = event.values.get("artifact_metadata").and_then(|one| one.as_object());
                for key in metadata.iter().flat_map(|metadata| metadata.keys()) {
                    let name = format!("artifact_metadata.{key}");
                    if names.len() < 50 && !names.contains(&name) {
                        names.push(name);
                    }
                }
            }
        });
    }
    names.extend(plain_names(event));
    names
}

fn plain_names(event: EventType) -> impl Iterator<Item = String> {
    VARIABLES.iter().filter(move |one| event.carries(one.name)).map(|one| one.name.to_owned())
}

#[component]
fn ConditionRow(wizard: Wizard, key: u32, names: String) -> impl IntoView {
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
    let options = move || {
        let chosen = op.get();
        COMPARISONS
            .map(|(word, words)| view! { <option value=word selected=word == chosen>{words}</option> })
            .collect_view()
    };
    let left = move |_| wizard.leave(&pointer);
    let invalid = move || error.with(Option::is_some).then_some("true");
    view! {
        <div class="condition">
            <input
                class="input input--mono"
                type="text"
                autocomplete="off"
                spellcheck="false"
                list=names
                placeholder="artifact_metadata.accuracy"
                aria-label=bound(move || label("Value"))
                aria-invalid=bound(invalid)
                prop:value=boxed(move || path.get())
                on:input=handler(move |event: web_sys::Event| write(|one, text| one.path = text, event_target_value(&event)))
            />
            <span class="select-wrap">
                <select
                    class="select"
                    aria-label=bound(move || label("Comparison"))
                    on:change=handler(move |event: web_sys::Event| write(|one, word| one.op = word, event_target_value(&event)))
                >
                    {live(options)}
                </select>
                <Icon glyph=Glyph::ChevronDown />
            </span>
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
            .is_some_and(|value| plain_tests(Some(&value)).is_some())
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
