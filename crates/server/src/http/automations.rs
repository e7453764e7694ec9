//! Automations: list, create, change, delete, duplicate, test, many at once.

use std::collections::HashSet;
use std::sync::OnceLock;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::automation::{
    Action, Automation, AutomationDraft, AutomationPatch, Bulk, BulkChange, Sort, check_cooldown,
};
use hookboard_api::backtest::{Backtest, BacktestRequest};
use hookboard_api::delivery::Judged;
use hookboard_api::limits::MAX_BACKTEST_DAYS;
use hookboard_api::list::List;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::scope::{PlaceKind, Scope};
use hookboard_api::stream::Topic;
use hookboard_api::webhook::{TestRequest, TestResult};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::extract::{Body, OptionalBody, Params, Segments, check_revision, tagged};
use super::lent::{audit_use, tell_owners};
use super::once::{Creation, IdempotencyKey, Made, Once};
use super::paging::Paging;
use super::webhooks::send_test;
use crate::app::App;
use crate::clock;
use crate::db::audit::Change;
use crate::db::automations::Cursor;
use crate::db::catalogue::{self, PlaceRow};
use crate::db::{Conn, Page, Transaction, automations, backtest, events, webhooks};
use crate::failure::Failure;

/// What the list is narrowed to.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Filter {
    /// Scoped to this registry or one of its collections.
    registry: Option<String>,
    /// Scoped to this project or one of its collections.
    project: Option<String>,
    /// Scoped to this collection.
    collection: Option<String>,
    /// On this event type.
    #[param(value_type = Option<String>)]
    event: Option<EventType>,
    /// Through the webhook of this id.
    webhook: Option<String>,
    /// Enabled or not.
    enabled: Option<bool>,
    /// Name, condition or webhook contains this.
    text: Option<String>,
    /// In which order: by creation (newest first where none is given), name, or when they fired last, those that
    /// never did before all others. With `-` in front, the other way round.
    #[param(value_type = Option<Sort>)]
    sort: Option<Sort>,
}

/// The place that two parameters name, if one does.
pub(super) async fn place_of(
    app: &App,
    team: &Team,
    registry: Option<&String>,
    project: Option<&String>,
) -> Result<Option<PlaceRow>, Failure> {
    match (registry, project) {
        (Some(_), Some(_)) => {
            Err(Failure::parameter("project", "Both a registry and a project are given. Name one of the two."))
        }
        (Some(name), None) => catalogue::place(app.db(), &team.id, PlaceKind::Registry, name).await.map(Some),
        (None, Some(name)) => catalogue::place(app.db(), &team.id, PlaceKind::Project, name).await.map(Some),
        (None, None) => Ok(None),
    }
}

/// Automations of a team, newest first.
#[utoipa::path(get, path = "/entities/{entity}/automations", tag = "automations", params(("entity" = String, Path), Filter, Paging),
    responses((status = 200, body = List<Automation>)))]
pub(super) async fn list(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(filter): Params<Filter>,
    page: Page<Cursor>,
) -> Result<Json<List<Automation>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let sort = filter.sort.unwrap_or_default();
    if page.after.as_ref().is_some_and(|cursor| !cursor.is_of(sort)) {
        return Err(Failure::parameter(
            "cursor",
            "This cursor is of a list in another order. Pass on the \"sort\" that it came with, or no cursor for the first page.",
        ));
    }
    let place = place_of(&app, &team, filter.registry.as_ref(), filter.project.as_ref()).await?;
    let wanted = automations::Wanted {
        place_id: place.map(|place| place.id),
        collection: filter.collection,
        event: filter.event,
        webhook: filter.webhook,
        enabled: filter.enabled,
        name: None,
        text: filter.text,
    };
    Ok(Json(automations::list(app.db(), &team.id, &wanted, sort, &page).await?))
}

/// One automation.
#[utoipa::path(get, path = "/entities/{entity}/automations/{id}", tag = "automations", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = Automation), (status = 404, body = Problem)))]
pub(super) async fn get(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let mut connection = app.db().read().acquire().await?;
    let automation = automations::get(&mut connection, &team.id, &id).await?;
    Ok(tagged(automation.revision, automation))
}

