//! Where the reader is, from the team down; also the document's title.

use hookboard_api::scope::PlaceKind;
use leptos::prelude::*;

use crate::route::{PlaceTab, Room, Route, use_router};

/// A crumb: its words, and where it leads, but for the last.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Crumb {
    words: String,
    route: Option<Route>,
}

fn crumbs(route: &Route) -> Vec<Crumb> {
    let link = |words: &str, route: Route| Crumb { words: words.to_owned(), route: Some(route) };
    let here = |words: &str| Crumb { words: words.to_owned(), route: None };
    let Some(entity) = route.entity().map(str::to_owned) else { return vec![here("Hookboard")] };
    let room = |room: Room| link(room.label(), room.of(entity.clone()));
    let team = link(&entity, Room::Home.of(entity.clone()));
    let mut trail = vec![team];
    match route {
        Route::Start | Route::Unknown(_) => {}
        Route::Team { room, .. } => trail.push(here(room.label())),
        Route::Delivery { .. } => trail.extend([room(Room::Deliveries), here("Delivery")]),
        Route::Event { .. } => trail.extend([room(Room::Events), here("Event")]),
        Route::Place(place, _) => trail.extend([
            here(match place.kind {
                PlaceKind::Registry => "Registries",
                PlaceKind::Project => "Projects",
            }),
            here(&place.name),
        ]),
        Route::Collection(place, name) => {
            trail.extend([link(&place.name, Route::Place(place.clone(), PlaceTab::Collections)), here(name)]);
        }
        Route::NewAutomation(place) | Route::Automation(place, _) | Route::EditAutomation(place, _) => {
            trail.extend([
                link(&place.name, Route::Place(place.clone(), place.first_tab())),
                link("Automations", Route::Place(place.clone(), PlaceTab::Automations)),
                here(match route {
                    Route::NewAutomation(_) => "Create",
                    Route::EditAutomation(..) => "Edit",
                    _ => "Automation",
                }),
            ]);
        }
    }
    trail
}

/// The trail. The document's title follows.
#[component]
pub fn Crumbs() -> impl IntoView {
    let router = use_router();
    let trail = Memo::new(move |_| router.route().with(crumbs));
    Effect::new(move || {
        let mut words: Vec<String> = trail.with(|trail| trail.iter().rev().map(|crumb| crumb.words.clone()).collect());
        words.push("Hookboard".to_owned());
        words.dedup();
        document().set_title(&words.join(" · "));
    });
    let items = move || {
        let trail = trail.get();
        let last = trail.len() - 1;
        let item = |(index, crumb): (usize, Crumb)| {
            let words = match crumb.route {
                Some(route) => view! { <a href=router.href(&route)>{crumb.words}</a> }.into_any(),
                None => view! { <span aria-current=(index == last).then_some("page")>{crumb.words}</span> }.into_any(),
            };
            view! { <li>{words}</li> }
        };
        trail.into_iter().enumerate().map(item).collect_view()
    };
    view! {
        <nav class="crumbs" aria-label="Breadcrumb">
            <ol>{live(items)}</ol>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(path: &str) -> Vec<String> {
        crumbs(&Route::parse(path)).into_iter().map(|crumb| crumb.words).collect()
    }

    #[test]
    fn trails_lead_from_the_team_to_the_room() {
        assert_eq!(words("/kestrel/registry/Models/history"), ["kestrel", "Registries", "Models"]);
        assert_eq!(words("/kestrel/registry/Models/automations/new"), ["kestrel", "Models", "Automations", "Create"]);
        assert_eq!(words("/kestrel/deliveries/0192"), ["kestrel", "Deliveries", "Delivery"]);
        assert_eq!(words("/"), ["Hookboard"]);
    }
}
