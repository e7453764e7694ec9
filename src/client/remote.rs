//! Something the server has, as far as the page knows it.

use std::sync::Arc;

use super::ApiError;

/// A value that is on its way, here, or refused. Old values stay while newer ones load and when
/// loading them fails.
#[derive(Debug)]
pub struct Remote<T> {
    /// The newest value there is.
    pub value: Option<Arc<T>>,
    /// Whether a call is under way.
    pub busy: bool,
    /// Why the last call failed.
    pub error: Option<ApiError>,
    /// When the value was answered, in milliseconds since 1970.
    pub at: f64,
    /// Whether the value is of the address that is asked now, rather than of the one before.
    pub is_current: bool,
    /// The text the value was read from, so that the same text is not read twice.
    pub(super) source: Option<Arc<str>>,
}

impl<T> Remote<T> {
    /// The newest value of the address that is asked now.
    pub fn current(&self) -> Option<&T> {
        self.value.as_deref().filter(|_| self.is_current)
    }
}

impl<T> Default for Remote<T> {
    fn default() -> Self {
        Self { value: None, busy: false, error: None, at: 0.0, is_current: false, source: None }
    }
}

impl<T> Clone for Remote<T> {
    fn clone(&self) -> Self {
        Self {
            value: self.value.clone(),
            busy: self.busy,
            error: self.error.clone(),
            at: self.at,
            is_current: self.is_current,
            source: self.source.clone(),
        }
    }
}

/// Values are compared by identity: the same answer text is the same value.
impl<T> PartialEq for Remote<T> {
    fn eq(&self, other: &Self) -> bool {
        let same = match (&self.value, &other.value) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        };
        same && self.busy == other.busy && self.is_current == other.is_current && self.error == other.error
    }
}
