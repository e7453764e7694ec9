//! A verdict, part by part: what was asked, what was seen, whether it held.

use hookboard_api::{
    delivery::{Evaluation, Verdict},
    event::{Event, event_spec},
    metric::RuleReading,
    sentence::rule_words,
    trace::{Join, Op, Trace, plain},
};
use leptos::prelude::*;

use super::{
    icon::Glyph,
    rule::parts_view,
    status::{Status, Tone},
};

/// A row of the verdict: how deep it stands, what was asked, what was seen, whether it holds.
struct Line {
    depth: usize,
    asked: AnyView,
    seen: AnyView,
    holds: Option<bool>,
}

fn lines(trace: &Trace, depth: usize, into: &mut Vec<Line>) {
    match trace {
        Trace::Group { join, holds, parts } => {
            // A group of one says nothing that its part does not.
            if let ([only], Join::All | Join::Any) = (parts.as_slice(), join) {
                return lines(only, depth, into);
            }
            let words = match join {
                Join::All => "All of",
                Join::Any => "Any of",
                Join::None => "None of",
            };
            let held = parts.iter().filter(|part| part.holds() == Some(true)).count();
            into.push(Line {
                depth,
                asked: view! { <span class="trace-group">{words}</span> }.into_any(),
                seen: view! { <span class="muted">{format!("{held} of {}", parts.len())}</span> }.into_any(),
                holds: *holds,
            });
            for part in parts {
                lines(part, depth + 1, into);
            }
        }
        Trace::Test { path, op, operand, seen, holds } => {
            let operand = match op {
                Op::Exists => ().into_any(),
                Op::Regex => view! { " " <code class="code">{plain(operand)}</code> }.into_any(),
                _ => view! { " " <b>{plain(operand)}</b> }.into_any(),
            };
            let asked = view! { {path.clone()} " " {op.words()} {operand} }.into_any();
            let seen = match seen {
                Some(value) => view! { <code class="code">{plain(value)}</code> }.into_any(),
                None => view! { <span class="muted">"no value"</span> }.into_any(),
            };
            into.push(Line { depth, asked, seen, holds: *holds });
        }
    }
}

fn verdict(holds: Option<bool>) -> AnyView {
    match holds {
        Some(true) => view! { <Status tone=Tone::Success glyph=Glyph::Check text="Holds" /> }.into_any(),
        Some(false) => view! { <Status tone=Tone::Danger glyph=Glyph::X text="Does not hold" /> }.into_any(),
        None => view! { <Status tone=Tone::None glyph=Glyph::Minus text="Not looked at" /> }.into_any(),
    }
}

fn reading_line(number: usize, reading: &RuleReading) -> Line {
    Line {
        depth: 0,
        asked: match &reading.rule {
            Some(rule) => parts_view(rule_words(rule)),
            None => format!("Metric condition {number}").into_any(),
        },
        seen: match reading.value {
            Some(value) => view! { <code class="code">{value.to_string()}</code> }.into_any(),
            None => view! { <span class="muted">"too few values"</span> }.into_any(),
        },
        holds: Some(reading.holds),
    }
}

/// The event, and what one automation saw in it.
#[component]
pub fn TraceTable(
    /// What the table is called.
    label: &'static str,
    /// The event.
    event: Event,
    /// What the automation made of it, while that is kept.
    evaluation: Option<Evaluation>,
) -> impl IntoView {
    let subject = &event.subject;
    let seen = [Some(&subject.entity), Some(&subject.name), subject.collection.as_ref().or(subject.run.as_ref())]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join("/");
    let mut all = vec![
        Line {
            depth: 0,
            asked: view! { "Event is " <b>{event_spec(event.event_type).title}</b> }.into_any(),
            seen: view! { <code class="code">{event.event_type.as_str()}</code> }.into_any(),
            holds: Some(true),
        },
        Line {
            depth: 0,
            asked: view! { "It happened in the automation’s scope" }.into_any(),
            seen: view! { <code class="code">{seen}</code> }.into_any(),
            holds: Some(true),
        },
    ];
    if let Some(own) = &evaluation {
        if let Some(trace) = &own.trace {
            lines(trace, 0, &mut all);
        }
        for (index, reading) in own.readings.iter().enumerate() {
            all.push(reading_line(index + 1, reading));
        }
        let is_told = matches!(own.verdict, Verdict::Condition | Verdict::Metric)
            && (own.trace.is_some() || !own.readings.is_empty());
        if own.verdict != Verdict::Matched && !is_told {
            all.push(Line { depth: 0, asked: own.reason.clone().into_any(), seen: ().into_any(), holds: Some(false) });
        }
    }
    let row = |line: Line| {
        let class = if line.depth > 0 { "trace-child" } else { "" };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row" class=class>
                    {line.asked}
                </th>
                <td role="cell">{line.seen}</td>
                <td role="cell">{verdict(line.holds)}</td>
            </tr>
        }
    };
    view! {
        <table class="table table--plain table--trace" role="table" aria-label=label>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Condition"</th>
                    <th role="columnheader" scope="col">"Value seen"</th>
                    <th role="columnheader" scope="col" class="col-verdict">"Verdict"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{all.into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}

/// What decided, with its sign.
#[component]
pub fn VerdictStatus(
    /// What the automation made of an event.
    evaluation: Evaluation,
) -> impl IntoView {
    let (tone, glyph) = match evaluation.verdict {
        Verdict::Matched => (Tone::Success, Glyph::Check),
        Verdict::Disabled => (Tone::None, Glyph::Power),
        Verdict::Cooldown | Verdict::Snoozed => (Tone::None, Glyph::Skip),
        Verdict::Condition | Verdict::Metric | Verdict::State => (Tone::Danger, Glyph::X),
    };
    view! { <Status tone=tone glyph=glyph text=evaluation.reason /> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_of_one_is_not_told() {
        let test =
            Trace::Test { path: "alias".to_owned(), op: Op::Eq, operand: "x".into(), seen: None, holds: Some(false) };
        let wrapped = Trace::Group { join: Join::All, holds: Some(false), parts: vec![test] };
        let mut all = Vec::new();
        lines(&Trace::Group { join: Join::Any, holds: Some(false), parts: vec![wrapped] }, 0, &mut all);
        assert_eq!(all.len(), 1);
        assert_eq!(all[0].depth, 0);
    }
}
