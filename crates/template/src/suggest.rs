//! The name someone probably meant.

use crate::prelude::*;

/// Farther apart than this, two names are not a slip of the finger (template language, section 6).
const FARTHEST: usize = 2;

/// Names compared while compiling one template. Placeholders and secrets are both as many as someone
/// likes, so without a bound their product would be the cost.
const COMPARISONS: usize = 20_000;

/// Looks for nearest names within a budget that one compilation shares.
pub(crate) struct Nearest {
    left: usize,
}

impl Nearest {
    pub(crate) const fn new() -> Self {
        Self { left: COMPARISONS }
    }

    /// The candidate that differs from `name` in case only, else the one fewest edits away, at most two.
    /// The first of equals wins.
    pub(crate) fn find<'c>(&mut self, name: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
        let mut best: Option<(usize, &str)> = None;
        for candidate in candidates {
            let Some(left) = self.left.checked_sub(1) else {
                break;
            };
            self.left = left;
            if candidate.eq_ignore_ascii_case(name) {
                return Some(candidate);
            }
            let limit = best.map_or(FARTHEST, |(distance, _)| distance - 1);
            if let Some(distance) = distance(name, candidate, limit) {
                best = Some((distance, candidate));
                if distance == 0 {
                    break;
                }
            }
        }
        best.map(|(_, candidate)| candidate)
    }
}

/// Insertions, deletions and replacements between two names if at most `limit`. The cost is bounded by the
/// shorter name times `2 · limit + 1`, and nil where the lengths alone are too far apart.
fn distance(one: &str, other: &str, limit: usize) -> Option<usize> {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().abs_diff(other.len()) > limit {
        return None;
    }
    let over = limit + 1;
    let mut row: Vec<usize> = (0..=other.len()).map(|column| column.min(over)).collect();
    for (at, byte) in one.iter().enumerate() {
        let (first, last) = (at.saturating_sub(limit), (at + limit + 1).min(other.len()));
        let mut diagonal = row[first];
        row[first] = if first == 0 { (at + 1).min(over) } else { over };
        let mut lowest = row[first];
        for column in first..last {
            let swapped = diagonal + usize::from(byte != &other[column]);
            diagonal = row[column + 1];
            // Outside the band the row above is stale; it counts as too far.
            let above = if column == at + limit { over } else { diagonal };
            row[column + 1] = swapped.min(above + 1).min(row[column] + 1).min(over);
            lowest = lowest.min(row[column + 1]);
        }
        if lowest > limit {
            return None;
        }
    }
    row.last().copied().filter(|&distance| distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(one: &str, other: &str) -> usize {
        let (one, other) = (one.as_bytes(), other.as_bytes());
        let mut row: Vec<usize> = (0..=other.len()).collect();
        for (at, byte) in one.iter().enumerate() {
            let mut next = vec![at + 1];
            for (column, letter) in other.iter().enumerate() {
                let replaced = row[column] + usize::from(byte != letter);
                next.push(replaced.min(row[column + 1] + 1).min(next[column] + 1));
            }
            row = next;
        }
        row[other.len()]
    }

    proptest! {
        #[test]
        fn the_bounded_distance_is_the_distance(one in "[ab_]{0,9}", other in "[ab_]{0,9}", limit in 0usize..4) {
            let full = plain(&one, &other);
            prop_assert_eq!(distance(&one, &other, limit), (full <= limit).then_some(full));
        }
    }

    #[test]
    fn case_comes_before_nearness_and_three_edits_are_too_many() {
        let names = ["tags", "tag", "alias", "TAG"];
        let find = |name: &str| Nearest::new().find(name, names.into_iter());
        assert_eq!(find("Tag"), Some("tag"));
        assert_eq!(find("tagz"), Some("tags"));
        assert_eq!(find("aliass"), Some("alias"));
        assert_eq!(find("aliasses"), None);
    }

    #[test]
    fn the_budget_ends_the_search() {
        let mut nearest = Nearest { left: 3 };
        assert_eq!(nearest.find("tag", ["x", "y"].into_iter()), None);
        assert_eq!(nearest.find("alia", ["zzzz", "alias"].into_iter()), None);
    }
}
