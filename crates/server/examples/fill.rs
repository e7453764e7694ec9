//! Fills the database of a server that does not run with what a large team has after a month: 10,000
//! automations and 100,000 deliveries, with their events, evaluations and attempts. For benchmarks.
//!
//! `fill <data folder> [<deliveries>]`, after the server has made the folder.

#![allow(missing_docs, reason = "a program")]

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use hookboard_server::clock;
use hookboard_server::db::{Conn, Db, sql};
use serde_json::{Value, json};

const AUTOMATIONS: u64 = 10_000;
/// Deliveries where no number is given.
const DELIVERIES: u64 = 100_000;
const WEBHOOKS: u64 = 40;
const PLACES: u64 = 20;
const COLLECTIONS: u64 = 30;
/// How long ago the oldest event was, in milliseconds.
const SPAN_MS: u64 = 30 * 86_400_000;
/// How long a delivery that is tried again still waits, in milliseconds.
const LONGEST_WAIT_MS: u64 = 20 * 3_600_000;
/// Rows of one statement.
const BATCH: usize = 2_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder: PathBuf = std::env::args_os().nth(1).ok_or("usage: fill <data folder> [<deliveries>]")?.into();
    let deliveries = std::env::args().nth(2).map_or(Ok(DELIVERIES), |number| number.parse())?;
    let started = Instant::now();
    let db = Db::open(&folder.join("hookboard.db")).await?;
    let mut tx = db.begin().await?;
    let (entity_id, entity): (String, String) =
        sql::query_as("SELECT id, name FROM entities LIMIT 1").fetch_one(&mut *tx).await?;
    let team = Team { entity_id, entity, deliveries, now: u64::try_from(clock::now_ms())? };
    team.webhooks(&mut tx).await?;
    team.places(&mut tx).await?;
    team.automations(&mut tx).await?;
    team.events(&mut tx).await?;
    team.evaluations(&mut tx).await?;
    team.deliveries(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    println!(
        "{AUTOMATIONS} automations and {} deliveries in {:.1} s",
        team.deliveries,
        started.elapsed().as_secs_f64()
    );
    Ok(())
}

/// The team that is filled.
struct Team {
    entity_id: String,
    entity: String,
    deliveries: u64,
    now: u64,
}

/// A `UUIDv7` of that time; `kind` and `index` keep ids of one time apart.
fn id(ms: u64, kind: u8, index: u64) -> String {
    let mut rest = [0; 10];
    rest[1] = kind;
    rest[2..].copy_from_slice(&index.to_be_bytes());
    uuid::Builder::from_unix_timestamp_millis(ms, &rest).into_uuid().to_string()
}

fn text(ms: u64) -> String {
    clock::text(i64::try_from(ms).unwrap_or(i64::MAX))
}

fn pick<'p>(from: &[&'p str], index: u64) -> &'p str {
    from[usize::try_from(index).unwrap_or_default() % from.len()]
}

/// Inserts `rows`, each a JSON array with one value per column.
async fn insert(conn: &mut Conn, table: &str, columns: &str, rows: impl Iterator<Item = Value>) -> sqlx::Result<()> {
    let values: Vec<String> = (0..columns.split(',').count()).map(|at| format!("value ->> {at}")).collect();
    let statement = format!("INSERT INTO {table} ({columns}) SELECT {} FROM json_each(?)", values.join(", "));
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let batch = Value::Array(rows.by_ref().take(BATCH).collect()).to_string();
        sql::query(statement.clone()).bind(batch).execute(&mut *conn).await?;
    }
    Ok(())
}

impl Team {
    fn webhook(&self, index: u64) -> String {
        id(self.now - SPAN_MS, 1, index % WEBHOOKS)
    }

    fn place(&self, index: u64) -> String {
        id(self.now - SPAN_MS, 2, index % PLACES)
    }

    fn automation(&self, index: u64) -> String {
        id(self.now - SPAN_MS - AUTOMATIONS + index, 3, index)
    }

    /// When the event of that index came.
    fn at(&self, index: u64) -> u64 {
        self.now - SPAN_MS + (index + 1) * (SPAN_MS / self.deliveries) - 1
    }

    fn event(&self, index: u64) -> String {
        id(self.at(index), 4, index)
    }

    fn delivery(&self, index: u64) -> String {
        id(self.at(index), 5, index)
    }

