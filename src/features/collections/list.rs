//! The collections of a registry or project.

use hookboard_api::{automation::Automation, catalogue::Collection, list::List};
use leptos::prelude::*;

use super::actions::Whole;
use crate::{
    client::{calls, use_client, use_team},
    route::{Place, Query, Route, use_router},
    ui::{
        feedback::{Empty, LoadError, SkeletonRows},
        format::count,
        icon::{Glyph, Icon},
        menu::Menu,
        time::Ago,
        toast::use_toasts,
    },
};

/// A table of collections.
#[component]
pub fn CollectionList(
    /// The registry or project.
    place: Place,
) -> impl IntoView {
    let client = use_client();
    let path = calls::collections(&place);
    let list = client.query::<List<Collection>>({
        let path = path.clone();
        move || Some(path.clone())
    });
    let (router, team, toasts) = (use_router(), use_team(), use_toasts());
    let watchers = client.query::<List<Automation>>({
        let path = calls::automations(&place.entity, Some(&place), &Query::default());
        move || Some(path.clone())
    });
    let label = format!("Collections of {}", place.name);
    let row = move |collection: Collection| {
        let whole = Whole { place: place.clone(), name: collection.name.clone() };
        let href = router.href(&Route::Collection(whole.place.clone(), whole.name.clone()));
        let watched = {
            let whole = whole.clone();
            move || {
                watchers.with(|list| {
                    let list = list.value.as_ref()?;
                    let mine: Vec<_> = list.items.iter().filter(|one| whole.is_watched_by(one)).collect();
                    let on = mine.iter().filter(|one| one.enabled).count();
                    Some(match mine.len() {
                        0 => "None".to_owned(),
                        all if all == on => count(all as u64),
                        all => format!("{on} of {all} on"),
                    })
                })
            }
        };
        let menu_label = format!("Actions for {}", whole.name);
        let chips = collection
            .aliases
            .into_iter()
            .map(|alias| (Glyph::Alias, alias))
            .chain(collection.tags.into_iter().map(|tag| (Glyph::Tag, tag)))
            .map(|(glyph, word)| view! { <span class="chip"><Icon glyph=glyph />{word}</span> })
            .collect_view();
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <a class="row-title" href=href>{collection.name.clone()}</a>
                </th>
                <td role="cell" class="muted">
                    {collection.collection_type}
                </td>
                <td role="cell" class="nowrap">
                    {collection.latest.map_or_else(|| "None yet".to_owned(), |latest| format!("v{latest}"))}
                </td>
                <td role="cell" class="table__num">
                    {count(collection.versions.into())}
                </td>
                <td role="cell">
                    <span class="chips">{chips}</span>
                </td>
                <td role="cell" class="nowrap col-watch">
                    {live(watched)}
                </td>
                <td role="cell" class="nowrap muted">
                    <Ago at=collection.updated_at />
                </td>
                <td role="cell" class="col-more">
                    <Menu
                        label=menu_label
                        title=collection.name
                        items=Callback::new(move |()| whole.items(router, team, toasts))
                    />
                </td>
            </tr>
        }
    };
    view! {
        <section class="section section--first" aria-label=label.clone() aria-busy=bound(move || list.with(|list| list.busy).then_some("true"))>
            {live(move || {
                let path = path.clone();
                list.with(|list| list.error.clone())
                    .map(|error| {
                        view! {
                            <LoadError
                                what="The list"
                                why=error.words()
                                on_retry=move || client.refresh(&path)
                            />
                        }
                    })
            })}
            {
                let label = label.clone();
                move || {
                    let label = label.clone();
                    let items = list.with(|list| list.value.as_ref().map(|list| list.items.clone()));
                    match items {
                        None if list.with(|list| list.error.is_some()) => ().into_any(),
                        None => {
                            view! {
                                <div class="board">
                                    <SkeletonRows label="Loading collections" />
                                </div>
                            }
                                .into_any()
                        }
                        Some(items) if items.is_empty() => {
                            view! {
                                <div class="board">
                                    <Empty
                                        title="No collections yet"
                                        text="A collection appears here with its first version, sent by a source or through the REST interface."
                                        art=true
                                    />
                                </div>
                            }
                                .into_any()
                        }
                        Some(items) => {
                            view! {
                                <div class="board">
                                    <table class="table table--cards table--collections" role="table" aria-label=label>
                                        <thead role="rowgroup">
                                            <tr role="row">
                                                <th role="columnheader" scope="col">"Collection"</th>
                                                <th role="columnheader" scope="col">"Type"</th>
                                                <th role="columnheader" scope="col">"Newest"</th>
                                                <th role="columnheader" scope="col" class="table__num">"Versions"</th>
                                                <th role="columnheader" scope="col">"Aliases and tags"</th>
                                                <th role="columnheader" scope="col">"Automations"</th>
                                                <th role="columnheader" scope="col">"Changed"</th>
                                                <th role="columnheader" scope="col">
                                                    <span class="visually-hidden">"Actions"</span>
                                                </th>
                                            </tr>
                                        </thead>
                                        <tbody role="rowgroup">{items.into_iter().map(&row).collect_view()}</tbody>
                                    </table>
                                </div>
                            }
                                .into_any()
                        }
                    }
                }
            }
        </section>
    }
}
