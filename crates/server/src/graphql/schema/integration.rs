//! Webhooks, which the SDK calls integrations.

use async_graphql::{ID, SimpleObject, Union};

use crate::db::webhooks::Endpoint;

/// A webhook.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct GenericWebhookIntegration {
    pub(super) id: ID,
    name: String,
    url_endpoint: String,
}

impl From<Endpoint> for GenericWebhookIntegration {
    fn from(Endpoint { id, name, url }: Endpoint) -> Self {
        Self { id: id.into(), name, url_endpoint: url }
    }
}

/// A channel of Slack. There are none here; the SDK's documents name the type.
#[derive(Debug, Clone, SimpleObject)]
pub(super) struct SlackIntegration {
    id: ID,
    team_name: String,
    channel_name: String,
}

/// Where an automation can send.
#[derive(Debug, Clone, Union)]
pub(super) enum Integration {
    /// A webhook.
    Webhook(GenericWebhookIntegration),
    /// Never answered.
    Slack(SlackIntegration),
}
