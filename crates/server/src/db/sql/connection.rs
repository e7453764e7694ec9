//! Pools, connections and transactions of either database.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{Sqlite, SqliteConnection};
use tokio::sync::OwnedMutexGuard;

use super::borrowed::{Borrowed, answered};
use super::query::query;

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A pool of connections.
#[derive(Debug, Clone)]
pub enum Pool {
    /// To a SQLite file.
    Sqlite(SqlitePool),
    /// To a Postgres database.
    Postgres(PgPool),
}

impl Pool {
    /// A connection, back in the pool when dropped.
    pub async fn acquire(&self) -> Result<Connection> {
        Ok(Connection(match self {
            Self::Sqlite(pool) => Conn::Sqlite(Held::Pooled(pool.acquire().await?)),
            Self::Postgres(pool) => Conn::Postgres(Borrowed::of(pool).await?),
        }))
    }

    /// A transaction that sees one state of the database and changes none.
    pub async fn snapshot(&self) -> Result<Transaction> {
        let conn = match self {
            Self::Sqlite(pool) => Conn::Sqlite(Held::Begun(pool.begin().await?)),
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Conn::Postgres(answered(Borrowed::begun(pool, begin)).await?)
            }
        };
        Ok(Transaction { conn, turn: None })
    }

    /// A transaction that writes. Where `turn` is given, it is held as long.
    pub(in crate::db) async fn begin(&self, turn: Option<OwnedMutexGuard<()>>) -> Result<Transaction> {
        let conn = match self {
            Self::Sqlite(pool) => Conn::Sqlite(Held::Begun(pool.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => Conn::Postgres(answered(Borrowed::begun(pool, "BEGIN")).await?),
        };
        Ok(Transaction { conn, turn })
    }

    /// Closes all connections.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A connection or transaction, as queries take it.
#[derive(Debug)]
pub enum Conn {
    /// To a SQLite file.
    Sqlite(Held),
    /// To a Postgres database.
    Postgres(Borrowed),
}

/// What a connection to a SQLite file was got as.
#[derive(Debug)]
pub enum Held {
    /// From a pool.
    Pooled(PoolConnection<Sqlite>),
    /// With a transaction.
    Begun(sqlx::Transaction<'static, Sqlite>),
}

impl Held {
    pub(super) fn driver(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Pooled(connection) => connection,
            Self::Begun(transaction) => transaction,
        }
    }
}

impl Conn {
    /// Whether it leads to Postgres.
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Marks a point to come back to within a transaction.
    pub async fn savepoint(&mut self) -> Result<()> {
        query("SAVEPOINT call").execute(self).await.map(drop)
    }

    /// Keeps what was done since the last point, or undoes it.
    pub async fn leave_savepoint(&mut self, keep: bool) -> Result<()> {
        if !keep {
            query("ROLLBACK TO SAVEPOINT call").execute(&mut *self).await?;
        }
        query("RELEASE SAVEPOINT call").execute(self).await.map(drop)
    }
}

/// A connection of a pool.
#[derive(Debug)]
pub struct Connection(Conn);

impl Deref for Connection {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.0
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.0
    }
}

/// A transaction: undone when it is dropped before [`Transaction::commit`].
#[derive(Debug)]
pub struct Transaction {
    // Before the turn: what was not committed is undone before the next one begins.
    conn: Conn,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Transaction {
    /// Keeps what was done.
    pub async fn commit(self) -> Result<()> {
        let Self { conn, turn } = self;
        match conn {
            Conn::Sqlite(Held::Begun(transaction)) => transaction.commit().await?,
            Conn::Postgres(borrowed) => answered(borrowed.commit()).await?,
            // None was begun.
            Conn::Sqlite(Held::Pooled(_)) => {}
        }
        drop(turn);
        Ok(())
    }
}

impl Deref for Transaction {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}
