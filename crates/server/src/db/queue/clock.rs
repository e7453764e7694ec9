//! What the queue does where the clock was set: nothing waits for a time that no longer comes soon.

use hookboard_api::limits::RETRY_WAITS_S;

use crate::clock;
use crate::db::{Conn, Db, Result, sql};

/// Longest that a first attempt is put off, in milliseconds: many that are sent again together go one after
/// another.
const LONGEST_FIRST_WAIT_MS: i64 = 10 * 60 * 1000;

/// How far another process's clock may be ahead, in milliseconds, without being taken for one that was right.
const AHEAD_MS: i64 = 60_000;

/// Makes due what waits for longer than any delivery does: the clock was set back. The same for leases of
/// `lease_ms`, rates and probes. How many deliveries that were.
pub async fn pull_in(db: &Db, lease_ms: i64) -> Result<u64> {
    let now = clock::now_ms();
    let longest = RETRY_WAITS_S.iter().copied().max().unwrap_or_default();
    let (first, retry) = (now + LONGEST_FIRST_WAIT_MS, now + i64::from(longest) * 1100);
    let found: bool = sql::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM webhooks WHERE next_ms > ?3 + gap_ms OR probe_ms > ?3 + probe_wait_ms \
           OR EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'waiting' AND due_ms > ?1) \
           OR EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'retrying' AND due_ms > ?2) \
           OR EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id AND state = 'sending' AND lease_until_ms > ?4))",
    )
    .bind(first)
    .bind(retry)
    .bind(now)
    .bind(now + lease_ms + AHEAD_MS)
    .fetch_one(db.read())
    .await?;
    if !found {
        return Ok(0);
    }
    let mut tx = db.begin_claim().await?;
    let done = sql::query(
        "UPDATE deliveries SET due_ms = ?3 WHERE state IN ('waiting', 'retrying') AND due_ms > CASE WHEN state = 'waiting' THEN ?1 ELSE ?2 END",
    )
    .bind(first)
    .bind(retry)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let mut tx = db.begin_claim().await?;
    pull_in_leases(&mut tx, now, lease_ms, AHEAD_MS).await?;
    tx.commit().await?;
    Ok(done)
}

/// Whether the clock was set back since the newest event came.
pub async fn is_behind(db: &Db) -> Result<bool> {
    let newest: Option<String> = sql::query_scalar("SELECT max(id) FROM events").fetch_one(db.read()).await?;
    let newest_ms = newest.as_deref().and_then(clock::id_ms);
    Ok(newest_ms.is_some_and(|ms| ms > clock::now_ms() + AHEAD_MS))
}

/// The same where the clock was seen to be set back: nothing waits for longer than its schedule says, and a
/// receiver's `Retry-After` is forgotten.
pub async fn set_back(db: &Db, lease_ms: i64) -> Result<u64> {
    let now = clock::now_ms();
    let mut tx = db.begin_claim().await?;
    let mut query = sql::Builder::new(
        "UPDATE deliveries SET due_ms = latest FROM (SELECT id AS late, CASE state WHEN 'waiting' THEN ",
    );
    query.push_bind(now).push(" ELSE CASE tries");
    for (tries, wait_s) in (0_i64..).zip(RETRY_WAITS_S) {
        query.push(" WHEN ").push_bind(tries).push(" THEN ").push_bind(now + i64::from(wait_s) * 1100);
    }
    query.push(" ELSE ").push_bind(now);
    query.push(" END END AS latest FROM deliveries WHERE state IN ('waiting', 'retrying')) AS bounds WHERE id = late AND due_ms > latest");
    let done = query.build().execute(&mut *tx).await?;
    tx.commit().await?;
    let mut tx = db.begin_claim().await?;
    pull_in_leases(&mut tx, now, lease_ms, 0).await?;
    tx.commit().await?;
    Ok(done)
}

/// Leases end, rates go on and probes are made in their time, whatever the clock said before.
async fn pull_in_leases(conn: &mut Conn, now: i64, lease_ms: i64, slack_ms: i64) -> Result<()> {
    if conn.is_postgres() {
        // In the order in which finishing locks them.
        for rows in [
            "SELECT id FROM webhooks ORDER BY id FOR NO KEY UPDATE",
            "SELECT id FROM deliveries WHERE state = 'sending' ORDER BY id FOR NO KEY UPDATE",
        ] {
            sql::query(rows).fetch_all(&mut *conn).await?;
        }
    }
    // Whoever lives renews in time.
    sql::query("UPDATE deliveries SET lease_until_ms = ?1 WHERE state = 'sending' AND lease_until_ms > ?1 + ?2")
        .bind(now + lease_ms)
        .bind(slack_ms)
        .execute(&mut *conn)
        .await?;
    sql::query("UPDATE webhooks SET next_ms = ?1 + gap_ms WHERE next_ms > ?1 + gap_ms")
        .bind(now)
        .execute(&mut *conn)
        .await?;
    sql::query("UPDATE webhooks SET probe_ms = ?1 + probe_wait_ms WHERE probe_ms > ?1 + probe_wait_ms")
        .bind(now)
        .execute(conn)
        .await?;
    Ok(())
}
