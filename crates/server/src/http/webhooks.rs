//! Webhooks: list, create, change, delete, test, resume.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_api::audit::{AuditAction, AuditKind};
use hookboard_api::automation::WebhookRef;
use hookboard_api::list::List;
use hookboard_api::problem::{FieldError, Problem};
use hookboard_api::sample::sample_values;
use hookboard_api::stream::Topic;
use hookboard_api::webhook::{TestRequest, TestResult, Webhook, WebhookDraft, is_header_value};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::auth::{Caller, Team};
use super::extract::{Body, OptionalBody, Segments, check_revision, tagged};
use super::once::{Creation, IdempotencyKey, Made};
use crate::app::App;
use crate::clock;
use crate::db::audit::Change;
use crate::db::webhooks::WebhookRow;
use crate::db::{Conn, Transaction, events, lent, secrets, webhooks};
use crate::failure::Failure;
use crate::guard::Refusal;
use crate::worker::send::{Message, send_message};

/// Webhooks of a team, with health and use.
#[utoipa::path(get, path = "/entities/{entity}/webhooks", tag = "webhooks", params(("entity" = String, Path)),
    responses((status = 200, body = List<Webhook>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<Webhook>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(webhooks::list(app.db(), &team.id).await?)))
}

/// Webhooks of other teams that automations of this one send through.
#[utoipa::path(get, path = "/entities/{entity}/webhooks/lent", tag = "webhooks", params(("entity" = String, Path)),
    responses((status = 200, body = List<WebhookRef>)))]
pub(super) async fn list_lent(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
) -> Result<Json<List<WebhookRef>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(lent::list(&mut *app.db().read().acquire().await?, &team.id).await?)))
}

/// One webhook.
#[utoipa::path(get, path = "/entities/{entity}/webhooks/{id}", tag = "webhooks", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Webhook), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let webhook = webhooks::get(app.db(), &team.id, &id).await?;
    Ok(tagged(webhook.revision, webhook))
}

/// Make a webhook. Its address is judged as it will be when sending.
#[utoipa::path(post, path = "/entities/{entity}/webhooks", tag = "webhooks", params(("entity" = String, Path), IdempotencyKey), request_body = WebhookDraft,
    responses((status = 201, body = Webhook), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Creation { draft, once }: Creation<WebhookDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let make = async |tx: &mut Transaction, ()| {
        let id = make(tx, &team, &draft).await?;
        let body = webhooks::get_in(tx, &team.id, &id).await?;
        Ok(Made { revision: Some(body.revision), body, id })
    };
    once.run(&app, &team, Topic::Webhook, check(&app, &team, &draft), make).await
}

/// Makes a webhook, checked and audited; its id.
pub(crate) async fn create_one(app: &App, team: &Team, draft: &WebhookDraft) -> Result<String, Failure> {
    check(app, team, draft).await?;
    let mut tx = app.db().begin().await?;
    let id = make(&mut tx, team, draft).await?;
    tx.commit().await?;
    app.changed(Topic::Webhook, &team.name, Some(&id));
    Ok(id)
}

/// Makes a webhook of a draft that was checked; its id.
async fn make(conn: &mut Conn, team: &Team, draft: &WebhookDraft) -> Result<String, Failure> {
    let id = webhooks::create(conn, &team.id, draft).await?;
    team.audit(conn, Change::created(AuditKind::Webhook, &id, &draft.name).after(draft)?).await?;
    Ok(id)
}

