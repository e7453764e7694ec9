//! Deliveries: list, detail, redeliver, stop.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hookboard_api::account::Role;
use hookboard_api::delivery::{Delivery, DeliveryDetail, DeliveryState, OutcomeCode, Redeliver};
use hookboard_api::list::List;
use hookboard_api::problem::Problem;
use hookboard_api::stream::Topic;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::automations::place_of;
use super::extract::{OptionalBody, Params, Segments};
use super::paging::Paging;
use crate::app::App;
use crate::clock;
use crate::db::{Page, deliveries};
use crate::failure::Failure;

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
    /// Of the automation of this id.
    automation: Option<String>,
    /// To the webhook of this id.
    webhook: Option<String>,
    /// In one of these states, separated by commas.
    state: Option<String>,
    /// With this outcome code.
    outcome: Option<OutcomeCode>,
    /// Matched since, RFC 3339.
    since: Option<String>,
}

async fn wanted(app: &App, team: &Team, filter: Filter) -> Result<deliveries::Wanted, Failure> {
    let mut states = Vec::new();
    for word in filter.state.iter().flat_map(|list| list.split(',')).filter(|word| !word.is_empty()) {
        states.push(DeliveryState::parse(word).ok_or_else(|| {
            let known = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
            Failure::parameter("state", format!("There is no state \"{word}\". Use some of {known}."))
        })?);
    }
    let since = filter.since.map(|text| clock::parse_ms(&text)).transpose();
    let since = since.map_err(|fault| Failure::parameter("since", fault.to_string()))?.map(clock::text);
    let place = place_of(app, team, filter.registry.as_ref(), filter.project.as_ref()).await?;
    Ok(deliveries::Wanted {
        place_id: place.map(|place| place.id),
        collection: filter.collection,
        automation: filter.automation,
        webhook: filter.webhook,
        states,
        outcome: filter.outcome,
        since,
    })
}

/// Deliveries of a team, newest first; matches that were skipped or only recorded included.
#[utoipa::path(get, path = "/entities/{entity}/deliveries", tag = "deliveries", params(("entity" = String, Path), Filter, Paging),
    responses((status = 200, body = List<Delivery>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(filter): Params<Filter>,
    page: Page,
) -> Result<Json<List<Delivery>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let wanted = wanted(&app, &team, filter).await?;
    Ok(Json(deliveries::list(app.db(), &team.id, &wanted, &page).await?))
}

/// How many deliveries are in a state.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StateCount {
    state: DeliveryState,
    count: u64,
}

/// How many deliveries of the list are in each state.
#[utoipa::path(get, path = "/entities/{entity}/deliveries/counts", tag = "deliveries", params(("entity" = String, Path), Filter),
    responses((status = 200, body = List<StateCount>)))]
pub(super) async fn counts(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(filter): Params<Filter>,
) -> Result<Json<List<StateCount>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let wanted = wanted(&app, &team, filter).await?;
    let counts = deliveries::counts(app.db(), &team.id, &wanted).await?;
    Ok(Json(List::whole(counts.into_iter().map(|(state, count)| StateCount { state, count }).collect())))
}

/// One delivery with its attempts, its event and why it fired.
#[utoipa::path(get, path = "/entities/{entity}/deliveries/{id}", tag = "deliveries", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = DeliveryDetail), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Json<DeliveryDetail>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(deliveries::detail(app.db(), &team.id, &id).await?))
}

/// Send a delivery again: the same id, a new attempt, the original bytes or rendered anew.
#[utoipa::path(post, path = "/entities/{entity}/deliveries/{id}/redeliver", tag = "deliveries", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = Redeliver, responses((status = 202), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    OptionalBody(Redeliver { render }): OptionalBody<Redeliver>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Member).await?;
    let mut tx = app.db().begin().await?;
    deliveries::redeliver(&mut tx, &team.id, &id, render).await?;
    tx.commit().await?;
    app.wake().notify_one();
    app.changed(Topic::Delivery, &team.name, Some(&id));
    Ok(StatusCode::ACCEPTED)
}

/// Stop retrying a delivery.
#[utoipa::path(post, path = "/entities/{entity}/deliveries/{id}/cancel", tag = "deliveries", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Member).await?;
    let mut tx = app.db().begin().await?;
    deliveries::cancel(&mut tx, &team.id, &id).await?;
    tx.commit().await?;
    app.changed(Topic::Delivery, &team.name, Some(&id));
    Ok(StatusCode::NO_CONTENT)
}