/// The place a draft's scope names; a fault points at the scope.
async fn scope_place(app: &App, team: &Team, scope: &Scope) -> Result<PlaceRow, Failure> {
    scope_place_in(&mut *app.db().read().acquire().await?, team, scope).await
}

/// The same by a connection that is held already.
pub(super) async fn scope_place_in(conn: &mut Conn, team: &Team, scope: &Scope) -> Result<PlaceRow, Failure> {
    if scope.entity != team.name {
        return Err(Failure::field(
            "/scope/entity",
            "wrong_team",
            format!("The scope is of team \"{}\"; this call is for {}.", scope.entity, team.name),
        ));
    }
    catalogue::place_in(conn, &team.id, scope.kind, &scope.name).await.map_err(|failure| {
        if !failure.is_not_found() {
            return failure;
        }
        let words = format!(
            "There is no {} \"{}\" in {}. Create it first, or choose another.",
            scope.kind.as_str(),
            scope.name,
            team.name
        );
        Failure::field("/scope/name", "unknown_place", words)
    })
}

pub(super) fn after_change(app: &App, team: &Team, id: &str) {
    app.changed(Topic::Automation, &team.name, Some(id));
}

/// Make an automation.
#[utoipa::path(post, path = "/entities/{entity}/automations", tag = "automations", params(("entity" = String, Path), IdempotencyKey), request_body = AutomationDraft,
    responses((status = 201, body = Automation), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn create(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Creation { draft, once }: Creation<AutomationDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    // A place that is not there is told without waiting for the writer's turn.
    let check = scope_place(&app, &team, &draft.scope);
    let make = async |tx: &mut Transaction, _| Ok(make(tx, &team, &draft).await?.into());
    let answer = once.run(&app, &team, Topic::Automation, check, make).await?;
    tell_owners(&app, &team, &[&draft.action]).await;
    Ok(answer)
}

impl From<Automation> for Made<Automation> {
    fn from(made: Automation) -> Self {
        Self { revision: Some(made.revision), id: made.id.clone(), body: made }
    }
}

/// Makes an automation, for a call that has no `Idempotency-Key`.
pub(crate) async fn create_one(app: &App, team: &Team, draft: &AutomationDraft) -> Result<Automation, Failure> {
    // As above.
    scope_place(app, team, &draft.scope).await?;
    let mut tx = app.db().begin().await?;
    let automation = make(&mut tx, team, draft).await?;
    tx.commit().await?;
    after_change(app, team, &automation.id);
    tell_owners(app, team, &[&draft.action]).await;
    Ok(automation)
}

/// Makes an automation of a draft, checked and audited.
async fn make(conn: &mut Conn, team: &Team, draft: &AutomationDraft) -> Result<Automation, Failure> {
    let place = scope_place_in(conn, team, &draft.scope).await?;
    automations::check(conn, &team.id, &team.user_id, draft).await?;
    let id = automations::create(conn, &team.id, &place.id, draft, &team.user).await?;
    let automation = automations::get(conn, &team.id, &id).await?;
    audit_creation(conn, team, &automation).await?;
    audit_use(conn, team, None, draft).await?;
    Ok(automation)
}

/// Whether a draft could be saved: the answer of a save, and nothing is saved.
#[utoipa::path(post, path = "/entities/{entity}/automations/validate", tag = "automations", params(("entity" = String, Path)),
    request_body = AutomationDraft, responses((status = 204), (status = 422, body = Problem)))]
