//! Creating and editing an automation in three steps.

mod action_step;
mod condition;
mod condition_list;
mod conflict;
mod draft;
mod event_step;
mod faults;
mod fields;
mod keep;
mod page;
mod past;
mod past_view;
mod pattern_field;
mod review_step;
mod rule;
mod rule_list;
mod state;

pub use page::WizardPage;
