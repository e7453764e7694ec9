//! Which deliveries go out next: fair between webhooks, within their rates, and under a lease.

use std::collections::{BTreeMap, HashMap};

use hookboard_api::limits::MAX_IN_FLIGHT_PER_WEBHOOK;
use hookboard_api::webhook::WebhookDraft;
use serde_json::{Map, Value};

use crate::clock;
use crate::db::{Conn, Db, Result, automations, deliveries, json, sql, to_json};
use crate::failpoint::{self, Point};

/// Into how many parts the free places are cut: a webhook holds no more than one of them.
const SHARES: usize = 8;

/// What a rate allows to be made up for, in milliseconds, where its deliveries came late.
const RATE_SLACK_MS: i64 = 1000;

/// A delivery under a lease, with all that sending needs.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The delivery's id.
    pub id: String,
    /// The team's name.
    pub entity: String,
    /// The id of the team that owns the webhook.
    pub owner_id: String,
    /// Its name.
    pub owner: String,
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
    /// Whether it finds out if a paused webhook answers again.
    pub is_probe: bool,
    /// The payload template; none sends `{}`.
    pub template: Option<String>,
    /// The event's type.
    pub event_type: hookboard_api::EventType,
    /// The event's values, the automation's over them.
    pub values: Map<String, Value>,
}

/// A webhook that has something due and may be sent to.
struct Ready {
    id: String,
    /// Milliseconds between two deliveries; 0 without a rate.
    gap_ms: i64,
    /// From when on the next may go.
    next_ms: i64,
    is_paused: bool,
}

impl Ready {
    /// How many may go now, with `in_flight` on their way.
    fn room(&self, in_flight: u32, now: i64) -> u32 {
        if self.is_paused {
            return u32::from(in_flight == 0);
        }
        let room = MAX_IN_FLIGHT_PER_WEBHOOK.saturating_sub(in_flight);
        if self.gap_ms == 0 {
            return room;
        }
        let behind = (now - self.next_ms).clamp(0, RATE_SLACK_MS);
        room.min(u32::try_from(behind / self.gap_ms + 1).unwrap_or(u32::MAX))
    }

    /// From when on the next may go, after `sent` more.
    fn next_after(&self, sent: u32, now: i64) -> i64 {
        self.next_ms.max(now - RATE_SLACK_MS) + i64::from(sent) * self.gap_ms
    }
}

/// Claims up to `room` deliveries that are due at `now`: no more per webhook than may be in flight over all
/// workers or than its rate allows, and where room is short, `reserved` of it for first attempts, so that
/// retries to a dead endpoint starve nobody. A paused webhook gets one now and then, to find out.
pub async fn claim(db: &Db, now: i64, lease_ms: i64, room: usize, reserved: usize) -> Result<Vec<Claimed>> {
    let mut tx = db.begin_claim().await?;
    let in_flight: Vec<(String, u32)> = sql::query_as(
        "SELECT webhook_id, count(*) FROM deliveries INDEXED BY deliveries_leased WHERE state = 'sending' AND webhook_id IS NOT NULL GROUP BY webhook_id",
    )
    .fetch_all(&mut *tx)
    .await?;
    let in_flight: HashMap<String, u32> = in_flight.into_iter().collect();
    let mut chosen: Vec<String> = Vec::new();
    let mut sent: BTreeMap<String, (Ready, u32)> = BTreeMap::new();
    for (state, room) in [("waiting", room), ("retrying", room.saturating_sub(reserved))] {
        let mut free = room.saturating_sub(chosen.len());
        let mut due = sql::Builder::new("");
        for webhook in ready(&mut tx, state, now).await? {
            // The fewer places are left, the fewer one webhook may hold: those that hang leave some to others.
            let share = u32::try_from(free.div_ceil(SHARES)).unwrap_or(u32::MAX);
            let already = sent.get(&webhook.id).map_or(0, |(_, sent)| *sent);
            let count = in_flight.get(&webhook.id).copied().unwrap_or_default();
            let held = count + already;
            let allowed = webhook.room(count, now).saturating_sub(already).min(share.saturating_sub(held));
            if allowed == 0 {
                continue;
            }
            free -= allowed as usize;
            due.push(if due.is_empty() { "" } else { " UNION ALL " });
            due.push("SELECT id, webhook_id FROM (SELECT id, webhook_id FROM deliveries INDEXED BY deliveries_due WHERE webhook_id = ");
            due.push_bind(&webhook.id)
                .push(" AND state IN ('waiting', 'retrying') AND state = '")
                .push(state)
                .push("' AND due_ms <= ")
                .push_bind(now);
            due.push(" ORDER BY due_ms, id LIMIT ").push_bind(allowed).push(") AS due");
            sent.entry(webhook.id.clone()).or_insert((webhook, 0));
        }
        if due.is_empty() {
            continue;
        }
        let found: Vec<(String, String)> = due.build_as().fetch_all(&mut *tx).await?;
        for (id, webhook) in found {
            chosen.push(id);
            if let Some((_, sent)) = sent.get_mut(&webhook) {
                *sent += 1;
            }
        }
    }
    if chosen.is_empty() {
        return Ok(Vec::new());
    }
    // In the order in which finishing locks them.
    for (webhook, sent) in sent.values().filter(|(_, sent)| *sent > 0) {
        if webhook.is_paused {
            sql::query("UPDATE webhooks SET probe_ms = ?1 + probe_wait_ms WHERE id = ?2")
                .bind(now)
                .bind(&webhook.id)
                .execute(&mut *tx)
                .await?;
        } else if webhook.gap_ms > 0 {
            sql::query("UPDATE webhooks SET next_ms = ? WHERE id = ?")
                .bind(webhook.next_after(*sent, now))
                .bind(&webhook.id)
                .execute(&mut *tx)
                .await?;
        }
    }
    // As it was chosen: another worker may pause the webhook meanwhile.
    let is_probe = |webhook: &str| sent.get(webhook).is_some_and(|(webhook, _)| webhook.is_paused);
    let claimed = lease(&mut tx, &chosen, now + lease_ms, is_probe).await?;
    failpoint::hit(Point::BeforeClaimCommit);
    tx.commit().await?;
    failpoint::hit(Point::AfterClaim);
    Ok(claimed)
}

