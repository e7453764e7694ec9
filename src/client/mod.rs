//! The REST interface as the page sees it: typed calls, one error type with its words, answers kept
//! by address, and the stream that says when to ask again.

pub mod calls;
pub mod tab;

mod cache;
mod error;
mod host;
mod http;
mod json;
mod once;
mod remote;
mod sharing;
mod stream;
mod team;

pub use cache::Cache;
pub use error::ApiError;
pub use host::Host;
pub use http::{Client, Session, use_client};
pub use json::{read, read_value};
pub use remote::Remote;
pub use stream::{Live, LiveState};
pub use team::{Team, use_team};
