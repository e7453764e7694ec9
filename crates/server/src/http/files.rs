//! Automations as files: written out, and taken in by scope and name.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hookboard_api::account::Role;
use hookboard_api::automation::{Action, Automation, AutomationDraft, Sort};
use hookboard_api::file::{
    AutomationFile, FileAction, FileAutomation, FileChange, FileScope, Import, ImportChange, VERSION, differences,
};
use hookboard_api::limits::{MAX_FILE_BYTES, MAX_PAGE};
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::stream::Topic;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::automations::{audit_change, audit_creation, place_of, scope_place_in};
use super::extract::{Params, Segments, long_bytes};
use super::reading::{form, read};
use super::yaml;
use crate::app::App;
use crate::db::automations::{self, Wanted};
use crate::db::{Conn, Page, webhooks};
use crate::digest::hex;
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
    let (kind, saved, text) = match which.format.unwrap_or_default() {
        Format::Yaml => ("application/yaml", "attachment; filename=\"automations.yaml\"", yaml::write(&file)?),
        Format::Json => {
            let text = serde_json::to_string_pretty(&file)? + "\n";
            ("application/json", "attachment; filename=\"automations.json\"", text)
        }
    };
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, saved)];
    Ok((headers, text).into_response())
}

/// What a file is put in order by.
fn key(automation: &FileAutomation) -> (bool, Option<&String>, Option<&String>, &str) {
    let FileScope { registry, project, collection } = &automation.scope;
    (registry.is_none(), registry.as_ref().or(project.as_ref()), collection.as_ref(), &automation.name)
}

/// How a file is taken in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
    /// The `basis` of a dry run of this file: where it would change something else now, it is refused with 412.
    basis: Option<String>,
}

/// Take a file of automations in: those that are not there are made, those that differ are replaced, others stay.
/// All or none; the same file again changes nothing.
#[utoipa::path(post, path = "/entities/{entity}/automations/import", tag = "automations", params(("entity" = String, Path), How),
    request_body(content((AutomationFile = "application/yaml"), (AutomationFile = "application/json"))),
    responses((status = 200, body = Import), (status = 409, body = Problem), (status = 412, body = Problem), (status = 422, body = Problem)))]
pub(super) async fn import(
    State(app): State<App>,
    caller: Caller,
    Segments(entity): Segments<String>,
    Params(How { dry_run, basis }): Params<How>,
    request: Request,
) -> Result<Json<Import>, Failure> {
    let team = caller.team(&app, &entity, if dry_run { Role::Viewer } else { Role::Admin }).await?;
    let file = file(request).await?;
    // Whatever can be looked up is, before there is one writer's turn to keep.
    let planned = plan(&app, &team, &file).await?;
    if dry_run {
        let mut connection = app.db().read().acquire().await?;
        let changes = compare(&planned, &mut connection, &team).await?;
        return Ok(Json(Import { dry_run, basis: Some(basis_of(&changes)?), changes }));
    }
    let mut tx = app.db().begin().await?;
    if let Some(basis) = basis
        && basis != basis_of(&compare(&planned, &mut tx, &team).await?)?
    {
        return Err(Failure::new(
            ProblemCode::VersionConflict,
            "What is here has changed since the file was compared. Compare again, then import.",
        ));
    }
    let mut changes = Vec::with_capacity(planned.len());
    for one in &planned {
        changes.push(one.write(&mut tx, &team).await?);
    }
    tx.commit().await?;
    if changes.iter().any(|change| change.change != FileChange::Unchanged) {
        app.changed(Topic::Automation, &team.name, None);
    }
    Ok(Json(Import { dry_run, basis: None, changes }))
}

async fn compare(planned: &[Planned<'_>], conn: &mut Conn, team: &Team) -> Result<Vec<ImportChange>, Failure> {
    let mut changes = Vec::with_capacity(planned.len());
    for one in planned {
        changes.push(one.compare(conn, team).await?.1);
    }
    Ok(changes)
}

/// What a comparison found, as one word.
fn basis_of(changes: &[ImportChange]) -> Result<String, Failure> {
    Ok(hex(&Sha256::digest(serde_json::to_vec(changes)?)))
}

/// An automation of a file, and what it stands for in this team.
struct Planned<'f> {
    automation: &'f FileAutomation,
    draft: AutomationDraft,
    place_id: String,
    /// JSON pointer of the automation in the file.
    pointer: String,
}

