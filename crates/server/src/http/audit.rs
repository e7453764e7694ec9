//! The audit log: who changed what.

use axum::Json;
use axum::extract::State;
use hookboard_api::account::Role;
use hookboard_api::audit::{AuditEntry, AuditKind};
use hookboard_api::list::List;
use serde::Deserialize;
use utoipa::IntoParams;

use super::auth::Caller;
use super::extract::{Params, Segments, time};
use super::paging::Paging;
use crate::app::App;
use crate::db::{Page, audit};
use crate::failure::Failure;

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// By the user of this name.
    actor: Option<String>,
    /// Of things of this kind.
    kind: Option<AuditKind>,
    /// Of the thing with this id or name.
    target: Option<String>,
    /// At this time or later, RFC 3339.
    since: Option<String>,
}

/// Changes that people made to a team, newest first. Values of secrets are in none of them.
#[utoipa::path(get, path = "/entities/{entity}/audit", tag = "audit", params(("entity" = String, Path), Filter, Paging),
    responses((status = 200, body = List<AuditEntry>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(Filter { actor, kind, target, since }): Params<Filter>,
    page: Page,
) -> Result<Json<List<AuditEntry>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let wanted = audit::Wanted { actor, kind, target, since: time("since", since)? };
    Ok(Json(audit::list(app.db(), &team.id, &wanted, &page).await?))
}
