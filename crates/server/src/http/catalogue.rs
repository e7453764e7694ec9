//! Registries, projects, collections, versions, runs and metric points: read, and upsert for sources.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::catalogue::{Collection, CollectionDraft, NewPoints, Place, Point, Run, Version, check_metadata};
use hookboard_api::event::{AcceptedEvents, NewEvent, Subject};
use hookboard_api::list::List;
use hookboard_api::name::check_place_name;
use hookboard_api::problem::{FieldError, Problem};
use hookboard_api::scope::PlaceKind;
use hookboard_api::stream::Topic;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, ToSchema};

use super::auth::{Caller, Team};
use super::extract::{Body, OptionalBody, Params, Segments};
use super::paging::Paging;
use crate::accept::News;
use crate::app::App;
use crate::db::Page;
use crate::db::audit::Change;
use crate::db::catalogue::{self, PlaceRow};
use crate::failure::Failure;

/// `registries` or `projects` in a path.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Places {
    /// Registries.
    Registries,
    /// Projects.
    Projects,
}

impl Places {
    const fn kind(self) -> PlaceKind {
        match self {
            Self::Registries => PlaceKind::Registry,
            Self::Projects => PlaceKind::Project,
        }
    }
}

fn check_name(name: &str) -> Result<(), Failure> {
    check_place_name(name, "/name").map_or(Ok(()), |error| Err(Problem::invalid(vec![error]).into()))
}

/// Registries or projects of a team.
#[utoipa::path(get, path = "/entities/{entity}/places/{places}", tag = "catalogue", params(("entity" = String, Path), ("places" = Places, Path)),
    responses((status = 200, body = List<Place>)))]
pub(super) async fn list_places(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places)): Segments<(String, Places)>,
) -> Result<Json<List<Place>>, Failure> {
    let team = caller.team(&app, &entity, Role::Viewer).await?;
    Ok(Json(List::whole(catalogue::places(app.db(), &team.id, places.kind()).await?)))
}

/// Make a registry or project where there is none of that name.
#[utoipa::path(put, path = "/entities/{entity}/places/{places}/{name}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path)),
    responses((status = 201, description = "Made"), (status = 204, description = "Was there"), (status = 422, body = Problem)))]
pub(super) async fn put_place(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name)): Segments<(String, Places, String)>,
) -> Result<StatusCode, Failure> {
    let team = caller.team(&app, &entity, Role::Admin).await?;
    let (_, made) = ensure_one(&app, &team, places.kind(), &name).await?;
    Ok(if made { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
}

/// Makes the place where there is none, checked and audited. Whether it was made.
pub(crate) async fn ensure_one(
    app: &App,
    team: &Team,
    kind: PlaceKind,
    name: &str,
) -> Result<(PlaceRow, bool), Failure> {
    check_name(name)?;
    let mut tx = app.db().begin().await?;
    let (place, made) = catalogue::ensure_place(&mut tx, &team.id, kind, name).await?;
    if made {
        let change = Change::created(AuditKind::Place, &place.id, name);
        team.audit(&mut tx, change.after(&json!({ "kind": place.kind }))?).await?;
    }
    tx.commit().await?;
    app.changed(Topic::Catalogue, &team.name, None);
    Ok((place, made))
}

async fn place(
    app: &App,
    caller: Caller,
    entity: &str,
    places: Places,
    name: &str,
    role: Role,
) -> Result<(PlaceRow, String), Failure> {
    let team = caller.team(app, entity, role).await?;
    Ok((catalogue::place(app.db(), &team.id, places.kind(), name).await?, team.user))
}

/// Collections of a registry or project.
#[utoipa::path(get, path = "/entities/{entity}/places/{places}/{name}/collections", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path)), responses((status = 200, body = List<Collection>)))]
pub(super) async fn list_collections(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name)): Segments<(String, Places, String)>,
) -> Result<Json<List<Collection>>, Failure> {
    let (place, _) = place(&app, caller, &entity, places, &name, Role::Viewer).await?;
    Ok(Json(List::whole(catalogue::collections(app.db(), &place.id).await?)))
}

/// Make a collection where there is none of that name, or change its type.
#[utoipa::path(put, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path)),
    request_body = CollectionDraft, responses((status = 204), (status = 422, body = Problem)))]
pub(super) async fn put_collection(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name, collection)): Segments<(String, Places, String, String)>,
    Body(draft): Body<CollectionDraft>,
) -> Result<StatusCode, Failure> {
    let (place, _) = place(&app, caller, &entity, places, &name, Role::Member).await?;
    check_name(&collection)?;
    if let Some(fault) = draft.collection_type.as_deref().and_then(|name| check_place_name(name, "/type")) {
        return Err(Problem::invalid(vec![fault]).into());
    }
    let mut tx = app.db().begin().await?;
    catalogue::ensure_collection(&mut tx, &place.id, &collection, draft.collection_type.as_deref()).await?;
    tx.commit().await?;
    app.changed(Topic::Catalogue, &place.entity, None);
    Ok(StatusCode::NO_CONTENT)
}

