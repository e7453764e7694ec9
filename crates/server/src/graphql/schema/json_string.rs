//! W&B's scalar for JSON within a text.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};

/// JSON within a text.
#[derive(Debug, Clone)]
pub(super) struct JsonString(pub(super) String);

#[Scalar(name = "JSONString")]
impl ScalarType for JsonString {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}
