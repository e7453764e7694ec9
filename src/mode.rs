//! What a mount is in its document.

/// The document's own page, or a part of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// With sidebar and bar. Its key lives as long as the tab, its theme for ever; the document's title, keys and
    /// address are its own.
    Page,
    /// A room by itself, with a head of one line. It leaves alone what is the document's.
    Panel,
}

impl Mode {
    /// Whether it is the document's own page.
    pub fn is_page(self) -> bool {
        self == Self::Page
    }
}
