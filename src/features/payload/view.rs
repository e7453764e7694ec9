//! What the editor asks of the browser: measures, insertions that can be undone, what lies under the
//! pointer.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlDocument, HtmlElement, HtmlTextAreaElement};

/// Measures of a block of code, in pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metrics {
    /// Height of a line.
    pub(super) line: f64,
    /// Width of a column.
    pub(super) column: f64,
    /// Space before the first column.
    pub(super) pad_x: f64,
    /// Space above the first line.
    pub(super) pad_y: f64,
}

impl Metrics {
    /// Measures a block.
    pub(super) fn of(block: &HtmlElement) -> Self {
        let style = web_sys::window().and_then(|window| window.get_computed_style(block).ok().flatten());
        let length = |name: &str, otherwise: f64| {
            let text = style.as_ref().and_then(|style| style.get_property_value(name).ok()).unwrap_or_default();
            text.trim_end_matches("px").parse().unwrap_or(otherwise)
        };
        let line = length("line-height", 20.0);
        Self {
            line,
            column: column(block).unwrap_or(line * 0.38),
            pad_x: length("padding-left", 12.0),
            pad_y: length("padding-top", 8.0),
        }
    }
}

/// The width of a column: that of a hundred of them, over a hundred.
fn column(block: &HtmlElement) -> Option<f64> {
    let probe = block.owner_document()?.create_element("span").ok()?;
    probe.set_class_name("code-probe");
    probe.set_text_content(Some(&"0".repeat(100)));
    let parent = block.parent_element()?;
    parent.append_child(&probe).ok()?;
    let width = probe.get_bounding_client_rect().width();
    probe.remove();
    (width > 0.0).then_some(width / 100.0)
}

/// Writes `text` over a selection. By the editing command, which alone keeps the browser's undo.
pub(super) fn insert(input: &HtmlTextAreaElement, start: usize, end: usize, text: &str) {
    let units = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let _ = input.focus();
    let _ = input.set_selection_range(units(start), units(end));
    let document = input.owner_document().and_then(|document| document.dyn_into::<HtmlDocument>().ok());
    let command = if text.is_empty() { "delete" } else { "insertText" };
    let done = document
        .is_some_and(|document| document.exec_command_with_show_ui_and_value(command, false, text).unwrap_or(false));
    if !done {
        // Without the command there is no undo, but the text is right.
        let _ = input.set_range_text_with_start_and_end(text, units(start), units(end));
        let _ = input.set_selection_range(
            units(start + text.encode_utf16().count()),
            units(start + text.encode_utf16().count()),
        );
        if let Ok(event) = web_sys::Event::new("input") {
            let _ = input.dispatch_event(&event);
        }
    }
}

/// The elements under a point, topmost first: the paint lies below the text field.
pub(super) fn under_point(of: &Element, x: f64, y: f64) -> Vec<Element> {
    let root: JsValue = of.get_root_node().into();
    let found = js_sys::Reflect::get(&root, &"elementsFromPoint".into())
        .ok()
        .and_then(|method| method.dyn_into::<js_sys::Function>().ok())
        .and_then(|method| method.call2(&root, &x.into(), &y.into()).ok())
        .and_then(|found| found.dyn_into::<js_sys::Array>().ok());
    found.map(|found| found.iter().filter_map(|one| one.dyn_into().ok()).collect()).unwrap_or_default()
}
