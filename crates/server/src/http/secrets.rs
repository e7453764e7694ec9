//! Secrets: list, put, delete.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hookboard_api::account::Role;
use hookboard_api::audit::{AuditAction, AuditKind};
use hookboard_api::list::List;
use hookboard_api::problem::Problem;
use hookboard_api::secret::{Secret, SecretValue, check_name};
use hookboard_api::stream::Topic;
use hookboard_template::MASK;
use serde_json::json;

use super::auth::Caller;
use super::extract::{Body, Segments};
use crate::app::App;
use crate::db::audit::Change;
use crate::db::secrets;
use crate::failure::Failure;

/// Secrets of a team: names and where they are used, never a value.
#[utoipa::path(get, path = "/entities/{entity}/secrets", tag = "secrets", params(("entity" = String, Path)),
    responses((status = 200, body = List<Secret>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Secret>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(secrets::list(app.db(), &team.id).await?)))
}

/// Write a secret's value. A replaced one goes on signing for 24 hours beside the new one.
#[utoipa::path(put, path = "/entities/{entity}/secrets/{name}", tag = "secrets", params(("entity" = String, Path), ("name" = String, Path)),
    request_body = SecretValue, responses((status = 201, description = "Made"), (status = 204, description = "Replaced"), (status = 422, body = Problem)))]
pub(super) async fn put(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, name)): Segments<(String, String)>,
    Body(value): Body<SecretValue>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let errors: Vec<_> = [check_name(&name, "/name"), value.check()].into_iter().flatten().collect();
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let mut tx = app.db().begin().await?;
    let is_new = secrets::put(&mut tx, app.seal(), &team.id, &name, &value.value, &team.user).await?;
    let action = if is_new { AuditAction::Created } else { AuditAction::Changed };
    let change = Change::new(action, AuditKind::Secret, Some(&name), &name);
    team.audit(&mut tx, change.after(&json!({ "value": MASK }))?).await?;
    tx.commit().await?;
    app.changed(Topic::Secret, &team.name, Some(&name));
    Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// Delete a secret. Refused with the list of users while one is left.
#[utoipa::path(delete, path = "/entities/{entity}/secrets/{name}", tag = "secrets", params(("entity" = String, Path), ("name" = String, Path)),
    responses((status = 204), (status = 409, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, name)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    secrets::delete(&mut tx, &team.id, &name).await?;
    team.audit(&mut tx, Change::deleted(AuditKind::Secret, &name, &name)).await?;
    tx.commit().await?;
    app.changed(Topic::Secret, &team.name, Some(&name));
    Ok(StatusCode::NO_CONTENT)
}
