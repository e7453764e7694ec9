//! Who makes a request, and what has been looked up for it.

use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::Context;
use hookboard_api::account::Role;
use hookboard_api::scope::PlaceKind;
use tokio::sync::Mutex;

use super::integration::GenericWebhookIntegration;
use crate::app::App;
use crate::db::catalogue::{self, PlaceRow};
use crate::db::{accounts, webhooks};
use crate::failure::Failure;
use crate::graphql::client::Client;
use crate::http::auth::{Caller, Team};

/// Who asks, and what has been looked up for this call.
pub(in crate::graphql) struct RequestContext {
    pub(super) app: App,
    pub(super) caller: Caller,
    pub(super) client: Client,
    references: Mutex<HashMap<String, Arc<References>>>,
}

/// What automations of a team refer to.
#[derive(Debug, Default)]
pub(super) struct References {
    pub(super) places: HashMap<(PlaceKind, String), PlaceRow>,
    pub(super) webhooks: HashMap<String, GenericWebhookIntegration>,
}

impl RequestContext {
    pub(in crate::graphql) fn new(app: App, caller: Caller, client: Client) -> Self {
        Self { app, caller, client, references: Mutex::default() }
    }

    /// The team of that name, if the caller's role in it is at least `needed`.
    pub(super) async fn team(&self, name: &str, needed: Role) -> Result<Arc<Team>, Failure> {
        self.caller.clone().team(&self.app, name, needed).await.map(Arc::new)
    }

    /// The same for the owner of a thing: of another team's, it is told that there is no such thing.
    pub(super) async fn owner(&self, name: Option<String>, needed: Role, thing: &str) -> Result<Arc<Team>, Failure> {
        let name = name.ok_or_else(|| Failure::not_found(thing))?;
        if accounts::membership(self.app.db(), &self.caller.0.id, &name).await?.is_none() {
            return Err(Failure::not_found(thing));
        }
        self.team(&name, needed).await
    }

    /// The names of all teams of the caller.
    pub(super) async fn teams(&self) -> Result<Vec<String>, Failure> {
        let memberships = accounts::memberships(self.app.db(), &self.caller.0.id).await?;
        Ok(memberships.into_iter().map(|membership| membership.entity).collect())
    }

    /// What automations of a team refer to, looked up once.
    pub(super) async fn references(&self, team: &Team) -> Result<Arc<References>, Failure> {
        let mut known = self.references.lock().await;
        if let Some(found) = known.get(&team.id) {
            return Ok(Arc::clone(found));
        }
        let mut connection = self.app.db().read().acquire().await?;
        let places = catalogue::places_of(&mut connection, &team.id).await?;
        let places = places.into_iter().map(|place| ((place.kind, place.name.clone()), place)).collect();
        let webhooks = webhooks::endpoints(&mut connection, &team.id).await?;
        let webhooks = webhooks.into_iter().map(|row| (row.id.clone(), row.into())).collect();
        let found = Arc::new(References { places, webhooks });
        known.insert(team.id.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// Drops what was looked up, since it was changed.
    pub(super) async fn invalidate(&self) {
        self.references.lock().await.clear();
    }
}

/// The context of the request that is executed.
pub(super) fn request<'c>(ctx: &Context<'c>) -> &'c RequestContext {
    ctx.data_unchecked()
}
