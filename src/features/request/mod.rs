//! A request as a webhook sends it, shown before it goes: its headers, its bytes, and a script that sends the
//! same. Secrets appear by name only.

mod script;
mod sent;

pub use script::script;
pub use sent::{Piece, headers, pieces, raw};
