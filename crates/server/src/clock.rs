//! The time, in the two forms the database holds.

use jiff::fmt::temporal::Pieces;
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

/// Why a time cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// It is no time with an offset.
    #[error("This is no time of RFC 3339. Write it like 2026-11-23T14:03:11Z, with Z or an offset.")]
    Malformed,
    /// It is one, and too far away.
    #[error(
        "This time is out of reach: times from 0000-01-01 to 9999-12-30, both in UTC, can be kept. Use one of these."
    )]
    OutOfRange,
}

impl TimeFault {
    /// The stable name of the fault.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::OutOfRange => "out_of_range",
        }
    }
}

/// RFC 3339 with any offset, as Unix milliseconds. Years have four digits, so that texts sort.
pub fn parse_ms(text: &str) -> Result<i64, TimeFault> {
    let is_time = |pieces: Pieces<'_>| pieces.time().is_some() && pieces.offset().is_some();
    match text.parse::<Timestamp>().map(Timestamp::as_millisecond) {
        Ok(ms) if ms >= YEAR_0_MS => Ok(ms),
        Ok(_) => Err(TimeFault::OutOfRange),
        Err(_) if Pieces::parse(text).is_ok_and(is_time) => Err(TimeFault::OutOfRange),
        Err(_) => Err(TimeFault::Malformed),
    }
}

/// 0000-01-01T00:00:00Z.
const YEAR_0_MS: i64 = -62_167_219_200_000;

/// RFC 3339, `days` days before now.
pub fn days_ago(days: i64) -> String {
    let then = Timestamp::now().checked_sub((days * 24).hours()).unwrap_or(Timestamp::UNIX_EPOCH);
    text(then.as_millisecond())
}

/// A new `UUIDv7`: ids sort by the time they were made.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A new `UUIDv7` with its time, in Unix milliseconds: rows that hold both can be looked up by either.
pub fn new_id_at() -> (String, i64) {
    let id = new_id();
    let ms = id_ms(&id).unwrap_or_else(now_ms);
    (id, ms)
}

/// The time at which a `UUIDv7` was made, in Unix milliseconds (RFC 9562, section 5.7).
pub fn id_ms(id: &str) -> Option<i64> {
    let (high, low) = (id.get(..8)?, id.get(9..13)?);
    i64::from_str_radix(&format!("{high}{low}"), 16).ok()
}

/// What sorts before every `UUIDv7` of that time or later and after every one before it.
pub fn id_at(ms: i64) -> String {
    let ms = ms.clamp(0, 0xffff_ffff_ffff);
    format!("{:08x}-{:04x}-", ms >> 16, ms & 0xffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_three_decimals_and_round_trip() {
        assert_eq!(text(1_795_442_973_000), "2026-11-23T14:09:33.000Z");
        assert_eq!(parse_ms("2026-11-23T15:09:33+01:00"), Ok(1_795_442_973_000));
        assert_eq!(text(YEAR_0_MS), "0000-01-01T00:00:00.000Z");
    }

    #[test]
    fn ids_sort_and_tell_by_their_time() {
        let id = new_id();
        let ms = id_ms(&id).expect("a time");
        assert!((now_ms() - ms).abs() < 60_000);
        assert!(id_at(ms) <= id && id < id_at(ms + 1), "{id}");
        assert_eq!(id_ms("nope"), None);
        assert_eq!(id_at(-1), "00000000-0000-");
    }

    #[test]
    fn a_time_that_cannot_be_kept_says_why() {
        for time in ["yesterday", "2026-11-23", "2026-11-23T14:03:11", "2026-02-30T00:00:00Z", ""] {
            assert_eq!(parse_ms(time), Err(TimeFault::Malformed), "{time}");
        }
        for time in ["9999-12-31T23:59:59Z", "-000001-12-31T00:00:00Z"] {
            assert_eq!(parse_ms(time), Err(TimeFault::OutOfRange), "{time}");
        }
        assert!(parse_ms("9999-12-30T21:00:00Z").is_ok());
    }
}
