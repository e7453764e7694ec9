//! The time, in the two forms the database holds.

#[cfg(debug_assertions)]
mod stepped;

use jiff::Timestamp;
#[cfg(not(debug_assertions))]
use uuid::Uuid;

#[cfg(debug_assertions)]
use self::stepped::offset_ms;
pub use crate::rfc3339::{TimeFault, parse_ms, text};

/// Now, in Unix milliseconds.
pub fn now_ms() -> i64 {
    Timestamp::now().as_millisecond() + offset_ms()
}

/// The clock is the system's, outside of tests.
#[cfg(not(debug_assertions))]
const fn offset_ms() -> i64 {
    0
}

/// Now, as RFC 3339.
pub fn now() -> String {
    text(now_ms())
}

/// RFC 3339, `days` days before now.
pub fn days_ago(days: i64) -> String {
    text(now_ms() - days * 24 * 3_600_000)
}

/// A new `UUIDv7`: ids sort by the time they were made.
pub fn new_id() -> String {
    #[cfg(debug_assertions)]
    let id = stepped::id(now_ms());
    #[cfg(not(debug_assertions))]
    let id = Uuid::now_v7();
    id.to_string()
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
    fn ids_sort_and_tell_by_their_time() {
        let id = new_id();
        let ms = id_ms(&id).expect("a time");
        assert!((now_ms() - ms).abs() < 60_000);
        assert!(id_at(ms) <= id && id < id_at(ms + 1), "{id}");
        assert_eq!(id_ms("nope"), None);
        assert_eq!(id_at(-1), "00000000-0000-");
    }
}
