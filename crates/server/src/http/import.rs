//! A file of automations taken in, by scope and name. What it would change is found beside the writer's turn, which is
//! taken for the writing alone.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::automation::{Action, AutomationDraft};
use hookboard_api::file::{
    AutomationFile, FileAction, FileAutomation, FileChange, FileScope, FileWebhook, Import, ImportChange, VERSION,
    differences,
};
use hookboard_api::limits::MAX_FILE_BYTES;
use hookboard_api::problem::{Problem, ProblemCode};
use hookboard_api::scope::{PlaceKind, Scope};
use hookboard_api::stream::Topic;
use hookboard_api::webhook::WebhookDraft;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use utoipa::IntoParams;

use super::auth::{Caller, Team};
use super::automations::place_of;
use super::extract::{Params, Segments, long_bytes};
use super::files::key;
use super::lent::{audit_use, tell_owners};
use super::reading::{form, read};
use super::yaml;
use crate::app::App;
use crate::db::audit::Change;
use crate::db::automations::{self, Stored};
use crate::db::{Conn, Transaction, catalogue, generation, lent};
use crate::digest::hex;
use crate::failure::Failure;

/// Automations compared at once: their payloads are in memory together.
const COMPARED_AT_ONCE: usize = 100;
/// How often an import is compared beside the writer's turn, before the turn is kept from what changes meanwhile.
const COMPARISONS: usize = 3;

/// How a file is taken in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct How {
    /// Only tell what would change.
    #[serde(default)]
    dry_run: bool,
    /// The `basis` of a dry run of this file: where it would change something else now, it is refused with 412.
    basis: Option<String>,
    /// Only automations of this registry are taken. A file that holds others is refused.
    registry: Option<String>,
    /// Only automations of this project are taken.
    project: Option<String>,
    /// Only automations of this collection are taken.
    collection: Option<String>,
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
    Params(How { dry_run, basis, registry, project, collection }): Params<How>,
    request: Request,
) -> Result<Json<Import>, Failure> {
    let team = caller.team(&app, &entity, if dry_run { Role::Viewer } else { Role::Admin }).await?;
    place_of(&app, &team, registry.as_ref(), project.as_ref()).await?;
    let wanted = Wanted { file: file(request).await?, only: FileScope { registry, project, collection } };
    let wanted = Arc::new(wanted);
    if dry_run {
        let changes = compare(&mut *app.db().read().snapshot().await?, &team, &wanted).await?.changes;
        return Ok(Json(Import { dry_run, basis: Some(basis_of(&changes)?), changes }));
    }
    let (mut tx, compared) = settle(&app, &team, &wanted).await?;
    if let Some(basis) = basis
        && basis != basis_of(&compared.changes)?
    {
        return Err(Failure::new(
            ProblemCode::VersionConflict,
            "What is here has changed since the file was compared. Compare again, then import.",
        ));
    }
    let Compared { mut changes, steps, .. } = compared;
    if !steps.is_empty() {
        write(&mut tx, &team, &steps, &mut changes).await?;
        tx.commit().await?;
        app.changed(Topic::Automation, &team.name, None);
        let actions = steps.iter().flat_map(|step| {
            [Some(&step.draft.action), step.current.as_ref().map(|current| &current.action)].into_iter().flatten()
        });
        tell_owners(&app, &team, &actions.collect::<Vec<_>>()).await;
    }
    Ok(Json(Import { dry_run, basis: None, changes }))
}

/// What a comparison found, as one word.
fn basis_of(changes: &[ImportChange]) -> Result<String, Failure> {
    Ok(hex(&Sha256::digest(serde_json::to_vec(changes)?)))
}

/// A file, and where it may hold automations of.
struct Wanted {
    file: AutomationFile,
    only: FileScope,
}

/// What taking a file in does, and to what state of the database.
#[derive(Default)]
struct Compared {
    generation: i64,
    /// In the order of the file.
    changes: Vec<ImportChange>,
    steps: Vec<Step>,
}

/// An automation that is to be written.
struct Step {
    /// Which change it is.
    index: usize,
    place_id: String,
    draft: AutomationDraft,
    /// The one there is.
    current: Option<Current>,
}

/// An automation that is to be replaced.
struct Current {
    id: String,
    revision: u32,
    /// What it does as yet.
    action: Action,
    /// What the audit log tells of it, and of what it becomes.
    before: Value,
    after: Value,
}

/// The writer's turn, and what is to be written in it: nothing has changed since that was found.
async fn settle(app: &App, team: &Team, wanted: &Arc<Wanted>) -> Result<(Transaction, Compared), Failure> {
    for _ in 0..COMPARISONS {
        let compared = compare(&mut *app.db().read().snapshot().await?, team, wanted).await?;
        let mut tx = app.db().begin().await?;
        if generation::current(&mut tx).await? == compared.generation {
            return Ok((tx, compared));
        }
    }
    let mut tx = app.db().begin().await?;
    let compared = compare(&mut tx, team, wanted).await?;
    Ok((tx, compared))
}

