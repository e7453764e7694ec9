//! The areas of the product, a folder each. They know the client and the router, and of one another only
//! what is whole by itself: a button that makes a place, an editor, the room that is not there.

pub mod automations;
pub mod collections;
pub mod deliveries;
pub mod events;
pub mod home;
pub mod lists;
pub mod nowhere;
pub mod palette;
pub mod payload;
pub mod place;
pub mod reference;
pub mod request;
pub mod settings;
pub mod shell;
pub mod sign_in;
pub mod wizard;
pub mod workspace;
