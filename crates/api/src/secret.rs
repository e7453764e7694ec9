//! Secrets on the wire: names and where they are used, never a value.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::limits::{MAX_NAME, MAX_SECRET_BYTES};
use crate::problem::{FieldError, UsedBy};

/// A secret without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// When its value was last written.
    pub updated_at: String,
    /// Who wrote it.
    pub updated_by: String,
    /// What uses it.
    pub used_by: Vec<UsedBy>,
    /// Until when the value before signs as well, after a replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub both_sign_until: Option<String>,
}

/// A secret's value, on its way in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretValue {
    /// The value: text of at most 16 KiB, not blank.
    pub value: String,
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretValue(••••••••)")
    }
}

/// What is wrong with a secret's name, or nothing.
pub fn check_name(name: &str, at: &str) -> Option<FieldError> {
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    if name.is_empty() {
        Some(FieldError::new(at, "required", "Give the secret a name."))
    } else if name.chars().count() > MAX_NAME {
        Some(FieldError::new(at, "too_long", format!("The name has more than {MAX_NAME} characters. Shorten it.")))
    } else if !starts_well || !characters.all(|c| c.is_ascii_alphanumeric() || c == '_') {
        Some(FieldError::new(
            at,
            "malformed",
            "A secret's name has letters, digits and _ only, and does not start with a digit.",
        ))
    } else if name == "ACCESS_TOKEN" || hookboard_template::variable(name).is_some() {
        Some(FieldError::new(at, "reserved", format!("\"{name}\" is a payload variable. Choose another name.")))
    } else {
        None
    }
}

impl SecretValue {
    /// What is wrong with the value, or nothing.
    pub fn check(&self) -> Option<FieldError> {
        if self.value.is_empty() {
            Some(FieldError::new("/value", "required", "Type the secret's value."))
        } else if self.value.trim().is_empty() {
            Some(FieldError::new("/value", "blank", "The value is white space only. Type the secret's value."))
        } else if self.value.len() > MAX_SECRET_BYTES {
            Some(FieldError::new("/value", "too_long", "A secret holds at most 16 KiB."))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers_and_no_variables() {
        for (name, code) in [
            ("DEPLOY_TOKEN", None),
            ("_x9", None),
            ("", Some("required")),
            ("9x", Some("malformed")),
            ("a-b", Some("malformed")),
            ("alias", Some("reserved")),
            ("ACCESS_TOKEN", Some("reserved")),
        ] {
            assert_eq!(check_name(name, "/name").map(|error| error.code).as_deref(), code, "{name}");
        }
        assert!(check_name(&"x".repeat(65), "/name").is_some());
    }

    #[test]
    fn a_value_is_not_blank() {
        let code = |value: &str| SecretValue { value: value.into() }.check().map(|error| error.code);
        assert_eq!([code(""), code(" \n\t"), code(" x ")], [Some("required".into()), Some("blank".into()), None]);
    }

    #[test]
    fn debug_shows_no_value() {
        let value = SecretValue { value: "hunter2".into() };
        assert!(!format!("{value:?}").contains("hunter2"));
    }
}
