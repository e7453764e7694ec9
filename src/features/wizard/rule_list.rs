//! Conditions on a run's metrics, as the event has them.

use hookboard_api::{EventType, metric::MetricJoin};
use leptos::prelude::*;

use super::{
    draft::Draft,
    faults::at_rule,
    fields::{DraftField, DraftSelect, from_word, word},
    known::metrics,
    rule::RuleDraft,
    state::Wizard,
};
use crate::ui::{
    button::{Button, IconButton},
    icon::Glyph,
    toggle::Segmented,
};

/// The metric conditions.
#[component]
pub(super) fn RuleList(
    /// The wizard.
    wizard: Wizard,
    /// The event, one of the run-metric ones.
    event: EventType,
) -> impl IntoView {
    let keys = wizard.part(|draft| draft.rules.iter().map(|one| one.key).collect::<Vec<_>>());
    let several = wizard.part(|draft| draft.rules.len() > 1);
    let add = move || {
        wizard.change(|draft| {
            let key = draft.key();
            draft.rules.push(RuleDraft::new(key, event));
        });
    };
    let join = wizard.part(|draft| word(&draft.join));
    view! {
        <fieldset class="field">
            <legend class="field__label">"Run metric"</legend>
            {live(move || {
                several
                    .get()
                    .then(|| {
                        view! {
                            <Segmented
                                label="How the metric conditions are joined"
                                value=join
                                choices=vec![
                                    ("all".to_owned(), "All of them".to_owned()),
                                    ("any".to_owned(), "Any of them".to_owned()),
                                ]
                                on_choose=move |chosen: String| {
                                    wizard
                                        .change(|draft| {
                                            draft.join = if chosen == "any" { MetricJoin::Any } else { MetricJoin::All };
                                        });
                                }
                            />
                        }
                    })
            })}
            <For
                each=move || keys.get()
                key=|key| *key
                children=move |key| view! { <RuleRow wizard=wizard event=event key=key several=several /> }
            />
            <div>
                <Button small=true glyph=Glyph::Plus on_press=add>
                    "Add metric"
                </Button>
            </div>
        </fieldset>
    }
}

#[component]
fn RuleRow(wizard: Wizard, event: EventType, key: u32, several: Signal<bool>) -> impl IntoView {
    let of = move |read: fn(&RuleDraft) -> String| {
        wizard.part(move |draft| draft.rules.iter().find(|one| one.key == key).map(read).unwrap_or_default())
    };
    let text = move |label: &'static str,
                     field: &'static str,
                     read: fn(&RuleDraft) -> String,
                     write: fn(&mut RuleDraft, String)| {
        if field == "metric" {
            return view! {
                <DraftField
                    wizard=wizard
                    label=label
                    pointer=at_rule(key, field)
                    mono=true
                    proposals=Signal::derive(move || metrics(wizard))
                    value=of(read)
                    on_input=move |typed: String| wizard.change(|draft| write_typed(draft, key, write, typed))
                />
            }
            .into_any();
        }
        view! {
            <DraftField
                wizard=wizard
                label=label
                pointer=at_rule(key, field)
                numeric=true
                value=of(read)
                on_input=move |typed: String| wizard.change(|draft| write_typed(draft, key, write, typed))
            />
        }
        .into_any()
    };
    let choose = move |label: &'static str,
                       choices: Vec<(&'static str, &'static str)>,
                       read: fn(&RuleDraft) -> String,
                       write: fn(&mut Draft, u32, &str)| {
        view! { <DraftSelect wizard=wizard label=label choices=choices value=of(read) on_choose=write key=key /> }
    };
    let metric = text("Metric", "metric", |rule| rule.metric.clone(), |rule, typed| rule.metric = typed);
    let window = |label| text(label, "window", |rule| rule.window.clone(), |rule, typed| rule.window = typed);
    let limit = |label| text(label, "limit", |rule| rule.limit.clone(), |rule, typed| rule.limit = typed);
    let direction = |words: [&'static str; 3]| {
        choose(
            "Direction",
            vec![("up", words[0]), ("down", words[1]), ("either", words[2])],
            |rule| word(&rule.direction),
            |draft, key, chosen| write(draft, key, |rule| rule.direction = from_word(chosen).unwrap_or(rule.direction)),
        )
    };
    let fields = match event {
        EventType::RunMetricChange => view! {
            {metric}
            {direction(["increases by", "decreases by", "changes either way by"])}
            {limit("Amount")}
            {choose(
                "Measured",
                vec![("relative", "relative: 0.1 is 10 %"), ("absolute", "absolute")],
                |rule| word(&rule.change),
                |draft, key, chosen| write(draft, key, |rule| rule.change = from_word(chosen).unwrap_or(rule.change)),
            )}
            {window("Mean of the last values")}
            {text("Against the values before", "prior", |rule| rule.prior.clone(), |rule, typed| rule.prior = typed)}
        }
        .into_any(),
        EventType::RunMetricZscore => view! {
            {metric}
            {direction(["above the mean", "below the mean", "either side of the mean"])}
            {limit("Standard deviations")}
            {window("Compared with the last values")}
        }
        .into_any(),
        _ => view! {
            {metric}
            {choose(
                "Comparison",
                vec![(">", ">"), (">=", "≥"), ("<", "<"), ("<=", "≤")],
                |rule| word(&rule.comparison),
                |draft, key, chosen| write(draft, key, |rule| rule.comparison = from_word(chosen).unwrap_or(rule.comparison)),
            )}
            {limit("Threshold")}
            {choose(
                "Of the",
                vec![("average", "average"), ("min", "smallest"), ("max", "largest")],
                |rule| word(&rule.aggregate),
                |draft, key, chosen| write(draft, key, |rule| rule.aggregate = from_word(chosen).unwrap_or(rule.aggregate)),
            )}
            {window("Last values")}
        }
        .into_any(),
    };
    view! {
        <div class="metric-rule" role="group" aria-label="Metric condition">
            {fields}
            {live(move || {
                several
                    .get()
                    .then(|| {
                        view! {
                            <IconButton
                                glyph=Glyph::X
                                label="Remove this metric"
                                on_press=move || wizard.change(|draft| draft.rules.retain(|one| one.key != key))
                            />
                        }
                    })
            })}
        </div>
    }
}

fn write_typed(draft: &mut Draft, key: u32, change: fn(&mut RuleDraft, String), typed: String) {
    write(draft, key, |rule| change(rule, typed));
}

fn write(draft: &mut Draft, key: u32, change: impl FnOnce(&mut RuleDraft)) {
    if let Some(rule) = draft.rules.iter_mut().find(|one| one.key == key) {
        change(rule);
    }
}
