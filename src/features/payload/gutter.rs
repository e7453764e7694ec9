//! Line numbers beside the editor, with a mark where there is a problem. Only those in sight exist.

use std::ops::Range;

use web_sys::{Document, Element, HtmlElement, Node};

/// The line numbers in sight.
pub(super) struct Gutter {
    document: Document,
    host: HtmlElement,
    warning: Node,
    error: Node,
    rows: Vec<(Row, Element)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Row {
    line: usize,
    current: bool,
    /// Whether a problem on it is an error; none where there is no problem.
    error: Option<bool>,
}

impl Gutter {
    /// Line numbers in `host`; `marks` holds the two icons to copy, for a warning and an error.
    pub(super) fn new(host: HtmlElement, marks: &Element) -> Option<Self> {
        let (warning, error) = (marks.first_element_child()?.into(), marks.last_element_child()?.into());
        Some(Self { document: host.owner_document()?, host, warning, error, rows: Vec::new() })
    }

    /// Shows the numbers of `lines`; `marks` holds lines with problems, in order.
    pub(super) fn paint(&mut self, lines: Range<usize>, current: usize, marks: &[(usize, bool)], y: f64) {
        for (_, element) in self.rows.drain(lines.len().min(self.rows.len())..) {
            element.remove();
        }
        for (index, line) in lines.enumerate() {
            let error = marks.iter().find(|mark| mark.0 == line).map(|mark| mark.1);
            let row = Row { line, current: line == current, error };
            match self.rows.get_mut(index) {
                Some((old, _)) if *old == row => {}
                Some((old, element)) => {
                    *old = row;
                    dress(element, row, &self.warning, &self.error);
                }
                None => {
                    let Ok(element) = self.document.create_element("li") else { return };
                    dress(&element, row, &self.warning, &self.error);
                    let _ = self.host.append_child(&element);
                    self.rows.push((row, element));
                }
            }
        }
        let _ = self.host.style().set_property("transform", &format!("translateY({y}px)"));
    }
}

fn dress(element: &Element, row: Row, warning: &Node, error: &Node) {
    element.set_text_content(Some(&(row.line + 1).to_string()));
    match row.error {
        None => {
            let _ = element.remove_attribute("data-tone");
        }
        Some(is_error) => {
            let _ = element.set_attribute("data-tone", if is_error { "danger" } else { "warning" });
            if let Ok(icon) = if is_error { error } else { warning }.clone_node_with_deep(true) {
                let _ = element.insert_before(&icon, element.first_child().as_ref());
            }
        }
    }
    if row.current {
        let _ = element.set_attribute("data-state", "current");
    } else {
        let _ = element.remove_attribute("data-state");
    }
}
