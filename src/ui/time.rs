//! Times as the page shows them: relative, with the whole time on hover.

use std::time::Duration;

use leptos::prelude::*;

use super::{
    dates::{Style, use_dates},
    format::{parse_time, span},
};
use crate::life::Life;

/// The time now, as signals that move. One per mount.
#[derive(Clone, Copy)]
pub struct Clock {
    coarse: RwSignal<i64>,
    fine: RwSignal<i64>,
}

impl Clock {
    /// A clock that runs as long as the mount: by the second for countdowns, and every ten
    /// seconds for what only grows older.
    pub fn start(life: &Life) -> Self {
        let clock = Self { coarse: RwSignal::new(now()), fine: RwSignal::new(now()) };
        let tick = move || {
            let now = now();
            clock.fine.try_set(now);
            if clock.coarse.try_get_untracked().is_some_and(|coarse| now - coarse >= 10_000) {
                clock.coarse.try_set(now);
            }
        };
        if let Ok(timer) = set_interval_with_handle(tick, Duration::from_secs(1)) {
            life.keep(move || timer.clear());
        }
        clock
    }

    /// Milliseconds since 1970, every ten seconds.
    pub const fn coarse(&self) -> RwSignal<i64> {
        self.coarse
    }
}

/// The clock of this mount.
pub fn use_clock() -> Clock {
    expect_context()
}

/// Milliseconds since 1970.
pub fn now() -> i64 {
    // Whole milliseconds of any year this code will see fit.
    #[allow(clippy::cast_possible_truncation)]
    let now = js_sys::Date::now() as i64;
    now
}

/// `4 min ago`, growing older by itself.
#[component]
pub fn Ago(
    /// RFC 3339.
    #[prop(into)]
    at: String,
) -> impl IntoView {
    let (clock, dates) = (use_clock(), use_dates());
    let Some(time) = parse_time(&at) else { return view! { <time>{at}</time> }.into_any() };
    view! {
        <time datetime=at lang=dates.lang() title=dates.write(time, Style::Full)>
            {live(move || dates.ago(time, clock.coarse.get()))}
        </time>
    }
    .into_any()
}

/// `in 1 min 48 s`, counted down; `now` when it has come.
#[component]
pub fn Countdown(
    /// RFC 3339.
    #[prop(into)]
    at: String,
) -> impl IntoView {
    let (clock, dates) = (use_clock(), use_dates());
    let time = parse_time(&at);
    view! {
        <span role="timer" title=time.map(|time| dates.write(time, Style::Full))>
            {live(move || match time.map(|time| time - clock.fine.get()) {
                Some(left) if left >= 1_000 => format!("in {}", span(left)),
                _ => "now".to_owned(),
            })}
        </span>
    }
    .into_any()
}
