//! Sources: MLflow webhooks that feed a registry.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use hookboard_api::account::Role;
use hookboard_api::event::AcceptedEvents;
use hookboard_api::limits::MAX_NAME;
use hookboard_api::list::List;
use hookboard_api::name::check_name;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::scope::PlaceKind;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::auth::Caller;
use super::extract::{Body, Segments, bytes, read};
use crate::accept::News;
use crate::app::App;
use crate::clock;
use crate::db::catalogue;
use crate::failure::Failure;
use crate::mlflow::{self, Message, Vouchers};

/// A source.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub(super) struct Source {
    /// `UUIDv7`.
    id: String,
    /// Its name; the author of its events.
    name: String,
    /// The registry or project it feeds.
    place: String,
    /// The secret its messages are signed with.
    secret: String,
    /// Path to point the MLflow webhook at.
    path: String,
    /// Messages taken.
    received: u32,
    /// Of these, messages that mean nothing here.
    ignored: u32,
    /// When the last one came.
    last_at: Option<String>,
}

/// A source to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceDraft {
    /// Its name; the author of its events.
    name: String,
    /// The registry it feeds.
    registry: String,
    /// Name of the secret that the MLflow webhook signs with.
    secret: String,
}

/// Sources of a team.
#[utoipa::path(get, path = "/entities/{entity}/sources", tag = "sources", params(("entity" = String, Path)), responses((status = 200, body = List<Source>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Source>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(rows(&app, &team.id).await?)))
}

async fn rows(app: &App, entity_id: &str) -> Result<Vec<Source>, Failure> {
    Ok(sqlx::query_as(
        "SELECT sources.id, sources.name, places.name AS place, secrets.name AS secret, '/api/v1/sources/mlflow/' || sources.id AS path, received, ignored, last_at \
         FROM sources JOIN places ON places.id = sources.place_id JOIN secrets ON secrets.id = sources.secret_id WHERE places.entity_id = ? ORDER BY sources.id",
    )
    .bind(entity_id)
    .fetch_all(app.db().read())
    .await?)
}

/// Make a source for an MLflow server's webhooks.
#[utoipa::path(post, path = "/entities/{entity}/sources", tag = "sources", params(("entity" = String, Path)), request_body = SourceDraft,
    responses((status = 201, body = Source), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(draft): Body<SourceDraft>,
) -> Result<(StatusCode, Json<Source>), Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    if let Some(fault) = check_name(&draft.name, MAX_NAME, "/name") {
        return Err(Problem::invalid(vec![fault]).into());
    }
    let place = catalogue::place(app.db(), &team.id, PlaceKind::Registry, &draft.registry).await.map_err(|_| {
        Failure::field(
            "/registry",
            "unknown_place",
            format!("There is no registry \"{}\". Create it first.", draft.registry),
        )
    })?;
    let secret: Option<(String,)> = sqlx::query_as("SELECT id FROM secrets WHERE entity_id = ? AND name = ?")
        .bind(&team.id)
        .bind(&draft.secret)
        .fetch_optional(app.db().read())
        .await?;
    let Some((secret_id,)) = secret else {
        return Err(Failure::field(
            "/secret",
            "unknown_secret",
            format!("There is no secret \"{}\". Create it first.", draft.secret),
        ));
    };
    let id = clock::new_id();
    let mut tx = app.db().begin().await?;
    let done = sqlx::query(
        "INSERT INTO sources (id, place_id, kind, name, secret_id, created_at) VALUES (?, ?, 'mlflow', ?, ?, ?)",
    )
    .bind(&id)
    .bind(&place.id)
    .bind(&draft.name)
    .bind(secret_id)
    .bind(clock::now())
    .execute(&mut *tx)
    .await;
    match done {
        Err(error) if Failure::is_duplicate(&error) => {
            let mut problem = Problem::new(
                ProblemCode::DuplicateName,
                format!("There is a source \"{}\" already. Choose another name.", draft.name),
            );
            problem.errors = vec![FieldError::new("/name", "duplicate", problem.detail.clone())];
            return Err(problem.into());
        }
        Err(error) => return Err(error.into()),
        Ok(_) => tx.commit().await?,
    }
    let source = rows(&app, &team.id)
        .await?
        .into_iter()
        .find(|source| source.id == id)
        .ok_or_else(|| Failure::not_found("source"))?;
    Ok((StatusCode::CREATED, Json(source)))
}

/// Delete a source. What it brought stays.
#[utoipa::path(delete, path = "/entities/{entity}/sources/{id}", tag = "sources", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let done =
        sqlx::query("DELETE FROM sources WHERE id = ? AND place_id IN (SELECT id FROM places WHERE entity_id = ?)")
            .bind(&id)
            .bind(&team.id)
            .execute(&mut *tx)
            .await?;
    tx.commit().await?;
    if done.rows_affected() == 0 { Err(Failure::not_found("source")) } else { Ok(StatusCode::NO_CONTENT) }
}

/// Where an MLflow webhook points. Signed, not older than 5 minutes; a repeat is answered and not taken
/// twice.
#[utoipa::path(post, path = "/sources/mlflow/{id}", tag = "sources", params(("id" = String, Path)), security(()),
    request_body(content = Object, description = "As MLflow sends it: entity, action, timestamp, data"),
    responses((status = 202, body = AcceptedEvents), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn mlflow(
    State(app): State<App>,
    Segments(id): Segments<String>,
    request: Request,
) -> Result<(StatusCode, Json<AcceptedEvents>), Failure> {
    let source = mlflow::source(app.db(), app.seal(), &id).await?;
    let headers = request.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = bytes(request, &app).await?;
    let vouchers = Vouchers {
        signature: header("x-mlflow-signature"),
        delivery_id: header("x-mlflow-delivery-id"),
        timestamp: header("x-mlflow-timestamp"),
    };
    if let Err(why) = source.vouches(vouchers, &body, clock::now_ms()) {
        return Err(Failure::new(ProblemCode::Unauthorized, why));
    }
    let message = Message {
        source_id: source.id,
        source: source.name,
        place: source.place,
        id: vouchers.delivery_id.to_owned(),
        body: read(&body)?,
    };
    let events = app.accept().take(News::Mlflow(Box::new(message))).await?;
    Ok((StatusCode::ACCEPTED, Json(AcceptedEvents { events })))
}
