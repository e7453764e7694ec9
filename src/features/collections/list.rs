//! The collections of a registry or project.

use hookboard_api::{automation::Automation, catalogue::Collection, list::List};
use leptos::prelude::*;

use super::actions::Whole;
use crate::{
    client::{calls, use_client, use_team},
    features::lists::whole_list,
    route::{Place, Query, Route, use_router},
    ui::{
        board::{Board, Column},
        chip::Chip,
        feedback::Empty,
        format::count,
        icon::Glyph,
        menu::Menu,
        outcome::{look, short_code},
        rows::follow,
        status::Status,
        time::Ago,
        toast::use_toasts,
    },
};

const COLUMNS: [Column; 8] = [
    ("Collection", ""),
    ("Type", ""),
    ("Newest", ""),
    ("Versions", "table__num"),
    ("Aliases and tags", ""),
    ("Automations", ""),
    ("Changed", ""),
    ("Actions", "col-more"),
];

/// Aliases and tags.
fn chips(collection: &Collection) -> AnyView {
    let aliases = collection.aliases.iter().map(|alias| (Glyph::Alias, alias.clone()));
    let tags = collection.tags.iter().map(|tag| (Glyph::Tag, tag.clone()));
    let chip = |(glyph, word): (Glyph, String)| view! { <Chip glyph=glyph words=word /> };
    view! { <span class="chips">{aliases.chain(tags).map(chip).collect_view()}</span> }.into_any()
}

/// A table of collections.
#[component]
pub fn CollectionList(
    /// The registry or project.
    place: Place,
) -> impl IntoView {
    let client = use_client();
    let path = calls::collections(&place);
    let (rows, listing) = whole_list::<Collection>(client, move || Some(path.clone()));
    let (router, team, toasts) = (use_router(), use_team(), use_toasts());
    let watchers = client.query::<List<Automation>>({
        let path = calls::automations(&place.entity, Some(&place), &Query::default());
        move || Some(path.clone())
    });
    let label = format!("Collections of {}", place.name);
    let row = move |collection: Collection| {
        let whole = Whole { place: place.clone(), name: collection.name.clone() };
        let href = router.href(&Route::Collection(whole.place.clone(), whole.name.clone()));
        let collection = follow(rows, collection, |one, other| one.name == other.name);
        let watched = {
            let whole = whole.clone();
            move || {
                watchers.with(|list| {
                    let list = list.value.as_ref()?;
                    let mine: Vec<_> = list.items.iter().filter(|one| whole.is_watched_by(one)).collect();
                    Some(watchers_view(&mine))
                })
            }
        };
        let name = whole.name.clone();
        view! {
            <tr role="row">
                <th role="rowheader" scope="row">
                    <a class="row-title" href=href>
                        {name.clone()}
                    </a>
                </th>
                <td role="cell" class="muted">
                    {live(move || collection.with(|collection| collection.collection_type.clone()))}
                </td>
                <td role="cell" class="nowrap">
                    {live(move || {
                        collection.with(|collection| {
                            collection.latest.map_or_else(|| "None yet".to_owned(), |latest| format!("v{latest}"))
                        })
                    })}
                </td>
                <td role="cell" class="table__num">
                    {live(move || collection.with(|collection| count(collection.versions.into())))}
                </td>
                <td role="cell">{live(move || collection.with(chips))}</td>
                <td role="cell" class="col-watch">
                    {live(watched)}
                </td>
                <td role="cell" class="nowrap muted">
                    {live(move || {
                        let at = collection.with(|collection| collection.updated_at.clone());
                        view! { <Ago at=at /> }
                    })}
                </td>
                <td role="cell" class="col-more">
                    <Menu
                        label=format!("Actions for {name}")
                        title=name.clone()
                        items=Callback::new(move |()| whole.items(router, team, toasts))
                    />
                </td>
            </tr>
        }
    };
    let cut = move || {
        let is_cut = watchers.with(|list| list.value.as_ref().is_some_and(|list| list.next_cursor.is_some()));
        is_cut.then(|| view! { <span>"Automations are counted among the newest 200 of this place."</span> })
    };
    view! {
        <div class="section section--first">
            <Board
                label=label
                listing=listing
                class="table--cards table--collections"
                columns=&COLUMNS
                foot=move || live(cut).into_any()
                empty=|| {
                    view! {
                        <Empty
                            title="No collections yet"
                            text="A collection appears here with its first version, sent by a source or through the REST interface."
                            art=true
                        />
                    }
                        .into_any()
                }
            >
                <For each=move || rows.get() key=|row| row.name.clone() children=row />
            </Board>
        </div>
    }
}

/// How many automations watch a collection, and what came of the one that fired last.
fn watchers_view(mine: &[&Automation]) -> AnyView {
    let on = mine.iter().filter(|one| one.enabled).count();
    let (words, end) = match mine.len() {
        0 => return "None".into_any(),
        all if all == on => (count(all as u64), ""),
        all => (format!("{on} of {all}"), " on"),
    };
    // What the column's head says where there is one.
    let unit = if mine.len() == 1 { " automation" } else { " automations" };
    let last = mine.iter().filter_map(|one| one.activity.last.as_ref()).max_by(|one, other| one.at.cmp(&other.at));
    let last = last.map(|last| {
        let (tone, glyph, word) = look(last.state);
        let code = short_code(last.status, last.outcome).unwrap_or_default();
        view! { <Status tone=tone glyph=glyph text=word code=code /> }
    });
    view! {
        <span class="cell-stack">
            <span>{words} <span class="card-only">{unit}</span> {end}</span>
            {last}
        </span>
    }
    .into_any()
}
