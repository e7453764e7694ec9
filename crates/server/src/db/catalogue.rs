//! Registries, projects, collections, versions, aliases, runs and their points.

use std::collections::HashSet;

use hookboard_api::catalogue::{Collection, Place, Point, Run, Version};
use hookboard_api::list::List;
use hookboard_api::run::RunState;
use hookboard_api::scope::PlaceKind;
use serde_json::{Map, Value};

use super::{Conn, Db, Page, Result, json, sql, to_json};
use crate::clock;
use crate::failure::Failure;

/// A place's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceRow {
    /// The row's id.
    pub id: String,
    /// The entity's id.
    pub entity_id: String,
    /// The entity's name.
    pub entity: String,
    /// Registry or project.
    pub kind: PlaceKind,
    /// Its name.
    pub name: String,
}

type PlaceTuple = (String, String, String, String, String);

fn place_row((id, entity_id, entity, kind, name): PlaceTuple) -> Option<PlaceRow> {
    Some(PlaceRow { id, entity_id, entity, kind: PlaceKind::parse(&kind)?, name })
}

const PLACE: &str = "SELECT places.id, places.entity_id, entities.name, places.kind, places.name FROM places JOIN entities ON entities.id = places.entity_id \
     WHERE places.entity_id = ? AND places.kind = ? AND places.name = ?";

/// The place of that name, from the readers.
pub async fn place(db: &Db, entity_id: &str, kind: PlaceKind, name: &str) -> Result<PlaceRow> {
    place_in(&mut *db.read().acquire().await?, entity_id, kind, name).await
}

/// The same by a connection that is held already.
pub async fn place_in(conn: &mut Conn, entity_id: &str, kind: PlaceKind, name: &str) -> Result<PlaceRow> {
    find_place(conn, entity_id, kind, name).await?.ok_or_else(|| Failure::not_found(kind.as_str()))
}

/// The same, if there is one.
pub async fn find_place(conn: &mut Conn, entity_id: &str, kind: PlaceKind, name: &str) -> Result<Option<PlaceRow>> {
    let row: Option<PlaceTuple> =
        sql::query_as(PLACE).bind(entity_id).bind(kind.as_str()).bind(name).fetch_optional(conn).await?;
    Ok(row.and_then(place_row))
}

/// The place of that id, if there is one.
pub async fn place_by_id(conn: &mut Conn, id: &str) -> Result<Option<PlaceRow>> {
    let row: Option<PlaceTuple> = sql::query_as(
        "SELECT places.id, places.entity_id, entities.name, places.kind, places.name FROM places JOIN entities ON entities.id = places.entity_id WHERE places.id = ?",
    )
    .bind(id)
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(place_row))
}

/// All places of an entity, by id.
pub async fn places_of(conn: &mut Conn, entity_id: &str) -> Result<Vec<PlaceRow>> {
    let rows: Vec<PlaceTuple> = sql::query_as(
        "SELECT places.id, places.entity_id, entities.name, places.kind, places.name FROM places JOIN entities ON entities.id = places.entity_id WHERE places.entity_id = ? ORDER BY places.id",
    )
    .bind(entity_id)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(place_row).collect())
}

/// Ids of an entity's places that have automations.
pub async fn watched(conn: &mut Conn, entity_id: &str) -> Result<HashSet<String>> {
    let ids: Vec<String> = sql::query_scalar(
        "SELECT id FROM places WHERE entity_id = ? AND EXISTS (SELECT 1 FROM automations WHERE place_id = places.id)",
    )
    .bind(entity_id)
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().collect())
}

/// Makes the place where there is none. Whether it was made.
pub async fn ensure_place(conn: &mut Conn, entity_id: &str, kind: PlaceKind, name: &str) -> Result<(PlaceRow, bool)> {
    let done = sql::query("INSERT INTO places (id, entity_id, kind, name) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING")
        .bind(clock::new_id())
        .bind(entity_id)
        .bind(kind.as_str())
        .bind(name)
        .execute(&mut *conn)
        .await?;
    let row: PlaceTuple = sql::query_as(PLACE).bind(entity_id).bind(kind.as_str()).bind(name).fetch_one(conn).await?;
    let place = place_row(row).ok_or_else(|| Failure::not_found(kind.as_str()))?;
    Ok((place, done > 0))
}

