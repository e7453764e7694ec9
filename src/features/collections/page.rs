//! One collection: the automations that watch it, its versions, and what each version set off.

use hookboard_api::{
    account::Role,
    automation::Automation,
    catalogue::{Collection, Version},
    delivery::{Delivery, DeliveryState},
    list::List,
    sentence::when,
};
use leptos::prelude::*;

use super::actions::Whole;
use crate::{
    client::{Remote, calls, use_client, use_team},
    features::nowhere::Nowhere,
    route::{Place, PlaceTab, Query, Route, use_router},
    ui::{
        button::{Button, ButtonKind, ButtonLink},
        chip::Chip,
        feedback::{Empty, LoadError, SkeletonRows},
        focus::Heading,
        format::counted,
        icon::Glyph,
        menu::Menu,
        outcome::{last_result, look, never_fired},
        rows::follow,
        rule::{RuleSentence, Then},
        status::{Badge, Status, Tone},
        time::Ago,
        toast::use_toasts,
    },
};

/// The page of one collection.
#[component]
pub fn CollectionPage(
    /// The registry or project.
    place: Place,
    /// The collection's name.
    name: String,
) -> impl IntoView {
    let (client, router, team, toasts) = (use_client(), use_router(), use_team(), use_toasts());
    let missing_place = team.lacks(&place);
    let whole = Whole { place: place.clone(), name: name.clone() };
    let all = client.query::<List<Collection>>({
        let path = calls::collections(&place);
        move || Some(path.clone())
    });
    let own = name.clone();
    let known = Memo::new(move |_| {
        all.with(|all| all.value.as_ref().and_then(|all| all.items.iter().find(|one| one.name == own).cloned()))
    });
    let missing = Memo::new(move |_| {
        missing_place.get() || all.with(|all| all.value.is_some() && !all.busy) && known.with(Option::is_none)
    });
    let facts = move || {
        known.get().map(|known| {
            let has_tags = !known.tags.is_empty();
            let tags = known.tags.into_iter().map(|tag| chip(Glyph::Tag, tag)).collect_view();
            view! {
                <span>{known.collection_type}</span>
                <span>{counted(known.versions.into(), "version", "versions")}</span>
                <span>"Changed " <Ago at=known.updated_at /></span>
                {has_tags.then(|| view! { <span class="chips">{tags}</span> })}
            }
        })
    };
    let page = move || {
        let whole = whole.clone();
        let (create, menu, title) = (whole.create(), whole.clone(), whole.name.clone());
        view! {
            <div class="page">
                <div class="page-head">
                    <div class="page-head__text">
                        <Heading>{title}</Heading>
                        <p class="page-head__note dots">{live(facts)}</p>
                    </div>
                    <div class="page-head__actions">
                        <Button
                            kind=ButtonKind::Primary
                            glyph=Glyph::Plus
                            refused=team.refusal(Role::Admin)
                            on_press=move || router.go_to(&create)
                        >
                            "Create automation"
                        </Button>
                        <Menu
                            label="More actions"
                            title="More actions"
                            class="button icon-only"
                            items=Callback::new(move |()| menu.items(router, team, toasts))
                        />
                    </div>
                </div>
                <Watchers whole=whole.clone() />
                <Versions whole=whole />
            </div>
        }
        .into_any()
    };
    live(move || if missing.get() { view! { <Nowhere /> }.into_any() } else { page() })
}

fn chip(glyph: Glyph, words: String) -> AnyView {
    view! { <Chip glyph=glyph words=words /> }.into_any()
}

/// What stands where a list has not come; nothing once it has.
fn pending<T>(remote: &Remote<List<T>>, what: &'static str, retry: Callback<()>) -> Option<AnyView> {
    match (&remote.value, &remote.error) {
        (Some(_), _) => None,
        (None, Some(error)) => Some(view! { <LoadError what=what why=error.words() on_retry=retry /> }.into_any()),
        (None, None) => Some(view! { <div class="board"><SkeletonRows label="Loading" /></div> }.into_any()),
    }
}

