//! Parts the page is made of. They know no route and no call.

pub mod button;
pub mod clipboard;
pub mod code;
pub mod conflict;
pub mod dialog;
pub mod exchange;
pub mod feedback;
pub mod field;
pub mod filter;
pub mod focus;
pub mod format;
pub mod icon;
pub mod ids;
pub mod menu;
pub mod outcome;
pub mod overlay;
pub mod rows;
pub mod rule;
pub mod status;
pub mod tabs;
pub mod time;
pub mod toast;
pub mod toggle;
pub mod trace;
