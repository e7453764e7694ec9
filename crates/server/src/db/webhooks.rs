//! Webhooks and their health.

use std::collections::HashMap;

use hookboard_api::EventType;
use hookboard_api::automation::{Action, Activity, AutomationDraft, LastResult};
use hookboard_api::delivery::{DeliveryState, OutcomeCode};
use hookboard_api::problem::{FieldError, Problem, ProblemCode, UsedBy};
use hookboard_api::webhook::{Health, HealthState, Webhook, WebhookDraft};

use super::{Conn, Db, Result, generation, json, secrets, sql, to_json};
use crate::clock;
use crate::failure::Failure;

/// The condition of deliveries that have come to something, as SQL.
macro_rules! has_result {
    () => {
        "state NOT IN ('waiting', 'sending', 'canceled')"
    };
}
pub(super) use has_result;

/// A webhook's row.
#[derive(Debug, Clone)]
pub struct WebhookRow {
    /// `UUIDv7`.
    pub id: String,
    /// The owner.
    pub entity_id: String,
    settings: String,
    /// Counts changes.
    pub revision: u32,
    /// Why it is paused, if it is.
    pub paused_reason: Option<String>,
    probe_ms: Option<i64>,
    created_at: String,
    updated_at: String,
}

impl WebhookRow {
    /// What can be changed of it.
    pub fn settings(&self) -> Result<WebhookDraft> {
        json(&self.settings)
    }
}

impl sql::FromRow for WebhookRow {
    fn from_row(row: &sql::Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            entity_id: row.try_get(1)?,
            settings: row.try_get(2)?,
            revision: row.try_get(3)?,
            paused_reason: row.try_get(4)?,
            probe_ms: row.try_get(5)?,
            created_at: row.try_get(6)?,
            updated_at: row.try_get(7)?,
        })
    }
}

pub(super) const COLUMNS: &str =
    "SELECT id, entity_id, settings, revision, paused_reason, probe_ms, created_at, updated_at FROM webhooks ";

/// The webhook of that id, if the entity owns it.
pub async fn row(conn: &mut Conn, entity_id: &str, id: &str) -> Result<WebhookRow> {
    let sql = const_format(COLUMNS, "WHERE entity_id = ? AND id = ?");
    sql::query_as(sql).bind(entity_id).bind(id).fetch_optional(conn).await?.ok_or_else(|| Failure::not_found("webhook"))
}

/// The webhook of that id, whoever owns it.
pub async fn any(conn: &mut Conn, id: &str) -> Result<WebhookRow> {
    let sql = const_format(COLUMNS, "WHERE id = ?");
    sql::query_as(sql).bind(id).fetch_optional(conn).await?.ok_or_else(|| Failure::not_found("webhook"))
}

fn const_format(head: &str, tail: &str) -> String {
    [head, tail].concat()
}

/// Webhooks of an entity, with health and use.
pub async fn list(db: &Db, entity_id: &str) -> Result<Vec<Webhook>> {
    let sql = const_format(COLUMNS, "WHERE entity_id = ? ORDER BY lower(name), name");
    let rows: Vec<WebhookRow> = sql::query_as(sql).bind(entity_id).fetch_all(db.read()).await?;
    let mut webhooks = Vec::with_capacity(rows.len());
    let mut connection = db.read().acquire().await?;
    for row in rows {
        webhooks.push(whole(&mut connection, row).await?);
    }
    Ok(webhooks)
}

/// Where a webhook sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The webhook's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its URL.
    pub url: String,
}

/// Where an entity's webhooks send, by id.
pub async fn endpoints(conn: &mut Conn, entity_id: &str) -> Result<Vec<Endpoint>> {
    let rows: Vec<(String, String)> =
        sql::query_as("SELECT id, settings FROM webhooks WHERE entity_id = ? ORDER BY id")
            .bind(entity_id)
            .fetch_all(conn)
            .await?;
    rows.into_iter()
        .map(|(id, settings)| {
            let WebhookDraft { name, url, .. } = json(&settings)?;
            Ok(Endpoint { id, name, url })
        })
        .collect()
}

/// One webhook, with health and use.
pub async fn get(db: &Db, entity_id: &str, id: &str) -> Result<Webhook> {
    get_in(&mut *db.read().acquire().await?, entity_id, id).await
}

