//! What wants somebody's attention.

use axum::Json;
use axum::extract::State;
use hookboard_api::account::Role;
use hookboard_api::attention::Attention;

use super::auth::Caller;
use super::extract::Segments;
use crate::app::App;
use crate::db::attention;
use crate::failure::Failure;

/// What wants somebody's attention in a team: webhooks that do not deliver, automations that fail or never
/// match, and how the last day went.
#[utoipa::path(get, path = "/entities/{entity}/attention", tag = "attention", params(("entity" = String, Path)),
    responses((status = 200, body = Attention)))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<Attention>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(attention::of(app.db(), &team.id).await?))
}
