//! Automations written out as a file.

use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use hookboard_api::account::Role;
use hookboard_api::automation::Sort;
use hookboard_api::file::{AutomationFile, FileAutomation, FileScope, VERSION};
use hookboard_api::limits::MAX_PAGE;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::auth::Caller;
use super::automations::place_of;
use super::extract::{Params, Segments};
use super::yaml;
use crate::app::App;
use crate::db::Page;
use crate::db::automations::{self, Wanted};
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
pub(super) fn key(automation: &FileAutomation) -> (bool, Option<&String>, Option<&String>, &str) {
    let FileScope { registry, project, collection } = &automation.scope;
    (registry.is_none(), registry.as_ref().or(project.as_ref()), collection.as_ref(), &automation.name)
}
