//! Triggers and the `eventFilter` that the wandb SDK sends for them. Pure.

mod event_filter;
mod form;
mod metric;

pub(super) use self::event_filter::{Shown, UNKNOWN_EVENT, beyond_sdk, event_of, read};
