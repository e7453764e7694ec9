//! Automations: the lists of a team and of a place, and one by itself.

mod actions;
mod chosen;
mod details;
mod filters;
mod list;
mod nothing;
mod row;
mod test_dialog;

pub use details::AutomationPage;
pub use list::{PlaceAutomations, TeamAutomations};
