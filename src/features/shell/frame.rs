//! Sidebar, bar, and the room between them.

use leptos::{html, prelude::*};

use super::{crumbs::Crumbs, panel::panel_head, sidebar::Sidebar, theme::ThemeButton};
use crate::{
    client::{Live, LiveState, Team, use_client},
    features::{
        nowhere::Nowhere,
        palette::{Sheet, palette},
    },
    mode::Mode,
    part::{Later, Part},
    route::{Route, use_router},
    ui::{
        dialog::LOST,
        focus::{AtHeading, Keeper, is_outside},
        icon::{Glyph, Icon},
        ids::new_id,
        overlay::after_layout,
        toast::use_toasts,
    },
};

/// The frame.
#[component]
pub fn Shell(
    /// The room.
    children: ChildrenFn,
) -> impl IntoView {
    let router = use_router();
    let client = use_client();
    let mode = client.session().mode();
    let team = Team::new(client, router);
    provide_context(team);
    provide_context(Live::follow(client, team.entity()));
    let at_heading = AtHeading::new();
    provide_context(at_heading);
    let keeper = Keeper::new();
    let strange = team.is_strange();
    let drawer = RwSignal::new(false);
    let shell: NodeRef<html::Div> = NodeRef::new();
    let main: NodeRef<html::Main> = NodeRef::new();
    let id = new_id();
    // Another room: its heading takes the focus. Another tab of the same place is the same room.
    Effect::with_last(move |before: Option<Route>| {
        let now = router.route().get();
        drawer.set(false);
        if before.is_some_and(|before| !is_same_room(&before, &now))
            && let Some(main) = main.get_untracked()
            // A host that leads the panel keeps the focus it has.
            && !is_outside(&main)
        {
            at_heading.arrive();
            after_layout(move || {
                use wasm_bindgen::JsCast;
                let heading = main.query_selector("h1").ok().flatten();
                if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<web_sys::HtmlElement>().ok()) {
                    // A heading that cannot take the focus leaves it where it is.
                    let _ = heading.focus();
                }
                if mode.is_page() {
                    main.scroll_into_view();
                }
            });
        }
        now
    });
    let sheet = RwSignal::new(None::<Sheet>);
    let toasts = use_toasts();
    let keys = move |event: web_sys::KeyboardEvent| {
        let key = event.key();
        let held = event.ctrl_key() || event.meta_key();
        let wanted = match key.as_str() {
            "k" if held => Sheet::Search,
            "/" if !held && !is_taken(&event, "input, textarea, select") => Sheet::Search,
            "?" if !held && !is_taken(&event, "input, textarea, select") => Sheet::Keys,
            _ => return,
        };
        // A dialog that is open has the keys.
        if !event.default_prevented() && !is_taken(&event, "dialog, :popover-open") {
            event.prevent_default();
            sheet.set(Some(wanted));
        }
    };
    if mode.is_page() {
        // With the focus on nothing as well; the keys of another page are not a panel's.
        let listener = window_event_listener(leptos::ev::keydown, keys);
        on_cleanup(move || listener.remove());
    }
    let skip = move |event: web_sys::MouseEvent| {
        event.prevent_default();
        if let Some(main) = main.get_untracked() {
            let _ = main.focus();
        }
    };
    let content = move || if strange.get() { view! { <Nowhere /> }.into_any() } else { children().into_any() };
    let around = move || {
        if mode == Mode::Panel {
            return view! { <Part ask=panel_head() quiet=true plain=true /> }.into_any();
        }
        view! {
            <Sidebar />
            {live(move || {
                drawer
                    .get()
                    .then(|| view! { <div class="shell__shade" on:click=handler(move |_| drawer.set(false))></div> })
            })}
            <header class="topbar">
                <button
                    class="icon-button topbar__menu"
                    type="button"
                    aria-label="Navigation"
                    aria-expanded=bound(move || drawer.get().to_string())
                    on:click=handler(move |_| drawer.update(|open| *open = !*open))
                >
                    <Icon glyph=Glyph::Menu />
                </button>
                <Crumbs />
                <div class="topbar__tools">
                    <LiveSign />
                    <button
                        class="search-button"
                        type="button"
                        aria-haspopup="dialog"
                        aria-label="Search"
                        on:click=handler(move |_| sheet.set(Some(Sheet::Search)))
                    >
                        <Icon glyph=Glyph::Search />
                        <span>"Search"</span>
                        <kbd>"/"</kbd>
                    </button>
                    <ThemeButton />
                </div>
            </header>
            <Later
                wanted=Signal::derive(move || sheet.with(Option::is_some))
                ask=palette(sheet)
                on_missing=move || {
                    sheet.set(None);
                    toasts.fail(LOST);
                }
            />
        }
        .into_any()
    };
    let main_id = id.clone();
    let skip_link = move || {
        view! {
            <a class="skip-link" href=format!("#{main_id}") on:click=handler(skip)>
                "Skip to content"
            </a>
        }
    };
    view! {
        {mode.is_page().then(skip_link)}
        <div
            node_ref=shell
            class=if mode.is_page() { "shell" } else { "shell shell--panel" }
            data-drawer=bound(move || drawer.get().then_some("open"))
            on:focusin=handler(move |event: web_sys::FocusEvent| {
                at_heading.moved(&event);
                keeper.moved(&event);
            })
            on:focusout=handler(move |event: web_sys::FocusEvent| keeper.lost(&event, at_heading))
            on:keydown=handler(move |event: web_sys::KeyboardEvent| {
                if event.key() == "Escape" {
                    drawer.set(false);
                }
            })
        >
            {around()}
            {if mode == Mode::Panel {
                // The page around it has the document's one main part.
                view! {
                    <div node_ref=main class="main" tabindex="-1">
                        {live(content)}
                    </div>
                }
                    .into_any()
            } else {
                view! {
                    <main node_ref=main class="main" id=id tabindex="-1">
                        {live(content)}
                    </main>
                }
                    .into_any()
            }}
        </div>
    }
}

/// Whether a key belongs to what is being typed, or to a dialog.
fn is_taken(event: &web_sys::KeyboardEvent, within: &str) -> bool {
    use wasm_bindgen::JsCast;
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    target.is_some_and(|target| target.closest(within).is_ok_and(|found| found.is_some()))
}

fn is_same_room(one: &Route, other: &Route) -> bool {
    match (one, other) {
        (Route::Place(one, _), Route::Place(other, _)) => one == other,
        (Route::Team { entity: one, room }, Route::Team { entity: other, room: next })
            if room.is_setting() && next.is_setting() =>
        {
            one == other
        }
        (one, other) => one == other,
    }
}

/// Whether the lists follow what happens.
#[component]
fn LiveSign() -> impl IntoView {
    let stream: Live = expect_context();
    let words = move || match stream.state().get() {
        LiveState::Live => "Live",
        LiveState::Reconnecting => "Reconnecting",
        LiveState::Paused => "Paused",
    };
    view! {
        <span class="live" role="status" data-state=bound(move || words().to_ascii_lowercase())>
            <Icon glyph=Glyph::Pulse />
            <span>{live(words)}</span>
        </span>
    }
}
