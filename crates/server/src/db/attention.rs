//! What wants somebody's attention. Each question is answered from an index.

use hookboard_api::attention::{Attention, DayCounts, FailingAutomation, SilentAutomation, Trouble, TroubledWebhook};
use hookboard_api::automation::AutomationDraft;
use hookboard_api::delivery::OutcomeCode;

use super::{Conn, Db, Result, json, sql};
use crate::clock;

/// Rows of each list.
const ROWS: usize = 20;
const DAY_MS: i64 = 86_400_000;

/// What wants attention in an entity now.
pub async fn of(db: &Db, entity_id: &str) -> Result<Attention> {
    // One state of the database: what one statement finds, the next still finds.
    let mut tx = db.read().snapshot().await?;
    let conn = &mut *tx;
    let now = clock::now_ms();
    let mut attention = Attention::default();
    webhooks(conn, entity_id, &mut attention).await?;
    failing(conn, entity_id, now, &mut attention).await?;
    silent(conn, entity_id, now, &mut attention).await?;
    let day_ago = clock::id_at(now - DAY_MS);
    attention.day = day(conn, entity_id, &day_ago).await?;
    attention.events_day = sql::query_scalar(
        "SELECT count(*) FROM events WHERE place_id IN (SELECT id FROM places WHERE entity_id = ?) AND id >= ?",
    )
    .bind(entity_id)
    .bind(day_ago)
    .fetch_one(conn)
    .await?;
    Ok(attention)
}

