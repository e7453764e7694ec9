//! Deliveries: what was sent, why, and what came of it.

mod curl;
mod detail;
mod list;
mod timeline;
mod trace;

pub use detail::DeliveryPage;
pub use list::{PlaceDeliveries, TeamDeliveries};
