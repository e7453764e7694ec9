//! One automation as a row.

use hookboard_api::{
    account::Role,
    automation::{Action, Automation},
    event::Field,
    pattern,
    plain::said,
    scope::PlaceKind,
    sentence::when,
    trace::Op,
};
use leptos::prelude::*;

use super::actions::{Actions, place_of};
use crate::{
    client::use_team,
    route::{Route, use_router},
    ui::{
        icon::{Glyph, Icon},
        menu::{Menu, MenuItem},
        outcome::{last_result, last_results, never_fired},
        rows::Row,
        rule::{RuleSentence, Then},
        selection::{ChooseRow, Selection, is_chosen},
        status::{Badge, Tone},
        toggle::Switch,
    },
};

/// The pattern on an alias or tag that also matches within longer words, if there is one.
pub(super) fn loose_pattern(automation: &Automation) -> Option<String> {
    let fields = hookboard_api::event::event_spec(automation.trigger.event).fields;
    let path = if fields.contains(&Field::AliasPattern) {
        "alias"
    } else if fields.contains(&Field::TagPattern) {
        "tag"
    } else {
        return None;
    };
    let tests = said(automation.trigger.filter.as_ref())?.tests;
    let test = tests.into_iter().find(|test| test.path == path && test.op == Op::Regex)?;
    let own = test.operand.as_str()?.to_owned();
    // A pattern without an anchor that is more than a word is taken for meant as it is.
    // Letters of any script, without the tables that tell them from signs.
    let word = own.chars().all(|c| c.is_ascii_alphanumeric() || !c.is_ascii() || "-_.".contains(c));
    (word && !pattern::is_anchored(&own)).then_some(own)
}

/// A row of the list.
#[component]
pub(super) fn AutomationRow(
    /// The automation as it is now.
    automation: Memo<Row<Automation>>,
    /// Whether rows name the place they watch.
    with_place: bool,
    /// The rows that are chosen.
    selection: Selection,
    /// Is asked to test it.
    on_test: Callback<Row<Automation>>,
    /// Is asked to delete it.
    on_delete: Callback<Row<Automation>>,
) -> impl IntoView {
    let (router, team) = (use_router(), use_team());
    let actions = Actions::new(&automation.with_untracked(|automation| automation.scope.entity.clone()));
    let admin = team.refusal(Role::Admin);
    let member = team.refusal(Role::Member);
    let shown = RwSignal::new(None::<bool>);
    // What the server says now counts again.
    Effect::new(move || {
        automation.track();
        if shown.with_untracked(Option::is_some) {
            shown.set(None);
        }
    });
    let on = Signal::derive(move || shown.get().unwrap_or_else(|| automation.with(|automation| automation.enabled)));
    let (id, name) = automation.with_untracked(|automation| (automation.id.clone(), automation.name.clone()));
    let selected = is_chosen(selection, id.clone());
    let items = move |()| {
        let now = automation.get_untracked();
        let with = |act: fn(Actions, &Automation)| {
            let now = now.clone();
            move || act(actions, &now)
        };
        let (tested, deleted) = (now.clone(), now.clone());
        let enabled = on.get_untracked();
        let switched = now.clone();
        let records = now.action == Action::Record;
        vec![
            MenuItem::new(Glyph::Eye, "View", with(Actions::view)).key("Enter"),
            MenuItem::new(Glyph::Pencil, "Edit", with(Actions::edit)).key("E").refused(admin.get_untracked()),
            MenuItem::new(Glyph::Duplicate, "Duplicate", with(Actions::duplicate))
                .key("D")
                .refused(admin.get_untracked()),
            MenuItem::new(Glyph::Send, "Test", move || on_test.run(tested.clone())).key("T").refused(
                member
                    .get_untracked()
                    .or_else(|| records.then(|| "It only records: there is nothing to send.".to_owned())),
            ),
            MenuItem::new(Glyph::Power, if enabled { "Disable" } else { "Enable" }, move || {
                actions.enable(&switched, !enabled, shown);
            })
            .refused(admin.get_untracked()),
            MenuItem::new(Glyph::Trash, "Delete…", move || on_delete.run(deleted.clone()))
                .key("Del")
                .danger()
                .refused(admin.get_untracked()),
        ]
    };
    // The letters beside the menu's items work on the title as well.
    let title_key = move |event: web_sys::KeyboardEvent| {
        // Held down, a key would do it again and again.
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.repeat() {
            return;
        }
        let key = event.key();
        let item = items(()).into_iter().find(|item| {
            item.refused.is_none()
                && item.key.is_some_and(|own| {
                    own != "Enter" && (own.eq_ignore_ascii_case(&key) || (own == "Del" && key == "Delete"))
                })
        });
        if let Some(item) = item {
            event.prevent_default();
            item.on_choose.run(());
        }
    };
    let href = automation
        .with_untracked(|automation| router.href(&Route::Automation(place_of(automation), automation.id.clone())));
    view! {
        <tr role="row" aria-selected=bound(move || selected.get().to_string()) data-state=bound(move || (!on.get()).then_some("off"))>
            <td role="cell" class="col-check">
                <ChooseRow selection=selection id=id label=format!("Select {name}") />
            </td>
            <th role="rowheader" scope="row" class="col-name">
                <span class="cell-stack">
                    <span class="row-title-line">
                        <a class="row-title" href=href on:keydown=handler(title_key)>
                            {live(move || automation.with(|automation| automation.name.clone()))}
                        </a>
                        {live(move || automation.with(|automation| row_badge(automation)))}
                    </span>
                    {live(move || {
                        automation
                            .with(|automation| {
                                view! {
                                    <RuleSentence
                                        when=when(&automation.trigger, &automation.scope)
                                        then=Then::of(automation)
                                    />
                                }
                            })
                    })}
                </span>
            </th>
            {live(move || automation.with(|automation| cells(automation, with_place)))}
            <td role="cell" class="col-on">
                <Switch
                    on=on
                    label=format!("Enabled: {name}")
                    refused=admin
                    on_switch=move |wanted: bool| actions.enable(&automation.get_untracked(), wanted, shown)
                />
            </td>
            <td role="cell" class="col-more">
                <Menu label=format!("Actions for {name}") title=name.clone() items=Callback::new(items) />
            </td>
        </tr>
    }
}

