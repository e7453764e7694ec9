//! What follows an attempt. Pure: the time and the dice are given.

use hookboard_api::delivery::{Exchange, OutcomeCode};
use hookboard_api::limits::RETRY_WAITS_S;

/// What follows an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It arrived.
    Delivered,
    /// It is tried again at this time, in Unix milliseconds.
    RetryAt(i64),
    /// It is given up.
    Failed,
}

/// Most tries before an attempt that is followed by another one.
#[expect(clippy::cast_possible_truncation, reason = "eleven waits")]
pub const LAST_RETRIED: u32 = RETRY_WAITS_S.len() as u32 - 2;

/// What follows `exchange`, the attempt after `tries` others. `dice` lies in 0 to 1: the wait is up to
/// a tenth longer, so that what failed together does not return together.
pub fn next(exchange: &Exchange, tries: u32, now_ms: i64, dice: f64) -> Next {
    match exchange.outcome {
        OutcomeCode::Ok => return Next::Delivered,
        // Sending the same again cannot help; a person has to change something first.
        OutcomeCode::BodyTooLarge | OutcomeCode::Template => return Next::Failed,
        _ => {}
    }
    let Some(wait_s) = RETRY_WAITS_S.get(tries as usize + 1) else {
        return Next::Failed;
    };
    let longest = RETRY_WAITS_S.iter().copied().max().unwrap_or(*wait_s);
    let asked_s = retry_after_s(exchange, now_ms).unwrap_or(0).min(i64::from(longest));
    #[expect(clippy::cast_possible_truncation, reason = "at most a tenth of a day in milliseconds")]
    let jitter_ms = (f64::from(*wait_s) * 100.0 * dice.clamp(0.0, 1.0)) as i64;
    let wait_ms = (i64::from(*wait_s) * 1000 + jitter_ms).max(asked_s * 1000);
    Next::RetryAt(now_ms + wait_ms)
}

/// `Retry-After` in seconds from now: a number, or a date of RFC 9110, section 5.6.7. Nonsense counts
/// as absent.
fn retry_after_s(exchange: &Exchange, now_ms: i64) -> Option<i64> {
    let (_, value) = exchange.response_headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number too large to read asks for longer than the cap all the same.
        return Some(value.parse::<u32>().map_or(i64::from(u32::MAX), i64::from));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    Some((date.timestamp().as_millisecond() - now_ms).max(0) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::delivery::Timings;

    fn answer(outcome: OutcomeCode, retry_after: Option<&str>) -> Exchange {
        Exchange {
            outcome,
            message: String::new(),
            url: String::new(),
            request_headers: Vec::new(),
            request_body: String::new(),
            status: None,
            response_headers: retry_after
                .map(|value| ("Retry-After".to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            response_body: String::new(),
            response_cut: false,
            timings: Timings::default(),
        }
    }

    #[test]
    fn waits_follow_the_schedule_and_then_end() {
        let failed = answer(OutcomeCode::Http5xx, None);
        for (tries, wait_s) in [(0, 5), (1, 60), (2, 300), (3, 1800), (9, 86_400)] {
            assert_eq!(next(&failed, tries, 0, 0.0), Next::RetryAt(wait_s * 1000), "{tries}");
        }
        assert_eq!(next(&failed, 10, 0, 0.0), Next::Failed);
        assert_eq!(next(&answer(OutcomeCode::Ok, None), 10, 0, 0.0), Next::Delivered);
    }

    #[test]
    fn jitter_adds_up_to_a_tenth() {
        let failed = answer(OutcomeCode::Timeout, None);
        assert_eq!(next(&failed, 1, 0, 1.0), Next::RetryAt(66_000));
        assert_eq!(next(&failed, 1, 0, 0.5), Next::RetryAt(63_000));
    }

    #[test]
    fn retry_after_is_a_floor_capped_at_the_longest_step() {
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some("120")), 0, 0, 0.0), Next::RetryAt(120_000));
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some("1")), 2, 0, 0.0), Next::RetryAt(300_000));
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some("99999999")), 0, 0, 0.0), Next::RetryAt(86_400_000));
        assert_eq!(
            next(&answer(OutcomeCode::Http5xx, Some("99999999999999999999")), 0, 0, 0.0),
            Next::RetryAt(86_400_000)
        );
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some("-3")), 0, 0, 0.0), Next::RetryAt(5_000));
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some("soon")), 0, 0, 0.0), Next::RetryAt(5_000));
        let date = "Thu, 01 Jan 1970 00:02:00 GMT";
        assert_eq!(next(&answer(OutcomeCode::Http5xx, Some(date)), 0, 0, 0.0), Next::RetryAt(120_000));
    }

    #[test]
    fn a_date_to_wait_for_counts_from_now() {
        let asked = |date: &str, now: i64| next(&answer(OutcomeCode::Http5xx, Some(date)), 0, now, 0.0);
        let date = "Thu, 01 Jan 1970 00:02:00 GMT";
        assert_eq!(asked(date, 50_000), Next::RetryAt(120_000));
        assert_eq!(asked(date, 119_000), Next::RetryAt(124_000), "the schedule's wait is longer");
        assert_eq!(asked(date, 500_000), Next::RetryAt(505_000), "a date that has passed asks for nothing");
        assert_eq!(asked(" 60 ", 1_000), Next::RetryAt(61_000));
        assert_eq!(asked("", 1_000), Next::RetryAt(6_000));
    }

    #[test]
    fn what_only_a_person_can_mend_is_not_tried_again() {
        assert_eq!(next(&answer(OutcomeCode::Template, None), 0, 0, 0.0), Next::Failed);
        assert_eq!(next(&answer(OutcomeCode::BodyTooLarge, None), 0, 0, 0.0), Next::Failed);
    }
}
