//! Events to preview or test with, in a line each.

use hookboard_api::{event::Event, sentence::subject_words};

use crate::ui::{dates::Dates, format::parse_time};

/// `fraud-scorer v42, production, 4 min ago`; `now` is in milliseconds since 1970.
pub fn event_words(event: &Event, dates: Dates, now: i64) -> String {
    let text = |path: &str| event.values.get(path)?.as_str().map(str::to_owned);
    let name = text("run_name").unwrap_or_else(|| subject_words(&event.subject));
    let when = parse_time(&event.occurred_at).map(|at| dates.ago(at, now));
    [Some(name), text("alias").or_else(|| text("tag")), when].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
