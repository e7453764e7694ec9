//! The frame around every room: navigation, crumbs, theme.

mod crumbs;
mod frame;
mod new_place;
mod sidebar;
mod theme;

pub use frame::{NoTeam, Nowhere, Shell};
pub use new_place::NewPlace;
pub use theme::Theme;
