//! Tables by key. What a server reads of strangers must be found as fast for any keys: there it is the standard
//! library's hash. Small builds take the one that the values' tables bring along.

use alloc::borrow::Cow;
#[cfg(feature = "std")]
use std::collections::HashMap;

#[cfg(not(feature = "std"))]
use hashbrown::HashMap;

/// Places by name. One type for all that is looked up, since each would be some hundred bytes of wasm.
pub(crate) type Table<'t> = HashMap<Cow<'t, str>, u32>;
