//! Registries, projects and collections. A registry is a project whose name says so.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, Object, Result, SimpleObject};
use hookboard_api::automation::Sort;
use hookboard_api::limits::MAX_PAGE;
use hookboard_api::scope::PlaceKind;

use super::entity::Entity;
use super::json_string::JsonString;
use super::page::Connection;
use super::request::request;
use super::trigger::Trigger;
use crate::clock;
use crate::db::automations::Wanted;
use crate::db::catalogue::{self, CollectionRow, PlaceRow};
use crate::db::{Page, automations};
use crate::failure::Failure;
use crate::graphql::id::{collection_id, internal_id};
use crate::http::auth::Team;

/// How the project of a registry is named.
pub(super) const REGISTRY_PREFIX: &str = "wandb-registry-";

/// Kind and name of the place that goes by a project's name.
pub(super) fn place_of(name: &str) -> (PlaceKind, &str) {
    match name.strip_prefix(REGISTRY_PREFIX).filter(|name| !name.is_empty()) {
        Some(registry) => (PlaceKind::Registry, registry),
        None => (PlaceKind::Project, name),
    }
}

/// The place that goes by a project's name.
pub(super) async fn find(ctx: &Context<'_>, team: &Arc<Team>, name: &str) -> Result<Option<Project>, Failure> {
    let (kind, own) = place_of(name);
    let mut connection = request(ctx).app.db().read().acquire().await?;
    let place = catalogue::find_place(&mut connection, &team.id, kind, own).await?;
    Ok(place.map(|place| Project { team: Arc::clone(team), place }))
}

/// A registry or a project.
#[derive(Clone)]
pub(super) struct Project {
    pub(super) team: Arc<Team>,
    pub(super) place: PlaceRow,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.place.fmt(f)
    }
}

impl Project {
    /// The name by which the SDK knows it.
    pub(super) fn full_name(&self) -> String {
        match self.place.kind {
            PlaceKind::Registry => format!("{REGISTRY_PREFIX}{}", self.place.name),
            PlaceKind::Project => self.place.name.clone(),
        }
    }

    async fn rows(&self, ctx: &Context<'_>, name: Option<&str>) -> Result<Vec<CollectionRow>, Failure> {
        let mut connection = request(ctx).app.db().read().acquire().await?;
        catalogue::collection_rows(&mut connection, &self.place.id, name).await
    }

    /// The collections, or the one of this name.
    pub(super) async fn collections(
        &self,
        ctx: &Context<'_>,
        name: Option<&str>,
    ) -> Result<Vec<ArtifactCollection>, Failure> {
        let rows = self.rows(ctx, name).await?;
        Ok(rows
            .into_iter()
            .map(|row| Collection { project: self.clone(), row: Some(row), name: String::new() }.typed())
            .collect())
    }
}

#[Object]
impl Project {
    async fn id(&self) -> ID {
        ID(self.place.id.clone())
    }

    async fn internal_id(&self) -> ID {
        ID(internal_id(&self.place.id))
    }

    async fn name(&self) -> String {
        self.full_name()
    }

    async fn entity_name(&self) -> &str {
        &self.place.entity
    }

    async fn entity(&self) -> Entity {
        Entity::team(Arc::clone(&self.team))
    }

    async fn description(&self) -> Option<String> {
        None
    }

    async fn created_at(&self) -> String {
        clock::text(clock::id_ms(&self.place.id).unwrap_or_default())
    }

    async fn updated_at(&self) -> Option<String> {
        None
    }

    async fn access(&self) -> &'static str {
        "PRIVATE"
    }

    async fn views(&self) -> Option<JsonString> {
        None
    }

    async fn is_benchmark(&self) -> bool {
        false
    }

    async fn user(&self) -> Option<super::entity::User> {
        None
    }

    async fn allow_all_artifact_types_in_registry(&self) -> bool {
        true
    }

    async fn artifact_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(name = "includeAll")] _include_all: Option<bool>,
    ) -> Result<Connection<ArtifactType>> {
        let rows = self.rows(ctx, None).await?;
        let mut names: Vec<String> = rows.into_iter().map(|row| row.collection_type).collect();
        names.sort_unstable();
        names.dedup();
        let types = names.into_iter().map(|name| (name.clone(), ArtifactType { name, project: self.clone() }));
        Ok(Connection::whole(types.collect()))
    }

    async fn artifact_type(&self, name: String) -> Option<ArtifactType> {
        Some(ArtifactType { name, project: self.clone() })
    }

    /// All automations of it and its collections.
    #[graphql(complexity = "20 + child_complexity")]
    async fn triggers(&self, ctx: &Context<'_>) -> Result<Vec<Trigger>> {
        let request = request(ctx);
        let references = request.references(&self.team).await?;
        let wanted = Wanted { place_id: Some(self.place.id.clone()), ..Wanted::default() };
        let mut triggers = Vec::new();
        let mut after = None;
        loop {
            let page = Page { after, limit: MAX_PAGE };
            let list = automations::list(request.app.db(), &self.team.id, &wanted, Sort::Created, &page).await?;
            for automation in list.items {
                triggers.push(Trigger::of(request, &self.team, &references, automation)?);
            }
            after = list.next_cursor.and_then(|cursor| cursor.parse().ok());
            if after.is_none() {
                return Ok(triggers);
            }
        }
    }
}

