//! What was sent is written down: attempts that end together share one commit.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use crate::clock;
use crate::db::Db;
use crate::db::queue::{self, Finished};

/// Attempts of one commit.
const GROUP: usize = 64;
/// First and longest wait before a commit that failed is tried again.
const AGAIN: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

type Call = (Finished, oneshot::Sender<bool>);

/// The way to write attempts down.
#[derive(Debug, Clone)]
pub(super) struct Finisher(mpsc::UnboundedSender<Call>);

impl Finisher {
    /// Starts the task that writes.
    pub(super) fn start(db: Db) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        tokio::spawn(run(db, receiver));
        Self(sender)
    }

    /// Writes an attempt. Answered when it is durable: whether the lease still held.
    pub(super) async fn write(&self, finished: Finished) -> bool {
        let (sender, receiver) = oneshot::channel();
        self.0.send((finished, sender)).is_ok() && receiver.await.unwrap_or_default()
    }
}

async fn run(db: Db, mut calls: mpsc::UnboundedReceiver<Call>) {
    let mut waiting: Vec<Call> = Vec::with_capacity(GROUP);
    while !waiting.is_empty() || calls.recv_many(&mut waiting, GROUP).await > 0 {
        waiting.sort_by(|(a, _), (b, _)| a.delivery.id.cmp(&b.delivery.id));
        // A delivery that was claimed anew before its first attempt came to an end stands here twice.
        let mut later = Vec::new();
        let (mut finished, mut answers) =
            (Vec::<Finished>::with_capacity(waiting.len()), Vec::with_capacity(waiting.len()));
        for (one, answer) in waiting.drain(..) {
            if finished.last().is_some_and(|last| last.delivery.id == one.delivery.id) {
                later.push((one, answer));
            } else {
                finished.push(one);
                answers.push(answer);
            }
        }
        let ids: Vec<String> = finished.iter().map(|one| one.delivery.id.clone()).collect();
        let lost = write(&db, finished).await;
        for (answer, id) in answers.into_iter().zip(ids) {
            let _ = answer.send(!lost.contains(&id));
        }
        waiting = later;
    }
}

/// Tries until all is written: what was sent cannot be sent less. Ids of those whose lease had ended.
async fn write(db: &Db, mut finished: Vec<Finished>) -> HashSet<String> {
    let began = Instant::now();
    let (mut wait, longest) = AGAIN;
    loop {
        match queue::finish(db, clock::now_ms(), &finished).await {
            Ok(held) => {
                let lost = finished.iter().zip(held).filter(|(_, held)| !held);
                return lost.map(|(one, _)| one.delivery.id.clone()).collect();
            }
            Err(error) => {
                let since_s = began.elapsed().as_secs();
                tracing::error!(%error, attempts = finished.len(), since_s, "attempts could not be written; trying again");
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
        // The commit may have gone through and its answer been lost.
        if let Ok(kept) = queue::kept(db, &finished).await {
            finished.retain(|one| !kept.contains(&one.delivery.id));
        }
        if finished.is_empty() {
            return HashSet::new();
        }
    }
}
