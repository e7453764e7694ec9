//! A query with what is bound to it, and the way to run it on either database.

use std::borrow::Cow;
use std::marker::PhantomData;

use sqlx::postgres::PgArguments;
use sqlx::query::Query as Prepared;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Postgres, Sqlite};

use super::borrowed::{Borrowed, answered};
use super::connection::{Conn, Pool};
use super::dialect;
use super::row::{Column, FromRow, Row};
use super::value::{Bind, Kind, Value};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// Where a query runs.
pub enum Target<'t> {
    /// On any connection of a pool.
    Pool(&'t Pool),
    /// On this one.
    Conn(&'t mut Conn),
}

impl<'t> From<&'t Pool> for Target<'t> {
    fn from(pool: &'t Pool) -> Self {
        Self::Pool(pool)
    }
}

impl<'t> From<&'t mut Conn> for Target<'t> {
    fn from(conn: &'t mut Conn) -> Self {
        Self::Conn(conn)
    }
}

/// A statement with what is bound to it.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing before it is run"]
pub struct Query<'q> {
    sql: Cow<'static, str>,
    values: Vec<Value<'q>>,
}

/// A statement. Its text is the program's own: what comes from outside is bound.
pub fn query<'q>(sql: impl Into<Cow<'static, str>>) -> Query<'q> {
    Query { sql: sql.into(), values: Vec::new() }
}

/// A statement whose rows are read as `R`.
pub fn query_as<'q, R: FromRow>(sql: impl Into<Cow<'static, str>>) -> QueryAs<'q, R> {
    QueryAs { query: query(sql), rows: PhantomData }
}

/// A statement whose rows have one column.
pub fn query_scalar<'q, T: Column>(sql: impl Into<Cow<'static, str>>) -> QueryScalar<'q, T> {
    QueryScalar(query_as(sql))
}

/// Runs a query on whichever database `target` is of; `$method` is sqlx's.
macro_rules! run {
    ($query:expr, $target:expr, $method:ident) => {{
        let query = $query;
        match $target.into() {
            Target::Pool(Pool::Sqlite(pool)) => query.sqlite().$method(pool).await.map(Ran::Sqlite),
            Target::Conn(Conn::Sqlite(held)) => query.sqlite().$method(held.driver()).await.map(Ran::Sqlite),
            Target::Pool(Pool::Postgres(pool)) => answered(async {
                let mut borrowed = Borrowed::of(pool).await?;
                query.postgres().$method(borrowed.driver()).await
            })
            .await
            .map(Ran::Postgres),
            Target::Conn(Conn::Postgres(borrowed)) => {
                answered(query.postgres().$method(borrowed.driver())).await.map(Ran::Postgres)
            }
        }
    }};
}

/// What one or the other answers.
enum Ran<S, P> {
    Sqlite(S),
    Postgres(P),
}

impl<'q> Query<'q> {
    /// Binds the next value.
    pub fn bind(mut self, value: impl Bind<'q>) -> Self {
        self.values.push(value.value());
        self
    }

    fn sqlite(self) -> Prepared<'static, Sqlite, SqliteArguments> {
        let mut prepared = sqlx::query(AssertSqlSafe(self.sql));
        for value in self.values {
            prepared = match value {
                Value::Null(_) => prepared.bind(None::<i64>),
                Value::Int(number) => prepared.bind(number),
                Value::Real(number) => prepared.bind(number),
                Value::Bool(is) => prepared.bind(is),
                Value::Text(text) => prepared.bind(text.into_owned()),
                Value::Bytes(bytes) => prepared.bind(bytes.into_owned()),
            };
        }
        prepared
    }

    fn postgres(self) -> Prepared<'static, Postgres, PgArguments> {
        let mut prepared = sqlx::query(AssertSqlSafe(dialect::postgres(&self.sql)));
        for value in self.values {
            prepared = match value {
                Value::Null(Kind::Int) => prepared.bind(None::<i64>),
                Value::Null(Kind::Real) => prepared.bind(None::<f64>),
                Value::Null(Kind::Bool) => prepared.bind(None::<bool>),
                Value::Null(Kind::Text) => prepared.bind(None::<&str>),
                Value::Null(Kind::Bytes) => prepared.bind(None::<Vec<u8>>),
                Value::Int(number) => prepared.bind(number),
                Value::Real(number) => prepared.bind(number),
                Value::Bool(is) => prepared.bind(is),
                // Postgres's texts hold no NUL.
                Value::Text(text) if text.contains('\0') => prepared.bind(text.replace('\0', "\u{fffd}")),
                Value::Text(text) => prepared.bind(text.as_ref()),
                Value::Bytes(bytes) => prepared.bind(bytes.as_ref()),
            };
        }
        prepared
    }

    /// Runs it. How many rows it changed.
    pub async fn execute<'t>(self, target: impl Into<Target<'t>>) -> Result<u64> {
        Ok(match run!(self, target, execute)? {
            Ran::Sqlite(done) => done.rows_affected(),
            Ran::Postgres(done) => done.rows_affected(),
        })
    }

    /// All rows.
    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<Row>> {
        Ok(match run!(self, target, fetch_all)? {
            Ran::Sqlite(rows) => rows.into_iter().map(Row::Sqlite).collect(),
            Ran::Postgres(rows) => rows.into_iter().map(Row::Postgres).collect(),
        })
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<Row>> {
        Ok(match run!(self, target, fetch_optional)? {
            Ran::Sqlite(row) => row.map(Row::Sqlite),
            Ran::Postgres(row) => row.map(Row::Postgres),
        })
    }
}

