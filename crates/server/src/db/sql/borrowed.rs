//! A connection to Postgres, borrowed from its pool.
//!
//! sqlx's pool waits without end for a connection that comes back, and counts it as in use as long: where the way
//! to the server is gone without a word, a pool of one connection would then never give one again. Here both are
//! bounded: what cannot be given back in time is closed.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, Postgres};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// How long Postgres may take to answer a statement. A machine that went away without a word would else be
/// waited for until the network gives up, a quarter of an hour later.
const ANSWER: Duration = Duration::from_secs(30);
/// How long a connection may take to show that it still leads to Postgres.
const PING: Duration = Duration::from_secs(2);
/// How long after its use a connection is taken to lead there without a look.
const FRESH: Duration = Duration::from_secs(1);

/// What Postgres answers in time.
pub(super) async fn answered<T>(answer: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(ANSWER, answer).await.unwrap_or_else(|_| {
        let words = format!("the database has not answered for {} s", ANSWER.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, words)))
    })
}

/// Options of a pool of connections to Postgres. One that does not answer after a rest is closed.
pub fn postgres_pool() -> PgPoolOptions {
    PgPoolOptions::new().test_before_acquire(false).before_acquire(|connection, about| {
        Box::pin(async move {
            if about.idle_for < FRESH {
                return Ok(true);
            }
            let ping = tokio::time::timeout(PING, connection.ping()).await;
            ping.unwrap_or(Err(sqlx::Error::PoolTimedOut)).map(|()| true)
        })
    })
}

/// A connection. When dropped, its transaction is undone, and it is given back.
#[derive(Debug)]
pub struct Borrowed {
    /// None only while it is dropped.
    connection: Option<PoolConnection<Postgres>>,
    in_transaction: bool,
}

impl Borrowed {
    /// One of `pool`.
    pub(super) async fn of(pool: &PgPool) -> Result<Self> {
        Ok(Self { connection: Some(pool.acquire().await?), in_transaction: false })
    }

    /// One of `pool`, with a transaction that `begin` begins.
    pub(super) async fn begun(pool: &PgPool, begin: &'static str) -> Result<Self> {
        let mut borrowed = Self::of(pool).await?;
        borrowed.in_transaction = true;
        borrowed.run(begin).await?;
        Ok(borrowed)
    }

    /// Keeps what the transaction did.
    pub(super) async fn commit(mut self) -> Result<()> {
        self.run("COMMIT").await?;
        self.in_transaction = false;
        Ok(())
    }

    #[allow(clippy::expect_used, reason = "it is there until it is dropped")]
    pub(super) fn driver(&mut self) -> &mut PgConnection {
        self.connection.as_mut().expect("a connection")
    }

    async fn run(&mut self, statement: &'static str) -> Result<()> {
        sqlx::raw_sql(statement).execute(self.driver()).await.map(drop)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(give_back(connection, self.in_transaction))),
            Err(_) => drop(connection.detach()),
        }
    }
}

async fn give_back(mut connection: PoolConnection<Postgres>, in_transaction: bool) {
    if in_transaction {
        let undone = tokio::time::timeout(PING, sqlx::raw_sql("ROLLBACK").execute(&mut *connection)).await;
        if !matches!(undone, Ok(Ok(_))) {
            drop(connection.detach());
            return;
        }
    }
    // What is dropped within is closed, and its place is free.
    let _ = tokio::time::timeout(PING, connection.return_to_pool()).await;
}
