//! What would have fired, beside the form: the server goes through the events of the last days.

use std::time::Duration;

use hookboard_api::{
    backtest::{Backtest, BacktestItem, BacktestRequest},
    delivery::Verdict,
    sentence::subject_words,
};
use leptos::{prelude::*, task::spawn_local};

use super::state::Wizard;
use crate::{
    client::{ApiError, calls, use_client},
    route::{Route, Step, use_router},
    ui::{
        button::LinkButton,
        chip::Chip,
        format::counted,
        icon::{Glyph, Icon},
        ids::new_id,
        time::Ago,
        toggle::Segmented,
    },
};

/// Events listed at most, of each kind.
const MATCHED: usize = 6;
/// Near misses listed at most.
const NEAR: usize = 4;
/// How long the form rests before the past is asked.
const REST: Duration = Duration::from_millis(200);

/// What the past says.
#[derive(Clone, PartialEq)]
enum Answer {
    Asking,
    /// The condition is not whole yet.
    Unready,
    Failed(ApiError),
    Known(Box<Backtest>),
}

/// Past events, as the condition sees them.
#[component]
pub(super) fn OnThePast(
    /// The wizard.
    wizard: Wizard,
) -> impl IntoView {
    let id = new_id();
    let labelled = id.clone();
    let (client, router) = (use_client(), use_router());
    let days = RwSignal::new(30_u32);
    let answer = RwSignal::new(Answer::Asking);
    let busy = RwSignal::new(true);
    // Answers of older questions are dropped, and so are questions while another key is pressed.
    let turn = StoredValue::new(0_u32);
    let ask = move |own: u32| {
        if !untrack(|| wizard.is_whole(Step::Event)) {
            answer.set(Answer::Unready);
            busy.set(false);
            return;
        }
        let request = BacktestRequest { draft: wizard.tried_on().get_untracked(), days: days.get_untracked() };
        let path = calls::team(&request.draft.scope.entity, "automations/backtest");
        spawn_local(async move {
            let found = client.post::<Backtest>(&path, &request).await;
            if turn.try_get_value() != Some(own) {
                return;
            }
            answer.try_set(match found {
                Ok(backtest) => Answer::Known(Box::new(backtest)),
                Err(error) if error.fields().is_empty() => Answer::Failed(error),
                Err(_) => Answer::Unready,
            });
            busy.try_set(false);
        });
    };
    let again = move || {
        let own = turn.get_value() + 1;
        turn.set_value(own);
        busy.set(true);
        let rested = move || {
            if turn.try_get_value() == Some(own) {
                ask(own);
            }
        };
        if let Ok(timer) = set_timeout_with_handle(rested, REST) {
            on_cleanup(move || timer.clear());
        }
    };
    Effect::new(move || {
        wizard.tried_on().track();
        days.track();
        again();
    });
    let list = move || match answer.get() {
        Answer::Asking => view! { <p class="figure muted">"Looking at past events…"</p> }.into_any(),
        Answer::Unready => {
            view! { <p class="figure muted">"The condition is not whole yet. Complete its fields."</p> }.into_any()
        }
        Answer::Failed(error) => view! {
            <p class="figure" role="alert">
                "Past events could not be looked at. "
                {error.words()}
                " "
                <LinkButton on_press=again>"Try again"</LinkButton>
            </p>
        }
        .into_any(),
        Answer::Known(backtest) => {
            let link = move |item: &BacktestItem| {
                let id = item.event_id.clone()?;
                Some(router.href(&Route::Event { entity: item.subject.entity.clone(), id }))
            };
            known(&backtest, link)
        }
    };
    let span = move |span: String| days.set(span.parse().unwrap_or(30));
    view! {
        <section class="board" aria-labelledby=labelled aria-busy=bound(move || busy.get().then_some("true"))>
            <div class="board__head">
                <h2 id=id>"On the past"</h2>
                <span class="push">
                    <Segmented
                        label="How far back"
                        value=Signal::derive(move || days.get().to_string())
                        choices=vec![
                            ("1".to_owned(), "24\u{a0}h".to_owned()),
                            ("7".to_owned(), "7\u{a0}days".to_owned()),
                            ("30".to_owned(), "30\u{a0}days".to_owned()),
                        ]
                        on_choose=span
                    />
                </span>
            </div>
            {live(list)}
        </section>
    }
}

fn known(backtest: &Backtest, link: impl Fn(&BacktestItem) -> Option<String>) -> AnyView {
    let words = match backtest.seen {
        0 => "would have fired: there was no such event".to_owned(),
        seen => format!("would have fired, of {}", counted(seen.into(), "event", "events")),
    };
    let cut = backtest.cut.then(|| {
        view! { <p class="figure muted">"Not all was looked at: since " <Ago at=backtest.since.clone() /> "."</p> }
    });
    let skipped = (backtest.skipped > 0).then(|| format!(", {} more but for the cooldown", backtest.skipped));
    let hits = backtest.items.iter().take(MATCHED).map(|item| hit(item, link(item))).collect_view();
    let more =
        (backtest.matched as usize + backtest.skipped as usize).saturating_sub(backtest.items.len().min(MATCHED));
    let near = backtest.near.iter().take(NEAR).map(|item| miss(item, link(item))).collect_view();
    view! {
        <p class="figure" role="status">
            <b>{backtest.matched}</b>
            {words}
            {skipped}
        </p>
        {cut}
        <ul class="mini" role="list" aria-label="Would have fired">
            {hits}
        </ul>
        {(more > 0).then(|| view! { <p class="figure muted">{format!("and {more} more")}</p> })}
        {(!backtest.near.is_empty())
            .then(|| {
                view! {
                    <h3 class="mini__group">"Near misses"</h3>
                    <ul class="mini" role="list" aria-label="Near misses">
                        {near}
                    </ul>
                }
            })}
    }
    .into_any()
}

fn hit(item: &BacktestItem, href: Option<String>) -> AnyView {
    let note = match (item.verdict, item.event_author.as_str()) {
        (Verdict::Cooldown, _) => item.reason.clone(),
        (_, "") => String::new(),
        (_, author) => format!("by {author}"),
    };
    view! {
        <li>
            {head(item, href)}
            <span class="cell-sub">{note}</span>
        </li>
    }
    .into_any()
}

fn miss(item: &BacktestItem, href: Option<String>) -> AnyView {
    view! {
        <li>
            {head(item, href)}
            <span class="status small muted">
                <Icon glyph=Glyph::X />
                <span>{item.reason.clone()}</span>
            </span>
        </li>
    }
    .into_any()
}

fn head(item: &BacktestItem, href: Option<String>) -> AnyView {
    let name = subject_words(&item.subject);
    let name = match href {
        Some(href) => view! { <a class="row-title" href=href>{name}</a> }.into_any(),
        None => name.into_any(),
    };
    let glyph = match item.event_type {
        event if event.is_tag() => Glyph::Tag,
        event if event.is_run() => Glyph::Pulse,
        _ => Glyph::Alias,
    };
    let detail = item.subject_detail.clone();
    view! {
        <span>
            {name} " "
            {(!detail.is_empty())
                .then(|| {
                    view! { <Chip glyph=glyph words=detail /> }
                })}
        </span>
        <span class="mini__end nowrap">
            <Ago at=item.occurred_at.clone() />
        </span>
    }
    .into_any()
}
