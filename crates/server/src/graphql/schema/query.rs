//! What can be asked.

use async_graphql::{Context, Object, Result};
use hookboard_api::account::Role;

use super::entity::{Entity, Organization, User};
use super::page::Connection;
use super::project::{Project, find};
use super::request::request;
use super::server::ServerInfo;
use crate::failure::Failure;

/// The root of queries.
pub(super) struct Query;

/// The team of that name; where none is named, the caller's first.
pub(super) async fn named_team(ctx: &Context<'_>, name: Option<String>) -> Result<String, Failure> {
    match name.filter(|name| !name.is_empty()) {
        Some(name) => Ok(name),
        None => request(ctx).teams().await?.into_iter().next().ok_or_else(|| Failure::not_found("team")),
    }
}

#[Object]
impl Query {
    async fn viewer(&self) -> User {
        User
    }

    async fn server_info(&self) -> ServerInfo {
        ServerInfo
    }

    async fn entity(&self, ctx: &Context<'_>, name: Option<String>) -> Result<Entity> {
        let name = named_team(ctx, name).await?;
        Ok(Entity::team(request(ctx).team(&name, Role::Viewer).await?))
    }

    async fn organization(&self, ctx: &Context<'_>, name: Option<String>) -> Result<Organization> {
        let name = named_team(ctx, name).await?;
        Ok(Organization(request(ctx).team(&name, Role::Viewer).await?))
    }

    async fn project(
        &self,
        ctx: &Context<'_>,
        name: Option<String>,
        entity_name: Option<String>,
    ) -> Result<Option<Project>> {
        let team = named_team(ctx, entity_name).await?;
        let team = request(ctx).team(&team, Role::Viewer).await?;
        Ok(find(ctx, &team, &name.unwrap_or_default()).await?)
    }

    /// Registries and projects of a team.
    #[graphql(complexity = "10 + child_complexity")]
    async fn models(
        &self,
        ctx: &Context<'_>,
        entity_name: Option<String>,
        after: Option<String>,
        first: Option<i32>,
    ) -> Result<Connection<Project>> {
        let name = named_team(ctx, entity_name).await?;
        let team = request(ctx).team(&name, Role::Viewer).await?;
        let projects = super::entity::projects(ctx, &team).await?;
        Ok(Connection::cut(projects, after.as_deref(), first))
    }
}
