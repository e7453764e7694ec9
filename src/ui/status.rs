//! States: an icon with its colour, a word, and the code behind it.

use leptos::prelude::*;

use super::icon::{Glyph, Icon};

/// A meaning. It never stands alone: an icon and a word come along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Success,
    /// Needs a look.
    Warning,
    /// Went wrong.
    Danger,
    /// Good to know.
    Info,
    /// Means nothing.
    None,
}

impl Tone {
    /// The word of `data-tone`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Danger => "danger",
            Self::Info => "info",
            Self::None => "none",
        }
    }
}

/// A state.
#[component]
pub fn Status(
    /// Its meaning.
    tone: Tone,
    /// Its icon.
    glyph: Glyph,
    /// Its word.
    #[prop(into)]
    text: String,
    /// The code behind it.
    #[prop(optional, into)]
    code: Option<String>,
) -> impl IntoView {
    view! {
        <span class="status" data-tone=tone.as_str()>
            <Icon glyph=glyph />
            <span>{text} {code.map(|code| view! { " " <span class="faint">{code}</span> })}</span>
        </span>
    }
}

/// A word about the thing it stands beside.
#[component]
pub fn Badge(
    /// Its meaning.
    tone: Tone,
    /// Its icon.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// As in page heads.
    #[prop(optional)]
    large: bool,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <span class="badge" data-tone=tone.as_str() data-size=large.then_some("large")>
            {glyph.map(|glyph| view! { <Icon glyph=glyph /> })}
            {children()}
        </span>
    }
}

/// How one of the last results is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// Arrived.
    Good,
    /// Did not arrive.
    Bad,
    /// Is still tried.
    Wait,
    /// Was not sent.
    Skip,
}

const TICKS: usize = 20;

/// Class and height of each.
const LOOKS: [(Option<Tick>, &str, u32); 5] = [
    (Some(Tick::Good), "ok", 9),
    (Some(Tick::Bad), "bad", 16),
    (Some(Tick::Wait), "wait", 16),
    (Some(Tick::Skip), "none", 4),
    (None, "none", 2),
];

/// The last 20 results: arrived ones low, failed and retried ones at full height, the rest stubs.
#[component]
pub fn Sparkline(
    /// The results, oldest first.
    ticks: Vec<Tick>,
) -> impl IntoView {
    let sent = ticks.iter().filter(|tick| **tick != Tick::Skip).count();
    if sent == 0 {
        return view! { <span class="cell-sub">"None yet"</span> }.into_any();
    }
    let good = ticks.iter().filter(|tick| **tick == Tick::Good).count();
    let missing = TICKS.saturating_sub(ticks.len());
    let ticks: Vec<Option<Tick>> = std::iter::repeat_n(None, missing).chain(ticks.into_iter().map(Some)).collect();
    // One path for all that look alike: a list draws many.
    let path = |(of, class, height): (Option<Tick>, &str, u32)| {
        let alike = ticks.iter().enumerate().filter(|(_, tick)| **tick == of);
        let bars: Vec<String> = alike.map(|(index, _)| format!("M{} 16v-{height}h3v{height}z", index * 4)).collect();
        (!bars.is_empty()).then(|| format!(r#"<path class="spark__{class}" d="{}"/>"#, bars.concat()))
    };
    let bars = LOOKS.into_iter().filter_map(path).collect::<Vec<_>>().concat();
    view! {
        <span class="cell-stack">
            <svg
                class="spark"
                viewBox="0 0 79 16"
                role="img"
                aria-label=format!("{good} of the last {sent} deliveries succeeded")
                inner_html=boxed(move || bars.clone())
            />
            <span class="cell-sub">{format!("{good} of {sent}")}</span>
        </span>
    }
    .into_any()
}
