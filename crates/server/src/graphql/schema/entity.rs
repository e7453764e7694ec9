//! Teams, as entities and as organizations: a team here is both.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};
use hookboard_api::account::Role;
use hookboard_api::automation::Sort;
use hookboard_api::scope::PlaceKind;

use super::integration::Integration;
use super::json_string::JsonString;
use super::narrow::{Matcher, wanted_name};
use super::page::{Connection, length};
use super::project::{ArtifactCollection, Project, find};
use super::request::request;
use super::server::{ApiKey, Flag, RampIdType};
use super::trigger::Trigger;
use crate::db::automations::Wanted;
use crate::db::{Page, accounts, automations, catalogue, webhooks};
use crate::failure::Failure;
use crate::http::auth::Team;

/// A team.
pub(super) struct Entity {
    team: Arc<Team>,
    as_organization: bool,
}

impl std::fmt::Debug for Entity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.team.name)
    }
}

impl Entity {
    /// The team as what owns projects.
    pub(super) const fn team(team: Arc<Team>) -> Self {
        Self { team, as_organization: false }
    }
}

/// A member of a team.
#[derive(Debug, SimpleObject)]
pub(super) struct Member {
    id: ID,
    admin: bool,
    pending: bool,
    email: Option<String>,
    username: String,
    name: String,
    photo_url: Option<String>,
    account_type: String,
    api_key: Option<String>,
}

#[Object]
impl Entity {
    async fn id(&self) -> ID {
        ID(self.team.id.clone())
    }

    async fn name(&self) -> &str {
        &self.team.name
    }

    async fn entity_type(&self) -> &'static str {
        if self.as_organization { "organization" } else { "team" }
    }

    async fn is_team(&self) -> bool {
        true
    }

    async fn available(&self) -> bool {
        false
    }

    async fn photo_url(&self) -> Option<String> {
        None
    }

    async fn read_only(&self) -> bool {
        false
    }

    async fn read_only_admin(&self) -> bool {
        false
    }

    async fn private_only(&self) -> bool {
        true
    }

    async fn storage_bytes(&self) -> i32 {
        0
    }

    async fn code_saving_enabled(&self) -> bool {
        false
    }

    async fn default_access(&self) -> &'static str {
        "PRIVATE"
    }

    async fn is_paid(&self) -> bool {
        true
    }

    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<Member>> {
        let members = accounts::members(request(ctx).app.db(), &self.team.id).await?;
        let member = |member: hookboard_api::account::Member| Member {
            id: ID(member.user.clone()),
            admin: member.role == Role::Admin,
            pending: false,
            email: None,
            username: member.user.clone(),
            name: member.user,
            photo_url: None,
            account_type: String::from("MEMBER"),
            api_key: None,
        };
        Ok(members.into_iter().map(member).collect())
    }

    async fn organization(&self) -> Organization {
        Organization(Arc::clone(&self.team))
    }

    async fn user(&self) -> Option<User> {
        None
    }

    async fn project(&self, ctx: &Context<'_>, name: Option<String>) -> Result<Option<Project>> {
        Ok(find(ctx, &self.team, &name.unwrap_or_default()).await?)
    }

    async fn projects(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
        filters: Option<JsonString>,
    ) -> Result<Connection<Project>> {
        let projects = projects(ctx, &self.team).await?;
        let wanted = Matcher::read(filters.as_ref())?;
        let matching = projects.into_iter().filter(|(_, project)| wanted.takes_place(project)).collect();
        Ok(Connection::cut(matching, after.as_deref(), first))
    }

    /// The webhooks.
    async fn integrations(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
    ) -> Result<Connection<Integration>> {
        let mut connection = request(ctx).app.db().read().acquire().await.map_err(Failure::from)?;
        let rows = webhooks::endpoints(&mut connection, &self.team.id).await?;
        let rows = rows.into_iter().map(|row| (row.id.clone(), Integration::Webhook(row.into()))).collect();
        Ok(Connection::cut(rows, after.as_deref(), first))
    }

    /// The automations, oldest first.
    #[graphql(complexity = "10 + child_complexity")]
    async fn triggers(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
        #[graphql(name = "order")] _order: Option<String>,
        filters: Option<JsonString>,
    ) -> Result<Connection<Trigger>> {
        let request = request(ctx);
        let after = after.filter(|after| !after.is_empty()).map(|after| after.parse()).transpose();
        let after = after.map_err(|_| {
            Failure::parameter("after", "This is no cursor of this list. Pass on the one of the page before.")
        })?;
        let wanted = Wanted { name: wanted_name(filters.as_ref())?, ..Wanted::default() };
        let references = request.references(&self.team).await?;
        let page = Page { after, limit: length(first) };
        let list = automations::list(request.app.db(), &self.team.id, &wanted, Sort::Created, &page).await?;
        let rows = list
            .items
            .into_iter()
            .map(|automation| Ok((automation.id.clone(), Trigger::of(request, &self.team, &references, automation)?)));
        let rows = rows.collect::<Result<Vec<_>, Failure>>()?;
        Ok(Connection::new(rows, list.next_cursor.is_some(), list.total))
    }

    /// Collections of the places that the filters name.
    #[graphql(complexity = "10 + child_complexity")]
    async fn artifact_collections(
        &self,
        ctx: &Context<'_>,
        project_filters: Option<JsonString>,
        filters: Option<JsonString>,
        collection_types: Option<Vec<ArtifactCollectionType>>,
        after: Option<String>,
        first: Option<i32>,
        #[graphql(name = "order")] _order: Option<String>,
    ) -> Result<Connection<ArtifactCollection>> {
        let kinds = collection_types.unwrap_or_else(|| vec![ArtifactCollectionType::Portfolio]);
        let (places, names) = (Matcher::read(project_filters.as_ref())?, Matcher::read(filters.as_ref())?);
        let mut found = Vec::new();
        for (_, project) in projects(ctx, &self.team).await? {
            if !kinds.iter().any(|kind| kind.kind() == project.place.kind) || !places.takes_place(&project) {
                continue;
            }
            for collection in project.collections(ctx, None).await? {
                if names.takes_name(collection.own_name()) {
                    found.push((format!("{}/{}", project.place.id, collection.own_name()), collection));
                }
            }
        }
        found.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(Connection::cut(found, after.as_deref(), first))
    }
}

