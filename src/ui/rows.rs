//! Rows that change in place: the row stays, and with it focus and open menus; what it shows follows.

use std::{ops::Deref, sync::Arc};

use leptos::prelude::*;
use serde::{Deserialize, Deserializer};

/// What a row of a long list shows, read once and never copied.
#[derive(Debug)]
pub struct Row<T>(Arc<T>);

impl<T> Deref for Row<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for Row<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: PartialEq> PartialEq for Row<T> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Row<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Arc::new(value)))
    }
}

/// The row of `rows` that `is` tells, as it is now; as it was last, once it is gone.
pub fn follow<T>(rows: Memo<Vec<T>>, row: T, is: impl Fn(&T, &T) -> bool + Send + Sync + 'static) -> Memo<T>
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    Memo::new(move |old: Option<&T>| {
        let old = old.unwrap_or(&row);
        rows.with(|rows| rows.iter().find(|one| is(one, old)).cloned()).unwrap_or_else(|| old.clone())
    })
}
