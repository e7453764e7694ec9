//! Whole numbers whose bounds are told where something else is given, such as a fraction or a negative
//! number.

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};

/// Reads a whole number that is to be `least` to `most`. Whether it is between them is for the check of
/// its owner to say.
pub(crate) fn whole<'de, D: Deserializer<'de>>(deserializer: D, least: u32, most: u32) -> Result<u32, D::Error> {
    deserializer.deserialize_u32(Whole { least, most })
}

struct Whole {
    least: u32,
    most: u32,
}

impl Visitor<'_> for Whole {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.least, self.most)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<u32, E> {
        u32::try_from(value).map_err(|_| E::invalid_value(Unexpected::Unsigned(value), &self))
    }
}
