//! What the lists of all areas share: their pages, and what they are narrowed by.

mod pages;
mod toolbar;

pub use pages::{Pages, whole_list};
pub use toolbar::{ParamFilter, Toolbar, clear, drop_unknown, webhook_choices};