/// The same by a connection that is held already.
pub async fn get_in(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Webhook> {
    let row = row(conn, entity_id, id).await?;
    whole(conn, row).await
}

async fn whole(conn: &mut Conn, row: WebhookRow) -> Result<Webhook> {
    let settings = row.settings()?;
    let week_ago = clock::id_at(clock::now_ms() - 7 * 86_400_000);
    let (delivered_7d, total_7d): (u32, u32) = sql::query_as(
        "SELECT count(*) FILTER (WHERE state = 'delivered'), count(*) FROM deliveries WHERE webhook_id = ? AND id >= ? \
         AND state IN ('delivered', 'failed', 'retrying')",
    )
    .bind(&row.id)
    .bind(week_ago)
    .fetch_one(&mut *conn)
    .await?;
    let waiting = waiting(conn, &row.id).await?;
    let mut activity =
        activity(conn, "webhook_id", std::slice::from_ref(&row.id)).await?.remove(&row.id).unwrap_or_default();
    if let Some(last) = &mut activity.last {
        last.entity = sql::query_scalar(
            "SELECT entities.name FROM deliveries JOIN entities ON entities.id = deliveries.entity_id WHERE deliveries.id = ? AND entities.id <> ?",
        )
        .bind(&last.delivery_id)
        .bind(&row.entity_id)
        .fetch_optional(&mut *conn)
        .await?;
    }
    let failed = |state: &DeliveryState| matches!(state, DeliveryState::Failed | DeliveryState::Retrying);
    let state = if !settings.enabled {
        HealthState::Disabled
    } else if row.paused_reason.is_some() {
        HealthState::Paused
    } else if activity.recent.is_empty() {
        HealthState::Unused
    } else if activity.recent.iter().rev().take(5).any(failed) {
        HealthState::Failing
    } else {
        HealthState::Healthy
    };
    let used_by = used_by(conn, &row).await?;
    Ok(Webhook {
        id: row.id,
        settings,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at,
        health: Health {
            state,
            reason: row.paused_reason,
            probe_at: row.probe_ms.map(clock::text),
            delivered_7d,
            total_7d,
            waiting,
            activity,
        },
        used_by,
    })
}

/// How many deliveries wait for a webhook.
pub async fn waiting(conn: &mut Conn, id: &str) -> Result<u32> {
    Ok(sql::query_scalar("SELECT count(*) FROM deliveries WHERE webhook_id = ? AND state IN ('waiting', 'retrying')")
        .bind(id)
        .fetch_one(conn)
        .await?)
}

/// The last results by webhook or by automation: `column` names which.
pub async fn activity(conn: &mut Conn, column: &'static str, ids: &[String]) -> Result<HashMap<String, Activity>> {
    type Told = (String, String, Option<String>, Option<u16>, String, Option<i64>);
    let mut query = sql::Builder::new(
        "SELECT value, (SELECT json_group_array(json_array(id, state, outcome, status, created_at, due_ms)) FROM ",
    );
    query.push("(SELECT id, state, outcome, status, created_at, due_ms FROM deliveries WHERE ").push(column);
    query.push(concat!(" = value AND ", has_result!(), " ORDER BY id DESC LIMIT 20) AS newest) FROM json_each("));
    query.push_bind(to_json(&ids)?).push(")");
    let all: Vec<(String, String)> = query.build_as().fetch_all(conn).await?;
    let mut found = HashMap::with_capacity(all.len());
    for (id, told) in all {
        let rows: Vec<Told> = json(&told)?;
        let recent = rows.iter().rev().filter_map(|(_, state, ..)| DeliveryState::parse(state)).collect();
        let last = rows.into_iter().next().and_then(|(delivery_id, state, outcome, status, at, due)| {
            Some(LastResult {
                delivery_id,
                entity: None,
                state: DeliveryState::parse(&state)?,
                outcome: outcome.as_deref().and_then(OutcomeCode::parse),
                status,
                at,
                next_attempt_at: due.filter(|_| state == "retrying").map(clock::text),
            })
        });
        found.insert(id, Activity { last, recent });
    }
    Ok(found)
}

async fn used_by(conn: &mut Conn, webhook: &WebhookRow) -> Result<Vec<UsedBy>> {
    let rows: Vec<(String, String, Option<String>)> = sql::query_as(
        "SELECT automations.id, automations.name, others.name FROM automations CROSS JOIN places ON places.id = place_id \
         LEFT JOIN entities AS others ON others.id = places.entity_id AND others.id <> ? \
         WHERE webhook_id = ? ORDER BY lower(automations.name), automations.name",
    )
    .bind(&webhook.entity_id)
    .bind(&webhook.id)
    .fetch_all(conn)
    .await?;
    let user = |(id, name, entity)| UsedBy { kind: "automation".into(), entity, id, name, role: "action".into() };
    Ok(rows.into_iter().map(user).collect())
}

/// Secrets that a draft refers to and that there are not.
pub async fn unknown_secrets(conn: &mut Conn, entity_id: &str, draft: &WebhookDraft) -> Result<Vec<FieldError>> {
    let known = secrets::names(conn, entity_id).await?;
    Ok(draft
        .secret_refs()
        .into_iter()
        .filter(|(_, name)| !known.iter().any(|known| known == name))
        .map(|(pointer, name)| {
            FieldError::new(
                pointer,
                "unknown_secret",
                format!("There is no secret \"{name}\". Create it first, or choose another."),
            )
        })
        .collect())
}

async fn check_secrets(conn: &mut Conn, entity_id: &str, draft: &WebhookDraft) -> Result<()> {
    let errors = unknown_secrets(conn, entity_id, draft).await?;
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors).into()) }
}

