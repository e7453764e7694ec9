//! Times as texts of RFC 3339, and as Unix milliseconds. Pure: what time it is, the clock knows.

use jiff::Timestamp;
use jiff::fmt::temporal::Pieces;

/// Unix milliseconds as RFC 3339 in UTC with three decimals, which sorts as it reads.
pub fn text(ms: i64) -> String {
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("{time:.3}")
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
