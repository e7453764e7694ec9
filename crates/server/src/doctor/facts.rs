//! What a database holds that the checks look at. Nothing is written.

use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;

use crate::db::secrets::KEY_CHECK;

/// A step of the schema: its version, whether it was finished, its checksum.
pub(super) type Step = (i64, bool, Vec<u8>);

/// What a database holds.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Steps of the schema that were made, oldest first; none where it is no database of Hookboard's.
    pub applied: Option<Vec<Step>>,
    /// Something that the key is to open, with what it was sealed for.
    pub sealed: Option<(String, Vec<u8>)>,
    /// When the newest event came.
    pub newest: Option<String>,
    /// Settings of the webhooks that are on, in JSON.
    pub webhooks: Vec<String>,
}

macro_rules! read {
    ($database:expr) => {{
        let database = $database;
        let sealed: Option<Vec<u8>> =
            sqlx::query_scalar("SELECT sealed FROM key_check").fetch_optional(&mut *database).await.unwrap_or_default();
        let sealed = match sealed {
            Some(sealed) => Some((KEY_CHECK.to_owned(), sealed)),
            // One of an older version has no such row.
            None => sqlx::query_as("SELECT id, sealed FROM secrets LIMIT 1")
                .fetch_optional(&mut *database)
                .await
                .unwrap_or_default(),
        };
        Facts {
            sealed,
            applied: sqlx::query_as("SELECT version, success, checksum FROM _sqlx_migrations ORDER BY version")
                .fetch_all(&mut *database)
                .await
                .ok(),
            newest: sqlx::query_scalar("SELECT max(received_at) FROM events")
                .fetch_one(&mut *database)
                .await
                .unwrap_or_default(),
            webhooks: sqlx::query_scalar("SELECT settings FROM webhooks WHERE enabled ORDER BY name")
                .fetch_all(&mut *database)
                .await
                .unwrap_or_default(),
        }
    }};
}

impl Facts {
    /// What a file holds.
    pub(super) async fn of_file(database: &mut SqliteConnection) -> Self {
        read!(database)
    }

    /// What a Postgres database holds.
    pub(super) async fn of_postgres(database: &mut PgConnection) -> Self {
        read!(database)
    }
}
