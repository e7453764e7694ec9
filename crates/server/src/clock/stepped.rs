//! A clock that tests step. Only in builds with debug assertions.

use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use uuid::timestamp::context::ContextV7;
use uuid::{Timestamp, Uuid};

/// How often the file is read at most.
const PERIOD: Duration = Duration::from_millis(50);

/// The file that `HOOKBOARD_CLOCK` names: it holds by how many milliseconds the clock is off.
static FILE: LazyLock<Option<PathBuf>> = LazyLock::new(|| std::env::var_os("HOOKBOARD_CLOCK").map(PathBuf::from));

/// By how many milliseconds the clock is off.
pub(super) fn offset_ms() -> i64 {
    static READ: Mutex<Option<(Instant, i64)>> = Mutex::new(None);
    let Some(file) = &*FILE else { return 0 };
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((at, offset)) = *read
        && at.elapsed() < PERIOD
    {
        return offset;
    }
    let known = read.map_or(0, |(_, offset)| offset);
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let offset = text.trim().parse().unwrap_or(known);
    *read = Some((Instant::now(), offset));
    offset
}

/// An id of the stepped clock; as with the system's, one process's ids sort as they were made.
pub(super) fn id(now_ms: i64) -> Uuid {
    static ORDER: LazyLock<Mutex<AssertUnwindSafe<ContextV7>>> =
        LazyLock::new(|| Mutex::new(AssertUnwindSafe(ContextV7::new())));
    if FILE.is_none() {
        return Uuid::now_v7();
    }
    let (seconds, rest) = (now_ms.div_euclid(1000), now_ms.rem_euclid(1000));
    let nanos = u32::try_from(rest * 1_000_000).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(&*ORDER, u64::try_from(seconds).unwrap_or_default(), nanos))
}