pub(super) async fn validate(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(draft): Body<AutomationDraft>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    scope_place(&app, &team, &draft.scope).await?;
    let mut connection = app.db().read().acquire().await?;
    automations::check(&mut connection, &team.id, &team.user_id, &draft).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replace an automation.
#[utoipa::path(put, path = "/entities/{entity}/automations/{id}", tag = "automations", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = AutomationDraft,
    responses((status = 200, body = Automation), (status = 404, body = Problem), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn replace(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    headers: HeaderMap,
    Body(draft): Body<AutomationDraft>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    // As above.
    scope_place(&app, &team, &draft.scope).await?;
    let mut tx = app.db().begin().await?;
    let current = automations::get(&mut tx, &team.id, &id).await?;
    check_revision(&headers, current.revision, "automation")?;
    let automation = save(&mut tx, &team, &current, &draft).await?;
    tx.commit().await?;
    after_change(&app, &team, &id);
    tell_owners(&app, &team, &[&current.action, &draft.action]).await;
    Ok(tagged(automation.revision, automation))
}

/// Replaces an automation by a draft, checked and audited.
pub(super) async fn save(
    conn: &mut Conn,
    team: &Team,
    current: &Automation,
    draft: &AutomationDraft,
) -> Result<Automation, Failure> {
    let place = scope_place_in(conn, team, &draft.scope).await?;
    automations::check(conn, &team.id, &team.user_id, draft).await?;
    automations::update(conn, &current.id, &place.id, current.revision + 1, draft, &team.user).await?;
    let automation = automations::get(conn, &team.id, &current.id).await?;
    audit_change(conn, team, current, &automation).await?;
    audit_use(conn, team, current.action.webhook_id(), draft).await?;
    Ok(automation)
}

/// Changes an automation into what `edit` makes of it. What stays the same is left alone: a mere switch is no
/// revision, and no difference no change.
pub(crate) async fn edit_one(
    app: &App,
    team: &Team,
    id: &str,
    edit: impl FnOnce(&Automation) -> Result<AutomationDraft, Failure> + Send,
) -> Result<Automation, Failure> {
    let mut tx = app.db().begin().await?;
    let current = automations::get(&mut tx, &team.id, id).await?;
    let draft = edit(&current)?;
    let mut rest = AutomationDraft::from(&current);
    if draft == rest {
        return Ok(current);
    }
    rest.enabled = draft.enabled;
    let automation = if draft == rest {
        automations::set_enabled(&mut tx, &team.id, id, draft.enabled).await?;
        let automation = automations::get(&mut tx, &team.id, id).await?;
        audit_change(&mut tx, team, &current, &automation).await?;
        automation
    } else {
        save(&mut tx, team, &current, &draft).await?
    };
    tx.commit().await?;
    after_change(app, team, id);
    tell_owners(app, team, &[&current.action, &automation.action]).await;
    Ok(automation)
}

/// Writes what an automation was made as.
async fn audit_creation(conn: &mut Conn, team: &Team, made: &Automation) -> Result<(), Failure> {
    let change = Change::created(AuditKind::Automation, &made.id, &made.name);
    team.audit(conn, change.after(&automations::told(made)?)?).await
}

/// Writes what differs between an automation before and after a change.
async fn audit_change(conn: &mut Conn, team: &Team, before: &Automation, after: &Automation) -> Result<(), Failure> {
    let change = Change::changed(AuditKind::Automation, &after.id, &after.name);
    team.audit(conn, change.before(&automations::told(before)?)?.after(&automations::told(after)?)?).await
}

/// The longest snooze, in seconds.
const MAX_SNOOZE_S: u32 = 30 * 86_400;

/// Switch an automation on or off, or snooze it.
#[utoipa::path(patch, path = "/entities/{entity}/automations/{id}", tag = "automations", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = AutomationPatch, responses((status = 200, body = Automation), (status = 404, body = Problem)))]
pub(super) async fn patch(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    Body(change): Body<AutomationPatch>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let before = automations::get(&mut tx, &team.id, &id).await?;
    if let Some(enabled) = change.enabled
        && !automations::set_enabled(&mut tx, &team.id, &id, enabled).await?
    {
        return Err(Failure::not_found("automation"));
    }
    if let Some(seconds) = change.snooze_s {
        if seconds > MAX_SNOOZE_S {
            let message = "An automation is snoozed for at most 30 days. Disable it to hold it back longer.";
            return Err(Failure::field("/snooze_s", "out_of_range", message.to_owned()));
        }
        let until = (seconds > 0).then(|| clock::text(clock::now_ms() + i64::from(seconds) * 1_000));
        if !automations::snooze(&mut tx, &team.id, &id, until).await? {
            return Err(Failure::not_found("automation"));
        }
    }
    let automation = automations::get(&mut tx, &team.id, &id).await?;
    audit_change(&mut tx, &team, &before, &automation).await?;
    tx.commit().await?;
    after_change(&app, &team, &id);
    Ok(tagged(automation.revision, automation))
}

/// Delete an automation. Its deliveries stay in History; those that wait are canceled.
#[utoipa::path(delete, path = "/entities/{entity}/automations/{id}", tag = "automations", params(("entity" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(super) async fn delete(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    delete_one(&app, &team, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes an automation, audited.
pub(crate) async fn delete_one(app: &App, team: &Team, id: &str) -> Result<(), Failure> {
    let mut tx = app.db().begin().await?;
    let Some(before) = change_one(&mut tx, team, id, Bulk::Delete).await? else {
        return Err(Failure::not_found("automation"));
    };
    tx.commit().await?;
    after_change(app, team, id);
    tell_owners(app, team, &[&before.action]).await;
    Ok(())
}

/// Copy an automation under a new name. The copy is disabled, so that nothing is sent twice unseen.
#[utoipa::path(post, path = "/entities/{entity}/automations/{id}/duplicate", tag = "automations", params(("entity" = String, Path), ("id" = String, Path), IdempotencyKey),
    responses((status = 201, body = Automation), (status = 404, body = Problem)))]
