//! Automations, which the schema calls triggers.

use std::sync::Arc;

use async_graphql::{ID, SimpleObject, Union};
use hookboard_api::automation::{Action, Automation};
use hookboard_api::scope::PlaceKind;

use super::entity::Entity;
use super::integration::{GenericWebhookIntegration, Integration, SlackIntegration};
use super::project::{ArtifactPortfolio, ArtifactSequence, Collection, Project};
use super::request::{References, RequestContext};
use crate::db::webhooks::Endpoint;
use crate::failure::Failure;
use crate::graphql::filter::Shown;
use crate::graphql::payload;
use crate::http::auth::Team;

/// An automation.
#[derive(Debug, SimpleObject)]
pub(super) struct Trigger {
    id: ID,
    created_at: String,
    updated_at: Option<String>,
    name: String,
    description: Option<String>,
    enabled: bool,
    scope: TriggerScope,
    triggering_condition: TriggeringCondition,
    triggered_action: TriggeredAction,
}

/// Where it watches.
#[derive(Debug, Union)]
pub(super) enum TriggerScope {
    /// A registry or a project.
    Project(Project),
    /// A collection of a registry.
    Portfolio(ArtifactPortfolio),
    /// A collection of a project.
    Sequence(ArtifactSequence),
    /// Never answered: automations watch no whole team here.
    Entity(Entity),
}

/// What makes it fire.
#[derive(Debug, Union)]
pub(super) enum TriggeringCondition {
    /// An event with a filter.
    Filter(FilterEventTriggeringCondition),
}

/// An event with a filter.
#[derive(Debug, SimpleObject)]
pub(super) struct FilterEventTriggeringCondition {
    event_type: &'static str,
    filter: String,
}

/// What it does.
#[derive(Debug, Union)]
pub(super) enum TriggeredAction {
    /// Sends to a webhook.
    Webhook(GenericWebhookTriggeredAction),
    /// Keeps the match in History.
    NoOp(NoOpTriggeredAction),
    /// Never answered.
    Notification(NotificationTriggeredAction),
    /// Never answered.
    QueueJob(QueueJobTriggeredAction),
}

/// Sends to a webhook.
#[derive(Debug, SimpleObject)]
pub(super) struct GenericWebhookTriggeredAction {
    integration: Integration,
    request_payload: Option<String>,
}

/// Keeps the match in History.
#[derive(Debug, SimpleObject)]
pub(super) struct NoOpTriggeredAction {
    no_op: Option<bool>,
}

/// A message to Slack; never answered.
#[derive(Debug, SimpleObject)]
pub(super) struct NotificationTriggeredAction {
    integration: NotificationIntegration,
    title: Option<String>,
    message: Option<String>,
    severity: Option<String>,
}

/// What notifications go through.
#[derive(Debug, Union)]
pub(super) enum NotificationIntegration {
    /// A channel of Slack.
    Slack(SlackIntegration),
    /// Another one.
    Webhook(GenericWebhookIntegration),
}

/// A job of a queue; never answered.
#[derive(Debug, SimpleObject)]
pub(super) struct QueueJobTriggeredAction {
    queue: Option<RunQueue>,
    template: String,
}

/// A queue of jobs.
#[derive(Debug, SimpleObject)]
pub(super) struct RunQueue {
    id: ID,
    name: String,
}

impl Trigger {
    /// The automation as this client sees it.
    pub(super) fn of(
        request: &RequestContext,
        team: &Arc<Team>,
        references: &References,
        from: Automation,
    ) -> Result<Self, Failure> {
        let scope = &from.scope;
        let place = references.places.get(&(scope.kind, scope.name.clone()));
        let place = place.ok_or_else(|| Failure::not_found(scope.kind.as_str()))?;
        let project = Project { team: Arc::clone(team), place: place.clone() };
        let scope = match (&scope.collection, scope.kind) {
            (None, _) => TriggerScope::Project(project),
            (Some(name), PlaceKind::Registry) => {
                TriggerScope::Portfolio(ArtifactPortfolio(Collection::watched(project, name)))
            }
            (Some(name), PlaceKind::Project) => {
                TriggerScope::Sequence(ArtifactSequence(Collection::watched(project, name)))
            }
        };
        let Shown { event, filter } = shown(request, &from);
        let action = match from.action {
            Action::Record => TriggeredAction::NoOp(NoOpTriggeredAction { no_op: Some(true) }),
            Action::Webhook { webhook_id, template } => {
                let webhook = references.webhooks.get(&webhook_id).cloned().unwrap_or_else(|| {
                    let name = from.webhook.map(|webhook| webhook.name).unwrap_or_default();
                    Endpoint { id: webhook_id, name, url: String::new() }.into()
                });
                TriggeredAction::Webhook(GenericWebhookTriggeredAction {
                    integration: Integration::Webhook(webhook),
                    request_payload: template.as_deref().map(payload::shown),
                })
            }
        };
        Ok(Self {
            id: from.id.into(),
            created_at: from.created_at,
            updated_at: Some(from.updated_at),
            name: from.name,
            description: Some(from.description).filter(|description| !description.is_empty()),
            enabled: from.enabled,
            scope,
            triggering_condition: TriggeringCondition::Filter(FilterEventTriggeringCondition {
                event_type: event,
                filter,
            }),
            triggered_action: action,
        })
    }
}

/// The trigger of an automation as this client sees it.
pub(super) fn shown(request: &RequestContext, automation: &Automation) -> Shown {
    let trigger = &automation.trigger;
    if request.client.knows(trigger.event) { Shown::of(trigger) } else { Shown::unknown(trigger) }
}
