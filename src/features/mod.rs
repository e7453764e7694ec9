//! The areas of the product, a folder each. They know the client and the router, not one another.

pub mod automations;
pub mod collections;
pub mod deliveries;
pub mod payload;
pub mod place;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod wizard;
