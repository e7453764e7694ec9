//! What those who watch the server ask of the queue.

use std::time::Duration;

use hookboard_api::delivery::DeliveryState;

use super::{Db, Result, sql};
use crate::clock;

/// How the queue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// Deliveries that are not ended, by state.
    pub deliveries: [(DeliveryState, i64); 3],
    /// How long the oldest due delivery of a webhook that sends, and has no rate, has been due.
    pub oldest_due: Duration,
    /// Webhooks that are paused.
    pub webhooks_paused: i64,
}

/// How the queue stands now.
pub async fn read(db: &Db) -> Result<Figures> {
    // Each statement has the condition of the index that it counts in.
    let open: Vec<(String, i64)> =
        sql::query_as("SELECT state, count(*) FROM deliveries WHERE state IN ('waiting', 'retrying') GROUP BY state")
            .fetch_all(db.read())
            .await?;
    let sending: i64 =
        sql::query_scalar("SELECT count(*) FROM deliveries INDEXED BY deliveries_leased WHERE state = 'sending'")
            .fetch_one(db.read())
            .await?;
    let count =
        |state: DeliveryState| open.iter().find(|(name, _)| name == state.as_str()).map_or(0, |(_, count)| *count);
    let deliveries = [
        (DeliveryState::Waiting, count(DeliveryState::Waiting)),
        (DeliveryState::Sending, sending),
        (DeliveryState::Retrying, count(DeliveryState::Retrying)),
    ];
    let due: Option<i64> = sql::query_scalar(
        "SELECT min(due) FROM (SELECT (SELECT min(due_ms) FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'waiting') AS due \
           FROM webhooks WHERE enabled AND paused_reason IS NULL AND gap_ms = 0 \
         UNION ALL SELECT (SELECT min(due_ms) FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'retrying') AS due \
           FROM webhooks WHERE enabled AND paused_reason IS NULL AND gap_ms = 0) AS open",
    )
    .fetch_one(db.read())
    .await?;
    let webhooks_paused =
        sql::query_scalar("SELECT count(*) FROM webhooks WHERE paused_reason IS NOT NULL").fetch_one(db.read()).await?;
    let late_ms = due.map_or(0, |due| clock::now_ms() - due);
    let oldest_due = Duration::from_millis(u64::try_from(late_ms).unwrap_or(0));
    Ok(Figures { deliveries, oldest_due, webhooks_paused })
}

/// The event that a delivery came of.
pub async fn event_of(db: &Db, delivery_id: &str) -> Result<Option<String>> {
    let event = sql::query_scalar("SELECT event_id FROM deliveries WHERE id = ?");
    Ok(event.bind(delivery_id).fetch_optional(db.read()).await?)
}
