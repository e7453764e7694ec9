//! `hookboard migrate`: all rows of a SQLite file to an empty Postgres database.

use std::path::Path;

use crate::db::sql::{self, Bind as _, Conn, Kind, Row, Value};
use crate::db::{Db, Result as DbResult};
use crate::serve::{FILE, lock, say};

/// Every table, those that others refer to first.
const TABLES: [&str; 24] = [
    "entities",
    "users",
    "members",
    "keys",
    "former_keys",
    "sign_in_codes",
    "secrets",
    "webhooks",
    "places",
    "collections",
    "versions",
    "aliases",
    "runs",
    "points",
    "sources",
    "source_messages",
    "automations",
    "revisions",
    "events",
    "evaluations",
    "deliveries",
    "attempts",
    "audit",
    "idempotency",
];
/// Kept once per database: the new one's row is replaced.
const KEY_CHECK: &str = "key_check";
/// Values of one statement: Postgres takes 65,535.
const VALUES: usize = 30_000;
/// Rows of one statement.
const ROWS: usize = 500;

/// Copies the file in `data` to the database at `url`, in one transaction. An error is one line that says what
/// to do.
pub async fn sqlite_to_postgres(data: &Path, url: &str) -> Result<(), String> {
    let file = data.join(FILE);
    if !file.exists() {
        return Err(format!("there is no {}. Name the folder that holds the file with --data.", file.display()));
    }
    let _lock = lock(data)?;
    let from = Db::open(&file).await.map_err(|error| format!("{} cannot be opened: {error}", file.display()))?;
    let to = Db::connect(url)
        .await
        .map_err(|error| format!("the database cannot be used: {error}. Check the URL of --database."))?;
    let copied = copy(&from, &to).await.map_err(|error| format!("nothing was copied: {error}"))?;
    let Some(copied) = copied else {
        return Err(String::from(
            "the Postgres database has a team already, and nothing was copied. Name an empty one with --database.",
        ));
    };
    for (table, rows) in &copied {
        say!("{rows:>10}  {table}");
    }
    say!("All is copied. Start `hookboard serve --database …` with the key that the file's secrets are sealed with.");
    to.close().await;
    from.close().await;
    Ok(())
}

/// Rows copied of each table; none where the database to copy to is not empty.
async fn copy(from: &Db, to: &Db) -> DbResult<Option<Vec<(&'static str, usize)>>> {
    let mut source = from.read().snapshot().await?;
    let mut target = to.begin().await?;
    let is_used: bool = sql::query_scalar("SELECT EXISTS (SELECT 1 FROM entities)").fetch_one(&mut *target).await?;
    if is_used {
        return Ok(None);
    }
    sql::query("DELETE FROM key_check").execute(&mut *target).await?;
    let mut copied = Vec::with_capacity(TABLES.len() + 1);
    for table in TABLES.into_iter().chain([KEY_CHECK]) {
        copied.push((table, copy_table(&mut source, &mut target, table).await?));
    }
    target.commit().await?;
    Ok(Some(copied))
}

/// A column of both databases.
struct Both {
    name: String,
    /// Place in the primary key, from 1; 0 for one that is no part of it.
    key: i64,
    kind: Kind,
}

async fn columns(source: &mut Conn, target: &mut Conn, table: &'static str) -> DbResult<Vec<Both>> {
    let own: Vec<(String, i64)> =
        sql::query_as("SELECT name, pk FROM pragma_table_info(?) ORDER BY cid").bind(table).fetch_all(source).await?;
    let types: Vec<(String, String)> = sql::query_as(
        "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = ?",
    )
    .bind(table)
    .fetch_all(target)
    .await?;
    let kind = |name: &str| match types.iter().find(|(known, _)| known == name).map(|(_, kind)| kind.as_str()) {
        Some("boolean") => Kind::Bool,
        Some("bigint") => Kind::Int,
        Some("double precision") => Kind::Real,
        Some("bytea") => Kind::Bytes,
        _ => Kind::Text,
    };
    Ok(own.into_iter().map(|(name, key)| Both { kind: kind(&name), name, key }).collect())
}

/// Copies a table, some rows at a time: a whole one may not fit into memory.
async fn copy_table(source: &mut Conn, target: &mut Conn, table: &'static str) -> DbResult<usize> {
    let columns = columns(source, target, table).await?;
    let quoted =
        |columns: &[&Both]| columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
    let all = quoted(&columns.iter().collect::<Vec<_>>());
    let mut keys: Vec<(usize, &Both)> = columns.iter().enumerate().filter(|(_, column)| column.key > 0).collect();
    keys.sort_by_key(|(_, column)| column.key);
    let key = quoted(&keys.iter().map(|(_, column)| *column).collect::<Vec<_>>());
    let at_once = ROWS.min(VALUES / columns.len().max(1));
    let mut count = 0;
    let mut after: Vec<Value<'static>> = Vec::new();
    loop {
        let mut select = sql::Builder::new(format!("SELECT {all} FROM {table} "));
        if !after.is_empty() {
            select.push_text(&format!("WHERE ({key}) > (")).push_list(after).push(") ");
        }
        select.push_text(&format!("ORDER BY {key} LIMIT {at_once}"));
        let rows = select.build().fetch_all(&mut *source).await?;
        let Some(last) = rows.last() else {
            return Ok(count);
        };
        after = keys.iter().map(|(at, column)| value(last, *at, raw(column.kind))).collect::<Result<_, _>>()?;
        let mut insert = sql::Builder::new(format!("INSERT INTO {table} ({all}) VALUES "));
        for (index, row) in rows.iter().enumerate() {
            let values = columns.iter().enumerate().map(|(at, column)| value(row, at, column.kind));
            insert
                .push(if index > 0 { ", (" } else { "(" })
                .push_list(values.collect::<Result<Vec<_>, _>>()?)
                .push(")");
        }
        insert.build().execute(&mut *target).await?;
        count += rows.len();
    }
}

/// SQLite holds yes and no as numbers.
const fn raw(kind: Kind) -> Kind {
    match kind {
        Kind::Bool => Kind::Int,
        other => other,
    }
}

fn value(row: &Row, at: usize, kind: Kind) -> Result<Value<'static>, sqlx::Error> {
    Ok(match kind {
        Kind::Int => row.try_get::<Option<i64>>(at)?.value(),
        Kind::Real => row.try_get::<Option<f64>>(at)?.value(),
        Kind::Bool => row.try_get::<Option<bool>>(at)?.value(),
        Kind::Text => row.try_get::<Option<String>>(at)?.value(),
        Kind::Bytes => row.try_get::<Option<Vec<u8>>>(at)?.value(),
    })
}
