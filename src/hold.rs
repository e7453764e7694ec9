//! Keys that are pressed while a dialog is on its way: they are for it, and for nothing behind it.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::document;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{HtmlInputElement, KeyboardEvent, Window};

/// Keeps keys to itself for as long as it lives.
pub struct Hold {
    window: Window,
    listener: Closure<dyn FnMut(KeyboardEvent)>,
    typed: Rc<RefCell<String>>,
}

impl Hold {
    /// Takes the keys of the document before anything else does. Those of the browser, with Ctrl, Alt or Meta
    /// and the F keys, stay its own.
    pub fn new() -> Option<Self> {
        let window = web_sys::window()?;
        let typed = Rc::new(RefCell::new(String::new()));
        let kept = Rc::clone(&typed);
        let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let key = event.key();
            let is_letter = key.chars().count() == 1;
            let is_browsers = event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing();
            // F5 loads anew, F12 looks inside.
            if is_browsers || (!is_letter && key.starts_with('F')) {
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

    /// Gives what was typed to the field that has the focus now.
    pub fn hand_over(self) {
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
