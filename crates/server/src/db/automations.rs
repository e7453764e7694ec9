//! Automations and their revisions.

mod sort;

use std::collections::HashMap;

use hookboard_api::EventType;
use hookboard_api::automation::{Action, Activity, Automation, AutomationDraft, Revision, Sort, WebhookRef};
use hookboard_api::file::FileWebhook;
use hookboard_api::limits::MAX_AUTOMATIONS;
use hookboard_api::list::List;
use hookboard_api::problem::{FieldError, Problem, ProblemCode};
use hookboard_api::webhook::WebhookDraft;
use serde_json::Value;

use super::webhooks::activity;
use super::{Conn, Db, Page, Result, generation, json, lent, sql, to_json};
use crate::clock;
use crate::failure::Failure;

pub use sort::Cursor;

#[derive(Debug)]
struct Row {
    id: String,
    draft: String,
    enabled: bool,
    snoozed_until: Option<String>,
    revision: u32,
    author: String,
    created_at: String,
    updated_at: String,
    webhook_id: Option<String>,
    webhook_name: Option<String>,
    webhook_entity: Option<String>,
    webhook_enabled: Option<bool>,
    webhook_paused: Option<String>,
}

impl sql::FromRow for Row {
    fn from_row(row: &sql::Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            draft: row.try_get(1)?,
            enabled: row.try_get(2)?,
            snoozed_until: row.try_get(3)?,
            revision: row.try_get(4)?,
            author: row.try_get(5)?,
            created_at: row.try_get(6)?,
            updated_at: row.try_get(7)?,
            webhook_id: row.try_get(8)?,
            webhook_name: row.try_get(9)?,
            webhook_enabled: row.try_get(10)?,
            webhook_paused: row.try_get(11)?,
            webhook_entity: row.try_get(12)?,
        })
    }
}

const COLUMNS: &str = "SELECT automations.id, automations.draft, automations.enabled, automations.snoozed_until, automations.revision, automations.author, \
     automations.created_at, automations.updated_at, automations.webhook_id, webhooks.name AS webhook_name, webhooks.enabled AS webhook_enabled, \
     webhooks.paused_reason AS webhook_paused, owners.name AS webhook_entity \
     FROM automations JOIN places ON places.id = automations.place_id LEFT JOIN webhooks ON webhooks.id = automations.webhook_id \
     LEFT JOIN entities AS owners ON owners.id = webhooks.entity_id AND owners.id <> places.entity_id ";

/// What a list is narrowed to.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// In this registry or project.
    pub place_id: Option<String>,
    /// Scoped to this collection.
    pub collection: Option<String>,
    /// On this event type.
    pub event: Option<EventType>,
    /// Through this webhook.
    pub webhook: Option<String>,
    /// Enabled or not.
    pub enabled: Option<bool>,
    /// Of just this name.
    pub name: Option<String>,
    /// Name, pattern or webhook contains this, letter case aside.
    pub text: Option<String>,
}

/// Automations of an entity, in the order of `sort`.
pub async fn list(
    db: &Db,
    entity_id: &str,
    wanted: &Wanted,
    sort: Sort,
    page: &Page<Cursor>,
) -> Result<List<Automation>> {
    // One state: a row that went between its place and itself would end the list early.
    let mut snapshot = db.read().snapshot().await?;
    let conn = &mut *snapshot;
    let few = has_few(conn, entity_id).await?;
    let places = sort::places(conn, sort, page, |query| narrow(query, entity_id, wanted, few)).await?;
    let ids: Vec<String> = places.iter().map(|(id, _)| id.clone()).collect();
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE automations.id IN (SELECT value FROM json_each(").push_bind(to_json(&ids)?).push("))");
    let rows: Vec<Row> = query.build_as().fetch_all(&mut *conn).await?;
    let mut rows: HashMap<String, Row> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    let mut activities = activity(conn, "automation_id", &ids).await?;
    let items = places
        .iter()
        .filter_map(|place| Some((rows.remove(&place.0)?, activities.remove(&place.0).unwrap_or_default(), place)))
        .map(|(row, activity, place)| Ok((whole(row, activity)?, place)))
        .collect::<Result<Vec<_>>>()?;
    let List { items, next_cursor, .. } = page.cut(items, |(_, (id, key))| Cursor::of(sort, id, key).to_string());
    let items = items.into_iter().map(|(automation, _)| automation).collect();
    let mut list = List { items, next_cursor, total: None };
    if page.after.is_none() && list.next_cursor.is_none() {
        list.total = Some(list.items.len() as u64);
        return Ok(list);
    }
    let mut count = sql::Builder::new("SELECT count(*) ");
    narrow(&mut count, entity_id, wanted, few);
    let (total,): (i64,) = count.build_as().fetch_one(conn).await?;
    list.total = u64::try_from(total).ok();
    Ok(list)
}

