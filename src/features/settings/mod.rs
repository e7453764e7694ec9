//! The team's settings: webhooks, secrets, sources, members, access keys, and the audit log.

mod audit;
mod frame;
mod head;
mod keys;
mod make;
mod members;
mod removal;
mod secret_dialog;
mod secrets;
mod set_up;
mod sources;
mod test_panel;
mod webhook_draft;
mod webhook_form;
mod webhooks;

pub use audit::AuditPage;
pub use keys::KeysPage;
pub use make::{new_secret, new_webhook};
pub use members::MembersPage;
pub use sources::SourcesPage;
pub use webhooks::WebhooksPage;
