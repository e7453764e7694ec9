//! When the first frame of a mount stands. What asks for more waits for it: the reader sees the place at once, and what it
//! holds a frame later.

use std::{
    cell::{Cell, OnceCell},
    rc::Rc,
};

use leptos::prelude::document;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::{
    life::{Kept, Life},
    ui::overlay::after_paint,
};

/// A mount that is not drawn within so many milliseconds is not waited for: browsers draw nothing that is out of sight.
const PATIENCE_MS: i32 = 100;

/// The first frame of a mount.
#[derive(Clone)]
pub struct FirstFrame(Rc<Inner>);

struct Inner {
    life: Life,
    stands: Cell<bool>,
    comes: OnceCell<js_sys::Promise>,
}

impl FirstFrame {
    /// That of the mount of this life, which begins.
    pub fn of(life: Life) -> Self {
        Self(Rc::new(Inner { life, stands: Cell::new(document().hidden()), comes: OnceCell::new() }))
    }

    /// Comes back when it stands, or when the life ends.
    pub async fn stands(self) {
        if !self.0.stands.get() {
            // A promise of a frame or a timer is never rejected.
            let _ = JsFuture::from(self.0.comes.get_or_init(|| self.comes()).clone()).await;
            self.0.stands.set(true);
        }
    }

    fn comes(&self) -> js_sys::Promise {
        let (late, timer) = self.0.life.timer(PATIENCE_MS);
        let mut timer = Some(timer);
        let frame = js_sys::Promise::new(&mut |done, _| {
            let timer = timer.take();
            after_paint(move || {
                timer.iter().for_each(Kept::end);
                let _ = done.call0(&JsValue::UNDEFINED);
            });
        });
        js_sys::Promise::race(&js_sys::Array::of2(&frame, &late))
    }
}