/// Which collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum ArtifactCollectionType {
    /// Those of registries.
    Portfolio,
    /// Those of projects.
    Sequence,
}

impl ArtifactCollectionType {
    const fn kind(self) -> PlaceKind {
        match self {
            Self::Portfolio => PlaceKind::Registry,
            Self::Sequence => PlaceKind::Project,
        }
    }
}

/// Registries and projects with their cursors, those with automations first: the SDK takes a page without any for the
/// end of a list of automations.
pub(super) async fn projects(ctx: &Context<'_>, team: &Arc<Team>) -> Result<Vec<(String, Project)>, Failure> {
    let mut connection = request(ctx).app.db().read().acquire().await?;
    let places = catalogue::places_of(&mut connection, &team.id).await?;
    let watched = catalogue::watched(&mut connection, &team.id).await?;
    let project = |place: catalogue::PlaceRow| {
        let order = if watched.contains(&place.id) { 'a' } else { 'b' };
        (format!("{order}:{}", place.id), Project { team: Arc::clone(team), place })
    };
    let mut projects: Vec<_> = places.into_iter().map(project).collect();
    projects.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    Ok(projects)
}

/// A team as an organization: the SDK looks up registries by these.
pub(super) struct Organization(pub(super) Arc<Team>);

#[Object]
impl Organization {
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    async fn name(&self) -> &str {
        &self.0.name
    }

    async fn org_entity(&self) -> Entity {
        Entity { team: Arc::clone(&self.0), as_organization: true }
    }

    async fn feature_flags(&self, #[graphql(name = "rampIDType")] _by: RampIdType) -> Vec<Flag> {
        Vec::new()
    }
}

/// A team's name.
#[derive(Debug, SimpleObject)]
pub(super) struct TeamName {
    name: String,
}

/// Who asks.
pub(super) struct User;

#[Object]
impl User {
    async fn id(&self, ctx: &Context<'_>) -> ID {
        ID(request(ctx).caller.0.id.clone())
    }

    async fn name(&self, ctx: &Context<'_>) -> String {
        request(ctx).caller.0.name.clone()
    }

    async fn username(&self, ctx: &Context<'_>) -> String {
        request(ctx).caller.0.name.clone()
    }

    async fn email(&self) -> Option<String> {
        None
    }

    async fn admin(&self) -> bool {
        false
    }

    async fn flags(&self) -> JsonString {
        JsonString(String::from("{}"))
    }

    async fn deleted_at(&self) -> Option<String> {
        None
    }

    /// The team that counts where a call names none.
    async fn entity(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(request(ctx).teams().await?.into_iter().next())
    }

    async fn api_keys(&self) -> Connection<ApiKey> {
        Connection::whole(Vec::new())
    }

    async fn teams(&self, ctx: &Context<'_>) -> Result<Connection<TeamName>> {
        let teams = request(ctx).teams().await?;
        Ok(Connection::whole(teams.into_iter().map(|name| (name.clone(), TeamName { name })).collect()))
    }

    async fn organizations(&self, ctx: &Context<'_>) -> Result<Vec<Organization>> {
        let request = request(ctx);
        let mut organizations = Vec::new();
        for name in request.teams().await? {
            organizations.push(Organization(request.team(&name, Role::Viewer).await?));
        }
        Ok(organizations)
    }

    /// Registries and projects of all teams.
    #[graphql(complexity = "10 + child_complexity")]
    async fn projects(
        &self,
        ctx: &Context<'_>,
        after: Option<String>,
        first: Option<i32>,
    ) -> Result<Connection<Project>> {
        let request = request(ctx);
        let mut all = Vec::new();
        for name in request.teams().await? {
            all.extend(projects(ctx, &request.team(&name, Role::Viewer).await?).await?);
        }
        all.sort_unstable_by(|one, other| one.0.cmp(&other.0));
        Ok(Connection::cut(all, after.as_deref(), first))
    }
}
