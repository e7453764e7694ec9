//! One event: what it carried, and why each automation of its scope did or did not fire.

use hookboard_api::{
    delivery::{Evaluation, EventDetail},
    event::{Event, event_spec},
    scope::PlaceKind,
    sentence::subject_words,
};
use leptos::prelude::*;

use crate::{
    client::{calls, use_client},
    route::{Place, Route, use_router},
    ui::{
        code::CodeBlock,
        dates::{Style, When},
        feedback::{Empty, LoadError, SkeletonRows},
        focus::Heading,
        format::counted,
        icon::{Glyph, Icon},
        time::Ago,
        trace::{TraceTable, VerdictStatus},
    },
};

/// The page of one event.
#[component]
pub fn EventPage(
    /// The team's name.
    entity: String,
    /// The event's id.
    id: String,
) -> impl IntoView {
    let client = use_client();
    let path = calls::event(&entity, &id);
    let found = client.query::<EventDetail>({
        let path = path.clone();
        move || Some(path.clone())
    });
    view! {
        <div class="page">
            {live(move || {
                let remote = found.get();
                match (remote.value, remote.error) {
                    (Some(detail), _) => view! { <Loaded detail=(*detail).clone() /> }.into_any(),
                    (None, Some(error)) if error.is_missing() => {
                        view! {
                            <Heading hidden=true>"Event"</Heading>
                            <Empty title="This event is not there" text="It is older than what is kept, or you may not see it." />
                        }
                            .into_any()
                    }
                    (None, Some(error)) => {
                        let path = path.clone();
                        view! {
                            <Heading hidden=true>"Event"</Heading>
                            <LoadError what="The event" why=error.words() on_retry=move || client.refresh(&path) />
                        }
                            .into_any()
                    }
                    (None, None) => {
                        view! {
                            <Heading hidden=true>"Event"</Heading>
                            <SkeletonRows label="Loading the event" />
                        }
                            .into_any()
                    }
                }
            })}
        </div>
    }
}

#[component]
fn Loaded(detail: EventDetail) -> impl IntoView {
    let router = use_router();
    let EventDetail { event, evaluations } = detail;
    let subject = event.subject.clone();
    let place = Place { entity: subject.entity.clone(), kind: subject.kind, name: subject.name.clone() };
    let where_to = subject.collection.as_ref().map_or_else(
        || Route::Place(place.clone(), place.first_tab()),
        |collection| Route::Collection(place.clone(), collection.clone()),
    );
    let place_words = match subject.kind {
        PlaceKind::Registry => format!("Registry {}", subject.name),
        PlaceKind::Project => format!("Project {}", subject.name),
    };
    let author = event.values.get("event_author").and_then(|value| value.as_str().map(str::to_owned));
    let values = serde_json::to_string_pretty(&event.values).unwrap_or_default();
    view! {
        <div class="page-head">
            <div class="page-head__text">
                <Heading>{event_spec(event.event_type).title}</Heading>
                <p class="page-head__note dots">
                    <span>
                        <a href=router.href(&where_to)>{subject_words(&subject)}</a>
                    </span>
                    <span>{place_words}</span>
                    <span>{author.unwrap_or_else(|| "No author".to_owned())}</span>
                    <span>
                        <When at=event.occurred_at.clone() style=Style::Full />
                        " (" <Ago at=event.occurred_at.clone() /> ")"
                    </span>
                    <span>{format!("from {}", event.source)}</span>
                </p>
            </div>
        </div>
        <Verdicts event=event.clone() evaluations=evaluations place=place />
        <section class="section" aria-label="What it carried">
            <div class="section-head">
                <h2>"What it carried"</h2>
                <p>"The values that conditions and payloads read."</p>
            </div>
            <CodeBlock label="Values of the event" text=values />
        </section>
    }
}

/// Why each did or did not fire.
#[component]
fn Verdicts(event: Event, evaluations: Vec<Evaluation>, place: Place) -> impl IntoView {
    let router = use_router();
    let fired = evaluations.iter().filter(|one| one.matched).count();
    let summary = match (evaluations.len(), fired) {
        (0, _) => "No automation watched this event when it came in.".to_owned(),
        (all, fired) => {
            format!("{} saw it, {fired} fired.", counted(all as u64, "automation", "automations"))
        }
    };
    let item = move |one: Evaluation| {
        let automation = router.href(&Route::Automation(place.clone(), one.automation_id.clone()));
        let delivery = one.delivery_id.clone().map(|id| {
            let href = router.href(&Route::Delivery { entity: place.entity.clone(), id });
            view! { <a href=href>"Its delivery"</a> }
        });
        let (name, matched) = (one.automation_name.clone(), one.matched);
        view! {
            <details class="disclosure verdict" open=!matched>
                <summary>
                    <Icon glyph=Glyph::ChevronRight />
                    <span class="row-title">{name.clone()}</span>
                    <VerdictStatus evaluation=one.clone() />
                </summary>
                <TraceTable label="What it saw" event=event.clone() evaluation=Some(one) />
                <p class="board__note row row-wrap">
                    <a href=automation>{format!("Automation “{name}”")}</a>
                    {delivery}
                </p>
            </details>
        }
    };
    view! {
        <section class="section section--first" aria-label="Why it did or did not fire">
            <div class="section-head">
                <h2>"Why it did or did not fire"</h2>
                <p>{summary}</p>
            </div>
            {(!evaluations.is_empty())
                .then(|| view! { <div class="board">{evaluations.into_iter().map(item).collect_view()}</div> })}
        </section>
    }
}
