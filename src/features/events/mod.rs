//! Events: what came in, and what each automation made of it.

mod detail;
mod list;

pub use detail::EventPage;
pub use list::EventsPage;
