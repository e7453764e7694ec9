//! What this mount shares with others of the browser, by `public/embed/sharing.js`.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortSignal;

/// One of those who share a name: a turn that one has at a time, and messages.
pub(super) struct Shared {
    tell: Function,
    turn: Function,
    _hear: Closure<dyn FnMut(JsValue)>,
}

/// A turn, until it is dropped or its signal aborts.
pub(super) struct Turn(Function);

impl Drop for Turn {
    fn drop(&mut self) {
        // It resolves a promise, or passes the turn on.
        let _ = self.0.call0(&JsValue::NULL);
    }
}

impl Shared {
    /// Joins those who share `name` until `signal` aborts. `hear` is given what others tell.
    pub(super) fn join(
        share: &Function,
        name: &str,
        signal: &AbortSignal,
        hear: impl Fn(&str) + 'static,
    ) -> Option<Self> {
        let hear = Closure::<dyn FnMut(JsValue)>::new(move |message: JsValue| {
            if let Some(message) = message.as_string() {
                hear(&message);
            }
        });
        let joined = share.call3(&JsValue::NULL, &name.into(), signal, hear.as_ref()).ok()?;
        let member = |name: &str| Reflect::get(&joined, &name.into()).ok()?.dyn_into::<Function>().ok();
        Some(Self { tell: member("tell")?, turn: member("turn")?, _hear: hear })
    }

    /// Tells the others.
    pub(super) fn tell(&self, message: &str) {
        // What cannot be told is missed, as by one who was not there.
        let _ = self.tell.call1(&JsValue::NULL, &message.into());
    }

    /// Waits for the turn; none where the signal aborts before it comes.
    pub(super) async fn turn(&self) -> Option<Turn> {
        let promised = self.turn.call0(&JsValue::NULL).ok()?.dyn_into::<Promise>().ok()?;
        JsFuture::from(promised).await.ok()?.dyn_into().ok().map(Turn)
    }
}
