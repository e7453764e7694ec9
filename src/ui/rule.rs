//! The sentence that says what an automation does.

use hookboard_api::{
    automation::{Action, Automation},
    sentence::Part,
};
use leptos::prelude::*;

use super::{
    format::with_team,
    icon::{Glyph, Icon},
};

/// Pieces of a sentence with their looks.
pub fn parts_view(parts: Vec<Part>) -> AnyView {
    let piece = |part| match part {
        Part::Text(text) => text.into_any(),
        Part::Code(text) => view! { <code class="code">{text}</code> }.into_any(),
        Part::Strong(text) => view! { <b>{text}</b> }.into_any(),
    };
    parts.into_iter().map(piece).collect_view().into_any()
}

/// What follows the arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Sends to the webhook of this name.
    Post(String),
    /// Sends nothing.
    Record,
}

impl Then {
    /// What an automation does.
    pub fn of(automation: &Automation) -> Self {
        match (&automation.action, &automation.webhook) {
            (Action::Record, _) => Self::Record,
            (Action::Webhook { .. }, Some(webhook)) => Self::Post(with_team(webhook.entity.as_deref(), &webhook.name)),
            (Action::Webhook { webhook_id, .. }, None) => Self::Post(webhook_id.clone()),
        }
    }
}

/// `When … → POST webhook`. The action is never broken before its verb.
#[component]
pub fn RuleSentence(
    /// When it fires.
    when: Vec<Part>,
    /// What it does then.
    then: Then,
) -> impl IntoView {
    let then = match then {
        Then::Post(webhook) => view! {
            <span class="nowrap">
                <Icon glyph=Glyph::ArrowRight />
                " POST"
            </span>
            " "
            <b>{webhook}</b>
        }
        .into_any(),
        Then::Record => view! {
            <span class="nowrap">
                <Icon glyph=Glyph::ArrowRight />
                " "
                <b>"record only"</b>
                ","
            </span>
            " nothing is sent"
        }
        .into_any(),
    };
    view! { <span class="rule">{parts_view(when)} " " <span class="rule__then">{then}</span></span> }
}