/// Replace a webhook's settings.
#[utoipa::path(put, path = "/entities/{entity}/webhooks/{id}", tag = "webhooks", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = WebhookDraft,
    responses((status = 200, body = Webhook), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn replace(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    headers: HeaderMap,
    Body(draft): Body<WebhookDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    check(&app, &team, &draft).await?;
    let mut tx = app.db().begin().await?;
    let row = webhooks::row(&mut tx, &team.id, &id).await?;
    check_revision(&headers, row.revision, "webhook")?;
    webhooks::update(&mut tx, &team.id, &id, &draft).await?;
    let change = Change::changed(AuditKind::Webhook, &id, &draft.name);
    team.audit(&mut tx, change.before(&row.settings()?)?.after(&draft)?).await?;
    tx.commit().await?;
    app.wake().notify_one();
    app.webhook_changed(&team.name, &id).await;
    let webhook = webhooks::get(app.db(), &team.id, &id).await?;
    Ok(tagged(webhook.revision, webhook))
}

/// Delete a webhook. Refused with the list of automations while one uses it.
#[utoipa::path(delete, path = "/entities/{entity}/webhooks/{id}", tag = "webhooks", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 409, body = Problem), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let settings = webhooks::row(&mut tx, &team.id, &id).await?.settings()?;
    let waiting = lent::waiting_teams(&mut tx, &team.id, &id).await?;
    webhooks::delete(&mut tx, &team.id, &id).await?;
    team.audit(&mut tx, Change::deleted(AuditKind::Webhook, &id, &settings.name).before(&settings)?).await?;
    tx.commit().await?;
    app.changed(Topic::Webhook, &team.name, Some(&id));
    // Their deliveries were canceled.
    for other in &waiting {
        app.changed(Topic::Delivery, other, None);
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Send a test by the path of a real delivery. Nothing is kept.
#[utoipa::path(post, path = "/entities/{entity}/webhooks/{id}/test", tag = "webhooks", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = TestRequest, responses((status = 200, body = TestResult), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    OptionalBody(request): OptionalBody<TestRequest>,
) -> Result<Json<TestResult>, Failure> {
    let team = caller.clone().team(&app, &entity, Role::Member).await?;
    let events_of = match &request.entity {
        Some(other) => caller.team(&app, other, Role::Viewer).await?.id,
        None => team.id.clone(),
    };
    let webhook = webhooks::row(&mut *app.db().read().acquire().await?, &team.id, &id).await?;
    Ok(Json(send_test(&app, &webhook, &events_of, &request).await?))
}

/// End a pause. What waits is sent at once; the answer says how many deliveries that are.
#[utoipa::path(post, path = "/entities/{entity}/webhooks/{id}/resume", tag = "webhooks", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Resumed), (status = 404, body = Problem)))]
pub(super) async fn resume(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Json<Resumed>, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let row = webhooks::row(&mut tx, &team.id, &id).await?;
    let deliveries = webhooks::resume(&mut tx, &team.id, &id).await?;
    let name = row.settings()?.name;
    let change = Change::new(AuditAction::Resumed, AuditKind::Webhook, Some(&id), &name);
    let change = change.before(&json!({ "paused_reason": row.paused_reason }))?;
    team.audit(&mut tx, change.after(&json!({ "deliveries": deliveries }))?).await?;
    tx.commit().await?;
    app.wake().notify_one();
    app.webhook_changed(&team.name, &id).await;
    Ok(Json(Resumed { deliveries }))
}

/// What a resumed webhook sends now.
#[derive(Debug, serde::Serialize, utoipa::ToSchema)]
pub(super) struct Resumed {
    /// How many deliveries that waited are due.
    deliveries: u64,
}

async fn check(app: &App, team: &Team, draft: &WebhookDraft) -> Result<(), Failure> {
    let mut errors = draft.check();
    let mut connection = app.db().read().acquire().await?;
    errors.extend(webhooks::unknown_secrets(&mut connection, &team.id, draft).await?);
    drop(connection);
    errors.extend(unfit_headers(app, team, draft).await?);
    if !errors.iter().any(|error| error.pointer == "/url") {
        match app.guard().vet(&draft.url).await {
            // A name that does not resolve today may tomorrow; sending judges it again.
            Ok(_) | Err(Refusal::Lookup { .. }) => {}
            Err(Refusal::Malformed(words)) => errors.push(FieldError::new("/url", "malformed", words)),
            Err(refusal @ (Refusal::Blocked { .. } | Refusal::BlockedName { .. })) => {
                errors.push(FieldError::new("/url", "blocked_address", refusal.to_string()));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors).into()) }
}

/// Secrets that are to be sent as headers, and whose values cannot be.
async fn unfit_headers(app: &App, team: &Team, draft: &WebhookDraft) -> Result<Vec<FieldError>, Failure> {
    let sent = draft.header_secrets();
    let names: Vec<String> = sent.iter().map(|(_, name)| (*name).to_owned()).collect();
    let opened = secrets::open(app.db(), app.seal(), &team.id, &names).await?;
    let unfit = |name: &str| opened.get(name).is_some_and(|opened| !is_header_value(opened.value.expose_secret()));
    let faults = sent.into_iter().filter(|(_, name)| unfit(name)).map(|(pointer, name)| {
        let words = format!(
            "The secret \"{name}\" holds a line break or another control character, which no header can carry. Replace its value, or choose another."
        );
        FieldError::new(pointer, "unfit_header", words)
    });
    Ok(faults.collect())
}

/// Sends a test through a webhook, by an event of the team `events_of`.
pub(super) async fn send_test(
    app: &App,
    row: &WebhookRow,
    events_of: &str,
    request: &TestRequest,
) -> Result<TestResult, Failure> {
    let webhook = row.settings()?;
    let (event_type, mut values) = if let Some(id) = &request.event_id {
        let mut connection = app.db().read().acquire().await?;
        let event = events::get(&mut connection, events_of, id).await?;
        (event.event_type, event.values)
    } else {
        let event = request.event.unwrap_or(EventType::LinkArtifact);
        (event, sample_values(event))
    };
    if let Some(name) = &request.automation_name {
        values.insert("automation_name".to_owned(), Value::from(name.as_str()));
    }
    values.entry("automation_name").or_insert_with(|| Value::from("Test"));
    if let Some(template) = &request.template {
        let compiled = hookboard_template::compile(template, &webhook.template_names(Some(event_type)));
        if compiled.has_errors() {
            let mut problem = Problem::invalid(vec![FieldError::new(
                "/template",
                "template",
                "The payload has errors. Mend them first.",
            )]);
            problem.diagnostics =
                compiled.diagnostics.iter().filter_map(|diagnostic| serde_json::to_value(diagnostic).ok()).collect();
            return Err(problem.into());
        }
    }
    let id = clock::new_id();
    let message = Message {
        id: &id,
        entity_id: &row.entity_id,
        webhook: &webhook,
        template: request.template.as_deref(),
        event_type,
        values: &values,
    };
    let exchange = send_message(app, message).await?;
    let waiting = webhooks::waiting(&mut *app.db().read().acquire().await?, &row.id).await?;
    Ok(TestResult { exchange, waiting })
}