/// Registries or projects of an entity, with their counts.
pub async fn places(db: &Db, entity_id: &str, kind: PlaceKind) -> Result<Vec<Place>> {
    let rows: Vec<(String, String, u32, u32, u32, u32)> = sql::query_as(
        "SELECT entities.name, places.name, \
           (SELECT count(*) FROM collections WHERE place_id = places.id), \
           (SELECT count(*) FROM versions JOIN collections ON collections.id = versions.collection_id WHERE place_id = places.id), \
           (SELECT count(*) FROM automations WHERE place_id = places.id), \
           (SELECT count(*) FROM runs WHERE place_id = places.id) \
         FROM places JOIN entities ON entities.id = places.entity_id WHERE places.entity_id = ? AND places.kind = ? ORDER BY lower(places.name), places.name",
    )
    .bind(entity_id)
    .bind(kind.as_str())
    .fetch_all(db.read())
    .await?;
    Ok(rows
        .into_iter()
        .map(|(entity, name, collections, versions, automations, runs)| Place {
            kind,
            entity,
            name,
            collections,
            versions,
            automations,
            runs,
        })
        .collect())
}

/// Makes the collection where there is none; gives its id.
pub async fn ensure_collection(
    conn: &mut Conn,
    place_id: &str,
    name: &str,
    collection_type: Option<&str>,
) -> Result<String> {
    Ok(sql::query_scalar(
        "INSERT INTO collections (id, place_id, name, type, tags, updated_at) VALUES (?1, ?2, ?3, coalesce(?4, 'model'), '[]', ?5) \
         ON CONFLICT (place_id, name) DO UPDATE SET type = coalesce(?4, collections.type), updated_at = ?5 RETURNING id",
    )
    .bind(clock::new_id())
    .bind(place_id)
    .bind(name)
    .bind(collection_type)
    .bind(clock::now())
    .fetch_one(conn)
    .await?)
}

/// Deletes a collection with its versions. Whether there was one.
pub async fn delete_collection(conn: &mut Conn, place_id: &str, name: &str) -> Result<bool> {
    let done = sql::query("DELETE FROM collections WHERE place_id = ? AND name = ?")
        .bind(place_id)
        .bind(name)
        .execute(conn)
        .await?;
    Ok(done > 0)
}

/// A collection's row, without what is counted.
#[derive(Debug, Clone)]
pub struct CollectionRow {
    /// The row's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub collection_type: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// When it last changed.
    pub updated_at: String,
}

/// Collections of a place without what is counted, by name: all, or the one of this name.
pub async fn collection_rows(conn: &mut Conn, place_id: &str, name: Option<&str>) -> Result<Vec<CollectionRow>> {
    let mut query = sql::Builder::new("SELECT id, name, type, tags, updated_at FROM collections WHERE place_id = ");
    query.push_bind(place_id);
    if let Some(name) = name {
        query.push(" AND name = ").push_bind(name);
    }
    query.push(" ORDER BY lower(name), name");
    let rows: Vec<(String, String, String, String, String)> = query.build_as().fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, name, collection_type, tags, updated_at)| {
            Ok(CollectionRow { id, name, collection_type, tags: json(&tags)?, updated_at })
        })
        .collect()
}

/// Collections of a place.
pub async fn collections(db: &Db, place_id: &str) -> Result<Vec<Collection>> {
    let rows: Vec<(String, String, String, String, u32, Option<i64>, Option<String>)> = sql::query_as(
        "SELECT name, type, tags, updated_at, \
           (SELECT count(*) FROM versions WHERE collection_id = collections.id), \
           (SELECT max(idx) FROM versions WHERE collection_id = collections.id), \
           (SELECT json_group_array(alias) FROM aliases WHERE collection_id = collections.id) \
         FROM collections WHERE place_id = ? ORDER BY lower(name), name",
    )
    .bind(place_id)
    .fetch_all(db.read())
    .await?;
    rows.into_iter()
        .map(|(name, collection_type, tags, updated_at, versions, latest, aliases)| {
            Ok(Collection {
                name,
                collection_type,
                tags: json(&tags)?,
                versions,
                latest: latest.and_then(|index| u64::try_from(index).ok()),
                aliases: aliases.as_deref().map_or_else(|| Ok(Vec::new()), json)?,
                updated_at,
            })
        })
        .collect()
}

/// A version's row as far as events need it.
#[derive(Debug, Clone)]
pub struct VersionRow {
    /// `UUIDv7`.
    pub id: String,
    /// Its metadata.
    pub metadata: Map<String, Value>,
}

/// Makes the version where there is none, and replaces its metadata where some is given.
pub async fn ensure_version(
    conn: &mut Conn,
    collection_id: &str,
    index: u64,
    author: &str,
    metadata: Option<&Map<String, Value>>,
) -> Result<VersionRow> {
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    let (id, metadata): (String, String) = sql::query_as(
        "INSERT INTO versions (id, collection_id, idx, tags, metadata, author, created_at) VALUES (?1, ?2, ?3, '[]', coalesce(?4, '{}'), ?5, ?6) \
         ON CONFLICT (collection_id, idx) DO UPDATE SET metadata = coalesce(?4, versions.metadata) RETURNING id, metadata",
    )
    .bind(clock::new_id())
    .bind(collection_id)
    .bind(index)
    .bind(metadata.map(to_json).transpose()?)
    .bind(author)
    .bind(clock::now())
    .fetch_one(conn)
    .await?;
    Ok(VersionRow { id, metadata: json(&metadata)? })
}

