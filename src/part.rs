//! Parts of the page that load when first shown, so that the first load carries none of them.
//!
//! [`part!`] names a screen whose code may go into a wasm module of its own; [`Part`] shows it, with a
//! skeleton until it is there and another try where it did not load. With the feature `split` the
//! release cuts the wasm at these functions; without it they are plain calls.

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local};

use crate::ui::{
    feedback::{LoadError, SkeletonRows},
    focus::Heading,
};

/// The code of a part did not arrive.
#[derive(Debug)]
pub struct Missing;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Missing {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// A part on its way: `None` if its place went away meanwhile.
type Coming = Pin<Box<dyn Future<Output = Result<Option<AnyView>, Missing>>>>;

/// Asks for a part; asked again, it tries again.
pub type Ask = Box<dyn Fn(Seat) -> Coming>;

/// Where a part is to stand: as a child of the component that waits for it.
pub struct Seat {
    owner: Option<Owner>,
    view: StoredValue<Option<AnyView>, LocalStorage>,
}

impl Seat {
    /// Builds the part, unless nobody waits for it any more.
    pub fn fill(&self, build: impl FnOnce() -> AnyView) -> Option<AnyView> {
        let owner = self.owner.as_ref().filter(|_| !self.view.is_disposed())?;
        Some(owner.with(build))
    }
}

/// Declares a function that asks for a part of the page: `part!(module: fn name(argument: Type) { view })`.
/// The parts of one module load together.
macro_rules! part {
    ($(#[$meta:meta])* $module:ident: $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name($($argument: $type),*) -> $crate::part::Ask {
            #[cfg_attr(feature = "split", wasm_split_helpers::wasm_split($module, fallible))]
            fn build(
                seat: $crate::part::Seat,
                $($argument: $type),*
            ) -> Result<Option<leptos::prelude::AnyView>, $crate::part::Missing> {
                Ok(seat.fill(move || leptos::prelude::IntoAny::into_any($body)))
            }
            Box::new(move |seat| {
                $(let $argument = $argument.clone();)*
                #[cfg(feature = "split")]
                let coming = build(seat, $($argument),*);
                #[cfg(not(feature = "split"))]
                let coming = std::future::ready(build(seat, $($argument),*));
                Box::pin(coming)
            })
        }
    };
}
pub(crate) use part;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Coming,
    There,
    Missing,
}

/// Shows a part.
#[component]
pub fn Part(
    /// Asks for it.
    ask: Ask,
    /// Shows nothing while it comes.
    #[prop(optional)]
    quiet: bool,
    /// A room of its own: what stands in for it has a heading, to take the focus.
    #[prop(optional)]
    room: bool,
) -> impl IntoView {
    let view: StoredValue<Option<AnyView>, LocalStorage> = StoredValue::new_local(None);
    let state = RwSignal::new(State::Coming);
    let owner = Owner::current();
    let ask = StoredValue::new_local(ask);
    let load = move || {
        let Some(coming) = ask.try_with_value(|ask| ask(Seat { owner: owner.clone(), view })) else { return };
        spawn_local(async move {
            // A place that went away has neither a view nor a state to keep.
            let _ = match coming.await {
                Ok(built) => view.try_set_value(built).map_or_else(|| state.try_set(State::There), |_| None),
                Err(Missing) => state.try_set(State::Missing),
            };
        });
    };
    load();
    let is_repeat = StoredValue::new(false);
    let again = Callback::new(move |()| {
        is_repeat.set_value(true);
        state.set(State::Coming);
        load();
    });
    live(move || match state.get() {
        State::Coming if quiet => ().into_any(),
        State::Coming => stand_in(room, is_repeat.get_value(), view! { <SkeletonRows label="Loading" /> }),
        State::There => view.try_update_value(Option::take).flatten().into_any(),
        State::Missing => stand_in(
            room,
            is_repeat.get_value(),
            view! { <LoadError what="This part of the page" why="Check the connection." on_retry=again /> },
        ),
    })
}

fn stand_in(room: bool, seek: bool, content: AnyView) -> AnyView {
    if !room {
        return content;
    }
    view! {
        <div class="page">
            <Heading hidden=true seek=seek>"Loading"</Heading>
            {content}
        </div>
    }
}

/// Shows a part from the first time that it is wanted: a dialog, say. It then stays.
#[component]
pub fn Later(
    /// Whether it is wanted now.
    #[prop(into)]
    wanted: Signal<bool>,
    /// Asks for it.
    ask: Ask,
    /// Is told when it did not load. It is asked for again when it is next wanted.
    #[prop(into)]
    on_missing: Callback<()>,
) -> impl IntoView {
    let view: StoredValue<Option<AnyView>, LocalStorage> = StoredValue::new_local(None);
    let state = RwSignal::new(None::<State>);
    let owner = Owner::current();
    Effect::new(move || {
        if !wanted.get() || matches!(state.get_untracked(), Some(State::Coming | State::There)) {
            return;
        }
        state.set(Some(State::Coming));
        let coming = ask(Seat { owner: owner.clone(), view });
        spawn_local(async move {
            let built = coming.await;
            let is_missing = built.is_err();
            // A place that went away has neither a view nor a state to keep.
            let _ = view.try_set_value(built.ok().flatten());
            state.try_set(Some(if is_missing { State::Missing } else { State::There }));
            if is_missing {
                on_missing.try_run(());
            }
        });
    });
    live(move || match state.get() {
        Some(State::There) => view.try_update_value(Option::take).flatten(),
        _ => None,
    })
}
