//! Creating and editing an automation in three steps.

mod action_step;
mod chosen;
mod condition;
mod condition_list;
mod draft;
mod event_step;
mod faults;
mod fields;
mod keep;
mod known;
mod page;
mod past;
mod past_view;
mod pattern_field;
mod review_step;
mod rule;
mod rule_list;
mod state;
mod webhook_field;

pub use draft::Draft;
pub use fields::{from_word, word};
pub use keep::Door;
pub use page::WizardPage;
pub use rule::RuleDraft;
