//! Answers of calls that are done once, however often they are sent.

use super::{Conn, Result, sql};
use crate::clock;

/// How many days an answer is kept: longer than anybody's retries.
const KEPT_DAYS: i64 = 1;

/// What a call was answered.
#[derive(Debug)]
pub struct Kept {
    /// SHA-256 of the call.
    pub request: Vec<u8>,
    /// The status.
    pub status: u16,
    /// The version of what was made, where it has one.
    pub revision: Option<u32>,
    /// The body, sealed.
    pub body: Vec<u8>,
}

/// The answer that a user's call with this key had.
pub async fn get<'t>(target: impl Into<sql::Target<'t>>, user_id: &str, key: &str) -> Result<Option<Kept>> {
    type Row = (Vec<u8>, u32, Option<u32>, Vec<u8>);
    let row: Option<Row> =
        sql::query_as("SELECT request, status, revision, body FROM idempotency WHERE user_id = ? AND key = ?")
            .bind(user_id)
            .bind(key)
            .fetch_optional(target)
            .await?;
    Ok(row.map(|(request, status, revision, body)| Kept {
        request,
        status: u16::try_from(status).unwrap_or(500),
        revision,
        body,
    }))
}

/// Keeps an answer.
pub async fn put(conn: &mut Conn, user_id: &str, key: &str, kept: &Kept) -> Result<()> {
    sql::query(
        "INSERT INTO idempotency (user_id, key, request, status, revision, body, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(user_id)
    .bind(key)
    .bind(kept.request.as_slice())
    .bind(u32::from(kept.status))
    .bind(kept.revision)
    .bind(kept.body.as_slice())
    .bind(clock::now())
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what is old.
pub async fn sweep(conn: &mut Conn) -> Result<()> {
    sql::query("DELETE FROM idempotency WHERE at < ?").bind(clock::days_ago(KEPT_DAYS)).execute(conn).await?;
    Ok(())
}
