//! The database: a SQLite file of one process, or a Postgres database of many.
//!
//! SQLite has one writer and many readers; what writes begins with `BEGIN IMMEDIATE`: a deferred transaction that
//! turns to writing gets `SQLITE_BUSY_SNAPSHOT`, which no timeout covers. In Postgres, what is taken in and what
//! people change stand under one advisory lock, so that both databases see the same order; sending does not.

pub mod accounts;
pub mod attention;
pub mod audit;
pub mod automations;
pub mod backtest;
pub mod batch;
pub mod catalogue;
pub mod deliveries;
pub mod events;
pub mod figures;
pub mod generation;
pub mod idempotency;
pub mod intake;
pub mod lent;
pub mod queue;
pub mod retention;
pub mod secrets;
pub mod sources;
pub mod sql;
pub mod watchers;
pub mod webhooks;

use std::path::Path;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookboard_api::list::List;
use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::failure::Failure;

pub use sql::{Conn, Connection, Pool, Transaction};

/// What database calls answer.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Readers at once; SQLite's WAL lets them read beside the writer.
const READERS: u32 = 4;
/// Connections that write to Postgres, of one process.
const WRITERS: u32 = 8;
/// Most connections of one process to Postgres: readers, writers, the one whose commits may be lost (`lax`), and
/// the one that hears of other processes (`relay.rs`).
pub(crate) const CONNECTIONS: u32 = READERS + WRITERS + 2;
/// How long a connection may take to get, or SQLite's lock.
const PATIENCE: Duration = Duration::from_secs(10);
/// How soon a connection that was refused is tried again at the start.
const AGAIN: Duration = Duration::from_millis(250);

/// Postgres's advisory locks of this program.
#[derive(Debug, Clone, Copy)]
enum Lock {
    /// Held by what is taken in and by what people change: one after another, as with SQLite.
    Writer = 0x686f_6f6b,
    /// Held while deliveries are claimed.
    Claim = 0x686f_6f6c,
}

/// The database.
#[derive(Debug, Clone)]
pub struct Db {
    write: Pool,
    /// A writer whose commits do not wait for the disk.
    lax: Pool,
    read: Pool,
    /// Whose turn it is to write, of this process: SQLite's own lock is waited for by sleeping, and Postgres's would be
    /// waited for with a connection each.
    turn: Arc<Mutex<()>>,
}