/// At most one badge: a paused webhook before a loose pattern.
fn row_badge(automation: &Automation) -> AnyView {
    if automation.webhook.as_ref().is_some_and(|webhook| webhook.paused) {
        return view! { <Badge tone=Tone::Danger glyph=Glyph::Pause>"Webhook paused"</Badge> }.into_any();
    }
    match loose_pattern(automation) {
        Some(pattern) => view! {
            <Badge tone=Tone::Warning glyph=Glyph::Warning>
                "Pattern also matches within words: "
                <code>{pattern}</code>
            </Badge>
        }
        .into_any(),
        None => ().into_any(),
    }
}

/// What no control of the row stands in, drawn anew as a whole.
fn cells(automation: &Automation, with_place: bool) -> AnyView {
    view! {
        <td role="cell" class="col-scope">
            {scope_view(automation, with_place)}
        </td>
        <td role="cell" class="col-last">
            {last_result(&automation.activity, never_fired(automation))}
        </td>
        <td role="cell" class="col-spark">
            {last_results(&automation.activity)}
        </td>
    }
    .into_any()
}

fn scope_view(automation: &Automation, with_place: bool) -> AnyView {
    let scope = &automation.scope;
    let (glyph, words) = match &scope.collection {
        Some(collection) => (Glyph::Collection, collection.clone()),
        None => match scope.kind {
            PlaceKind::Registry => (Glyph::Registry, "All collections".to_owned()),
            PlaceKind::Project => (Glyph::Project, "Whole project".to_owned()),
        },
    };
    let place = with_place.then(|| view! { <span class="cell-sub truncate">{scope.name.clone()}</span> });
    view! {
        <span class="cell-stack">
            <span class="status" data-tone="none">
                <Icon glyph=glyph />
                <span class="truncate">{words}</span>
            </span>
            {place}
        </span>
    }
    .into_any()
}