fn duplicate(draft: &WebhookDraft) -> Failure {
    let mut problem = Problem::new(
        ProblemCode::DuplicateName,
        format!("There is a webhook \"{}\" already. Choose another name.", draft.name),
    );
    problem.errors = vec![FieldError::new("/name", "duplicate", problem.detail.clone())];
    problem.into()
}

/// Milliseconds between two deliveries; 0 without a rate.
fn gap_ms(draft: &WebhookDraft) -> i64 {
    draft.max_per_minute.map_or(0, |rate| 60_000 / i64::from(rate.max(1)))
}

/// Makes a webhook; its id.
pub async fn create(conn: &mut Conn, entity_id: &str, draft: &WebhookDraft) -> Result<String> {
    check_secrets(conn, entity_id, draft).await?;
    generation::advance(conn).await?;
    let id = clock::new_id();
    let now = clock::now();
    let done = sql::query("INSERT INTO webhooks (id, entity_id, name, settings, enabled, gap_ms, revision, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?)")
        .bind(&id)
        .bind(entity_id)
        .bind(&draft.name)
        .bind(to_json(draft)?)
        .bind(draft.enabled)
        .bind(gap_ms(draft))
        .bind(&now)
        .bind(&now)
        .execute(conn)
        .await;
    match done {
        Err(error) if Failure::is_duplicate(&error) => Err(duplicate(draft)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(id),
    }
}

/// Replaces a webhook's settings. Refused while a payload uses a secret that the new ones take away: its
/// name would be sent in the place of its value.
pub async fn update(conn: &mut Conn, entity_id: &str, id: &str, draft: &WebhookDraft) -> Result<()> {
    check_secrets(conn, entity_id, draft).await?;
    let current = row(conn, entity_id, id).await?.settings()?;
    let users: Vec<(String, String, Option<String>, String)> = sql::query_as(
        "SELECT automations.id, automations.name, others.name, draft FROM automations CROSS JOIN places ON places.id = place_id \
         LEFT JOIN entities AS others ON others.id = places.entity_id AND others.id <> ? \
         WHERE webhook_id = ? ORDER BY lower(automations.name), automations.name",
    )
    .bind(entity_id)
    .bind(id)
    .fetch_all(&mut *conn)
    .await?;
    let mut needed = None;
    let mut used_by = Vec::new();
    for (automation_id, name, entity, automation) in users {
        let automation: AutomationDraft = json(&automation)?;
        let Action::Webhook { template: Some(template), .. } = &automation.action else {
            continue;
        };
        let Some(missing) = taken_away(template, automation.trigger.event, &current, draft) else {
            continue;
        };
        needed.get_or_insert((name.clone(), missing));
        used_by.push(UsedBy { kind: "automation".into(), entity, id: automation_id, name, role: "payload".into() });
    }
    if let Some((name, (pointer, what))) = needed {
        let words = format!(
            "The payload of \"{name}\" uses {what}, which this change takes away. Change the payload first, or leave {what} in."
        );
        let mut problem = Problem::new(ProblemCode::InUse, words);
        problem.errors = vec![FieldError::new(pointer, "in_use", problem.detail.clone())];
        problem.used_by = used_by;
        return Err(problem.into());
    }
    generation::advance(conn).await?;
    let done = sql::query("UPDATE webhooks SET name = ?, settings = ?, enabled = ?, gap_ms = ?, next_ms = 0, revision = revision + 1, updated_at = ? WHERE entity_id = ? AND id = ?")
        .bind(&draft.name)
        .bind(to_json(draft)?)
        .bind(draft.enabled)
        .bind(gap_ms(draft))
        .bind(clock::now())
        .bind(entity_id)
        .bind(id)
        .execute(conn)
        .await;
    match done {
        Err(error) if Failure::is_duplicate(&error) => Err(duplicate(draft)),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(()),
    }
}

/// What a payload uses that is there now and no longer with the new settings: where it was set, and what
/// it is in words.
fn taken_away(
    template: &str,
    event: EventType,
    now: &WebhookDraft,
    new: &WebhookDraft,
) -> Option<(&'static str, String)> {
    let template = hookboard_template::compile(template, &now.template_names(Some(event))).template?;
    if template.uses_access_token() && new.access_token.is_none() {
        return Some(("/access_token", String::from("the access token")));
    }
    let missing = template.secrets_used().find(|used| !new.secrets.iter().any(|kept| kept == used))?;
    Some(("/secrets", format!("the secret \"{missing}\"")))
}

/// Deletes a webhook that no automation uses. What waits for it is canceled.
pub async fn delete(conn: &mut Conn, entity_id: &str, id: &str) -> Result<()> {
    let row = row(conn, entity_id, id).await?;
    let used_by = used_by(conn, &row).await?;
    if !used_by.is_empty() {
        let name = row.settings()?.name;
        let mut problem = Problem::new(
            ProblemCode::InUse,
            format!(
                "{} automations send through \"{name}\". Delete them first, or choose another webhook in each.",
                used_by.len()
            ),
        );
        if used_by.len() == 1 {
            problem.detail = format!(
                "\"{}\" sends through \"{name}\". Delete it first, or choose another webhook in it.",
                used_by[0].name
            );
        }
        problem.used_by = used_by;
        return Err(problem.into());
    }
    generation::advance(conn).await?;
    // The webhook's row first, as whoever finishes a delivery does.
    sql::query("UPDATE webhooks SET enabled = ? WHERE id = ?").bind(false).bind(id).execute(&mut *conn).await?;
    // History keeps the name; what still waits can no longer be sent.
    sql::query("UPDATE deliveries SET state = 'canceled', reason = 'The webhook was deleted.', due_ms = NULL, finished_at = ? WHERE webhook_id = ? AND state IN ('waiting', 'retrying')")
        .bind(clock::now())
        .bind(id)
        .execute(&mut *conn)
        .await?;
    sql::query("UPDATE deliveries SET webhook_id = NULL WHERE webhook_id = ?").bind(id).execute(&mut *conn).await?;
    sql::query("DELETE FROM webhooks WHERE id = ?").bind(id).execute(conn).await?;
    Ok(())
}

/// Ends a pause: what waits is due now. How many deliveries that are.
pub async fn resume(conn: &mut Conn, entity_id: &str, id: &str) -> Result<u64> {
    row(conn, entity_id, id).await?;
    sql::query("UPDATE webhooks SET paused_reason = NULL, failures = 0, failing_since_ms = NULL, probe_ms = NULL, probe_wait_ms = 0 WHERE id = ?")
        .bind(id)
        .execute(&mut *conn)
        .await?;
    let done = sql::query("UPDATE deliveries SET due_ms = ? WHERE webhook_id = ? AND state IN ('waiting', 'retrying')")
        .bind(clock::now_ms())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(done)
}