    async fn webhooks(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let rows = (0..WEBHOOKS).map(|index| {
            let name = format!("hook-{index}");
            let settings = json!({
                "name": name, "url": "http://127.0.0.1:9/", "secrets": [], "signature_encoding": "base64", "headers": [], "timeout_s": 15,
                "enabled": true
            });
            let failing = index.is_multiple_of(5).then(|| self.now - 3_600_000);
            let paused = index.is_multiple_of(10).then_some("It failed 20 times in a row.");
            json!([self.webhook(index), self.entity_id, name, settings.to_string(), 1, 1, paused, failing, text(self.now), text(self.now)])
        });
        let columns =
            "id, entity_id, name, settings, enabled, revision, paused_reason, failing_since_ms, created_at, updated_at";
        insert(conn, "webhooks", columns, rows).await
    }

    async fn places(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let rows =
            (0..PLACES).map(|index| json!([self.place(index), self.entity_id, "registry", format!("models-{index}")]));
        insert(conn, "places", "id, entity_id, kind, name", rows).await?;
        let rows = (0..PLACES * COLLECTIONS).map(|index| {
            let name = format!("collection-{}", index / PLACES);
            json!([id(self.now - SPAN_MS, 6, index), self.place(index), name, "model", "[]", text(self.now)])
        });
        insert(conn, "collections", "id, place_id, name, type, tags, updated_at", rows).await
    }

