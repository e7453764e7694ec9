//! What can be done with several rows at once: they are enabled, disabled or deleted.

use hookboard_api::{
    account::Role,
    automation::{Automation, Bulk},
};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::actions::Actions;
use crate::{
    client::use_team,
    part::part,
    ui::{
        button::{Button, ButtonKind},
        dialog::Confirm,
        focus,
        format::counted,
        icon::{Glyph, Icon},
        overlay::after_layout,
        rows::Row,
        selection::{BulkBar, Selection},
    },
};

/// The list they are chosen from.
#[derive(Clone, Copy)]
pub(super) struct Chosen {
    /// Its rows.
    pub rows: Memo<Vec<Row<Automation>>>,
    /// Those that are selected.
    pub selection: Selection,
    /// Those that are to be deleted.
    pub doomed: RwSignal<Vec<Row<Automation>>>,
    /// Whether that is being asked.
    pub asking: RwSignal<bool>,
    /// Where the list stands.
    pub board: NodeRef<html::Section>,
}

part! {
    /// The bar of the selection, and the question before a deletion.
    extras: pub(super) fn chosen(entity: String, list: Chosen) { view! { <ChosenBar entity=entity list=list /> } }
}

/// Puts the focus, which went with a row, on the row that took its place, or else on the heading.
fn focus_row(board: &web_sys::HtmlElement, index: usize) {
    let titles = board.query_selector_all("tbody .row-title").ok();
    let title = titles.and_then(|titles| titles.get(u32::try_from(index).ok()?.min(titles.length().checked_sub(1)?)));
    let heading = || board.closest(".main").ok().flatten().and_then(|main| main.query_selector("h1").ok().flatten());
    let next = title.and_then(|title| title.dyn_into().ok()).or_else(|| heading()?.dyn_into().ok());
    if let Some(next) = next {
        focus::rescue(&next);
    }
}

#[component]
fn ChosenBar(
    /// Name of the team.
    entity: String,
    /// The list.
    list: Chosen,
) -> impl IntoView {
    let Chosen { rows, selection, doomed, asking, board } = list;
    let actions = Actions::new(&entity);
    let admin = use_team().refusal(Role::Admin);
    let deleting = RwSignal::new(None::<&'static str>);
    let failure = RwSignal::new(None::<String>);
    Effect::new(move || {
        if asking.get() {
            failure.set(None);
        }
    });
    // Where the first of those that were deleted stood, until the list is without them.
    let gap = StoredValue::new(None::<(usize, Vec<String>)>);
    Effect::new(move || {
        rows.track();
        // While the dialog asks it has the focus, however early the shorter list comes.
        if asking.get() {
            return;
        }
        let is_without = |gone: &[String]| rows.with_untracked(|rows| rows.iter().all(|row| !gone.contains(&row.id)));
        if let (Some((index, gone)), Some(board)) = (gap.get_value(), board.get_untracked())
            && is_without(&gone)
        {
            gap.set_value(None);
            after_layout(move || focus_row(&board, index));
        }
    });
    let ask_chosen = move || {
        let ids = selection.ids();
        doomed.set(rows.with_untracked(|rows| rows.iter().filter(|row| ids.contains(&row.id)).cloned().collect()));
        asking.set(true);
    };
    let delete = move || {
        let ids: Vec<String> = doomed.with_untracked(|doomed| doomed.iter().map(|one| one.id.clone()).collect());
        let first = rows.with_untracked(|rows| rows.iter().position(|row| ids.contains(&row.id)));
        deleting.set(Some("Deleting…"));
        let answer = actions.bulk(ids.clone(), Bulk::Delete);
        // Before the answer: the stream may bring the shorter list first.
        gap.set_value(first.map(|first| (first, ids)));
        spawn_local(async move {
            let answer = answer.await;
            deleting.try_set(None);
            match answer {
                Ok(count) => {
                    asking.try_set(false);
                    actions
                        .toasts()
                        .say(Glyph::Trash, format!("Deleted {}", counted(count.into(), "automation", "automations")));
                }
                Err(error) => {
                    gap.try_set_value(None);
                    failure.try_set(Some(error.words()));
                }
            }
        });
    };
    let is_chosen = Memo::new(move |_| selection.count() > 0);
    view! {
        {live(move || {
            is_chosen
                .get()
                .then(|| {
                    view! {
                        <BulkBar selection=selection label="Actions for the selected automations">
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                glyph=Glyph::Play
                                refused=admin
                                on_press=move || actions.enable_all(selection.ids(), true)
                            >
                                "Enable"
                            </Button>
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                glyph=Glyph::Power
                                refused=admin
                                on_press=move || actions.enable_all(selection.ids(), false)
                            >
                                "Disable"
                            </Button>
                            <Button
                                kind=ButtonKind::QuietDanger
                                small=true
                                glyph=Glyph::Trash
                                refused=admin
                                on_press=ask_chosen
                            >
                                "Delete…"
                            </Button>
                        </BulkBar>
                    }
                })
        })}
        <Confirm
            open=asking
            title=move || {
                let words = doomed
                    .with(|doomed| match doomed.as_slice() {
                        [only] => format!("Delete “{}”?", only.name),
                        many => format!("Delete {} automations?", many.len()),
                    });
                view! { {words} }.into_any()
            }
            body=move || {
                let names = doomed
                    .get()
                    .into_iter()
                    .map(|one| {
                        view! {
                            <li>
                                <Icon glyph=Glyph::Hook />
                                <span>{one.name.clone()} " " <span class="muted">{one.scope.name.clone()}</span></span>
                            </li>
                        }
                    })
                    .collect_view();
                view! {
                    <p>"What it sent stays in History. Deliveries that still wait or are retried are stopped."</p>
                    <ul class="impact" role="list">
                        {names}
                    </ul>
                }
                    .into_any()
            }
            action=Signal::derive(move || {
                if doomed.with(Vec::len) == 1 { "Delete automation" } else { "Delete automations" }.to_owned()
            })
            busy=deleting
            failure=failure
            on_confirm=delete
        />
    }
}
