//! What stands where content would: callouts, emptiness, skeletons, errors.

use leptos::prelude::*;

use super::{
    button::LinkButton,
    icon::{Glyph, Icon},
    status::Tone,
};

/// The state of a thing, with at most one action.
#[component]
pub fn Callout(
    /// Its meaning.
    tone: Tone,
    /// Its icon.
    glyph: Glyph,
    /// Read out at once.
    #[prop(optional)]
    alert: bool,
    /// The action.
    #[prop(optional, into)]
    action: Option<ViewFn>,
    /// What it says.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="callout" data-tone=tone.as_str() role=alert.then_some("alert")>
            <Icon glyph=glyph />
            <div>{children()}</div>
            {action.map(|action| view! { <div class="callout__actions">{action.run()}</div> })}
        </div>
    }
}

/// Says that loading failed, and offers another try.
#[component]
pub fn LoadError(
    /// What could not be loaded: "The list".
    what: &'static str,
    /// Why.
    #[prop(into)]
    why: String,
    /// What the action is called.
    #[prop(default = "Try again")]
    word: &'static str,
    /// Tries again.
    #[prop(into)]
    on_retry: Callback<()>,
) -> impl IntoView {
    let retry = ViewFn::from(move || view! { <LinkButton on_press=on_retry>{word}</LinkButton> }.into_any());
    view! {
        <Callout tone=Tone::Danger glyph=Glyph::XCircle alert=true action=retry>
            <b class="strong">{format!("{what} could not be loaded.")}</b>
            " "
            {why}
        </Callout>
    }
}

/// Says what would be here, and offers the first step.
#[component]
pub fn Empty(
    /// What is not here.
    #[prop(into)]
    title: String,
    /// What would be.
    #[prop(into)]
    text: String,
    /// Whether to draw the board of pegs: for what is empty, not for what does not match.
    #[prop(optional)]
    art: bool,
    /// The first step.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let drawing = || {
        let pegs = [12, 36, 84, 108].into_iter().flat_map(|x| [8, 24, 40].map(|y| (x, y)));
        let pegs: Vec<String> = pegs.map(|(x, y)| format!(r#"<circle cx="{x}" cy="{y}" r="1.5"/>"#)).collect();
        let pegs = pegs.concat();
        let hook = r#"<circle cx="66" cy="9" r="3"/><path d="M66 12v17a8.5 8.5 0 0 1-17 0v-5.5l5.4 5"/>"#;
        format!(r#"<g class="empty__peg">{pegs}</g><g class="empty__line">{hook}</g>"#)
    };
    view! {
        <div class="empty">
            {art
                .then(|| {
                    view! {
                        <svg class="empty__art" viewBox="0 0 120 48" aria-hidden="true" inner_html=boxed(drawing) />
                    }
                })} <div class="stack-tight">
                <h2 class="empty__title">{title}</h2>
                <p>{text}</p>
            </div> {children.map(|children| view! { <div class="row row-wrap">{children()}</div> })}
        </div>
    }
}

/// Lines where rows will be.
#[component]
pub fn SkeletonRows(
    /// What is loading: "Loading automations".
    label: &'static str,
) -> impl IntoView {
    let row = |widths: [&'static str; 4]| {
        view! {
            <div class="skeleton-row">
                <span class="stack-tight skeleton-lines">
                    <span class="skeleton" data-width=widths[0]></span>
                    <span class="skeleton" data-width=widths[1]></span>
                </span>
                <span class="stack-tight skeleton-lines">
                    <span class="skeleton" data-width=widths[2]></span>
                    <span class="skeleton" data-width=widths[3]></span>
                </span>
            </div>
        }
    };
    view! {
        <p class="visually-hidden" role="status">
            {label}
        </p>
        <div aria-hidden="true">
            {row(["2", "4", "3", "4"])} {row(["1", "3", "3", "4"])} {row(["2", "4", "2", "3"])}
        </div>
    }
}
