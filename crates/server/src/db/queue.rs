//! The delivery row is the queue: claim under a lease, finish fenced by it, take over when it ends.

use std::collections::HashMap;

use hookboard_api::delivery::{DeliveryState, Exchange};
use hookboard_api::limits::{MAX_IN_FLIGHT_PER_WEBHOOK, PAUSE_AFTER_FAILURES};
use hookboard_api::webhook::WebhookDraft;
use serde_json::{Map, Value};

use super::{Db, Result, automations, json, to_json};
use crate::clock;
use crate::worker::schedule::Next;

/// How long a claim holds, in milliseconds: longer than the longest exchange with its look-up.
pub const LEASE_MS: i64 = 90_000;

/// Days without a success after which a failing webhook is paused, in milliseconds: five days.
const PAUSE_AFTER_MS: i64 = 5 * 24 * 3600 * 1000;

/// A delivery under a lease, with all that sending needs.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The delivery's id.
    pub id: String,
    /// The team's id.
    pub entity_id: String,
    /// The team's name.
    pub entity: String,
    /// The lease's id: what finishing is fenced by.
    pub lease: String,
    /// Attempts of this schedule so far.
    pub tries: u32,
    /// Attempts in all so far.
    pub attempts: u32,
    /// The webhook's id.
    pub webhook_id: String,
    /// The webhook's settings.
    pub webhook: WebhookDraft,
    /// The payload template; none sends `{}`.
    pub template: Option<String>,
    /// The event's type.
    pub event_type: hookboard_api::EventType,
    /// The event's values, the automation's over them.
    pub values: Map<String, Value>,
}

/// What is in flight, by webhook.
pub type InFlight = HashMap<String, u32>;

