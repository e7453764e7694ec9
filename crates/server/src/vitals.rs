//! Whether the server does its work, by what its parts show of themselves.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::db::Db;

/// How long one look at the database serves all who ask: asking is free for everybody and takes the writer's
/// place.
const LOOKED: Duration = Duration::from_secs(1);
/// How long the database may take to let a writer in.
const WRITABLE_IN: Duration = Duration::from_secs(5);
/// How long news may wait to be stored.
const STORED_IN: Duration = Duration::from_secs(15);
/// How long the worker may go without a round. It makes one at least every five seconds.
const ROUND_IN: Duration = Duration::from_mins(1);

/// What the parts show of themselves.
#[derive(Debug)]
pub struct Vitals {
    start: Instant,
    /// The worker's last round, in milliseconds since the start.
    round: AtomicU64,
    /// News that wait to be stored, by number, with when they came.
    waiting: Mutex<(u64, BTreeMap<u64, Instant>)>,
    /// The last look at the database.
    looked: tokio::sync::Mutex<Option<(Instant, Check)>>,
}

/// News that wait, until this is dropped.
#[derive(Debug)]
pub struct Waiting<'v> {
    vitals: &'v Vitals,
    number: u64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.vitals.waiting.lock().unwrap_or_else(PoisonError::into_inner).1.remove(&self.number);
    }
}

/// Whether one part works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// `database`, `accept` or `worker`.
    pub part: &'static str,
    /// Whether it works.
    pub ok: bool,
    /// In words.
    pub detail: String,
}

impl Vitals {
    /// A server that starts now.
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
            round: AtomicU64::new(0),
            waiting: Mutex::default(),
            looked: tokio::sync::Mutex::default(),
        }
    }

    /// The worker makes a round.
    pub fn round(&self) {
        let at = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.round.store(at, Ordering::Relaxed);
    }

    /// News wait to be stored from now on.
    pub fn wait(&self) -> Waiting<'_> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.0 += 1;
        let number = waiting.0;
        waiting.1.insert(number, Instant::now());
        Waiting { vitals: self, number }
    }

    /// Whether each part works.
    pub async fn checks(&self, db: &Db) -> [Check; 3] {
        [self.database(db).await, self.accept(), self.worker()]
    }

    /// One looks at a time; who waited for that hears what it saw.
    async fn database(&self, db: &Db) -> Check {
        let mut looked = self.looked.lock().await;
        if let Some((at, check)) = looked.as_ref()
            && at.elapsed() < LOOKED
        {
            return check.clone();
        }
        let check = database(db).await;
        *looked = Some((Instant::now(), check.clone()));
        check
    }

    fn accept(&self) -> Check {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = waiting.1.first_key_value().map(|(_, since)| since.elapsed()).unwrap_or_default();
        let (count, ok) = (waiting.1.len(), longest < STORED_IN);
        let detail = if ok {
            format!("{count} calls wait to be stored")
        } else {
            format!(
                "{count} calls wait to be stored, one of them for {} s. See whether the disk is full or slow.",
                longest.as_secs()
            )
        };
        Check { part: "accept", ok, detail }
    }

    fn worker(&self) -> Check {
        let since = self.start.elapsed().saturating_sub(Duration::from_millis(self.round.load(Ordering::Relaxed)));
        let ok = since < ROUND_IN;
        let detail = if ok {
            String::from("it goes its rounds")
        } else {
            format!("its last round was {} s ago. See the log, and start the server again.", since.as_secs())
        };
        Check { part: "worker", ok, detail }
    }
}

impl Default for Vitals {
    fn default() -> Self {
        Self::new()
    }
}

/// Takes the writer's place for a moment.
async fn database(db: &Db) -> Check {
    let check = |ok, detail: &str| Check { part: "database", ok, detail: detail.to_owned() };
    match tokio::time::timeout(WRITABLE_IN, db.takes_writers()).await {
        Ok(Ok(true)) => check(true, "it takes writers"),
        Ok(Ok(false)) => {
            check(false, "it is read-only, as a standby is. Lead the processes to the primary, or see who closed it.")
        }
        Ok(Err(error)) => {
            tracing::error!(%error, "not ready");
            check(false, "it takes no writer, and the log says why")
        }
        Err(_) => check(false, "it has let no writer in for 5 s. See whether the disk is full or slow."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_that_wait_are_counted_until_they_are_stored() {
        let vitals = Vitals::new();
        let (first, second) = (vitals.wait(), vitals.wait());
        assert_eq!(vitals.accept().detail, "2 calls wait to be stored");
        drop(first);
        drop(second);
        assert_eq!(vitals.accept(), Check { part: "accept", ok: true, detail: "0 calls wait to be stored".into() });
    }

    #[test]
    fn a_part_that_stands_still_is_named_with_what_to_do() {
        let long_ago = Instant::now().checked_sub(Duration::from_secs(100)).expect("an uptime");
        let vitals = Vitals { start: long_ago, ..Vitals::new() };
        assert!(!vitals.worker().ok);
        vitals.round();
        assert!(vitals.worker().ok);
        let _waiting = vitals.wait();
        vitals.waiting.lock().expect("lock").1.values_mut().for_each(|since| *since = long_ago);
        let accept = vitals.accept();
        assert!(!accept.ok && accept.detail.contains("for 100 s"), "{accept:?}");
    }
}
