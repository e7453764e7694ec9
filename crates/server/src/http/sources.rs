//! Sources: MLflow webhooks that feed a registry.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::event::{Accepted, AcceptedEvents};
use hookboard_api::limits::MAX_NAME;
use hookboard_api::list::List;
use hookboard_api::name::check_name;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::scope::PlaceKind;
use hookboard_api::source::{Source, SourceDraft};
use hookboard_api::stream::Topic;
use serde_json::json;

use super::auth::{Caller, Team};
use super::extract::{Segments, bytes};
use super::once::{Creation, IdempotencyKey, Made};
use super::reading::read;
use crate::accept::News;
use crate::app::App;
use crate::clock;
use crate::db::audit::Change;
use crate::db::{Conn, catalogue, sources};
use crate::failure::Failure;
use crate::mlflow::{self, Message, Vouchers};

/// Sources of a team.
#[utoipa::path(get, path = "/entities/{entity}/sources", tag = "sources", params(("entity" = String, Path)), responses((status = 200, body = List<Source>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Source>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(sources::list(app.db().read(), &team.id).await?)))
}

/// Make a source for an MLflow server's webhooks.
#[utoipa::path(post, path = "/entities/{entity}/sources", tag = "sources", params(("entity" = String, Path), IdempotencyKey), request_body = SourceDraft,
    responses((status = 201, body = Source), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Creation { draft, once }: Creation<SourceDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    once.run(&app, &team, Topic::Source, check(&app, &team, &draft), async |tx, ids| make(tx, &team, &draft, ids).await)
        .await
}

/// Ids of the registry and the secret that a draft names.
async fn check(app: &App, team: &Team, draft: &SourceDraft) -> Result<(String, String), Failure> {
    if let Some(fault) = check_name(&draft.name, MAX_NAME, "/name") {
        return Err(Problem::invalid(vec![fault]).into());
    }
    let found = catalogue::place(app.db(), &team.id, PlaceKind::Registry, &draft.registry).await;
    let place = found.map_err(|failure| {
        if !failure.is_not_found() {
            return failure;
        }
        let words = format!("There is no registry \"{}\". Create it first.", draft.registry);
        Failure::field("/registry", "unknown_place", words)
    })?;
    let Some(secret_id) = sources::secret_id(app.db(), &team.id, &draft.secret).await? else {
        return Err(Failure::field(
            "/secret",
            "unknown_secret",
            format!("There is no secret \"{}\". Create it first.", draft.secret),
        ));
    };
    Ok((place.id, secret_id))
}

/// Makes a source of a draft that was checked, audited.
async fn make(
    conn: &mut Conn,
    team: &Team,
    draft: &SourceDraft,
    (place_id, secret_id): (String, String),
) -> Result<Made<Source>, Failure> {
    let id = match sources::create(conn, &place_id, &secret_id, draft).await {
        Ok(id) => id,
        Err(error) if Failure::is_duplicate(&error) => {
            let mut problem = Problem::new(
                ProblemCode::DuplicateName,
                format!("There is a source \"{}\" already. Choose another name.", draft.name),
            );
            problem.errors = vec![FieldError::new("/name", "duplicate", problem.detail.clone())];
            return Err(problem.into());
        }
        Err(error) => return Err(error.into()),
    };
    let change = Change::created(AuditKind::Source, &id, &draft.name);
    team.audit(conn, change.after(draft)?).await?;
    let made = sources::list(conn, &team.id).await?.into_iter().find(|source| source.id == id);
    let body = made.ok_or_else(|| Failure::not_found("source"))?;
    Ok(Made { body, revision: None, id })
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
    let (name, registry) =
        sources::delete(&mut tx, &team.id, &id).await?.ok_or_else(|| Failure::not_found("source"))?;
    let change = Change::deleted(AuditKind::Source, &id, &name);
    team.audit(&mut tx, change.before(&json!({ "registry": registry }))?).await?;
    tx.commit().await?;
    app.changed(Topic::Source, &team.name, Some(&id));
    Ok(StatusCode::NO_CONTENT)
}

/// Where an MLflow webhook points. Signed, at most 5 minutes old or ahead; a repeat is answered and not
/// taken twice. For 24 hours after the secret was replaced, the value before signs as well.
#[utoipa::path(post, path = "/sources/mlflow/{id}", tag = "sources", params(("id" = String, Path)), security(()),
    request_body(content = Object, description = "As MLflow sends it: entity, action, timestamp, data"),
    responses((status = 202, body = AcceptedEvents), (status = 401, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(super) async fn mlflow(
    State(app): State<App>,
    Segments(id): Segments<String>,
    request: Request,
) -> Result<(StatusCode, Json<AcceptedEvents>), Failure> {
    let source = mlflow::source(app.db(), app.seal(), &id).await?;
    let entity = source.place.entity.clone();
    let taken = take(&app, source, request).await;
    if let Err(Failure::Problem(problem)) = &taken
        && mlflow::refused(app.db(), &id, &problem.detail).await?
    {
        app.changed(Topic::Source, &entity, Some(&id));
    }
    Ok((StatusCode::ACCEPTED, Json(AcceptedEvents { events: taken? })))
}

async fn take(app: &App, source: mlflow::Source, request: Request) -> Result<Vec<Accepted>, Failure> {
    let headers = request.headers().clone();
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let body = bytes(request, app).await?;
    let vouchers = Vouchers {
        signature: header("x-mlflow-signature"),
        delivery_id: header("x-mlflow-delivery-id"),
        timestamp: header("x-mlflow-timestamp"),
    };
    if let Err(why) = source.vouches(vouchers, &body, clock::now_ms()) {
        let mut problem = Problem::new(ProblemCode::Unauthorized, why);
        problem.title = String::from("The message cannot be verified");
        return Err(problem.into());
    }
    let message = Message {
        source_id: source.id,
        source: source.name,
        place: source.place,
        id: vouchers.delivery_id.to_owned(),
        body: read(&body)?,
    };
    app.take(News::Mlflow(Box::new(message))).await
}
