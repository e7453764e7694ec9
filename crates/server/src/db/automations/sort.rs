//! The order of a list of automations, and where a page of it starts.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hookboard_api::automation::Sort;
use uuid::Uuid;

use crate::db::webhooks::has_result;
use crate::db::{Conn, Page, Result, sql};

/// What the order goes by; ties go by id.
const fn key(sort: Sort) -> &'static str {
    match sort {
        Sort::Created | Sort::Newest => "automations.id",
        Sort::Name | Sort::NameBackwards => "lower(automations.name)",
        // Ids carry their time. The same results that a list shows.
        Sort::Fired | Sort::LastFired => concat!(
            "coalesce((SELECT max(deliveries.id) FROM deliveries WHERE automation_id = automations.id AND ",
            has_result!(),
            "), '')"
        ),
    }
}

const fn is_descending(sort: Sort) -> bool {
    matches!(sort, Sort::Newest | Sort::NameBackwards | Sort::LastFired)
}

/// The last row of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cursor {
    /// Of a list by creation.
    Created(Uuid),
    /// Of another one: the order, the row's key and its id.
    Keyed(Sort, String, Uuid),
}

impl Cursor {
    /// Of the row `id` in a list in the order of `sort`.
    pub(super) fn of(sort: Sort, id: &str, key: &str) -> Self {
        let id = id.parse().unwrap_or_default();
        match sort {
            Sort::Created | Sort::Newest => Self::Created(id),
            sort => Self::Keyed(sort, key.to_owned(), id),
        }
    }

    /// Whether it is of a list in this order.
    pub fn is_of(&self, sort: Sort) -> bool {
        match self {
            Self::Created(_) => matches!(sort, Sort::Created | Sort::Newest),
            Self::Keyed(own, ..) => *own == sort,
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created(id) => id.fmt(f),
            Self::Keyed(sort, key, id) => {
                let json = serde_json::to_vec(&(sort, key, id.to_string())).map_err(|_| fmt::Error)?;
                f.write_str(&BASE64_URL_SAFE_NO_PAD.encode(json))
            }
        }
    }
}

/// It is not of the form of a cursor.
#[derive(Debug)]
pub struct NoCursor;

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Created(id));
        }
        let json = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| NoCursor)?;
        let (sort, key, id): (Sort, String, String) = serde_json::from_slice(&json).map_err(|_| NoCursor)?;
        Ok(Self::Keyed(sort, key, id.parse().map_err(|_| NoCursor)?))
    }
}

/// Ids and keys of a page's rows, and of one more where there is one. `narrow` adds which automations.
pub(super) async fn places(
    conn: &mut Conn,
    sort: Sort,
    page: &Page<Cursor>,
    narrow: impl FnOnce(&mut sql::Builder),
) -> Result<Vec<(String, String)>> {
    let (order, beyond) = if is_descending(sort) { (" DESC", " < ") } else { ("", " > ") };
    let by_id = matches!(sort, Sort::Created | Sort::Newest);
    let mut query = sql::Builder::new("SELECT id, sort_key FROM (SELECT automations.id AS id, ");
    query.push(key(sort)).push(" AS sort_key ");
    narrow(&mut query);
    // Inside, where an index ends it; a key has to be there first.
    if let (true, Some(Cursor::Created(after))) = (by_id, &page.after) {
        query.push(" AND automations.id").push(beyond).push_bind(after.to_string());
    }
    if by_id {
        query.push(" ORDER BY automations.id").push(order).push(" LIMIT ").push_bind(page.rows());
    }
    query.push(") AS keyed");
    if let Some(Cursor::Keyed(_, key, id)) = &page.after {
        query.push(" WHERE (sort_key, id)").push(beyond).push("(").push_bind(key).push(", ");
        query.push_bind(id.to_string()).push(")");
    }
    query.push(" ORDER BY sort_key").push(order).push(", id").push(order).push(" LIMIT ").push_bind(page.rows());
    query.build_as().fetch_all(conn).await.map_err(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let id = Uuid::from_u128(7);
        for (cursor, sort) in [
            (Cursor::Created(id), Sort::Newest),
            (Cursor::Keyed(Sort::Name, "größe, \"λ\"".to_owned(), id), Sort::Name),
            (Cursor::Keyed(Sort::LastFired, String::new(), id), Sort::LastFired),
        ] {
            let text = cursor.to_string();
            assert_eq!(text.parse::<Cursor>().ok(), Some(cursor.clone()), "{text}");
            assert!(cursor.is_of(sort) && !cursor.is_of(Sort::Fired));
        }
        for text in ["", "junk", "7", "W10"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
