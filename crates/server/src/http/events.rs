//! Events: sent in, listed, and why each automation did or did not fire.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_api::delivery::EventDetail;
use hookboard_api::event::{AcceptedEvents, Event, NewEvents};
use hookboard_api::list::List;
use hookboard_api::problem::{FieldError, Problem};
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::Caller;
use super::automations::place_of;
use super::extract::{Params, Segments, bytes};
use super::ingest;
use super::paging::Paging;
use crate::accept::News;
use crate::app::App;
use crate::db::{Page, accounts, catalogue, events};
use crate::failure::Failure;

/// Send one event, or up to 500 together. They are accepted together or not at all; the answer comes
/// when they are durable.
#[utoipa::path(post, path = "/events", tag = "events", request_body = NewEvents,
    responses((status = 202, body = AcceptedEvents), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn post(
    State(app): State<App>,
    Caller(user): Caller,
    request: Request,
) -> Result<(StatusCode, Json<AcceptedEvents>), Failure> {
    let body = bytes(request, &app).await?;
    let sent = ingest::read(&body)?;
    let pointers: Vec<String> = (0..sent.events.len()).map(|index| sent.pointer(index)).collect();
    let mut errors = Vec::new();
    let mut taken = Vec::with_capacity(sent.events.len());
    for (event, at) in sent.events.into_iter().zip(pointers) {
        let mut faults = ingest::faults(&event);
        if faults.is_empty() {
            let subject = &event.subject;
            match accounts::membership(app.db(), &user.id, &subject.entity).await? {
                Some((entity_id, role)) if role >= Role::Member => {
                    match catalogue::place(app.db(), &entity_id, subject.kind, &subject.name).await {
                        Ok(place) => taken.push((place, event)),
                        Err(failure) if failure.is_not_found() => faults.push(FieldError::new(
                            "/subject/name",
                            "unknown_place",
                            format!(
                                "There is no {} \"{}\" in {}. Create it first.",
                                subject.kind.as_str(),
                                subject.name,
                                subject.entity
                            ),
                        )),
                        Err(other) => return Err(other),
                    }
                }
                Some((_, role)) => return Err(Failure::role(Role::Member, role, &subject.entity)),
                None => faults.push(FieldError::new(
                    "/subject/entity",
                    "unknown_team",
                    format!("There is no team \"{}\", or you are not in it.", subject.entity),
                )),
            }
        }
        errors.extend(faults.into_iter().map(|error| error.under(&at)));
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let news = News::Events { events: taken, source: "api", user: user.name };
    Ok((StatusCode::ACCEPTED, Json(AcceptedEvents { events: app.take(news).await? })))
}

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// In this registry.
    registry: Option<String>,
    /// In this project.
    project: Option<String>,
    /// In this collection.
    collection: Option<String>,
    /// Of this type.
    #[param(value_type = Option<String>)]
    r#type: Option<EventType>,
}

/// Events of a team, newest first.
#[utoipa::path(get, path = "/entities/{entity}/events", tag = "events", params(("entity" = String, Path), Filter, Paging),
    responses((status = 200, body = List<Event>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(filter): Params<Filter>,
    page: Page,
) -> Result<Json<List<Event>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let place = place_of(&app, &team, filter.registry.as_ref(), filter.project.as_ref()).await?;
    let wanted =
        events::Wanted { place_id: place.map(|place| place.id), collection: filter.collection, event: filter.r#type };
    Ok(Json(events::list(app.db(), &team.id, &wanted, &page).await?))
}

/// One event, with what every automation of its scope made of it.
#[utoipa::path(get, path = "/entities/{entity}/events/{id}", tag = "events", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = EventDetail), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Json<EventDetail>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(events::detail(app.db(), &team.id, &id).await?))
}
