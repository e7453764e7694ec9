//! The editor: a text field over its own paint.

use hookboard_api::template::MAX_TEMPLATE_BYTES;
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::{
    completion::CompletionList,
    engine::{Facts, Problem},
    gutter::Gutter,
    state::Payload,
    view::{Metrics, under_point},
};
use crate::ui::{
    button::{Button, ButtonKind, LinkButton},
    format::{counted, size},
    icon::{Glyph, Icon},
    ids::new_id,
    overlay::after_layout,
    toast::use_toasts,
};

/// The payload's text, its problems, and what helps to write it.
#[component]
pub fn PayloadEditor(
    /// The payload being written.
    payload: Payload,
    /// What offers other texts to start from, beside the label.
    #[prop(optional, into)]
    start: Option<ViewFn>,
    /// For a payload beside other things: a few rows.
    #[prop(optional)]
    short: bool,
    /// What the server says is wrong.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
) -> impl IntoView {
    let toasts = use_toasts();
    let id = new_id();
    let (list_id, problems_id, keys_id) = (format!("{id}-list"), format!("{id}-problems"), format!("{id}-keys"));
    let described = format!("{problems_id} {keys_id}");
    let input: NodeRef<html::Textarea> = NodeRef::new();
    let paint: NodeRef<html::Pre> = NodeRef::new();
    let gutter: NodeRef<html::Ol> = NodeRef::new();
    let marks: NodeRef<html::Span> = NodeRef::new();
    Effect::new(move || {
        let (Some(input), Some(paint), Some(gutter), Some(marks)) =
            (input.get(), paint.get(), gutter.get(), marks.get())
        else {
            return;
        };
        // Measured once it stands in the page.
        after_layout(move || {
            let metrics = Metrics::of(&paint);
            if let Some(gutter) = Gutter::new(gutter.unchecked_into(), &marks) {
                payload.attach_editor(input.unchecked_into(), paint.unchecked_into(), gutter, metrics);
            }
        });
    });
    let key = move |event: web_sys::KeyboardEvent| key_pressed(payload, &event);
    let typed = move |event: web_sys::Event| {
        // Taking text away opens nothing; an open list follows.
        let kind = js_sys::Reflect::get(&event, &"inputType".into()).ok().and_then(|kind| kind.as_string());
        payload.typed(kind.is_some_and(|kind| kind.starts_with("insertText") || kind == "insertCompositionText"));
    };
    let hover = move |event: web_sys::MouseEvent| {
        let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
        let under = under_point(&target, event.client_x().into(), event.client_y().into());
        payload.ring(under.iter().find_map(|element| payload.slot_of(element)));
    };
    let option_id = {
        let list_id = list_id.clone();
        move |index: usize| format!("{list_id}-{index}")
    };
    let active_id = {
        let option_id = option_id.clone();
        move || payload.popup.with(Option::is_some).then(|| option_id(payload.active.get()))
    };
    let lay_out = move || {
        if !payload.format() {
            toasts.fail("The payload is not JSON yet. Mend the errors first.");
        }
    };
    let foot = move || {
        let Facts { errors, warnings, unfinished, .. } = payload.facts.get();
        if errors > 0 {
            view! { <CountLine tone="danger" glyph=Glyph::XCircle text=counted(errors as u64, "error", "errors") /> }
                .into_any()
        } else if warnings > 0 {
            view! { <CountLine tone="warning" glyph=Glyph::Warning text=counted(warnings as u64, "warning", "warnings") /> }
                .into_any()
        } else if unfinished {
            view! { <span class="muted">"Not finished"</span> }.into_any()
        } else {
            view! { <CountLine tone="success" glyph=Glyph::Check text="No problems".to_owned() /> }.into_any()
        }
    };
    let limit = size(MAX_TEMPLATE_BYTES);
    view! {
        <div class="field">
            <div class="row row-wrap">
                <label class="field__label" for=id.clone()>
                    "Payload"
                </label>
                <span class="push"></span>
                {start.map(|start| start.run())}
                <Button kind=ButtonKind::Quiet small=true glyph=Glyph::Format on_press=lay_out>
                    "Format"
                </Button>
            </div>
            <div class="editor" class:editor--short=short>
                <span node_ref=marks hidden>
                    <Icon glyph=Glyph::Warning />
                    <Icon glyph=Glyph::XCircle />
                </span>
                <div class="editor__body">
                    <div class="editor__gutter" aria-hidden="true">
                        <ol node_ref=gutter></ol>
                    </div>
                    <div class="editor__scroll" on:mousemove=handler(hover) on:mouseleave=handler(move |_| payload.ring(None))>
                        <div class="editor__clip" aria-hidden="true">
                            <pre node_ref=paint class="editor__paint"></pre>
                        </div>
                        <textarea
                            node_ref=input
                            class="editor__input"
                            id=id
                            rows=if short { "8" } else { "18" }
                            spellcheck="false"
                            autocapitalize="off"
                            autocomplete="off"
                            aria-autocomplete="list"
                            aria-haspopup="listbox"
                            aria-controls=list_id.clone()
                            aria-activedescendant=active_id
                            aria-describedby=described
                            aria-invalid=bound(move || (payload.errors() > 0 || error.with(Option::is_some)).then_some("true"))
                            on:input=handler(typed)
                            on:keydown=handler(key)
                            on:keyup=handler(move |_| payload.moved())
                            on:click=handler(move |_| {
                                payload.dismiss();
                                payload.moved();
                            })
                            on:scroll=handler(move |_| payload.paint_editor())
                            on:blur=handler(move |_| payload.dismiss())
                        ></textarea>
                        <CompletionList payload=payload id=list_id option_id=Callback::new(option_id) />
                    </div>
                </div>
                <div class="editor__foot">
                    {live(foot)}
                    <span>
                        {live(move || {
                            let facts = payload.facts.get();
                            format!("Line {}, column {}", facts.line, facts.column)
                        })}
                    </span>
                    <span class="push">
                        {live(move || format!("{} of {limit}", size(payload.facts.with(|facts| facts.bytes))))}
                    </span>
                </div>
            </div>
            <p class="visually-hidden" id=keys_id>
                "Type dollar and brace to list variables, or press Control and Space. Tab leaves the editor. F8 goes to the next problem."
            </p>
            {live(move || error.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
            <Problems payload=payload id=problems_id />
        </div>
    }
}

fn key_pressed(payload: Payload, event: &web_sys::KeyboardEvent) {
    if event.is_composing() {
        return;
    }
    let key = event.key();
    if key == "F8" {
        event.prevent_default();
        payload.step(event.shift_key());
        return;
    }
    if event.ctrl_key() && (key == " " || event.code() == "Space") {
        event.prevent_default();
        payload.ask();
        return;
    }
    let Some(count) = payload.popup.with_untracked(|popup| popup.as_ref().map(|popup| popup.candidates.len())) else {
        return;
    };
    let active = payload.active.get_untracked();
    match key.as_str() {
        "ArrowDown" => payload.highlight((active + 1) % count.max(1)),
        "ArrowUp" => payload.highlight((active + count.max(1) - 1) % count.max(1)),
        "Enter" | "Tab" if !event.shift_key() => payload.take(active),
        "Escape" => payload.dismiss(),
        "ArrowLeft" | "ArrowRight" | "Home" | "End" | "PageUp" | "PageDown" => {
            // The cursor leaves the word.
            payload.dismiss();
            return;
        }
        _ => return,
    }
    event.prevent_default();
    // A dialog or panel around the editor stays open: Esc closes only the list.
    event.stop_propagation();
}

#[component]
fn CountLine(tone: &'static str, glyph: Glyph, text: String) -> impl IntoView {
    view! {
        <span class="status" data-tone=tone>
            <Icon glyph=glyph />
            {text}
        </span>
    }
}

/// Problems in order of place, each with its mend.
#[component]
fn Problems(payload: Payload, id: String) -> impl IntoView {
    let spoken = RwSignal::new(String::new());
    let turn = StoredValue::new(0_u32);
    Effect::new(move || {
        let facts = payload.facts.get();
        let now = turn.get_value().wrapping_add(1);
        turn.set_value(now);
        // Said when the typing rests.
        let say = move || {
            if turn.try_get_value() != Some(now) {
                return;
            }
            let mut words = Vec::new();
            if facts.errors > 0 {
                words.push(counted(facts.errors as u64, "error", "errors"));
            }
            if facts.warnings > 0 {
                words.push(counted(facts.warnings as u64, "warning", "warnings"));
            }
            if words.is_empty() {
                words.push(if facts.unfinished { "Not finished" } else { "No problems" }.to_owned());
            }
            let words = words.join(", ");
            if spoken.try_with_untracked(|old| *old != words) == Some(true) {
                spoken.set(words);
            }
        };
        if let Ok(timer) = set_timeout_with_handle(say, std::time::Duration::from_millis(500)) {
            on_cleanup(move || timer.clear());
        }
    });
    let list = move || {
        let problems = payload.problems.get();
        let more = payload.facts.with(|facts| facts.errors + facts.warnings).saturating_sub(problems.len());
        let item = |(index, problem): (usize, Problem)| {
            let (tone, glyph) = if problem.error { ("danger", Glyph::XCircle) } else { ("warning", Glyph::Warning) };
            let place = format!("Line {}", problem.line);
            view! {
                <li class="diagnostic" data-tone=tone>
                    <Icon glyph=glyph />
                    <span>
                        <span class="visually-hidden">{if problem.error { "Error: " } else { "Warning: " }}</span>
                        {problem.message}
                        " "
                        <LinkButton on_press=move || payload.go_to(index)>{place}</LinkButton>
                    </span>
                    {problem
                        .mend
                        .map(|mend| {
                            view! {
                                <Button small=true on_press=move || payload.mend(index)>
                                    "Use "
                                    <code>{mend}</code>
                                </Button>
                            }
                        })}
                </li>
            }
        };
        view! {
            {problems.into_iter().enumerate().map(item).collect_view()}
            {(more > 0).then(|| view! { <li class="muted small">{format!("And {more} more.")}</li> })}
        }
    };
    view! {
        <ul class="diagnostics" id=id role="list" aria-label="Problems in the payload">
            {live(list)}
        </ul>
        <p class="visually-hidden" role="status">
            {spoken}
        </p>
    }
}
