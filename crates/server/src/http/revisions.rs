//! What an automation was, save by save, and back to it.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use hookboard_api::account::Role;
use hookboard_api::automation::{Automation, Revision};
use hookboard_api::list::List;
use hookboard_api::problem::Problem;

use super::auth::Caller;
use super::automations::{after_change, save};
use super::extract::{Segments, check_revision, tagged};
use super::lent::tell_owners;
use crate::app::App;
use crate::db::automations;
use crate::failure::Failure;

/// What an automation was, newest first: each time it was made or saved. Saving one of these drafts again
/// restores it.
#[utoipa::path(get, path = "/entities/{entity}/automations/{id}/revisions", tag = "automations", operation_id = "revisions",
    params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = List<Revision>), (status = 404, body = Problem)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Json<List<Revision>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let mut connection = app.db().read().acquire().await?;
    automations::get(&mut connection, &team.id, &id).await?;
    Ok(Json(List::whole(automations::revisions(&mut connection, &id).await?)))
}

/// Save what an automation was at a revision once more, as its newest. Whether it is enabled stays as it is.
#[utoipa::path(post, path = "/entities/{entity}/automations/{id}/revisions/{revision}/restore", tag = "automations",
    params(("entity" = String, Path), ("id" = String, Path), ("revision" = u32, Path)),
    responses((status = 200, body = Automation), (status = 404, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn restore(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id, revision)): Segments<(String, String, u32)>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let current = automations::get(&mut tx, &team.id, &id).await?;
    check_revision(&headers, current.revision, "automation")?;
    let then = automations::revision(&mut tx, &id, revision).await?;
    let mut draft = then.ok_or_else(|| Failure::not_found("revision"))?;
    draft.enabled = current.enabled;
    let automation = save(&mut tx, &team, &current, &draft).await?;
    tx.commit().await?;
    after_change(&app, &team, &id);
    tell_owners(&app, &team, &[&current.action, &automation.action]).await;
    Ok(tagged(automation.revision, automation))
}
