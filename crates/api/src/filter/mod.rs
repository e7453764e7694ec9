//! Conditions: a small JSON tree in the filter language of W&B's automations, parsed, checked and
//! evaluated.
//!
//! `{"$and":[…]}`, `{"$or":[…]}`, `{"$nor":[…]}`, `{"$not":…}`, and tests on a value:
//! `{"alias":{"$regex":"^prod"}}`. A bare scalar means `$eq`; several entries of one object must
//! all hold.

mod evaluate;
mod parse;

pub use evaluate::{Filter, lookup};
