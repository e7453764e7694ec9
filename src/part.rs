//! Parts of the page that load when first shown, so that the first load carries none of them.
//!
//! [`part!`] names a screen whose code may go into a wasm module of its own; [`Part`] shows it, with a
//! skeleton until it is there and another try where it did not load. With the feature `split` the
//! release cuts the wasm at these functions; without it they are plain calls.

use std::pin::Pin;

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::{
    client::{Client, use_client},
    hold::{Hold, Keys},
    ui::{
        feedback::{LoadError, SkeletonRows},
        focus::Heading,
        overlay::after_paint,
    },
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

/// Constants that nobody reads. The splitter lays the others out by module, with room between modules for
/// their alignment; where that outgrows what the linker had laid out, it leaves all constants to the first
/// load. It drops these, and so has the room.
#[cfg(feature = "split")]
#[used]
static ROOM_FOR_ALIGNMENT: [u8; 2048] = [b'.'; 2048];

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
/// The parts of one module load together. What several modules share is cut into a
/// chunk for each combination of them: few modules make few requests. Chunks that the first screens need are
/// packed (`crates/xtask/src/pack.rs`).
macro_rules! part {
    ($(#[$meta:meta])* $module:ident: $visible:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        $visible fn $name($($argument: $type),*) -> $crate::part::Ask {
            #[allow(unused_braces, reason = "they are the block of the macro's caller")]
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
    Idle,
    Coming,
    There,
    Missing,
}

/// A part, and how far it has come.
#[derive(Clone, Copy)]
struct Loader {
    client: Client,
    ask: StoredValue<Ask, LocalStorage>,
    owner: StoredValue<Option<Owner>>,
    view: StoredValue<Option<AnyView>, LocalStorage>,
    state: RwSignal<State>,
    /// The page's own style is enough for it.
    plain: bool,
}

impl Loader {
    fn new(ask: Ask, plain: bool) -> Self {
        Self {
            client: use_client(),
            plain,
            ask: StoredValue::new_local(ask),
            owner: StoredValue::new(Owner::current()),
            view: StoredValue::new_local(None),
            state: RwSignal::new(State::Idle),
        }
    }

    /// Asks for the part. Where it does not come, tells `on_missing`.
    fn load(self, on_missing: Option<Callback<()>>) {
        self.state.set(State::Coming);
        let seat = Seat { owner: self.owner.get_value(), view: self.view };
        let Some(coming) = self.ask.try_with_value(|ask| ask(seat)) else { return };
        let styled = (!self.plain).then(style);
        spawn_local(async move {
            self.client.first_frame().await;
            let is_styled = match styled {
                Some(styled) => styled.await,
                None => Ok(()),
            };
            let built = match is_styled {
                Ok(()) => coming.await,
                Err(missing) => Err(missing),
            };
            let is_missing = built.is_err();
            // A place that went away has neither a view nor a state to keep.
            let _ = self.view.try_set_value(built.ok().flatten());
            self.state.try_set(if is_missing { State::Missing } else { State::There });
            if is_missing {
                self.client.tell_missing();
                if let Some(on_missing) = on_missing {
                    on_missing.try_run(());
                }
            }
        });
    }

    /// The part, once.
    fn take(self) -> Option<AnyView> {
        self.view.try_update_value(Option::take).flatten()
    }
}

/// Switches the parts' stylesheet on, and waits until it stands. Its address is in index.html; a mount
/// without one brings its style along.
fn style() -> impl Future<Output = Result<(), Missing>> {
    let found = document().get_element_by_id("parts-style");
    let link = found.and_then(|link| link.dyn_into::<web_sys::HtmlLinkElement>().ok());
    let coming = link.filter(|link| link.sheet().is_none()).map(|link| {
        let settled = js_sys::Promise::new(&mut |done, failed| {
            // An element of the document takes listeners always.
            let _ = link.add_event_listener_with_callback("load", &done);
            let _ = link.add_event_listener_with_callback("error", &failed);
        });
        link.set_disabled(false);
        (link, JsFuture::from(settled))
    });
    async {
        let Some((link, settled)) = coming else { return Ok(()) };
        settled.await.map_or_else(
            |_| {
                // Off, so that switching it on asks for it anew.
                link.set_disabled(true);
                Err(Missing)
            },
            |_| Ok(()),
        )
    }
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
    /// The page's own style is enough for it.
    #[prop(optional)]
    plain: bool,
) -> impl IntoView {
    let part = Loader::new(ask, plain);
    part.load(None);
    let is_repeat = StoredValue::new(false);
    let again = Callback::new(move |()| {
        is_repeat.set_value(true);
        part.load(None);
    });
    live(move || match part.state.get() {
        State::Idle | State::Coming if quiet => ().into_any(),
        State::Idle | State::Coming => {
            stand_in(room, is_repeat.get_value(), view! { <SkeletonRows label="Loading" /> })
        }
        State::There => part.take().into_any(),
        State::Missing => stand_in(room, is_repeat.get_value(), failure(is_repeat.get_value(), again)),
    })
}

/// Says that a part did not come. What does not come twice may belong to a release that is gone.
fn failure(is_repeat: bool, again: Callback<()>) -> AnyView {
    let (why, word) = if is_repeat {
        ("It does not come, or not as it was made. Reload the page to get it anew.", "Reload the page")
    } else {
        ("Check the connection; after an update of Hookboard, reload the page.", "Try again")
    };
    let press = move |()| {
        match web_sys::window().filter(|_| is_repeat) {
            // Fails in no document that is shown.
            Some(window) => drop(window.location().reload()),
            None => again.run(()),
        }
    };
    view! { <LoadError what="This part of the page" why=why word=word on_retry=press /> }.into_any()
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
    /// Whether it takes the focus: keys that are pressed while it comes are then held for it.
    #[prop(into, default = true.into())]
    modal: Signal<bool>,
    /// Is told when it did not load. It is asked for again when it is next wanted.
    #[prop(into)]
    on_missing: Callback<()>,
) -> impl IntoView {
    let part = Loader::new(ask, false);
    let keys: Keys = expect_context();
    let hold = StoredValue::new_local(None::<Hold>);
    Effect::new(move || {
        let state = part.state.get_untracked();
        let waits = wanted.get() && state != State::There;
        hold.set_value((waits && modal.get()).then(|| keys.hold()));
        if waits && state != State::Coming {
            part.load(Some(on_missing));
        }
    });
    Effect::new(move || match part.state.get() {
        // Its field has the focus when it is on the screen.
        State::There => after_paint(move || {
            if let Some(hold) = hold.try_update_value(Option::take).flatten() {
                hold.hand_over();
            }
        }),
        State::Missing => hold.set_value(None),
        State::Idle | State::Coming => {}
    });
    live(move || if part.state.get() == State::There { part.take() } else { None })
}
