//! A test of the automation by the path of a real delivery.

use std::sync::Arc;

use hookboard_api::{
    account::Role,
    webhook::{TestRequest, TestResult},
};
use leptos::{html, prelude::*, task::spawn_local};

use super::state::Wizard;
use crate::{
    client::{ApiError, Team, calls},
    ui::{
        exchange::{ExchangeTabs, Phases, outcome_badge},
        feedback::Callout,
        icon::Glyph,
        ids::new_id,
        overlay::after_layout,
        status::Tone,
    },
};

/// What a test of the automation, or of its webhook alone, came to.
#[derive(Clone, Copy)]
pub(super) struct Testing {
    result: RwSignal<Option<Result<Arc<TestResult>, ApiError>>>,
    /// What was tested, as the heading of what it came to.
    title: RwSignal<&'static str>,
    /// What the button says meanwhile.
    pub(super) busy: RwSignal<Option<&'static str>>,
}

impl Testing {
    /// Nothing tested yet. What a test came to is forgotten once another webhook is chosen.
    pub(super) fn new(wizard: Wizard) -> Self {
        let result = RwSignal::new(None);
        let chosen = wizard.part(|draft| draft.webhook.clone());
        Effect::with_last(move |before: Option<String>| {
            let now = chosen.get();
            if before.is_some_and(|before| before != now) {
                result.set(None);
            }
            now
        });
        Self { result, title: RwSignal::new("Test"), busy: RwSignal::new(None) }
    }

    /// Sends the payload as it stands, by the path of a real delivery.
    pub(super) fn send(self, wizard: Wizard) {
        let event = wizard.previewed().get_untracked();
        let template = wizard.template().get_untracked();
        let (entity, owner) = (wizard.place().entity, wizard.owner().get_untracked());
        let request = TestRequest {
            template: (!template.trim().is_empty()).then_some(template),
            event: event.is_none().then(|| wizard.draft().with_untracked(|draft| draft.event)),
            event_id: event.map(|event| event.id.clone()),
            entity: (owner != entity).then(|| entity.clone()),
            automation_name: Some(untrack(|| wizard.name())),
        };
        // A webhook that is not the reader's to test is tested by the automation that has it.
        let path = match wizard.id().filter(|_| untrack(|| wizard.tests_by_automation())) {
            Some(id) => calls::automation(&entity, &id, "/test"),
            None => webhook_test(wizard),
        };
        self.run(wizard, "Test", path, request);
    }

    /// Sends an empty object, whatever the payload.
    pub(super) fn connect(self, wizard: Wizard) {
        self.run(wizard, "Connection", webhook_test(wizard), TestRequest::default());
    }

    /// Why the payload cannot be tested now.
    pub(super) fn refusal(wizard: Wizard, team: Team) -> Option<String> {
        if wizard.tests_by_automation() {
            // What is not saved is the admins' to send.
            return team.refusal(Role::Admin).get().or_else(|| wizard.payload_refusal());
        }
        let refusal = team.refusal(Role::Member).get().or_else(|| team.refusal_in(wizard.owner(), Role::Member).get());
        if refusal.is_some() {
            return refusal;
        }
        if let Err(why) = wizard.webhook() {
            return Some(why.words().to_owned());
        }
        wizard.payload_refusal()
    }

    fn run(self, wizard: Wizard, title: &'static str, path: String, request: TestRequest) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        let client = wizard.client();
        let chosen = move || wizard.draft().with_untracked(|draft| draft.webhook.clone());
        let tested = chosen();
        self.busy.set(Some("Sending…"));
        spawn_local(async move {
            let answer = client.post::<TestResult>(&path, &request).await;
            if self.busy.try_set(None).is_some() || chosen() != tested {
                // The wizard is gone, or another webhook is chosen by now.
                return;
            }
            self.title.try_set(title);
            self.result.try_set(Some(answer.map(Arc::new)));
        });
    }
}

/// Where the webhook chosen is tested.
fn webhook_test(wizard: Wizard) -> String {
    let id = wizard.draft().with_untracked(|draft| draft.webhook.clone());
    calls::webhook(&wizard.owner().get_untracked(), &id, "/test")
}

/// What was sent, and what came back.
#[component]
pub(super) fn TestOutcome(
    /// The test.
    testing: Testing,
) -> impl IntoView {
    let id = new_id();
    let side = RwSignal::new("response".to_owned());
    let board: NodeRef<html::Section> = NodeRef::new();
    // The button may stand far above what it leads to. A test of before the step was opened is no news.
    let result = move || testing.result.with(|result| Some(Arc::as_ptr(result.as_ref()?.as_ref().ok()?)));
    let seen = untrack(result);
    Effect::new(move || {
        if let Some(board) = board.get()
            && result() != seen
        {
            after_layout(move || board.scroll_into_view_with_bool(false));
        }
    });
    move || {
        let shown = match testing.result.get()? {
            Err(error) => view! {
                <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                    <b class="strong">"The test was not sent."</b>
                    " "
                    {error.words()}
                </Callout>
            }
            .into_any(),
            Ok(result) => {
                let exchange = result.exchange.clone();
                view! {
                    <section node_ref=board class="board" aria-labelledby=id.clone()>
                        <div class="board__head">
                            <h2 id=id.clone()>{testing.title.get()}</h2>
                            <span class="push row" role="status">
                                {outcome_badge(&exchange)}
                                <span class="small muted">{exchange.message.clone()}</span>
                            </span>
                        </div>
                        <Phases timings=exchange.timings />
                        <ExchangeTabs exchange=exchange side=side on_side=move |to: &'static str| side.set(to.to_owned()) />
                    </section>
                }
                .into_any()
            }
        };
        Some(shown)
    }
}
