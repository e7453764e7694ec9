//! The stream of changes: which things changed, so that what is shown can be asked for again.
//!
//! Read with `fetch`, since the browser's `EventSource` cannot send a key.

use hookboard_api::stream::{Change, Topic};
use std::{collections::HashSet, pin::Pin};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{ApiError, Client, calls};

/// Waits between tries to connect, in milliseconds; the last one stays.
const RECONNECT_MS: [i32; 5] = [500, 1_000, 2_000, 5_000, 15_000];
/// What wants attention, below a team; it is asked for at most so often, in milliseconds.
const ATTENTION: &str = "attention";
const ATTENTION_MS: i32 = 3_000;
/// The server says something at least every 15 s; after this long it is taken for gone, in milliseconds.
const SILENCE_MS: i32 = 40_000;
/// Changes that come together are answered together.
const GATHER_MS: i32 = 250;

/// Whether the lists follow what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LiveState {
    /// They do.
    Live,
    /// The connection is being made.
    Reconnecting,
    /// There is no team to follow.
    Paused,
}

/// The stream of one mount.
#[derive(Clone, Copy)]
pub struct Live {
    state: RwSignal<LiveState>,
}

impl Live {
    /// Follows the stream of `entity` for as long as the owner lives, and tells the client what
    /// changed.
    pub fn follow(client: Client, entity: Memo<String>) -> Self {
        let state = RwSignal::new(LiveState::Paused);
        Effect::new(move || {
            let entity = entity.get();
            if entity.is_empty() {
                state.set(LiveState::Paused);
                return;
            }
            let abort = web_sys::AbortController::new().ok();
            if let Some(abort) = abort.clone() {
                let abort = StoredValue::new_local(abort);
                on_cleanup(move || {
                    abort.try_with_value(web_sys::AbortController::abort);
                });
            }
            let signal = abort.zip(client.life()).map(|(abort, life)| life.or(abort.signal()));
            spawn_local(run(client, entity, state, signal));
        });
        Self { state }
    }

    /// Whether the lists follow.
    pub const fn state(&self) -> RwSignal<LiveState> {
        self.state
    }
}

async fn run(client: Client, entity: String, state: RwSignal<LiveState>, signal: Option<web_sys::AbortSignal>) {
    let ended = || signal.as_ref().is_some_and(web_sys::AbortSignal::aborted);
    let path = calls::team(&entity, "stream");
    let mut tries = 0;
    loop {
        state.try_set(LiveState::Reconnecting);
        let opened = client.open(&path, signal.clone()).await;
        if matches!(opened, Err(ApiError::Problem(_) | ApiError::Unexpected { .. })) {
            // Perhaps the reader is in the team no more.
            client.changed(calls::ME);
        }
        if let Ok(response) = opened {
            if tries > 0 {
                // Changes may have been missed: ask for all that is shown.
                client.changed("");
            }
            state.try_set(LiveState::Live);
            tries = 0;
            if let Some(body) = response.body() {
                read(client, &body, &ended).await;
            }
        }
        if ended() {
            return;
        }
        state.try_set(LiveState::Reconnecting);
        let wait = RECONNECT_MS[tries.min(RECONNECT_MS.len() - 1)];
        tries += 1;
        if !sleep(client, wait).await || ended() {
            return;
        }
    }
}

async fn read(client: Client, body: &web_sys::ReadableStream, ended: &impl Fn() -> bool) {
    let Ok(reader) = body.get_reader().dyn_into::<web_sys::ReadableStreamDefaultReader>() else { return };
    let mut parser = Parser::default();
    let gathered: StoredValue<Vec<Change>> = StoredValue::new(Vec::new());
    let resting = StoredValue::new(false);
    while let Ok(piece) = in_time(client, &reader.read()).await {
        // Silence gives nothing at all.
        let done = js_sys::Reflect::get(&piece, &"done".into()).map_or(true, |done| done.is_truthy());
        if done || ended() {
            return;
        }
        let value = js_sys::Reflect::get(&piece, &"value".into()).unwrap_or(JsValue::NULL);
        let bytes = js_sys::Uint8Array::new(&value).to_vec();
        let changes: Vec<Change> = parser.feed(&bytes).iter().filter_map(|data| super::read(data)).collect();
        if changes.is_empty() {
            continue;
        }
        let first = gathered.try_update_value(|gathered| {
            let first = gathered.is_empty();
            gathered.extend(changes);
            first
        });
        if first == Some(true) {
            spawn_local(async move {
                if !sleep(client, GATHER_MS).await {
                    return;
                }
                let changes = gathered.try_update_value(std::mem::take).unwrap_or_default();
                let prefixes: HashSet<String> = changes.iter().flat_map(stale).collect();
                for prefix in prefixes {
                    if prefix.ends_with(ATTENTION) {
                        // Counted over weeks: once for all that comes in a while.
                        if resting.try_get_value() == Some(false) {
                            resting.set_value(true);
                            spawn_local(async move {
                                if sleep(client, ATTENTION_MS).await {
                                    resting.try_set_value(false);
                                    client.changed(&prefix);
                                }
                            });
                        }
                    } else {
                        client.changed(&prefix);
                    }
                }
            });
        }
    }
}

