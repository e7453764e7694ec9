//! What became of attempts: next states, health of webhooks, and the attempts themselves.

use std::collections::HashSet;

use hookboard_api::delivery::{DeliveryState, Exchange};
use hookboard_api::limits::{PAUSE_AFTER_FAILURES, PROBE_FIRST_MS, PROBE_LONGEST_MS};

use super::Claimed;
use crate::clock;
use crate::db::{Conn, Db, Result, sql, to_json};
use crate::failpoint::{self, Point};
use crate::worker::schedule::Next;

/// Days without a success after which a failing webhook is paused, in milliseconds: five days.
const PAUSE_AFTER_MS: i64 = 5 * 24 * 3600 * 1000;

/// An attempt that came to its end.
#[derive(Debug)]
pub struct Finished {
    /// The delivery.
    pub delivery: Claimed,
    /// When the attempt began, as RFC 3339.
    pub started_at: String,
    /// What happened.
    pub exchange: Exchange,
    /// What follows.
    pub next: Next,
}

/// Writes attempts and next states in one transaction, each of another delivery, as they ended at `now`. Whether
/// each lease still held: where it did not, the attempt is kept and the state is the other worker's to say.
pub async fn finish(db: &Db, now: i64, finished: &[Finished]) -> Result<Vec<bool>> {
    let mut tx = db.begin_leased().await?;
    lock_rows(&mut tx, finished).await?;
    count_for_webhooks(&mut tx, now, finished).await?;
    let ended = end_leases(&mut tx, now, finished).await?;
    let held: Vec<bool> = finished.iter().map(|one| ended.contains(&one.delivery.id)).collect();
    keep_attempts(&mut tx, finished.iter().zip(&held).filter(|(_, held)| **held).map(|(one, _)| one)).await?;
    for (one, _) in finished.iter().zip(&held).filter(|(_, held)| !**held) {
        sql::query("UPDATE deliveries SET attempts = attempts + 1 WHERE id = ?")
            .bind(&one.delivery.id)
            .execute(&mut *tx)
            .await?;
        keep_attempt(&mut tx, &one.delivery.id, &one.started_at, &one.exchange).await?;
    }
    failpoint::hit(Point::BeforeFinishCommit);
    tx.commit().await?;
    failpoint::hit(Point::AfterFinish);
    Ok(held)
}

/// Which of these attempts are kept already: an answer to the commit may have been lost.
pub async fn kept(db: &Db, finished: &[Finished]) -> Result<HashSet<String>> {
    let ids: Vec<&str> = finished.iter().map(|one| one.delivery.id.as_str()).collect();
    let kept: Vec<(String, String)> = sql::query_as(
        "SELECT delivery_id, started_at FROM attempts WHERE delivery_id IN (SELECT value FROM json_each(?))",
    )
    .bind(to_json(&ids)?)
    .fetch_all(db.read())
    .await?;
    let is_kept = |id: &str, at: &str| finished.iter().any(|one| one.delivery.id == id && one.started_at == at);
    Ok(kept.into_iter().filter(|(id, at)| is_kept(id, at)).map(|(id, _)| id).collect())
}

