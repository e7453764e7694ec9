//! The pattern on an alias or tag, tried at once on those there are.

use std::collections::BTreeSet;

use hookboard_api::pattern;
use leptos::prelude::*;

use super::{fields::DraftField, state::Wizard};
use crate::ui::{
    button::Button,
    icon::{Glyph, Icon},
};

/// Chips shown at most.
const MOST: usize = 40;

/// An alias or tag, and what the pattern finds in it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Tried {
    text: String,
    /// The match, in bytes.
    found: Option<(usize, usize)>,
}

impl Tried {
    /// Matches only in part: what an unanchored pattern surprises with.
    fn is_surprise(&self) -> bool {
        self.found.is_some_and(|found| found != (0, self.text.len()))
    }
}

/// A pattern of the event's own, with what it matches.
#[component]
pub(super) fn PatternField(
    /// The wizard.
    wizard: Wizard,
    /// `alias` or `tag`.
    subject: &'static str,
) -> impl IntoView {
    let (label, many) = if subject == "alias" { ("Alias pattern", "aliases") } else { ("Tag pattern", "tags") };
    let pattern = wizard.part(|draft| draft.pattern.clone());
    let known = Memo::new(move |_| known(wizard, subject));
    let tried = Memo::new(move |_| {
        let pattern = pattern.get();
        let regex = (!pattern.is_empty()).then(|| pattern::compile(&pattern).ok()).flatten();
        let mut all: Vec<Tried> = known.with(|known| {
            let one = |text: &String| {
                let found = regex.as_ref().and_then(|regex| regex.find(text)).map(|found| (found.start(), found.end()));
                Tried { text: text.clone(), found }
            };
            known.iter().map(one).collect()
        });
        // Hits first, then surprises: what does not match may be many.
        all.sort_by_key(|one| (one.found.is_none(), one.is_surprise()));
        all
    });
    let loose = Memo::new(move |_| {
        pattern
            .with(|pattern| !pattern.is_empty() && pattern::compile(pattern).is_ok() && !pattern::is_anchored(pattern))
    });
    let error = wizard.error("/pattern");
    let warning = move || {
        loose.get().then(|| {
            let surprise = tried.with(|tried| tried.iter().find(|one| one.is_surprise()).map(|one| one.text.clone()));
            let is_none_whole = tried.with(|tried| {
                let mut found = tried.iter().filter(|one| one.found.is_some()).peekable();
                found.peek().is_some() && found.all(Tried::is_surprise)
            });
            let better = pattern.with(|pattern| pattern::anchored(pattern));
            let shown = better.clone();
            let words = match surprise {
                Some(text) => view! { "Not anchored: " <code>{text}</code> " matches too." }.into_any(),
                None => format!("Not anchored: longer {many} that contain it match too.").into_any(),
            };
            view! {
                <div class="diagnostics">
                    <div class="diagnostic" data-tone="warning">
                        <Icon glyph=Glyph::Warning />
                        <span>
                            {words} {is_none_whole.then(|| format!(" Anchored, it matches none of the {many} known."))}
                        </span>
                        <Button
                            small=true
                            on_press=move || {
                                let better = better.clone();
                                wizard.change(|draft| draft.pattern = better);
                            }
                        >
                            "Use "
                            <code>{shown}</code>
                        </Button>
                    </div>
                </div>
            }
        })
    };
    let chip = |one: Tried| {
        let surprise = one.is_surprise();
        match one.found {
            None => view! { <li class="match">{one.text}</li> }.into_any(),
            Some((start, end)) => {
                let (state, glyph, words) = if surprise {
                    ("surprise", Glyph::Warning, "matches in part: ")
                } else {
                    ("hit", Glyph::Check, "matches: ")
                };
                view! {
                    <li class="match" data-state=state>
                        <Icon glyph=glyph />
                        <span>
                            <span class="visually-hidden">{words}</span>
                            {one.text[..start].to_owned()}
                            <mark>{one.text[start..end].to_owned()}</mark>
                            {one.text[end..].to_owned()}
                        </span>
                    </li>
                }
                .into_any()
            }
        }
    };
    let chips = move || {
        let all = tried.get();
        let more = all.len().saturating_sub(MOST);
        (!all.is_empty()).then(|| {
            let hits = all.iter().filter(|one| one.found.is_some()).count();
            view! {
                <p class="visually-hidden" role="status">
                    {format!("{hits} of {} known {many} match", all.len())}
                </p>
                <ul class="matches section-tight" role="list" aria-label=format!("Known {many}")>
                    {all.into_iter().take(MOST).map(chip).collect_view()}
                    {(more > 0).then(|| view! { <li class="match">{format!("and {more} more")}</li> })}
                </ul>
            }
        })
    };
    view! {
        <div class="stack-tight">
            <DraftField
                wizard=wizard
                label=label
                pointer="/pattern"
                mono=true
                hint=format!("A regular expression, searched anywhere in the {subject}.")
                value=pattern
                on_input=move |text: String| {
                    wizard.leave("/pattern");
                    wizard.change(|draft| draft.pattern = text);
                }
            />
            {live(move || error.with(Option::is_none).then_some(warning))}
            {live(chips)}
        </div>
    }
}

/// The aliases or tags of the scope's collections, and those of past events.
fn known(wizard: Wizard, subject: &'static str) -> Vec<String> {
    let only = wizard.scope().with(|scope| scope.collection.clone()).filter(|name| !name.is_empty());
    let mut known = BTreeSet::new();
    wizard.collections().with(|list| {
        let collections = list.value.iter().flat_map(|list| &list.items);
        for collection in collections.filter(|one| only.as_ref().is_none_or(|only| *only == one.name)) {
            known.extend(if subject == "alias" { &collection.aliases } else { &collection.tags }.iter().cloned());
        }
    });
    wizard.events().with(|list| {
        let events = list.value.iter().flat_map(|list| &list.items);
        known.extend(events.filter_map(|event| event.values.get(subject)?.as_str()).map(str::to_owned));
    });
    known.remove("");
    known.into_iter().collect()
}
