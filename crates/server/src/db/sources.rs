//! Sources: what feeds a registry from outside.

use hookboard_api::source::{Source, SourceDraft};

use super::{Conn, Db, Result, sql};
use crate::clock;

/// Sources of an entity, oldest first.
pub async fn list<'t>(target: impl Into<sql::Target<'t>>, entity_id: &str) -> Result<Vec<Source>> {
    type Row = (String, String, String, String, u32, u32, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Row> = sql::query_as(
        "SELECT sources.id, sources.name, places.name, secrets.name, received, ignored, last_at, last_error, last_error_at \
         FROM sources JOIN places ON places.id = sources.place_id JOIN secrets ON secrets.id = sources.secret_id WHERE places.entity_id = ? ORDER BY sources.id",
    )
    .bind(entity_id)
    .fetch_all(target)
    .await?;
    let source = |(id, name, place, secret, received, ignored, last_at, last_error, last_error_at): Row| {
        let path = format!("/api/v1/sources/mlflow/{id}");
        Source { id, name, place, secret, path, received, ignored, last_at, last_error, last_error_at }
    };
    Ok(rows.into_iter().map(source).collect())
}

/// The id of an entity's secret of this name, if there is one.
pub async fn secret_id(db: &Db, entity_id: &str, name: &str) -> Result<Option<String>> {
    Ok(sql::query_scalar("SELECT id FROM secrets WHERE entity_id = ? AND name = ?")
        .bind(entity_id)
        .bind(name)
        .fetch_optional(db.read())
        .await?)
}

/// Makes a source that feeds a place. Answers its id. A name that the place's sources have already is a
/// unique violation.
pub async fn create(
    conn: &mut Conn,
    place_id: &str,
    secret_id: &str,
    draft: &SourceDraft,
) -> Result<String, sqlx::Error> {
    let id = clock::new_id();
    sql::query(
        "INSERT INTO sources (id, place_id, kind, name, secret_id, created_at) VALUES (?, ?, 'mlflow', ?, ?, ?)",
    )
    .bind(&id)
    .bind(place_id)
    .bind(&draft.name)
    .bind(secret_id)
    .bind(clock::now())
    .execute(conn)
    .await?;
    Ok(id)
}

/// Deletes a source of an entity. Answers its name and its place's, where there was one.
pub async fn delete(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Option<(String, String)>> {
    Ok(sql::query_as(
        "DELETE FROM sources WHERE id = ? AND place_id IN (SELECT id FROM places WHERE entity_id = ?) \
         RETURNING name, (SELECT places.name FROM places WHERE places.id = place_id)",
    )
    .bind(id)
    .bind(entity_id)
    .fetch_optional(conn)
    .await?)
}