/// Claims up to `room` due deliveries: no more per webhook than may be in flight, and where room is
/// short, `reserved` of it for first attempts, so that retries to a dead endpoint starve nobody.
pub async fn claim(db: &Db, in_flight: &InFlight, room: usize, reserved: usize) -> Result<Vec<Claimed>> {
    let now = clock::now_ms();
    let mut in_flight = in_flight.clone();
    let mut chosen: Vec<(String, String)> = Vec::new();
    for (first, room) in [(true, room), (false, room.saturating_sub(reserved))] {
        // A webhook at its cap may have thousands due: it is left out of the next look, which then
        // sees the others.
        while chosen.len() < room {
            let full: Vec<&String> = in_flight
                .iter()
                .filter(|(_, count)| **count >= MAX_IN_FLIGHT_PER_WEBHOOK)
                .map(|(webhook, _)| webhook)
                .collect();
            let wanted = room - chosen.len();
            let taken: Vec<&String> = chosen.iter().map(|(id, _)| id).collect();
            let rows: Vec<(String, String)> = sqlx::query_as(
                "SELECT deliveries.id, webhook_id FROM deliveries JOIN webhooks ON webhooks.id = webhook_id \
                 WHERE state IN ('waiting', 'retrying') AND due_ms <= ? AND (attempts = 0) = ? AND webhooks.enabled AND webhooks.paused_reason IS NULL \
                 AND webhook_id NOT IN (SELECT value FROM json_each(?)) AND deliveries.id NOT IN (SELECT value FROM json_each(?)) \
                 ORDER BY due_ms LIMIT ?",
            )
            .bind(now)
            .bind(first)
            .bind(to_json(&full)?)
            .bind(to_json(&taken)?)
            .bind(u32::try_from(wanted).unwrap_or(u32::MAX))
            .fetch_all(db.read())
            .await?;
            let before = chosen.len();
            let found = rows.len();
            for (id, webhook) in rows {
                let count = in_flight.entry(webhook.clone()).or_insert(0);
                if *count < MAX_IN_FLIGHT_PER_WEBHOOK {
                    *count += 1;
                    chosen.push((id, webhook));
                }
            }
            if chosen.len() == before || found < wanted {
                break;
            }
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    lease(db, &chosen, now).await
}

/// Takes the lease of each chosen delivery that still waits.
async fn lease(db: &Db, chosen: &[(String, String)], now: i64) -> Result<Vec<Claimed>> {
    let ids: Vec<&String> = chosen.iter().map(|(id, _)| id).collect();
    let lease = clock::new_id();
    // A lost lease only means that the delivery is sent again, so that this commit need not wait
    // for the disk. The next one that must carries it along.
    let mut connection = db.writer().acquire().await?;
    sqlx::query("PRAGMA synchronous = NORMAL").execute(&mut *connection).await?;
    let taken = sqlx::query_as(
        "UPDATE deliveries SET state = 'sending', lease = ?, lease_until_ms = ? WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('waiting', 'retrying') \
         RETURNING id",
    )
    .bind(&lease)
    .bind(now + LEASE_MS)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *connection)
    .await;
    sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    drop(connection);
    let taken: Vec<(String,)> = taken?;
    let mut claimed = Vec::with_capacity(taken.len());
    let mut reader = db.read().acquire().await?;
    for (id,) in taken {
        type Row = (String, String, u32, u32, String, String, String, u32, String, String, String);
        let row: Row = sqlx::query_as(
            "SELECT deliveries.entity_id, entities.name, tries, attempts, webhook_id, webhooks.settings, automation_id, deliveries.revision, events.type, events.vals, overlay \
             FROM deliveries JOIN entities ON entities.id = deliveries.entity_id JOIN webhooks ON webhooks.id = webhook_id JOIN events ON events.id = event_id \
             WHERE deliveries.id = ?",
        )
        .bind(&id)
        .fetch_one(&mut *reader)
        .await?;
        let (
            entity_id,
            entity,
            tries,
            attempts,
            webhook_id,
            settings,
            automation_id,
            revision,
            event_type,
            values,
            overlay,
        ) = row;
        let draft = automations::revision(&mut reader, &automation_id, revision).await?;
        let template = draft.and_then(|draft| match draft.action {
            hookboard_api::automation::Action::Webhook { template, .. } => template,
            hookboard_api::automation::Action::Record => None,
        });
        claimed.push(Claimed {
            id,
            entity_id,
            entity,
            lease: lease.clone(),
            tries,
            attempts,
            webhook_id,
            webhook: json(&settings)?,
            template,
            event_type: serde_json::from_value(Value::from(event_type))?,
            values: super::deliveries::values_with(&json(&values)?, &json(&overlay)?),
        });
    }
    Ok(claimed)
}

/// Writes the attempt and the next state, if the lease still holds. Whether it did.
pub async fn finish(db: &Db, claimed: &Claimed, started_at: &str, exchange: &Exchange, next: &Next) -> Result<bool> {
    let now = clock::now();
    let (state, due) = match next {
        Next::Delivered => (DeliveryState::Delivered, None),
        Next::RetryAt(due) => (DeliveryState::Retrying, Some(*due)),
        Next::Failed => (DeliveryState::Failed, None),
    };
    let mut stored = exchange.clone();
    stored.request_body = String::new();
    let mut tx = db.begin().await?;
    let done = sqlx::query(
        "UPDATE deliveries SET state = ?, attempts = attempts + 1, tries = tries + 1, outcome = ?, status = ?, due_ms = ?, duration_ms = ?, lease = NULL, \
         lease_until_ms = NULL, finished_at = ? WHERE id = ? AND lease = ?",
    )
    .bind(state.as_str())
    .bind(exchange.outcome.as_str())
    .bind(exchange.status)
    .bind(due)
    .bind(exchange.timings.total_ms)
    .bind((state != DeliveryState::Retrying).then_some(now.as_str()))
    .bind(&claimed.id)
    .bind(&claimed.lease)
    .execute(&mut *tx)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    sqlx::query("INSERT INTO attempts (delivery_id, number, started_at, exchange) VALUES (?, ?, ?, ?)")
        .bind(&claimed.id)
        .bind(claimed.attempts + 1)
        .bind(started_at)
        .bind(to_json(&stored)?)
        .execute(&mut *tx)
        .await?;
    if matches!(next, Next::Delivered) {
        sqlx::query("UPDATE webhooks SET failures = 0, failing_since_ms = NULL WHERE id = ? AND (failures <> 0 OR failing_since_ms IS NOT NULL)")
            .bind(&claimed.webhook_id)
            .execute(&mut *tx)
            .await?;
    } else if !exchange.outcome.is_before_sending() {
        let gone = exchange.status == Some(410);
        let now_ms = clock::now_ms();
        sqlx::query(
            "UPDATE webhooks SET failures = failures + 1, failing_since_ms = coalesce(failing_since_ms, ?1), paused_reason = CASE \
               WHEN ?2 THEN 'It answered 410 Gone.' \
               WHEN failures + 1 >= ?3 THEN 'It failed ' || (failures + 1) || ' times in a row.' \
               WHEN coalesce(failing_since_ms, ?1) <= ?4 THEN 'It has not answered well for 5 days.' \
               ELSE paused_reason END WHERE id = ?5",
        )
        .bind(now_ms)
        .bind(gone)
        .bind(PAUSE_AFTER_FAILURES)
        .bind(now_ms - PAUSE_AFTER_MS)
        .bind(&claimed.webhook_id)
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Gives a delivery back without an attempt, as when the server stops before sending.
pub async fn release(db: &Db, claimed: &Claimed) -> Result<()> {
    let mut tx = db.begin().await?;
    sqlx::query(
        "UPDATE deliveries SET state = CASE WHEN attempts = 0 OR outcome IN ('body_too_large', 'template') THEN 'waiting' ELSE 'retrying' END, lease = NULL, lease_until_ms = NULL, due_ms = coalesce(due_ms, ?) \
         WHERE id = ? AND lease = ?",
    )
    .bind(clock::now_ms())
    .bind(&claimed.id)
    .bind(&claimed.lease)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes back deliveries whose lease has ended: their worker is gone. At start, with `all`, those of
/// the process before too, for one file has one process.
pub async fn reclaim(db: &Db, all: bool) -> Result<u64> {
    let mut tx = db.begin().await?;
    let done = sqlx::query(
        "UPDATE deliveries SET state = CASE WHEN attempts = 0 OR outcome IN ('body_too_large', 'template') THEN 'waiting' ELSE 'retrying' END, lease = NULL, lease_until_ms = NULL, due_ms = coalesce(due_ms, ?1) \
         WHERE state = 'sending' AND (?2 OR lease_until_ms < ?1)",
    )
    .bind(clock::now_ms())
    .bind(all)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(done.rows_affected())
}

/// When the next delivery is due, in Unix milliseconds.
pub async fn next_due(db: &Db) -> Result<Option<i64>> {
    Ok(sqlx::query_scalar(
        "SELECT min(due_ms) FROM deliveries JOIN webhooks ON webhooks.id = webhook_id \
         WHERE state IN ('waiting', 'retrying') AND due_ms > ? AND webhooks.enabled AND webhooks.paused_reason IS NULL",
    )
    .bind(clock::now_ms())
    .fetch_one(db.read())
    .await?)
}
