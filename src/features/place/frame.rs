//! The head that the tabs of a registry or project share.

use hookboard_api::{account::Role, scope::PlaceKind};
use leptos::prelude::*;

use crate::{
    client::{use_client, use_team},
    features::nowhere::Nowhere,
    route::{Place, PlaceTab, Route, use_router},
    ui::{
        button::{Button, ButtonKind},
        format::counted,
        icon::Glyph,
        tabs::{TabLink, TabLinks},
    },
};

/// Title, facts and tabs of a place, and one of its tabs below.
#[component]
pub fn PlaceFrame(
    /// The registry or project.
    place: Place,
    /// The tab that shows.
    tab: PlaceTab,
    /// The tab's content.
    children: ChildrenFn,
) -> impl IntoView {
    let (router, team, mode) = (use_router(), use_team(), use_client().session().mode());
    let kind = place.kind;
    let name = place.name.clone();
    let missing = team.lacks(&place);
    let known = Memo::new({
        let name = name.clone();
        move |_| {
            team.places(kind).with(|places| {
                places.value.as_ref().and_then(|list| list.items.iter().find(|place| place.name == name).cloned())
            })
        }
    });
    let owner = match kind {
        PlaceKind::Registry => format!("Registry of {}", place.entity),
        PlaceKind::Project => format!("Project of {}", place.entity),
    };
    let create = StoredValue::new(Route::NewAutomation(place.clone()));
    let tabs = Signal::derive(move || {
        let count = |pick: fn(&hookboard_api::catalogue::Place) -> u32| {
            known.with(|known| known.as_ref().map(|known| u64::from(pick(known))))
        };
        let collections = count(|place| place.collections);
        let mut tabs = vec![(PlaceTab::Collections, collections)];
        if kind == PlaceKind::Project {
            tabs.insert(0, (PlaceTab::Workspace, None));
        }
        tabs.push((PlaceTab::Automations, count(|place| place.automations)));
        tabs.push((PlaceTab::History, None));
        let link = |(own, count): (PlaceTab, _)| TabLink {
            label: own.label(kind),
            count,
            href: router.href(&Route::Place(place.clone(), own)),
            current: own == tab,
        };
        tabs.into_iter().map(link).collect::<Vec<_>>()
    });
    let page = move || {
        view! {
        <div class=if tab == PlaceTab::Workspace { "page page--wide" } else { "page" }>
            <div class="page-head">
                <div class="page-head__text">
                    // A panel's head says it already.
                    <h1 tabindex="-1" class=(!mode.is_page()).then_some("visually-hidden")>{name.clone()}</h1>
                    <p class="page-head__note dots">
                        <span>{owner.clone()}</span>
                        {live(move || {
                            known
                                .get()
                                .map(|known| {
                                    let versions = match kind {
                                        PlaceKind::Registry => ("linked version", "linked versions"),
                                        PlaceKind::Project => ("version", "versions"),
                                    };
                                    view! {
                                        <span>{counted(known.collections.into(), "collection", "collections")}</span>
                                        <span>{counted(known.versions.into(), versions.0, versions.1)}</span>
                                        {(kind == PlaceKind::Project)
                                            .then(|| view! { <span>{counted(known.runs.into(), "run", "runs")}</span> })}
                                    }
                                })
                        })}
                    </p>
                </div>
                <div class="page-head__actions">
                    <Button
                        kind=ButtonKind::Primary
                        glyph=Glyph::Plus
                        refused=team.refusal(Role::Admin)
                        on_press=move || create.with_value(|create| router.go(create))
                    >
                        "Create automation"
                    </Button>
                </div>
            </div>
            <TabLinks label=name.clone() tabs=tabs />
            {children()}
        </div>
    }.into_any()
    };
    live(move || if missing.get() { view! { <Nowhere /> }.into_any() } else { page() })
}
