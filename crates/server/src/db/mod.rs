//! The database: one SQLite file, one writer, many readers.
//!
//! Writes go through a pool of one connection and begin with `BEGIN IMMEDIATE`: a deferred
//! transaction that turns to writing gets `SQLITE_BUSY_SNAPSHOT`, which no timeout covers.

pub mod accounts;
pub mod attention;
pub mod audit;
pub mod automations;
pub mod backtest;
pub mod catalogue;
pub mod deliveries;
pub mod events;
pub mod figures;
pub mod intake;
pub mod queue;
pub mod retention;
pub mod secrets;
pub mod sources;
pub mod webhooks;

use std::path::Path;
use std::time::Duration;

use hookboard_api::list::List;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

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

/// Which page of a list that runs from the newest row to the oldest.
#[derive(Debug, Clone, Copy)]
pub struct Page<C = Uuid> {
    /// The last row of the page before.
    pub after: Option<C>,
    /// Rows of the page.
    pub limit: u32,
}

impl<C> Page<C> {
    /// One row more than the page has tells whether there is a next one.
    const fn rows(&self) -> u32 {
        self.limit + 1
    }

    /// Takes the row over, and names where the next page starts.
    pub fn cut<T>(&self, mut items: Vec<T>, cursor: impl Fn(&T) -> String) -> List<T> {
        let more = items.len() > self.limit as usize;
        items.truncate(self.limit as usize);
        let next_cursor = if more { items.last().map(cursor) } else { None };
        List { items, next_cursor, total: None }
    }
}

impl Page {
    /// Ends `query`, whose condition has begun, with the rows of the page.
    fn push(&self, query: &mut QueryBuilder<Sqlite>, id_column: &str) {
        if let Some(after) = self.after {
            query.push(" AND ").push(id_column).push(" < ").push_bind(after.to_string());
        }
        query.push(" ORDER BY ").push(id_column).push(" DESC LIMIT ").push_bind(self.rows());
    }
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
