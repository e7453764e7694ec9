//! The head of a panel in another page: what it shows, the way up, and the way out to the whole page.

use leptos::prelude::*;

use crate::{
    part::part,
    route::{Place, PlaceTab, Room, Route, use_router},
    ui::icon::{Glyph, Icon},
};

part! {
    /// The head.
    panel: pub fn panel_head() { view! { <PanelHead /> } }
}

/// Where a room of a panel is to be left to, and the name of that room.
fn up(route: &Route, place: Option<&Place>) -> Option<(&'static str, Route)> {
    let tab = |place: &Place, tab| Route::Place(place.clone(), tab);
    Some(match route {
        Route::Automation(own, _) | Route::NewAutomation(own) => ("Automations", tab(own, PlaceTab::Automations)),
        Route::EditAutomation(own, id) => ("Automation", Route::Automation(own.clone(), id.clone())),
        Route::Collection(own, _) => ("Collections", tab(own, PlaceTab::Collections)),
        Route::Delivery { entity, .. } | Route::Event { entity, .. } => {
            match place.filter(|place| place.entity == *entity) {
                Some(place) => ("History", tab(place, PlaceTab::History)),
                None => ("Deliveries", Room::Deliveries.of(entity.clone())),
            }
        }
        _ => return None,
    })
}

fn title(route: &Route, place: Option<&Place>) -> String {
    let name = place.map(|place| place.name.as_str());
    match route {
        Route::Team { entity, room } => format!("{} of {entity}", room.label()),
        Route::Collection(_, name) => name.clone(),
        Route::Place(place, tab) => format!("{} of {}", tab.label(place.kind), place.name),
        _ => name.or(route.entity()).unwrap_or("Hookboard").to_owned(),
    }
}

#[component]
fn PanelHead() -> impl IntoView {
    let router = use_router();
    let route = router.route();
    // A delivery and an event have no place in their address: theirs is the one that the panel came from.
    let place = Memo::new(move |last: Option<&Option<Place>>| {
        let own = route.with(|route| route.place().cloned());
        own.or_else(|| last.cloned().flatten())
    });
    let back = move || {
        let up = route.with(|route| place.with(|place| up(route, place.as_ref())));
        up.map(|(name, to)| {
            view! {
                <a class="icon-button" href=router.href(&to) aria-label=format!("Back to {name}")>
                    <Icon glyph=Glyph::ArrowLeft />
                </a>
            }
        })
    };
    view! {
        <div class="panel-head">
            {live(back)}
            <svg class="brand__mark" viewBox="0 0 24 24" aria-hidden="true">
                <circle cx="15.75" cy="4.75" r="2" />
                <path d="M15.75 6.75v8a5.5 5.5 0 0 1-11 0V11l3.6 3.3" />
            </svg>
            <span class="panel-head__title truncate">
                {live(move || route.with(|route| place.with(|place| title(route, place.as_ref()))))}
            </span>
            <a
                class="icon-button push"
                href=bound(move || router.here())
                target="_blank"
                rel="noopener"
                aria-label="Open in Hookboard, in a new tab"
            >
                <Icon glyph=Glyph::External />
            </a>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_lead_up_within_the_place() {
        let of = |path: &str, came: &str| {
            let came = Route::parse(came);
            up(&Route::parse(path), came.place()).map(|(name, to)| (name, to.path()))
        };
        let models = "/kestrel/registry/Models/automations";
        assert_eq!(of("/kestrel/registry/Models/automations/new", models), Some(("Automations", models.to_owned())));
        let history = "/kestrel/registry/Models/history".to_owned();
        assert_eq!(of("/kestrel/deliveries/0192", models), Some(("History", history)));
        assert_eq!(of("/kestrel/deliveries/0192", "/"), Some(("Deliveries", "/kestrel/deliveries".to_owned())));
        assert_eq!(of(models, models), None);
    }
}
