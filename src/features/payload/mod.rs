//! The payload editor with its live preview: one pass per keystroke, painted where it is seen.

mod completion;
mod editor;
mod engine;
mod events;
mod examples;
mod gutter;
mod lines;
mod mends;
mod metadata;
mod paint;
mod preview;
mod request_views;
mod starts;
mod state;
mod variables;
mod view;

pub use editor::PayloadEditor;
pub use events::event_words;
pub use examples::Example;
pub use preview::Preview;
pub use starts::{Start, StartFrom};
pub use state::{Payload, Values};
pub use variables::VariableList;
