//! Events and deliveries are kept for so many days, then swept away.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Db, Result, idempotency, sql};
use crate::app::App;
use crate::clock;

/// How often it looks.
const PERIOD: Duration = Duration::from_hours(1);
/// Events swept in one transaction, so that the writer is not held for long.
const BATCH: u32 = 1000;

/// Sweeps now and then every hour, until `stop`.
pub async fn run(app: App, stop: CancellationToken) {
    loop {
        let before = clock::days_ago(i64::from(app.settings().engine.retain));
        if let Err(error) = sweep(app.db(), &before).await {
            tracing::error!(%error, "old events could not be swept");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PERIOD) => {}
        }
    }
}

/// Deletes events received before `before` with their evaluations and ended deliveries. An event whose
/// delivery still waits is kept until it ends.
async fn sweep(db: &Db, before: &str) -> Result<()> {
    loop {
        let mut tx = db.begin().await?;
        let ids: Vec<String> = sql::query_scalar(
            "SELECT id FROM events WHERE id < ? AND NOT EXISTS \
             (SELECT 1 FROM deliveries WHERE event_id = events.id AND state IN ('waiting', 'sending', 'retrying')) ORDER BY id LIMIT ?",
        )
        .bind(clock::id_at(clock::parse_ms(before).unwrap_or_default()))
        .bind(BATCH)
        .fetch_all(&mut *tx)
        .await?;
        let list = super::to_json(&ids)?;
        sql::query("DELETE FROM deliveries WHERE event_id IN (SELECT value FROM json_each(?))")
            .bind(&list)
            .execute(&mut *tx)
            .await?;
        sql::query("DELETE FROM events WHERE id IN (SELECT value FROM json_each(?))")
            .bind(&list)
            .execute(&mut *tx)
            .await?;
        sql::query("DELETE FROM source_messages WHERE at < ?").bind(before).execute(&mut *tx).await?;
        sql::query("DELETE FROM former_keys WHERE at < ?").bind(before).execute(&mut *tx).await?;
        idempotency::sweep(&mut tx).await?;
        tx.commit().await?;
        if ids.len() < BATCH as usize {
            return Ok(());
        }
    }
}
