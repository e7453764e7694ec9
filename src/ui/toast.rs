//! Results of clicks whose place is gone: one line, six seconds, at most three.

use std::{sync::Arc, time::Duration};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*};

use crate::part::{Later, part};

use super::{
    button::{Button, ButtonKind, IconButton},
    icon::{Glyph, Icon},
};

const SHOWN: Duration = Duration::from_secs(6);
const MOST: usize = 3;

#[derive(Clone)]
struct Toast {
    id: u32,
    glyph: Glyph,
    text: String,
    undo: Option<Undo>,
}

/// Kept by the toast itself: it outlives the view that a `Callback` would be owned by.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// The toasts of one mount.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
    held: RwSignal<bool>,
    timers: StoredValue<Vec<(u32, TimeoutHandle)>>,
}

/// The toasts of this mount.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// None yet.
    pub fn new() -> Self {
        let timers: StoredValue<Vec<(u32, TimeoutHandle)>> = StoredValue::new(Vec::new());
        on_cleanup(move || {
            for (_, timer) in timers.try_get_value().unwrap_or_default() {
                timer.clear();
            }
        });
        Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false), timers }
    }

    /// Says `text`.
    pub fn say(self, glyph: Glyph, text: impl Into<String>) {
        self.show(glyph, text.into(), None);
    }

    /// Says why something did not work.
    pub fn fail(self, text: impl Into<String>) {
        self.show(Glyph::XCircle, text.into(), None);
    }

    /// Says `text` and offers to take it back.
    pub fn say_with_undo(self, glyph: Glyph, text: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(glyph, text.into(), Some(Arc::new(undo)));
    }

    fn show(self, glyph: Glyph, text: String, undo: Option<Undo>) {
        let Some(id) = self.next.try_update_value(|next| std::mem::replace(next, next.wrapping_add(1))) else { return };
        self.shown.update(|shown| {
            shown.push(Toast { id, glyph, text, undo });
            let surplus = shown.len().saturating_sub(MOST);
            shown.drain(..surplus);
        });
        self.end_later(id);
    }

    fn end_later(self, id: u32) {
        let timer = set_timeout_with_handle(
            move || {
                // One that is pointed at or focused stays, and is looked at again later.
                if self.held.try_get_untracked() == Some(true) { self.end_later(id) } else { self.end(id) }
            },
            SHOWN,
        );
        self.keep(id, timer.ok());
    }

    /// Keeps the toast's timer in place of the one that it had.
    fn keep(self, id: u32, timer: Option<TimeoutHandle>) {
        self.timers.try_update_value(|timers| {
            timers.retain(|(of, former)| {
                if *of == id {
                    former.clear();
                }
                *of != id
            });
            timers.extend(timer.map(|timer| (id, timer)));
        });
    }

    fn end(self, id: u32) {
        self.keep(id, None);
        self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }
}

/// Where toasts show, and are read out.
#[component]
pub fn ToastRegion() -> impl IntoView {
    let toasts = use_toasts();
    let held = toasts.held;
    let wanted = Signal::derive(move || toasts.shown.with(|shown| !shown.is_empty()));
    // Offline is when most is to be told: the words alone show without more code.
    let plain = RwSignal::new(false);
    Effect::new(move || {
        if !wanted.get() {
            plain.set(false);
        }
    });
    let words = move || toasts.shown.with(|shown| shown.iter().map(|toast| toast.text.clone()).collect::<Vec<_>>());
    let plainly = move || plain.get().then(|| view! { <p class="toast">{words().join(" ")}</p> });
    view! {
        <div
            class="toasts"
            role="status"
            on:mouseenter=handler(move |_| held.set(true))
            on:mouseleave=handler(move |_| held.set(false))
            on:focusin=handler(move |_| held.set(true))
            on:focusout=handler(move |_| held.set(false))
        >
            <Later wanted=wanted ask=lines() on_missing=move || plain.set(true) />
            {live(plainly)}
        </div>
    }
}

part! {
    /// The toasts themselves: most visits see none.
    extras: fn lines() { view! { <Lines /> } }
}

#[component]
fn Lines() -> impl IntoView {
    let toasts = use_toasts();
    let line = move |toast: Toast| {
        let id = toast.id;
        view! {
            <div class="toast">
                <Icon glyph=toast.glyph />
                <span>{toast.text}</span>
                {toast
                    .undo
                    .map(|undo| {
                        view! {
                            <Button
                                kind=ButtonKind::Quiet
                                small=true
                                on_press=move || {
                                    toasts.end(id);
                                    undo();
                                }
                            >
                                "Undo"
                            </Button>
                        }
                    })}
                <IconButton glyph=Glyph::X label="Dismiss" on_press=move || toasts.end(id) />
            </div>
        }
    };
    view! { <For each=move || toasts.shown.get() key=|toast| toast.id children=line /> }
}
