//! JSON read into forms, so that every fault is a problem with a pointer. Pure: it knows neither requests nor the server.

use hookboard_api::problem::{Problem, ProblemCode, pointer_token};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::tree::{Reader, Tree};
use super::words::{fault, faulty_member};

/// Reads JSON; a fault points at the member it is in.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Box<Problem>> {
    form(&tree(bytes)?)
}

/// Reads JSON of no form yet.
pub(super) fn tree(bytes: &[u8]) -> Result<Value, Box<Problem>> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let Tree(value) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let cause = error.inner();
        if cause.is_data() {
            let words = cause.to_string();
            // The pointer replaces the position at the end.
            let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
            Problem::invalid(vec![fault(&pointer(error.path()), words)])
        } else {
            Problem::new(ProblemCode::BadRequest, format!("The body is not JSON: {cause}."))
        }
    })?;
    reader
        .end()
        .map_err(|error| Problem::new(ProblemCode::BadRequest, format!("The body is not one JSON value: {error}.")))?;
    Ok(value)
}

/// Brings JSON into the form of a request.
pub(super) fn form<T: DeserializeOwned>(value: &Value) -> Result<T, Box<Problem>> {
    serde_path_to_error::deserialize(Reader(value)).map_err(|error| {
        let mut at = pointer(error.path());
        let words = error.inner().to_string();
        // The path ends where serde reads an object ahead to find its tag.
        if let Some(member) = value.pointer(&at).and_then(|value| faulty_member(value, &words)) {
            at = format!("{at}/{}", pointer_token(member));
        }
        Problem::invalid(vec![fault(&at, &words)]).into()
    })
}

/// The JSON pointer of a path.
pub(super) fn pointer(path: &Path) -> String {
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", pointer_token(key))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}
