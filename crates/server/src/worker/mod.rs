//! The delivery worker: claims what is due, sends it, writes the attempt and the next state.

mod exchange;
pub mod schedule;
pub mod send;
mod sign;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::clock;
use crate::db::queue::{self, Claimed, InFlight};
use hookboard_api::stream::Topic;

/// Deliveries in flight at once.
const CAPACITY: usize = 64;
/// Of these, kept for first attempts.
const RESERVED: usize = 16;
/// How often ended leases are looked for, and the clock compared with what is due.
const SWEEP: Duration = Duration::from_secs(5);

/// Runs until `stop`, then waits for what is in flight.
pub async fn run(app: App, stop: CancellationToken) {
    let in_flight: Arc<Mutex<InFlight>> = Arc::default();
    let tasks = TaskTracker::new();
    let freed = Arc::new(Notify::new());
    if let Err(error) = queue::reclaim(app.db(), true).await {
        tracing::error!(%error, "what was being sent at the last stop could not be taken back");
    }
    loop {
        app.vitals().round();
        // Armed before looking, so that what arrives in between is not slept over.
        let woken = app.wake().notified();
        let room = CAPACITY.saturating_sub(tasks.len());
        let counts = in_flight.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let claimed = if room == 0 { Ok(Vec::new()) } else { queue::claim(app.db(), &counts, room, RESERVED).await };
        match claimed {
            Ok(claimed) => {
                for delivery in claimed {
                    enter(&in_flight, &delivery.webhook_id);
                    let (app, in_flight, freed, stop) =
                        (app.clone(), Arc::clone(&in_flight), Arc::clone(&freed), stop.clone());
                    tasks.spawn(async move {
                        attempt(&app, &delivery, &stop).await;
                        leave(&in_flight, &delivery.webhook_id);
                        freed.notify_one();
                    });
                }
            }
            Err(error) => tracing::error!(%error, "deliveries could not be claimed"),
        }
        let wait = pause(&app).await;
        tokio::select! {
            () = stop.cancelled() => break,
            () = woken => {}
            () = freed.notified() => {}
            () = tokio::time::sleep(wait) => {
                if let Err(error) = queue::reclaim(app.db(), false).await {
                    tracing::error!(%error, "ended leases could not be taken back");
                }
            }
        }
    }
    tasks.close();
    tasks.wait().await;
}

/// How long nothing is due, at most one sweep.
async fn pause(app: &App) -> Duration {
    match queue::next_due(app.db()).await {
        Ok(Some(due)) => Duration::from_millis(u64::try_from(due - clock::now_ms()).unwrap_or(0)).min(SWEEP),
        _ => SWEEP,
    }
}

async fn attempt(app: &App, delivery: &Claimed, stop: &CancellationToken) {
    if stop.is_cancelled() {
        if let Err(error) = queue::release(app.db(), delivery).await {
            tracing::error!(%error, delivery = delivery.id, "not released; it is taken over when its lease ends");
        }
        return;
    }
    app.changed(Topic::Delivery, &delivery.entity, Some(&delivery.id));
    let started_at = clock::now();
    let exchange = match send::send(app, delivery).await {
        Ok(exchange) => exchange,
        Err(error) => {
            // A fault on this side: the lease ends by itself and the delivery is tried again.
            tracing::error!(%error, delivery = delivery.id, "not sent");
            return;
        }
    };
    let next = schedule::next(&exchange, delivery.tries, clock::now_ms(), rand::random());
    match queue::finish(app.db(), delivery, &started_at, &exchange, &next).await {
        Ok(true) => {}
        Ok(false) => {
            tracing::warn!(delivery = delivery.id, "the lease had ended; the attempt is the other worker's to record");
        }
        Err(error) => {
            tracing::error!(%error, delivery = delivery.id, "the attempt could not be recorded");
        }
    }
    tracing::info!(delivery = delivery.id, outcome = exchange.outcome.as_str(), status = exchange.status, "attempt");
    app.changed(Topic::Delivery, &delivery.entity, Some(&delivery.id));
    if !matches!(next, schedule::Next::Delivered) {
        app.changed(Topic::Webhook, &delivery.entity, Some(&delivery.webhook_id));
    }
}

fn enter(in_flight: &Mutex<InFlight>, webhook: &str) {
    let mut counts = in_flight.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(webhook.to_owned()).or_insert(0) += 1;
}

fn leave(in_flight: &Mutex<InFlight>, webhook: &str) {
    let mut counts: std::sync::MutexGuard<'_, HashMap<String, u32>> =
        in_flight.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(count) = counts.get_mut(webhook) {
        *count -= 1;
        if *count == 0 {
            counts.remove(webhook);
        }
    }
}
