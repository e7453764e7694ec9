//! The form of what stands between `${` and `}`, and how a wrong form might be mended.
//! Knows nothing of which names exist.

use crate::bytes::{position, skip_word, starts_word};
use crate::prelude::*;
use crate::variables::ARTIFACT_METADATA;

/// A well-formed inside. Positions are bytes from the start of the inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Form<'t> {
    pub(crate) name: &'t str,
    /// The text after the first dot; only for `artifact_metadata`.
    pub(crate) key: Option<&'t str>,
    /// The text after the first `:-`.
    pub(crate) default: Option<&'t str>,
}

/// Reads an inside, which holds neither `}` nor `"` nor a control character; `None`: malformed.
pub(crate) fn read(inside: &str) -> Option<Form<'_>> {
    let (name, rest) = split_name(inside)?;
    if inside.contains('\\') {
        return None;
    }
    if rest.is_empty() {
        return Some(Form { name, key: None, default: None });
    }
    if let Some(default) = rest.strip_prefix(":-") {
        return Some(Form { name, key: None, default: Some(default) });
    }
    let key = rest.strip_prefix('.')?;
    let (key, default) = match position(key.as_bytes(), b":-") {
        Some(at) => (&key[..at], Some(&key[at + 2..])),
        None => (key, None),
    };
    (name == ARTIFACT_METADATA && !key.is_empty()).then_some(Form { name, key: Some(key), default })
}

/// The name at the start of a text, and what follows it.
pub(crate) fn split_name(text: &str) -> Option<(&str, &str)> {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(|&byte| starts_word(byte)).then(|| text.split_at(skip_word(bytes, 0)))
}

/// The inside without white space around its name, and with `:-` for the signs other languages use;
/// `None` where that does not make it well-formed.
pub(crate) fn mend(inside: &str) -> Option<String> {
    let (name, rest) = split_name(inside.trim_start())?;
    let after = rest.trim_start();
    let rest = if after.is_empty() || after.starts_with(":-") {
        after.to_owned()
    } else if name == ARTIFACT_METADATA && rest.starts_with('.') {
        rest.to_owned()
    } else {
        let default = [":=", ":?", ":", "=", "-", "|"].iter().find_map(|sign| after.strip_prefix(sign))?;
        if default.is_empty() { String::new() } else { format!(":-{default}") }
    };
    let mended = format!("{name}{rest}");
    (mended != inside && read(&mended).is_some()).then_some(mended)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(inside: &str, name: &str, key: Option<&str>, default: Option<&str>) {
        assert_eq!(read(inside), Some(Form { name, key, default }), "{inside}");
    }

    #[test]
    fn the_forms_of_the_table() {
        is("alias", "alias", None, None);
        is("_x9", "_x9", None, None);
        is("alias:-", "alias", None, Some(""));
        is("alias:-a:-b", "alias", None, Some("a:-b"));
        is("alias:--", "alias", None, Some("-"));
        is("artifact_metadata", "artifact_metadata", None, None);
        is("artifact_metadata.a.b", "artifact_metadata", Some("a.b"), None);
        is("artifact_metadata..", "artifact_metadata", Some("."), None);
        is("artifact_metadata. k :-d", "artifact_metadata", Some(" k "), Some("d"));
        is("artifact_metadata.a::-b", "artifact_metadata", Some("a:"), Some("b"));
        is("artifact_metadata.${x", "artifact_metadata", Some("${x"), None);
        is("artifact_metadata:-.x", "artifact_metadata", None, Some(".x"));
    }

    #[test]
    fn anything_else_is_malformed() {
        for inside in [
            " ",
            " alias",
            "alias ",
            "1st",
            "run-id",
            "alias.x",
            "alias.",
            "artifact_metadata.",
            "artifact_metadata.:-x",
            "artifact_metadata.a\\b",
            "alias:-a\\b",
            "alias:x",
            "naïve",
            "é",
            "${alias",
            "alias\u{a0}",
            "artifact_metadata .x",
        ] {
            assert_eq!(read(inside), None, "{inside}");
        }
    }

    #[test]
    fn white_space_and_foreign_default_signs_are_mended() {
        assert_eq!(mend(" alias ").as_deref(), Some("alias"));
        assert_eq!(mend("\u{a0}alias").as_deref(), Some("alias"));
        assert_eq!(mend(" alias :- x ").as_deref(), Some("alias:- x "));
        assert_eq!(mend(" artifact_metadata.k ").as_deref(), Some("artifact_metadata.k "));
        assert_eq!(mend("alias:=x").as_deref(), Some("alias:-x"));
        assert_eq!(mend("alias:").as_deref(), Some("alias"));
        assert_eq!(mend(" "), None);
        assert_eq!(mend("1st"), None);
        assert_eq!(mend("alias:-a\\b"), None);
    }
}
