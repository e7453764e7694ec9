//! What a few letters find. Pure.

use crate::ui::icon::Glyph;

/// How many are shown.
const MOST: usize = 50;

/// Something to go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub glyph: Glyph,
    pub label: String,
    pub note: &'static str,
    pub address: String,
}

impl Entry {
    pub(super) const fn new(glyph: Glyph, label: String, note: &'static str, address: String) -> Self {
        Self { glyph, label, note, address }
    }
}

/// Those that have every word of `text`, the ones that begin with it first.
/// `lower` takes letters to their small ones.
pub(super) fn found(all: &[Entry], text: &str, lower: impl Fn(&str) -> String) -> Vec<Entry> {
    let text = lower(text.trim());
    let words: Vec<&str> = text.split_whitespace().collect();
    let rank = |entry: &Entry| {
        let label = lower(&entry.label);
        let with_note = format!("{label} {}", lower(entry.note));
        if !words.iter().all(|word| with_note.contains(word)) {
            return None;
        }
        Some(u8::from(!label.starts_with(&text)) + u8::from(!words.iter().all(|word| label.contains(word))))
    };
    let mut ranked: Vec<(u8, &Entry)> = all.iter().filter_map(|entry| Some((rank(entry)?, entry))).collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().take(MOST).map(|(_, entry)| entry.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_come_first_and_every_word_counts() {
        let entry = |label: &str, note| Entry::new(Glyph::Hook, label.to_owned(), note, String::new());
        let all =
            [entry("Redeploy", "Automation"), entry("Deploy to production", "Automation"), entry("Models", "Registry")];
        let labels =
            |text: &str| found(&all, text, str::to_lowercase).into_iter().map(|one| one.label).collect::<Vec<_>>();
        assert_eq!(labels("deploy"), ["Deploy to production", "Redeploy"]);
        assert_eq!(labels("PROD dep"), ["Deploy to production"]);
        assert_eq!(labels("registry"), ["Models"]);
        assert_eq!(labels("").len(), 3);
        assert!(labels("zzz").is_empty());
    }
}
