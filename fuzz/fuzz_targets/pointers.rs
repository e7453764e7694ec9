//! Whether a fault points at something that is there.

use hookboard_api::problem::FieldError;
use serde_json::Value;

/// The pointer leads to a value, or, where the fault is that one is missing, to the object it is missing in.
pub(crate) fn hold(error: &FieldError, body: &Value) {
    assert!(!error.message.is_empty() && !error.code.is_empty());
    let pointer = error.pointer.as_str();
    let there = body.pointer(pointer).is_some();
    let above = pointer.rsplit_once('/').and_then(|(above, _)| body.pointer(above));
    assert!(there || error.code == "required" && above.is_some_and(Value::is_object), "{error:?} in {body}");
}
