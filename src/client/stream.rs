//! The stream of changes: which things changed, so that what is shown can be asked for again.
//!
//! Read with `fetch`, since the browser's `EventSource` cannot send a key. Browsers keep six connections to a host over
//! HTTP/1.1: so one mount of all panels and tabs reads, and documents that do not show go without.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use hookboard_api::stream::{Change, Topic};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

use super::{ApiError, Client, calls, sharing::Shared};
use crate::life::Life;

/// Waits between tries to connect, in milliseconds; the last one stays.
const RECONNECT_MS: [i32; 5] = [500, 1_000, 2_000, 5_000, 15_000];
/// What wants attention, below a team; it is asked for at most so often, in milliseconds.
const ATTENTION: &str = "attention";
const ATTENTION_MS: i32 = 3_000;
/// The server says something at least every 15 s; after this long it is taken for gone, in milliseconds.
const SILENCE_MS: i32 = 40_000;
/// Changes that come within so many milliseconds are answered together.
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
    /// Follows the stream of `entity` for as long as the owner lives and the document shows, and tells the client
    /// what changed.
    pub fn follow(client: Client, entity: Memo<String>) -> Self {
        let state = RwSignal::new(LiveState::Paused);
        let shown = shown(client);
        let missed = StoredValue::new(false);
        Effect::new(move || {
            let (entity, shown) = (entity.get(), shown.get());
            if entity.is_empty() {
                state.set(LiveState::Paused);
            } else if shown {
                spawn_local(run(client, entity, state, until_cleanup(client), missed.get_value()));
            } else {
                missed.set_value(true);
            }
        });
        Self { state }
    }

    /// Whether the lists follow.
    pub const fn state(&self) -> RwSignal<LiveState> {
        self.state
    }
}

/// Whether the document shows: it does not in a tab behind another.
fn shown(client: Client) -> RwSignal<bool> {
    let is_shown = || !document().hidden();
    let shown = RwSignal::new(is_shown());
    let listener = window_event_listener_untyped("visibilitychange", move |_| {
        if shown.try_get_untracked().is_some_and(|before| before != is_shown()) {
            shown.try_set(is_shown());
        }
    });
    // One for each time that somebody signs in: they go with the mount.
    if let Some(life) = client.life() {
        life.keep(move || listener.remove());
    }
    shown
}

/// Aborts when the present run of an effect ends, or the mount.
fn until_cleanup(client: Client) -> Option<AbortSignal> {
    let abort = web_sys::AbortController::new().ok()?;
    let signal = client.life()?.or(abort.signal());
    let abort = StoredValue::new_local(abort);
    on_cleanup(move || {
        abort.try_with_value(web_sys::AbortController::abort);
    });
    Some(signal)
}

/// Follows until `signal` aborts. Of all mounts that follow the same team, one reads the stream, and tells the others.
async fn run(client: Client, entity: String, state: RwSignal<LiveState>, signal: Option<AbortSignal>, missed: bool) {
    let (Some(signal), Some(life)) = (signal, client.life()) else { return };
    client.first_frame().await;
    if signal.aborted() {
        return;
    }
    let path = calls::team(&entity, "stream");
    let name = format!("hookboard.stream {}", client.address(&path));
    let feed = Rc::new(Feed::new(client, state, missed));
    let heard = Rc::downgrade(&feed);
    let shared = client.share().and_then(|share| {
        Shared::join(&share, &name, &signal, move |message| {
            if let Some(feed) = heard.upgrade() {
                feed.hear(message);
            }
        })
    });
    let shared = shared.map(Rc::new);
    feed.shared.replace(shared.clone());
    feed.set_live(false);
    let mut tries = 0;
    loop {
        feed.tell(WHO);
        let mut turn = None;
        if let Some(shared) = &shared {
            turn = shared.turn().await;
            if turn.is_none() {
                return;
            }
        }
        feed.leads.set(true);
        if feed.live.get() {
            // Who read it before is gone.
            feed.lose();
        }
        let opened = client.open(&path, Some(signal.clone())).await;
        if matches!(opened, Err(ApiError::Problem(_) | ApiError::Unexpected { .. })) {
            // Perhaps the reader is in the team no more.
            client.changed(calls::ME);
        }
        if let Ok(response) = opened {
            feed.set_live(true);
            feed.tell(LIVE);
            tries = 0;
            if let Some(body) = response.body() {
                read(&life, &feed, &body).await;
            }
        }
        // Who has another key may have more luck.
        drop(turn);
        feed.leads.set(false);
        if signal.aborted() {
            return;
        }
        feed.lose();
        let wait = RECONNECT_MS[tries.min(RECONNECT_MS.len() - 1)];
        tries += 1;
        if !life.sleep(wait).await || signal.aborted() {
            return;
        }
    }
}