/// Compares a file with the automations there are. All faults are told at once.
async fn compare(conn: &mut Conn, team: &Team, wanted: &Arc<Wanted>) -> Result<Compared, Failure> {
    let generation = generation::current(conn).await?;
    let known = Arc::new(Known::read(conn, team).await?);
    let mut compared = Compared { generation, ..Compared::default() };
    let mut faults: Option<Problem> = None;
    let count = wanted.file.automations.len();
    for start in (0..count).step_by(COMPARED_AT_ONCE) {
        let range = start..count.min(start + COMPARED_AT_ONCE);
        let names: Vec<&str> = wanted.file.automations[range.clone()].iter().map(|one| one.name.as_str()).collect();
        let stored = automations::of_names(conn, &team.id, &names).await?;
        let (wanted, known) = (Arc::clone(wanted), Arc::clone(&known));
        // Payloads are compiled, which takes a long file seconds.
        let part = tokio::task::spawn_blocking(move || known.compare(&wanted, range, stored));
        let part = part.await.map_err(|_| Failure::new(ProblemCode::Internal, "The file could not be compared."))?;
        match part {
            Ok(part) => {
                compared.changes.extend(part.changes);
                compared.steps.extend(part.steps);
            }
            Err(Failure::Problem(problem)) if problem.code == ProblemCode::Invalid => gather(&mut faults, *problem),
            Err(failure) => return Err(failure),
        }
    }
    faults.map_or(Ok(compared), |faults| Err(faults.into()))
}

fn gather(faults: &mut Option<Problem>, problem: Problem) {
    match faults {
        None => *faults = Some(problem),
        Some(faults) => {
            faults.errors.extend(problem.errors);
            faults.diagnostics.extend(problem.diagnostics);
        }
    }
}

/// What automations of a file refer to.
struct Known {
    team: String,
    places: HashMap<(PlaceKind, String), String>,
    /// Ids and settings.
    webhooks: HashMap<FileWebhook, (String, WebhookDraft)>,
}

impl Known {
    async fn read(conn: &mut Conn, team: &Team) -> Result<Self, Failure> {
        let places = catalogue::places_of(conn, &team.id).await?;
        let places = places.into_iter().map(|place| ((place.kind, place.name), place.id)).collect();
        let webhooks = lent::usable_by_name(conn, &team.id, &team.user_id).await?;
        Ok(Self { team: team.name.clone(), places, webhooks })
    }

    /// Compares some automations of a file with those of their names.
    fn compare(&self, wanted: &Wanted, range: Range<usize>, stored: Vec<Stored>) -> Result<Compared, Failure> {
        let mut there = HashMap::with_capacity(stored.len());
        for one in stored {
            let draft = one.draft()?;
            there.insert((one.place_id.clone(), draft.scope.collection.clone(), draft.name.clone()), (one, draft));
        }
        let mut compared = Compared::default();
        let mut faults = None;
        for index in range {
            let Some(mut automation) = wanted.file.automations.get(index).cloned() else { continue };
            // The team's own name says nothing more than none.
            if let FileAction::Webhook { entity, .. } = &mut automation.action {
                entity.take_if(|entity| *entity == self.team);
            }
            let automation = &automation;
            let (draft, place_id) = match self.draft(automation, &wanted.only) {
                Ok(planned) => planned,
                Err(failure) => match failure.under(&format!("/automations/{index}")) {
                    Failure::Problem(problem) if problem.code == ProblemCode::Invalid => {
                        gather(&mut faults, *problem);
                        continue;
                    }
                    failure => return Err(failure),
                },
            };
            let there = there.remove(&(place_id.clone(), draft.scope.collection.clone(), draft.name.clone()));
            let (change, current) = difference(automation, &draft, there)?;
            if change.change != FileChange::Unchanged {
                compared.steps.push(Step { index, place_id, draft, current });
            }
            compared.changes.push(change);
        }
        faults.map_or(Ok(compared), |faults: Problem| Err(faults.into()))
    }

    /// The draft that an automation of a file stands for in this team, checked, and the id of its place.
    fn draft(&self, automation: &FileAutomation, only: &FileScope) -> Result<(AutomationDraft, String), Failure> {
        let scope = automation.scope.within(&self.team).ok_or_else(|| {
            Failure::field(
                "/scope",
                "required",
                "A scope names a registry or a project, one of the two. Add the one it watches.",
            )
        })?;
        check_within(&automation.scope, only)?;
        let (action, webhook) = match &automation.action {
            FileAction::Record => (Action::Record, None),
            FileAction::Webhook { webhook, entity, template } => {
                let (id, settings) = self.webhook(webhook, entity.as_ref())?;
                (Action::Webhook { webhook_id: id.clone(), template: template.clone() }, Some(settings))
            }
        };
        let place_id = self.place(&scope)?;
        let draft = automation.draft(scope, action);
        automations::check_with(&draft, webhook)?;
        Ok((draft, place_id))
    }

