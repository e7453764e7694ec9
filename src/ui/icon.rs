//! Icons: 16 by 16, strokes of 1.5, one colour. Drawn in place rather than taken from a sprite, so
//! that they need no ids and work in a shadow root as well.

use leptos::prelude::*;

/// A drawing: the outline, and what is filled. Constants rather than variants, so that each loads with the
/// part of the page that shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyph(&'static (&'static str, &'static str));

#[allow(non_upper_case_globals, reason = "named like the variants that they stand for")]
impl Glyph {
    /// `hook`.
    pub const Hook: Self =
        Self(&("M9.35 2.9a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0 -2.8 0z M10.75 4.3v5.2a4 4 0 0 1-8 0V7.25l2.4 2.2", ""));
    /// `search`.
    pub const Search: Self = Self(&("M2.5 7a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z M10.4 10.4l3.35 3.35", ""));
    /// `filter`.
    pub const Filter: Self = Self(&("M2 4h12M4.5 8h7M6.75 12h2.5", ""));
    /// `arrow-down`.
    pub const ArrowDown: Self = Self(&("M8 3v10M4 9l4 4 4-4", ""));
    /// `arrow-up`.
    pub const ArrowUp: Self = Self(&("M8 13V3M4 7l4-4 4 4", ""));
    /// `plus`.
    pub const Plus: Self = Self(&("M8 3v10M3 8h10", ""));
    /// `minus`.
    pub const Minus: Self = Self(&("M3.5 8h9", ""));
    /// `check`.
    pub const Check: Self = Self(&("M3 8.5l3.25 3.25L13 4.75", ""));
    /// `check-circle`.
    pub const CheckCircle: Self =
        Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M5.25 8.25l2 2 3.5-4.25", ""));
    /// `x`.
    pub const X: Self = Self(&("M4 4l8 8M12 4l-8 8", ""));
    /// `x-circle`.
    pub const XCircle: Self = Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M6 6l4 4M10 6l-4 4", ""));
    /// `warning`.
    pub const Warning: Self =
        Self(&("M8 2 14.5 13.5h-13L8 2z M8 6.5v3", "M7.15 11.5a0.85 0.85 0 1 0 1.7 0a0.85 0.85 0 1 0 -1.7 0z"));
    /// `info`.
    pub const Info: Self = Self(&(
        "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M8 7.5v3.5",
        "M7.1 5.1a0.9 0.9 0 1 0 1.8 0a0.9 0.9 0 1 0 -1.8 0z",
    ));
    /// `clock`.
    pub const Clock: Self = Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M8 4.5V8l2.25 1.5", ""));
    /// `retry`.
    pub const Retry: Self = Self(&("M13.25 8a5.25 5.25 0 1 1-1.55-3.7M13.25 2.25V5h-2.75", ""));
    /// `pause`.
    pub const Pause: Self =
        Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M6.5 5.75v4.5M9.5 5.75v4.5", ""));
    /// `play`.
    pub const Play: Self = Self(&("M4.75 3v10l8-5-8-5z", ""));
    /// `skip`.
    pub const Skip: Self = Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M3.75 12.25l8.5-8.5", ""));
    /// `minus-circle`.
    pub const MinusCircle: Self = Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M5.25 8h5.5", ""));
    /// `hourglass`.
    pub const Hourglass: Self =
        Self(&("M4 2.25h8M4 13.75h8M4.75 2.25v2.5L8 8l3.25-3.25v-2.5M4.75 13.75v-2.5L8 8l3.25 3.25v2.5", ""));
    /// `more`.
    pub const More: Self = Self(&(
        "",
        "M1.75 8a1.25 1.25 0 1 0 2.5 0a1.25 1.25 0 1 0 -2.5 0z M6.75 8a1.25 1.25 0 1 0 2.5 0a1.25 1.25 0 1 0 -2.5 0z M11.75 8a1.25 1.25 0 1 0 2.5 0a1.25 1.25 0 1 0 -2.5 0z",
    ));
    /// `eye`.
    pub const Eye: Self = Self(&(
        "M1.5 8S3.75 3.5 8 3.5 14.5 8 14.5 8 12.25 12.5 8 12.5 1.5 8 1.5 8z M6 8a2 2 0 1 0 4 0a2 2 0 1 0 -4 0z",
        "",
    ));
    /// `pencil`.
    pub const Pencil: Self = Self(&("M10.75 2.75l2.5 2.5-7.75 7.75H3v-2.5l7.75-7.75zM9 4.5 11.5 7", ""));
    /// `copy`.
    pub const Copy: Self = Self(&(
        "M7.25 5.75h5a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1 -1.5 1.5h-5a1.5 1.5 0 0 1 -1.5 -1.5v-5a1.5 1.5 0 0 1 1.5 -1.5z M3.25 10.25a1 1 0 0 1-1-1v-5.5a1.5 1.5 0 0 1 1.5-1.5h5.5a1 1 0 0 1 1 1",
        "",
    ));
    /// `duplicate`.
    pub const Duplicate: Self = Self(&(
        "M7.25 5.75h5a1.5 1.5 0 0 1 1.5 1.5v5a1.5 1.5 0 0 1 -1.5 1.5h-5a1.5 1.5 0 0 1 -1.5 -1.5v-5a1.5 1.5 0 0 1 1.5 -1.5z M3.25 10.25a1 1 0 0 1-1-1v-5.5a1.5 1.5 0 0 1 1.5-1.5h5.5a1 1 0 0 1 1 1M9.75 8v3.5M8 9.75h3.5",
        "",
    ));
    /// `send`.
    pub const Send: Self = Self(&("M13.75 2.25 7.25 8.75M13.75 2.25l-4.25 11.5-2.25-5-5-2.25 11.5-4.25z", ""));
    /// `external`.
    pub const External: Self =
        Self(&("M9.5 2.5h4v4M13.5 2.5 7.5 8.5M11.75 9.5v3a1 1 0 0 1-1 1H3.5a1 1 0 0 1-1-1V5.25a1 1 0 0 1 1-1h3", ""));
    /// `power`.
    pub const Power: Self = Self(&("M8 2.25V7.5M11.6 4.1a5 5 0 1 1-7.2 0", ""));
    /// `trash`.
    pub const Trash: Self = Self(&("M2.5 4.25h11M6 4.25v-2h4v2M4 4.25l.65 9.5h6.7l.65-9.5M6.75 7v4M9.25 7v4", ""));
    /// `sun`.
    pub const Sun: Self = Self(&(
        "M5.25 8a2.75 2.75 0 1 0 5.5 0a2.75 2.75 0 1 0 -5.5 0z M8 1.5v1.25M8 13.25v1.25M1.5 8h1.25M13.25 8h1.25M3.4 3.4l.9.9M11.7 11.7l.9.9M12.6 3.4l-.9.9M4.3 11.7l-.9.9",
        "",
    ));
    /// `theme`.
    pub const Theme: Self =
        Self(&("M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z", "M8 1.75a6.25 6.25 0 0 1 0 12.5z"));
    /// `moon`.
    pub const Moon: Self = Self(&("M13.5 9.6A5.75 5.75 0 0 1 6.4 2.5a5.75 5.75 0 1 0 7.1 7.1z", ""));
    /// `lock`.
    pub const Lock: Self = Self(&(
        "M4.5 7h7a1.5 1.5 0 0 1 1.5 1.5v3.75a1.5 1.5 0 0 1 -1.5 1.5h-7a1.5 1.5 0 0 1 -1.5 -1.5v-3.75a1.5 1.5 0 0 1 1.5 -1.5z M5.25 7V5a2.75 2.75 0 0 1 5.5 0v2",
        "",
    ));
    /// `key`.
    pub const Key: Self = Self(&(
        "M2.25 11a2.75 2.75 0 1 0 5.5 0a2.75 2.75 0 1 0 -5.5 0z M7 9l6.25-6.25M10.75 5.25l2 2M8.75 7.25l1.25 1.25",
        "",
    ));
    /// `tag`.
    pub const Tag: Self = Self(&(
        "M2.25 2.25h5.1l6.2 6.2a1 1 0 0 1 0 1.4l-3.7 3.7a1 1 0 0 1-1.4 0l-6.2-6.2v-5.1z",
        "M4.4 5.4a1 1 0 1 0 2 0a1 1 0 1 0 -2 0z",
    ));
    /// `alias`.
    pub const Alias: Self = Self(&("M4 2.25h8v11.5l-4-3.25-4 3.25V2.25z", ""));
    /// `registry`.
    pub const Registry: Self =
        Self(&("M8 1.75l5.75 3.1v6.3L8 14.25l-5.75-3.1v-6.3L8 1.75zM2.25 4.85 8 8l5.75-3.15M8 8v6.25", ""));
    /// `collection`.
    pub const Collection: Self =
        Self(&("M8 2 14.25 5.25 8 8.5 1.75 5.25 8 2zM1.75 8.25 8 11.5l6.25-3.25M1.75 11.25 8 14.5l6.25-3.25", ""));
    /// `project`.
    pub const Project: Self = Self(&("M2.25 2.25v11.5h11.5M4.75 10.25l2.75-3.5 2.25 2 3.5-4.5", ""));
    /// `users`.
    pub const Users: Self = Self(&(
        "M3.5 5.25a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0z M1.75 13.25c0-2.5 1.75-4.25 4.25-4.25s4.25 1.75 4.25 4.25M10.5 2.9a2.5 2.5 0 0 1 0 4.7M12 9.3c1.4.6 2.25 2 2.25 3.95",
        "",
    ));
    /// `endpoint`.
    pub const Endpoint: Self = Self(&(
        "M1.75 8a6.25 6.25 0 1 0 12.5 0a6.25 6.25 0 1 0 -12.5 0z M1.75 8h12.5M8 1.75c2 1.75 2.75 4 2.75 6.25S10 12.5 8 14.25C6 12.5 5.25 10.25 5.25 8S6 3.5 8 1.75z",
        "",
    ));
    /// `arrow-right`.
    pub const ArrowRight: Self = Self(&("M2.5 8h11M9.25 3.75 13.5 8l-4.25 4.25", ""));
    /// `arrow-left`.
    pub const ArrowLeft: Self = Self(&("M13.5 8h-11M6.75 3.75 2.5 8l4.25 4.25", ""));
    /// `braces`.
    pub const Braces: Self = Self(&(
        "M6 2.5c-1.5 0-2 .65-2 1.85v1.9C4 7.35 3.4 8 2.25 8 3.4 8 4 8.65 4 9.75v1.9c0 1.2.5 1.85 2 1.85M10 2.5c1.5 0 2 .65 2 1.85v1.9C12 7.35 12.6 8 13.75 8 12.6 8 12 8.65 12 9.75v1.9c0 1.2-.5 1.85-2 1.85",
        "",
    ));
    /// `menu`.
    pub const Menu: Self = Self(&("M2.25 4.25h11.5M2.25 8h11.5M2.25 11.75h11.5", ""));
    /// `delivery`.
    pub const Delivery: Self =
        Self(&("M2 9.25h3.5l1 2h3l1-2H14M2 9.25 4 3.25h8l2 6v3.25a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V9.25z", ""));
    /// `pulse`.
    pub const Pulse: Self = Self(&("M1.5 8.25H4.75l2-5.5 3 10.5 1.75-5h3", ""));
    /// `chevron-down`.
    pub const ChevronDown: Self = Self(&("M4 6l4 4 4-4", ""));
    /// `chevron-right`.
    pub const ChevronRight: Self = Self(&("M6 4l4 4-4 4", ""));
    /// `chevron-up-down`.
    pub const ChevronUpDown: Self = Self(&("M5 6l3-3 3 3M5 10l3 3 3-3", ""));
    /// `shield`.
    pub const Shield: Self = Self(&(
        "M8 1.75 13.25 3.5v4c0 3.25-2.1 5.5-5.25 6.75C4.85 13 2.75 10.75 2.75 7.5v-4L8 1.75z M5.75 8l1.6 1.6 2.9-3.35",
        "",
    ));
    /// `format`.
    pub const Format: Self = Self(&("M2.25 3.5h11.5M5 6.5h8.75M5 9.5h5.75M2.25 12.5h11.5", ""));
    /// `book`.
    pub const Book: Self = Self(&(
        "M8 4c-1.25-.9-3-1.25-5.75-1.25v9.5c2.75 0 4.5.35 5.75 1.25 1.25-.9 3-1.25 5.75-1.25v-9.5C11 2.75 9.25 3.1 8 4zM8 4v9.5",
        "",
    ));
    /// `bell`.
    pub const Bell: Self =
        Self(&("M4 6.5a4 4 0 0 1 8 0c0 3.25 1.5 4.5 1.5 4.5h-11S4 9.75 4 6.5zM6.5 13.25a1.7 1.7 0 0 0 3 0", ""));
    /// `expand`.
    pub const Expand: Self = Self(&("M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9", ""));
    /// `history`.
    pub const History: Self = Self(&("M2.75 8a5.25 5.25 0 1 0 1.55-3.7M2.75 2.25V5H5.5M8 5.25V8l2 1.25", ""));
    /// `home`.
    pub const Home: Self = Self(&("M2.5 7.25 8 2.5l5.5 4.75v6.25h-4v-4h-3v4h-4V7.25z", ""));
    /// `download`.
    pub const Download: Self = Self(&("M8 2.25v8M4.75 7 8 10.25 11.25 7M2.5 13.5h11", ""));
    /// `upload`.
    pub const Upload: Self = Self(&("M8 10.25v-8M4.75 5.5 8 2.25l3.25 3.25M2.5 13.5h11", ""));
    /// `audit`.
    pub const Audit: Self = Self(&(
        "M4.5 2.25h7a1.5 1.5 0 0 1 1.5 1.5v8.5a1.5 1.5 0 0 1 -1.5 1.5h-7a1.5 1.5 0 0 1 -1.5 -1.5v-8.5a1.5 1.5 0 0 1 1.5 -1.5z M5.75 5.75h4.5M5.75 8.5h4.5M5.75 11.25h2.5",
        "",
    ));
}

/// An icon. Hidden from assistive technology: the meaning is in the text beside it.
#[component]
pub fn Icon(
    /// What is drawn.
    #[prop(into)]
    glyph: Signal<Glyph>,
    /// A class beside `icon`, for the few places that size it differently.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    // As markup: an element and an attribute of SVG would each bring types of their own into the wasm.
    let drawing = move || {
        let (stroke, fill) = *glyph.get().0;
        let filled = if fill.is_empty() {
            String::new()
        } else {
            format!(r#"<path d="{fill}" fill="currentColor" stroke="none"/>"#)
        };
        format!(r#"<path d="{stroke}"/>{filled}"#)
    };
    view! {
        <svg class=format!("icon {class}") viewBox="0 0 16 16" aria-hidden="true" inner_html=boxed(drawing) />
    }
}