/// Deletes a version. Whether there was one.
pub async fn delete_version(conn: &mut Conn, collection_id: &str, index: u64) -> Result<bool> {
    let index = i64::try_from(index).unwrap_or(i64::MAX);
    let done = sql::query("DELETE FROM versions WHERE collection_id = ? AND idx = ?")
        .bind(collection_id)
        .bind(index)
        .execute(conn)
        .await?;
    Ok(done > 0)
}

/// Moves an alias to a version.
pub async fn set_alias(conn: &mut Conn, collection_id: &str, version_id: &str, alias: &str) -> Result<()> {
    sql::query("INSERT INTO aliases (collection_id, alias, version_id) VALUES (?, ?, ?) ON CONFLICT (collection_id, alias) DO UPDATE SET version_id = excluded.version_id")
        .bind(collection_id)
        .bind(alias)
        .bind(version_id)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes an alias off.
pub async fn remove_alias(conn: &mut Conn, collection_id: &str, alias: &str) -> Result<()> {
    sql::query("DELETE FROM aliases WHERE collection_id = ? AND alias = ?")
        .bind(collection_id)
        .bind(alias)
        .execute(conn)
        .await?;
    Ok(())
}

/// Adds or removes a tag of a version.
pub async fn tag_version(conn: &mut Conn, version_id: &str, tag: &str, add: bool) -> Result<()> {
    let (tags,): (String,) =
        sql::query_as("SELECT tags FROM versions WHERE id = ?").bind(version_id).fetch_one(&mut *conn).await?;
    let tags = changed_tags(&tags, tag, add)?;
    sql::query("UPDATE versions SET tags = ? WHERE id = ?").bind(tags).bind(version_id).execute(conn).await?;
    Ok(())
}

/// Adds or removes a tag of a collection.
pub async fn tag_collection(conn: &mut Conn, collection_id: &str, tag: &str, add: bool) -> Result<()> {
    let (tags,): (String,) =
        sql::query_as("SELECT tags FROM collections WHERE id = ?").bind(collection_id).fetch_one(&mut *conn).await?;
    let tags = changed_tags(&tags, tag, add)?;
    sql::query("UPDATE collections SET tags = ? WHERE id = ?").bind(tags).bind(collection_id).execute(conn).await?;
    Ok(())
}

fn changed_tags(tags: &str, tag: &str, add: bool) -> Result<String> {
    let mut tags: Vec<String> = json(tags)?;
    tags.retain(|known| known != tag);
    if add {
        tags.push(tag.to_owned());
    }
    to_json(&tags)
}

/// Sets or removes one key of a version's metadata.
pub async fn set_metadata_key(
    conn: &mut Conn,
    version_id: &str,
    key: &str,
    value: Option<&str>,
) -> Result<Map<String, Value>> {
    let (metadata,): (String,) =
        sql::query_as("SELECT metadata FROM versions WHERE id = ?").bind(version_id).fetch_one(&mut *conn).await?;
    let mut metadata: Map<String, Value> = json(&metadata)?;
    match value {
        Some(value) => {
            metadata.insert(key.to_owned(), Value::from(value));
        }
        None => {
            metadata.shift_remove(key);
        }
    }
    sql::query("UPDATE versions SET metadata = ? WHERE id = ?")
        .bind(to_json(&metadata)?)
        .bind(version_id)
        .execute(conn)
        .await?;
    Ok(metadata)
}

/// Versions of a collection, newest first.
pub async fn versions(db: &Db, place_id: &str, collection: &str, page: &Page<u64>) -> Result<List<Version>> {
    let known: Option<(String,)> = sql::query_as("SELECT id FROM collections WHERE place_id = ? AND name = ?")
        .bind(place_id)
        .bind(collection)
        .fetch_optional(db.read())
        .await?;
    let Some((collection_id,)) = known else {
        return Err(Failure::not_found("collection"));
    };
    let rows: Vec<(String, i64, String, String, String, String, Option<String>)> = sql::query_as(
        "SELECT id, idx, tags, metadata, author, created_at, (SELECT json_group_array(alias) FROM aliases WHERE version_id = versions.id) \
         FROM versions WHERE collection_id = ? AND idx < ? ORDER BY idx DESC LIMIT ?",
    )
    .bind(collection_id)
    .bind(page.after.and_then(|after| i64::try_from(after).ok()).unwrap_or(i64::MAX))
    .bind(page.rows())
    .fetch_all(db.read())
    .await?;
    let versions = rows
        .into_iter()
        .map(|(id, index, tags, metadata, author, created_at, aliases)| {
            Ok(Version {
                id,
                index: u64::try_from(index).unwrap_or_default(),
                aliases: aliases.as_deref().map_or_else(|| Ok(Vec::new()), json)?,
                tags: json(&tags)?,
                metadata: json(&metadata)?,
                author,
                created_at,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(page.cut(versions, |version| version.index.to_string()))
}

/// A run's row as far as events need it.
#[derive(Debug, Clone)]
pub struct RunRow {
    /// The row's id.
    pub id: String,
    /// Its display name.
    pub name: String,
    /// Whose it is.
    pub user: String,
}

/// Makes the run where there is none; a name or state that is given replaces the one known.
pub async fn ensure_run(
    conn: &mut Conn,
    place_id: &str,
    run: &str,
    name: Option<&str>,
    user: &str,
    state: Option<RunState>,
) -> Result<RunRow> {
    let (id, name, user): (String, String, String) = sql::query_as(
        "INSERT INTO runs (id, place_id, run, name, \"user\", state, created_at) VALUES (?1, ?2, ?3, coalesce(?4, ?3), ?5, coalesce(?6, 'running'), ?7) \
         ON CONFLICT (place_id, run) DO UPDATE SET name = coalesce(?4, runs.name), state = coalesce(?6, runs.state) RETURNING id, name, \"user\"",
    )
    .bind(clock::new_id())
    .bind(place_id)
    .bind(run)
    .bind(name)
    .bind(user)
    .bind(state.map(RunState::as_str))
    .bind(clock::now())
    .fetch_one(conn)
    .await?;
    Ok(RunRow { id, name, user })
}

/// Runs of a project, newest first.
pub async fn runs(db: &Db, place_id: &str, page: &Page) -> Result<List<Run>> {
    let mut query = sql::Builder::new(
        "SELECT id, run, name, \"user\", state, created_at, (SELECT json_group_array(metric) FROM (SELECT DISTINCT metric FROM points WHERE run_id = runs.id) AS metrics) \
         FROM runs WHERE place_id = ",
    );
    query.push_bind(place_id);
    page.push(&mut query, "id");
    let rows: Vec<(String, String, String, String, String, String, Option<String>)> =
        query.build_as().fetch_all(db.read()).await?;
    let runs = rows
        .into_iter()
        .map(|(row_id, id, name, user, state, created_at, metrics)| {
            let state = RunState::ALL.into_iter().find(|known| known.as_str() == state).unwrap_or(RunState::Running);
            let metrics = metrics.as_deref().map_or_else(|| Ok(Vec::new()), json)?;
            Ok((row_id, Run { id, name, user, state, metrics, created_at }))
        })
        .collect::<Result<Vec<_>>>()?;
    let List { items, next_cursor, total } = page.cut(runs, |(row_id, _)| row_id.clone());
    Ok(List { items: items.into_iter().map(|(_, run)| run).collect(), next_cursor, total })
}

/// Writes points of a metric; a step that is known gets the new value.
pub async fn add_points(conn: &mut Conn, run_id: &str, metric: &str, points: &[Point]) -> Result<()> {
    for point in points {
        sql::query("INSERT INTO points (run_id, metric, step, value) VALUES (?, ?, ?, ?) ON CONFLICT (run_id, metric, step) DO UPDATE SET value = excluded.value")
            .bind(run_id)
            .bind(metric)
            .bind(i64::try_from(point.step).unwrap_or(i64::MAX))
            .bind(point.value)
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// The last `count` values of a metric, oldest first.
pub async fn last_values(conn: &mut Conn, run_id: &str, metric: &str, count: usize) -> Result<Vec<f64>> {
    let mut values: Vec<f64> =
        sql::query_scalar("SELECT value FROM points WHERE run_id = ? AND metric = ? ORDER BY step DESC LIMIT ?")
            .bind(run_id)
            .bind(metric)
            .bind(i64::try_from(count).unwrap_or(i64::MAX))
            .fetch_all(conn)
            .await?;
    values.reverse();
    Ok(values)
}

/// Points of a metric of a run, oldest first.
pub async fn points(db: &Db, place_id: &str, run: &str, metric: &str) -> Result<Vec<Point>> {
    let rows: Vec<(i64, f64)> = sql::query_as(
        "SELECT step, value FROM points WHERE run_id = (SELECT id FROM runs WHERE place_id = ? AND run = ?) AND metric = ? ORDER BY step LIMIT 10000",
    )
    .bind(place_id)
    .bind(run)
    .bind(metric)
    .fetch_all(db.read())
    .await?;
    Ok(rows.into_iter().map(|(step, value)| Point { step: u64::try_from(step).unwrap_or_default(), value }).collect())
}
