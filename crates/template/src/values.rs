//! Where a rendering takes its values from. The template asks by name and knows nothing of events or stores.

use crate::prelude::*;
use serde_json::{Map, Value};

use crate::variables::MASK;

/// Values by name.
pub trait Values {
    /// The value of a variable of the catalogue; `None`: absent. `artifact_metadata` is asked for as one object.
    fn value(&self, name: &str) -> Option<&Value>;

    /// The text of a secret, or of the access token under [`crate::ACCESS_TOKEN`]; `None`: absent.
    fn secret(&self, name: &str) -> Option<&str>;
}

/// Values of an event, and dots for every secret: what is shown and stored.
#[derive(Clone, Copy, Debug)]
pub struct Masked<'a> {
    /// What the event carries, by name.
    pub values: &'a Map<String, Value>,
}

impl Values for Masked<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        value(self.values, name)
    }

    fn secret(&self, _: &str) -> Option<&str> {
        Some(MASK)
    }
}

/// Values of an event, and secrets in the clear: only for the buffer that is sent.
///
/// It has no `Debug`, so that secrets cannot reach a log through it.
#[derive(Clone, Copy)]
pub struct Plain<'a> {
    /// What the event carries, by name.
    pub values: &'a Map<String, Value>,
    /// Looks up a secret by name.
    pub secrets: &'a dyn Fn(&str) -> Option<&'a str>,
}

impl Values for Plain<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        value(self.values, name)
    }

    fn secret(&self, name: &str) -> Option<&str> {
        (self.secrets)(name)
    }
}

/// Up to here comparing names is cheaper than hashing one; what an event carries is fewer.
const FEW: usize = 16;

fn value<'v>(values: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if values.len() > FEW {
        return values.get(name);
    }
    values.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
}
