//! The webhook chosen, as far as it is known.

use hookboard_api::webhook::Webhook;

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
    /// It is of a team that the reader is not in.
    Closed,
}

impl NoWebhook {
    /// As a sentence.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotChosen => "Choose a webhook first.",
            Self::Coming => "The webhook is being loaded.",
            Self::NotLoaded => "The webhooks could not be loaded.",
            Self::Gone => "The webhook is gone. Choose another one.",
            Self::Closed => "Only its own team sees how the webhook is set. Save the automation, then test it.",
        }
    }
}

/// The webhook `id` among the team's, of which none are there while they come or where they `failed` to.
pub(super) fn chosen(id: &str, webhooks: Option<&[Webhook]>, failed: bool) -> Result<Webhook, NoWebhook> {
    match webhooks {
        _ if id.is_empty() => Err(NoWebhook::NotChosen),
        Some(all) => all.iter().find(|one| one.id == id).cloned().ok_or(NoWebhook::Gone),
        None if failed => Err(NoWebhook::NotLoaded),
        None => Err(NoWebhook::Coming),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_told_from_what_is_gone() {
        for (id, webhooks, failed, why) in [
            ("", Some([].as_slice()), false, NoWebhook::NotChosen),
            ("", None, true, NoWebhook::NotChosen),
            ("a", Some(&[]), false, NoWebhook::Gone),
            ("a", None, false, NoWebhook::Coming),
            ("a", None, true, NoWebhook::NotLoaded),
        ] {
            assert_eq!(chosen(id, webhooks, failed).err(), Some(why), "{id} {failed}");
        }
    }
}