fn total(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

async fn webhooks(conn: &mut Conn, entity_id: &str, attention: &mut Attention) -> Result<()> {
    let rows: Vec<(String, String, Option<String>, Option<String>, Option<i64>, u32)> = sql::query_as(
        "SELECT webhooks.id, webhooks.name, owners.name, paused_reason, failing_since_ms, failures FROM webhooks \
         LEFT JOIN entities AS owners ON owners.id = webhooks.entity_id AND owners.id <> ?1 \
         WHERE enabled AND (paused_reason IS NOT NULL OR failing_since_ms IS NOT NULL) AND (webhooks.entity_id = ?1 \
           OR EXISTS (SELECT 1 FROM automations JOIN places ON places.id = place_id WHERE webhook_id = webhooks.id AND places.entity_id = ?1) \
           OR EXISTS (SELECT 1 FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND deliveries.entity_id = ?1)) \
         ORDER BY paused_reason IS NULL, failing_since_ms, webhooks.name",
    )
    .bind(entity_id)
    .fetch_all(&mut *conn)
    .await?;
    attention.webhooks_total = total(rows.len());
    for (id, name, entity, paused_reason, since, failures) in rows.into_iter().take(ROWS) {
        // Of another team's webhook, the team's own count.
        let counts = if entity.is_none() {
            "SELECT (SELECT count(*) FROM deliveries WHERE webhook_id = ?1 AND state IN ('waiting', 'retrying')), \
             (SELECT count(*) FROM automations WHERE webhook_id = ?1)"
        } else {
            "SELECT (SELECT count(*) FROM deliveries WHERE webhook_id = ?1 AND state IN ('waiting', 'retrying') AND entity_id = ?2), \
             (SELECT count(*) FROM automations CROSS JOIN places ON places.id = place_id WHERE webhook_id = ?1 AND places.entity_id = ?2)"
        };
        let mut query = sql::query_as(counts).bind(&id);
        if entity.is_some() {
            query = query.bind(entity_id);
        }
        let (waiting, automations): (u32, u32) = query.fetch_one(&mut *conn).await?;
        let (kind, reason) = match paused_reason {
            Some(reason) => (Trouble::Paused, reason),
            None if failures == 1 => (Trouble::Failing, String::from("Its last attempt failed.")),
            None => (Trouble::Failing, format!("Its last {failures} attempts failed.")),
        };
        let since = since.map(clock::text);
        attention.webhooks.push(TroubledWebhook { id, name, entity, kind, reason, since, waiting, automations });
    }
    Ok(())
}

async fn failing(conn: &mut Conn, entity_id: &str, now: i64, attention: &mut Attention) -> Result<()> {
    // Which they are is read from indices alone; the rows of those shown come after.
    let found: Vec<(String, String, u32)> = sql::query_as(
        "WITH failed AS (SELECT automation_id, max(id) AS last, count(*) AS failed FROM deliveries INDEXED BY deliveries_of_entity \
           WHERE entity_id = ? AND id >= ? AND state IN ('failed', 'retrying') GROUP BY automation_id) \
         SELECT automation_id, last, failed FROM failed WHERE NOT EXISTS (SELECT 1 FROM deliveries AS later INDEXED BY deliveries_of_automation \
           WHERE later.automation_id = failed.automation_id AND later.id > failed.last AND later.state = 'delivered') \
           AND EXISTS (SELECT 1 FROM automations WHERE automations.id = failed.automation_id) \
         ORDER BY failed DESC, last DESC",
    )
    .bind(entity_id)
    .bind(clock::id_at(now - 7 * DAY_MS))
    .fetch_all(&mut *conn)
    .await?;
    attention.failing_total = total(found.len());
    for (id, last, failed) in found.into_iter().take(ROWS) {
        let row: Option<(String, Option<String>, Option<u16>, String)> = sql::query_as(
            "SELECT draft, outcome, status, deliveries.created_at FROM automations, deliveries WHERE automations.id = ? AND deliveries.id = ?",
        )
        .bind(&id)
        .bind(last)
        .fetch_optional(&mut *conn)
        .await?;
        let Some((draft, outcome, status, at)) = row else { continue };
        let AutomationDraft { name, scope, .. } = json(&draft)?;
        let outcome = outcome.as_deref().and_then(OutcomeCode::parse);
        attention.failing.push(FailingAutomation { id, name, scope, outcome, status, at, failed });
    }
    Ok(())
}

async fn silent(conn: &mut Conn, entity_id: &str, now: i64, attention: &mut Attention) -> Result<()> {
    let month_ago = clock::id_at(now - 30 * DAY_MS);
    let found: Vec<String> = sql::query_scalar(
        "SELECT id FROM automations INDEXED BY automations_listed WHERE place_id IN (SELECT id FROM places WHERE entity_id = ?) \
         AND enabled AND created_at <= ? AND NOT EXISTS (SELECT 1 FROM deliveries INDEXED BY deliveries_of_automation \
           WHERE deliveries.automation_id = automations.id AND deliveries.id >= ?) ORDER BY id",
    )
    .bind(entity_id)
    .bind(clock::text(now - DAY_MS))
    .bind(&month_ago)
    .fetch_all(&mut *conn)
    .await?;
    attention.silent_total = total(found.len());
    for id in found.into_iter().take(ROWS) {
        let row: Option<(String, String, u32, u32)> = sql::query_as(
            "SELECT draft, created_at, count(event_id), count(*) FILTER (WHERE verdict IN ('condition', 'metric', 'state')) \
             FROM automations LEFT JOIN evaluations ON automation_id = automations.id AND event_id >= ? WHERE automations.id = ? GROUP BY automations.id",
        )
        .bind(&month_ago)
        .bind(&id)
        .fetch_optional(&mut *conn)
        .await?;
        let Some((draft, created_at, seen, passed_over)) = row else { continue };
        let AutomationDraft { name, scope, .. } = json(&draft)?;
        attention.silent.push(SilentAutomation { id, name, scope, created_at, seen, passed_over });
    }
    Ok(())
}

async fn day(conn: &mut Conn, entity_id: &str, since: &str) -> Result<DayCounts> {
    let rows: Vec<(String, u32)> = sql::query_as(
        "SELECT state, count(*) FROM deliveries INDEXED BY deliveries_of_entity WHERE entity_id = ? AND id >= ? GROUP BY state",
    )
    .bind(entity_id)
    .bind(since)
    .fetch_all(conn)
    .await?;
    let mut day = DayCounts::default();
    for (state, count) in rows {
        match state.as_str() {
            "delivered" => day.delivered = count,
            "retrying" => day.retrying = count,
            "failed" => day.failed = count,
            "skipped" => day.skipped = count,
            "waiting" | "sending" => day.waiting += count,
            _ => {}
        }
    }
    Ok(day)
}
