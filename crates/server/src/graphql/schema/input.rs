//! What changes are asked by, and answered with.

use async_graphql::{Enum, ID, InputObject, MaybeUndefined, SimpleObject};

use super::integration::Integration;
use super::json_string::JsonString;
use super::project::Project;
use super::trigger::Trigger;

/// What an automation watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum TriggerScopeType {
    /// A registry or a project.
    Project,
    /// One collection.
    ArtifactCollection,
    /// A whole team: not here.
    Entity,
}

/// What an automation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(super) enum TriggeredActionType {
    /// Sends to a webhook.
    GenericWebhook,
    /// Keeps the match in History.
    NoOp,
    /// A message to Slack: not here.
    Notification,
    /// A job of a queue: not here.
    QueueJob,
    /// A prompt: not here.
    Aria,
    /// A message to a phone: not here.
    PushNotification,
}

/// A webhook and a payload.
#[derive(Debug, InputObject)]
pub(super) struct GenericWebhookActionInput {
    #[graphql(name = "integrationID")]
    pub(super) integration_id: ID,
    pub(super) request_payload: Option<String>,
}

/// Nothing.
#[derive(Debug, InputObject)]
pub(super) struct NoOpTriggeredActionInput {
    pub(super) no_op: Option<bool>,
}

/// The action's own input. What goes with the other actions is read over: they are refused by their type.
#[derive(Debug, InputObject)]
pub(super) struct TriggeredActionConfig {
    pub(super) generic_webhook_action_input: Option<GenericWebhookActionInput>,
    pub(super) no_op_action_input: Option<NoOpTriggeredActionInput>,
    pub(super) notification_action_input: Option<NotificationActionInput>,
    pub(super) queue_job_action_input: Option<QueueJobActionInput>,
}

/// A message to Slack: not here.
#[derive(Debug, InputObject)]
pub(super) struct NotificationActionInput {
    #[graphql(name = "integrationID")]
    pub(super) integration_id: ID,
    pub(super) message: Option<String>,
    pub(super) severity: Option<String>,
    pub(super) title: Option<String>,
}

/// A job of a queue: not here.
#[derive(Debug, InputObject)]
pub(super) struct QueueJobActionInput {
    #[graphql(name = "queueID")]
    pub(super) queue_id: ID,
    pub(super) template: String,
}

/// An automation to be made.
#[derive(Debug, InputObject)]
pub(super) struct CreateFilterTriggerInput {
    pub(super) client_mutation_id: Option<String>,
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) enabled: Option<bool>,
    pub(super) scope_type: TriggerScopeType,
    #[graphql(name = "scopeID")]
    pub(super) scope_id: ID,
    pub(super) triggering_event_type: String,
    pub(super) event_filter: String,
    pub(super) triggered_action_type: TriggeredActionType,
    pub(super) triggered_action_config: TriggeredActionConfig,
}

/// A change of an automation; what is left out stays.
#[derive(Debug, InputObject)]
pub(super) struct UpdateFilterTriggerInput {
    pub(super) client_mutation_id: Option<String>,
    pub(super) id: ID,
    pub(super) name: Option<String>,
    pub(super) description: MaybeUndefined<String>,
    pub(super) enabled: Option<bool>,
    pub(super) scope_type: Option<TriggerScopeType>,
    #[graphql(name = "scopeID")]
    pub(super) scope_id: Option<ID>,
    pub(super) triggering_event_type: Option<String>,
    pub(super) event_filter: Option<String>,
    pub(super) triggered_action_type: Option<TriggeredActionType>,
    pub(super) triggered_action_config: Option<TriggeredActionConfig>,
}

/// Which automation to delete.
#[derive(Debug, InputObject)]
pub(super) struct DeleteTriggerInput {
    pub(super) client_mutation_id: Option<String>,
    #[graphql(name = "triggerID")]
    pub(super) trigger_id: ID,
}

/// A webhook to be made.
#[derive(Debug, InputObject)]
pub(super) struct CreateGenericWebhookIntegrationInput {
    pub(super) client_mutation_id: Option<String>,
    pub(super) entity_name: String,
    pub(super) name: String,
    pub(super) url_endpoint: String,
    pub(super) access_token_ref: Option<String>,
    pub(super) secret_ref: Option<String>,
}

/// A registry or project to be made. What Hookboard does not keep of one is read over.
#[derive(Debug, InputObject)]
pub(super) struct UpsertModelInput {
    pub(super) client_mutation_id: Option<String>,
    pub(super) id: Option<String>,
    pub(super) entity_name: Option<String>,
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    pub(super) access: Option<String>,
    pub(super) framework: Option<String>,
    pub(super) views: Option<JsonString>,
    pub(super) allow_all_artifact_types_in_registry: Option<bool>,
    pub(super) artifact_types: Option<Vec<ArtifactTypeInput>>,
}

/// A type of artifacts.
#[derive(Debug, InputObject)]
pub(super) struct ArtifactTypeInput {
    pub(super) name: String,
}

/// The automation that was made.
#[derive(Debug, SimpleObject)]
pub(super) struct CreateFilterTriggerPayload {
    pub(super) trigger: Option<Trigger>,
}

/// The automation that was changed.
#[derive(Debug, SimpleObject)]
pub(super) struct UpdateFilterTriggerPayload {
    pub(super) trigger: Option<Trigger>,
}

/// Whether it was deleted.
#[derive(Debug, SimpleObject)]
pub(super) struct DeleteTriggerPayload {
    pub(super) success: bool,
}

/// The webhook that was made.
#[derive(Debug, SimpleObject)]
pub(super) struct CreateGenericWebhookIntegrationPayload {
    pub(super) integration: Integration,
}

/// The registry or project, and whether it was made.
#[derive(Debug, SimpleObject)]
pub(super) struct UpsertModelPayload {
    pub(super) project: Option<Project>,
    pub(super) model: Option<Project>,
    pub(super) inserted: Option<bool>,
}
