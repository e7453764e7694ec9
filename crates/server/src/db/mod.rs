//! The database: one SQLite file, one writer, many readers.
//!
//! Writes go through a pool of one connection and begin with `BEGIN IMMEDIATE`: a deferred
//! transaction that turns to writing gets `SQLITE_BUSY_SNAPSHOT`, which no timeout covers.

pub mod accounts;
pub mod automations;
pub mod catalogue;
pub mod deliveries;
pub mod events;
pub mod intake;
pub mod queue;
pub mod retention;
pub mod secrets;
pub mod webhooks;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, Transaction};

use crate::failure::Failure;

/// What database calls answer.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Readers at once; SQLite's WAL lets them read beside the writer.
const READERS: u32 = 4;

/// The database.
#[derive(Debug, Clone)]
pub struct Db {
    write: SqlitePool,
    read: SqlitePool,
}

impl Db {
    /// Opens or makes the file at `path` and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on disk before it is answered: a 202 means durable.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .optimize_on_close(true, None);
        let write = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        sqlx::migrate!().run(&write).await?;
        let read = SqlitePoolOptions::new().max_connections(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { write, read })
    }

    /// A write transaction. It holds the only writer: keep it short, and never over the network.
    pub async fn begin(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// The writer itself, for what sets its own durability.
    pub(crate) const fn writer(&self) -> &SqlitePool {
        &self.write
    }

    /// The readers.
    pub const fn read(&self) -> &SqlitePool {
        &self.read
    }

    /// Closes all connections, so that the log is folded into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A cursor for lists that run from the newest id to the oldest.
pub fn page_limit(limit: Option<u32>) -> u32 {
    limit.unwrap_or(hookboard_api::limits::DEFAULT_PAGE).clamp(1, hookboard_api::limits::MAX_PAGE)
}

/// Takes the row over that tells whether there is a next page, and names where it starts.
pub fn cut_page<T>(mut items: Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> hookboard_api::list::List<T> {
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = if more { items.last().map(id) } else { None };
    hookboard_api::list::List { items, next_cursor, total: None }
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    Ok(serde_json::from_str(text)?)
}

/// Writes a JSON column.
pub(crate) fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value)?)
}

/// Shorthand for a connection or transaction of the writer.
pub type Conn = SqliteConnection;
