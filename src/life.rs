//! What ends with a mount, whether it is unmounted or the wasm panics: calls under way, timers, listeners.

use std::{
    cell::{Cell, RefCell},
    pin::Pin,
    rc::{Rc, Weak},
};

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, AbortSignal};

/// The life of one mount.
#[derive(Clone, Default)]
pub struct Life(Rc<Inner>);

struct Inner {
    end: Option<AbortController>,
    over: Cell<bool>,
    kept: RefCell<Vec<(u32, Box<dyn FnOnce()>)>>,
    next: Cell<u32>,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            end: AbortController::new().ok(),
            over: Cell::default(),
            kept: RefCell::default(),
            next: Cell::default(),
        }
    }
}

/// What ends with a life, or before it.
pub struct Kept {
    life: Weak<Inner>,
    id: u32,
}

impl Kept {
    /// Ends it now.
    pub fn end(&self) {
        let Some(life) = self.life.upgrade() else { return };
        let mut kept = life.kept.borrow_mut();
        let found = kept.iter().position(|(id, _)| *id == self.id).map(|at| kept.swap_remove(at));
        drop(kept);
        if let Some((_, end)) = found {
            end();
        }
    }
}

impl Life {
    /// Ends it, and all that it keeps.
    pub fn end(&self) {
        self.0.over.set(true);
        // In the midst of a panic the list may be in use.
        let kept = self.0.kept.try_borrow_mut().map(|mut kept| std::mem::take(&mut *kept));
        for (_, end) in kept.unwrap_or_default() {
            end();
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

    /// Runs `end` when it ends, or when what is given back does.
    pub fn keep(&self, end: impl FnOnce() + 'static) -> Kept {
        let id = self.0.next.get();
        self.0.next.set(id.wrapping_add(1));
        self.0.kept.borrow_mut().push((id, Box::new(end)));
        Kept { life: Rc::downgrade(&self.0), id }
    }

    /// A promise that resolves after `ms` milliseconds, or when the life or what is given back ends.
    pub fn timer(&self, ms: i32) -> (js_sys::Promise, Kept) {
        let mut kept = None;
        let promise = js_sys::Promise::new(&mut |wake, _| {
            let window = web_sys::window();
            // Without a timer the promise would never resolve, and neither would any other.
            let timer = window
                .and_then(|window| window.set_timeout_with_callback_and_timeout_and_arguments_0(&wake, ms).ok())
                .unwrap_or_default();
            kept = Some(self.keep(move || {
                if let Some(window) = web_sys::window() {
                    window.clear_timeout_with_handle(timer);
                }
                // Waking fails never: it resolves a promise.
                let _ = wake.call0(&JsValue::NULL);
            }));
        });
        // The browser runs what makes a promise at once.
        (promise, kept.unwrap_or_else(|| self.keep(|| {})))
    }

    /// Comes back after `ms` milliseconds, or when it ends. Whether it goes on.
    pub fn sleep(&self, ms: i32) -> Pin<Box<dyn Future<Output = bool>>> {
        let life = self.clone();
        Box::pin(async move {
            let (promise, timer) = life.timer(ms);
            // A promise of a timer is never rejected.
            let _ = JsFuture::from(promise).await;
            timer.end();
            !life.is_over()
        })
    }
}
