//! Why it fired: the verdict of the delivery's own automation, and what the others made of the event.

use hookboard_api::delivery::{DeliveryDetail, DeliveryState, Evaluation};
use leptos::prelude::*;

use crate::ui::{
    icon::{Glyph, Icon},
    trace::{TraceTable, VerdictStatus},
};

/// The verdict of the delivery's own automation, and what the others made of the event.
#[component]
pub(super) fn WhyItFired(
    /// The delivery, with its event and evaluations.
    detail: DeliveryDetail,
) -> impl IntoView {
    let (own, others): (Vec<Evaluation>, Vec<Evaluation>) =
        detail.evaluations.into_iter().partition(|one| one.automation_id == detail.delivery.automation_id);
    let title = match detail.delivery.state {
        DeliveryState::Skipped => "Why it was skipped",
        _ => "Why it fired",
    };
    view! {
        <section class="section" aria-label=title>
            <div class="section-head">
                <h2>{title}</h2>
                <p>"What the automation saw when the event came in. Every part had to hold."</p>
            </div>
            <div class="board">
                <TraceTable label=title event=detail.event evaluation=own.into_iter().next() />
                {(!others.is_empty()).then(|| others_view(others))}
            </div>
        </section>
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
        let name = one.automation_name.clone();
        view! {
            <li>
                <span class="row-title">{name}</span>
                <VerdictStatus evaluation=one />
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
