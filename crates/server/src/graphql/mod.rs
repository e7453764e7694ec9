//! `/graphql` for the unmodified wandb SDK: webhooks listed, automations listed and written.
//!
//! Another door to what the REST interface does: every check, role and audit is that of its calls, and every refusal
//! has their words. The translations (`filter`, `payload`, `id`) are pure.

mod client;
mod endpoint;
mod filter;
mod id;
mod payload;
mod schema;
mod size;

pub use self::endpoint::router;
