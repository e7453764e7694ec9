//! Rows that are written together: most of what an insert costs is the statement.

use std::collections::HashMap;

use super::sql::{Builder, Value};
use super::{Conn, Result};

/// Rows of one statement. Statements of a few sizes stay prepared.
const AT_ONCE: usize = 32;

/// Rows of one table that are to be written.
#[derive(Debug)]
struct Rows {
    insert: &'static str,
    rows: Vec<Vec<Value<'static>>>,
}

impl Rows {
    const fn new(insert: &'static str) -> Self {
        Self { insert, rows: Vec::new() }
    }

    async fn flush(&mut self, conn: &mut Conn) -> Result<()> {
        let mut rows = std::mem::take(&mut self.rows).into_iter().peekable();
        while rows.peek().is_some() {
            let mut query = Builder::new(self.insert);
            for (index, row) in rows.by_ref().take(AT_ONCE).enumerate() {
                query.push(if index > 0 { ", (" } else { " (" }).push_list(row).push(")");
            }
            query.build().execute(&mut *conn).await?;
        }
        Ok(())
    }
}

/// Events with what follows from them, of one transaction, before they are written.
#[derive(Debug)]
pub struct Batch {
    events: Rows,
    deliveries: Rows,
    evaluations: Rows,
    /// Events by place and dedupe key: their ids, and how many automations matched.
    keys: HashMap<(String, String), (String, u32)>,
}

impl Default for Batch {
    fn default() -> Self {
        Self {
            events: Rows::new(
                "INSERT INTO events (id, place_id, type, subject, collection, vals, source, dedupe_key, occurred_at, received_at, matched, evaluated) VALUES",
            ),
            deliveries: Rows::new(
                "INSERT INTO deliveries (id, entity_id, place_id, collection, run, automation_id, automation_name, revision, webhook_id, webhook_name, event_id, \
                 overlay, state, reason, due_ms, created_at, finished_at) VALUES",
            ),
            evaluations: Rows::new(
                "INSERT INTO evaluations (event_id, automation_id, automation_name, verdict, reason, trace, readings, delivery_id) VALUES",
            ),
            keys: HashMap::new(),
        }
    }
}

/// The values of a row, in the order of its columns.
macro_rules! row {
    ($($value:expr),* $(,)?) => {
        vec![$($crate::db::sql::Bind::value($value).into_owned()),*]
    };
}
pub(super) use row;

impl Batch {
    /// Forgets what was to be written.
    pub fn clear(&mut self) {
        self.events.rows.clear();
        self.deliveries.rows.clear();
        self.evaluations.rows.clear();
        self.keys.clear();
    }

    /// Writes everything.
    pub async fn flush(&mut self, conn: &mut Conn) -> Result<()> {
        self.keys.clear();
        self.events.flush(conn).await?;
        self.deliveries.flush(conn).await?;
        self.evaluations.flush(conn).await
    }

    /// The event of this key that is to be written: its id, and how many automations matched.
    pub(super) fn known(&self, place_id: &str, key: &str) -> Option<(String, u32)> {
        self.keys.get(&(place_id.to_owned(), key.to_owned())).cloned()
    }

    pub(super) fn event(&mut self, row: Vec<Value<'static>>) {
        self.events.rows.push(row);
    }

    pub(super) fn key(&mut self, place_id: &str, key: &str, id: &str, matched: u32) {
        self.keys.insert((place_id.to_owned(), key.to_owned()), (id.to_owned(), matched));
    }

    pub(super) fn deliveries(&mut self, rows: Vec<Vec<Value<'static>>>) {
        self.deliveries.rows.extend(rows);
    }

    pub(super) fn evaluations(&mut self, rows: Vec<Vec<Value<'static>>>) {
        self.evaluations.rows.extend(rows);
    }
}
