//! A list in a board: its table, and what stands there while it loads, where it is empty or did not load.

use leptos::{html, prelude::*};

use super::{
    button::Button,
    feedback::{LoadError, SkeletonRows},
    icon::{Glyph, Icon},
};

/// How a list has come along.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListState {
    /// Why the last call failed.
    pub failed: Option<String>,
    /// Whether a call is under way.
    pub busy: bool,
    /// How many rows show; none while nothing has come.
    pub rows: Option<usize>,
    /// How many there are in all, where the interface counts them.
    pub total: Option<u64>,
    /// How many are new and wait to be asked for.
    pub waiting: usize,
    /// Whether there are older ones.
    pub has_more: bool,
    /// Whether older ones are on their way.
    pub loading: bool,
}

/// A list: how it has come along, and what can be asked of it.
#[derive(Clone, Copy)]
pub struct Listing {
    /// How it has come along.
    pub state: Signal<ListState>,
    /// Asks for it anew.
    pub retry: Callback<()>,
    /// Asks for the next page.
    pub more: Callback<()>,
    /// Shows the rows that wait.
    pub show_new: Callback<()>,
}

/// So many rows come at once: of more that are new no more is known.
const PAGE: usize = 50;

/// The head of a column: its words, and the class of its cells.
pub type Column = (&'static str, &'static str);

/// Whether somebody reads the list just now: it is scrolled, or a menu in it is open.
pub fn is_read(board: NodeRef<html::Section>) -> bool {
    board.get_untracked().is_some_and(|board| {
        let has_menu = board.query_selector(":popover-open").is_ok_and(|open| open.is_some());
        has_menu || board.get_bounding_client_rect().top() < 0.0
    })
}

/// What columns the rows can go by.
#[derive(Clone, Copy)]
pub struct Sorting {
    /// Words of each column, and the order that its head asks for first; `-` in front is from the last to the first.
    pub columns: &'static [(&'static str, &'static str)],
    /// The order asked for.
    pub order: Signal<Option<String>>,
    /// Takes the order that a head asks for; none for the list's own.
    pub on_sort: Callback<Option<String>>,
}

impl Sorting {
    /// The head of a column that rows can go by, and how they go by it now.
    fn head(self, words: &'static str, first: &'static str) -> (Signal<Option<&'static str>>, AnyView) {
        let key = first.trim_start_matches('-');
        let now = Signal::derive(move || {
            let order = self.order.get().filter(|order| order.trim_start_matches('-') == key)?;
            Some(if order.starts_with('-') { "descending" } else { "ascending" })
        });
        let press = move |_| {
            // One way, the other way, and back to the list's own order.
            let order = match self.order.get_untracked() {
                Some(order) if order == first => Some(match order.strip_prefix('-') {
                    Some(key) => key.to_owned(),
                    None => format!("-{key}"),
                }),
                Some(order) if order.trim_start_matches('-') == key => None,
                _ => Some(first.to_owned()),
            };
            self.on_sort.run(order);
        };
        let button = view! {
            <button class="table__sort" type="button" on:click=handler(press)>
                {words}
                {live(move || {
                    now.get()
                        .map(|way| {
                            let glyph = if way == "ascending" { Glyph::ArrowUp } else { Glyph::ArrowDown };
                            view! { <Icon glyph=glyph /> }
                        })
                })}
            </button>
        };
        (now, button.into_any())
    }
}

/// The board. A column named `Actions` shows no words.
#[component]
pub fn Board(
    /// What it lists: "Deliveries of Models".
    #[prop(into)]
    label: String,
    /// The list.
    listing: Listing,
    /// Class of the table, beside `table`.
    class: &'static str,
    /// Heads of the columns.
    columns: &'static [Column],
    /// What the rows can go by.
    #[prop(optional)]
    sorting: Option<Sorting>,
    /// The head of a first column that is for choosing rows.
    #[prop(optional, into)]
    lead: Option<ViewFn>,
    /// What stands where there are no rows.
    #[prop(into)]
    empty: ViewFn,
    /// What stands below.
    #[prop(optional, into)]
    foot: Option<ViewFn>,
    /// The list itself says where the focus goes from a row that goes.
    #[prop(optional)]
    keeps_focus: bool,
    /// The element, for who moves the focus there.
    #[prop(optional)]
    node_ref: Option<NodeRef<html::Section>>,
    /// The rows.
    children: Children,
) -> impl IntoView {
    let state = listing.state;
    let board = node_ref.unwrap_or_default();
    let rows = Memo::new(move |_| state.with(|state| state.rows));
    let has_rows = move || rows.get().is_some_and(|rows| rows > 0);
    // What stands there instead of rows changes only with whether there are some.
    let instead = Memo::new(move |_| rows.get().map(|rows| rows > 0));
    let head = |(words, class): &Column| {
        let (words, class) = (*words, *class);
        let sorted = sorting.and_then(|sorting| {
            let (_, first) = sorting.columns.iter().find(|(own, _)| *own == words)?;
            Some(sorting.head(words, first))
        });
        let (way, words) = match sorted {
            Some((way, head)) => (Some(way), head),
            None if words == "Actions" => (None, view! { <span class="visually-hidden">"Actions"</span> }.into_any()),
            None => (None, words.into_any()),
        };
        view! {
            <th role="columnheader" scope="col" class=class aria-sort=bound(move || way.and_then(|way| way.get()))>
                {words}
            </th>
        }
    };
    let table_label = label.clone();
    view! {
        {live(move || {
            state
                .with(|state| state.failed.clone())
                .map(|why| view! { <LoadError what="The list" why=why on_retry=listing.retry /> })
        })}
        <section
            node_ref=board
            class="board"
            aria-label=label
            hidden=bound(move || state.with(|state| state.rows.is_none() && state.failed.is_some()))
            aria-busy=bound(move || state.with(|state| state.busy).then_some("true"))
        >
            {live(move || match instead.get() {
                None => view! { <SkeletonRows label="Loading" /> }.into_any(),
                Some(false) => empty.run(),
                Some(true) => ().into_any(),
            })}
            <div class="board__new" role="status" hidden=bound(move || state.with(|state| state.waiting == 0))>
                {live(move || {
                    let waiting = state.with(|state| state.waiting);
                    (waiting > 0)
                        .then(|| {
                            let show = move || {
                                listing.show_new.run(());
                                if let Some(board) = board.get_untracked() {
                                    board.scroll_into_view();
                                }
                            };
                            view! {
                                <Button small=true on_press=show>
                                    {if waiting < PAGE { format!("{waiting} new") } else { format!("{PAGE} or more new") }}
                                </Button>
                            }
                        })
                })}
            </div>
            <table class=format!("table {class}") role="table" aria-label=table_label data-keeps-focus=keeps_focus.then_some("") hidden=bound(move || !has_rows())>
                <thead role="rowgroup">
                    <tr role="row">{lead.map(|lead| lead.run())} {columns.iter().map(head).collect_view()}</tr>
                </thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
            <div class="board__foot" hidden=bound(move || !has_rows())>
                {foot.map(|foot| foot.run())}
                {live(move || {
                    state
                        .with(|state| state.has_more)
                        .then(|| {
                            view! {
                                <span class="push">
                                    <Button
                                        small=true
                                        busy=Signal::derive(move || {
                                            state.with(|state| state.loading).then_some("Loading…")
                                        })
                                        on_press=move || listing.more.run(())
                                    >
                                        "Show more"
                                    </Button>
                                </span>
                            }
                        })
                })}
            </div>
        </section>
    }
}
