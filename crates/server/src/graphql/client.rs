//! What a client knows: the wandb SDK fails on a whole list where one automation has an event that its version has no
//! name for.

use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, StatusCode};
use hookboard_api::EventType;

/// How the SDK calls itself, before its version.
const AGENTS: [&str; 2] = ["W&B Public Client ", "W&B Internal Client "];

/// Who asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Client {
    /// The SDK's version, major and minor, where it is the SDK.
    version: Option<(u32, u32)>,
}

impl Client {
    /// The client that sent a call.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
        let version = AGENTS.into_iter().find_map(|name| agent.strip_prefix(name)).and_then(|version| {
            let mut parts = version.trim().split('.');
            Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
        });
        Self { version }
    }

    /// The status for a call that is refused with `status`: versions before 0.31 send the same again and again where it
    /// is none that they know as final.
    pub(super) fn status(self, status: StatusCode) -> StatusCode {
        let is_final = self.version.is_none_or(|version| version >= (0, 31));
        if is_final || status != StatusCode::UNPROCESSABLE_ENTITY { status } else { StatusCode::BAD_REQUEST }
    }

    /// Whether its version has a name for the event. Who is not the SDK knows them all.
    pub(super) fn knows(self, event: EventType) -> bool {
        self.version.is_none_or(|version| version >= since(event))
    }
}

/// The first version of the SDK that has the event.
const fn since(event: EventType) -> (u32, u32) {
    match event {
        EventType::LinkArtifact
        | EventType::AddArtifactAlias
        | EventType::CreateArtifact
        | EventType::RunMetricThreshold
        | EventType::RunMetricChange => (0, 0),
        EventType::RunMetricZscore | EventType::RunState => (0, 24),
        EventType::AddArtifactTag
        | EventType::RemoveArtifactTag
        | EventType::AddCollectionTag
        | EventType::RemoveCollectionTag
        | EventType::UnlinkArtifact => (0, 28),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_client_knows_the_events_of_its_version_and_is_told_a_status_that_it_does_not_repeat() {
        for (agent, state, tag) in [
            ("W&B Public Client 0.22.3", false, false),
            ("W&B Internal Client 0.24.0", true, false),
            ("W&B Public Client 0.31.0", true, true),
            ("W&B Public Client 1.0.0rc1", true, true),
            ("W&B Public Client soon", true, true),
            ("curl/8.5.0", true, true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, HeaderValue::from_static(agent));
            let client = Client::of(&headers);
            let known = [EventType::RunState, EventType::AddArtifactTag].map(|event| client.knows(event));
            assert_eq!(known, [state, tag], "{agent}");
            assert!(client.knows(EventType::AddArtifactAlias));
            let is_old = agent.contains("0.2");
            let told = client.status(StatusCode::UNPROCESSABLE_ENTITY);
            assert_eq!(told.as_u16(), if is_old { 400 } else { 422 }, "{agent}");
            assert_eq!(client.status(StatusCode::CONFLICT), StatusCode::CONFLICT);
        }
    }
}
