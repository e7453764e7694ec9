//! The delivery worker: claims what is due, sends it, writes the attempt and the next state.

mod exchange;
mod finish;
pub mod schedule;
pub mod send;
mod sign;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookboard_api::stream::Topic;
use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::finish::Finisher;
use crate::app::App;
use crate::clock;
use crate::db::queue::{self, Claimed, Finished, Reclaim};
use crate::failpoint::{self, Point};

/// Deliveries in flight at once.
const CAPACITY: usize = 128;
/// Of these, kept for first attempts.
const RESERVED: usize = 32;
/// Where more is due than there is room, so much room is waited for, and no longer than this: looking costs
/// more than waiting.
const ENOUGH: usize = 32;
const BREATH: Duration = Duration::from_millis(5);
/// How often ended leases are looked for, and the clock compared with what is due.
const SWEEP: Duration = Duration::from_secs(5);
/// From how many milliseconds on the clock is set back, and not slowed down.
const SET_BACK_MS: i64 = -2000;

/// Leases of this worker, by delivery.
type Leases = Arc<Mutex<HashMap<String, String>>>;

/// Runs until `stop`, then waits for what is in flight.
pub async fn run(app: App, stop: CancellationToken) {
    let leases = Leases::default();
    let tasks = TaskTracker::new();
    let freed = Arc::new(Notify::new());
    let finisher = Finisher::start(app.db().clone());
    let mut sweeper = Sweeper::start(&app).await;
    // One file has one process: what is under a lease at its start is the last one's.
    let whose = if app.db().is_shared() { Reclaim::Ended { held: HashSet::new() } } else { Reclaim::All };
    sweeper.sweep(&app, &whose).await;
    let keeper = tokio::spawn(keep(app.clone(), Arc::clone(&leases)));
    let lease_ms = lease_ms(&app);
    let mut is_full = false;
    loop {
        app.vitals().round();
        // Armed before looking, so that what arrives in between is not slept over.
        let woken = app.wake().notified();
        let now = clock::now_ms();
        let room = CAPACITY.saturating_sub(tasks.len());
        if is_full
            && room < ENOUGH
            && !stop.is_cancelled()
            && tokio::time::timeout(BREATH, freed.notified()).await.is_ok()
        {
            continue;
        }
        let claimed =
            if room == 0 { Ok(Vec::new()) } else { queue::claim(app.db(), now, lease_ms, room, RESERVED).await };
        is_full = room == 0 || claimed.as_ref().is_ok_and(|claimed| claimed.len() == room);
        match claimed {
            Ok(claimed) => {
                for delivery in claimed {
                    lock(&leases).insert(delivery.id.clone(), delivery.lease.clone());
                    let (app, leases, freed) = (app.clone(), Arc::clone(&leases), Arc::clone(&freed));
                    let (stop, finisher) = (stop.clone(), finisher.clone());
                    tasks.spawn(async move {
                        let id = delivery.id.clone();
                        attempt(&app, delivery, &finisher, &stop).await;
                        lock(&leases).remove(&id);
                        freed.notify_one();
                    });
                }
            }
            Err(error) => tracing::error!(%error, "deliveries could not be claimed"),
        }
        let wait = if is_full { SWEEP } else { pause(&app, now).await };
        tokio::select! {
            () = stop.cancelled() => break,
            () = woken => {}
            () = freed.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
        if sweeper.swept.elapsed() >= SWEEP {
            // What this process sends is in its own hands, whatever the clock says of the lease.
            let held = lock(&leases).keys().cloned().collect();
            sweeper.sweep(&app, &Reclaim::Ended { held }).await;
        }
    }
    tasks.close();
    tasks.wait().await;
    keeper.abort();
}

fn lock(leases: &Leases) -> std::sync::MutexGuard<'_, HashMap<String, String>> {
    leases.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long a lease holds, in milliseconds.
fn lease_ms(app: &App) -> i64 {
    i64::from(app.settings().engine.lease) * 1000
}

/// Looks for what others left behind, and for what waits for a time that the clock no longer comes to soon.
struct Sweeper {
    lease_ms: i64,
    /// When it looked last, and the clock's time then.
    swept: Instant,
    clock_ms: i64,
    /// From when on ended leases tell that their workers are gone.
    trusted: Instant,
}

impl Sweeper {
    async fn start(app: &App) -> Self {
        let (now, clock_ms) = (Instant::now(), clock::now_ms());
        // What was stored before may be of a clock that has been set back since.
        let is_behind = queue::is_behind(app.db()).await.unwrap_or_default();
        let clock_ms = if is_behind { clock_ms - SET_BACK_MS * 2 } else { clock_ms };
        Self { lease_ms: lease_ms(app), swept: now, clock_ms, trusted: now }
    }

    async fn sweep(&mut self, app: &App, whose: &Reclaim) {
        let jump_ms = self.jump_ms();
        if jump_ms > self.lease_ms / 3 {
            tracing::warn!(jump_ms, "the clock was set forward");
            self.trusted = self.swept + Duration::from_millis(self.lease_ms.unsigned_abs());
        }
        // After a jump, all leases seem to have ended until their workers have had time to renew them.
        if self.swept >= self.trusted || matches!(whose, Reclaim::All) {
            match queue::reclaim(app.db(), clock::now_ms(), whose).await {
                Ok(0) => {}
                Ok(count) => tracing::warn!(count, "deliveries whose worker ended are sent again"),
                Err(error) => tracing::error!(%error, "ended leases could not be taken back"),
            }
        }
        let pulled_in = if jump_ms < SET_BACK_MS {
            tracing::warn!(jump_ms, "the clock was set back");
            let done = queue::set_back(app.db(), self.lease_ms).await;
            if done.is_err() {
                // Seen again at the next look.
                self.clock_ms -= jump_ms;
            }
            done
        } else {
            queue::pull_in(app.db(), self.lease_ms).await
        };
        match pulled_in {
            Ok(0) => {}
            Ok(count) => tracing::warn!(count, "deliveries waited for longer than they should, and no longer do"),
            Err(error) => tracing::error!(%error, "the clock could not be compared with what is due"),
        }
    }

    /// By how many milliseconds the clock was set forward since the last look, below 0 where it was set back.
    fn jump_ms(&mut self) -> i64 {
        let (now, clock_ms) = (Instant::now(), clock::now_ms());
        let passed = i64::try_from(now.duration_since(self.swept).as_millis()).unwrap_or(i64::MAX);
        let jump_ms = (clock_ms - self.clock_ms).saturating_sub(passed);
        (self.swept, self.clock_ms) = (now, clock_ms);
        jump_ms
    }
}

/// Renews the leases of what is in flight, for as long as it is.
async fn keep(app: App, leases: Leases) {
    let every = Duration::from_secs(u64::from(app.settings().engine.lease)) / 3;
    loop {
        tokio::time::sleep(every).await;
        let mut held: Vec<(String, String)> =
            lock(&leases).iter().map(|(id, lease)| (id.clone(), lease.clone())).collect();
        // The order in which finishing locks them.
        held.sort_unstable();
        if held.is_empty() {
            continue;
        }
        if let Err(error) = queue::renew(app.db(), &held, clock::now_ms() + lease_ms(&app)).await {
            tracing::error!(%error, "leases could not be renewed");
        }
    }
}

/// How long nothing is due, at most one sweep.
async fn pause(app: &App, looked: i64) -> Duration {
    match queue::next_due(app.db(), looked).await {
        Ok(Some(due)) => Duration::from_millis(u64::try_from(due - clock::now_ms()).unwrap_or(0)).min(SWEEP),
        _ => SWEEP,
    }
}

async fn release(app: &App, delivery: &Claimed, wait: Duration) {
    let due = clock::now_ms() + i64::try_from(wait.as_millis()).unwrap_or_default();
    if let Err(error) = queue::release(app.db(), delivery, due).await {
        tracing::error!(%error, delivery = delivery.id, "not released; it is taken over when its lease ends");
    }
}

async fn attempt(app: &App, delivery: Claimed, finisher: &Finisher, stop: &CancellationToken) {
    if stop.is_cancelled() {
        release(app, &delivery, Duration::ZERO).await;
        return;
    }
    app.changed(Topic::Delivery, &delivery.entity, Some(&delivery.id));
    let started_at = clock::now();
    let exchange = match send::send(app, &delivery).await {
        Ok(exchange) => exchange,
        Err(error) => {
            // A fault on this side, before anything was sent: it is given back.
            tracing::error!(%error, delivery = delivery.id, "not sent");
            release(app, &delivery, SWEEP).await;
            return;
        }
    };
    failpoint::hit(Point::AfterSend);
    // A failed probe is not the delivery's fault: it is none's last try.
    let tries = if delivery.is_probe { delivery.tries.min(schedule::LAST_RETRIED) } else { delivery.tries };
    let next = schedule::next(&exchange, tries, clock::now_ms(), rand::random());
    tracing::info!(delivery = delivery.id, outcome = exchange.outcome.as_str(), status = exchange.status, "attempt");
    let (id, entity) = (delivery.id.clone(), delivery.entity.clone());
    let (webhook_id, owner) = (delivery.webhook_id.clone(), delivery.owner.clone());
    let webhook_changes = delivery.is_probe || next != schedule::Next::Delivered;
    if !finisher.write(Finished { delivery, started_at, exchange, next }).await {
        tracing::warn!(delivery = id, "the lease had ended; what follows is the other worker's to say");
    }
    app.changed(Topic::Delivery, &entity, Some(&id));
    if webhook_changes {
        app.webhook_changed(&owner, &webhook_id).await;
    } else if owner != entity {
        // Its health shows what other teams sent as well.
        app.changed(Topic::Webhook, &owner, Some(&webhook_id));
    }
}
