//! The contract between the page and the backend: REST types, events, conditions and their
//! evaluation, limits, problem codes.
//!
//! Pure: no I/O, no clock, no cargo features. It compiles to wasm, so that what the page checks
//! and says is what the backend checks and says.

pub mod account;
pub mod attention;
pub mod audit;
pub mod automation;
pub mod backtest;
pub mod catalogue;
pub mod delivery;
pub mod event;
pub mod file;
pub mod filter;
pub mod json;
pub mod limits;
pub mod list;
pub mod metric;
pub mod name;
pub mod pattern;
pub mod plain;
pub mod problem;
pub mod run;
pub mod sample;
pub mod scope;
pub mod secret;
pub mod sentence;
pub mod source;
pub mod stream;
pub mod trace;
pub mod trigger;
pub mod webhook;
mod whole;

pub use hookboard_template as template;
pub use hookboard_template::EventType;