async fn read(life: &Life, feed: &Rc<Feed>, body: &web_sys::ReadableStream) {
    let Ok(reader) = body.get_reader().dyn_into::<web_sys::ReadableStreamDefaultReader>() else { return };
    let mut parser = Parser::default();
    while let Ok(piece) = in_time(life, &reader.read()).await {
        // Silence gives nothing at all.
        let done = js_sys::Reflect::get(&piece, &"done".into()).map_or(true, |done| done.is_truthy());
        if done {
            return;
        }
        let value = js_sys::Reflect::get(&piece, &"value".into()).unwrap_or(JsValue::NULL);
        let bytes = js_sys::Uint8Array::new(&value).to_vec();
        for data in parser.feed(&bytes) {
            feed.tell(&data);
            feed.take(&data);
        }
    }
}

/// What mounts say to each other, beside the changes themselves: whether the one that reads the stream does.
const WHO: &str = "who";
const LIVE: &str = "live";
const LOST: &str = "lost";

/// What one mount knows of the stream, whoever reads it.
struct Feed {
    client: Client,
    state: RwSignal<LiveState>,
    /// Whether this mount reads it.
    leads: Cell<bool>,
    live: Cell<bool>,
    /// Changes may have been missed.
    missed: Cell<bool>,
    /// Starts of addresses whose answers are old.
    gathered: RefCell<Vec<String>>,
    /// What wants attention was asked for a moment ago.
    resting: Cell<bool>,
    shared: RefCell<Option<Rc<Shared>>>,
}

impl Feed {
    fn new(client: Client, state: RwSignal<LiveState>, missed: bool) -> Self {
        Self {
            client,
            state,
            leads: Cell::new(false),
            live: Cell::new(false),
            missed: Cell::new(missed),
            gathered: RefCell::default(),
            resting: Cell::new(false),
            shared: RefCell::default(),
        }
    }

    fn tell(&self, message: &str) {
        if let Some(shared) = &*self.shared.borrow() {
            shared.tell(message);
        }
    }

    /// Another mount said something.
    fn hear(self: &Rc<Self>, message: &str) {
        match (message, self.leads.get()) {
            (WHO, true) if self.live.get() => self.tell(LIVE),
            (WHO, _) | (_, true) => {}
            (LIVE, _) => self.set_live(true),
            (LOST, _) => {
                self.missed.set(true);
                self.set_live(false);
            }
            (data, _) => self.take(data),
        }
    }

    /// This mount reads it no more, or cannot: says so to all.
    fn lose(&self) {
        self.missed.set(true);
        self.set_live(false);
        self.tell(LOST);
    }

    /// The stream is read from now on, or is not.
    fn set_live(&self, live: bool) {
        let was_live = self.live.replace(live);
        self.state.try_set(if live { LiveState::Live } else { LiveState::Reconnecting });
        // From the second time on: ask for all that is shown.
        if live && !was_live && self.missed.replace(true) {
            self.client.changed("");
        }
    }

    /// Takes a change, and answers those that come together together.
    fn take(self: &Rc<Self>, data: &str) {
        let Some(change) = super::read::<Change>(data) else { return };
        let mut gathered = self.gathered.borrow_mut();
        let is_first = gathered.is_empty();
        for prefix in stale(&change) {
            if !gathered.contains(&prefix) {
                gathered.push(prefix);
            }
        }
        let Some(life) = self.client.life().filter(|_| is_first) else { return };
        let feed = Rc::clone(self);
        spawn_local(async move {
            if life.sleep(GATHER_MS).await {
                for prefix in feed.gathered.take() {
                    feed.spread(&life, prefix);
                }
            }
        });
    }

    fn spread(self: &Rc<Self>, life: &Life, prefix: String) {
        if !prefix.ends_with(ATTENTION) {
            self.client.changed(&prefix);
        } else if !self.resting.replace(true) {
            // Counted over weeks: once for all that comes in a while.
            let (feed, waited) = (Rc::clone(self), life.sleep(ATTENTION_MS));
            spawn_local(async move {
                if waited.await {
                    feed.resting.set(false);
                    feed.client.changed(&prefix);
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
async fn in_time(life: &Life, promise: &js_sys::Promise) -> Result<JsValue, JsValue> {
    let (silence, timer) = life.timer(SILENCE_MS);
    let first = JsFuture::from(js_sys::Promise::race(&js_sys::Array::of2(promise, &silence))).await;
    timer.end();
    first
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
