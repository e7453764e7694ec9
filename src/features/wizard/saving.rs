//! Saving what the wizard made, and what becomes of it where it is refused.

use hookboard_api::{
    automation::Automation,
    problem::{FieldError, ProblemCode},
};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;

use super::{
    draft::Draft,
    keep::{self, Door},
    state::Wizard,
};
use crate::{
    client::{ApiError, calls},
    route::{Place, Route, Router, Step, use_router},
    ui::{
        conflict::Conflict,
        icon::Glyph,
        overlay::after_layout,
        toast::{Toasts, use_toasts},
    },
};

/// The save of one wizard.
#[derive(Clone, Copy)]
pub(super) struct Saving {
    wizard: Wizard,
    router: Router,
    toasts: Toasts,
    form: NodeRef<html::Form>,
    /// What the button says while it is under way.
    pub(super) busy: RwSignal<Option<&'static str>>,
    /// Why it was refused, where no field is at fault.
    pub(super) failure: RwSignal<Option<String>>,
    saved_meanwhile: RwSignal<Option<Automation>>,
}

impl Saving {
    /// Nothing saved yet.
    pub(super) fn new(wizard: Wizard, form: NodeRef<html::Form>) -> Self {
        Self {
            wizard,
            router: use_router(),
            toasts: use_toasts(),
            form,
            busy: RwSignal::new(None),
            failure: RwSignal::new(None),
            saved_meanwhile: RwSignal::new(None),
        }
    }

    /// Leads to the first field at fault.
    pub(super) fn focus_fault(self) {
        after_layout(move || {
            let form = self.form.get_untracked();
            let fault = form.and_then(|form| form.query_selector("[aria-invalid='true']").ok().flatten());
            if let Some(fault) = fault.and_then(|fault| fault.dyn_into::<web_sys::HtmlElement>().ok()) {
                let _ = fault.focus();
            }
        });
    }

    /// Saves what is typed, where it is sound.
    pub(super) fn save(self) {
        if self.busy.get_untracked().is_some() {
            return;
        }
        self.failure.set(None);
        self.saved_meanwhile.set(None);
        self.wizard.tell_all();
        if !untrack(|| self.wizard.is_sound(Step::Review)) {
            self.focus_fault();
            return;
        }
        let wizard = self.wizard;
        let (client, place, key, id) = (wizard.client(), wizard.place(), wizard.key(), wizard.id());
        let draft = wizard.draft().get_untracked();
        let body = draft.automation(&place, &wizard.template().get_untracked());
        self.busy.set(Some(if id.is_some() { "Saving…" } else { "Creating…" }));
        spawn_local(async move {
            let answer = match &id {
                Some(id) => {
                    client.put::<Automation>(&calls::automation(&place.entity, id, ""), &body, draft.revision).await
                }
                None => client.create::<Automation>(&calls::team(&place.entity, "automations"), &body).await,
            };
            let gone = self.busy.try_set(None).is_some();
            match answer {
                Ok(saved) => {
                    if !gone {
                        wizard.stop_keeping();
                    }
                    keep::forget(&key);
                    client.changed(&calls::team(&place.entity, "automations"));
                    client.changed(&calls::team(&place.entity, "places"));
                    let done = if id.is_some() { "Saved" } else { "Created" };
                    self.toasts.say(Glyph::Check, format!("{done} “{}”", saved.name));
                    if !gone {
                        self.router.leave_for(&Route::Automation(place, saved.id));
                    }
                }
                // The reader left while it was under way: the draft is kept, and tells at the next try.
                Err(_) if gone => {}
                Err(error) => self.refused(&place, id, &error).await,
            }
        });
    }

    async fn refused(self, place: &Place, id: Option<String>, error: &ApiError) {
        let wizard = self.wizard;
        match id {
            _ if error.is_outdated() => match fetch(wizard).await {
                Ok(saved) => drop(self.saved_meanwhile.try_set(Some(saved))),
                Err(error) => drop(self.failure.try_set(Some(error.words()))),
            },
            Some(id) if error.is_missing() => {
                // Deleted meanwhile: what was typed goes on as a new one.
                let anew = Door::after(place.clone(), id);
                anew.keep(wizard.draft().get_untracked(), wizard.template().get_untracked());
                self.toasts.say(Glyph::Info, "Somebody deleted this automation. What you typed goes on as a new one.");
                wizard.stop_keeping();
                keep::forget(&wizard.key());
                self.router.replace_with(&anew.address());
            }
            _ => {
                self.failure.try_set(at_fields(wizard, error));
                self.focus_fault();
            }
        }
    }

    /// What differs from a version that was saved meanwhile, with the ways on.
    pub(super) fn conflict(self) -> AnyView {
        let saved = self.saved_meanwhile.get();
        let shown = saved.map(|saved| {
            let (load, over) = (saved.clone(), saved.revision);
            let take_theirs = move || {
                self.saved_meanwhile.set(None);
                take(self.wizard, self.toasts, &load);
            };
            let save_mine = move || {
                self.wizard.change(|draft| draft.revision = Some(over));
                self.save();
            };
            let differences = untrack(|| self.wizard.differences(&saved));
            view! { <Conflict what="automation" differences=differences on_theirs=take_theirs on_mine=save_mine /> }
        });
        shown.into_any()
    }
}
/// The automation as it was saved meanwhile.
async fn fetch(wizard: Wizard) -> Result<Automation, ApiError> {
    let id = wizard.id().unwrap_or_default();
    wizard.client().get(&calls::automation(&wizard.place().entity, &id, "")).await
}

/// Goes on from a version that was saved meanwhile; the reader's own comes back by Undo.
fn take(wizard: Wizard, toasts: Toasts, saved: &Automation) {
    let mine = (wizard.draft().get_untracked(), wizard.template().get_untracked());
    let (draft, template) = Draft::read(&wizard.place(), saved);
    wizard.load(draft, &template);
    let words = format!("Loaded version {} of “{}”", saved.revision, saved.name);
    toasts.say_with_undo(Glyph::Retry, words, move || wizard.load(mine.0.clone(), &mine.1));
}

/// Puts what was refused at its fields; the rest in words.
fn at_fields(wizard: Wizard, error: &ApiError) -> Option<String> {
    let taken = matches!(error, ApiError::Problem(problem) if problem.code == ProblemCode::DuplicateName);
    if taken && error.fields().is_empty() {
        let at_name = FieldError::new("/name", "duplicate_name", error.words());
        wizard.refuse(&[at_name]);
        return None;
    }
    if error.fields().is_empty() {
        return Some(error.words());
    }
    // What is offered may be no longer so.
    wizard.client().changed(&calls::webhooks(&wizard.owner().get_untracked()));
    wizard.client().refresh(calls::ME);
    let unplaced = wizard.refuse(error.fields());
    (!unplaced.is_empty()).then(|| unplaced.join(" "))
}
