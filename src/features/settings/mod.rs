//! The team's settings: webhooks, secrets, access keys.

mod frame;
mod keys;
mod make;
mod secret_dialog;
mod secrets;
mod test_panel;
mod webhook_draft;
mod webhook_form;
mod webhooks;

pub use keys::KeysPage;
pub use make::{new_secret, new_webhook};
pub use webhooks::WebhooksPage;
