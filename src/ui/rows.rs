//! Rows that change in place: the row stays, and with it focus and open menus; what it shows follows.

use leptos::prelude::*;

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