/// A statement whose rows are read as `R`.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing before it is run"]
pub struct QueryAs<'q, R> {
    query: Query<'q>,
    rows: PhantomData<fn() -> R>,
}

impl<'q, R: FromRow> QueryAs<'q, R> {
    /// Binds the next value.
    pub fn bind(mut self, value: impl Bind<'q>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    /// All rows.
    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<R>> {
        self.query.fetch_all(target).await?.iter().map(R::from_row).collect()
    }

    /// The first row, if there is one.
    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<R>> {
        self.query.fetch_optional(target).await?.as_ref().map(R::from_row).transpose()
    }

    /// The first row.
    pub async fn fetch_one<'t>(self, target: impl Into<Target<'t>>) -> Result<R> {
        self.fetch_optional(target).await?.ok_or(sqlx::Error::RowNotFound)
    }
}

/// A statement whose rows have one column.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing before it is run"]
pub struct QueryScalar<'q, T>(QueryAs<'q, (T,)>);

impl<'q, T: Column> QueryScalar<'q, T> {
    /// Binds the next value.
    pub fn bind(self, value: impl Bind<'q>) -> Self {
        Self(self.0.bind(value))
    }

    /// The column of all rows.
    pub async fn fetch_all<'t>(self, target: impl Into<Target<'t>>) -> Result<Vec<T>> {
        Ok(self.0.fetch_all(target).await?.into_iter().map(|(column,)| column).collect())
    }

    /// The column of the first row, if there is one.
    pub async fn fetch_optional<'t>(self, target: impl Into<Target<'t>>) -> Result<Option<T>> {
        Ok(self.0.fetch_optional(target).await?.map(|(column,)| column))
    }

    /// The column of the first row.
    pub async fn fetch_one<'t>(self, target: impl Into<Target<'t>>) -> Result<T> {
        Ok(self.0.fetch_one(target).await?.0)
    }
}

/// A statement that is put together piece by piece.
#[derive(Debug)]
pub struct Builder {
    sql: String,
    values: Vec<Value<'static>>,
}

impl Builder {
    /// Begins with a text.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), values: Vec::new() }
    }

    /// Whether there is no text yet.
    pub const fn is_empty(&self) -> bool {
        self.sql.is_empty()
    }

    /// Adds a text of the program's own.
    pub fn push(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a text that is put together of the program's own.
    pub(crate) fn push_text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value.
    pub fn push_bind<'v>(&mut self, value: impl Bind<'v>) -> &mut Self {
        self.sql.push('?');
        self.values.push(value.value().into_owned());
        self
    }

    /// Adds values with `, ` between them.
    pub fn push_list<'v, T: Bind<'v>>(&mut self, values: impl IntoIterator<Item = T>) -> &mut Self {
        for (index, value) in values.into_iter().enumerate() {
            self.push(if index > 0 { ", " } else { "" }).push_bind(value);
        }
        self
    }

    /// The statement.
    pub fn build(self) -> Query<'static> {
        Query { sql: self.sql.into(), values: self.values }
    }

    /// The statement, its rows read as `R`.
    pub fn build_as<R: FromRow>(self) -> QueryAs<'static, R> {
        QueryAs { query: self.build(), rows: PhantomData }
    }
}