/// Versions of a collection, newest first.
#[utoipa::path(get, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}/versions", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path), Paging),
    responses((status = 200, body = List<Version>)))]
pub(super) async fn list_versions(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name, collection)): Segments<(String, Places, String, String)>,
    page: Page<u64>,
) -> Result<Json<List<Version>>, Failure> {
    let (place, _) = place(&app, caller, &entity, places, &name, Role::Viewer).await?;
    Ok(Json(catalogue::versions(app.db(), &place.id, &collection, &page).await?))
}

/// A version, made or changed by a source.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionDraft {
    /// Its metadata; none leaves what is known.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Who made it; by default the key's user.
    #[serde(default)]
    author: Option<String>,
}

/// Whose action a change was.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Authored {
    /// User name; by default the key's user.
    #[serde(default)]
    author: Option<String>,
}

struct VersionAt {
    place: PlaceRow,
    user: String,
    collection: String,
    index: u64,
}

impl VersionAt {
    fn event(&self, event_type: EventType, author: Option<String>) -> NewEvent {
        NewEvent {
            event_type,
            subject: Subject {
                kind: self.place.kind,
                entity: self.place.entity.clone(),
                name: self.place.name.clone(),
                collection: Some(self.collection.clone()),
                version: Some(self.index),
                run: None,
            },
            alias: None,
            tag: None,
            metadata: None,
            run_name: None,
            run_state: None,
            author,
            occurred_at: None,
            dedupe_key: None,
        }
    }

    async fn take(self, app: &App, event: NewEvent) -> Result<Json<AcceptedEvents>, Failure> {
        let errors = event.check();
        if !errors.is_empty() {
            return Err(Problem::invalid(errors).into());
        }
        let news = News::Events { events: vec![(self.place, event)], source: "catalogue", user: self.user };
        Ok(Json(AcceptedEvents { events: app.take(news).await? }))
    }
}

async fn version_at(
    app: &App,
    caller: Caller,
    (entity, places, name, collection, index): VersionPath,
) -> Result<VersionAt, Failure> {
    let (place, user) = place(app, caller, &entity, places, &name, Role::Member).await?;
    check_name(&collection)?;
    Ok(VersionAt { place, user, collection, index })
}

type VersionPath = (String, Places, String, String, u64);

/// Add a version. In a registry that links it, in a project it creates it; both are events.
#[utoipa::path(put, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}/versions/{index}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path), ("index" = u64, Path)),
    request_body = VersionDraft, responses((status = 200, body = AcceptedEvents), (status = 422, body = Problem)))]
pub(super) async fn put_version(
    State(app): State<App>,
    caller: Caller,
    Segments(path): Segments<VersionPath>,
    Body(draft): Body<VersionDraft>,
) -> Result<Json<AcceptedEvents>, Failure> {
    let at = version_at(&app, caller, path).await?;
    if let Some(error) = draft.metadata.as_ref().and_then(|metadata| check_metadata(metadata, "/metadata")) {
        return Err(Problem::invalid(vec![error]).into());
    }
    let event_type = match at.place.kind {
        PlaceKind::Registry => EventType::LinkArtifact,
        PlaceKind::Project => EventType::CreateArtifact,
    };
    let mut event = at.event(event_type, draft.author);
    event.metadata = draft.metadata;
    // Adding the same version again changes its metadata and is no second event.
    event.dedupe_key = Some(format!("version:{}:{}", at.collection, at.index));
    at.take(&app, event).await
}

/// Set an alias on a version. It leaves the version it sat on.
#[utoipa::path(put, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}/versions/{index}/aliases/{alias}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path), ("index" = u64, Path), ("alias" = String, Path)),
    request_body = Authored, responses((status = 200, body = AcceptedEvents), (status = 422, body = Problem)))]
pub(super) async fn put_alias(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name, collection, index, alias)): Segments<(String, Places, String, String, u64, String)>,
    OptionalBody(Authored { author }): OptionalBody<Authored>,
) -> Result<Json<AcceptedEvents>, Failure> {
    let at = version_at(&app, caller, (entity, places, name, collection, index)).await?;
    let mut event = at.event(EventType::AddArtifactAlias, author);
    event.alias = Some(alias);
    at.take(&app, event).await
}

