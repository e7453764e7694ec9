//! What the mounts of a browser share: turns that one of them has at a time, and channels between them. Among tabs by
//! Web Locks; where there are none, as on plain http, among the panels of the document.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
};

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, BroadcastChannel, MessageEvent};

/// A turn, until it is dropped or its signal aborts.
pub(super) enum Turn {
    /// A lock, and what releases it.
    Lock(Function),
    /// A place in the queue of that name.
    Queue(String, Function),
}

impl Drop for Turn {
    fn drop(&mut self) {
        match self {
            Self::Lock(release) => resolve(release),
            Self::Queue(name, own) => pass(name, own),
        }
    }
}

fn resolve(promise: &Function) {
    // Resolving a promise does not fail.
    let _ = promise.call0(&JsValue::NULL);
}

/// Calls `call` when `signal` aborts, also where the wasm has stopped by then.
fn on_abort(signal: &AbortSignal, call: &Function) {
    // A signal of its own, since others have its one handler.
    AbortSignal::any(&js_sys::Array::of1(signal)).set_onabort(Some(call));
}

fn member(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &name.into()).ok().filter(JsValue::is_truthy)
}

fn locks() -> Option<JsValue> {
    member(&window().navigator(), "locks")
}

/// Waits for the turn of `name`; none where `signal` aborts before it comes.
pub(super) async fn turn(name: &str, signal: &AbortSignal) -> Option<Turn> {
    let locked = match locks() {
        Some(locks) => lock(&locks, name, signal).await,
        None => None,
    };
    if signal.aborted() {
        return None;
    }
    // Documents without an origin of their own are refused locks.
    match locked {
        Some(turn) => Some(turn),
        None => queue(name, signal).await,
    }
}

async fn lock(locks: &JsValue, name: &str, signal: &AbortSignal) -> Option<Turn> {
    let request = member(locks, "request")?.dyn_into::<Function>().ok()?;
    let mut release = None;
    let held = Promise::new(&mut |resolve, _| release = Some(resolve));
    let release = release?;
    on_abort(signal, &release);
    let options = js_sys::Object::new();
    Reflect::set(&options, &"signal".into(), signal).ok()?;
    let mut granted = None;
    let coming = Promise::new(&mut |resolve, refuse| granted = Some((resolve, refuse)));
    let (grant, refuse) = granted?;
    let callback = Closure::once(move |_: JsValue| {
        resolve(&grant);
        JsValue::from(held)
    });
    let given = js_sys::Array::of3(&name.into(), &options, callback.as_ref());
    let requested = request.apply(locks, &given).ok()?.dyn_into::<Promise>().ok()?;
    let then = member(&requested, "then")?.dyn_into::<Function>().ok()?;
    then.call2(&requested, &JsValue::UNDEFINED, &refuse).ok()?;
    JsFuture::from(coming).await.ok()?;
    Some(Turn::Lock(release))
}

thread_local! {
    // Who waits for a turn, after whoever has it.
    static QUEUES: RefCell<HashMap<String, VecDeque<Function>>> = RefCell::default();
}

async fn queue(name: &str, signal: &AbortSignal) -> Option<Turn> {
    let mut own = None;
    let coming = Promise::new(&mut |resolve, _| own = Some(resolve));
    let own = own?;
    on_abort(signal, &own);
    let is_first = QUEUES.with_borrow_mut(|queues| {
        let queue = queues.entry(name.to_owned()).or_default();
        queue.push_back(own.clone());
        queue.len() == 1
    });
    if !is_first {
        JsFuture::from(coming).await.ok()?;
    }
    let turn = Turn::Queue(name.to_owned(), own);
    (!signal.aborted()).then_some(turn)
}

/// Takes one out of the queue, and gives the turn to the next where it had it.
fn pass(name: &str, own: &Function) {
    let next = QUEUES.with_borrow_mut(|queues| {
        let queue = queues.get_mut(name)?;
        let at = queue.iter().position(|one| one == own)?;
        queue.remove(at);
        queue.front().filter(|_| at == 0).cloned()
    });
    if let Some(next) = next {
        resolve(&next);
    }
}

/// What the mounts that share a name hear from each other, until its signal aborts.
pub(super) struct Channel {
    channel: BroadcastChannel,
    _hear: Closure<dyn FnMut(MessageEvent)>,
}

impl Channel {
    /// Calls `hear` with what others tell.
    pub(super) fn open(name: &str, signal: &AbortSignal, hear: impl Fn(&str) + 'static) -> Option<Self> {
        let channel = BroadcastChannel::new(&own(name)).ok()?;
        let close = member(&channel, "close")?.dyn_into::<Function>().ok()?;
        on_abort(signal, &close.bind0(&channel));
        let hear = Closure::new(move |event: MessageEvent| {
            if let Some(message) = event.data().as_string() {
                hear(&message);
            }
        });
        channel.set_onmessage(Some(hear.as_ref().unchecked_ref()));
        Some(Self { channel, _hear: hear })
    }

    /// Tells the others.
    pub(super) fn tell(&self, message: &str) {
        // Fails only for one that is closed.
        let _ = self.channel.post_message(&message.into());
    }
}

thread_local! {
    // Tells documents apart.
    static DOCUMENT: u32 = {
        // Within its range, and any of it will do.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let random = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
        random
    };
}

/// The name of a channel that reaches as far as turns do.
fn own(name: &str) -> String {
    match locks() {
        Some(_) => name.to_owned(),
        None => DOCUMENT.with(|document| format!("{name} {document}")),
    }
}
