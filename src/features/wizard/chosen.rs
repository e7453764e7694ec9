//! The webhook chosen, as far as it is known.

use hookboard_api::{list::List, webhook::Webhook};

use crate::client::Remote;

/// Why the webhook chosen is not at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWebhook {
    /// None is chosen.
    NotChosen,
    /// The webhooks are on their way.
    Coming,
    /// The webhooks did not come.
    NotLoaded,
    /// The team has it no more.
    Gone,
}

impl NoWebhook {
    /// As a sentence, with what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotChosen => "Choose a webhook first.",
            Self::Coming => "The webhook is being loaded.",
            Self::NotLoaded => "The webhooks could not be loaded.",
            Self::Gone => "The webhook is gone. Choose another one.",
        }
    }
}

/// The webhook `id` among the team's.
pub(super) fn chosen(id: &str, webhooks: &Remote<List<Webhook>>) -> Result<Webhook, NoWebhook> {
    if id.is_empty() {
        return Err(NoWebhook::NotChosen);
    }
    match (&webhooks.value, &webhooks.error) {
        (Some(all), _) => all.items.iter().find(|one| one.id == id).cloned().ok_or(NoWebhook::Gone),
        (None, Some(_)) => Err(NoWebhook::NotLoaded),
        (None, None) => Err(NoWebhook::Coming),
    }
}
