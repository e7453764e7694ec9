//! Automations as files: written out, and taken in by scope and name.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::automation::{Action, AutomationDraft};
use hookboard_api::file::{
    AutomationFile, FileAction, FileAutomation, FileChange, FileScope, Import, ImportChange, VERSION, differences,
};
use hookboard_api::limits::MAX_PAGE;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::stream::Topic;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::automations::{place_of, scope_place};
use super::extract::{Params, Segments, bytes};
use super::reading::{form, read};
use crate::app::App;
use crate::db::audit::Change;
use crate::db::automations::{self, Sort, Wanted};
use crate::db::{Conn, Page, webhooks};
use crate::failure::Failure;

/// How a file is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Format {
    /// YAML 1.2.
    #[default]
    Yaml,
    /// JSON.
    Json,
}

/// Which automations are written out.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Which {
    /// Of this registry.
    registry: Option<String>,
    /// Of this project.
    project: Option<String>,
    /// Of this collection.
    collection: Option<String>,
    /// YAML where none is given.
    #[param(value_type = Option<Format>)]
    format: Option<Format>,
}

/// Automations as a file: by scope and name, webhooks and secrets by name only.
#[utoipa::path(get, path = "/entities/{entity}/automations/export", tag = "automations", params(("entity" = String, Path), Which),
    responses((status = 200, content((AutomationFile = "application/yaml"), (AutomationFile = "application/json")))))]
pub(super) async fn export(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(which): Params<Which>,
) -> Result<Response, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    let place = place_of(&app, &team, which.registry.as_ref(), which.project.as_ref()).await?;
    let wanted =
        Wanted { place_id: place.map(|place| place.id), collection: which.collection.clone(), ..Wanted::default() };
    let mut automations = Vec::new();
    let mut after = None;
    loop {
        let page = Page { after, limit: MAX_PAGE };
        let list = automations::list(app.db(), &team.id, &wanted, Sort::Created, &page).await?;
        automations.extend(list.items.iter().map(FileAutomation::from));
        after = list.next_cursor.and_then(|cursor| cursor.parse().ok());
        if after.is_none() {
            break;
        }
    }
    // The same automations are the same file, whenever they were made.
    automations.sort_by(|one, other| key(one).cmp(&key(other)));
    let file = AutomationFile { version: VERSION, automations };
    let (kind, name, text) = match which.format.unwrap_or_default() {
        Format::Yaml => ("application/yaml", "automations.yaml", yaml(&file)?),
        Format::Json => ("application/json", "automations.json", serde_json::to_string_pretty(&file)? + "\n"),
    };
    let saved = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""));
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    headers.extend(saved.ok().map(|saved| (CONTENT_DISPOSITION, saved)));
    Ok((headers, text).into_response())
}

/// What a file is put in order by.
fn key(automation: &FileAutomation) -> (bool, Option<&String>, Option<&String>, &str) {
    let FileScope { registry, project, collection } = &automation.scope;
    (registry.is_none(), registry.as_ref().or(project.as_ref()), collection.as_ref(), &automation.name)
}

fn yaml(file: &AutomationFile) -> Result<String, Failure> {
    serde_saphyr::to_string(file).map_err(|error| {
        tracing::error!(%error, "a file could not be written");
        Failure::new(ProblemCode::Internal, "The file could not be written as YAML. Ask for format=json.")
    })
}

/// How a file is taken in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
}

