//! Why an automation did not fire: the events of its scope that it passed over.

use hookboard_api::{automation::Automation, delivery::Judged, event::event_spec, list::List, sentence::subject_words};
use leptos::prelude::*;

use crate::{
    client::{ApiError, calls, use_client},
    route::{Route, use_router},
    ui::{
        feedback::SkeletonRows,
        icon::{Glyph, Icon},
        time::Ago,
        trace::{TraceTable, VerdictStatus},
    },
};

/// How many are told.
const SHOWN: &str = "8";

/// The newest events it passed over, each with what decided.
#[component]
pub(super) fn PassedOver(
    /// The automation as it is now.
    automation: Memo<Automation>,
    /// The team's name.
    entity: String,
) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let id = automation.with_untracked(|automation| automation.id.clone());
    let path = calls::automation(&entity, &id, &format!("/evaluations?passed=true&limit={SHOWN}"));
    let list = client.query::<List<Judged>>(move || Some(path.clone()));
    let count = Memo::new(move |_| list.with(|list| list.value.as_ref().map(|list| list.items.len())));
    let failed = Memo::new(move |_| list.with(|list| list.error.as_ref().map(ApiError::words)));
    // Told apart by their events, so that one that is open stays open while newer ones come.
    let item = move |judged: Judged| {
        let Judged { event, evaluation } = judged;
        let href = router.href(&Route::Event { entity: entity.clone(), id: event.id.clone() });
        let what = format!("{}: {}", event_spec(event.event_type).title, subject_words(&event.subject));
        view! {
            <details class="disclosure verdict">
                <summary>
                    <Icon glyph=Glyph::ChevronRight />
                    <span class="truncate">{what}</span>
                    <span class="muted nowrap">
                        <Ago at=event.occurred_at.clone() />
                    </span>
                    <VerdictStatus evaluation=evaluation.clone() />
                </summary>
                <TraceTable label="What it saw" event=event evaluation=Some(evaluation) />
                <p class="board__note">
                    <a href=href>"The event, and what other automations made of it"</a>
                </p>
            </details>
        }
    };
    view! {
        <section class="section" aria-label="Why it did not fire">
            <div class="section-head">
                <h2>"Why it did not fire"</h2>
                <p>"The newest events that it looked at and passed over, with the part that decided."</p>
            </div>
            <div class="board">
                {live(move || match (count.get(), failed.get()) {
                    (Some(0), _) => {
                        view! { <p class="board__note muted">"None. It fired on every event that it looked at, or there was none."</p> }
                            .into_any()
                    }
                    (Some(_), _) => ().into_any(),
                    (None, Some(words)) => view! { <p class="board__note">{words}</p> }.into_any(),
                    (None, None) => view! { <SkeletonRows label="Loading events" /> }.into_any(),
                })}
                <For
                    each=move || list.with(|list| list.value.as_ref().map(|list| list.items.clone())).unwrap_or_default()
                    key=|judged| judged.event.id.clone()
                    children=item
                />
            </div>
        </section>
    }
}