/// Webhooks that have a delivery in `state` due and may be sent to, the one that waits longest first.
async fn ready(conn: &mut Conn, state: &'static str, now: i64) -> Result<Vec<Ready>> {
    let rows: Vec<(String, i64, i64, bool, Option<i64>)> = sql::query_as(
        // The index's own condition, and the state as a text of the statement: else SQLite does not use it.
        format!(
            "SELECT id, gap_ms, next_ms, paused_reason IS NOT NULL, \
               (SELECT min(due_ms) FROM deliveries INDEXED BY deliveries_due WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') \
               AND state = '{state}' AND due_ms <= ?1) AS due \
             FROM webhooks WHERE enabled AND ((paused_reason IS NULL AND next_ms <= ?1) OR probe_ms <= ?1) ORDER BY due"
        ),
    )
    .bind(now)
    .fetch_all(conn)
    .await?;
    let ready = |(id, gap_ms, next_ms, is_paused, due): (String, i64, i64, bool, Option<i64>)| {
        due.map(|_| Ready { id, gap_ms, next_ms, is_paused })
    };
    Ok(rows.into_iter().filter_map(ready).collect())
}

/// Takes the lease of each chosen delivery that still waits.
async fn lease(
    conn: &mut Conn,
    chosen: &[String],
    until: i64,
    is_probe: impl Fn(&str) -> bool,
) -> Result<Vec<Claimed>> {
    let lease = clock::new_id();
    let taken: Vec<String> = sql::query_scalar(
        "UPDATE deliveries SET state = 'sending', lease = ?, lease_until_ms = ? WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('waiting', 'retrying') \
         RETURNING id",
    )
    .bind(&lease)
    .bind(until)
    .bind(to_json(&chosen)?)
    .fetch_all(&mut *conn)
    .await?;
    let rows: Vec<Found> = sql::query_as(
        "SELECT deliveries.id, entities.name, tries, attempts, webhook_id, webhooks.settings, owners.id, owners.name, automation_id, deliveries.revision, \
           events.type, events.vals, overlay \
         FROM deliveries JOIN entities ON entities.id = deliveries.entity_id JOIN webhooks ON webhooks.id = webhook_id \
         JOIN entities AS owners ON owners.id = webhooks.entity_id JOIN events ON events.id = event_id \
         WHERE deliveries.id IN (SELECT value FROM json_each(?))",
    )
    .bind(to_json(&taken)?)
    .fetch_all(&mut *conn)
    .await?;
    let mut templates: HashMap<(String, u32), Option<String>> = HashMap::new();
    let mut claimed = Vec::with_capacity(rows.len());
    for found in rows {
        let of = (found.automation_id, found.revision);
        if !templates.contains_key(&of) {
            let draft = automations::revision(conn, &of.0, of.1).await?;
            templates.insert(of.clone(), draft.and_then(|draft| draft.action.template().map(str::to_owned)));
        }
        claimed.push(Claimed {
            id: found.id,
            entity: found.entity,
            owner_id: found.owner_id,
            owner: found.owner,
            lease: lease.clone(),
            tries: found.tries,
            attempts: found.attempts,
            is_probe: is_probe(&found.webhook_id),
            webhook_id: found.webhook_id,
            webhook: json(&found.settings)?,
            template: templates.get(&of).cloned().flatten(),
            event_type: serde_json::from_value(Value::from(found.event_type))?,
            values: deliveries::values_with(&json(&found.values)?, &json(&found.overlay)?),
        });
    }
    Ok(claimed)
}

