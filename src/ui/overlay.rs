//! What menus and listboxes share: native popovers placed beside their button, and arrow keys.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

use super::format::lower;

/// Space between a button and what opens from it, in pixels.
const GAP: f64 = 4.0;

/// Which edge of the button the overlay keeps to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// Its start.
    Start,
    /// Its end.
    End,
}

/// Puts `overlay` below `anchor`, or above it where there is no room below.
pub fn place(anchor: &Element, overlay: &HtmlElement, edge: Edge) {
    let Some(window) = web_sys::window() else { return };
    let length = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|value| value.as_f64()).unwrap_or(0.0);
    let (width, height) = (length(window.inner_width()), length(window.inner_height()));
    let rect = anchor.get_bounding_client_rect();
    let size = overlay.get_bounding_client_rect();
    let below = rect.bottom() + GAP;
    let top = if below + size.height() > height && rect.top() - GAP - size.height() > 0.0 {
        rect.top() - GAP - size.height()
    } else {
        below
    };
    let start = match edge {
        Edge::Start => rect.left(),
        Edge::End => rect.right() - size.width(),
    };
    let left = start.min(width - size.width() - GAP).max(GAP);
    set_length(overlay, "top", top);
    set_length(overlay, "left", left);
}

/// Sets a length of the style so that it looks `length` pixels long. One by one: the content policy allows the object
/// model, not style attributes.
pub fn set_length(overlay: &HtmlElement, name: &str, length: f64) {
    // What is around it may be zoomed. Browsers that do not say so measure in unzoomed pixels.
    let zoom = js_sys::Reflect::get(overlay, &"currentCSSZoom".into()).ok().and_then(|zoom| zoom.as_f64());
    let zoom = zoom.filter(|zoom| *zoom > 0.0).unwrap_or(1.0);
    let _ = overlay.style().set_property(name, &pixels(length / zoom));
}

/// Whole pixels: a fraction would blur the edges, and bring in the code that writes fractions.
fn pixels(length: f64) -> String {
    // No screen has as many pixels as an i32 counts.
    #[allow(clippy::cast_possible_truncation)]
    let whole = length.round() as i32;
    format!("{whole}px")
}

/// Whether a popover shows.
pub fn is_open(overlay: &Element) -> bool {
    overlay.matches(":popover-open").unwrap_or(false)
}

/// The elements of `overlay` that arrow keys walk.
fn items(overlay: &Element) -> Vec<HtmlElement> {
    let Ok(list) = overlay.query_selector_all("[role=menuitem], [role=option]") else { return Vec::new() };
    (0..list.length()).filter_map(|index| list.get(index)?.dyn_into().ok()).collect()
}

/// Focuses the first or last item.
pub fn focus_end(overlay: &Element, last: bool) {
    let items = items(overlay);
    if let Some(item) = if last { items.last() } else { items.first() } {
        // An item that cannot take the focus leaves it where it is.
        let _ = item.focus();
    }
}

/// Moves the focus by arrow keys, Home, End and first letters. Answers whether the key was one.
pub fn walk(event: &KeyboardEvent, overlay: &Element) -> bool {
    let items = items(overlay);
    let target = event.target();
    let at = items.iter().position(|item| target.as_ref() == Some(item.as_ref()));
    let count = items.len();
    let to = match event.key().as_str() {
        "ArrowDown" => at.map_or(0, |at| (at + 1) % count.max(1)),
        "ArrowUp" => at.map_or(count.saturating_sub(1), |at| (at + count - 1) % count.max(1)),
        "Home" => 0,
        "End" => count.saturating_sub(1),
        key if key.chars().count() == 1 && !event.ctrl_key() && !event.meta_key() && key != " " => {
            let starts =
                |item: &HtmlElement| lower(item.text_content().unwrap_or_default().trim()).starts_with(&lower(key));
            let from = at.map_or(0, |at| at + 1);
            match (from..from + count).map(|index| index % count).find(|index| starts(&items[*index])) {
                Some(to) => to,
                None => return false,
            }
        }
        _ => return false,
    };
    event.prevent_default();
    if let Some(item) = items.get(to) {
        let _ = item.focus();
    }
    true
}

/// Runs `then` when the browser has laid out what just changed. What it reads may be gone by then.
pub fn after_layout(then: impl FnOnce() + 'static) {
    request_animation_frame(then);
}

/// Runs `then` when what just changed is on the screen.
pub fn after_paint(then: impl FnOnce() + 'static) {
    request_animation_frame(move || set_timeout(then, Duration::ZERO));
}
