//! All variables, with their values in the previewed event.

use hookboard_api::template::{Candidate, Group, complete};
use leptos::prelude::*;

use super::state::Payload;
use crate::ui::{
    button::IconButton,
    format::counted,
    icon::{Glyph, Icon},
    ids::new_id,
};

/// Variables the event carries, by group, each with a button that writes it into the payload.
#[component]
pub fn VariableList(
    /// The payload being written.
    payload: Payload,
    /// Where they are described.
    reference: String,
) -> impl IntoView {
    let carried = Memo::new(move |_| {
        // What the editor would offer for a placeholder just begun.
        let values = payload.values().get();
        let found = payload.names().with(|names| complete("${", 2, names, Some(&values)));
        found.map(|found| found.candidates).unwrap_or_default().into_iter().filter(|one| one.fits).collect::<Vec<_>>()
    });
    let row = move |candidate: Candidate| {
        let name = candidate.name;
        let (insert, hovered) = (format!("${{{name}}}"), name.clone());
        let value = candidate.value.unwrap_or_else(|| "–".to_owned());
        view! {
            <li
                class="varlist__row"
                on:mouseenter=handler(move |_| payload.ring(payload.slot_named(&hovered)))
                on:mouseleave=handler(move |_| payload.ring(None))
            >
                <span class="truncate" title=candidate.description>
                    <span class="var" data-group=candidate.group.as_str()>
                        {name.clone()}
                    </span>
                </span>
                <span class="varlist__value mono truncate">{value}</span>
                <IconButton glyph=Glyph::Plus label=format!("Insert {name}") on_press=move || payload.insert(&insert) />
            </li>
        }
    };
    let groups = move || {
        let all = carried.get();
        let group = |group: Group| {
            let own: Vec<Candidate> = all.iter().filter(|one| one.group == group).cloned().collect();
            let id = new_id();
            (!own.is_empty()).then(|| {
                view! {
                    <h3 class="varlist__group" id=id.clone()>
                        {group.title()}
                    </h3>
                    <ul class="varlist__rows" role="list" aria-labelledby=id>
                        {own.into_iter().map(row).collect_view()}
                    </ul>
                }
            })
        };
        // What is mostly wanted comes first.
        [Group::Event, Group::Artifact, Group::Run, Group::Place, Group::Secret].map(group).collect_view()
    };
    view! {
        <details class="board disclosure" open>
            <summary>
                <Icon glyph=Glyph::ChevronRight />
                <h2>"Variables"</h2>
                <span class="tab__count">
                    {live(move || format!("{} carried by this event", counted(carried.with(Vec::len) as u64, "", "").trim()))}
                </span>
            </summary>
            <div class="varlist">{live(groups)}</div>
            <div class="board__foot">
                <a href=reference>"Payload reference"</a>
            </div>
        </details>
    }
}
