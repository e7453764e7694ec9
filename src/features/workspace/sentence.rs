//! The condition of an alert as a sentence of fields.

use hookboard_api::EventType;
use leptos::prelude::*;

use super::alert::Alert;
use crate::{
    features::wizard::{RuleDraft, from_word, word},
    ui::icon::{Glyph, Icon},
};

/// The condition as a sentence of fields.
pub(super) fn sentence(alert: Alert, event: EventType) -> AnyView {
    let number = move |label: &'static str, read: fn(&RuleDraft) -> String, write: fn(&mut RuleDraft, String)| {
        view! {
            <input
                class="input sentence__number"
                data-size="small"
                inputmode="decimal"
                autocomplete="off"
                aria-label=label
                prop:value=boxed(move || read(&alert.rule()))
                on:input=handler(move |event: web_sys::Event| {
                    let typed = event_target_value(&event);
                    alert.change(|rule| write(rule, typed));
                })
            />
        }
        .into_any()
    };
    let choice = move |label: &'static str,
                       words: &'static [(&'static str, &'static str)],
                       read: fn(&RuleDraft) -> String,
                       write: fn(&mut RuleDraft, &str)| {
        let option = move |(own, words): &(&'static str, &'static str)| {
            let own = *own;
            view! {
                <option value=own selected=bound(move || (read(&alert.rule()) == own).then_some(""))>
                    {*words}
                </option>
            }
        };
        view! {
            <span class="select-wrap">
                <select
                    class="select"
                    data-size="small"
                    aria-label=label
                    on:change=handler(move |event: web_sys::Event| {
                        let chosen = event_target_value(&event);
                        alert.change(|rule| write(rule, &chosen));
                    })
                >
                    {words.iter().map(option).collect_view()}
                </select>
                <Icon glyph=Glyph::ChevronDown />
            </span>
        }
        .into_any()
    };
    let window = || number("Number of values", |rule| rule.window.clone(), |rule, typed| rule.window = typed);
    let limit = |label| number(label, |rule| rule.limit.clone(), |rule, typed| rule.limit = typed);
    let direction = |words| {
        choice(
            "Direction",
            words,
            |rule| word(&rule.direction),
            |rule, chosen| {
                rule.direction = from_word(chosen).unwrap_or(rule.direction);
            },
        )
    };
    let runs = view! {
        <span>"in runs named"</span>
        <input
            class="input input--mono sentence__wide"
            data-size="small"
            autocomplete="off"
            spellcheck="false"
            placeholder="all"
            aria-label="Run name pattern, empty for all runs"
            prop:value=boxed(move || alert.draft.with(|draft| draft.run_name.clone()))
            on:input=handler(move |event: web_sys::Event| {
                let typed = event_target_value(&event);
                alert.draft.update(|draft| draft.run_name = typed);
            })
        />
    }
    .into_any();
    let fields = match event {
        EventType::RunMetricChange => view! {
            <span>"When the mean of the last"</span>
            {window()}
            <span>"values"</span>
            {direction(&[("up", "increases by"), ("down", "decreases by"), ("either", "changes by")])}
            {limit("Amount")}
            {choice("Measured", &[("relative", "of the mean"), ("absolute", "in its unit")], |rule| word(&rule.change), |rule, chosen| {
                rule.change = from_word(chosen).unwrap_or(rule.change);
            })}
            <span>"against the"</span>
            {number("Values before", |rule| rule.prior.clone(), |rule, typed| rule.prior = typed)}
            <span>"before"</span>
        }
        .into_any(),
        EventType::RunMetricZscore => view! {
            <span>"When a value lies"</span>
            {limit("Standard deviations")}
            <span>"deviations"</span>
            {direction(&[("up", "above"), ("down", "below"), ("either", "away from")])}
            <span>"the mean of the"</span>
            {window()}
            <span>"before"</span>
        }
        .into_any(),
        _ => view! {
            <span>"When the"</span>
            {choice(
                "How values are combined",
                &[("average", "average"), ("min", "smallest"), ("max", "largest")],
                |rule| word(&rule.aggregate),
                |rule, chosen| rule.aggregate = from_word(chosen).unwrap_or(rule.aggregate),
            )}
            <span>"of the last"</span>
            {window()}
            <span>"values is"</span>
            {choice(
                "Comparison",
                &[("<", "below"), (">", "above"), ("<=", "at most"), (">=", "at least")],
                |rule| word(&rule.comparison),
                |rule, chosen| rule.comparison = from_word(chosen).unwrap_or(rule.comparison),
            )}
            {limit("Value")}
        }
        .into_any(),
    };
    view! { <div class="sentence">{fields} {runs}</div> }.into_any()
}
