//! What would have fired, beside the form.

use std::sync::Arc;

use hookboard_api::{event::Event, sentence::subject_words};
use leptos::prelude::*;

use super::{draft::subject, past::Past, state::Wizard};
use crate::{
    client::calls,
    ui::{
        feedback::LoadError,
        icon::{Glyph, Icon},
        ids::new_id,
        time::Ago,
    },
};

/// Events listed at most, of each kind.
const MATCHED: usize = 6;
/// Near misses listed at most.
const NEAR: usize = 4;

/// Past events, as the condition sees them.
#[component]
pub(super) fn OnThePast(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let id = new_id();
    let labelled = id.clone();
    let client = crate::client::use_client();
    let metric = wizard.part(|draft| draft.event.is_run_metric());
    let list = move || {
        let pending = wizard.events().with(crate::client::Remote::is_pending);
        if let Some(error) = wizard.events().with(|events| events.error.clone()) {
            let retry = move || {
                let entity = wizard.place().entity;
                client.changed(&calls::team(&entity, "events"));
            };
            return view! { <LoadError what="Past events" why=error.words() on_retry=retry /> }.into_any();
        }
        if pending {
            return view! { <p class="figure muted">"Looking at past events…"</p> }.into_any();
        }
        let Past { matched, near, seen } = wizard.past().get();
        let hits = matched.len();
        let capped = seen >= 200;
        view! {
            <p class="figure" role="status">
                <b>{hits}</b>
                {match (seen, capped) {
                    (0, _) => "would have fired: there is no such event yet".to_owned(),
                    (_, true) => format!("would have fired, of the last {seen} events"),
                    (1, _) => "would have fired, of 1 event".to_owned(),
                    _ => format!("would have fired, of {seen} events"),
                }}
            </p>
            <ul class="mini" role="list" aria-label="Would have fired">
                {matched.into_iter().take(MATCHED).map(|event| hit(&event)).collect_view()}
            </ul>
            {(!near.is_empty())
                .then(|| {
                    view! {
                        <h3 class="mini__group">{format!("Near misses, {}", near.len())}</h3>
                        <ul class="mini" role="list" aria-label="Near misses">
                            {near.into_iter().take(NEAR).map(|(event, why)| miss(&event, why)).collect_view()}
                        </ul>
                    }
                })}
        }
        .into_any()
    };
    view! {
        <section class="board" aria-labelledby=labelled>
            <div class="board__head">
                <h2 id=id>"On the past"</h2>
            </div>
            {live(list)}
            {live(move || {
                metric
                    .get()
                    .then(|| {
                        view! {
                            <div class="board__foot">
                                "Metric conditions are looked at as points arrive. Past points are not looked at again."
                            </div>
                        }
                    })
            })}
        </section>
    }
}

fn hit(event: &Arc<Event>) -> impl IntoView + use<> {
    let author = event.values.get("event_author").and_then(|author| author.as_str()).unwrap_or_default();
    view! {
        <li>
            {head(event)}
            <span class="cell-sub">{if author.is_empty() { String::new() } else { format!("by {author}") }}</span>
        </li>
    }
}

fn miss(event: &Arc<Event>, why: String) -> impl IntoView + use<> {
    view! {
        <li>
            {head(event)}
            <span class="status small muted">
                <Icon glyph=Glyph::X />
                <span>{why}</span>
            </span>
        </li>
    }
}

fn head(event: &Arc<Event>) -> AnyView {
    let name = match event.values.get("run_name").and_then(|name| name.as_str()) {
        Some(run) => run.to_owned(),
        None => subject_words(&event.subject),
    };
    let of_event = subject(event.event_type).and_then(|path| event.values.get(path)?.as_str().map(str::to_owned));
    let glyph = if event.event_type.is_tag() { Glyph::Tag } else { Glyph::Alias };
    view! {
        <span>
            {name} " "
            {of_event
                .map(|text| {
                    view! {
                        <span class="chip">
                            <Icon glyph=glyph />
                            {text}
                        </span>
                    }
                })}
        </span>
        <span class="mini__end nowrap">
            <Ago at=event.occurred_at.clone() />
        </span>
    }
    .into_any()
}
