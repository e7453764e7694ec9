//! Why it fired: each part of the condition with the value seen.

use hookboard_api::{
    delivery::{DeliveryDetail, Evaluation, Verdict},
    event::event_spec,
    metric::Reading,
    trace::{Join, Op, Trace, plain},
};
use leptos::prelude::*;

use crate::ui::{
    icon::{Glyph, Icon},
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

/// The verdict of the delivery's own automation, and what the others made of the event.
#[component]
pub(super) fn WhyItFired(
    /// The delivery, with its event and evaluations.
    detail: DeliveryDetail,
) -> impl IntoView {
    let event = &detail.event;
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
            asked: view! { "It happened in what the automation watches" }.into_any(),
            seen: view! { <code class="code">{seen}</code> }.into_any(),
            holds: Some(true),
        },
    ];
    let own = detail.evaluations.iter().find(|one| one.automation_id == detail.delivery.automation_id);
    if let Some(trace) = own.and_then(|own| own.trace.as_ref()) {
        lines(trace, 0, &mut all);
    }
    for (index, reading) in own.map(|own| own.readings.as_slice()).unwrap_or_default().iter().enumerate() {
        all.push(reading_line(index + 1, reading));
    }
    if let Some(own) = own.filter(|own| own.verdict != Verdict::Matched) {
        all.push(Line { depth: 0, asked: own.reason.clone().into_any(), seen: ().into_any(), holds: Some(false) });
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
    let others: Vec<Evaluation> =
        detail.evaluations.iter().filter(|one| one.automation_id != detail.delivery.automation_id).cloned().collect();
    view! {
        <section class="section" aria-label="Why it fired">
            <div class="section-head">
                <h2>"Why it fired"</h2>
                <p>"What the automation saw when the event came in. Every part had to hold."</p>
            </div>
            <div class="board">
                <table class="table table--plain table--trace" role="table" aria-label="Why it fired">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Condition"</th>
                            <th role="columnheader" scope="col">"Value seen"</th>
                            <th role="columnheader" scope="col" class="col-verdict">"Verdict"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">{all.into_iter().map(row).collect_view()}</tbody>
                </table>
                {(!others.is_empty()).then(|| others_view(others))}
            </div>
        </section>
    }
}

fn reading_line(number: usize, reading: &Reading) -> Line {
    Line {
        depth: 0,
        asked: format!("Metric condition {number}").into_any(),
        seen: match reading.value {
            Some(value) => view! { <code class="code">{value.to_string()}</code> }.into_any(),
            None => view! { <span class="muted">"too few values"</span> }.into_any(),
        },
        holds: Some(reading.holds),
    }
}

fn others_view(others: Vec<Evaluation>) -> AnyView {
    let fired = others.iter().filter(|one| one.matched).count();
    let words = match (others.len(), fired) {
        (1, 0) => "1 other automation saw this event and did not fire".to_owned(),
        (all, 0) => format!("{all} other automations saw this event and did not fire"),
        (1, _) => "1 other automation saw this event and fired as well".to_owned(),
        (all, fired) => format!("{all} other automations saw this event; {fired} fired as well"),
    };
    let row = |one: Evaluation| {
        let (tone, glyph) = match one.verdict {
            Verdict::Matched => (Tone::Success, Glyph::Check),
            Verdict::Disabled => (Tone::None, Glyph::Power),
            Verdict::Cooldown | Verdict::Snoozed => (Tone::None, Glyph::Skip),
            Verdict::Condition | Verdict::Metric | Verdict::State => (Tone::Danger, Glyph::X),
        };
        view! {
            <li>
                <span class="row-title">{one.automation_name}</span>
                <Status tone=tone glyph=glyph text=one.reason />
            </li>
        }
    };
    view! {
        <details class="disclosure trace-others" open=fired == 0>
            <summary>
                <Icon glyph=Glyph::ChevronRight />
                {words}
            </summary>
            <ul class="others" role="list">
                {others.into_iter().map(row).collect_view()}
            </ul>
        </details>
    }
    .into_any()
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
