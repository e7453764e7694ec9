//! The frame around every room: navigation, crumbs, theme.

mod crumbs;
mod frame;
mod screen;
mod sidebar;
mod team;
mod theme;

pub use frame::Shell;
pub use screen::Screen;
pub use team::{Team, use_team};
pub use theme::Theme;
