//! Native dialogs: focus stays inside, Esc cancels, the focus returns to the opener.

use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use crate::part::{Later, part};

use super::{
    button::{Button, ButtonKind},
    field::{TextDraft, TextField},
    focus,
    icon::{Glyph, Icon},
    ids::new_id,
    overlay::after_layout,
    toast::use_toasts,
};

/// A dialog that is there while `open` holds.
#[component]
pub fn Dialog(
    /// Whether it is there.
    open: RwSignal<bool>,
    /// Its title.
    #[prop(into)]
    title: ViewFn,
    /// An icon beside the title.
    #[prop(optional)]
    glyph: Option<Glyph>,
    /// Whether it is about destroying something.
    #[prop(optional)]
    danger: bool,
    /// Room for code.
    #[prop(optional)]
    wide: bool,
    /// What pressing Enter, or a submitting button, does.
    #[prop(optional, into)]
    on_submit: Option<Callback<()>>,
    /// The body.
    #[prop(into)]
    body: ViewFn,
    /// The buttons, the safe one first.
    #[prop(into)]
    foot: ViewFn,
) -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    let opener = StoredValue::new_local(None::<focus::Opener>);
    Effect::new(move || {
        if let Some(dialog) = dialog.get() {
            opener.set_value(Some(focus::Opener::of(&dialog)));
            // Fails only for one that is open already.
            let _ = dialog.show_modal();
            focus_first(&dialog, ".dialog__body :is(input, select, textarea)");
        }
    });
    // A dialog that is taken away, rather than closed, leaves the focus nowhere.
    Effect::with_last(move |was_open: Option<bool>| {
        let now = open.get();
        if was_open == Some(true)
            && !now
            && let Some(opener) = opener.try_update_value(Option::take).flatten()
        {
            after_layout(move || opener.restore());
        }
        now
    });
    let content = move || {
        let title_id = new_id();
        let labelled = title_id.clone();
        let submit = move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            if let Some(on_submit) = on_submit {
                on_submit.run(());
                focus_fault(dialog);
            }
        };
        let icon_class = if danger { "dialog__icon dialog__icon--danger" } else { "dialog__icon" };
        view! {
            <dialog
                node_ref=dialog
                class=if wide { "dialog dialog--wide" } else { "dialog" }
                aria-labelledby=labelled
                on:close=handler(move |_| open.set(false))
            >
                <form method="dialog" novalidate on:submit=handler(submit)>
                    <div class="dialog__head">
                        {glyph.map(|glyph| view! { <Icon glyph=glyph class=icon_class /> })}
                        <h2 id=title_id>{title.run()}</h2>
                    </div>
                    <div class="dialog__body">{body.run()}</div>
                    <div class="dialog__foot">{foot.run()}</div>
                </form>
            </dialog>
        }
    };
    live(move || open.get().then(&content))
}

/// Puts the focus on the first field that was refused.
fn focus_fault(dialog: NodeRef<html::Dialog>) {
    let Some(dialog) = dialog.get_untracked() else { return };
    after_layout(move || focus_first(&dialog, "[aria-invalid=true]"));
}

fn focus_first(dialog: &web_sys::Element, selector: &str) {
    let field = dialog.query_selector(selector).ok().flatten();
    if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A field that cannot take the focus leaves it where it is.
        let _ = field.focus();
    }
}

/// Asks before something is destroyed, naming it.
#[component]
pub fn Confirm(
    /// Whether it asks now.
    open: RwSignal<bool>,
    /// The question.
    #[prop(into)]
    title: ViewFn,
    /// What will be gone.
    #[prop(into)]
    body: ViewFn,
    /// The verb and its noun.
    #[prop(into)]
    action: Signal<String>,
    /// A name that must be typed first.
    #[prop(optional, into)]
    typed: Option<Signal<String>>,
    /// What the button says while it waits.
    #[prop(into)]
    busy: Signal<Option<&'static str>>,
    /// Why it failed.
    #[prop(into)]
    failure: Signal<Option<String>>,
    /// Does it. The caller closes the dialog when it is done.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let question = Question { title, body, action, typed, busy, failure, on_confirm };
    let on_missing = lost(open);
    view! { <Later wanted=open ask=confirm(open, question) on_missing=on_missing /> }
}

/// What is said of a dialog whose code did not load.
pub const LOST: &str = "This dialog could not be loaded. Check the connection, then try again.";

/// Closes a dialog whose code did not load, and says so; opened again, it is asked for again.
pub fn lost(open: RwSignal<bool>) -> impl Fn() + Copy + Send + Sync + 'static {
    let toasts = use_toasts();
    move || {
        open.set(false);
        toasts.fail(LOST);
    }
}

/// What [`Confirm`] is told.
#[derive(Clone)]
struct Question {
    title: ViewFn,
    body: ViewFn,
    action: Signal<String>,
    typed: Option<Signal<String>>,
    busy: Signal<Option<&'static str>>,
    failure: Signal<Option<String>>,
    on_confirm: Callback<()>,
}

part! { extras: fn confirm(open: RwSignal<bool>, question: Question) { view! { <ConfirmDialog open=open question=question /> } } }

#[component]
fn ConfirmDialog(
    /// Whether it asks now.
    open: RwSignal<bool>,
    /// What it asks.
    question: Question,
) -> impl IntoView {
    let Question { title, body, action, typed, busy, failure, on_confirm } = question;
    let confirm = TextDraft::new("");
    Effect::new(move || {
        if open.get() {
            confirm.set("");
        }
    });
    let submit = move || match typed {
        Some(name) if confirm.get_untracked() != name.get_untracked() => {
            confirm.fail(format!("Type {} to confirm.", name.get_untracked()));
        }
        _ => on_confirm.run(()),
    };
    let body = ViewFn::from(move || {
        let body = body.run();
        view! {
            {body}
            {typed.map(|_| view! { <TextField label="Type the name to confirm" draft=confirm mono=true /> })}
            {live(move || failure.get().map(|words| view! { <p class="field__error" role="alert">{words}</p> }))}
        }
        .into_any()
    });
    let foot = ViewFn::from(move || {
        view! {
            <Button on_press=move || open.set(false)>"Cancel"</Button>
            <Button kind=ButtonKind::Danger busy=busy on_press=move || submit()>
                {action}
            </Button>
        }
        .into_any()
    });
    // Enter destroys nothing: only the button does.
    view! { <Dialog open=open title=title glyph=Glyph::Trash danger=true body=body foot=foot /> }
}
