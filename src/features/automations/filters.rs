//! What a list of automations is narrowed to. The URL holds it.

use hookboard_api::{EventType, event::EVENTS};

use crate::route::Query;

/// The filters.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Filters {
    /// Name, pattern or webhook.
    pub text: Option<String>,
    /// Event type, as on the wire.
    pub event: Option<String>,
    /// Id of the webhook.
    pub webhook: Option<String>,
    /// Enabled or disabled.
    pub enabled: Option<bool>,
    /// The order, as on the wire: newest first where none is set.
    pub sort: Option<String>,
}

/// Orders of the list and their words, for the choice beside the filters: narrow windows show no heads.
pub(super) const SORTS: [(&str, &str); 4] =
    [(NEWEST, "Newest first"), ("created", "Oldest first"), ("-fired", "Last fired"), ("name", "Name")];
/// The order where none is asked for.
pub(super) const NEWEST: &str = "-created";
/// Orders that heads of columns ask for beside those.
const TURNED: [&str; 2] = ["fired", "-name"];

impl Filters {
    /// Reads the URL; what it does not know counts as unset.
    pub fn of(query: &Query) -> Self {
        let event = query.get("event").filter(|word| EVENTS.iter().any(|spec| spec.event.as_str() == *word));
        Self {
            text: query.get("q").map(str::to_owned),
            event: event.map(str::to_owned),
            webhook: query.get("webhook").map(str::to_owned),
            enabled: match query.get("status") {
                Some("enabled") => Some(true),
                Some("disabled") => Some(false),
                _ => None,
            },
            sort: query.get("sort").filter(|word| is_sort(word)).map(str::to_owned),
        }
    }

    /// Whether nothing is filtered.
    pub fn is_unset(&self) -> bool {
        *self == Self { sort: self.sort.clone(), ..Self::default() }
    }

    /// What the interface is asked. As many rows as are drawn while a key is pressed.
    pub fn ask(&self) -> Query {
        Query::default()
            .with("text", self.text.as_deref())
            .with("event", self.event.as_deref())
            .with("webhook", self.webhook.as_deref())
            .with("enabled", self.enabled.map(|enabled| if enabled { "true" } else { "false" }))
            .with("sort", self.sort.as_deref())
            .with("limit", Some("50"))
    }

    /// The filters in words: `event is "An artifact alias is added" and status is "Disabled"`.
    pub fn words(&self) -> String {
        let text = self.text.as_ref().map(|text| format!("search is “{text}”"));
        let event = self.event.as_ref().map(|event| format!("event is “{}”", event_words(event)));
        let webhook = self.webhook.as_ref().map(|_| "a webhook is chosen".to_owned());
        let enabled =
            self.enabled.map(|enabled| format!("status is “{}”", if enabled { "Enabled" } else { "Disabled" }));
        let set: Vec<String> = [text, event, webhook, enabled].into_iter().flatten().collect();
        let head = if set.len() == 1 { "One filter is set" } else { "Several filters are set" };
        format!("{head}: {}.", set.join(" and "))
    }
}

/// Whether a word of the URL is an order.
fn is_sort(word: &str) -> bool {
    TURNED.contains(&word) || SORTS.iter().any(|(own, _)| *own == word)
}

/// Orders and their words, for the choice of one.
pub(super) fn sort_choices() -> Vec<(String, String)> {
    SORTS.iter().map(|(sort, words)| ((*sort).to_owned(), (*words).to_owned())).collect()
}

/// Event types and their words, for the filter.
pub(super) fn event_choices() -> Vec<(String, String)> {
    EVENTS.iter().map(|spec| (spec.event.as_str().to_owned(), spec.title.to_owned())).collect()
}

fn event_words(word: &str) -> &str {
    EVENTS.iter().find(|spec| EventType::as_str(spec.event) == word).map_or(word, |spec| spec.title)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_in_the_url_filter_nothing() {
        assert!(Filters::of(&Query::parse("?event=NOPE&status=maybe&q=&sort=size")).is_unset());
    }

    #[test]
    fn the_url_becomes_the_question() {
        let filters = Filters::of(&Query::parse("?q=a+b&event=LINK_ARTIFACT&status=disabled&sort=-name"));
        assert_eq!(filters.ask().suffix(), "?text=a%20b&event=LINK_ARTIFACT&enabled=false&sort=-name&limit=50");
        assert_eq!(
            filters.words(),
            "Several filters are set: search is “a b” and event is “A new version is linked to a collection” and status is “Disabled”."
        );
    }
}
