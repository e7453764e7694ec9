//! Two versions of a thing that were made from the same one: what differs, and the two ways on.

use leptos::prelude::*;

use super::{button::Button, feedback::Callout, icon::Glyph, status::Tone};

/// A part in which the versions differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The part: "Name".
    pub what: &'static str,
    /// What it is in the version that was saved.
    pub theirs: String,
    /// What it is in the reader's.
    pub mine: String,
    /// Whether the two are code.
    pub code: bool,
}

impl Difference {
    /// A part in words; none where the versions agree.
    pub fn of(what: &'static str, theirs: impl Into<String>, mine: impl Into<String>) -> Option<Self> {
        let (theirs, mine) = (theirs.into(), mine.into());
        (theirs != mine).then_some(Self { what, theirs, mine, code: false })
    }

    /// A part of many lines: those from the first that differs to the last.
    pub fn of_lines(what: &'static str, theirs: &str, mine: &str) -> Option<Self> {
        let mut one: &[&str] = &theirs.lines().collect::<Vec<_>>();
        let mut other: &[&str] = &mine.lines().collect::<Vec<_>>();
        while let ([first, rest @ ..], [same, others @ ..]) = (one, other)
            && first == same
        {
            (one, other) = (rest, others);
        }
        while let ([rest @ .., last], [others @ .., same]) = (one, other)
            && last == same
        {
            (one, other) = (rest, others);
        }
        (one != other).then(|| Self { what, theirs: one.join("\n"), mine: other.join("\n"), code: true })
    }
}

/// Says that somebody else saved the thing meanwhile, and lets the reader choose. Nothing is lost before.
#[component]
pub fn Conflict(
    /// The thing: "automation".
    what: &'static str,
    /// In what the versions differ.
    differences: Vec<Difference>,
    /// Takes the saved version over.
    #[prop(into)]
    on_theirs: Callback<()>,
    /// Saves the reader's version over it.
    #[prop(into)]
    on_mine: Callback<()>,
) -> impl IntoView {
    let same = differences.is_empty();
    view! {
        <section class="conflict" aria-label="Saved meanwhile">
            <Callout tone=Tone::Warning glyph=Glyph::Warning alert=true>
                {format!("Someone else changed this {what} meanwhile. Yours is kept. ")}
                {if same { "The two say the same." } else { "Here they differ:" }}
            </Callout>
            <Differences differences=differences sides=("Saved", "Yours") />
            <div class="row row-wrap">
                <Button on_press=on_theirs>"Load the saved version"</Button>
                <Button on_press=on_mine>"Save mine over it"</Button>
            </div>
        </section>
    }
}

/// Each part in which two versions differ, as it is in one and in the other.
#[component]
pub fn Differences(
    /// The parts.
    differences: Vec<Difference>,
    /// What the two versions are called.
    sides: (&'static str, &'static str),
) -> impl IntoView {
    let side = |who: &'static str, text: String, code: bool| {
        let text = if text.is_empty() { "–".to_owned() } else { text };
        let text = if code {
            view! { <pre class="conflict__code">{text}</pre> }.into_any()
        } else {
            view! { <p>{text}</p> }.into_any()
        };
        view! {
            <dd>
                <span class="conflict__who">{who}</span>
                {text}
            </dd>
        }
    };
    let part = |one: Difference| {
        view! {
            <div class="conflict__part">
                <dt>{one.what}</dt>
                {side(sides.0, one.theirs, one.code)}
                {side(sides.1, one.mine, one.code)}
            </div>
        }
    };
    view! { <dl class="differences">{differences.into_iter().map(part).collect_view()}</dl> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        assert_eq!(Difference::of("Name", "a", "a"), None);
        assert_eq!(Difference::of_lines("Payload", "{\n}", "{\n}"), None);
        let found = Difference::of_lines("Payload", "{\n \"a\": 1,\n \"b\": 2\n}", "{\n \"a\": 3,\n \"b\": 2\n}");
        assert_eq!(found.map(|one| (one.theirs, one.mine)), Some((" \"a\": 1,".to_owned(), " \"a\": 3,".to_owned())));
        let added = Difference::of_lines("Payload", "a\nb", "a\nx\nb");
        assert_eq!(added.map(|one| (one.theirs, one.mine)), Some((String::new(), "x".to_owned())));
    }
}
