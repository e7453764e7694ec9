//! What ends with a mount, whether it is unmounted or the wasm panics: calls under way, and timers.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::leptos_dom::helpers::IntervalHandle;
use web_sys::{AbortController, AbortSignal};

/// The life of one mount.
#[derive(Clone, Default)]
pub struct Life(Rc<Inner>);

struct Inner {
    end: Option<AbortController>,
    over: Cell<bool>,
    sleepers: RefCell<Vec<(i32, js_sys::Function)>>,
    ticks: Cell<Option<IntervalHandle>>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            end: AbortController::new().ok(),
            over: Cell::new(false),
            sleepers: RefCell::default(),
            ticks: Cell::default(),
        }
    }
}

impl Life {
    /// Ends it. Who sleeps wakes up.
    pub fn end(&self) {
        self.0.over.set(true);
        if let Some(ticks) = self.0.ticks.take() {
            ticks.clear();
        }
        if let Ok(mut sleepers) = self.0.sleepers.try_borrow_mut() {
            for (timer, wake) in sleepers.drain(..) {
                clear_timer(timer);
                // Waking fails never: it resolves a promise.
                let _ = wake.call0(&wasm_bindgen::JsValue::NULL);
            }
        }
        if let Some(end) = &self.0.end {
            end.abort();
        }
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.0.over.get()
    }

    /// Aborts when it ends, or `signal` does.
    pub fn or(&self, signal: AbortSignal) -> AbortSignal {
        match &self.0.end {
            Some(end) => AbortSignal::any(&js_sys::Array::of2(&signal, &end.signal())),
            None => signal,
        }
    }

    /// Ends `ticks` with it.
    pub fn keep(&self, ticks: IntervalHandle) {
        self.0.ticks.set(Some(ticks));
    }

    /// A promise that resolves after `ms` milliseconds, or when it ends; and the timer, for [`Life::forget`].
    pub fn timer(&self, ms: i32) -> (js_sys::Promise, i32) {
        let mut timer = 0;
        let promise = js_sys::Promise::new(&mut |wake, _| {
            let window = web_sys::window();
            // Without a timer the promise would never resolve, and neither would any other.
            timer = window
                .and_then(|window| window.set_timeout_with_callback_and_timeout_and_arguments_0(&wake, ms).ok())
                .unwrap_or_default();
            self.0.sleepers.borrow_mut().push((timer, wake));
        });
        (promise, timer)
    }

    /// Forgets a timer.
    pub fn forget(&self, timer: i32) {
        clear_timer(timer);
        self.0.sleepers.borrow_mut().retain(|(own, _)| *own != timer);
    }
}

fn clear_timer(timer: i32) {
    if let Some(window) = web_sys::window() {
        window.clear_timeout_with_handle(timer);
    }
}