/// Automations that watch it: those for it alone before those that watch all of its place.
#[component]
fn Watchers(whole: Whole) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let path = calls::automations(&whole.place.entity, Some(&whole.place), &Query::default());
    let list = client.query::<List<Automation>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let own = client.query::<List<Automation>>({
        let query = Query::default().with("collection", Some(&whole.name));
        let path = calls::automations(&whole.place.entity, Some(&whole.place), &query);
        move || Some(path.clone())
    });
    let retry = Callback::new(move |()| client.refresh(&path));
    let row = move |automation: &Automation| {
        let place = Place {
            entity: automation.scope.entity.clone(),
            kind: automation.scope.kind,
            name: automation.scope.name.clone(),
        };
        let href = router.href(&Route::Automation(place.clone(), automation.id.clone()));
        let inherited = automation.scope.collection.is_none().then(|| {
            view! { <Badge tone=Tone::None>{format!("From {}", place.name)}</Badge> }
        });
        view! {
            <tr role="row" data-state=(!automation.enabled).then_some("off")>
                <th role="rowheader" scope="row">
                    <span class="cell-stack">
                        <span class="row-title-line">
                            <a class="row-title" href=href>
                                {automation.name.clone()}
                            </a>
                            {inherited}
                        </span>
                        <RuleSentence when=when(&automation.trigger, &automation.scope) then=Then::of(automation) />
                    </span>
                </th>
                <td role="cell" class="nowrap">
                    {last_result(&automation.activity, never_fired(automation))}
                </td>
                <td role="cell" class="nowrap muted">
                    {if automation.enabled { "Enabled" } else { "Disabled" }}
                </td>
            </tr>
        }
    };
    let place_name = whole.place.name.clone();
    let shown = move || {
        list.with(|list| {
            if let Some(pending) = pending(list, "The list", retry) {
                return pending;
            }
            let items = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            let own = own.get().value;
            // Its own are asked for by themselves: of the place's only the newest are here.
            let own = own.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            let inherited = items.iter().filter(|one| one.scope.collection.is_none() && whole.is_watched_by(one));
            let mine: Vec<&Automation> = own.iter().chain(inherited).collect();
            let is_cut = list.value.as_ref().is_some_and(|list| list.next_cursor.is_some());
            if mine.is_empty() {
                return view! {
                    <div class="board">
                        <Empty
                            title="No automation watches it yet"
                            text="An automation for this collection, or for all collections of its place, appears here."
                        />
                    </div>
                }
                .into_any();
            }
            let label = format!("Automations that watch {}", whole.name);
            view! {
                <div class="board">
                    <table class="table table--cards table--watchers" role="table" aria-label=label>
                        <thead role="rowgroup">
                            <tr role="row">
                                <th role="columnheader" scope="col">"Automation"</th>
                                <th role="columnheader" scope="col">"Last fired"</th>
                                <th role="columnheader" scope="col">"State"</th>
                            </tr>
                        </thead>
                        <tbody role="rowgroup">{mine.into_iter().map(row).collect_view()}</tbody>
                    </table>
                    {is_cut
                        .then(|| {
                            let words = "Of those it inherits, the newest are listed; the others are in the list of its place.";
                            view! { <div class="board__foot"><span>{words}</span></div> }
                        })}
                </div>
            }
            .into_any()
        })
    };
    view! {
        <section class="section section--first" aria-label="Automations">
            <div class="section-head">
                <h2>"Automations"</h2>
                <p>{format!("For this collection alone, and those it inherits from {place_name}.")}</p>
            </div>
            {live(shown)}
        </section>
    }
}

