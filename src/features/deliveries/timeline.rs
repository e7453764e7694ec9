//! Attempts on a line, like pegs: those made, the one planned, and what the schedule still holds.

use hookboard_api::{
    delivery::{Attempt, Delivery, DeliveryState, OutcomeCode},
    limits::RETRY_WAITS_S,
};
use leptos::prelude::*;

use crate::{
    route::{Query, use_router},
    ui::{
        dates::{Style, When},
        format::{duration, parse_time, rfc3339, span},
        icon::{Glyph, Icon},
        outcome::what_happened,
        time::Countdown,
    },
};

/// Waits of the schedule after the first `made` attempts and the planned one, in seconds.
fn later_waits(made: usize) -> &'static [u32] {
    RETRY_WAITS_S.get(made + 1..).unwrap_or_default()
}

/// `6 more, after 2 h, 5 h and 10 h`.
fn later_words(waits: &[u32]) -> String {
    let words: Vec<String> = waits.iter().map(|wait| wait_words(*wait)).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => format!("1 more, after {only}"),
        [first @ .., last] => format!("{} more, after {} and {last}", words.len(), first.join(", ")),
    }
}

fn wait_words(seconds: u32) -> String {
    // The schedule speaks of hours up to 24.
    if (3_600..=86_400).contains(&seconds) && seconds.is_multiple_of(3_600) {
        return format!("{}\u{a0}h", seconds / 3_600);
    }
    span(i64::from(seconds) * 1_000)
}

/// The attempts of a delivery.
#[component]
pub(super) fn Timeline(
    /// The delivery.
    delivery: Delivery,
    /// Its attempts, oldest first.
    attempts: Vec<Attempt>,
    /// Number of the attempt that is shown beside.
    #[prop(into)]
    shown: Signal<u32>,
) -> impl IntoView {
    let router = use_router();
    let made = attempts.len();
    let attempt = move |attempt: Attempt| {
        let number = attempt.number;
        let good = attempt.exchange.outcome == OutcomeCode::Ok;
        let (tone, glyph) = if good { ("success", Glyph::Check) } else { ("danger", Glyph::X) };
        let index = usize::try_from(number.saturating_sub(1)).unwrap_or_default();
        let after = match RETRY_WAITS_S.get(index) {
            Some(0) => "first try".to_owned(),
            Some(wait) => format!("{} later", wait_words(*wait)),
            None => "asked for".to_owned(),
        };
        let query = Query::default().with("attempt", Some(&number.to_string()));
        let path = router.route().with_untracked(crate::route::Route::path);
        let href = router.href_to(&(path + &query.suffix()));
        view! {
            <li class="attempt" data-tone=tone>
                <a
                    class="attempt__link"
                    href=href
                    aria-current=bound(move || (shown.get() == number).then_some("true"))
                >
                    <span class="attempt__peg">
                        <Icon glyph=glyph />
                    </span>
                    <span class="attempt__what">
                        <span class="strong">{format!("Attempt {number}")}</span>
                        " "
                        <span class="muted">{after}</span>
                        <span class="cell-sub">{what_happened(&attempt.exchange.message).to_owned()}</span>
                    </span>
                    <span class="attempt__when">
                        <When at=attempt.started_at style=Style::Clock />
                        <span class="cell-sub">{duration(attempt.exchange.timings.total_ms)}</span>
                    </span>
                </a>
            </li>
        }
    };
    let waits = matches!(delivery.state, DeliveryState::Retrying | DeliveryState::Waiting | DeliveryState::Sending);
    let next = delivery.next_attempt_at.clone().filter(|_| waits).map(|at| {
        let time = parse_time(&at).unwrap_or_default();
        let later = later_waits(made);
        let rest: i64 = later.iter().map(|wait| i64::from(*wait) * 1_000).sum();
        view! {
            <li class="attempt" data-tone="next">
                <span class="attempt__link">
                    <span class="attempt__peg">
                        <Icon glyph=Glyph::Clock />
                    </span>
                    <span class="attempt__what">
                        <span class="strong">{format!("Attempt {}", made + 1)}</span>
                        <span class="cell-sub">
                            <Countdown at=at.clone() />
                        </span>
                    </span>
                    <span class="attempt__when">
                        <When at=at style=Style::Clock />
                        <span class="cell-sub">"planned"</span>
                    </span>
                </span>
            </li>
            {(!later.is_empty())
                .then(|| {
                    view! {
                        <li class="attempt" data-tone="later">
                            <span class="attempt__link">
                                <span class="attempt__peg"></span>
                                <span class="attempt__what muted">
                                    {later_words(later)}
                                    <span class="cell-sub">
                                        "Gives up about "
                                        <When at=rfc3339(time + rest) style=Style::DayAndMinute />
                                    </span>
                                </span>
                            </span>
                        </li>
                    }
                })}
        }
    });
    let none = (made == 0 && next.is_none()).then(|| {
        let words = match delivery.state {
            DeliveryState::Skipped => "It was skipped, so that nothing was sent.",
            DeliveryState::Recorded => "It was recorded only: nothing is sent.",
            _ => "No attempt was made yet.",
        };
        view! { <li class="board__note muted">{words}</li> }
    });
    view! { <ol class="timeline">{attempts.into_iter().map(attempt).collect_view()} {next} {none}</ol> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_the_schedule_is_said() {
        assert_eq!(
            later_words(later_waits(4)),
            "6 more, after 2\u{a0}h, 5\u{a0}h, 10\u{a0}h, 14\u{a0}h, 20\u{a0}h and 24\u{a0}h"
        );
        assert_eq!(later_words(later_waits(9)), "1 more, after 24\u{a0}h");
        assert_eq!(later_words(later_waits(10)), "");
        assert!(later_waits(usize::MAX - 1).is_empty());
    }
}
