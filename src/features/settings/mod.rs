//! The team's settings: webhooks, secrets, access keys.

mod frame;
mod keys;
mod secrets;
mod test_panel;
mod webhook_draft;
mod webhook_form;
mod webhooks;

pub use keys::KeysPage;
pub use webhooks::WebhooksPage;
