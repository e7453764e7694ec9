//! The audit log: one row per change, written in the transaction of the change.

use hookboard_api::audit::{AuditAction, AuditEntry, AuditKind};
use hookboard_api::list::List;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Conn, Db, Page, Result, json, sql, to_json};
use crate::clock;

/// Longest text that is kept of a field, in characters. A whole draft is in the revisions.
const MAX_TEXT: usize = 1000;
/// How deep two objects are compared: a trigger's filter is told whole.
const DEPTH: u32 = 2;

/// A change, before it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'c> {
    action: AuditAction,
    kind: AuditKind,
    target: Option<&'c str>,
    name: &'c str,
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl<'c> Change<'c> {
    /// `target` is what the thing is addressed by, `name` what people call it.
    pub fn new(action: AuditAction, kind: AuditKind, target: Option<&'c str>, name: &'c str) -> Self {
        Self { action, kind, target, name, before: Map::new(), after: Map::new() }
    }

    /// Something was made.
    pub fn created(kind: AuditKind, target: &'c str, name: &'c str) -> Self {
        Self::new(AuditAction::Created, kind, Some(target), name)
    }

    /// Something was changed.
    pub fn changed(kind: AuditKind, target: &'c str, name: &'c str) -> Self {
        Self::new(AuditAction::Changed, kind, Some(target), name)
    }

    /// Something was deleted.
    pub fn deleted(kind: AuditKind, target: &'c str, name: &'c str) -> Self {
        Self::new(AuditAction::Deleted, kind, Some(target), name)
    }

    /// The fields as they were; after [`Self::after`], those that differ.
    pub fn before(mut self, fields: &impl Serialize) -> Result<Self> {
        self.before = object(fields)?;
        Ok(self)
    }

    /// The fields as they are since. Those that are as before are left out on both sides.
    pub fn after(mut self, fields: &impl Serialize) -> Result<Self> {
        self.after = object(fields)?;
        part(&mut self.before, &mut self.after, DEPTH);
        Ok(self)
    }
}

fn object(fields: &impl Serialize) -> Result<Map<String, Value>> {
    Ok(match serde_json::to_value(fields)? {
        Value::Object(fields) => fields,
        _ => Map::new(),
    })
}

/// Takes out what is the same in both.
fn part(before: &mut Map<String, Value>, after: &mut Map<String, Value>, depth: u32) {
    let names: Vec<String> = before.keys().filter(|name| after.contains_key(*name)).cloned().collect();
    for name in names {
        let (Some(was), Some(is)) = (before.get_mut(&name), after.get_mut(&name)) else {
            continue;
        };
        if was == is {
            before.shift_remove(&name);
            after.shift_remove(&name);
        } else if let (Value::Object(was), Value::Object(is), true) = (was, is, depth > 1) {
            part(was, is, depth - 1);
        }
    }
}

fn cut(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(MAX_TEXT) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(cut),
        Value::Object(fields) => fields.values_mut().for_each(cut),
        _ => {}
    }
}

/// Writes a change of `actor`, a user's name.
pub async fn write(conn: &mut Conn, entity_id: &str, actor: &str, mut change: Change<'_>) -> Result<()> {
    let column = |fields: &mut Map<String, Value>| {
        fields.values_mut().for_each(cut);
        (!fields.is_empty()).then(|| to_json(fields)).transpose()
    };
    let (id, at) = clock::new_id_at();
    sql::query(
        "INSERT INTO audit (id, entity_id, at, actor, action, kind, target_id, target_name, before, after) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(entity_id)
    .bind(clock::text(at))
    .bind(actor)
    .bind(change.action.as_str())
    .bind(change.kind.as_str())
    .bind(change.target)
    .bind(change.name)
    .bind(column(&mut change.before)?)
    .bind(column(&mut change.after)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// What a list is narrowed to.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// By the user of this name.
    pub actor: Option<String>,
    /// Of things of this kind.
    pub kind: Option<AuditKind>,
    /// Of the thing with this id or name.
    pub target: Option<String>,
    /// At this time or later, in Unix milliseconds.
    pub since: Option<i64>,
}

/// Changes of an entity, newest first.
pub async fn list(db: &Db, entity_id: &str, wanted: &Wanted, page: &Page) -> Result<List<AuditEntry>> {
    let mut query = sql::Builder::new(
        "SELECT id, at, actor, action, kind, target_id, target_name, before, after FROM audit WHERE entity_id = ",
    );
    query.push_bind(entity_id);
    if let Some(actor) = &wanted.actor {
        query.push(" AND actor = ").push_bind(actor.as_str());
    }
    if let Some(kind) = wanted.kind {
        query.push(" AND kind = ").push_bind(kind.as_str());
    }
    if let Some(target) = &wanted.target {
        query.push(" AND (target_id = ").push_bind(target.as_str());
        query.push(" OR target_name = ").push_bind(target.as_str()).push(")");
    }
    if let Some(since) = wanted.since {
        query.push(" AND id >= ").push_bind(clock::id_at(since));
    }
    page.push(&mut query, "id");
    type Row = (String, String, String, String, String, Option<String>, String, Option<String>, Option<String>);
    let rows: Vec<Row> = query.build_as().fetch_all(db.read()).await?;
    let entry = |(id, at, actor, action, kind, target_id, target_name, before, after): Row| {
        Ok(AuditEntry {
            id,
            at,
            actor,
            action: AuditAction::parse(&action).unwrap_or(AuditAction::Changed),
            kind: AuditKind::parse(&kind).unwrap_or(AuditKind::Automation),
            target_id,
            target_name,
            before: before.as_deref().map(json).transpose()?,
            after: after.as_deref().map(json).transpose()?,
        })
    };
    let items = rows.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(items, |entry| entry.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_kept_and_a_filter_is_told_whole() {
        let draft = |alias: &str, enabled: bool| {
            json!({
                "name": "a", "enabled": enabled,
                "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": alias}, "tag": "x"}}
            })
        };
        let change = Change::changed(AuditKind::Automation, "1", "a");
        let change =
            change.before(&draft("^a", true)).and_then(|change| change.after(&draft("^b", true))).expect("told");
        assert_eq!(
            (Value::Object(change.before), Value::Object(change.after)),
            (
                json!({"trigger": {"filter": {"alias": {"$regex": "^a"}, "tag": "x"}}}),
                json!({"trigger": {"filter": {"alias": {"$regex": "^b"}, "tag": "x"}}})
            )
        );
        let change = Change::changed(AuditKind::Automation, "1", "a");
        let change =
            change.before(&draft("^a", true)).and_then(|change| change.after(&draft("^a", true))).expect("told");
        assert!(change.before.is_empty() && change.after.is_empty());
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let mut value = json!(["é".repeat(MAX_TEXT + 1), "short"]);
        cut(&mut value);
        assert_eq!(value[0].as_str().map(|text| text.chars().count()), Some(MAX_TEXT + 1));
        assert_eq!(value[1], "short");
    }
}
