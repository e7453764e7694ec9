//! What a query answers.

use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, TypeInfo as _, ValueRef as _};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// A row of one of the databases.
pub enum Row {
    /// Of SQLite.
    Sqlite(SqliteRow),
    /// Of Postgres.
    Postgres(PgRow),
}

impl Row {
    /// The column at `at`, counted from 0.
    pub fn try_get<T: Column>(&self, at: usize) -> Result<T> {
        T::get(self, at)
    }
}

/// What a column can be read as.
pub trait Column: Sized {
    /// Reads the column at `at`.
    fn get(row: &Row, at: usize) -> Result<Self>;
}

macro_rules! column {
    ($($type:ty),*) => {
        $(impl Column for $type {
            fn get(row: &Row, at: usize) -> Result<Self> {
                match row {
                    Row::Sqlite(row) => row.try_get(at),
                    Row::Postgres(row) => row.try_get(at),
                }
            }
        })*
    };
}

column!(String, bool, f64, Vec<u8>);

impl Column for i64 {
    fn get(row: &Row, at: usize) -> Result<Self> {
        match row {
            Row::Sqlite(row) => row.try_get(at),
            // A number that is written in a query is of the smaller type.
            Row::Postgres(row) if row.try_get_raw(at)?.type_info().name() == "INT4" => {
                Ok(Self::from(row.try_get::<i32, _>(at)?))
            }
            Row::Postgres(row) => row.try_get(at),
        }
    }
}

macro_rules! narrower {
    ($($type:ty),*) => {
        $(impl Column for $type {
            fn get(row: &Row, at: usize) -> Result<Self> {
                let wide = i64::get(row, at)?;
                Self::try_from(wide).map_err(|error| sqlx::Error::ColumnDecode { index: at.to_string(), source: error.into() })
            }
        })*
    };
}

narrower!(u32, u16);

impl<T: Column> Column for Option<T> {
    fn get(row: &Row, at: usize) -> Result<Self> {
        let is_null = match row {
            Row::Sqlite(row) => row.try_get_raw(at)?.is_null(),
            Row::Postgres(row) => row.try_get_raw(at)?.is_null(),
        };
        if is_null { Ok(None) } else { T::get(row, at).map(Some) }
    }
}

/// What a whole row can be read as.
pub trait FromRow: Sized {
    /// Reads the row, column by column.
    fn from_row(row: &Row) -> Result<Self>;
}

macro_rules! tuple {
    ($($name:ident $at:tt),*) => {
        impl<$($name: Column),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row) -> Result<Self> {
                Ok(($($name::get(row, $at)?,)*))
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
