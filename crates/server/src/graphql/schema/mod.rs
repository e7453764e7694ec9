//! The part of W&B's schema that the SDK asks of automations. Names and nullability are its contract: it checks what
//! it gets.

#![allow(
    clippy::duplicated_attributes,
    clippy::struct_field_names,
    clippy::too_many_arguments,
    clippy::used_underscore_binding,
    reason = "fields and arguments are those of W&B's schema, also where some are read over"
)]

mod entity;
mod input;
mod integration;
mod mutation;
mod narrow;
mod page;
mod project;
mod query;
mod server;
mod trigger;

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use async_graphql::{Context, EmptySubscription, Request, Response, Scalar, ScalarType, Schema, Value};
use hookboard_api::account::Role;
use hookboard_api::scope::PlaceKind;
use tokio::sync::Mutex;

use super::client::Client;
use crate::app::App;
use crate::db::catalogue::{self, PlaceRow};
use crate::db::{accounts, webhooks};
use crate::failure::Failure;
use crate::http::auth::{Caller, Team};

/// What the SDK's deepest document needs is 12.
const MAX_DEPTH: usize = 16;
/// Fields of one document; the SDK's largest has less than 100.
const MAX_FIELDS: usize = 400;

type Served = Schema<query::Query, mutation::Mutation, EmptySubscription>;

/// Executes a document.
pub(super) async fn execute(request: Request) -> Response {
    schema().execute(request).await
}

fn schema() -> &'static Served {
    static SCHEMA: OnceLock<Served> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::build(query::Query, mutation::Mutation, EmptySubscription)
            .register_output_type::<project::ArtifactCollection>()
            .limit_depth(MAX_DEPTH)
            .limit_complexity(MAX_FIELDS)
            .finish()
    })
}

/// JSON within a text.
#[derive(Debug, Clone)]
pub(super) struct JsonString(pub(super) String);

#[Scalar(name = "JSONString")]
impl ScalarType for JsonString {
    fn parse(value: Value) -> async_graphql::InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(async_graphql::InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// Who asks, and what has been looked up for this call.
pub(super) struct Asker {
    app: App,
    caller: Caller,
    client: Client,
    around: Mutex<HashMap<String, Arc<Surroundings>>>,
}

/// What automations of a team refer to.
#[derive(Debug, Default)]
struct Surroundings {
    places: HashMap<(PlaceKind, String), PlaceRow>,
    webhooks: HashMap<String, integration::GenericWebhookIntegration>,
}

impl Asker {
    pub(super) fn new(app: App, caller: Caller, client: Client) -> Self {
        Self { app, caller, client, around: Mutex::default() }
    }

    /// The team of that name, if the caller's role in it is at least `needed`.
    async fn team(&self, name: &str, needed: Role) -> Result<Arc<Team>, Failure> {
        self.caller.clone().team(&self.app, name, needed).await.map(Arc::new)
    }

    /// The same for the owner of a thing: of another team's, it is told that there is no such thing.
    async fn owner(&self, name: Option<String>, needed: Role, thing: &str) -> Result<Arc<Team>, Failure> {
        let name = name.ok_or_else(|| Failure::not_found(thing))?;
        if accounts::membership(self.app.db(), &self.caller.0.id, &name).await?.is_none() {
            return Err(Failure::not_found(thing));
        }
        self.team(&name, needed).await
    }

    /// The names of all teams of the caller.
    async fn teams(&self) -> Result<Vec<String>, Failure> {
        let memberships = accounts::memberships(self.app.db(), &self.caller.0.id).await?;
        Ok(memberships.into_iter().map(|membership| membership.entity).collect())
    }

    async fn around(&self, team: &Team) -> Result<Arc<Surroundings>, Failure> {
        let mut known = self.around.lock().await;
        if let Some(found) = known.get(&team.id) {
            return Ok(Arc::clone(found));
        }
        let mut connection = self.app.db().read().acquire().await?;
        let places = catalogue::places_of(&mut connection, &team.id).await?;
        let places = places.into_iter().map(|place| ((place.kind, place.name.clone()), place)).collect();
        let webhooks = webhooks::endpoints(&mut connection, &team.id).await?;
        let webhooks = webhooks.into_iter().map(|row| (row.id.clone(), row.into())).collect();
        let found = Arc::new(Surroundings { places, webhooks });
        known.insert(team.id.clone(), Arc::clone(&found));
        Ok(found)
    }

    /// Forgets what was looked up: it was changed.
    async fn forget(&self) {
        self.around.lock().await.clear();
    }
}

fn asker<'c>(ctx: &Context<'c>) -> &'c Asker {
    ctx.data_unchecked()
}
