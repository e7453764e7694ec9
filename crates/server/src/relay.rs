//! Tells the other processes of a shared database what changed, and hears it from them.
//!
//! A hint only: what is told too late or never is found by looking.

use std::sync::Arc;
use std::time::Duration;

use hookboard_api::stream::{Change, Topic};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgPool, PgPoolOptions};
use tokio::sync::{Notify, broadcast, mpsc};

use crate::clock;
use crate::db::{Pool, sql};

/// The channel of Postgres's `NOTIFY`.
const CHANNEL: &str = "hookboard";
/// Postgres takes less than 8000 bytes in one message.
const MAX_BYTES: usize = 7500;
/// Changes told at once.
const GROUP: usize = 64;
/// How long it waits after a fault.
const AGAIN: Duration = Duration::from_secs(1);
/// How long nothing is heard before it looks whether the connection still leads to Postgres.
const QUIET: Duration = Duration::from_secs(15);
/// How long Postgres may take to answer that.
const ANSWER: Duration = Duration::from_secs(5);

#[derive(Debug, Serialize, Deserialize)]
struct Told {
    /// The process that tells.
    from: String,
    changes: Vec<Change>,
}

/// Messages a slow reader of the stream may lag behind before it is told to read anew.
const STREAM_BACKLOG: usize = 1024;

/// What changes, for the readers of this process and of the others.
#[derive(Debug, Clone)]
pub struct Changes {
    local: broadcast::Sender<Change>,
    relay: Option<Relay>,
}

impl Changes {
    /// Changes of this process and, where `shared` leads to a database of several, of those; deliveries of theirs
    /// wake the worker.
    pub fn new(shared: Option<PgPool>, wake: &Arc<Notify>) -> Self {
        let (local, _) = broadcast::channel(STREAM_BACKLOG);
        let relay = shared.map(|pool| Relay::start(pool, Arc::clone(wake), local.clone()));
        Self { local, relay }
    }

    /// Tells a change.
    pub fn tell(&self, change: Change) {
        if let Some(relay) = &self.relay {
            relay.tell(change.clone());
        }
        // Nobody listening is no error.
        let _ = self.local.send(change);
    }

    /// Changes from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Change> {
        self.local.subscribe()
    }
}

/// The way to tell others; what is told here is not heard here.
#[derive(Debug, Clone)]
struct Relay(mpsc::UnboundedSender<Change>);

impl Relay {
    /// Starts to tell and to listen. What others tell goes to `changes`, and wakes the worker.
    fn start(pool: PgPool, wake: Arc<Notify>, changes: broadcast::Sender<Change>) -> Self {
        let (sender, receiver) = mpsc::unbounded_channel();
        let own = clock::new_id();
        tokio::spawn(tell(Pool::Postgres(pool.clone()), own.clone(), receiver));
        tokio::spawn(hear(pool, own, wake, changes));
        Self(sender)
    }

    /// Tells the others.
    fn tell(&self, change: Change) {
        let _ = self.0.send(change);
    }
}

async fn tell(pool: Pool, from: String, mut receiver: mpsc::UnboundedReceiver<Change>) {
    let mut waiting = Vec::with_capacity(GROUP);
    while receiver.recv_many(&mut waiting, GROUP).await > 0 {
        waiting.sort_unstable();
        waiting.dedup();
        while !waiting.is_empty() {
            let mut told = Told { from: from.clone(), changes: std::mem::take(&mut waiting) };
            let mut text = serde_json::to_string(&told).unwrap_or_default();
            while text.len() > MAX_BYTES && told.changes.len() > 1 {
                let half = told.changes.len() / 2;
                waiting.extend(told.changes.drain(half..));
                text = serde_json::to_string(&told).unwrap_or_default();
            }
            if let Err(error) = sql::query("SELECT pg_notify(?, ?)").bind(CHANNEL).bind(text).execute(&pool).await {
                tracing::debug!(%error, "other processes were not told of a change");
            }
        }
    }
}

async fn hear(pool: PgPool, own: String, wake: Arc<Notify>, changes: broadcast::Sender<Change>) {
    loop {
        let heard = tokio::select! {
            // The process stops.
            () = pool.close_event() => return,
            heard = listen(&pool, &own, &wake, &changes) => heard,
        };
        let Err(error) = heard else { return };
        tracing::warn!(%error, "changes of other processes cannot be heard; trying again");
        tokio::time::sleep(AGAIN).await;
    }
}

/// Listens until the connection is lost for good, or nobody is left to tell.
async fn listen(
    pool: &PgPool,
    own: &str,
    wake: &Notify,
    changes: &broadcast::Sender<Change>,
) -> Result<(), sqlx::Error> {
    // A pool of its own: one that is given up would keep its place in the other.
    let options = PgPoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None);
    let pool = options.connect_lazy_with((*pool.connect_options()).clone());
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let Ok(message) = tokio::time::timeout(QUIET, listener.try_recv()).await else {
            let look = tokio::time::timeout(ANSWER, sqlx::query("SELECT 1").execute(&mut listener)).await;
            look.unwrap_or(Err(sqlx::Error::PoolTimedOut))?;
            continue;
        };
        let Some(message) = message? else {
            // The connection was lost and is made anew; who waits looks for what was missed.
            wake.notify_one();
            continue;
        };
        let Ok(told) = serde_json::from_str::<Told>(message.payload()) else {
            continue;
        };
        if told.from == own {
            continue;
        }
        if told.changes.iter().any(|change| change.topic == Topic::Delivery) {
            wake.notify_one();
        }
        for change in told.changes {
            let _ = changes.send(change);
        }
    }
}