/// Automations up to which an entity's own are read: the index of lists has those of all teams.
const FEW: u32 = 500;

async fn has_few(conn: &mut Conn, entity_id: &str) -> Result<bool> {
    let counted: u32 = sql::query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM places CROSS JOIN automations ON automations.place_id = places.id WHERE places.entity_id = ? LIMIT ?) AS few",
    )
    .bind(entity_id)
    .bind(FEW + 1)
    .fetch_one(conn)
    .await?;
    Ok(counted <= FEW)
}

/// Begins behind the columns, and reads nothing but one index; where there are `few`, the places' own.
fn narrow(query: &mut sql::Builder, entity_id: &str, wanted: &Wanted, few: bool) {
    if few {
        // A cross join keeps its order.
        query.push("FROM places CROSS JOIN automations ON automations.place_id = places.id WHERE places.entity_id = ");
        query.push_bind(entity_id.to_owned());
    } else {
        query.push("FROM automations INDEXED BY automations_listed WHERE place_id IN ");
        query.push("(SELECT id FROM places WHERE entity_id = ").push_bind(entity_id.to_owned()).push(")");
    }
    for (column, value) in [
        (" AND place_id = ", wanted.place_id.as_deref()),
        (" AND collection = ", wanted.collection.as_deref()),
        (" AND event = ", wanted.event.map(EventType::as_str)),
        (" AND webhook_id = ", wanted.webhook.as_deref()),
        (" AND automations.name = ", wanted.name.as_deref()),
    ] {
        if let Some(value) = value {
            query.push(column).push_bind(value.to_owned());
        }
    }
    if let Some(enabled) = wanted.enabled {
        query.push(" AND enabled = ").push_bind(enabled);
    }
    if let Some(text) = wanted.text.as_deref().filter(|text| !text.is_empty()) {
        let pattern = format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
        query.push(" AND (automations.name LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\' OR condition LIKE ");
        query
            .push_bind(pattern.clone())
            .push(" ESCAPE '\\' OR webhook_id IN (SELECT id FROM webhooks WHERE webhooks.name LIKE ")
            .push_bind(pattern);
        query.push(" ESCAPE '\\'))");
    }
}

