//! What can be changed: automations, and what they need to be made.

use std::sync::Arc;

use async_graphql::{Context, MaybeUndefined, Object, Result};
use hookboard_api::account::Role;
use hookboard_api::automation::{Action, Automation, AutomationDraft};
use hookboard_api::problem::{FieldError, Problem};
use hookboard_api::scope::Scope;
use hookboard_api::trigger::Trigger as Condition;
use hookboard_api::webhook::WebhookDraft;
use serde_json::json;

use super::input::{
    CreateFilterTriggerInput, CreateFilterTriggerPayload, CreateGenericWebhookIntegrationInput,
    CreateGenericWebhookIntegrationPayload, DeleteTriggerInput, DeleteTriggerPayload, TriggerScopeType,
    TriggeredActionConfig, TriggeredActionType, UpdateFilterTriggerInput, UpdateFilterTriggerPayload, UpsertModelInput,
    UpsertModelPayload,
};
use super::integration::{GenericWebhookIntegration, Integration};
use super::project::{Project, REGISTRY_PREFIX, place_of};
use super::query::named_team;
use super::request::{RequestContext, request};
use super::trigger::{Trigger, shown};
use crate::db::automations::UNKNOWN_WEBHOOK;
use crate::db::webhooks::Endpoint;
use crate::db::{automations as rows, catalogue};
use crate::failure::Failure;
use crate::graphql::filter::{UNKNOWN_EVENT, beyond_sdk, event_of, read};
use crate::graphql::id::ScopeId;
use crate::graphql::payload;
use crate::http::auth::Team;
use crate::http::{automations, catalogue as places, webhooks};

/// The root of changes.
pub(super) struct Mutation;

#[Object]
impl Mutation {
    async fn create_filter_trigger(
        &self,
        ctx: &Context<'_>,
        input: CreateFilterTriggerInput,
    ) -> Result<CreateFilterTriggerPayload> {
        let request = request(ctx);
        let (team, scope) = scope(request, &input.scope_id, Some(input.scope_type)).await?;
        let draft = AutomationDraft {
            name: input.name,
            description: input.description.unwrap_or_default(),
            scope,
            trigger: condition(&input.triggering_event_type, &input.event_filter)?,
            action: action(None, input.triggered_action_type, Some(input.triggered_action_config))?,
            cooldown_s: None,
            enabled: input.enabled.unwrap_or(true),
        };
        let made = automations::create_one(&request.app, &team, &draft).await?;
        Ok(CreateFilterTriggerPayload { trigger: Some(whole(request, &team, made).await?) })
    }

    async fn update_filter_trigger(
        &self,
        ctx: &Context<'_>,
        input: UpdateFilterTriggerInput,
    ) -> Result<UpdateFilterTriggerPayload> {
        let request = request(ctx);
        let team = owner(request, &input.id).await?;
        let id = input.id.to_string();
        let scope = match &input.scope_id {
            Some(id) => Some(self::scope(request, id, input.scope_type).await?.1),
            None => None,
        };
        let edit = |current: &Automation| changed(request, current, input, scope);
        let automation = automations::edit_one(&request.app, &team, &id, edit).await?;
        Ok(UpdateFilterTriggerPayload { trigger: Some(whole(request, &team, automation).await?) })
    }

    async fn delete_trigger(&self, ctx: &Context<'_>, input: DeleteTriggerInput) -> Result<DeleteTriggerPayload> {
        let request = request(ctx);
        let team = owner(request, &input.trigger_id).await?;
        automations::delete_one(&request.app, &team, &input.trigger_id).await?;
        Ok(DeleteTriggerPayload { success: true })
    }

    async fn create_generic_webhook_integration(
        &self,
        ctx: &Context<'_>,
        input: CreateGenericWebhookIntegrationInput,
    ) -> Result<CreateGenericWebhookIntegrationPayload> {
        let request = request(ctx);
        let team = request.team(&input.entity_name, Role::Admin).await?;
        let secret = input.secret_ref.filter(|secret| !secret.is_empty());
        let settings = json!({
            "name": input.name,
            "url": input.url_endpoint,
            "access_token": input.access_token_ref.filter(|secret| !secret.is_empty()),
            "secrets": secret.iter().collect::<Vec<_>>(),
            "signing_secret": secret,
        });
        let draft: WebhookDraft = serde_json::from_value(settings).map_err(Failure::from)?;
        let id = webhooks::create_one(&request.app, &team, &draft).await?;
        request.invalidate().await;
        let webhook: GenericWebhookIntegration = Endpoint { id, name: draft.name, url: draft.url }.into();
        Ok(CreateGenericWebhookIntegrationPayload { integration: Integration::Webhook(webhook) })
    }

    async fn upsert_model(&self, ctx: &Context<'_>, input: UpsertModelInput) -> Result<UpsertModelPayload> {
        let request = request(ctx);
        let name = named_team(ctx, input.entity_name).await?;
        let team = request.team(&name, Role::Admin).await?;
        let name = input.name.unwrap_or_default();
        if name == REGISTRY_PREFIX {
            let words = format!("A registry has a name behind \"{REGISTRY_PREFIX}\". Add it.");
            return Err(Failure::field("/name", "required", words).into());
        }
        let (kind, own) = place_of(&name);
        let (place, inserted) = places::ensure_one(&request.app, &team, kind, own).await?;
        request.invalidate().await;
        let project = Project { team, place };
        Ok(UpsertModelPayload { project: Some(project.clone()), model: Some(project), inserted: Some(inserted) })
    }
}