/// Its versions, newest first, with what their events set off.
#[component]
fn Versions(whole: Whole) -> impl IntoView {
    let (client, router) = (use_client(), use_router());
    let path = calls::collection(&whole.place, &whole.name, "/versions?limit=200");
    let list = client.query::<List<Version>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let deliveries = client.query::<List<Delivery>>({
        let narrowed = Query::default().with("collection", Some(&whole.name)).with("limit", Some("200"));
        let path = calls::deliveries(&whole.place.entity, &calls::within(&whole.place, &narrowed));
        move || Some(path.clone())
    });
    let retry = Callback::new(move |()| client.refresh(&path));
    let entity = whole.place.entity.clone();
    let history = {
        let query = Query::default().with("collection", Some(&whole.name));
        router.href_to(&(Route::Place(whole.place.clone(), PlaceTab::History).path() + &query.suffix()))
    };
    // The newest few: the history holds them all.
    let caused = move |index: u64| {
        let entity = entity.clone();
        deliveries.with(|list| {
            let items = list.value.as_ref().map(|list| list.items.as_slice()).unwrap_or_default();
            let mine: Vec<&Delivery> = items.iter().filter(|one| one.subject.version == Some(index)).collect();
            let link = |delivery: &&Delivery| {
                let (tone, glyph, word) = look(delivery.state);
                let href = router.href(&Route::Delivery { entity: entity.clone(), id: delivery.id.clone() });
                view! {
                    <a href=href aria-label=format!("{word}: {}", delivery.automation_name) title=delivery.automation_name.clone()>
                        <Status tone=tone glyph=glyph text=word />
                    </a>
                }
            };
            let sent = |one: &&&Delivery| one.state != DeliveryState::Skipped;
            let shown = mine.iter().filter(sent).take(3).map(link).collect_view();
            let more = mine.iter().filter(sent).count().saturating_sub(3);
            view! {
                <span class="row row-wrap">
                    {shown} {(more > 0).then(|| view! { <span class="muted">{format!("and {more} more")}</span> })}
                    {mine
                        .is_empty()
                        .then(|| {
                            // Only the newest are here.
                            if list.value.as_ref().is_some_and(|list| list.next_cursor.is_some()) {
                                view! { <a href=history.clone()>"In History"</a> }.into_any()
                            } else {
                                view! { <span class="muted">"–"</span> }.into_any()
                            }
                        })}
                </span>
            }
            .into_any()
        })
    };
    let rows =
        Memo::new(move |_| list.with(|list| list.value.as_ref().map(|list| list.items.clone())).unwrap_or_default());
    let row = move |version: Version| {
        let (caused, index) = (caused.clone(), version.index);
        let (author, created_at) = (version.author.clone(), version.created_at.clone());
        let whole_author = author.clone();
        let now = follow(rows, version, |one, other| one.index == other.index);
        let chips = move || {
            let Version { aliases, tags, .. } = now.get();
            let aliases = aliases.into_iter().map(|alias| chip(Glyph::Alias, alias));
            aliases.chain(tags.into_iter().map(|tag| chip(Glyph::Tag, tag))).collect_view()
        };
        let facts = move || {
            let fact = |(key, value): (&String, &serde_json::Value)| {
                view! { <span>{format!("{key} {}", hookboard_api::trace::plain(value))}</span> }
            };
            now.with(|version| version.metadata.iter().take(4).map(fact).collect_view())
        };
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <span class="row-title">{format!("v{index}")}</span>
                </th>
                <td role="cell">
                    <span class="chips">{live(chips)}</span>
                </td>
                <td role="cell">
                    <span class="version__facts">{live(facts)}</span>
                </td>
                <td role="cell" class="muted" title=whole_author>
                    {author}
                </td>
                <td role="cell" class="nowrap muted">
                    <Ago at=created_at />
                </td>
                <td role="cell">{live(move || caused(index))}</td>
            </tr>
        }
    };
    let history = router.href_to(&whole.history());
    let label = format!("Versions of {}", whole.name);
    // Only these: rows that are there stay while the list is asked for again.
    let state = Memo::new(move |_| list.with(|list| (list.value.is_some(), list.error.clone())));
    let none = Memo::new(move |_| rows.with(Vec::is_empty));
    let shown = move || {
        if !state.with(|(there, _)| *there) {
            return list.with_untracked(|list| pending(list, "The versions", retry)).into_any();
        }
        if none.get() {
            return view! {
                <div class="board">
                    <Empty title="No versions yet" text="A version appears here when a source links or creates it." />
                </div>
            }
            .into_any();
        }
        view! {
            <div class="board">
                <table class="table table--cards table--versions" role="table" aria-label=label.clone()>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Version"</th>
                            <th role="columnheader" scope="col">"Aliases and tags"</th>
                            <th role="columnheader" scope="col">"Metadata"</th>
                            <th role="columnheader" scope="col">"Author"</th>
                            <th role="columnheader" scope="col">"Created"</th>
                            <th role="columnheader" scope="col">"Deliveries"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        <For each=move || rows.get() key=|version| version.index children=row.clone() />
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <section class="section" aria-label="Versions">
            <div class="section-head">
                <h2>"Versions"</h2>
                <div class="section-head__actions">
                    <ButtonLink href=history>"History"</ButtonLink>
                </div>
            </div>
            {live(shown)}
        </section>
    }
}