/// What the automations of a file stand for. All faults are told at once.
async fn plan<'f>(app: &App, team: &Team, file: &'f AutomationFile) -> Result<Vec<Planned<'f>>, Failure> {
    let mut connection = app.db().read().acquire().await?;
    let mut planned = Vec::with_capacity(file.automations.len());
    let mut faults: Option<Problem> = None;
    for (index, automation) in file.automations.iter().enumerate() {
        let pointer = format!("/automations/{index}");
        match planned_one(team, &mut connection, automation, pointer.clone()).await {
            Ok(one) => planned.push(one),
            Err(failure) => match failure.under(&pointer) {
                Failure::Problem(problem) if problem.code == ProblemCode::Invalid => match &mut faults {
                    None => faults = Some(*problem),
                    Some(faults) => {
                        faults.errors.extend(problem.errors);
                        faults.diagnostics.extend(problem.diagnostics);
                    }
                },
                failure => return Err(failure),
            },
        }
    }
    faults.map_or(Ok(planned), |faults| Err(faults.into()))
}

async fn planned_one<'f>(
    team: &Team,
    conn: &mut Conn,
    automation: &'f FileAutomation,
    pointer: String,
) -> Result<Planned<'f>, Failure> {
    let draft = draft(team, conn, automation).await?;
    let place = scope_place_in(conn, team, &draft.scope).await.map_err(|failure| rename(failure, automation))?;
    automations::check(conn, &team.id, &draft).await.map_err(|failure| rename(failure, automation))?;
    Ok(Planned { automation, draft, place_id: place.id, pointer })
}

impl Planned<'_> {
    /// The automation there is, and what taking this one in does.
    async fn compare(&self, conn: &mut Conn, team: &Team) -> Result<(Option<Automation>, ImportChange), Failure> {
        let told = |change, id, differences| ImportChange {
            change,
            name: self.automation.name.clone(),
            scope: self.automation.scope.clone(),
            id,
            differences,
        };
        let collection = self.draft.scope.collection.as_deref();
        let Some(id) = automations::named(conn, &self.place_id, collection, &self.draft.name).await? else {
            return Ok((None, told(FileChange::Created, None, Vec::new())));
        };
        let current = automations::get(conn, &team.id, &id).await?;
        let before = serde_json::to_value(FileAutomation::from(&current))?;
        let differences = differences(&before, &serde_json::to_value(self.automation)?);
        let change = if differences.is_empty() { FileChange::Unchanged } else { FileChange::Updated };
        Ok((Some(current), told(change, Some(id), differences)))
    }

    /// Makes it, or changes the one there is.
    async fn write(&self, conn: &mut Conn, team: &Team) -> Result<ImportChange, Failure> {
        let (current, mut change) = self.compare(conn, team).await?;
        if change.change == FileChange::Unchanged {
            return Ok(change);
        }
        // What it was planned with may have gone meanwhile.
        let checked = automations::check(conn, &team.id, &self.draft).await;
        checked.map_err(|failure| rename(failure, self.automation).under(&self.pointer))?;
        let author = &team.user;
        let Some(current) = current else {
            let id = automations::create(conn, &team.id, &self.place_id, &self.draft, author).await?;
            let made = automations::get(conn, &team.id, &id).await?;
            audit_creation(conn, team, &made).await?;
            change.id = Some(id);
            return Ok(change);
        };
        let revision = current.revision + 1;
        automations::update(conn, &current.id, &self.place_id, revision, &self.draft, author).await?;
        let changed = automations::get(conn, &team.id, &current.id).await?;
        audit_change(conn, team, &current, &changed).await?;
        Ok(change)
    }
}

async fn file(request: Request) -> Result<AutomationFile, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_yaml = match kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/json" => false,
        "application/yaml" | "application/x-yaml" | "text/yaml" | "text/x-yaml" => true,
        _ => {
            return Err(Failure::new(
                ProblemCode::UnsupportedMediaType,
                "The file is to be YAML or JSON. Send it with Content-Type: application/yaml or application/json.",
            ));
        }
    };
    let bytes = long_bytes(request, MAX_FILE_BYTES).await?;
    // A long file takes seconds, in which other calls are to be answered.
    let parsed = tokio::task::spawn_blocking(move || {
        Ok::<_, Failure>(if is_yaml { form(&yaml::read(&bytes)?)? } else { read(&bytes)? })
    });
    let file = parsed.await.map_err(|_| Failure::new(ProblemCode::Internal, "The file could not be read."))??;
    check_file(&file)?;
    Ok(file)
}

fn check_file(file: &AutomationFile) -> Result<(), Failure> {
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
    Ok(())
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
