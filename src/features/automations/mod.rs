//! Automations: the lists of a team and of a place, and one by itself.

mod actions;
mod as_code;
mod chosen;
mod details;
mod differences;
mod files;
mod filters;
mod import;
mod list;
mod nothing;
mod passed;
mod revisions;
mod row;
mod snooze;
mod test_dialog;

pub use details::AutomationPage;
pub use differences::differences;
pub use list::{PlaceAutomations, TeamAutomations};
