//! Deliveries: list, detail, redeliver, stop.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hookboard_api::account::Role;
use hookboard_api::audit::{AuditAction, AuditKind};
use hookboard_api::delivery::{
    Delivery, DeliveryDetail, DeliveryFilter, DeliveryState, OutcomeCode, Redeliver, RedeliverMany, RedeliveredMany,
};
use hookboard_api::limits::MAX_REDELIVERIES;
use hookboard_api::list::List;
use hookboard_api::problem::Problem;
use hookboard_api::stream::Topic;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::automations::place_of;
use super::extract::{Body, OptionalBody, Params, Segments, time};
use super::paging::Paging;
use crate::app::App;
use crate::db::Page;
use crate::db::audit::Change;
use crate::db::deliveries::{self, Chosen};
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
    /// Matched at this time or later, RFC 3339.
    since: Option<String>,
    /// Matched before this time, RFC 3339.
    until: Option<String>,
}

impl From<DeliveryFilter> for Filter {
    fn from(filter: DeliveryFilter) -> Self {
        let DeliveryFilter { registry, project, collection, automation, webhook, state, outcome, since, until } =
            filter;
        let state = state.or_else(|| Some(DeliveryState::Failed.as_str().to_owned()));
        Self { registry, project, collection, automation, webhook, state, outcome, since, until }
    }
}

async fn wanted(app: &App, team: &Team, filter: Filter) -> Result<deliveries::Wanted, Failure> {
    let mut states = Vec::new();
    for word in filter.state.iter().flat_map(|list| list.split(',')).filter(|word| !word.is_empty()) {
        states.push(DeliveryState::parse(word).ok_or_else(|| {
            let known = DeliveryState::ALL.map(DeliveryState::as_str).join(", ");
            Failure::parameter("state", format!("There is no state \"{word}\". Use some of {known}."))
        })?);
    }
    let (since, until) = (time("since", filter.since)?, time("until", filter.until)?);
    let place = place_of(app, team, filter.registry.as_ref(), filter.project.as_ref()).await?;
    Ok(deliveries::Wanted {
        place_id: place.map(|place| place.id),
        collection: filter.collection,
        automation: filter.automation,
        webhook: filter.webhook,
        states,
        outcome: filter.outcome,
        since,
        until,
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
    let name = deliveries::redeliver(&mut tx, &team.id, &id, render).await?;
    let change = Change::new(AuditAction::Redelivered, AuditKind::Delivery, Some(&id), &name);
    team.audit(&mut tx, change.after(&json!({ "render": render }))?).await?;
    tx.commit().await?;
    app.wake().notify_one();
    app.changed(Topic::Delivery, &team.name, Some(&id));
    Ok(StatusCode::ACCEPTED)
}

/// Send many deliveries again, oldest first, those to one webhook 20 ms apart: by their ids, or all failed
/// ones that a filter shows. With `dry_run`, only say how many that are.
#[utoipa::path(post, path = "/entities/{entity}/deliveries/redeliver", tag = "deliveries", params(("entity" = String, Path)),
    request_body = RedeliverMany, responses((status = 200, body = RedeliveredMany), (status = 422, body = Problem)))]
pub(super) async fn redeliver_many(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(request): Body<RedeliverMany>,
) -> Result<Json<RedeliveredMany>, Failure> {
    let team = caller.team(&app, &entity, Role::Member).await?;
    let RedeliverMany { ids, filter, render, dry_run } = request;
    let told = filter.clone();
    let (chosen, pointer) = match (ids, filter) {
        (Some(mut ids), None) => {
            ids.sort_unstable();
            ids.dedup();
            if ids.len() > MAX_REDELIVERIES {
                return Err(too_many("/ids", ids.len() as u64));
            }
            (Chosen::Ids(ids), "/ids")
        }
        (None, Some(filter)) => {
            // A list without a state is one of every state, which is no default for sending again.
            if filter.state.as_deref().is_some_and(|list| list.split(',').all(str::is_empty)) {
                let words = "Name the states to send again, such as failed, or leave this out: then it is failed.";
                return Err(Failure::field("/filter/state", "required", words));
            }
            let wanted = wanted(&app, &team, filter.into()).await.map_err(in_filter)?;
            (Chosen::Listed(Box::new(wanted)), "/filter")
        }
        _ => return Err(Failure::field("", "required", "Give either the ids of deliveries or a filter.")),
    };
    if dry_run {
        let mut connection = app.db().read().acquire().await?;
        let answer = deliveries::redeliverable(&mut connection, &team.id, &chosen, render).await?;
        return few_enough(answer, pointer).map(Json);
    }
    let mut tx = app.db().begin().await?;
    let answer = few_enough(deliveries::redeliverable(&mut tx, &team.id, &chosen, render).await?, pointer)?;
    if answer.count > 0 {
        deliveries::redeliver_many(&mut tx, &team.id, &chosen, render).await?;
        let name = if answer.count == 1 { String::from("1 delivery") } else { format!("{} deliveries", answer.count) };
        let webhooks: Vec<&str> = answer.webhooks.iter().map(|webhook| webhook.name.as_str()).collect();
        let change = Change::new(AuditAction::Redelivered, AuditKind::Delivery, None, &name);
        let fields = json!({ "count": answer.count, "render": render, "webhooks": webhooks, "filter": told });
        team.audit(&mut tx, change.after(&fields)?).await?;
        tx.commit().await?;
        app.wake().notify_one();
        app.changed(Topic::Delivery, &team.name, None);
    }
    Ok(Json(answer))
}

fn few_enough(answer: RedeliveredMany, pointer: &str) -> Result<RedeliveredMany, Failure> {
    if answer.count > MAX_REDELIVERIES as u64 { Err(too_many(pointer, answer.count)) } else { Ok(answer) }
}

fn too_many(pointer: &str, count: u64) -> Failure {
    let words = format!(
        "These are {count} deliveries; {MAX_REDELIVERIES} can be sent again in one call. Narrow them by time, webhook or automation."
    );
    Failure::field(pointer, "too_many", words)
}

/// A fault of a query parameter, where the parameters are members of `filter` in a body.
fn in_filter(failure: Failure) -> Failure {
    match failure.under("/filter") {
        Failure::Problem(problem) if !problem.errors.is_empty() => Problem::invalid(problem.errors).into(),
        other => other,
    }
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
    let name = deliveries::cancel(&mut tx, &team.id, &id).await?;
    team.audit(&mut tx, Change::new(AuditAction::Canceled, AuditKind::Delivery, Some(&id), &name)).await?;
    tx.commit().await?;
    app.changed(Topic::Delivery, &team.name, Some(&id));
    Ok(StatusCode::NO_CONTENT)
}
