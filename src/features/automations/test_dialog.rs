//! Sends an automation's payload by the path of a real delivery, and shows what came back.

use std::sync::Arc;

use hookboard_api::{
    automation::Automation,
    webhook::{TestRequest, TestResult},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{ApiError, calls, use_client},
    part::{Later, part},
    ui::{
        button::{Button, ButtonKind},
        dialog::Dialog,
        exchange::{ExchangeTabs, Phases, outcome_badge},
        feedback::Callout,
        icon::Glyph,
        status::Tone,
    },
};

part! { rooms: fn test_dialog(of: RwSignal<Option<Automation>>) { view! { <TestExchange of=of /> } } }

/// The test of one automation, while `of` names one. It loads when first asked for.
#[component]
pub(super) fn TestDialog(
    /// The automation tested.
    of: RwSignal<Option<Automation>>,
) -> impl IntoView {
    let wanted = Signal::derive(move || of.with(Option::is_some));
    view! { <Later wanted=wanted ask=test_dialog(of) on_missing=move || of.set(None) /> }
}

#[component]
fn TestExchange(
    /// The automation tested.
    of: RwSignal<Option<Automation>>,
) -> impl IntoView {
    let client = use_client();
    let open = RwSignal::new(false);
    let result = RwSignal::new(None::<Result<Arc<TestResult>, ApiError>>);
    let busy = RwSignal::new(None::<&'static str>);
    let side = RwSignal::new("response".to_owned());
    // Whoever closes the dialog while it sends may open it for another automation before the answer.
    let turn = StoredValue::new(0_u32);
    let send = move || {
        let Some(automation) = of.get_untracked() else { return };
        let path = calls::automation(&automation.scope.entity, &automation.id, "/test");
        busy.set(Some("Sending…"));
        turn.update_value(|turn| *turn = turn.wrapping_add(1));
        let own = turn.get_value();
        spawn_local(async move {
            let answer = client.post::<TestResult>(&path, &TestRequest::default()).await;
            if turn.try_get_value() != Some(own) {
                return;
            }
            busy.try_set(None);
            result.try_set(Some(answer.map(Arc::new)));
        });
    };
    Effect::new(move || {
        let wanted = of.with(Option::is_some);
        if wanted {
            result.set(None);
            open.set(true);
            send();
        }
    });
    Effect::new(move || {
        if !open.get() && of.with_untracked(Option::is_some) {
            of.set(None);
        }
    });
    let name = move || of.with(|of| of.as_ref().map(|automation| automation.name.clone()).unwrap_or_default());
    let body = move || {
        let shown = move || match result.get() {
            None => view! { <p class="muted" role="status">"Sending the payload with made-up values…"</p> }.into_any(),
            Some(Err(error)) => view! {
                <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true>
                    {error.words()}
                </Callout>
            }
            .into_any(),
            Some(Ok(result)) => {
                let exchange = result.exchange.clone();
                view! {
                    <div class="row row-wrap" role="status">
                        {outcome_badge(&exchange)} <span>{exchange.message.clone()}</span>
                    </div>
                    <div class="board">
                        <Phases timings=exchange.timings />
                        <ExchangeTabs exchange=exchange side=side on_side=move |to: &'static str| side.set(to.to_owned()) />
                    </div>
                }
                    .into_any()
            }
        };
        view! {
            <p class="muted">"Sent by the path of a real delivery. Nothing is kept in History."</p>
            {live(shown)}
        }
        .into_any()
    };
    let foot = move || {
        view! {
            <Button on_press=move || open.set(false)>"Close"</Button>
            <Button kind=ButtonKind::Primary glyph=Glyph::Send busy=busy on_press=send>
                "Send again"
            </Button>
        }
        .into_any()
    };
    view! {
        <Dialog
            open=open
            wide=true
            title=move || view! { {format!("Test “{}”", name())} }.into_any()
            glyph=Glyph::Send
            body=body
            foot=foot
        />
    }
}
