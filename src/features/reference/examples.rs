//! Payloads to copy, or to begin an automation with.

use hookboard_api::{
    EventType,
    account::Role,
    event::event_spec,
    scope::PlaceKind,
    template::{Names, TokenKind, tokens},
};
use leptos::prelude::*;

use crate::{
    client::use_team,
    features::payload::Example,
    route::{Place, Query, Route, use_router},
    ui::{
        button::Button,
        clipboard,
        icon::Glyph,
        menu::{Menu, MenuItem},
        toast::use_toasts,
    },
};

/// What the receiver is, and how it lets one in.
const fn about(example: Example) -> (&'static str, &'static str, &'static str) {
    match example {
        Example::Generic => (
            "All that matters of the event, flat, for a receiver of your own.",
            "POST the URL of your service",
            "As your service wants it",
        ),
        Example::GitHub => (
            "Starts a workflow that listens to repository_dispatch with this type.",
            "POST api.github.com/repos/<owner>/<repo>/dispatches",
            "Access token with write access to contents",
        ),
        Example::Slack => (
            "A message to a channel, by an incoming webhook.",
            "POST hooks.slack.com/services/…",
            "No token, the URL is the secret",
        ),
        Example::Teams => (
            "An adaptive card for a workflow that posts when a webhook request comes in.",
            "POST the URL the workflow gives you",
            "No token, the URL is the secret",
        ),
        Example::Discord => (
            "A message to a channel; nobody is pinged by names in it.",
            "POST discord.com/api/webhooks/…",
            "No token, the URL is the secret",
        ),
        Example::PagerDuty => (
            "An alert of a service. Write the integration's key, or a secret such as $PAGER_KEY, as routing_key.",
            "POST events.pagerduty.com/v2/enqueue",
            "Key in the body, from a secret",
        ),
    }
}

/// The workflow that the dispatch starts.
const WORKFLOW: &str = "\
# .github/workflows/deploy.yml
on:
  repository_dispatch:
    types: [ADD_ARTIFACT_ALIAS]
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: echo \"Deploying $MODEL, alias $ALIAS\"
        env:
          MODEL: ${{ github.event.client_payload.version }}
          ALIAS: ${{ github.event.client_payload.alias }}
";

/// The event that an example is shown for.
const fn event_of(example: Example) -> EventType {
    match example {
        Example::PagerDuty => EventType::RunMetricThreshold,
        _ => EventType::AddArtifactAlias,
    }
}

/// One example, with ways to use it.
#[component]
pub(super) fn ExampleCard(example: Example, entity: String) -> impl IntoView {
    let (router, team, toasts) = (use_router(), use_team(), use_toasts());
    let event = event_of(example);
    let text = example.text(event);
    let (about, request, sign_in) = about(example);
    let copied = text.clone();
    // An automation is made in a place: each that can watch the event.
    let places = move |()| {
        let spec = event_spec(event);
        let refused = team.refusal(Role::Admin).get_untracked();
        let of = |kind: PlaceKind| {
            team.places(kind).with_untracked(|places| {
                let list = places.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
                list.iter().map(|place| (kind, place.name.clone())).collect::<Vec<_>>()
            })
        };
        let mut all = if spec.in_registry { of(PlaceKind::Registry) } else { Vec::new() };
        if spec.in_project {
            all.extend(of(PlaceKind::Project));
        }
        let item = |(kind, name): (PlaceKind, String)| {
            let glyph = if kind == PlaceKind::Registry { Glyph::Registry } else { Glyph::Project };
            let begun = Query::default().with("on", Some(event.as_str())).with("example", Some(example.as_str()));
            let to = Route::NewAutomation(Place { entity: entity.clone(), kind, name: name.clone() }).path()
                + &begun.suffix();
            MenuItem::new(glyph, name, move || router.go_to(&to)).refused(refused.clone())
        };
        all.into_iter().map(item).collect()
    };
    let workflow = (example == Example::GitHub).then(|| {
        view! {
            <details class="disclosure example__more">
                <summary>
                    <crate::ui::icon::Icon glyph=Glyph::ChevronRight />
                    "The workflow that it starts"
                </summary>
                <pre class="example__code" tabindex="0" role="region" aria-label="Workflow file">{WORKFLOW}</pre>
            </details>
        }
    });
    view! {
        <article class="board example">
            <div class="example__head">
                <h3>{example.title()}</h3>
                <p class="muted">{about}</p>
                <dl class="facts">
                    <dt>"Request"</dt>
                    <dd class="mono">{request}</dd>
                    <dt>"Sign-in"</dt>
                    <dd>{sign_in}</dd>
                </dl>
            </div>
            <pre class="example__code" tabindex="0" role="region" aria-label=format!("Payload: {}", example.title())>
                {painted(&text, event)}
            </pre>
            {workflow}
            <div class="board__foot">
                <Button
                    small=true
                    glyph=Glyph::Copy
                    on_press=move || clipboard::copy(toasts, copied.clone(), format!("Copied “{}”", example.title()))
                >
                    "Copy"
                </Button>
                <Menu
                    label=format!("Use “{}” in a new automation", example.title())
                    title="Use in a new automation of"
                    class="button"
                    kind="quiet"
                    face=|| view! { "Use in a new automation" }.into_any()
                    items=Callback::new(places)
                />
            </div>
        </article>
    }
}

/// The template with its variables in their hues.
pub fn painted(text: &str, event: EventType) -> AnyView {
    let names = Names { event: Some(event), ..Names::default() };
    let mut pieces = Vec::new();
    let mut at = 0;
    for token in tokens(text, &names) {
        let range = token.span.range();
        let class = match token.kind {
            TokenKind::Variable { .. } => "var",
            TokenKind::Key | TokenKind::Atom => "json-key",
            TokenKind::String => "json-string",
            _ => "json-mark",
        };
        let group = match token.kind {
            TokenKind::Variable { group, .. } => group.map(hookboard_api::template::Group::as_str),
            _ => None,
        };
        pieces.push(text[at..range.start].to_owned().into_any());
        at = range.end;
        pieces.push(view! { <span class=class data-group=group>{text[range].to_owned()}</span> }.into_any());
    }
    pieces.push(text[at..].to_owned().into_any());
    pieces.collect_view().into_any()
}
