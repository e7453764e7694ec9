//! Where the reader is: typed routes, typed query parameters, and the histories that keep them.
//!
//! Knows no component and no API; everything but the browser's histories is plain functions.

mod history;
mod query;
mod router;
mod routes;

pub use history::{BrowserHistory, HashHistory, History, MemoryHistory};
pub use query::{Query, encode};
pub use router::{Router, use_router};
pub use routes::{Place, PlaceTab, ROOMS, Room, Route, Step};
