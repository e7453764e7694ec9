//! One text of SQL for both databases.
//!
//! Queries are written as SQLite reads them, with `?` or `?1` for what is bound. [`dialect`] says what
//! Postgres reads instead; what the two name apart (`json_each` and the like) is made in Postgres by its
//! first migration.

mod borrowed;
mod connection;
mod dialect;
mod query;
mod row;
mod value;

pub use borrowed::{Borrowed, postgres_pool};
pub use connection::{Conn, Connection, Pool, Transaction};
pub use query::{Builder, Query, QueryAs, QueryScalar, Target, query, query_as, query_scalar};
pub use row::{Column, FromRow, Row};
pub use value::{Bind, Kind, Value};