/// A delivery just leased, as its rows say.
struct Found {
    id: String,
    entity: String,
    tries: u32,
    attempts: u32,
    webhook_id: String,
    settings: String,
    owner_id: String,
    owner: String,
    automation_id: String,
    revision: u32,
    event_type: String,
    values: String,
    overlay: String,
}

impl sql::FromRow for Found {
    fn from_row(row: &sql::Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            entity: row.try_get(1)?,
            tries: row.try_get(2)?,
            attempts: row.try_get(3)?,
            webhook_id: row.try_get(4)?,
            settings: row.try_get(5)?,
            owner_id: row.try_get(6)?,
            owner: row.try_get(7)?,
            automation_id: row.try_get(8)?,
            revision: row.try_get(9)?,
            event_type: row.try_get(10)?,
            values: row.try_get(11)?,
            overlay: row.try_get(12)?,
        })
    }
}

/// When the next delivery can go that could not at `now`, in Unix milliseconds.
pub async fn next_due(db: &Db, now: i64) -> Result<Option<i64>> {
    // One state after the other: an index leads to the first of each.
    let rows: Vec<(bool, i64, Option<i64>, Option<i64>, Option<i64>)> = sql::query_as(
        "SELECT paused_reason IS NOT NULL, next_ms, probe_ms, \
           (SELECT min(due_ms) FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'waiting'), \
           (SELECT min(due_ms) FROM deliveries WHERE webhook_id = webhooks.id AND state IN ('waiting', 'retrying') AND state = 'retrying') \
         FROM webhooks WHERE enabled AND (paused_reason IS NULL OR probe_ms IS NOT NULL)",
    )
    .fetch_all(db.read())
    .await?;
    let when = |(is_paused, next, probe, first, retry): (bool, i64, Option<i64>, Option<i64>, Option<i64>)| {
        let open = if is_paused { probe? } else { next };
        [first, retry].into_iter().flatten().map(|due| due.max(open)).filter(|when| *when > now).min()
    };
    Ok(rows.into_iter().filter_map(when).min())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000;

    fn rated(gap_ms: i64, next_ms: i64) -> Ready {
        Ready { id: String::from("hook"), gap_ms, next_ms, is_paused: false }
    }

    #[test]
    fn as_many_go_as_the_cap_and_the_rate_allow() {
        for (webhook, in_flight, room) in [
            (rated(0, 0), 0, MAX_IN_FLIGHT_PER_WEBHOOK),
            (rated(0, 0), MAX_IN_FLIGHT_PER_WEBHOOK - 3, 3),
            (rated(0, 0), MAX_IN_FLIGHT_PER_WEBHOOK + 1, 0),
            // One that may go from now on, and those that should have gone before.
            (rated(400, NOW), 0, 1),
            (rated(400, NOW - 399), 0, 1),
            (rated(400, NOW - 400), 0, 2),
            (rated(400, NOW - 60_000), 0, 3),
            (rated(1, 0), 0, MAX_IN_FLIGHT_PER_WEBHOOK),
            (rated(1, 0), MAX_IN_FLIGHT_PER_WEBHOOK - 1, 1),
            (Ready { is_paused: true, ..rated(0, 0) }, 0, 1),
            (Ready { is_paused: true, ..rated(0, 0) }, 1, 0),
        ] {
            let Ready { gap_ms, next_ms, .. } = webhook;
            assert_eq!(webhook.room(in_flight, NOW), room, "every {gap_ms} ms from {next_ms}, {in_flight} in flight");
        }
    }

    #[test]
    fn what_came_late_is_made_up_for_by_a_second_at_most() {
        assert_eq!(rated(400, NOW).next_after(1, NOW), NOW + 400);
        assert_eq!(rated(400, NOW - 100).next_after(2, NOW), NOW + 700);
        assert_eq!(rated(400, NOW - 60_000).next_after(3, NOW), NOW - RATE_SLACK_MS + 1200);
    }
}