/// The team of an automation, if the caller may change it.
async fn owner(request: &RequestContext, id: &str) -> Result<Arc<Team>, Failure> {
    let mut connection = request.app.db().read().acquire().await?;
    let name = rows::owner(&mut connection, id).await?;
    drop(connection);
    request.owner(name, Role::Admin, "automation").await
}

/// The scope that an id names, and its team, if the caller may make automations in it.
async fn scope(
    request: &RequestContext,
    id: &str,
    kind: Option<TriggerScopeType>,
) -> Result<(Arc<Team>, Scope), Failure> {
    if kind == Some(TriggerScopeType::Entity) {
        let words = "Automations watch a registry, a project or one of their collections here, not a whole team.";
        return Err(Failure::field("/scope", "unfit_scope", words));
    }
    let ScopeId { place, collection } = ScopeId::read(id);
    if kind.is_some_and(|kind| (kind == TriggerScopeType::ArtifactCollection) != collection.is_some()) {
        let words = "The scope's id is not one of the kind that scopeType says. Send the id of what is to be watched.";
        return Err(Failure::field("/scope", "unfit_scope", words));
    }
    let mut connection = request.app.db().read().acquire().await?;
    let found = catalogue::place_by_id(&mut connection, &place).await?;
    drop(connection);
    let unknown = |failure| match failure {
        // On this interface, a 404 would say that the automation is gone.
        Failure::Problem(problem) if problem.status == 404 => Failure::field(
            "/scope/name",
            "unknown_place",
            "There is no such registry or project, or you may not see it. Choose another scope.",
        ),
        other => other,
    };
    let team =
        request.owner(found.as_ref().map(|place| place.entity.clone()), Role::Admin, "registry or project").await;
    let team = team.map_err(unknown)?;
    let place = found.ok_or_else(|| unknown(Failure::not_found("registry or project")))?;
    Ok((team, Scope { kind: place.kind, entity: place.entity, name: place.name, collection }))
}

fn condition(event: &str, filter: &str) -> Result<Condition, Failure> {
    let event = event_of(event).ok_or_else(|| {
        let words = format!("\"{event}\" is no event that automations here can watch. Choose another one.");
        Failure::field("/trigger/event", "unknown_event", words)
    })?;
    read(event, filter).map_err(|faults| Problem::invalid(under_trigger(faults)).into())
}

fn under_trigger(faults: Vec<FieldError>) -> Vec<FieldError> {
    faults.into_iter().map(|fault| fault.under("/trigger")).collect()
}

fn action(
    current: Option<&Action>,
    kind: TriggeredActionType,
    config: Option<TriggeredActionConfig>,
) -> Result<Action, Failure> {
    match kind {
        TriggeredActionType::NoOp => Ok(Action::Record),
        TriggeredActionType::GenericWebhook => {
            let input = config.and_then(|config| config.generic_webhook_action_input);
            let input =
                input.ok_or_else(|| Failure::field("/action/webhook_id", "required", UNKNOWN_WEBHOOK.to_owned()))?;
            let template = current.and_then(Action::template);
            let template = payload::changed(template, input.request_payload.as_deref());
            let template = template.map_err(|fault| Problem::invalid(vec![fault]))?;
            Ok(Action::Webhook { webhook_id: input.integration_id.to_string(), template })
        }
        _ => Err(Failure::field(
            "/action/type",
            "unfit_action",
            "Automations here send through a webhook, or record. Use SendWebhook or DoNothing.",
        )),
    }
}

/// What an automation is after a change by the SDK. It always sends everything: what it sends back as it was shown is
/// left as it is, also where it was shown less than there is.
fn changed(
    request: &RequestContext,
    current: &Automation,
    input: UpdateFilterTriggerInput,
    scope: Option<Scope>,
) -> Result<AutomationDraft, Failure> {
    let mut draft = AutomationDraft::from(current);
    let shown = shown(request, current);
    if !shown.is(input.triggering_event_type.as_deref(), input.event_filter.as_deref()) {
        let beyond = beyond_sdk(&current.trigger).or_else(|| (shown.event == UNKNOWN_EVENT).then(unknown_event));
        if let Some(fault) = beyond {
            return Err(Problem::invalid(under_trigger(vec![fault])).into());
        }
        let event = input.triggering_event_type.as_deref().unwrap_or(shown.event);
        draft.trigger = condition(event, input.event_filter.as_deref().unwrap_or(&shown.filter))?;
    }
    if input.triggered_action_type.is_some() || input.triggered_action_config.is_some() {
        let own = match current.action {
            Action::Record => TriggeredActionType::NoOp,
            Action::Webhook { .. } => TriggeredActionType::GenericWebhook,
        };
        let kind = input.triggered_action_type.unwrap_or(own);
        draft.action = action(Some(&current.action), kind, input.triggered_action_config)?;
    }
    match input.description {
        MaybeUndefined::Undefined => {}
        MaybeUndefined::Null => draft.description.clear(),
        MaybeUndefined::Value(description) => draft.description = description,
    }
    draft.name = input.name.unwrap_or(draft.name);
    draft.enabled = input.enabled.unwrap_or(draft.enabled);
    draft.scope = scope.unwrap_or(draft.scope);
    Ok(draft)
}

fn unknown_event() -> FieldError {
    let words = "This version of the wandb SDK has no name for the automation's event. Change its condition in Hookboard, or update the SDK.";
    FieldError::new("/event", "beyond_sdk", words)
}

async fn whole(request: &RequestContext, team: &Arc<Team>, automation: Automation) -> Result<Trigger, Failure> {
    let references = request.references(team).await?;
    Trigger::of(request, team, &references, automation)
}
