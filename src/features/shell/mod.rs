//! The frame around every room: navigation, crumbs, theme.

mod crumbs;
mod frame;
mod panel;
mod sidebar;
mod theme;

pub use frame::Shell;
pub use theme::Theme;