pub(super) async fn duplicate(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    once: Once,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let find = async {
        let mut connection = app.db().read().acquire().await?;
        automations::get(&mut connection, &team.id, &id).await
    };
    let copied = OnceLock::new();
    let copy = async |tx: &mut Transaction, original: Automation| {
        let mut draft = AutomationDraft { enabled: false, ..AutomationDraft::from(&original) };
        draft.name = free_name(tx, &team, &draft).await?;
        let made = make(tx, &team, &draft).await?;
        let _ = copied.set(draft.action);
        Ok(made.into())
    };
    let answer = once.run(&app, &team, Topic::Automation, find, copy).await?;
    tell_owners(&app, &team, &copied.get().into_iter().collect::<Vec<_>>()).await;
    Ok(answer)
}

/// A name for a copy of `original` that no automation of its scope has.
async fn free_name(conn: &mut Conn, team: &Team, original: &AutomationDraft) -> Result<String, Failure> {
    let place = scope_place_in(conn, team, &original.scope).await?;
    for count in 1..=100 {
        let suffix = if count == 1 { String::from(" (copy)") } else { format!(" (copy {count})") };
        let kept: String =
            original.name.chars().take(hookboard_api::limits::MAX_AUTOMATION_NAME - suffix.len()).collect();
        let name = kept + &suffix;
        if automations::named(conn, &place.id, original.scope.collection.as_deref(), &name).await?.is_none() {
            return Ok(name);
        }
    }
    Err(Failure::new(ProblemCode::Conflict, "There are 100 copies already. Rename or delete some first."))
}

/// Send an automation's payload by the path of a real delivery. Nothing is kept.
#[utoipa::path(post, path = "/entities/{entity}/automations/{id}/test", tag = "automations", params(("entity" = String, Path), ("id" = String, Path)),
    request_body = TestRequest, responses((status = 200, body = TestResult), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(super) async fn test(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    OptionalBody(mut request): OptionalBody<TestRequest>,
) -> Result<Json<TestResult>, Failure> {
    let asking = caller.clone();
    let team = caller.team(&app, &entity, Role::Member).await?;
    let mut connection = app.db().read().acquire().await?;
    let automation = automations::get(&mut connection, &team.id, &id).await?;
    let Action::Webhook { webhook_id, template } = automation.action else {
        return Err(Failure::new(
            ProblemCode::Conflict,
            "This automation only records, so that there is nothing to send.",
        ));
    };
    let webhook = webhooks::any(&mut connection, &webhook_id).await?;
    drop(connection);
    if webhook.entity_id != team.id {
        // Its owner lends it for what admins of the team save, and takes it back by disabling it.
        if request.template.is_some() {
            asking.team(&app, &entity, Role::Admin).await?;
        }
        if !webhook.settings()?.enabled {
            return Err(Failure::new(
                ProblemCode::Conflict,
                "The webhook is disabled by the team that owns it. Ask an admin of that team.",
            ));
        }
    }
    request.template = request.template.or(template);
    request.event = request.event.or(Some(automation.trigger.event));
    request.automation_name = Some(automation.name);
    Ok(Json(send_test(&app, &webhook, &team.id, &request).await?))
}

/// How many automations were changed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Changed {
    changed: u32,
}

