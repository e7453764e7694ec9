//! The table of variables, made from the catalogue.

use hookboard_api::{
    EventType,
    event::EVENTS,
    sample::sample_values,
    template::{Carrier, Group, MASK, SECRET, VARIABLES, Variable},
    trace::plain,
};
use leptos::prelude::*;

use crate::{
    route::use_router,
    ui::{
        field::{SearchField, Select},
        icon::Glyph,
        ids::new_id,
        status::{Status, Tone},
    },
};

/// Whether a row answers to what is sought.
fn answers(variable: &Variable, sought: &str) -> bool {
    let sought = sought.trim().to_ascii_lowercase();
    variable.form.to_ascii_lowercase().contains(&sought) || variable.description.to_ascii_lowercase().contains(&sought)
}

fn is_carried(variable: &Variable, event: EventType) -> bool {
    variable.carried_by == Carrier::Webhook || variable.carried_by.includes(event)
}

/// All variables, with what the chosen event carries.
#[component]
pub(super) fn VariableTable() -> impl IntoView {
    let router = use_router();
    let query = router.query();
    let event = Memo::new(move |_| {
        let word = query.with(|query| query.get("event").map(str::to_owned));
        let known = word.and_then(|word| EventType::ALL.into_iter().find(|event| event.as_str() == word));
        known.unwrap_or(EventType::AddArtifactAlias)
    });
    let sought = router.param("q");
    let all = || VARIABLES.iter().chain([&SECRET]);
    let choices: Vec<(String, String)> =
        EVENTS.iter().map(|spec| (spec.event.as_str().to_owned(), spec.title.to_owned())).collect();
    let carried = move || {
        let event = event.get();
        let carried = all().filter(|variable| is_carried(variable, event)).count();
        format!("{carried} of {} carry a value", all().count())
    };
    let row = move |variable: &'static Variable| {
        let event = event.get();
        let carried = is_carried(variable, event);
        let sample = match variable.group {
            Group::Secret => MASK.to_owned(),
            // The metadata itself is an object: the form is about one value of it.
            _ if variable.form != variable.name => variable.sample.to_owned(),
            _ => sample_values(event).get(variable.name).map_or_else(|| variable.sample.to_owned(), plain),
        };
        let (glyph, tone, word) =
            if carried { (Glyph::Check, Tone::Success, "Carried") } else { (Glyph::MinusCircle, Tone::None, "Blank") };
        view! {
            <tr role="row" data-state=(!carried).then_some("off")>
                <th role="rowheader" scope="row">
                    <code class="var" data-group=variable.group.as_str() data-state=(!carried).then_some("blank")>
                        {format!("${{{}}}", variable.form)}
                    </code>
                </th>
                <td role="cell">{variable.description}</td>
                <td role="cell" class="muted">
                    {variable.carried_by.title()}
                </td>
                <td role="cell">
                    <span class="mono">{sample}</span>
                </td>
                <td role="cell" class="nowrap">
                    <Status tone=tone glyph=glyph text=word />
                </td>
            </tr>
        }
    };
    let groups = move || {
        let sought = sought.get().unwrap_or_default();
        let found = |group: Group| all().filter(|one| one.group == group && answers(one, &sought)).collect::<Vec<_>>();
        let group = |group: Group| {
            let own = found(group);
            (!own.is_empty()).then(|| {
                view! {
                    <tr role="row" class="table__group">
                        <th role="rowheader" scope="rowgroup" colspan="5">
                            {group.title()}
                        </th>
                    </tr>
                    {own.into_iter().map(row).collect_view()}
                }
            })
        };
        let groups: Vec<_> = Group::ALL.into_iter().filter_map(group).collect();
        if groups.is_empty() {
            view! {
                <tr role="row">
                    <td role="cell" colspan="5" class="muted">"No variable has this in its name or meaning."</td>
                </tr>
            }
            .into_any()
        } else {
            groups.into_any()
        }
    };
    let id = new_id();
    view! {
        <form class="toolbar" role="search" aria-label="Find variables" on:submit=|event| event.prevent_default()>
            <SearchField
                label="Search variables"
                placeholder="Name or meaning"
                value=Signal::derive(move || router.param("q").get().unwrap_or_default())
                on_search=move |text: String| router.set_param("q", Some(&text))
            />
            <label for=id.clone() class="nowrap small muted">
                "Carried by"
            </label>
            <Select
                id=id
                value=Signal::derive(move || event.get().as_str().to_owned())
                choices=choices
                on_choose=move |word: String| router.set_param("event", Some(&word))
            />
            <span class="push small muted" role="status">
                {live(carried)}
            </span>
        </form>
        <div class="board">
            <table class="table table--cards table--variables" role="table" aria-label="Variables">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Variable"</th>
                        <th role="columnheader" scope="col">"What it holds"</th>
                        <th role="columnheader" scope="col">"Carried by"</th>
                        <th role="columnheader" scope="col">"Example"</th>
                        <th role="columnheader" scope="col">
                            "In this event"
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{live(groups)}</tbody>
            </table>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_meanings_are_sought() {
        let found =
            |sought: &str| VARIABLES.iter().filter(|one| answers(one, sought)).map(|one| one.name).collect::<Vec<_>>();
        assert_eq!(found(" THRESH"), ["metric_threshold"]);
        assert_eq!(found("display name"), ["run_name"]);
        assert_eq!(found("").len(), VARIABLES.len());
    }
}