/// Writes the next states of those whose lease holds: their ids.
async fn end_leases(conn: &mut Conn, now: i64, finished: &[Finished]) -> Result<HashSet<String>> {
    let now = clock::text(now);
    let mut query = sql::Builder::new(
        "UPDATE deliveries SET state = CASE WHEN webhook_id IS NULL AND column3 = 'retrying' THEN 'canceled' ELSE column3 END, attempts = attempts + 1, tries = tries + column4, outcome = column5, status = column6, due_ms = column7, \
         duration_ms = column8, lease = NULL, lease_until_ms = NULL, finished_at = CASE WHEN webhook_id IS NULL THEN column10 ELSE column9 END FROM (VALUES ",
    );
    for (index, Finished { delivery, exchange, next, .. }) in finished.iter().enumerate() {
        let (state, due) = match next {
            Next::Delivered => (DeliveryState::Delivered, None),
            Next::RetryAt(due) => (DeliveryState::Retrying, Some(*due)),
            Next::Failed => (DeliveryState::Failed, None),
        };
        // A failed probe is not the delivery's fault: its schedule stands still.
        let counted = u32::from(!delivery.is_probe || state != DeliveryState::Retrying);
        query.push(if index > 0 { ", (" } else { "(" });
        query.push_bind(&delivery.id).push(", ").push_bind(&delivery.lease).push(", ").push_bind(state.as_str());
        query.push(", ").push_bind(counted).push(", ").push_bind(exchange.outcome.as_str());
        query.push(", ").push_bind(exchange.status).push(", ").push_bind(due);
        query.push(", ").push_bind(exchange.timings.total_ms);
        query.push(", ").push_bind((state != DeliveryState::Retrying).then_some(now.as_str()));
        query.push(", ").push_bind(now.as_str()).push(")");
    }
    query.push(") AS ended WHERE id = column1 AND lease = column2 RETURNING id");
    let ended: Vec<(String,)> = query.build_as().fetch_all(conn).await?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

async fn keep_attempts(conn: &mut Conn, finished: impl Iterator<Item = &Finished>) -> Result<()> {
    let mut query = sql::Builder::new(
        "INSERT INTO attempts (delivery_id, number, started_at, exchange) SELECT id, attempts, column2, column3 FROM (VALUES ",
    );
    let mut count = 0;
    for Finished { delivery, started_at, exchange, .. } in finished {
        query.push(if count > 0 { ", (" } else { "(" }).push_bind(&delivery.id).push(", ").push_bind(started_at);
        query.push(", ").push_bind(stored(exchange)?).push(")");
        count += 1;
    }
    if count == 0 {
        return Ok(());
    }
    query.push(") AS ended JOIN deliveries ON id = column1");
    query.build().execute(conn).await?;
    Ok(())
}

/// An exchange as it is kept: the body is the same in every attempt.
fn stored(exchange: &Exchange) -> Result<String> {
    let mut stored = exchange.clone();
    stored.request_body = String::new();
    to_json(&stored)
}

/// Keeps an attempt as the delivery's last; of a delivery that is gone, none is kept.
pub(super) async fn keep_attempt(
    conn: &mut Conn,
    delivery_id: &str,
    started_at: &str,
    exchange: &Exchange,
) -> Result<()> {
    sql::query("INSERT INTO attempts (delivery_id, number, started_at, exchange) SELECT id, attempts, ?, ? FROM deliveries WHERE id = ?")
        .bind(started_at)
        .bind(stored(exchange)?)
        .bind(delivery_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Locks what these attempts change, webhooks first, in one order for all workers: two that wait for each other would
/// not end.
async fn lock_rows(conn: &mut Conn, finished: &[Finished]) -> Result<()> {
    if !conn.is_postgres() {
        return Ok(());
    }
    let ids = |arrived: bool| -> Result<String> {
        let of = finished.iter().filter(|one| (one.next == Next::Delivered) == arrived);
        to_json(&of.map(|one| one.delivery.webhook_id.as_str()).collect::<HashSet<_>>())
    };
    sql::query(
        "SELECT id FROM webhooks WHERE id IN (SELECT value FROM json_each(?)) OR (id IN (SELECT value FROM json_each(?)) \
         AND (failures <> 0 OR failing_since_ms IS NOT NULL OR probe_ms IS NOT NULL)) ORDER BY id FOR NO KEY UPDATE",
    )
    .bind(ids(false)?)
    .bind(ids(true)?)
    .fetch_all(&mut *conn)
    .await?;
    let deliveries: Vec<&str> = finished.iter().map(|one| one.delivery.id.as_str()).collect();
    sql::query("SELECT id FROM deliveries WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id FOR NO KEY UPDATE")
        .bind(to_json(&deliveries)?)
        .fetch_all(conn)
        .await?;
    Ok(())
}

/// Counts attempts for their webhooks: a success ends failures and pause, failures pause it.
async fn count_for_webhooks(conn: &mut Conn, now: i64, finished: &[Finished]) -> Result<()> {
    let mut arrived: Vec<&str> = Vec::new();
    for one in finished {
        let webhook = one.delivery.webhook_id.as_str();
        if one.next == Next::Delivered {
            if !arrived.contains(&webhook) {
                arrived.push(webhook);
            }
        } else if !one.exchange.outcome.is_before_sending() {
            // In the order in which they ended.
            if arrived.contains(&webhook) {
                count_successes(conn, std::mem::take(&mut arrived)).await?;
            }
            count_failure(conn, now, &one.delivery, &one.exchange).await?;
        }
    }
    count_successes(conn, arrived).await
}

async fn count_successes(conn: &mut Conn, webhooks: Vec<&str>) -> Result<()> {
    if webhooks.is_empty() {
        return Ok(());
    }
    sql::query(
        "UPDATE webhooks SET failures = 0, failing_since_ms = NULL, paused_reason = CASE WHEN probe_ms IS NULL THEN paused_reason END, probe_ms = NULL, \
         probe_wait_ms = 0 WHERE id IN (SELECT value FROM json_each(?)) AND (failures <> 0 OR failing_since_ms IS NOT NULL OR probe_ms IS NOT NULL)",
    )
    .bind(to_json(&webhooks)?)
    .execute(conn)
    .await?;
    Ok(())
}

async fn count_failure(conn: &mut Conn, now: i64, delivery: &Claimed, exchange: &Exchange) -> Result<()> {
    sql::query(
        "UPDATE webhooks SET failures = failures + 1, failing_since_ms = coalesce(failing_since_ms, ?1), paused_reason = CASE \
           WHEN ?2 THEN 'It answered 410 Gone.' \
           WHEN failures + 1 >= ?3 THEN 'It failed ' || (failures + 1) || ' times in a row.' \
           WHEN coalesce(failing_since_ms, ?1) <= ?4 THEN 'It has not answered well for 5 days.' \
           ELSE paused_reason END WHERE id = ?5",
    )
    .bind(now)
    .bind(exchange.status == Some(410))
    .bind(PAUSE_AFTER_FAILURES)
    .bind(now - PAUSE_AFTER_MS)
    .bind(&delivery.webhook_id)
    .execute(&mut *conn)
    .await?;
    // Who is gone is not asked again before somebody resumes it.
    sql::query(
        "UPDATE webhooks SET probe_wait_ms = CASE WHEN probe_wait_ms = 0 THEN ?2 WHEN ?3 AND probe_wait_ms * 2 < ?4 THEN probe_wait_ms * 2 \
           WHEN ?3 THEN ?4 ELSE probe_wait_ms END, \
         probe_ms = CASE WHEN ?5 THEN NULL WHEN probe_wait_ms = 0 THEN ?1 + ?2 WHEN ?3 AND probe_wait_ms * 2 < ?4 THEN probe_ms + probe_wait_ms \
           WHEN ?3 THEN probe_ms + ?4 - probe_wait_ms ELSE probe_ms END \
         WHERE id = ?6 AND paused_reason IS NOT NULL",
    )
    .bind(now)
    .bind(PROBE_FIRST_MS)
    .bind(delivery.is_probe)
    .bind(PROBE_LONGEST_MS)
    .bind(exchange.status == Some(410))
    .bind(&delivery.webhook_id)
    .execute(conn)
    .await?;
    Ok(())
}
