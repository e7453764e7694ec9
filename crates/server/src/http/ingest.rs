//! Events as they are sent in: how a call's body is read, and what is wrong with an event by itself. Pure: who may send
//! where is asked later.

use hookboard_api::catalogue::check_metadata;
use hookboard_api::event::NewEvent;
use hookboard_api::limits::{MAX_EVENT_BYTES, MAX_EVENTS_PER_CALL};
use hookboard_api::problem::{FieldError, Problem};
use serde::Deserialize;

use super::reading::{form, tree};
use crate::rfc3339;

/// The events of one call.
pub(super) struct Sent {
    /// At least one, in order.
    pub(super) events: Vec<NewEvent>,
    is_list: bool,
}

impl Sent {
    /// The JSON pointer of an event in the body.
    pub(super) fn pointer(&self, index: usize) -> String {
        if self.is_list { format!("/events/{index}") } else { String::new() }
    }
}

/// Reads the body of a call: one event, or a list of them under `events`.
///
/// By hand rather than as an untagged enum, whose faults have no pointer.
pub(super) fn read(body: &[u8]) -> Result<Sent, Box<Problem>> {
    let fault = |at: &str, code: &str, message: String| Problem::invalid(vec![FieldError::new(at, code, message)]);
    let value = tree(body)?;
    if value.is_array() {
        let message = "Write an object here; this is a list. Send several events as {\"events\":[…]}.";
        return Err(fault("", "wrong_type", message.into()).into());
    }
    let is_list = value.as_object().is_some_and(|object| object.contains_key("events"));
    let events: Vec<NewEvent> = if is_list {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Many {
            events: Vec<NewEvent>,
        }
        form::<Many>(&value)?.events
    } else {
        vec![form(&value)?]
    };
    if events.is_empty() || events.len() > MAX_EVENTS_PER_CALL {
        let message = format!("Send 1 to {MAX_EVENTS_PER_CALL} events in one call.");
        return Err(fault("/events", "out_of_range", message).into());
    }
    Ok(Sent { events, is_list })
}

/// What is wrong with an event, whoever sends it; pointers are into the event.
pub(super) fn faults(event: &NewEvent) -> Vec<FieldError> {
    let mut faults = event.check();
    if serde_json::to_string(event).is_ok_and(|text| text.len() > MAX_EVENT_BYTES) {
        faults.push(FieldError::new("", "too_large", "An event has at most 1 MiB. Keep large values elsewhere."));
    }
    faults.extend(event.metadata.as_ref().and_then(|metadata| check_metadata(metadata, "/metadata")));
    if let Some(Err(fault)) = event.occurred_at.as_deref().map(rfc3339::parse_ms) {
        faults.push(FieldError::new("/occurred_at", fault.code(), fault.to_string()));
    }
    faults
}
