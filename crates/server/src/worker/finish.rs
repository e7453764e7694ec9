//! What was sent is written down: attempts that end together share one commit.

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
        for (answer, held) in answers.into_iter().zip(write(&db, &finished).await) {
            let _ = answer.send(held);
        }
        waiting = later;
    }
}

/// Tries until it is written: what was sent cannot be sent less.
async fn write(db: &Db, finished: &[Finished]) -> Vec<bool> {
    let began = Instant::now();
    let (mut wait, longest) = AGAIN;
    loop {
        match queue::finish(db, clock::now_ms(), finished).await {
            Ok(held) => return held,
            Err(error) => {
                let since_s = began.elapsed().as_secs();
                tracing::error!(%error, attempts = finished.len(), since_s, "attempts could not be written; trying again");
            }
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(longest);
    }
}
