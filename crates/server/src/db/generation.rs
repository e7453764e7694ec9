//! Counts changes of automations and webhooks, so that what was compiled of them is known to be stale, in
//! whichever process it is.

use super::{Conn, Result, sql};

/// The count now.
pub async fn current(conn: &mut Conn) -> Result<i64> {
    Ok(sql::query_scalar("SELECT n FROM generation").fetch_one(conn).await?)
}

/// Counts a change, in its transaction.
pub(super) async fn advance(conn: &mut Conn) -> Result<()> {
    sql::query("UPDATE generation SET n = n + 1").execute(conn).await?;
    Ok(())
}
