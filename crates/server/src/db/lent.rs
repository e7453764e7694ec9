//! Webhooks that automations of other teams than their owner's send through.

use std::collections::HashMap;

use hookboard_api::automation::WebhookRef;
use hookboard_api::file::FileWebhook;
use hookboard_api::webhook::WebhookDraft;

use super::webhooks::{COLUMNS, WebhookRow};
use super::{Conn, Result, json, sql, to_json};

/// The webhooks of other teams that automations of a team send through, by name.
pub async fn list(conn: &mut Conn, entity_id: &str) -> Result<Vec<WebhookRef>> {
    let rows: Vec<(String, String, String, bool, Option<String>)> = sql::query_as(
        "SELECT webhooks.id, webhooks.name, owners.name, enabled, paused_reason FROM webhooks JOIN entities AS owners ON owners.id = webhooks.entity_id \
         WHERE owners.id <> ?1 AND EXISTS (SELECT 1 FROM automations JOIN places ON places.id = place_id WHERE webhook_id = webhooks.id AND places.entity_id = ?1) \
         ORDER BY lower(webhooks.name), webhooks.name, webhooks.id",
    )
    .bind(entity_id)
    .fetch_all(conn)
    .await?;
    let lent = |(id, name, owner, enabled, reason): (String, String, String, bool, Option<String>)| WebhookRef {
        id,
        name,
        entity: Some(owner),
        paused: !enabled || reason.is_some(),
    };
    Ok(rows.into_iter().map(lent).collect())
}

/// What makes a webhook usable in automations of the team `?1` by the user `?2`, as SQL: it is the team's, or of a team
/// in which the user is admin, or the team's automations use it already.
const USABLE: &str = "(webhooks.entity_id = ?1 OR webhooks.entity_id IN (SELECT entity_id FROM members WHERE user_id = ?2 AND role = 'admin') \
     OR EXISTS (SELECT 1 FROM automations JOIN places ON places.id = place_id WHERE webhook_id = webhooks.id AND places.entity_id = ?1))";

/// The webhook of that id, if a user may save it in an automation of a team.
pub async fn usable(conn: &mut Conn, entity_id: &str, user_id: &str, id: &str) -> Result<Option<WebhookRow>> {
    let sql = [COLUMNS, "WHERE id = ?3 AND ", USABLE].concat();
    Ok(sql::query_as(sql).bind(entity_id).bind(user_id).bind(id).fetch_optional(conn).await?)
}

/// Ids and settings of the webhooks that a user may save in automations of a team, by what a file calls them.
pub async fn usable_by_name(
    conn: &mut Conn,
    entity_id: &str,
    user_id: &str,
) -> Result<HashMap<FileWebhook, (String, WebhookDraft)>> {
    let sql = [
        "SELECT webhooks.id, settings, owners.name FROM webhooks LEFT JOIN entities AS owners ON owners.id = webhooks.entity_id AND owners.id <> ?1 WHERE ",
        USABLE,
    ]
    .concat();
    let rows: Vec<(String, String, Option<String>)> =
        sql::query_as(sql).bind(entity_id).bind(user_id).fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, settings, entity)| {
            let settings: WebhookDraft = json(&settings)?;
            Ok((FileWebhook { name: settings.name.clone(), entity }, (id, settings)))
        })
        .collect()
}

/// Ids of those of some webhooks that are other teams', with the names of these.
pub async fn of_others(conn: &mut Conn, entity_id: &str, ids: &[&str]) -> Result<Vec<(String, String)>> {
    let found = sql::query_as(
        "SELECT webhooks.id, entities.name FROM webhooks JOIN entities ON entities.id = webhooks.entity_id \
         WHERE entities.id <> ? AND webhooks.id IN (SELECT value FROM json_each(?))",
    );
    Ok(found.bind(entity_id).bind(to_json(&ids)?).fetch_all(conn).await?)
}

/// Names of the other teams that have deliveries waiting for a webhook.
pub async fn waiting_teams(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Vec<String>> {
    let names = sql::query_scalar(
        "SELECT DISTINCT entities.name FROM deliveries JOIN entities ON entities.id = deliveries.entity_id \
         WHERE webhook_id = ? AND state IN ('waiting', 'retrying') AND entities.id <> ?",
    );
    Ok(names.bind(id).bind(entity_id).fetch_all(conn).await?)
}

/// Names of the other teams whose automations send through a webhook.
pub async fn other_teams(conn: &mut Conn, id: &str) -> Result<Vec<String>> {
    // Most servers have one team, which ends it at once.
    let names = sql::query_scalar(
        "SELECT entities.name FROM webhooks JOIN entities ON entities.id <> webhooks.entity_id WHERE webhooks.id = ? AND EXISTS \
         (SELECT 1 FROM automations JOIN places ON places.id = place_id WHERE webhook_id = webhooks.id AND places.entity_id = entities.id)",
    );
    Ok(names.bind(id).fetch_all(conn).await?)
}
