//! The head of the wizard: the sentence that grows with the form, and the steps.

use hookboard_api::sentence;
use leptos::prelude::*;

use super::{
    chosen::NoWebhook,
    state::{STEPS, Wizard},
};
use crate::{
    route::{Step, use_router},
    ui::{
        icon::{Glyph, Icon},
        rule::parts_view,
    },
};

/// What it will do, as far as the form says.
#[component]
pub(super) fn Sentence(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let when = move || {
        let scope = wizard.scope().get();
        wizard.draft().with(|draft| sentence::when_named(&draft.shown_trigger(&scope), &scope))
    };
    let then = move || {
        let record = wizard.draft().with(|draft| draft.record);
        match (wizard.step().get(), record, wizard.webhook()) {
            (Step::Event, ..) => view! { <span class="faint">"next: what to send"</span> }.into_any(),
            (_, true, _) => view! { <b>"record only"</b> ", nothing is sent" }.into_any(),
            (_, false, Err(NoWebhook::NotChosen)) => {
                view! { <span class="faint">"choose what to send"</span> }.into_any()
            }
            (_, false, _) => {
                let id = wizard.draft().with(|draft| draft.webhook.clone());
                view! { "POST " <b>{wizard.webhook_name(&id)}</b> }.into_any()
            }
        }
    };
    view! {
        <p class="rule">
            {live(move || parts_view(when()))} " "
            <span class="rule__then">
                <Icon glyph=Glyph::ArrowRight />
                " "
                {live(then)}
            </span>
        </p>
    }
}

/// The three steps; those that may be shown are links.
#[component]
pub(super) fn Steps(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let router = use_router();
    let item = move |(index, (own, label)): (usize, (Step, &'static str))| {
        let inner = move || {
            let (now, last) = (wizard.step().get(), wizard.reachable());
            let been = usize::from(wizard.draft().with(|draft| draft.furthest)) >= index;
            let number = (index + 1).to_string();
            if own == now {
                return view! {
                    <span class="step" aria-current="step">
                        <span class="step__peg">{number}</span>
                        {label}
                    </span>
                }
                .into_any();
            }
            if own < now || (own <= last && been) {
                let done = own < now;
                let peg = if done { view! { <Icon glyph=Glyph::Check /> }.into_any() } else { number.into_any() };
                return view! {
                    <a class="step" data-state=done.then_some("done") href=router.href_to(&wizard.address(own))>
                        <span class="step__peg">{peg}</span>
                        {label}
                    </a>
                }
                .into_any();
            }
            view! {
                <span class="step" aria-disabled="true">
                    <span class="step__peg">{number}</span>
                    {label}
                </span>
            }
            .into_any()
        };
        view! { <li>{live(inner)}</li> }
    };
    view! {
        <nav class="push" aria-label="Steps">
            <ol class="steps">{STEPS.into_iter().enumerate().map(item).collect_view()}</ol>
        </nav>
    }
}
