//! Creating and editing an automation in three steps.

mod action_step;
mod chosen;
mod condition;
mod condition_list;
mod draft;
mod event_step;
mod faults;
mod fields;
mod head;
mod keep;
mod known;
mod page;
mod past;
mod past_view;
mod pattern_field;
mod progress;
mod read;
mod review_step;
mod rule;
mod rule_list;
mod saving;
mod state;
mod testing;
mod webhook_field;
mod write;

pub use draft::Draft;
pub use fields::{from_word, word};
pub use keep::Door;
pub use page::WizardPage;
pub use rule::RuleDraft;
