//! Results of clicks whose place is gone: one line, six seconds, at most three.

use std::sync::Arc;

use leptos::{prelude::*, task::spawn_local};

use crate::{
    life::Life,
    part::{Later, part},
};

use super::{
    button::{Button, ButtonKind, IconButton},
    icon::{Glyph, Icon},
};

/// How long one shows, in milliseconds.
const SHOWN_MS: i32 = 6_000;
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
    life: StoredValue<Life, LocalStorage>,
}

/// The toasts of this mount.
pub fn use_toasts() -> Toasts {
    expect_context()
}

impl Toasts {
    /// None yet.
    pub fn new(life: Life) -> Self {
        let life = StoredValue::new_local(life);
        Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0), held: RwSignal::new(false), life }
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
        let Some(life) = self.life.try_get_value() else { return };
        spawn_local(async move {
            // One that is pointed at or focused stays, and is looked at again later.
            while life.sleep(SHOWN_MS).await {
                if self.held.try_get_untracked() != Some(true) {
                    self.end(id);
                    return;
                }
            }
        });
    }

    fn end(self, id: u32) {
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
            <Later wanted=wanted ask=lines() modal=false on_missing=move || plain.set(true) />
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