/// Take a file of automations in: those that are not there are made, those that differ are replaced, others stay.
/// All or none; the same file again changes nothing.
#[utoipa::path(post, path = "/entities/{entity}/automations/import", tag = "automations", params(("entity" = String, Path), How),
    request_body(content((AutomationFile = "application/yaml"), (AutomationFile = "application/json"))),
    responses((status = 200, body = Import), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn import(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(How { dry_run }): Params<How>,
    request: Request,
) -> Result<Json<Import>, Failure> {
    let team = caller.team(&app, &entity, if dry_run { Role::Viewer } else { Role::Admin }).await?;
    let file = file(request, &app).await?;
    let mut tx = app.db().begin().await?;
    let mut changes = Vec::with_capacity(file.automations.len());
    let mut faults: Option<Problem> = None;
    for (index, automation) in file.automations.iter().enumerate() {
        match take(&app, &team, &mut tx, automation)
            .await
            .map_err(|failure| failure.under(&format!("/automations/{index}")))
        {
            Ok(change) if faults.is_none() => changes.push(change),
            Ok(_) => {}
            // All faults of a file are told at once.
            Err(Failure::Problem(problem)) if problem.code == ProblemCode::Invalid => match &mut faults {
                None => faults = Some(*problem),
                Some(faults) => {
                    faults.errors.extend(problem.errors);
                    faults.diagnostics.extend(problem.diagnostics);
                }
            },
            Err(failure) => return Err(failure),
        }
    }
    if let Some(faults) = faults {
        return Err(faults.into());
    }
    if !dry_run {
        tx.commit().await?;
        if changes.iter().any(|change| change.change != FileChange::Unchanged) {
            app.changed(Topic::Automation, &team.name, None);
        }
    }
    Ok(Json(Import { dry_run, changes }))
}

async fn file(request: Request, app: &App) -> Result<AutomationFile, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let file: AutomationFile = match kind.as_str() {
        "application/json" => read(&bytes(request, app).await?)?,
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => {
            let bytes = bytes(request, app).await?;
            let unreadable = |error: String| {
                Failure::new(ProblemCode::BadRequest, format!("The file is not YAML that can be read: {error}"))
            };
            let text = std::str::from_utf8(&bytes).map_err(|error| unreadable(error.to_string()))?;
            let value: serde_json::Value =
                serde_saphyr::from_str(text).map_err(|error| unreadable(error.to_string()))?;
            form(&value)?
        }
        _ => {
            return Err(Failure::new(
                ProblemCode::UnsupportedMediaType,
                "The file is to be YAML or JSON. Send it with Content-Type: application/yaml or application/json.",
            ));
        }
    };
    if file.version != VERSION {
        let message = format!("This is version {}; {VERSION} is the one that can be read.", file.version);
        return Err(Failure::field("/version", "unknown_version", message));
    }
    let mut seen = std::collections::HashSet::new();
    for (index, automation) in file.automations.iter().enumerate() {
        if !seen.insert(key(automation)) {
            let message = format!("\"{}\" stands twice in this scope. Rename one of them.", automation.name);
            return Err(Failure::field(&format!("/automations/{index}/name"), "duplicate", message));
        }
    }
    Ok(file)
}

/// Makes or changes one automation of a file.
async fn take(app: &App, team: &Team, conn: &mut Conn, automation: &FileAutomation) -> Result<ImportChange, Failure> {
    let draft = draft(team, conn, automation).await?;
    let place = scope_place(app, team, &draft.scope).await.map_err(|failure| rename(failure, automation))?;
    automations::check(conn, &team.id, &draft).await.map_err(|failure| rename(failure, automation))?;
    let told = |change, id, differences| ImportChange {
        change,
        name: automation.name.clone(),
        scope: automation.scope.clone(),
        id,
        differences,
    };
    let collection = draft.scope.collection.as_deref();
    let Some(id) = automations::named(conn, &place.id, collection, &draft.name).await? else {
        let id = automations::create(conn, &team.id, &place.id, &draft, &team.user).await?;
        let change = Change::created(AuditKind::Automation, &id, &draft.name);
        team.audit(conn, change.after(&draft)?).await?;
        return Ok(told(FileChange::Created, None, Vec::new()));
    };
    let current = automations::get(conn, &team.id, &id).await?;
    let differences =
        differences(&serde_json::to_value(FileAutomation::from(&current))?, &serde_json::to_value(automation)?);
    if differences.is_empty() {
        return Ok(told(FileChange::Unchanged, Some(id), differences));
    }
    automations::update(conn, &id, &place.id, current.revision + 1, &draft, &team.user).await?;
    let change = Change::changed(AuditKind::Automation, &id, &draft.name);
    team.audit(conn, change.before(&AutomationDraft::from(&current))?.after(&draft)?).await?;
    Ok(told(FileChange::Updated, Some(id), differences))
}

/// The draft that an automation of a file stands for in this team.
async fn draft(team: &Team, conn: &mut Conn, automation: &FileAutomation) -> Result<AutomationDraft, Failure> {
    let scope = automation.scope.within(&team.name).ok_or_else(|| {
        let message = "A scope names a registry or a project, one of the two. Add the one it watches.";
        Failure::field("/scope", "required", message.to_owned())
    })?;
    let action = match &automation.action {
        FileAction::Record => Action::Record,
        FileAction::Webhook { webhook, template } => {
            let found = webhooks::named(conn, &team.id, webhook).await?;
            let webhook_id = found.ok_or_else(|| {
                let message = format!("There is no webhook \"{webhook}\" in {}. Create it first.", team.name);
                Failure::field("/action/webhook", "unknown_webhook", message)
            })?;
            Action::Webhook { webhook_id, template: template.clone() }
        }
    };
    Ok(automation.draft(scope, action))
}

/// The same failure, its fields named as in a file.
fn rename(mut failure: Failure, automation: &FileAutomation) -> Failure {
    if let Failure::Problem(problem) = &mut failure {
        let place = if automation.scope.registry.is_some() { "/scope/registry" } else { "/scope/project" };
        for FieldError { pointer, .. } in &mut problem.errors {
            if pointer == "/scope/name" {
                place.clone_into(pointer);
            } else if pointer == "/action/webhook_id" {
                "/action/webhook".clone_into(pointer);
            }
        }
    }
    failure
}
