//! What a panel says whose host asks for what is not there: what is.

use hookboard_api::scope::PlaceKind;
use leptos::prelude::*;

use crate::{
    client::use_team,
    part::part,
    route::{Place, use_router},
};

/// So many names are told of a longer list.
const MOST: usize = 12;

part! {
    /// The room of a panel that is not there.
    panel: pub(super) fn not_here() { view! { <NotHere /> } }
}

/// `“Models”, “Datasets” and “Eval”`; where they are more than [`MOST`], the last is `3 more`.
fn listed(names: &[&str]) -> String {
    let mut words: Vec<String> = names.iter().take(MOST).map(|name| format!("“{name}”")).collect();
    if names.len() > MOST {
        words.push(format!("{} more", names.len() - MOST));
    }
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// What is wrong with a team that is not among those of the reader.
fn no_team(entity: &str, own: &[&str]) -> String {
    let teams = if own.is_empty() { "in no team".to_owned() } else { format!("in {}", listed(own)) };
    format!("The reader is not in the team “{entity}”, or there is none of that name. They are {teams}.")
}

/// What is wrong with a place that is not among those of its team.
fn no_place(place: &Place, own: &[&str]) -> String {
    let (one, many) = match place.kind {
        PlaceKind::Registry => ("registry", "registries"),
        PlaceKind::Project => ("project", "projects"),
    };
    let Place { entity, name, .. } = place;
    if own.is_empty() {
        return format!("“{entity}” has no {one} “{name}”, and no other one yet.");
    }
    format!("“{entity}” has no {one} “{name}”. Its {many}: {}.", listed(own))
}

#[component]
fn NotHere() -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let strange = team.is_strange();
    let words = move || {
        let route = router.route().get();
        if strange.get() {
            let entity = route.entity().unwrap_or_default();
            return team.me().with(|me| {
                let teams = me.value.as_ref().map(|me| me.entities.iter().map(|team| team.entity.as_str()).collect());
                no_team(entity, &teams.unwrap_or_else(Vec::new))
            });
        }
        let missing = route.place().filter(|place| team.lacks(place).get());
        missing.map_or_else(
            || "The address leads nowhere, or to something the reader may not see.".to_owned(),
            |place| {
                team.places(place.kind).with(|places| {
                    let names =
                        places.value.as_ref().map(|list| list.items.iter().map(|one| one.name.as_str()).collect());
                    no_place(place, &names.unwrap_or_else(Vec::new))
                })
            },
        )
    };
    view! {
        <div class="page">
            <div class="empty">
                <h1 tabindex="-1">"The page around this panel asks for what is not here"</h1>
                <p>{live(words)}</p>
            </div>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_is_told() {
        let place = Place { entity: "kestrel".to_owned(), kind: PlaceKind::Registry, name: "Modells".to_owned() };
        assert_eq!(
            no_place(&place, &["Models", "Datasets"]),
            "“kestrel” has no registry “Modells”. Its registries: “Models” and “Datasets”."
        );
        assert_eq!(no_place(&place, &[]), "“kestrel” has no registry “Modells”, and no other one yet.");
        assert!(no_team("kestral", &["kestrel"]).ends_with("They are in “kestrel”."));
        let many: Vec<String> = (0..15).map(|number| number.to_string()).collect();
        assert!(listed(&many.iter().map(String::as_str).collect::<Vec<_>>()).ends_with("“11” and 3 more"));
    }
}
