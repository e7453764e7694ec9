//! What a client knows: the wandb SDK fails on a whole list where one automation has an event that its version has no
//! name for.

use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use hookboard_api::EventType;

/// Events that every SDK with automations knows.
const FIRST: [EventType; 5] = [
    EventType::LinkArtifact,
    EventType::AddArtifactAlias,
    EventType::CreateArtifact,
    EventType::RunMetricThreshold,
    EventType::RunMetricChange,
];

/// Who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Client {
    /// The SDK's version, major and minor, where it tells one.
    version: Option<(u32, u32)>,
}

impl Client {
    /// The client that sent a call. Versions up to 0.22 call themselves so in the SDK; later ones send all calls by
    /// `wandb-core`.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let version = agent.strip_prefix("W&B Public Client ").or_else(|| agent.strip_prefix("W&B Internal Client "));
        let version = version.and_then(|version| {
            let mut parts = version.trim().split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        });
        Self { version }
    }

    /// Whether its version has a name for the event.
    pub(super) fn knows(self, event: EventType) -> bool {
        self.version.is_none_or(|version| version > (0, 22)) || FIRST.contains(&event)
    }
}
