//! What a caller sends in, as the server reads and checks it. The server's own modules are taken by their files: the whole
//! server would be hundreds of crates to instrument.
#![no_main]
#![allow(dead_code)]

use hookboard_api::event::NewEvents;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

#[path = "../../crates/server/src/http/ingest.rs"]
mod ingest;
#[path = "pointers.rs"]
mod pointers;
#[path = "../../crates/server/src/http/reading.rs"]
mod reading;
#[path = "../../crates/server/src/rfc3339.rs"]
mod rfc3339;
#[path = "../../crates/server/src/http/tree.rs"]
mod tree;
#[path = "../../crates/server/src/http/words.rs"]
mod words;

fuzz_target!(|bytes: &[u8]| {
    let lenient: Option<Value> = serde_json::from_slice(bytes).ok();
    let sent = match ingest::read(bytes) {
        Ok(sent) => sent,
        Err(problem) => {
            assert!(!problem.detail.is_empty() && matches!(problem.status, 400 | 422));
            assert_eq!(problem.status == 400, problem.errors.is_empty());
            // What is not JSON at all has no places, and of a key given twice the lenient reader knows one place only.
            if let Some(lenient) = &lenient {
                let placed = problem.errors.iter().filter(|error| error.code != "duplicate");
                placed.for_each(|error| pointers::hold(error, lenient));
            }
            return;
        }
    };
    let body = lenient.expect("what is read is JSON");
    let mut sound = true;
    for (index, event) in sent.events.iter().enumerate() {
        for fault in ingest::faults(event) {
            sound = false;
            pointers::hold(&fault.under(&sent.pointer(index)), &body);
        }
    }
    assert!(!sent.events.is_empty());
    if !sound {
        return;
    }
    // What is accepted is kept as it was: alone, in a list, and by the type that the contract names.
    let printed = serde_json::to_value(&sent.events).expect("JSON");
    let many = ingest::read(json!({ "events": printed }).to_string().as_bytes()).expect("what was read is read again");
    assert_eq!(many.events, sent.events);
    let one = &sent.events[0];
    let alone = serde_json::to_string(one).expect("JSON");
    let again = ingest::read(alone.as_bytes()).expect("an event alone");
    assert_eq!(again.events.as_slice(), std::slice::from_ref(one));
    assert!(ingest::faults(one).is_empty());
    assert_eq!(serde_json::from_str(&alone).ok(), Some(NewEvents::One(Box::new(one.clone()))));
    if let Some(time) = &one.occurred_at {
        let ms = rfc3339::parse_ms(time).expect("a time that was checked");
        assert_eq!(rfc3339::parse_ms(&rfc3339::text(ms)), Ok(ms), "a time is kept by the millisecond");
    }
});
