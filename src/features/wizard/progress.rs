//! How far the wizard is: what is wrong and since when that is told, and which step may be shown.

use hookboard_api::problem::FieldError;
use leptos::prelude::*;

use super::{
    faults::step_of,
    state::{STEPS, Wizard},
};
use crate::route::{Route, Step};

impl Wizard {
    /// Whether nothing is wrong with the fields of a step.
    pub fn is_whole(self, step: Step) -> bool {
        self.faults().with(|faults| faults.iter().all(|fault| step_of(&fault.pointer) != step))
    }

    /// What is wrong with a field, once it is time to tell: it was left, or its step submitted.
    pub fn error(self, pointer: impl Into<String>) -> Signal<Option<String>> {
        let pointer = pointer.into();
        Memo::new(move |_| {
            let of = |faults: &Vec<FieldError>| {
                faults.iter().find(|fault| fault.pointer == pointer).map(|fault| fault.message.clone())
            };
            if let Some(words) = self.refused().with(of) {
                return Some(words);
            }
            let told = self.tried().get().is_some_and(|tried| step_of(&pointer) <= tried)
                || self.left().with(|left| left.contains(&pointer));
            if told { self.faults().with(of) } else { None }
        })
        .into()
    }

    /// The reader moved on from a field.
    pub fn leave(self, pointer: &str) {
        if !self.left().with_untracked(|left| left.iter().any(|one| one == pointer)) {
            self.left().update(|left| left.push(pointer.to_owned()));
        }
    }

    /// A field was changed: what the server said of it is no longer so.
    pub fn touched(self, pointer: &str) {
        if self.refused().with_untracked(|refused| refused.iter().any(|one| one.pointer == pointer)) {
            self.refused().update(|refused| refused.retain(|one| one.pointer != pointer));
        }
    }

    /// Whether a step has nothing wrong.
    pub fn is_sound(self, step: Step) -> bool {
        let fields = self.faults().with(|faults| faults.iter().all(|fault| step_of(&fault.pointer) != step));
        fields && (step != Step::Action || self.payload_refusal().is_none())
    }

    /// Why the payload keeps the automation from being saved. Not known before the webhook's
    /// secrets are.
    pub fn payload_refusal(self) -> Option<String> {
        let sends = !self.draft().with(|draft| draft.record);
        let is_known = sends && self.webhooks().with(|list| list.current().is_some());
        self.payload().refusal().filter(|_| is_known)
    }

    /// The last step that may be shown: the first with something wrong, or the review.
    pub fn reachable(self) -> Step {
        STEPS.into_iter().map(|(step, _)| step).find(|step| !self.is_sound(*step)).unwrap_or(Step::Review)
    }

    /// The address of a step.
    pub fn address(self, step: Step) -> String {
        let place = self.place();
        let route = match self.id() {
            Some(id) => Route::EditAutomation(place, id),
            None => Route::NewAutomation(place),
        };
        let event = self.router().query().with(|query| query.get("event").map(str::to_owned));
        let query = self.begun();
        let query = query.with("step", Some(step.as_str())).with("event", event.as_deref());
        route.path() + &query.suffix()
    }

    /// Leaves a step for the next one; stays and tells what is wrong if there is something.
    pub fn advance(self, from: Step, to: Step) -> bool {
        if !untrack(|| self.is_sound(from)) {
            self.tried().update(|tried| *tried = (*tried).max(Some(from)));
            return false;
        }
        self.change(|draft| draft.furthest = draft.furthest.max(from as u8 + 1));
        self.router().go_to(&untrack(|| self.address(to)));
        true
    }

    /// Goes back to a step that may be shown.
    pub fn fall_back(self, to: Step) {
        self.router().replace_with(&untrack(|| self.address(to)));
    }

    /// Tells everything that is wrong.
    pub fn tell_all(self) {
        self.tried().set(Some(Step::Review));
    }

    /// What the server refused, put at its fields. Answers what has no field, and goes to the first
    /// step with something refused.
    pub fn refuse(self, errors: &[FieldError]) -> Vec<String> {
        let mut unplaced = Vec::new();
        let mut placed = Vec::new();
        for error in errors {
            let pointer = self.draft().with_untracked(|draft| draft.local(&error.pointer));
            if pointer.is_empty() {
                unplaced.push(error.message.clone());
            } else {
                placed.push(FieldError { pointer, ..error.clone() });
            }
        }
        let first = placed.iter().map(|error| step_of(&error.pointer)).min();
        self.refused().set(placed);
        if let Some(first) = first.filter(|first| *first != self.step().get_untracked()) {
            self.router().go_to(&untrack(|| self.address(first)));
        }
        unplaced
    }
}
