//! Keys that are pressed while a dialog is on its way: they are for it, and for nothing behind it.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlInputElement, KeyboardEvent, Window};

use crate::ui::overlay::after_paint;

/// Keys beside letters that would do something where the focus still is.
const NAMED: [&str; 10] =
    ["Enter", "Tab", "Backspace", "Delete", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"];

/// Keeps keys to itself for as long as it lives.
pub struct Hold {
    window: Window,
    listener: Closure<dyn FnMut(KeyboardEvent)>,
    typed: Rc<RefCell<String>>,
}

impl Hold {
    /// Takes the keys of the document before anything else does. Those of the browser, with Ctrl, Alt or Meta, stay
    /// its own.
    pub fn new() -> Option<Self> {
        let window = web_sys::window()?;
        let typed = Rc::new(RefCell::new(String::new()));
        let kept = Rc::clone(&typed);
        let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let key = event.key();
            let is_letter = key.chars().count() == 1;
            let is_own = is_letter || NAMED.contains(&key.as_str());
            if !is_own || event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing() {
                return;
            }
            event.prevent_default();
            event.stop_immediate_propagation();
            if is_letter {
                kept.borrow_mut().push_str(&key);
            } else if key == "Backspace" {
                kept.borrow_mut().pop();
            }
        });
        let call = listener.as_ref().unchecked_ref();
        window.add_event_listener_with_callback_and_bool("keydown", call, true).ok()?;
        Some(Self { window, listener, typed })
    }

    /// Gives what was typed to the field that has the focus, once that is in a dialog: within so many frames.
    pub fn hand_over(self, frames: u8) {
        after_paint(move || {
            let active = document().active_element();
            let is_there =
                active.is_some_and(|active| active.closest("dialog[open]").is_ok_and(|dialog| dialog.is_some()));
            if is_there || frames == 0 { self.give() } else { self.hand_over(frames - 1) }
        });
    }

    fn give(self) {
        let typed = self.typed.take();
        let field = document().active_element().and_then(|active| active.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field.filter(|_| !typed.is_empty()) {
            field.set_value(&(field.value() + &typed));
            if let Ok(event) = web_sys::Event::new("input") {
                event.init_event_with_bubbles("input", true);
                // Nobody forbids it.
                let _ = field.dispatch_event(&event);
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let call = self.listener.as_ref().unchecked_ref();
        // What is not there any more needs no taking away.
        let _ = self.window.remove_event_listener_with_callback_and_bool("keydown", call, true);
    }
}
