//! Puts lines into the document, touching only those that changed. The keystroke's path: no
//! framework, no text made of markup.

use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

use super::lines::{Line, Piece};

/// A painted line.
struct Painted {
    line: Line,
    element: Element,
    /// The elements of placeholders and their values.
    slots: Vec<(usize, Element)>,
}

/// The lines of one block, painted.
pub(super) struct Painter {
    document: Document,
    host: HtmlElement,
    lines: Vec<Painted>,
    ring: Option<usize>,
}

impl Painter {
    /// Paints into `host`.
    pub(super) fn new(host: HtmlElement) -> Option<Self> {
        Some(Self { document: host.owner_document()?, host, lines: Vec::new(), ring: None })
    }

    /// Shows `lines`, moved by so many pixels.
    pub(super) fn paint(&mut self, lines: Vec<Line>, x: f64, y: f64) {
        for extra in self.lines.drain(lines.len().min(self.lines.len())..) {
            extra.element.remove();
        }
        for (index, line) in lines.into_iter().enumerate() {
            match self.lines.get_mut(index) {
                Some(painted) if painted.line == line => {}
                Some(painted) => {
                    painted.element.set_text_content(None);
                    painted.slots = fill(&self.document, &painted.element, &line);
                    painted.line = line;
                }
                None => {
                    let Ok(element) = self.document.create_element("span") else { return };
                    element.set_class_name("code-line");
                    let slots = fill(&self.document, &element, &line);
                    // Fails only for elements that cannot have children.
                    let _ = self.host.append_child(&element);
                    self.lines.push(Painted { line, element, slots });
                }
            }
        }
        // By the object model: the content policy allows no style attribute.
        let _ = self.host.style().set_property("transform", &format!("translate({x}px, {y}px)"));
        let ring = self.ring.take();
        self.set_ring(ring);
    }

    /// Rings one placeholder or value, or none.
    pub(super) fn set_ring(&mut self, slot: Option<usize>) {
        if slot.is_none() && self.ring.is_none() {
            return;
        }
        self.ring = slot;
        for (own, element) in self.lines.iter().flat_map(|painted| &painted.slots) {
            if Some(*own) == slot {
                let _ = element.set_attribute("data-ring", "");
            } else {
                let _ = element.remove_attribute("data-ring");
            }
        }
    }

    /// The placeholder whose element is `target`.
    pub(super) fn slot_of(&self, target: &Element) -> Option<usize> {
        self.lines
            .iter()
            .flat_map(|painted| &painted.slots)
            .find(|(_, element)| element == target)
            .map(|(slot, _)| *slot)
    }
}

fn fill(document: &Document, parent: &Element, line: &Line) -> Vec<(usize, Element)> {
    let mut slots = Vec::new();
    for piece in line {
        if piece.class.is_empty() && piece.skip == 0 {
            let _ = parent.append_child(&document.create_text_node(&piece.text));
            continue;
        }
        let Ok(element) = document.create_element("span") else { continue };
        dress(&element, piece);
        let _ = parent.append_child(&element);
        if let Some(slot) = piece.slot {
            slots.push((slot, element));
        }
    }
    slots
}

fn dress(element: &Element, piece: &Piece) {
    if piece.skip > 0 {
        element.set_class_name("code-skip");
        if let Some(element) = element.dyn_ref::<HtmlElement>() {
            let _ = element.style().set_property("inline-size", &format!("{}ch", piece.skip));
        }
        return;
    }
    element.set_class_name(piece.class);
    element.set_text_content(Some(&piece.text));
    if let Some(group) = piece.group {
        let _ = element.set_attribute("data-group", group);
    }
    if piece.blank {
        let _ = element.set_attribute("data-state", "blank");
    }
}
