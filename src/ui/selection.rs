//! Rows chosen from a list, one by one, by range or all.

use std::collections::HashSet;

use leptos::prelude::*;

use super::{
    button::IconButton,
    icon::Glyph,
    toggle::{Checkbox, Checked},
};

/// The rows that are chosen. Those that are gone are not.
#[derive(Clone, Copy)]
pub struct Selection {
    rows: Memo<Vec<String>>,
    chosen: RwSignal<HashSet<String>>,
    last: StoredValue<Option<String>>,
}

impl Selection {
    /// Nothing of `rows`, which are ids in their order.
    pub fn new(rows: Memo<Vec<String>>) -> Self {
        let chosen = RwSignal::new(HashSet::<String>::new());
        Effect::new(move || {
            rows.track();
            if chosen.with_untracked(HashSet::is_empty) {
                return;
            }
            let rows: HashSet<String> = rows.get_untracked().into_iter().collect();
            if chosen.with_untracked(|chosen| chosen.iter().any(|id| !rows.contains(id))) {
                chosen.update(|chosen| chosen.retain(|id| rows.contains(id)));
            }
        });
        Self { rows, chosen, last: StoredValue::new(None) }
    }

    /// How many are chosen.
    pub fn count(self) -> usize {
        self.chosen.with(HashSet::len)
    }

    /// Whether none is, without being told of changes.
    pub fn is_empty_now(self) -> bool {
        self.chosen.with_untracked(HashSet::is_empty)
    }

    /// Those chosen, in their order.
    pub fn ids(self) -> Vec<String> {
        let rows = self.rows.get_untracked();
        self.chosen.with_untracked(|chosen| rows.into_iter().filter(|id| chosen.contains(id)).collect())
    }

    /// Chooses none.
    pub fn clear(self) {
        self.chosen.set(HashSet::new());
    }

    /// Chooses or lets go of the row `id`, or with `range` of all between it and the one touched last.
    fn choose(self, id: &str, wanted: bool, range: bool) {
        let touched = self.rows.with_untracked(|rows| {
            let at = |id: &str| rows.iter().position(|one| one == id);
            let from = self.last.get_value().filter(|_| range).and_then(|last| at(&last)).or_else(|| at(id));
            match (from, at(id)) {
                (Some(from), Some(to)) => rows[from.min(to)..=from.max(to)].to_vec(),
                _ => Vec::new(),
            }
        });
        self.chosen.update(|chosen| {
            for id in touched {
                if wanted {
                    chosen.insert(id)
                } else {
                    chosen.remove(&id)
                };
            }
        });
        self.last.set_value(Some(id.to_owned()));
    }
}

/// Whether a row is chosen, told to its element.
pub fn is_chosen(selection: Selection, id: String) -> Signal<bool> {
    Signal::derive(move || selection.chosen.with(|chosen| chosen.contains(&id)))
}

/// The checkbox of one row.
#[component]
pub fn ChooseRow(
    /// The selection.
    selection: Selection,
    /// The row.
    id: String,
    /// What it is called: "Select Deploy to production".
    #[prop(into)]
    label: String,
) -> impl IntoView {
    let chosen = is_chosen(selection, id.clone());
    let checked = Signal::derive(move || if chosen.get() { Checked::Yes } else { Checked::No });
    view! {
        <Checkbox
            checked=checked
            label=label
            on_check=move |(wanted, range): (bool, bool)| selection.choose(&id, wanted, range)
        />
    }
}

/// The checkbox in the head of the table.
#[component]
pub fn ChooseAll(
    /// The selection.
    selection: Selection,
) -> impl IntoView {
    let checked = Signal::derive(move || match (selection.count(), selection.rows.with(Vec::len)) {
        (0, _) => Checked::No,
        (chosen, all) if chosen == all => Checked::Yes,
        _ => Checked::Mixed,
    });
    view! {
        <th role="columnheader" scope="col" class="col-check">
            <Checkbox
                checked=checked
                label="Select all"
                on_check=move |(wanted, _): (bool, bool)| {
                    let all = if wanted { selection.rows.get_untracked().into_iter().collect() } else { HashSet::new() };
                    selection.chosen.set(all);
                }
            />
        </th>
    }
}

/// What can be done with the rows that are chosen. Floats over the end of the list.
#[component]
pub fn BulkBar(
    /// The selection.
    selection: Selection,
    /// What it is called: "Actions for the selected automations".
    label: &'static str,
    /// The buttons.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="bulk" role="toolbar" aria-label=label>
            <span class="bulk__count" role="status">
                {live(move || format!("{} selected", selection.count()))}
            </span>
            {children()}
            <IconButton glyph=Glyph::X label="Clear selection" on_press=move || selection.clear() />
        </div>
    }
}
