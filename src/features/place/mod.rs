//! Registries and projects: making one, and the head that the tabs of one share.

mod frame;
mod new_place;

pub use frame::PlaceFrame;
pub use new_place::NewPlace;