/// A type of artifacts within a place.
#[derive(Debug)]
pub(super) struct ArtifactType {
    name: String,
    project: Project,
}

#[Object]
impl ArtifactType {
    async fn name(&self) -> &str {
        &self.name
    }

    async fn artifact_collection(&self, ctx: &Context<'_>, name: String) -> Result<Option<ArtifactCollection>> {
        let found = self.project.rows(ctx, Some(&name)).await?;
        let row = found.into_iter().find(|row| row.collection_type == self.name);
        Ok(row.map(|row| Collection { project: self.project.clone(), row: Some(row), name: String::new() }.typed()))
    }
}

/// A collection, or the name of one that automations watch.
#[derive(Debug, Clone)]
pub(super) struct Collection {
    project: Project,
    row: Option<CollectionRow>,
    name: String,
}

impl Collection {
    /// One that is watched, whether it is there or not.
    pub(super) fn watched(project: Project, name: &str) -> Self {
        Self { project, row: None, name: name.to_owned() }
    }

    fn typed(self) -> ArtifactCollection {
        match self.project.place.kind {
            PlaceKind::Registry => ArtifactCollection::Portfolio(ArtifactPortfolio(self)),
            PlaceKind::Project => ArtifactCollection::Sequence(ArtifactSequence(self)),
        }
    }

    fn own_name(&self) -> &str {
        self.row.as_ref().map_or(&self.name, |row| &row.name)
    }

    fn made_at(&self) -> String {
        let id = self.row.as_ref().map_or(&self.project.place.id, |row| &row.id);
        clock::text(clock::id_ms(id).unwrap_or_default())
    }

    fn type_name(&self) -> String {
        self.row.as_ref().map_or_else(|| String::from("model"), |row| row.collection_type.clone())
    }

    fn tag_nodes(&self) -> Connection<Tag> {
        let tags = self.row.iter().flat_map(|row| &row.tags);
        Connection::whole(tags.map(|name| (name.clone(), Tag { id: ID(name.clone()), name: name.clone() })).collect())
    }
}

/// Two types with the same fields: that of registries, and that of projects.
macro_rules! collection_object {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub(super) struct $name(pub(super) Collection);

        #[Object]
        impl $name {
            async fn id(&self) -> ID {
                ID(collection_id(&self.0.project.place.id, self.0.own_name()))
            }

            async fn name(&self) -> String {
                self.0.own_name().to_owned()
            }

            async fn description(&self) -> Option<String> {
                None
            }

            async fn created_at(&self) -> String {
                self.0.made_at()
            }

            async fn updated_at(&self) -> Option<String> {
                self.0.row.as_ref().map(|row| row.updated_at.clone())
            }

            async fn project(&self) -> Project {
                self.0.project.clone()
            }

            async fn default_artifact_type(&self) -> ArtifactType {
                ArtifactType { name: self.0.type_name(), project: self.0.project.clone() }
            }

            async fn tags(&self) -> Connection<Tag> {
                self.0.tag_nodes()
            }

            async fn aliases(
                &self,
                #[graphql(name = "after")] _after: Option<String>,
                #[graphql(name = "first")] _first: Option<i32>,
            ) -> Connection<AliasNode> {
                Connection::whole(Vec::new())
            }
        }
    };
}

collection_object!(
    /// A collection of a registry.
    ArtifactPortfolio
);
collection_object!(
    /// A collection of a project.
    ArtifactSequence
);

/// A collection.
#[derive(Debug, Clone, Interface)]
#[graphql(
    field(name = "id", ty = "ID"),
    field(name = "name", ty = "String"),
    field(name = "description", ty = "Option<String>"),
    field(name = "created_at", ty = "String"),
    field(name = "updated_at", ty = "Option<String>"),
    field(name = "project", ty = "Project"),
    field(name = "default_artifact_type", ty = "ArtifactType"),
    field(name = "tags", ty = "Connection<Tag>"),
    field(
        name = "aliases",
        ty = "Connection<AliasNode>",
        arg(name = "after", ty = "Option<String>"),
        arg(name = "first", ty = "Option<i32>")
    )
)]
pub(super) enum ArtifactCollection {
    /// Of a registry.
    Portfolio(ArtifactPortfolio),
    /// Of a project.
    Sequence(ArtifactSequence),
}

impl ArtifactCollection {
    /// Its name.
    pub(super) fn own_name(&self) -> &str {
        match self {
            Self::Portfolio(ArtifactPortfolio(collection)) | Self::Sequence(ArtifactSequence(collection)) => {
                collection.own_name()
            }
        }
    }
}

/// A tag.
#[derive(Debug, SimpleObject)]
pub(super) struct Tag {
    id: ID,
    name: String,
}

/// An alias. They are not listed here.
#[derive(Debug, SimpleObject)]
#[graphql(name = "ArtifactAlias")]
pub(super) struct AliasNode {
    id: ID,
    alias: String,
}
