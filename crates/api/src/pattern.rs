//! Regular expressions, compiled alike on both sides: `regex-lite`, searched anywhere, capped.

use regex_lite::{Regex, RegexBuilder};

use crate::limits::{MAX_PATTERN_BYTES, MAX_PATTERN_COMPILED_BYTES};

/// Compiles `pattern`, or says why it cannot be and what to do.
pub fn compile(pattern: &str) -> Result<Regex, String> {
    if pattern.len() > MAX_PATTERN_BYTES {
        return Err(format!(
            "The pattern has {} bytes; {MAX_PATTERN_BYTES} are allowed. Shorten it, or use several conditions.",
            pattern.len()
        ));
    }
    RegexBuilder::new(pattern).size_limit(MAX_PATTERN_COMPILED_BYTES).build().map_err(|error| {
        let cause = error.to_string();
        if cause.contains("size limit") {
            return String::from(
                "The pattern takes too much memory when it is compiled. Write smaller repetitions, or use several conditions.",
            );
        }
        let cause = cause.trim_end_matches('.');
        format!("This is not a regular expression: {cause}. Look-around and back-references are not supported.")
    })
}

/// Whether every match of `pattern` must start and end where the text does.
pub fn is_anchored(pattern: &str) -> bool {
    pattern.starts_with('^') && pattern.ends_with('$') && !pattern.ends_with("\\$") && !splits_at_top(pattern)
}

/// `pattern` made to match whole texts only: `production` becomes `^production$`.
pub fn anchored(pattern: &str) -> String {
    if splits_at_top(pattern) {
        return format!("^({pattern})$");
    }
    let start = if pattern.starts_with('^') { "" } else { "^" };
    let end = if pattern.ends_with('$') && !pattern.ends_with("\\$") { "" } else { "$" };
    format!("{start}{pattern}{end}")
}

/// Whether `|` stands outside all groups and classes, so that an anchor binds to one branch only.
fn splits_at_top(pattern: &str) -> bool {
    let (mut depth, mut class, mut escaped) = (0_u32, false, false);
    for character in pattern.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ']' => class = false,
            '[' => class = true,
            _ if class => {}
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_searched_anywhere() {
        assert!(compile("production").is_ok_and(|regex| regex.is_match("pre-production")));
        assert!(compile("^production$").is_ok_and(|regex| !regex.is_match("pre-production")));
    }

    #[test]
    fn a_faulty_pattern_says_why_and_what_to_do() {
        let message = compile("(prod").unwrap_err();
        assert!(message.starts_with("This is not a regular expression: "), "{message}");
        assert!(compile("(?=x)").is_err());
        assert!(compile(&"x".repeat(1025)).unwrap_err().contains("1024"));
        let message = compile("(x{1000}){1000}").unwrap_err();
        assert!(message.starts_with("The pattern takes too much memory"), "{message}");
    }

    #[test]
    fn a_bar_splits_only_outside_of_groups_classes_and_escapes() {
        for (pattern, splits) in [
            ("a|b", true),
            ("(a)|(b)", true),
            ("[a]|b", true),
            ("(a|b)", false),
            ("((a)|b)", false),
            ("[(|]", false),
            ("a\\|b", false),
            ("a\\\\|b", true),
            ("\\(|b", true),
            ("[\\]|]", false),
        ] {
            assert_eq!(splits_at_top(pattern), splits, "{pattern}");
            assert_eq!(is_anchored(&format!("^{pattern}$")), !splits, "{pattern}");
        }
    }

    #[test]
    fn anchors_are_added_only_where_they_lack() {
        for (pattern, whole) in [("^a$", "^a$"), ("a$", "^a$"), ("^a", "^a$"), ("^a\\$", "^a\\$$")] {
            assert_eq!(anchored(pattern), whole);
            assert_eq!(is_anchored(pattern), pattern == whole, "{pattern}");
        }
        assert!(compile(&"x".repeat(MAX_PATTERN_BYTES)).is_ok(), "the limit itself is within");
    }

    #[test]
    fn anchoring_mends_each_branch() {
        assert_eq!(anchored("production"), "^production$");
        assert_eq!(anchored("^production"), "^production$");
        assert_eq!(anchored("a|b"), "^(a|b)$");
        assert_eq!(anchored("price\\$"), "^price\\$$");
        assert!(is_anchored("^(a|b)$"));
        assert!(!is_anchored("^a|b$"));
        assert!(!is_anchored("production"));
        assert!(is_anchored("^[a|b]$"));
    }
}
