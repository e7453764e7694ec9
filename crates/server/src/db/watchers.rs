//! Automations as the accept path asks them: compiled once, by place.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Conn, Result, json, sql};
use crate::evaluate::{Watcher, WebhookName};

/// Compiled automations by place; dropped whole whenever an automation or webhook changes.
#[derive(Debug, Default)]
pub struct Watchers {
    of_places: HashMap<String, Arc<Vec<Watcher>>>,
    generation: i64,
}

impl Watchers {
    /// Forgets what was compiled.
    pub fn clear(&mut self) {
        self.of_places.clear();
    }

    /// Forgets what was compiled of another generation than this one.
    pub fn are_of(&mut self, generation: i64) {
        if self.generation != generation {
            self.clear();
            self.generation = generation;
        }
    }

    /// Automations of a place, compiled once.
    pub(super) async fn of(&mut self, conn: &mut Conn, place_id: &str) -> Result<Arc<Vec<Watcher>>> {
        if let Some(known) = self.of_places.get(place_id) {
            return Ok(Arc::clone(known));
        }
        let rows: Vec<(String, String, u32, bool, Option<String>, Option<String>, Option<String>)> = sql::query_as(
            "SELECT automations.id, draft, automations.revision, automations.enabled, snoozed_until, webhook_id, webhooks.name FROM automations \
             LEFT JOIN webhooks ON webhooks.id = webhook_id WHERE place_id = ?",
        )
        .bind(place_id)
        .fetch_all(conn)
        .await?;
        let mut watchers = Vec::with_capacity(rows.len());
        for (id, draft, revision, enabled, snoozed, webhook_id, webhook_name) in rows {
            let webhook = webhook_id.zip(webhook_name).map(|(id, name)| WebhookName { id, name });
            match Watcher::new(id.clone(), json(&draft)?, revision, enabled, snoozed, webhook) {
                Some(watcher) => watchers.push(watcher),
                None => {
                    tracing::error!(automation = id, "the stored condition does not parse; the automation is left out");
                }
            }
        }
        let watchers = Arc::new(watchers);
        self.of_places.insert(place_id.to_owned(), Arc::clone(&watchers));
        Ok(watchers)
    }
}
