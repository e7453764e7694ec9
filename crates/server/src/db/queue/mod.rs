//! The delivery row is the queue: claim under a lease, finish fenced by it, take over when it ends.

mod claim;
mod clock;
mod finish;
mod lease;

pub use claim::{Claimed, claim, next_due};
pub use clock::{is_behind, pull_in, set_back};
pub use finish::{Finished, finish, kept};
pub use lease::{Reclaim, reclaim, release, renew};

/// The state of a delivery that is given back: one that nothing was sent of waits for its first attempt, and one whose
/// webhook was deleted meanwhile goes nowhere.
macro_rules! given_back {
    () => {
        "CASE WHEN webhook_id IS NULL THEN 'canceled' WHEN attempts = 0 OR outcome IN ('body_too_large', 'template') THEN 'waiting' ELSE 'retrying' END"
    };
}
pub(in crate::db) use given_back;
