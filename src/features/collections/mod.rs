//! The collections of a registry or project, and one by itself.

mod actions;
mod list;
mod page;

pub use list::CollectionList;
pub use page::CollectionPage;
