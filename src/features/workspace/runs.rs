//! The runs of a project, and which of them are drawn.

use hookboard_api::{catalogue::Run, run::RunState};
use leptos::prelude::*;

use super::{SHOWN, plot::key_markup};
use crate::ui::{
    button::LinkButton,
    field::SearchField,
    format::lower,
    icon::{Glyph, Icon},
    toggle::{Checkbox, Checked},
};

/// How many runs are listed at first, and how many more each time.
const LISTED: usize = 20;

const fn look(state: RunState) -> (Glyph, &'static str) {
    match state {
        RunState::Running => (Glyph::Play, "tone-info"),
        RunState::Finished => (Glyph::CheckCircle, "tone-success"),
        RunState::Failed => (Glyph::XCircle, "tone-danger"),
    }
}

/// Whether a run answers to what is sought: its name, its user, its state.
fn answers(run: &Run, sought: &str) -> bool {
    [run.name.as_str(), run.user.as_str(), run.state.as_str()].iter().any(|text| lower(text).contains(sought))
}

/// The list of runs.
#[component]
pub(super) fn RunList(
    /// All runs, newest first.
    runs: Signal<Vec<Run>>,
    /// Those drawn.
    shown: Memo<Vec<Run>>,
    /// The ids the reader chose to draw.
    chosen: RwSignal<Option<Vec<String>>>,
) -> impl IntoView {
    let sought = RwSignal::new(String::new());
    let limit = RwSignal::new(LISTED);
    let found = Memo::new(move |_| {
        let sought = lower(sought.get().trim());
        runs.with(|runs| runs.iter().filter(|run| answers(run, &sought)).cloned().collect::<Vec<_>>())
    });
    let toggle = move |id: &str, wanted: bool| {
        let mut ids: Vec<String> = shown.with_untracked(|shown| shown.iter().map(|run| run.id.clone()).collect());
        ids.retain(|own| own != id);
        if wanted {
            ids.push(id.to_owned());
        }
        chosen.set(Some(ids));
    };
    let row = move |run: Run| {
        let id = run.id.clone();
        let place = Memo::new({
            let id = id.clone();
            move |_| shown.with(|shown| shown.iter().position(|run| run.id == id))
        });
        let (glyph, tone) = look(run.state);
        let words = format!("{}, {}", sentence_case(run.state.as_str()), run.user);
        view! {
            <li class="run">
                <Checkbox
                    checked=Signal::derive(move || if place.get().is_some() { Checked::Yes } else { Checked::No })
                    label=format!("Show {}", run.name)
                    on_check=move |(wanted, _)| toggle(&id, wanted)
                />
                <svg
                    class="run__key"
                    viewBox="0 0 14 3"
                    aria-hidden="true"
                    inner_html=boxed(move || place.get().map(|place| key_markup(place % SHOWN + 1)).unwrap_or_default())
                ></svg>
                <span class="run__text">
                    <span class="row-title truncate">{run.name.clone()}</span>
                    <span class="cell-sub truncate">{words}</span>
                </span>
                <span class=tone>
                    <Icon glyph=glyph />
                </span>
            </li>
        }
    };
    view! {
        <section class="board runs" aria-label="Runs">
            <div class="board__head">
                <h2>"Runs"</h2>
                <span class="muted small push">
                    {live(move || format!("{} of {} shown", shown.with(Vec::len), runs.with(Vec::len)))}
                </span>
            </div>
            <form class="runs__find" role="search" aria-label="Find runs" on:submit=|event| event.prevent_default()>
                <SearchField
                    label="Name, user or state"
                    placeholder="Name, user or state"
                    value=sought
                    on_search=move |text: String| sought.set(text)
                />
            </form>
            <ul role="list">
                <For
                    each=move || found.with(|found| found.iter().take(limit.get()).cloned().collect::<Vec<_>>())
                    key=|run| (run.id.clone(), run.state.as_str())
                    children=row
                />
            </ul>
            {live(move || {
                found
                    .with(Vec::is_empty)
                    .then(|| view! { <p class="board__note muted">"No run has this in its name, user or state."</p> })
            })}
            {live(move || {
                let more = found.with(Vec::len).saturating_sub(limit.get()).min(LISTED);
                (more > 0)
                    .then(|| {
                        view! {
                            <div class="board__foot">
                                <LinkButton on_press=move || limit.update(|limit| *limit += LISTED)>
                                    {format!("Show {more} more")}
                                </LinkButton>
                            </div>
                        }
                    })
            })}
        </section>
    }
}

fn sentence_case(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
