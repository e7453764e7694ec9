//! Ids that no other mount on the same document has.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::prelude::*;

/// Hands out ids. One per mount.
#[derive(Clone, Copy)]
pub struct Ids {
    mount: u32,
    next: StoredValue<u32>,
}

impl Ids {
    /// Ids of a new mount.
    pub fn new() -> Self {
        // Counts mounts, so that two of them never hand out the same id; nothing else is shared.
        static MOUNTS: AtomicU32 = AtomicU32::new(0);
        Self { mount: MOUNTS.fetch_add(1, Ordering::Relaxed), next: StoredValue::new(0) }
    }
}

/// A new id.
pub fn new_id() -> String {
    let Ids { mount, next } = expect_context();
    let number = next.try_update_value(|next| std::mem::replace(next, *next + 1)).unwrap_or_default();
    format!("hook-{mount}-{number}")
}
