//! The last step: everything once more, and the name.

use leptos::prelude::*;

use super::{
    action_step::PreviewOf,
    draft::UNITS,
    fields::DraftField,
    past_view::OnThePast,
    saving::Saving,
    state::Wizard,
    testing::{TestOutcome, Testing},
};
use crate::ui::{
    feedback::Callout,
    field::Field,
    icon::{Glyph, Icon},
    ids::new_id,
    status::Tone,
};

/// Name, description, cooldown, and the payload once more.
#[component]
pub(super) fn ReviewStep(
    /// The wizard.
    wizard: Wizard,
    /// The test of the automation.
    testing: Testing,
    /// The save, and what became of it.
    saving: Saving,
) -> impl IntoView {
    let record = wizard.part(|draft| draft.record);
    let run = wizard.part(|draft| draft.event.is_run());
    let description = new_id();
    let described = format!("{description}-note");
    let described_error = wizard.error("/description");
    let unit_id = new_id();
    let unit = wizard.part(|draft| draft.unit.clone());
    let words = wizard.part(|draft| draft.description.clone());
    let enabled = wizard.part(|draft| draft.enabled);
    let cooldown_hint = move || {
        if run.get() {
            "Least time between two matches of the same run. Empty: 24 hours.".to_owned()
        } else {
            "Least time between two matches. Empty: none.".to_owned()
        }
    };
    let units = move || {
        let chosen = unit.get();
        UNITS
            .map(|(word, words, _)| view! { <option value=word selected=word == chosen>{words}</option> })
            .collect_view()
    };
    view! {
        <div class="stack form-column">
            {live(move || saving.conflict())}
            {live(move || {
                saving
                    .failure
                    .get()
                    .map(|words| view! { <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>{words}</Callout> })
            })}
            <DraftField
                wizard=wizard
                label="Name"
                pointer="/name"
                hint=if wizard.id().is_some() {
                    "Unique in its scope, and ${automation_name} in payloads."
                } else {
                    "Proposed from the event. It is unique in its scope, and ${automation_name} in payloads."
                }
                value=Signal::derive(move || wizard.name())
                on_input=move |text: String| wizard.change(|draft| draft.name = Some(text))
            />
            <Field id=description.clone() label="Description" optional=true error=described_error>
                <textarea
                    class="input textarea"
                    id=description
                    rows="3"
                    aria-describedby=described
                    aria-invalid=bound(move || described_error.with(Option::is_some).then_some("true"))
                    prop:value=boxed(move || words.get())
                    on:input=handler(move |event: web_sys::Event| {
                        wizard.touched("/description");
                        let text = event_target_value(&event);
                        wizard.change(|draft| draft.description = text);
                    })
                ></textarea>
            </Field>
            <div class="field-pair">
                <DraftField
                    wizard=wizard
                    label="Cooldown"
                    pointer="/cooldown"
                    optional=true
                    numeric=true
                    hint=MaybeProp::derive(move || Some(cooldown_hint()))
                    value=wizard.part(|draft| draft.cooldown.clone())
                    on_input=move |text: String| {
                        wizard
                            .change(|draft| {
                                if draft.cooldown.is_empty() && draft.event.is_run() {
                                    "h".clone_into(&mut draft.unit);
                                }
                                draft.cooldown = text;
                            });
                    }
                />
                <div class="field">
                    <label class="field__label" for=unit_id.clone()>
                        "Unit"
                    </label>
                    <span class="select-wrap">
                        <select
                            class="select"
                            id=unit_id
                            on:change=handler(move |event: web_sys::Event| {
                                let word = event_target_value(&event);
                                wizard.change(|draft| draft.unit = word);
                            })
                        >
                            {live(units)}
                        </select>
                        <Icon glyph=Glyph::ChevronDown />
                    </span>
                </div>
            </div>
            <label class="check-line">
                <input
                    class="checkbox"
                    type="checkbox"
                    prop:checked=boxed(move || enabled.get())
                    on:change=handler(move |event: web_sys::Event| {
                        let wanted = event_target_checked(&event);
                        wizard.change(|draft| draft.enabled = wanted);
                    })
                />
                <span>"Enabled. It watches as soon as it is saved."</span>
            </label>
        </div>
        <div class="stack form-split__aside">
            {live(move || (!record.get()).then(|| view! { <TestOutcome testing=testing /> }))}
            <OnThePast wizard=wizard />
            {live(move || (!record.get()).then(|| view! { <PreviewOf wizard=wizard /> }))}
            {live(move || {
                record
                    .get()
                    .then(|| {
                        view! {
                            <Callout tone=Tone::Info glyph=Glyph::Info>
                                "Each match is kept in History. Nothing is sent."
                            </Callout>
                        }
                    })
            })}
        </div>
    }
}
