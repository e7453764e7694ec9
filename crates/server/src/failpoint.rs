//! Places at which a test can end the process at once, as a power cut would. Only in builds with debug
//! assertions.

/// Where the process can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Events are written and not committed.
    BeforeAcceptCommit,
    /// Events are committed and not answered.
    AfterAccept,
    /// Deliveries are leased and not committed.
    BeforeClaimCommit,
    /// Deliveries are leased and not sent.
    AfterClaim,
    /// The receiver has answered; nothing is written.
    AfterSend,
    /// Attempts are written and not committed.
    BeforeFinishCommit,
    /// Attempts are committed; nobody was told.
    AfterFinish,
}

impl Point {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::BeforeAcceptCommit,
        Self::AfterAccept,
        Self::BeforeClaimCommit,
        Self::AfterClaim,
        Self::AfterSend,
        Self::BeforeFinishCommit,
        Self::AfterFinish,
    ];

    /// The name that `HOOKBOARD_FAILPOINT` gives it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BeforeAcceptCommit => "before_accept_commit",
            Self::AfterAccept => "after_accept",
            Self::BeforeClaimCommit => "before_claim_commit",
            Self::AfterClaim => "after_claim",
            Self::AfterSend => "after_send",
            Self::BeforeFinishCommit => "before_finish_commit",
            Self::AfterFinish => "after_finish",
        }
    }
}

/// Ends the process with SIGKILL if `HOOKBOARD_FAILPOINT` is `<point>:<n>` and this is the `n`th time that
/// the point is passed.
#[cfg(all(unix, debug_assertions))]
pub(crate) fn hit(point: Point) {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};

    static WANTED: LazyLock<Option<(String, AtomicI64)>> = LazyLock::new(|| {
        let wanted = std::env::var("HOOKBOARD_FAILPOINT").ok()?;
        let (name, times) = wanted.split_once(':')?;
        Some((name.to_owned(), AtomicI64::new(times.parse().ok()?)))
    });
    if let Some((name, left)) = &*WANTED
        && name == point.as_str()
        && left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    }
}

/// Nothing, outside of tests.
#[cfg(not(all(unix, debug_assertions)))]
pub(crate) const fn hit(_: Point) {}