/// One automation of an entity.
pub async fn get(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Automation> {
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE places.entity_id = ").push_bind(entity_id).push(" AND automations.id = ").push_bind(id);
    let row: Option<Row> = query.build_as().fetch_optional(&mut *conn).await?;
    let row = row.ok_or_else(|| Failure::not_found("automation"))?;
    let activity =
        activity(conn, "automation_id", std::slice::from_ref(&row.id)).await?.remove(&row.id).unwrap_or_default();
    whole(row, activity)
}

fn whole(row: Row, activity: Activity) -> Result<Automation> {
    let draft: AutomationDraft = json(&row.draft)?;
    let webhook = match (row.webhook_id, row.webhook_name) {
        (Some(id), Some(name)) => {
            let paused = row.webhook_paused.is_some() || row.webhook_enabled == Some(false);
            Some(WebhookRef { id, name, entity: row.webhook_entity, paused })
        }
        _ => None,
    };
    Ok(Automation {
        id: row.id,
        name: draft.name,
        description: draft.description,
        scope: draft.scope,
        trigger: draft.trigger,
        action: draft.action,
        cooldown_s: draft.cooldown_s,
        enabled: row.enabled,
        snoozed_until: row.snoozed_until,
        webhook,
        author: row.author,
        revision: row.revision,
        created_at: row.created_at,
        updated_at: row.updated_at,
        activity,
    })
}

/// The name of the entity that owns an automation.
pub async fn owner(conn: &mut Conn, id: &str) -> Result<Option<String>> {
    let name = sql::query_scalar(
        "SELECT entities.name FROM automations JOIN places ON places.id = place_id JOIN entities ON entities.id = places.entity_id WHERE automations.id = ?",
    );
    Ok(name.bind(id).fetch_optional(conn).await?)
}

/// What would make an automation of an entity again.
pub async fn draft(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Option<AutomationDraft>> {
    let row: Option<(String,)> = sql::query_as(
        "SELECT draft FROM automations JOIN places ON places.id = place_id WHERE entity_id = ? AND automations.id = ?",
    )
    .bind(entity_id)
    .bind(id)
    .fetch_optional(conn)
    .await?;
    row.map(|(draft,)| json(&draft)).transpose()
}

/// What the audit log tells of an automation: what people set of it.
pub fn told(automation: &Automation) -> Result<Value> {
    told_of(&AutomationDraft::from(automation), automation.snoozed_until.as_deref())
}

/// The same of one that `draft` makes.
pub fn told_of(draft: &AutomationDraft, snoozed_until: Option<&str>) -> Result<Value> {
    let mut fields = serde_json::to_value(draft)?;
    if let (Some(fields), Some(until)) = (fields.as_object_mut(), snoozed_until) {
        fields.insert("snoozed_until".to_owned(), Value::from(until));
    }
    Ok(fields)
}

/// What is told of a webhook that is not there, or not to be used.
pub(crate) const UNKNOWN_WEBHOOK: &str = "Choose a webhook of this team, of another one in which you are admin, or one that automations of this team use already.";

/// All faults of a draft that a user saves, those that need the database included.
pub async fn check(conn: &mut Conn, entity_id: &str, user_id: &str, draft: &AutomationDraft) -> Result<()> {
    let Action::Webhook { webhook_id, .. } = &draft.action else { return check_with(draft, None) };
    match lent::usable(conn, entity_id, user_id, webhook_id).await? {
        Some(row) => check_with(draft, Some(&row.settings()?)),
        None => check_with(draft, None),
    }
}

/// The same by the settings of the draft's webhook, where it has one.
pub fn check_with(draft: &AutomationDraft, webhook: Option<&WebhookDraft>) -> Result<()> {
    let mut errors = draft.check();
    let mut diagnostics = Vec::new();
    match (&draft.action, webhook) {
        (Action::Webhook { template: Some(template), .. }, Some(webhook)) => {
            let compiled = hookboard_template::compile(template, &webhook.template_names(Some(draft.trigger.event)));
            if compiled.has_errors() {
                diagnostics = compiled
                    .diagnostics
                    .iter()
                    .filter_map(|diagnostic| serde_json::to_value(diagnostic).ok())
                    .collect();
                let first = compiled
                    .diagnostics
                    .iter()
                    .find(|diagnostic| diagnostic.severity == hookboard_template::Severity::Error);
                let message = first.map_or_else(String::new, |diagnostic| diagnostic.message.clone());
                errors.push(FieldError::new("/action/template", "template", message));
            }
        }
        (Action::Webhook { .. }, None) => {
            errors.push(FieldError::new("/action/webhook_id", "unknown_webhook", UNKNOWN_WEBHOOK));
        }
        _ => {}
    }
    if errors.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::invalid(errors);
    problem.diagnostics = diagnostics;
    Err(problem.into())
}

/// An automation as it is stored, to be compared with another.
#[derive(Debug)]
pub struct Stored {
    /// `UUIDv7`.
    pub id: String,
    /// Where it watches.
    pub place_id: String,
    /// Counts changes.
    pub revision: u32,
    /// Until when it is held back.
    pub snoozed_until: Option<String>,
    /// Its webhook.
    pub webhook: Option<FileWebhook>,
    draft: String,
    enabled: bool,
}

impl Stored {
    /// What would make it again.
    pub fn draft(&self) -> Result<AutomationDraft> {
        Ok(AutomationDraft { enabled: self.enabled, ..json(&self.draft)? })
    }
}

/// Automations of an entity that have one of these names.
pub async fn of_names(conn: &mut Conn, entity_id: &str, names: &[&str]) -> Result<Vec<Stored>> {
    type Columns = (String, String, u32, Option<String>, Option<String>, Option<String>, String, bool);
    let rows: Vec<Columns> = sql::query_as(
        "SELECT automations.id, place_id, automations.revision, snoozed_until, webhooks.name, owners.name, draft, automations.enabled FROM automations \
         LEFT JOIN webhooks ON webhooks.id = webhook_id LEFT JOIN entities AS owners ON owners.id = webhooks.entity_id AND owners.id <> ?1 \
         WHERE place_id IN (SELECT id FROM places WHERE entity_id = ?1) AND automations.name IN (SELECT value FROM json_each(?2))",
    )
    .bind(entity_id)
    .bind(to_json(&names)?)
    .fetch_all(conn)
    .await?;
    let stored = |(id, place_id, revision, snoozed_until, webhook, entity, draft, enabled): Columns| Stored {
        id,
        place_id,
        revision,
        snoozed_until,
        webhook: webhook.map(|name| FileWebhook { name, entity }),
        draft,
        enabled,
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// The automation of that name in a scope.
pub async fn named(conn: &mut Conn, place_id: &str, collection: Option<&str>, name: &str) -> Result<Option<String>> {
    let id = sql::query_scalar("SELECT id FROM automations WHERE place_id = ? AND collection = ? AND name = ?")
        .bind(place_id)
        .bind(collection.unwrap_or_default())
        .bind(name)
        .fetch_optional(conn)
        .await?;
    Ok(id)
}

fn duplicate(draft: &AutomationDraft) -> Failure {
    let mut problem = Problem::new(
        ProblemCode::DuplicateName,
        format!("There is an automation \"{}\" in this scope already. Choose another name.", draft.name),
    );
    problem.errors = vec![FieldError::new("/name", "duplicate", problem.detail.clone())];
    problem.into()
}

/// The condition as text, for the search.
fn condition_of(draft: &AutomationDraft) -> Result<String> {
    draft.trigger.filter.as_ref().map_or_else(|| Ok(String::new()), to_json)
}

/// Makes an automation of a checked draft; its id.
pub async fn create(
    conn: &mut Conn,
    entity_id: &str,
    place_id: &str,
    draft: &AutomationDraft,
    author: &str,
) -> Result<String> {
    check_room(conn, entity_id, 1).await?;
    insert(conn, place_id, draft, author).await
}

/// Refuses `more` automations where the entity would have too many.
pub async fn check_room(conn: &mut Conn, entity_id: &str, more: usize) -> Result<()> {
    let (count,): (i64,) =
        sql::query_as("SELECT count(*) FROM automations JOIN places ON places.id = place_id WHERE entity_id = ?")
            .bind(entity_id)
            .fetch_one(conn)
            .await?;
    if i64::try_from(more).is_ok_and(|more| count + more <= MAX_AUTOMATIONS) {
        return Ok(());
    }
    let words = match more {
        1 => format!("The team has {count} automations; {MAX_AUTOMATIONS} are allowed. Delete some first."),
        _ => format!(
            "The team has {count} automations and {more} would be made; {MAX_AUTOMATIONS} are allowed. Delete some first."
        ),
    };
    Err(Failure::new(ProblemCode::Conflict, words))
}

/// Makes an automation of a checked draft where there is room for it; its id.
pub async fn insert(conn: &mut Conn, place_id: &str, draft: &AutomationDraft, author: &str) -> Result<String> {
    generation::advance(conn).await?;
    let id = clock::new_id();
    let now = clock::now();
    let done = sql::query(
        "INSERT INTO automations (id, place_id, collection, name, event, webhook_id, condition, draft, enabled, revision, author, created_at, updated_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
    )
    .bind(&id)
    .bind(place_id)
    .bind(draft.scope.collection.as_deref().unwrap_or_default())
    .bind(&draft.name)
    .bind(draft.trigger.event.as_str())
    .bind(draft.action.webhook_id())
    .bind(condition_of(draft)?)
    .bind(to_json(draft)?)
    .bind(draft.enabled)
    .bind(author)
    .bind(&now)
    .bind(&now)
    .execute(&mut *conn)
    .await;
    match done {
        Err(error) if Failure::is_duplicate(&error) => return Err(duplicate(draft)),
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    keep_revision(conn, &id, 1, draft, author).await?;
    Ok(id)
}

/// Replaces an automation by a checked draft.
pub async fn update(
    conn: &mut Conn,
    id: &str,
    place_id: &str,
    revision: u32,
    draft: &AutomationDraft,
    author: &str,
) -> Result<()> {
    generation::advance(conn).await?;
    let done = sql::query(
        "UPDATE automations SET place_id = ?, collection = ?, name = ?, event = ?, webhook_id = ?, condition = ?, draft = ?, enabled = ?, revision = ?, updated_at = ? WHERE id = ?",
    )
    .bind(place_id)
    .bind(draft.scope.collection.as_deref().unwrap_or_default())
    .bind(&draft.name)
    .bind(draft.trigger.event.as_str())
    .bind(draft.action.webhook_id())
    .bind(condition_of(draft)?)
    .bind(to_json(draft)?)
    .bind(draft.enabled)
    .bind(revision)
    .bind(clock::now())
    .bind(id)
    .execute(&mut *conn)
    .await;
    match done {
        Err(error) if Failure::is_duplicate(&error) => return Err(duplicate(draft)),
        Err(error) => return Err(error.into()),
        Ok(_) => {}
    }
    keep_revision(conn, id, revision, draft, author).await
}

async fn keep_revision(conn: &mut Conn, id: &str, revision: u32, draft: &AutomationDraft, author: &str) -> Result<()> {
    sql::query("INSERT INTO revisions (automation_id, revision, draft, author, at) VALUES (?, ?, ?, ?, ?)")
        .bind(id)
        .bind(revision)
        .bind(to_json(draft)?)
        .bind(author)
        .bind(clock::now())
        .execute(conn)
        .await?;
    Ok(())
}

/// Switches an automation on or off. The switch is no revision: what it does stays the same.
pub async fn set_enabled(conn: &mut Conn, entity_id: &str, id: &str, enabled: bool) -> Result<bool> {
    generation::advance(conn).await?;
    let Some(mut changed) = draft(conn, entity_id, id).await? else {
        return Ok(false);
    };
    changed.enabled = enabled;
    sql::query("UPDATE automations SET enabled = ?, updated_at = ?, draft = ? WHERE id = ?")
        .bind(enabled)
        .bind(clock::now())
        .bind(to_json(&changed)?)
        .bind(id)
        .execute(conn)
        .await?;
    Ok(true)
}

/// Deletes an automation. Its deliveries that wait are canceled; History keeps all.
pub async fn delete(conn: &mut Conn, entity_id: &str, id: &str) -> Result<bool> {
    generation::advance(conn).await?;
    let done =
        sql::query("DELETE FROM automations WHERE id = ? AND place_id IN (SELECT id FROM places WHERE entity_id = ?)")
            .bind(id)
            .bind(entity_id)
            .execute(&mut *conn)
            .await?;
    if done == 0 {
        return Ok(false);
    }
    sql::query("UPDATE deliveries SET state = 'canceled', reason = 'The automation was deleted.', due_ms = NULL, finished_at = ? WHERE automation_id = ? AND state IN ('waiting', 'retrying')")
        .bind(clock::now())
        .bind(id)
        .execute(conn)
        .await?;
    Ok(true)
}

/// Holds matches of an automation back until then; none ends that.
pub async fn snooze(conn: &mut Conn, entity_id: &str, id: &str, until: Option<String>) -> Result<bool> {
    generation::advance(conn).await?;
    let done = sql::query(
        "UPDATE automations SET snoozed_until = ? WHERE id = ? AND place_id IN (SELECT id FROM places WHERE entity_id = ?)",
    )
    .bind(until)
    .bind(id)
    .bind(entity_id)
    .execute(conn)
    .await?;
    Ok(done > 0)
}

/// The newest 200 revisions of an automation, newest first.
pub async fn revisions(conn: &mut Conn, id: &str) -> Result<Vec<Revision>> {
    let rows: Vec<(u32, String, String, String)> = sql::query_as(
        "SELECT revision, draft, author, at FROM revisions WHERE automation_id = ? ORDER BY revision DESC LIMIT 200",
    )
    .bind(id)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(revision, draft, author, at)| Ok(Revision { revision, draft: json(&draft)?, author, at }))
        .collect()
}

/// The draft of one revision.
pub async fn revision(conn: &mut Conn, id: &str, revision: u32) -> Result<Option<AutomationDraft>> {
    let row: Option<(String,)> = sql::query_as("SELECT draft FROM revisions WHERE automation_id = ? AND revision = ?")
        .bind(id)
        .bind(revision)
        .fetch_optional(conn)
        .await?;
    row.map(|(draft,)| json(&draft)).transpose()
}
