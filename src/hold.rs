//! Keys that are pressed while a dialog is on its way: they are for it, and for nothing behind it.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};

use leptos::prelude::{GetValue, LocalStorage, StoredValue};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, Event, HtmlDialogElement, HtmlInputElement, KeyboardEvent};

use crate::{
    life::{Kept, Life},
    ui::focus::holder,
};

/// A dialog that is longer on its way than so many milliseconds gets no more keys: the reader goes on without it.
const PATIENCE_MS: f64 = 10_000.0;

/// The keys of a mount: of the whole document where it is the document's page, otherwise those that are pressed in it.
#[derive(Clone, Copy)]
pub struct Keys(StoredValue<(Element, Life), LocalStorage>);

impl Keys {
    /// The keys that are pressed in `ground`, until `life` ends.
    pub fn new(ground: Element, life: Life) -> Self {
        Self(StoredValue::new_local((ground, life)))
    }

    /// Takes them before anything else does. Those of the browser, with Ctrl, Alt or Meta and the F keys, stay its own.
    /// Escape says that the dialog is not wanted any more.
    pub fn hold(self) -> Hold {
        let (ground, life) = self.0.get_value();
        let typed = Rc::new(RefCell::new(String::new()));
        let given_up = Rc::new(Cell::new(false));
        let (text, ends) = (Rc::clone(&typed), Rc::clone(&given_up));
        let until = js_sys::Date::now() + PATIENCE_MS;
        let listener = Closure::<dyn FnMut(KeyboardEvent)>::new(move |event: KeyboardEvent| {
            let key = event.key();
            let is_letter = key.chars().count() == 1;
            let is_browsers = event.ctrl_key() || event.meta_key() || event.alt_key() || event.is_composing();
            // F5 loads anew, F12 looks inside.
            let is_function = !is_letter && key.starts_with('F');
            if is_browsers || is_function || ends.get() || js_sys::Date::now() > until {
                return;
            }
            event.prevent_default();
            event.stop_immediate_propagation();
            match key.as_str() {
                "Escape" => ends.set(true),
                "Backspace" => drop(text.borrow_mut().pop()),
                letter if is_letter => text.borrow_mut().push_str(letter),
                _ => {}
            }
        });
        // An element takes listeners always, and loses them without a word.
        let call = listener.as_ref().unchecked_ref();
        let _ = ground.add_event_listener_with_callback_and_bool("keydown", call, true);
        let held = ground.clone();
        let kept = life.keep(move || {
            let call = listener.as_ref().unchecked_ref();
            let _ = held.remove_event_listener_with_callback_and_bool("keydown", call, true);
        });
        Hold { ground, kept, typed, given_up }
    }
}

/// Keeps the keys of a mount to itself as long as it lives.
pub struct Hold {
    ground: Element,
    kept: Kept,
    typed: Rc<RefCell<String>>,
    given_up: Rc<Cell<bool>>,
}

impl Hold {
    /// Gives what was typed to the field that has the focus in the dialog that came, or closes it.
    pub fn hand_over(self) {
        let Some(active) = holder(&self.ground) else { return };
        let dialog = active.closest("dialog").ok().flatten();
        let Some(dialog) = dialog.and_then(|dialog| dialog.dyn_into::<HtmlDialogElement>().ok()) else { return };
        if self.given_up.get() {
            return dialog.close();
        }
        let typed = self.typed.take();
        let is_text = !typed.is_empty() && active.matches("input:not([type=checkbox], [type=radio])") == Ok(true);
        if let Some(field) = active.dyn_into::<HtmlInputElement>().ok().filter(|_| is_text) {
            field.set_value(&(field.value() + &typed));
            if let Ok(event) = Event::new("input") {
                event.init_event_with_bubbles("input", true);
                // Fails only for an event that is on its way already.
                let _ = field.dispatch_event(&event);
            }
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.kept.end();
    }
}
