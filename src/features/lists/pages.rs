//! Lists that are read page by page, and how they follow what happens without moving under the reader.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use hookboard_api::list::List;
use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use crate::{
    client::{ApiError, Client, Remote},
    ui::{
        board::{ListState, Listing},
        overlay::after_paint,
    },
};

/// A list that is read page by page: the first page is kept up to date, later ones are asked for.
pub struct Pages<T: Send + Sync + 'static> {
    shown: Memo<Shown<T>>,
    drawn: RwSignal<Drawn>,
    listing: Listing,
    id: fn(&T) -> &str,
}

impl<T: Send + Sync + 'static> Clone for Pages<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Pages<T> {}

/// Which list: its address, and how often the reader has asked to see what is new.
type Which = (Option<String>, usize);

/// Rows that are drawn at once where another list takes a list's place, so that a filter answers while a key
/// is pressed: as many as a screen holds. The others follow, as many at a time, each time once a frame shows.
const AT_ONCE: usize = 10;

/// How far a list is drawn: the first so many of its rows.
#[derive(Clone, PartialEq)]
struct Drawn {
    of: Which,
    rows: usize,
}

/// The pages after the first of one list.
#[derive(Clone)]
struct Later<T> {
    of: Which,
    /// Where the first page ended when they were asked for.
    follows: Option<String>,
    pages: Vec<Arc<List<T>>>,
}

/// What shows of a list.
#[derive(Clone, PartialEq)]
struct Shown<T> {
    of: Which,
    rows: Vec<T>,
    /// How many are new and wait.
    waiting: usize,
}

impl<T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static> Pages<T> {
    /// The list at `path`, which has a query already (`?…`); `id` tells its rows apart. While `held`, new
    /// rows wait until the reader asks for them. `failed` is told why a later page did not come.
    pub fn new(
        client: Client,
        path: impl Fn() -> String + Send + Sync + 'static,
        id: fn(&T) -> &str,
        held: impl Fn() -> bool + Copy + Send + Sync + 'static,
        failed: impl Fn(ApiError) + Copy + Send + Sync + 'static,
    ) -> Self {
        let path = Memo::new(move |_| Some(path()));
        let first = client.query::<List<T>>(move || path.get());
        let asked = RwSignal::new(0_usize);
        let which = Memo::new(move |_| (path.get(), asked.get()));
        let later = RwSignal::new(Later::<T> { of: (None, 0), follows: None, pages: Vec::new() });
        let loading = RwSignal::new(false);
        let own_later = move || {
            let which = which.get();
            later.with(|later| if later.of == which { later.pages.clone() } else { Vec::new() })
        };
        let first_cursor = Memo::new(move |_| first.with(|first| first.value.as_ref()?.next_cursor.clone()));
        // The first page ends elsewhere than when those after it were asked for: rows between may be missing.
        let has_gap = move || {
            let cursor = first_cursor.get();
            !own_later().is_empty() && later.with(|later| later.follows != cursor)
        };
        let shown = Memo::new(move |old: Option<&Shown<T>>| {
            let (remote, of) = (first.get(), which.get());
            match old {
                // The list before stays until this one comes.
                Some(old) if !remote.is_current => return old.clone(),
                None if !remote.is_current => return Shown { of: (None, 0), rows: Vec::new(), waiting: 0 },
                _ => {}
            }
            let mut seen = HashSet::new();
            let pages = remote.value.into_iter().chain(own_later());
            let rows: Vec<T> = pages.flat_map(|page| page.items.clone()).collect();
            let fresh: Vec<T> = rows.into_iter().filter(|row| seen.insert(id(row).to_owned())).collect();
            match old.filter(|old| old.of == of && !old.rows.is_empty() && (has_gap() || held())) {
                Some(old) => {
                    let (rows, waiting) = keep_place(&old.rows, fresh, id);
                    Shown { of, rows, waiting }
                }
                None => Shown { of, rows: fresh, waiting: 0 },
            }
        });
        let cursor = Memo::new(move |_| match own_later().last() {
            Some(page) => page.next_cursor.clone(),
            None => first_cursor.get(),
        });
        // Asks for `count` pages from `cursor` on; they follow the first `keep` of those that are there.
        let load = move |mut cursor: Option<String>, count: usize, keep: usize| {
            let which = which.get_untracked();
            let Some(path) = which.0.clone().filter(|_| !loading.get_untracked()) else { return };
            let mut pages = untrack(own_later);
            pages.truncate(keep);
            let follows = match keep {
                0 => cursor.clone(),
                _ => later.with_untracked(|later| later.follows.clone()),
            };
            loading.set(true);
            spawn_local(async move {
                let mut is_cut = false;
                for _ in 0..count {
                    let Some(from) = cursor.take() else { break };
                    match client.get::<List<T>>(&format!("{path}&cursor={from}")).await {
                        Ok(page) => {
                            cursor.clone_from(&page.next_cursor);
                            pages.push(Arc::new(page));
                        }
                        Err(error) => {
                            failed(error);
                            is_cut = true;
                            break;
                        }
                    }
                }
                loading.try_set(false);
                // Pages that were there stay until all that take their place have come.
                if !is_cut {
                    later.try_set(Later { of: which, follows, pages });
                }
            });
        };
        // The pages after the first follow it, once nobody reads them just now.
        Effect::new(move || {
            first.track();
            if untrack(has_gap) && !held() {
                load(first_cursor.get_untracked(), untrack(own_later).len(), 0);
            }
        });
        let state = Memo::new(move |_| {
            let (rows, waiting) = shown.with(|shown| (shown.rows.len(), shown.waiting));
            first.with(|first| ListState {
                failed: first.error.as_ref().map(ApiError::words),
                busy: first.busy,
                rows: first.value.is_some().then_some(rows),
                total: first.value.as_ref().and_then(|list| list.total),
                waiting,
                has_more: cursor.with(Option::is_some),
                loading: loading.get(),
            })
        });
        let listing = Listing {
            state: state.into(),
            retry: Callback::new(move |()| {
                if let Some(path) = path.get_untracked() {
                    client.refresh(&path);
                }
            }),
            more: Callback::new(move |()| load(cursor.get_untracked(), 1, untrack(own_later).len())),
            show_new: Callback::new(move |()| asked.update(|asked| *asked += 1)),
        };
        // What is about to be replaced need not be drawn.
        let is_asked = Signal::derive(move || first.with(|first| first.busy));
        let drawn = RwSignal::new(Drawn { of: (None, 0), rows: usize::MAX });
        Effect::new(move || {
            let (of, rows) = shown.with(|shown| (shown.of.clone(), shown.rows.len()));
            if drawn.with_untracked(|drawn| drawn.of != of) {
                drawn.set(Drawn { of: of.clone(), rows: AT_ONCE });
                draw_on(drawn, of, rows, is_asked);
            }
        });
        Self { shown, drawn, listing, id }
    }