/// Starts of the addresses whose answers a change makes old.
fn stale(change: &Change) -> Vec<String> {
    let rooms: &[&str] = match change.topic {
        // An automation's row and a webhook's health show their last deliveries.
        Topic::Delivery => &["deliveries", "automations", "webhooks", ATTENTION],
        Topic::Event => &["events", ATTENTION],
        Topic::Automation => &["automations", "places", "webhooks", "secrets", ATTENTION, "audit"],
        Topic::Webhook => &["webhooks", "secrets", "automations", ATTENTION, "audit"],
        Topic::Secret => &["secrets", "audit"],
        Topic::Catalogue => &["places", "projects", "audit"],
        Topic::Source => &["sources", "audit"],
        Topic::Member => &["members", "keys", "audit"],
    };
    let mut stale: Vec<String> = rooms.iter().map(|room| calls::team(&change.entity, room)).collect();
    if change.topic == Topic::Member {
        // The reader's own role may be another.
        stale.push(calls::ME.to_owned());
    }
    stale
}

/// What `promise` gives, or nothing more where the server has not been heard of for too long.
async fn in_time(client: Client, promise: &js_sys::Promise) -> Result<JsValue, JsValue> {
    let life = client.life().ok_or(JsValue::NULL)?;
    let (silence, timer) = life.timer(SILENCE_MS);
    let first = JsFuture::from(js_sys::Promise::race(&js_sys::Array::of2(promise, &silence))).await;
    life.forget(timer);
    first
}

/// Comes back after `ms` milliseconds, or when the mount goes. Whether it is still there.
fn sleep(client: Client, ms: i32) -> Pin<Box<dyn Future<Output = bool>>> {
    Box::pin(async move {
        let Some(life) = client.life() else { return false };
        let (promise, timer) = life.timer(ms);
        // A promise of a timer is never rejected.
        let _ = JsFuture::from(promise).await;
        life.forget(timer);
        !life.is_over()
    })
}

/// Reads server-sent events (HTML standard, section 9.2.6) from pieces of any length. Only `data`
/// matters here; names, ids and retry times are not used by the interface.
#[derive(Default)]
struct Parser {
    line: Vec<u8>,
    data: Vec<String>,
    /// The last piece ended in a carriage return: a newline that follows belongs to it.
    after_return: bool,
}

impl Parser {
    /// The data of the events that `piece` completes.
    fn feed(&mut self, piece: &[u8]) -> Vec<String> {
        let mut events = Vec::new();
        for &byte in piece {
            let after_return = std::mem::replace(&mut self.after_return, byte == b'\r');
            match byte {
                b'\n' if after_return => {}
                b'\n' | b'\r' => self.end_line(&mut events),
                _ => self.line.push(byte),
            }
        }
        events
    }

    fn end_line(&mut self, events: &mut Vec<String>) {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            if !self.data.is_empty() {
                events.push(std::mem::take(&mut self.data).join("\n"));
            }
        } else if let Some(data) = String::from_utf8_lossy(&line).strip_prefix("data:") {
            self.data.push(data.strip_prefix(' ').unwrap_or(data).to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_they_are_cut() {
        let text = "event: change\r\ndata: {\"a\":\r\ndata: \"ü\"}\r\n\r\n: ping\n\ndata:x\n\ndata: cut";
        for size in 1..text.len() {
            let mut parser = Parser::default();
            let events: Vec<String> = text.as_bytes().chunks(size).flat_map(|piece| parser.feed(piece)).collect();
            assert_eq!(events, ["{\"a\":\n\"ü\"}", "x"], "pieces of {size}");
        }
    }

    #[test]
    fn a_delivery_makes_the_rows_that_show_it_old() {
        let change = Change { topic: Topic::Delivery, entity: "kestrel".to_owned(), id: None };
        assert!(stale(&change).contains(&"/entities/kestrel/webhooks".to_owned()));
    }
}
