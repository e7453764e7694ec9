//! Signing in, who am I, members and keys.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hookboard_api::account::{Key, KeyDraft, Me, Member, NewKey, Role, SignIn, SignedIn};
use hookboard_api::limits::MAX_NAME;
use hookboard_api::list::List;
use hookboard_api::name::check_name;
use hookboard_api::problem::{Problem, ProblemCode};

use super::auth::Caller;
use super::extract::{Body, Segments};
use crate::app::App;
use crate::db::accounts;
use crate::failure::Failure;

/// Trade the code of a sign-in link for a key. A code works once.
#[utoipa::path(post, path = "/sign-in", tag = "account", request_body = SignIn, security(()),
    responses((status = 200, body = SignedIn), (status = 401, body = Problem)))]
pub(super) async fn sign_in(
    State(app): State<App>,
    Body(SignIn { code }): Body<SignIn>,
) -> Result<Json<SignedIn>, Failure> {
    let key = accounts::trade_code(app.db(), &code).await?.ok_or_else(|| {
        Failure::new(
            ProblemCode::Unauthorized,
            "This sign-in link was used already or has ended. Take a fresh one from the server: it prints one at each start.",
        )
    })?;
    Ok(Json(SignedIn { key }))
}

/// The caller, with roles.
#[utoipa::path(get, path = "/me", tag = "account", responses((status = 200, body = Me)))]
pub(super) async fn me(State(app): State<App>, Caller(user): Caller) -> Result<Json<Me>, Failure> {
    let entities = accounts::memberships(app.db(), &user.id).await?;
    Ok(Json(Me {
        user: user.name,
        entities,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        retain_days: app.settings().retain,
    }))
}

/// Members of a team.
#[utoipa::path(get, path = "/entities/{entity}/members", tag = "account", params(("entity" = String, Path)),
    responses((status = 200, body = List<Member>)))]
pub(super) async fn members(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Member>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(accounts::members(app.db(), &team.id).await?)))
}

/// Keys of a team's members.
#[utoipa::path(get, path = "/entities/{entity}/keys", tag = "account", params(("entity" = String, Path)),
    responses((status = 200, body = List<Key>)))]
pub(super) async fn list_keys(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Key>>, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    Ok(Json(List::whole(accounts::keys(app.db(), &team.id).await?)))
}

/// Make a key for yourself. The answer is the only place that ever shows it.
#[utoipa::path(post, path = "/entities/{entity}/keys", tag = "account", params(("entity" = String, Path)), request_body = KeyDraft,
    responses((status = 201, body = NewKey), (status = 422, body = Problem)))]
pub(super) async fn create_key(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(draft): Body<KeyDraft>,
) -> Result<(StatusCode, Json<NewKey>), Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    if let Some(fault) = check_name(&draft.name, MAX_NAME, "/name") {
        return Err(Problem::invalid(vec![fault]).into());
    }
    let mut tx = app.db().begin().await?;
    let key = accounts::new_key(&mut tx, &team.user_id, &draft.name).await?;
    tx.commit().await.map_err(Failure::from)?;
    Ok((StatusCode::CREATED, Json(key)))
}

/// Revoke a key. It stops working at once.
#[utoipa::path(delete, path = "/entities/{entity}/keys/{id}", tag = "account", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn revoke_key(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    if accounts::revoke_key(app.db(), &team.id, &id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Failure::not_found("key"))
    }
}
