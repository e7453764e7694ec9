//! The time, in the two forms the database holds.

use jiff::{Timestamp, ToSpan};

/// Now, in Unix milliseconds.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Unix milliseconds as RFC 3339 in UTC with three decimals, which sorts as it reads.
pub fn text(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
}

/// Now, as RFC 3339.
pub fn now() -> String {
    text(now_ms())
}

/// RFC 3339 with any offset, as Unix milliseconds.
pub fn parse_ms(text: &str) -> Option<i64> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// RFC 3339, `days` days before now.
pub fn days_ago(days: i64) -> String {
    let then = Timestamp::now().checked_sub((days * 24).hours()).unwrap_or(Timestamp::UNIX_EPOCH);
    text(then.as_millisecond())
}

/// A new `UUIDv7`: ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_three_decimals_and_round_trip() {
        assert_eq!(text(1_795_442_973_000), "2026-11-23T14:09:33.000Z");
        assert_eq!(parse_ms("2026-11-23T15:09:33+01:00"), Some(1_795_442_973_000));
        assert_eq!(parse_ms("yesterday"), None);
    }
}
