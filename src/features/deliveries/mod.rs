//! Deliveries: what was sent, why, and what came of it.

mod again;
mod curl;
mod detail;
mod list;
mod row;
mod timeline;
mod trace;

pub use detail::DeliveryPage;
pub use list::{PlaceDeliveries, TeamDeliveries};