/// Enable, disable or delete several automations: all or none.
#[utoipa::path(post, path = "/entities/{entity}/automations/bulk", tag = "automations", params(("entity" = String, Path)), request_body = BulkChange,
    responses((status = 200, body = Changed), (status = 422, body = Problem, description = "One is unknown; none was changed")))]
pub(super) async fn bulk(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(BulkChange { ids, change }): Body<BulkChange>,
) -> Result<Json<Changed>, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let mut tx = app.db().begin().await?;
    let mut changed = HashSet::new();
    let mut actions = Vec::new();
    for (index, id) in ids.iter().enumerate() {
        if !changed.insert(id) {
            continue;
        }
        let found = change_one(&mut tx, &team, id, change).await?;
        let Some(before) = found else {
            return Err(Problem::invalid(vec![FieldError::new(
                format!("/ids/{index}"),
                "unknown_automation",
                "One of the automations is gone; nothing was changed. Load the list again.",
            )])
            .into());
        };
        actions.push(before.action);
    }
    tx.commit().await?;
    app.changed(Topic::Automation, &team.name, None);
    if matches!(change, Bulk::Delete) {
        tell_owners(&app, &team, &actions.iter().collect::<Vec<_>>()).await;
    }
    Ok(Json(Changed { changed: u32::try_from(changed.len()).unwrap_or(u32::MAX) }))
}

/// What the automation was before; none where there is none.
async fn change_one(conn: &mut Conn, team: &Team, id: &str, change: Bulk) -> Result<Option<AutomationDraft>, Failure> {
    let Some(before) = automations::draft(conn, &team.id, id).await? else {
        return Ok(None);
    };
    let enabled = match change {
        Bulk::Enable => true,
        Bulk::Disable => false,
        Bulk::Delete => {
            automations::delete(conn, &team.id, id).await?;
            let change = Change::deleted(AuditKind::Automation, id, &before.name);
            team.audit(conn, change.before(&before)?).await?;
            return Ok(Some(before));
        }
    };
    automations::set_enabled(conn, &team.id, id, enabled).await?;
    let change = Change::changed(AuditKind::Automation, id, &before.name);
    let change = change.before(&json!({ "enabled": before.enabled }))?.after(&json!({ "enabled": enabled }))?;
    team.audit(conn, change).await?;
    Ok(Some(before))
}

/// Try a condition on the events of the last days: what would have fired, and what all but would have.
#[utoipa::path(post, path = "/entities/{entity}/automations/backtest", tag = "automations", params(("entity" = String, Path)),
    request_body = BacktestRequest, responses((status = 200, body = Backtest), (status = 422, body = Problem)))]
pub(super) async fn backtest(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Body(BacktestRequest { draft, days }): Body<BacktestRequest>,
) -> Result<Json<Backtest>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let mut errors: Vec<FieldError> = draft.trigger.check(&draft.scope);
    errors = errors.into_iter().map(|error| error.under("/draft/trigger")).collect();
    if !(1..=MAX_BACKTEST_DAYS).contains(&days) {
        let message = format!("Look back 1 to {MAX_BACKTEST_DAYS} days.");
        errors.push(FieldError::new("/days", "out_of_range", message));
    }
    errors.extend(check_cooldown(draft.cooldown_s).map(|error| error.under("/draft")));
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let place = scope_place(&app, &team, &draft.scope).await.map_err(|failure| failure.under("/draft"))?;
    Ok(Json(backtest::run(app.db(), &place, &draft, days).await?))
}

/// Which evaluations.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Looked {
    /// Only those of events it did not fire on.
    #[serde(default)]
    passed: bool,
}

/// What an automation made of the events it looked at, newest first: why it did or did not fire.
#[utoipa::path(get, path = "/entities/{entity}/automations/{id}/evaluations", tag = "automations",
    params(("entity" = String, Path), ("id" = String, Path), Looked, Paging),
    responses((status = 200, body = List<Judged>), (status = 404, body = Problem)))]
pub(super) async fn evaluations(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, id)): Segments<(String, String)>,
    Params(Looked { passed }): Params<Looked>,
    page: Page,
) -> Result<Json<List<Judged>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let mut connection = app.db().read().acquire().await?;
    automations::get(&mut connection, &team.id, &id).await?;
    drop(connection);
    Ok(Json(events::judged(app.db(), &team.id, &id, passed, &page).await?))
}