    async fn automations(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let draft = |index: u64| {
            let name = format!(
                "{} {} {index}",
                pick(&["Deploy", "Announce", "Evaluate", "Freeze", "Sync"], index),
                pick(&["canary", "production", "nightly"], index / 5)
            );
            let filter = json!({"$and": [
                {"alias": {"$regex": format!("^{}-{index}$", pick(&["production", "staging", "canary"], index))}},
                {"artifact_metadata.accuracy": {"$gte": 0.93}}
            ]});
            let template = "{\n  \"action\": \"deploy\",\n  \"model\": \"${artifact_collection_name}\",\n  \"version\": \"${artifact_version_string}\",\n  \"requested_by\": \"${event_author}\"\n}\n";
            let draft = json!({
                "name": name, "description": "Rolls the version out, a few per cent at first.",
                "scope": {"kind": "registry", "entity": self.entity, "name": format!("models-{}", index % PLACES)},
                "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": filter},
                "action": {"type": "webhook", "webhook_id": self.webhook(index), "template": template}, "enabled": Self::watches(index)
            });
            (name, filter, draft)
        };
        let rows = (0..AUTOMATIONS).map(|index| {
            let (name, filter, draft) = draft(index);
            let at = text(self.now - SPAN_MS);
            json!([
                self.automation(index),
                self.place(index),
                "",
                name,
                "ADD_ARTIFACT_ALIAS",
                self.webhook(index),
                filter.to_string(),
                draft.to_string(),
                u8::from(Self::watches(index)),
                1,
                "mira",
                at,
                at
            ])
        });
        let columns = "id, place_id, collection, name, event, webhook_id, condition, draft, enabled, revision, author, created_at, updated_at";
        insert(conn, "automations", columns, rows).await?;
        let rows = (0..AUTOMATIONS).map(|index| {
            json!([self.automation(index), 1, draft(index).2.to_string(), "mira", text(self.now - SPAN_MS)])
        });
        insert(conn, "revisions", "automation_id, revision, draft, author, at", rows).await
    }

    /// All of one registry and one type, so that a look-back has to see each.
    async fn events(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let rows = (0..self.deliveries).map(|index| {
            let collection = format!("collection-{}", index % COLLECTIONS);
            let subject = json!({"kind": "registry", "entity": self.entity, "name": "models-0", "collection": collection, "version": index});
            #[expect(clippy::cast_precision_loss, reason = "below 10,000")]
            let accuracy = (index * 7919 % 10_000) as f64 / 10_000.0;
            let values = json!({
                "project_name": "models-0", "entity_name": self.entity, "event_type": "ADD_ARTIFACT_ALIAS", "event_author": pick(&["mira", "tomas", "ci"], index),
                "artifact_collection_name": collection, "artifact_version": format!("wandb-artifact://_id/{index}"), "artifact_version_index": index,
                "artifact_version_string": format!("{}/models-0/{collection}:v{index}", self.entity),
                "artifact_metadata": {"accuracy": accuracy, "framework": "xgboost 3.1", "data": {"rows": 1_204_331, "split": "2026-10"}},
                "alias": format!("{}-{index}", pick(&["production", "staging", "canary"], index))
            });
            let at = text(self.at(index));
            json!([self.event(index), self.place(0), "ADD_ARTIFACT_ALIAS", subject.to_string(), collection, values.to_string(), "api", at, at, 1, 3])
        });
        let columns =
            "id, place_id, type, subject, collection, vals, source, occurred_at, received_at, matched, evaluated";
        insert(conn, "events", columns, rows).await
    }

    /// Whether an automation is enabled.
    const fn watches(index: u64) -> bool {
        !index.is_multiple_of(7)
    }

    /// Which automation an event fired. A tenth of them never does.
    const fn fired(index: u64) -> u64 {
        index * 31 % (AUTOMATIONS - AUTOMATIONS / 10)
    }

    async fn evaluations(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let rows = (0..self.deliveries * 3).map(|index| {
            let (event, part) = (index / 3, index % 3);
            if part == 0 {
                let automation = Self::fired(event);
                return json!([
                    self.event(event),
                    self.automation(automation),
                    "a",
                    "matched",
                    "alias matches",
                    Value::Null,
                    self.delivery(event)
                ]);
            }
            let automation = (Self::fired(event) + part * 97 + event % 50) % AUTOMATIONS;
            json!([
                self.event(event),
                self.automation(automation),
                "a",
                "condition",
                "alias does not match",
                Value::Null,
                Value::Null
            ])
        });
        let columns = "event_id, automation_id, automation_name, verdict, reason, trace, delivery_id";
        insert(conn, "evaluations", columns, rows).await
    }

    async fn deliveries(&self, conn: &mut Conn) -> sqlx::Result<()> {
        let later = self.now + LONGEST_WAIT_MS;
        let state = |index: u64| match index % 100 {
            0..=3 => "failed",
            4..=5 => "retrying",
            6..=8 => "skipped",
            9 => "canceled",
            _ => "delivered",
        };
        let rows = (0..self.deliveries).map(|index| {
            let (state, automation, at) = (state(index), Self::fired(index), text(self.at(index)));
            let (outcome, status) = match state {
                "failed" | "retrying" => (Some("http_5xx"), Some(503)),
                "delivered" => (Some("ok"), Some(204)),
                _ => (None, None),
            };
            let attempts = u8::from(outcome.is_some());
            json!([
                self.delivery(index),
                self.entity_id,
                self.place(0),
                format!("collection-{}", index % COLLECTIONS),
                self.automation(automation),
                format!("automation {automation}"),
                1,
                self.webhook(automation),
                format!("hook-{}", automation % WEBHOOKS),
                self.event(index),
                json!({"automation_name": format!("automation {automation}")}).to_string(),
                state,
                attempts,
                attempts,
                outcome,
                status,
                (state == "retrying").then_some(later),
                12.5,
                at,
                (state != "retrying").then_some(&at)
            ])
        });
        let columns = "id, entity_id, place_id, collection, automation_id, automation_name, revision, webhook_id, webhook_name, event_id, overlay, state, \
             attempts, tries, outcome, status, due_ms, duration_ms, created_at, finished_at";
        insert(conn, "deliveries", columns, rows).await?;
        let rows = (0..self.deliveries).filter(|index| !matches!(state(*index), "skipped" | "canceled")).map(|index| {
            let delivered = state(index) == "delivered";
            let exchange = json!({
                "outcome": if delivered { "ok" } else { "http_5xx" }, "message": "The endpoint answered.", "url": "http://127.0.0.1:9/",
                "request_headers": [["content-type", "application/json"], ["user-agent", "Hookboard/0.1.0"]], "request_body": "",
                "status": if delivered { 204 } else { 503 }, "response_headers": [["content-length", "0"]], "response_body": "", "response_cut": false,
                "timings": {"connect_ms": 0.3, "wait_ms": 11.2, "total_ms": 12.5}
            });
            json!([self.delivery(index), 1, text(self.at(index)), exchange.to_string()])
        });
        insert(conn, "attempts", "delivery_id, number, started_at, exchange", rows).await
    }
}