/// Add a tag to a version.
#[utoipa::path(put, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}/versions/{index}/tags/{tag}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path), ("index" = u64, Path), ("tag" = String, Path)),
    request_body = Authored, responses((status = 200, body = AcceptedEvents), (status = 422, body = Problem)))]
pub(super) async fn put_tag(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name, collection, index, tag)): Segments<(String, Places, String, String, u64, String)>,
    OptionalBody(Authored { author }): OptionalBody<Authored>,
) -> Result<Json<AcceptedEvents>, Failure> {
    let at = version_at(&app, caller, (entity, places, name, collection, index)).await?;
    let mut event = at.event(EventType::AddArtifactTag, author);
    event.tag = Some(tag);
    at.take(&app, event).await
}

/// Remove a tag from a version.
#[utoipa::path(delete, path = "/entities/{entity}/places/{places}/{name}/collections/{collection}/versions/{index}/tags/{tag}", tag = "catalogue",
    params(("entity" = String, Path), ("places" = Places, Path), ("name" = String, Path), ("collection" = String, Path), ("index" = u64, Path), ("tag" = String, Path)),
    responses((status = 200, body = AcceptedEvents), (status = 422, body = Problem)))]
pub(super) async fn delete_tag(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, places, name, collection, index, tag)): Segments<(String, Places, String, String, u64, String)>,
) -> Result<Json<AcceptedEvents>, Failure> {
    let at = version_at(&app, caller, (entity, places, name, collection, index)).await?;
    let mut event = at.event(EventType::RemoveArtifactTag, None);
    event.tag = Some(tag);
    at.take(&app, event).await
}

/// Runs of a project, newest first.
#[utoipa::path(get, path = "/entities/{entity}/projects/{name}/runs", tag = "catalogue", params(("entity" = String, Path), ("name" = String, Path), Paging),
    responses((status = 200, body = List<Run>)))]
pub(super) async fn list_runs(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, name)): Segments<(String, String)>,
    page: Page,
) -> Result<Json<List<Run>>, Failure> {
    let (place, _) = place(&app, caller, &entity, Places::Projects, &name, Role::Viewer).await?;
    Ok(Json(catalogue::runs(app.db(), &place.id, &page).await?))
}

/// Which metric.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Metric {
    /// Name of the metric.
    metric: String,
}

/// Points of a run's metric, oldest first, 10,000 at most.
#[utoipa::path(get, path = "/entities/{entity}/projects/{name}/runs/{run}/metrics", tag = "catalogue",
    params(("entity" = String, Path), ("name" = String, Path), ("run" = String, Path), Metric), responses((status = 200, body = List<Point>)))]
pub(super) async fn get_points(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, name, run)): Segments<(String, String, String)>,
    Params(Metric { metric }): Params<Metric>,
) -> Result<Json<List<Point>>, Failure> {
    let (place, _) = place(&app, caller, &entity, Places::Projects, &name, Role::Viewer).await?;
    Ok(Json(List::whole(catalogue::points(app.db(), &place.id, &run, &metric).await?)))
}

/// What came of new points.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TakenPoints {
    /// Points stored.
    points: u32,
    /// Events that followed from them.
    events: Vec<hookboard_api::event::Accepted>,
}

/// Add points to a run's metric. Automations whose condition they bring to hold fire.
#[utoipa::path(post, path = "/entities/{entity}/projects/{name}/runs/{run}/metrics", tag = "catalogue",
    params(("entity" = String, Path), ("name" = String, Path), ("run" = String, Path)), request_body = NewPoints,
    responses((status = 202, body = TakenPoints), (status = 422, body = Problem)))]
pub(super) async fn post_points(
    State(app): State<App>,
    caller: Caller,
    Segments((entity, name, run)): Segments<(String, String, String)>,
    Body(new): Body<NewPoints>,
) -> Result<(StatusCode, Json<TakenPoints>), Failure> {
    let (place, user) = place(&app, caller, &entity, Places::Projects, &name, Role::Member).await?;
    check_name(&run)?;
    let names =
        [("/metric", Some(&new.metric)), ("/run_name", new.run_name.as_ref()), ("/author", new.author.as_ref())];
    let mut errors: Vec<FieldError> = names.into_iter().filter_map(|(at, name)| check_place_name(name?, at)).collect();
    errors.extend(new.check_points());
    if !errors.is_empty() {
        return Err(Problem::invalid(errors).into());
    }
    let points = u32::try_from(new.points.len()).unwrap_or(u32::MAX);
    let news = News::Points {
        place,
        run,
        run_name: new.run_name,
        user: new.author.unwrap_or(user),
        metric: new.metric,
        points: new.points,
    };
    let events = app.take(news).await?;
    Ok((StatusCode::ACCEPTED, Json(TakenPoints { points, events })))
}
