//! Answers kept by address: shown at once while a newer one loads, asked for again when the server
//! says that something changed.

use std::{collections::HashMap, sync::Arc};

use leptos::{prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;

use super::{ApiError, Client, Remote, http::parse};

/// What is known of one address, as text: reading it into a type is the reader's.
#[derive(Clone, Default)]
struct Entry {
    text: Option<Arc<str>>,
    error: Option<ApiError>,
    busy: bool,
    /// Something changed while the call was under way: ask once more when it ends.
    again: bool,
    at: f64,
}

/// The answers of one mount.
#[derive(Clone, Copy)]
pub struct Cache {
    entries: StoredValue<HashMap<String, ArcRwSignal<Entry>>>,
    watched: StoredValue<HashMap<String, usize>>,
}

impl Default for Cache {
    fn default() -> Self {
        Self { entries: StoredValue::new(HashMap::new()), watched: StoredValue::new(HashMap::new()) }
    }
}

impl Cache {
    fn entry(self, path: &str) -> ArcRwSignal<Entry> {
        self.entries.try_update_value(|entries| entries.entry(path.to_owned()).or_default().clone()).unwrap_or_default()
    }

    fn is_watched(self, path: &str) -> bool {
        self.watched.with_value(|watched| watched.get(path).is_some_and(|count| *count > 0))
    }

    /// Forgets everything, for another reader.
    pub fn clear(self) {
        self.entries.update_value(HashMap::clear);
    }
}

impl Client {
    /// What `path` holds, for as long as the owner lives. The old value stays while a newer one
    /// loads, also when `path` changes. No path, no call.
    pub fn query<T>(&self, path: impl Fn() -> Option<String> + Send + Sync + 'static) -> Signal<Remote<T>>
    where
        T: DeserializeOwned + Send + Sync + 'static,
    {
        let client = *self;
        let path = Memo::new(move |_| path());
        self.watch(path);
        let remote = Memo::new(move |old: Option<&Remote<T>>| {
            let old = old.cloned().unwrap_or_default();
            let Some(path) = path.get() else { return Remote::default() };
            read(old, &client.cache().entry(&path).get())
        });
        remote.into()
    }

    /// Keeps what the path holds up to date while the owner lives.
    fn watch(&self, path: Memo<Option<String>>) {
        let client = *self;
        let last = StoredValue::new(None::<String>);
        Effect::new(move || {
            let path = path.get();
            client.unwatch(last.get_value().as_ref());
            if let Some(path) = &path {
                client.cache().watched.update_value(|watched| *watched.entry(path.clone()).or_default() += 1);
                client.refresh(path);
            }
            last.set_value(path);
        });
        on_cleanup(move || client.unwatch(last.try_get_value().flatten().as_ref()));
    }

    fn unwatch(&self, path: Option<&String>) {
        if let Some(path) = path {
            self.cache().watched.try_update_value(|watched| {
                if let Some(count) = watched.get_mut(path) {
                    *count = count.saturating_sub(1);
                }
            });
        }
    }

    /// Asks for `path` anew. Calls that are under way are not doubled.
    pub fn refresh(&self, path: &str) {
        let (client, path) = (*self, path.to_owned());
        let entry = client.cache().entry(&path);
        if entry.read_untracked().busy {
            entry.update_untracked(|entry| entry.again = true);
            return;
        }
        entry.update(|entry| entry.busy = true);
        spawn_local(async move {
            client.first_frame().await;
            loop {
                // Never comes back to a mount that is gone.
                let answer = client.get_text(&path).await;
                let mut again = false;
                entry.update(|entry| {
                    again = std::mem::take(&mut entry.again);
                    entry.busy = again;
                    match answer {
                        Ok(text) => {
                            // The same text keeps its identity, so that nothing is drawn anew.
                            if entry.text.as_deref() != Some(text.as_str()) {
                                entry.text = Some(text.into());
                            }
                            entry.error = None;
                            entry.at = js_sys::Date::now();
                        }
                        Err(error) => entry.error = Some(error),
                    }
                });
                if !again {
                    break;
                }
            }
        });
    }

    /// Says that what lies at or below any address that starts with `prefix` changed: what is shown
    /// is asked for again, the rest forgotten.
    pub fn changed(&self, prefix: &str) {
        let cache = self.cache();
        let paths: Vec<String> = cache
            .entries
            .with_value(|entries| entries.keys().filter(|path| path.starts_with(prefix)).cloned().collect());
        for path in paths {
            if cache.is_watched(&path) {
                self.refresh(&path);
            } else {
                cache.entries.update_value(|entries| drop(entries.remove(&path)));
            }
        }
    }
}

fn read<T: DeserializeOwned>(old: Remote<T>, entry: &Entry) -> Remote<T> {
    let (mut value, mut source, mut error) = (old.value, old.source, entry.error.clone());
    if let Some(text) = &entry.text
        && !source.as_ref().is_some_and(|source| Arc::ptr_eq(source, text))
    {
        match parse(text) {
            Ok(read) => (value, source) = (Some(Arc::new(read)), Some(Arc::clone(text))),
            Err(unreadable) => error = error.or(Some(unreadable)),
        }
    }
    let is_current = entry.text.is_some();
    Remote { is_current, value, busy: entry.busy, error, at: entry.at, source }
}