    /// The webhook of that name; of the team `entity`, where that is another.
    fn webhook(&self, name: &str, entity: Option<&String>) -> Result<&(String, WebhookDraft), Failure> {
        let known = self.webhooks.get(&FileWebhook { name: name.to_owned(), entity: entity.cloned() });
        known.ok_or_else(|| {
            if entity.is_some_and(String::is_empty) {
                let words = "Name the team that owns the webhook, or leave this out where it is this team's.";
                return Failure::field("/action/entity", "required", words);
            }
            let words = match entity {
                None => format!("There is no webhook \"{name}\" in {}. Create it first.", self.team),
                Some(other) => format!(
                    "There is no webhook \"{name}\" in {other} that you may use: you are no admin there, and no automation of {} sends through it. Create it first, or ask somebody who is admin in both to import the file.", self.team
                ),
            };
            Failure::field("/action/webhook", "unknown_webhook", words)
        })
    }

    fn place(&self, scope: &Scope) -> Result<String, Failure> {
        let id = self.places.get(&(scope.kind, scope.name.clone()));
        id.cloned().ok_or_else(|| {
            let kind = scope.kind.as_str();
            let words =
                format!("There is no {kind} \"{}\" in {}. Create it first, or choose another.", scope.name, self.team);
            Failure::field(&format!("/scope/{kind}"), "unknown_place", words)
        })
    }
}

/// Refuses a scope outside the one that is imported into.
fn check_within(scope: &FileScope, only: &FileScope) -> Result<(), Failure> {
    let parts = [
        ("registry", &scope.registry, &only.registry),
        ("project", &scope.project, &only.project),
        ("collection", &scope.collection, &only.collection),
    ];
    for (part, of, wanted) in parts {
        if let Some(wanted) = wanted
            && of.as_ref() != Some(wanted)
        {
            let pointer = if of.is_some() { format!("/scope/{part}") } else { String::from("/scope") };
            let words = format!(
                "This automation is of {scope}, and the import is for {part} \"{wanted}\" alone. Take it out of the file, or import into the whole team."
            );
            return Err(Failure::field(&pointer, "outside_scope", words));
        }
    }
    Ok(())
}

/// What taking an automation in does, and what becomes of the one there is.
fn difference(
    automation: &FileAutomation,
    draft: &AutomationDraft,
    there: Option<(Stored, AutomationDraft)>,
) -> Result<(ImportChange, Option<Current>), Failure> {
    let told = |change, id, differences| ImportChange {
        change,
        name: automation.name.clone(),
        scope: automation.scope.clone(),
        id,
        differences,
    };
    let Some((stored, current)) = there else {
        return Ok((told(FileChange::Created, None, Vec::new()), None));
    };
    let snoozed = stored.snoozed_until.as_deref();
    let (before, after) = (automations::told_of(&current, snoozed)?, automations::told_of(draft, snoozed)?);
    let action = current.action.clone();
    let there = serde_json::to_value(FileAutomation::of(current, stored.webhook))?;
    let differences = differences(&there, &serde_json::to_value(automation)?);
    if differences.is_empty() {
        return Ok((told(FileChange::Unchanged, Some(stored.id), differences), None));
    }
    let change = told(FileChange::Updated, Some(stored.id.clone()), differences);
    Ok((change, Some(Current { id: stored.id, revision: stored.revision, action, before, after })))
}

/// Writes what was found, audited.
async fn write(conn: &mut Conn, team: &Team, steps: &[Step], changes: &mut [ImportChange]) -> Result<(), Failure> {
    let made = steps.iter().filter(|step| step.current.is_none()).count();
    if made > 0 {
        automations::check_room(conn, &team.id, made).await?;
    }
    for Step { index, place_id, draft, current } in steps {
        match current {
            None => {
                let id = automations::insert(conn, place_id, draft, &team.user).await?;
                team.audit(conn, Change::created(AuditKind::Automation, &id, &draft.name).after(draft)?).await?;
                audit_use(conn, team, None, draft).await?;
                if let Some(change) = changes.get_mut(*index) {
                    change.id = Some(id);
                }
            }
            Some(Current { id, revision, action, before, after }) => {
                automations::update(conn, id, place_id, revision + 1, draft, &team.user).await?;
                let change = Change::changed(AuditKind::Automation, id, &draft.name);
                team.audit(conn, change.before(before)?.after(after)?).await?;
                audit_use(conn, team, action.webhook_id(), draft).await?;
            }
        }
    }
    Ok(())
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
