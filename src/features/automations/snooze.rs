//! Holding an automation back for a while.

use hookboard_api::{
    account::Role,
    automation::{Automation, AutomationPatch},
};
use leptos::{prelude::*, task::spawn_local};

use crate::{
    client::{calls, use_client, use_team},
    ui::{
        button::LinkButton,
        dates::{Style, When},
        feedback::Callout,
        format::parse_time,
        icon::Glyph,
        menu::MenuItem,
        status::Tone,
        time::{Countdown, now, use_clock},
        toast::use_toasts,
    },
};

/// For how long, in seconds.
const SPANS: [(&str, u32); 3] = [("1\u{a0}h", 3_600), ("24\u{a0}h", 86_400), ("7\u{a0}days", 604_800)];

/// Until when it is snoozed; none where it is not, or not any more.
fn until(automation: &Automation) -> Option<i64> {
    automation.snoozed_until.as_deref().and_then(parse_time).filter(|until| *until > now())
}

/// Snoozes the automation for so many seconds; 0 ends that.
pub(super) fn snoozer(automation: Memo<Automation>) -> Callback<u32> {
    let (client, toasts) = (use_client(), use_toasts());
    Callback::new(move |seconds: u32| {
        let (entity, id, name) = automation.with_untracked(|automation| {
            (automation.scope.entity.clone(), automation.id.clone(), automation.name.clone())
        });
        spawn_local(async move {
            let patch = AutomationPatch { snooze_s: Some(seconds), ..AutomationPatch::default() };
            match client.patch::<Automation>(&calls::automation(&entity, &id, ""), &patch).await {
                Ok(_) => {
                    client.changed(&calls::team(&entity, "automations"));
                    let words = if seconds == 0 { "watches again" } else { "is snoozed" };
                    toasts.say(Glyph::Clock, format!("“{name}” {words}"));
                }
                Err(error) => toasts.fail(format!("“{name}” was not changed. {}", error.words())),
            }
        });
    })
}

/// Its items of the automation's menu.
pub(super) fn items(automation: &Automation, snooze: Callback<u32>, refused: Option<&String>) -> Vec<MenuItem> {
    if until(automation).is_some() {
        let end = MenuItem::new(Glyph::Play, "End the snooze", move || snooze.run(0));
        return vec![end.refused(refused.cloned())];
    }
    let item = |(words, seconds): (&str, u32)| {
        MenuItem::new(Glyph::Clock, format!("Snooze for {words}"), move || snooze.run(seconds))
            .refused(refused.cloned())
    };
    SPANS.map(item).to_vec()
}

/// Says that it is snoozed, and ends it.
#[component]
pub(super) fn SnoozeNotice(
    /// The automation as it is now.
    automation: Memo<Automation>,
    /// Snoozes it.
    snooze: Callback<u32>,
) -> impl IntoView {
    let refused = use_team().refusal(Role::Admin);
    let clock = use_clock();
    live(move || {
        clock.coarse().track();
        automation.with(until)?;
        let at = automation.with(|automation| automation.snoozed_until.clone()).unwrap_or_default();
        let end = move || {
            refused.get().is_none().then(|| {
                view! { <LinkButton on_press=move || snooze.run(0)>"End the snooze"</LinkButton> }
            })
        };
        Some(view! {
            <div class="section-tight">
                <Callout tone=Tone::Info glyph=Glyph::Clock action=move || live(end).into_any()>
                    <b class="strong">"It is snoozed."</b>
                    " What matches is kept in History and not sent. It ends "
                    <Countdown at=at.clone() />
                    ", at "
                    <When at=at style=Style::Full />
                    "."
                </Callout>
            </div>
        })
    })
}
