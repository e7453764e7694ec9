//! Leases: given back, held for longer, taken over from workers that are gone.

use std::collections::HashSet;

use hookboard_api::delivery::Exchange;

use super::finish::keep_attempt;
use super::{Claimed, given_back};
use crate::clock;
use crate::db::{Db, Result, sql};

/// Gives a delivery back without an attempt, as when the server stops before sending. It is due at `due`, in
/// Unix milliseconds.
pub async fn release(db: &Db, claimed: &Claimed, due: i64) -> Result<()> {
    let mut tx = db.begin_leased().await?;
    sql::query(concat!(
        "UPDATE deliveries SET state = ",
        given_back!(),
        ", lease = NULL, lease_until_ms = NULL, due_ms = ? WHERE id = ? AND lease = ?",
    ))
    .bind(due)
    .bind(&claimed.id)
    .bind(&claimed.lease)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Holds the leases of deliveries that are still being sent until then, in Unix milliseconds.
pub async fn renew(db: &Db, leased: &[(String, String)], until: i64) -> Result<()> {
    let mut tx = db.begin_leased().await?;
    for (id, lease) in leased {
        sql::query("UPDATE deliveries SET lease_until_ms = ? WHERE id = ? AND lease = ?")
            .bind(until)
            .bind(id)
            .bind(lease)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Which leases are taken back.
#[derive(Debug)]
pub enum Reclaim {
    /// Those of the process before: one file has one process.
    All,
    /// Those that have ended, but for deliveries that the caller itself still sends.
    Ended {
        /// Ids of these deliveries.
        held: HashSet<String>,
    },
}

/// Takes back deliveries whose lease has ended at `now`: their worker is gone. Each keeps an attempt of which nobody
/// knows the end.
pub async fn reclaim(db: &Db, now: i64, whose: &Reclaim) -> Result<u64> {
    let all = matches!(whose, Reclaim::All);
    let mut ids: Vec<String> = sql::query_scalar(
        "SELECT id FROM deliveries INDEXED BY deliveries_leased WHERE state = 'sending' AND (?1 OR lease_until_ms < ?2) ORDER BY id",
    )
    .bind(all)
    .bind(now)
    .fetch_all(db.read())
    .await?;
    if let Reclaim::Ended { held } = whose {
        ids.retain(|id| !held.contains(id));
    }
    if ids.is_empty() {
        return Ok(0);
    }
    let mut tx = db.begin_claim().await?;
    let mut taken_back = 0;
    for id in ids {
        let done = sql::query(
            "UPDATE deliveries SET attempts = attempts + 1, state = CASE WHEN webhook_id IS NULL THEN 'canceled' WHEN outcome IN ('body_too_large', 'template') THEN 'waiting' ELSE 'retrying' END, \
             outcome = 'interrupted', status = NULL, lease = NULL, lease_until_ms = NULL, due_ms = CASE WHEN due_ms < ?1 THEN due_ms ELSE ?1 END \
             WHERE id = ?2 AND state = 'sending' AND (?3 OR lease_until_ms < ?1)",
        )
        .bind(now)
        .bind(&id)
        .bind(all)
        .execute(&mut *tx)
        .await?;
        if done > 0 {
            keep_attempt(&mut tx, &id, &clock::now(), &Exchange::interrupted()).await?;
            taken_back += done;
        }
    }
    tx.commit().await?;
    Ok(taken_back)
}