impl Db {
    /// Opens or makes the SQLite file at `path` and brings its schema up to date.
    pub async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A commit is on disk before it is answered: a 202 means durable.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .optimize_on_close(true, None);
        // A full disk ends a transaction behind the driver's back, and then it refuses to begin another one.
        let pool = |connections| {
            let options = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(PATIENCE);
            options.before_acquire(move |connection, _| {
                let is_free = !connection.is_in_transaction();
                Box::pin(async move { Ok(is_free) })
            })
        };
        let write = pool(1).connect_with(options.clone()).await?;
        sqlx::migrate!("migrations/sqlite").run(&write).await?;
        let lax = pool(1).connect_with(options.clone().synchronous(SqliteSynchronous::Normal)).await?;
        let read = pool(READERS).connect_with(options.read_only(true)).await?;
        Ok(Self { write: Pool::Sqlite(write), lax: Pool::Sqlite(lax), read: Pool::Sqlite(read), turn: Arc::default() })
    }

    /// Connects to the Postgres database at `url` and brings its schema up to date. Several processes may do so
    /// at once.
    pub async fn connect(url: &str) -> Result<Self, sqlx::Error> {
        let options = postgres(url)?.application_name("hookboard");
        reach(&options).await?;
        let pool = |connections| sql::postgres_pool().max_connections(connections).acquire_timeout(PATIENCE);
        let schema = pool(1).connect_with(options.clone()).await?;
        let durable: String = sqlx::query_scalar("SHOW synchronous_commit").fetch_one(&schema).await?;
        if durable == "off" {
            return Err(sqlx::Error::Configuration(
                "synchronous_commit is off, so that accepted events could be lost. Set it to on for this database"
                    .into(),
            ));
        }
        sqlx::migrate!("migrations/postgres").run(&schema).await?;
        schema.close().await;
        // A process that stops within a transaction, or is cut off, does not keep the others from writing.
        let options = options.options([
            ("lock_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "30s"),
            ("tcp_keepalives_idle", "15"),
            ("tcp_keepalives_interval", "5"),
            ("tcp_keepalives_count", "3"),
        ]);
        let write = pool(WRITERS).connect_with(options.clone()).await?;
        let lax = pool(1).connect_with(options.clone().options([("synchronous_commit", "off")])).await?;
        let read = pool(READERS).connect_with(options.options([("default_transaction_read_only", "on")])).await?;
        Ok(Self {
            write: Pool::Postgres(write),
            lax: Pool::Postgres(lax),
            read: Pool::Postgres(read),
            turn: Arc::default(),
        })
    }

    /// The pool of a database that other processes may use too.
    pub fn shared_pool(&self) -> Option<PgPool> {
        match &self.write {
            Pool::Postgres(pool) => Some(pool.clone()),
            Pool::Sqlite(_) => None,
        }
    }

    /// Whether other processes may use the database too.
    pub const fn is_shared(&self) -> bool {
        matches!(self.read, Pool::Postgres(_))
    }

    /// A transaction that writes what is taken in or what people change. There is one at a time, over all
    /// processes: keep it short, and never over the network.
    pub async fn begin(&self) -> Result<Transaction> {
        self.begin_locked(&self.write, Some(Lock::Writer)).await
    }

    /// Whether what is written is taken: Postgres begins transactions also where it is read-only.
    pub async fn takes_writers(&self) -> Result<bool> {
        let mut transaction = self.begin().await?;
        if !transaction.is_postgres() {
            return Ok(true);
        }
        let read_only: String = sql::query_scalar("SHOW transaction_read_only").fetch_one(&mut *transaction).await?;
        Ok(read_only == "off")
    }

    /// A transaction that claims deliveries, one at a time over all processes. It may be lost in a crash, as if
    /// it had not been: the next commit that waits for the disk carries it along.
    pub async fn begin_claim(&self) -> Result<Transaction> {
        self.begin_locked(&self.lax, Some(Lock::Claim)).await
    }

    /// A transaction that changes deliveries under its lease.
    pub async fn begin_leased(&self) -> Result<Transaction> {
        self.begin_locked(&self.write, None).await
    }

    async fn begin_locked(&self, pool: &Pool, lock: Option<Lock>) -> Result<Transaction> {
        let turn = if !self.is_shared() || matches!(lock, Some(Lock::Writer)) {
            // Who waits behind others that wait for the lock is refused as soon as those are.
            let turn = tokio::time::timeout(PATIENCE, Arc::clone(&self.turn).lock_owned()).await;
            Some(turn.map_err(|_| sqlx::Error::PoolTimedOut)?)
        } else {
            None
        };
        let mut transaction = pool.begin(turn).await?;
        if let (Some(lock), true) = (lock, transaction.is_postgres()) {
            sql::query("SELECT pg_advisory_xact_lock(?)").bind(lock as i64).execute(&mut *transaction).await?;
        }
        Ok(transaction)
    }

    /// The readers.
    pub const fn read(&self) -> &Pool {
        &self.read
    }

    /// Closes all connections, so that SQLite's log is folded into the file.
    pub async fn close(&self) {
        self.read.close().await;
        self.lax.close().await;
        self.write.close().await;
    }
}

/// What a URL of a Postgres database says.
pub(crate) fn postgres(url: &str) -> Result<PgConnectOptions, sqlx::Error> {
    if ["postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
        PgConnectOptions::from_str(url)
    } else {
        Err(sqlx::Error::Configuration("it does not start with postgres://".into()))
    }
}

/// Waits for a server that is just starting, and tells what refused the connection: the pool would only say that its
/// patience ended.
async fn reach(options: &PgConnectOptions) -> Result<(), sqlx::Error> {
    let begin = Instant::now();
    loop {
        let left = PATIENCE.saturating_sub(begin.elapsed());
        match tokio::time::timeout(left, PgConnection::connect_with(options)).await {
            Ok(Ok(connection)) => return connection.close().await,
            Ok(Err(sqlx::Error::Io(_))) if left > AGAIN => tokio::time::sleep(AGAIN).await,
            Ok(Err(error)) => return Err(error),
            Err(_) => return Err(sqlx::Error::PoolTimedOut),
        }
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
    fn push(&self, query: &mut sql::Builder, id_column: &'static str) {
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