    /// Ids of all rows, those that are yet to be drawn included.
    pub fn ids(&self) -> Vec<String> {
        self.shown.with(|shown| shown.rows.iter().map(|row| (self.id)(row).to_owned()).collect())
    }

    /// The rows that are drawn; none while the first page has not come.
    pub fn rows(&self) -> Vec<T> {
        self.shown.with(|shown| {
            let drawn = self.drawn.with(|drawn| if drawn.of == shown.of { drawn.rows } else { AT_ONCE });
            shown.rows[..drawn.min(shown.rows.len())].to_vec()
        })
    }

    /// How the list has come along.
    pub const fn listing(&self) -> Listing {
        self.listing
    }
}

/// Draws the rest of a list that has begun with some of its `count` rows, unless another takes its place. Waits
/// while the list is asked for.
fn draw_on(drawn: RwSignal<Drawn>, of: Which, count: usize, is_asked: Signal<bool>) {
    after_paint(move || {
        let Some(rows) = drawn.try_with_untracked(|drawn| (drawn.of == of).then_some(drawn.rows)).flatten() else {
            return;
        };
        if is_asked.get_untracked() {
            return draw_on(drawn, of, count, is_asked);
        }
        let rows = rows + AT_ONCE;
        // Rows that come to a list that is drawn, by a further page say, show at once.
        let is_whole = rows >= count;
        drawn.set(Drawn { of: of.clone(), rows: if is_whole { usize::MAX } else { rows } });
        if !is_whole {
            draw_on(drawn, of, count, is_asked);
        }
    });
}

/// A list that comes whole: its rows, and how it has come along. No path, no call.
pub fn whole_list<T: DeserializeOwned + Clone + PartialEq + Send + Sync + 'static>(
    client: Client,
    path: impl Fn() -> Option<String> + Send + Sync + 'static,
) -> (Memo<Vec<T>>, Listing) {
    let path = Memo::new(move |_| path());
    let list: Signal<Remote<List<T>>> = client.query(move || path.get());
    let rows =
        Memo::new(move |_| list.with(|list| list.value.as_ref().map(|list| list.items.clone())).unwrap_or_default());
    let state = Memo::new(move |_| {
        list.with(|list| ListState {
            failed: list.error.as_ref().map(ApiError::words),
            busy: list.busy,
            rows: list.value.as_ref().map(|list| list.items.len()),
            ..ListState::default()
        })
    });
    let listing = Listing {
        state: state.into(),
        retry: Callback::new(move |()| {
            if let Some(path) = path.get_untracked() {
                client.refresh(&path);
            }
        }),
        more: Callback::new(|()| ()),
        show_new: Callback::new(|()| ()),
    };
    (rows, listing)
}

/// The rows that were there, as they are now, and those that are older; and how many newer ones there are.
fn keep_place<T: Clone>(old: &[T], fresh: Vec<T>, id: fn(&T) -> &str) -> (Vec<T>, usize) {
    let known: HashSet<String> = old.iter().map(|row| id(row).to_owned()).collect();
    let last = fresh.iter().rposition(|row| known.contains(id(row)));
    let (around, older) = fresh.split_at(last.map_or(fresh.len(), |last| last + 1));
    let waiting = around.iter().filter(|row| !known.contains(id(row))).count();
    let now: HashMap<String, usize> =
        around.iter().enumerate().map(|(index, row)| (id(row).to_owned(), index)).collect();
    let rows = old.iter().map(|row| now.get(id(row)).map_or(row, |index| &around[*index]).clone());
    (rows.chain(older.iter().cloned()).collect(), waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(old: &[&'static str], fresh: &[&'static str]) -> (String, usize) {
        // The first letter tells rows apart.
        let (rows, waiting) = keep_place(old, fresh.to_vec(), |row| &row[..1]);
        (rows.join(" "), waiting)
    }

    #[test]
    fn new_rows_wait_while_changed_and_older_ones_show() {
        assert_eq!(kept(&["c", "b"], &["e", "d", "c2", "b", "a"]), ("c2 b a".to_owned(), 2));
        assert_eq!(kept(&["c", "b"], &["f", "e", "d"]), ("c b".to_owned(), 3));
        assert_eq!(kept(&["c", "b"], &["c", "b"]), ("c b".to_owned(), 0));
    }
}
