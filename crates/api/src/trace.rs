//! The verdict of a condition as a tree, with the value seen at each leaf.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// How the parts of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All parts hold.
    All,
    /// At least one part holds.
    Any,
    /// No part holds.
    None,
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal; holds for a missing value.
    Ne,
    /// Less than.
    Lt,
    /// At most.
    Lte,
    /// Greater than.
    Gt,
    /// At least.
    Gte,
    /// One of a list.
    In,
    /// None of a list; holds for a missing value.
    Nin,
    /// There is a value that is not blank, or there is none.
    Exists,
    /// A text contains the operand, or a list has it.
    Contains,
    /// A regular expression is found in the text.
    Regex,
}

impl Op {
    /// All comparisons.
    pub const ALL: [Self; 11] = [
        Self::Eq,
        Self::Ne,
        Self::Lt,
        Self::Lte,
        Self::Gt,
        Self::Gte,
        Self::In,
        Self::Nin,
        Self::Exists,
        Self::Contains,
        Self::Regex,
    ];

    /// How the filter language spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "$eq",
            Self::Ne => "$ne",
            Self::Lt => "$lt",
            Self::Lte => "$lte",
            Self::Gt => "$gt",
            Self::Gte => "$gte",
            Self::In => "$in",
            Self::Nin => "$nin",
            Self::Exists => "$exists",
            Self::Contains => "$contains",
            Self::Regex => "$regex",
        }
    }

    /// How the page says it, between name and operand.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Eq => "is",
            Self::Ne => "is not",
            Self::Lt => "<",
            Self::Lte => "≤",
            Self::Gt => ">",
            Self::Gte => "≥",
            Self::In => "is one of",
            Self::Nin => "is none of",
            Self::Exists => "exists",
            Self::Contains => "contains",
            Self::Regex => "matches",
        }
    }
}

/// One node of the verdict tree. `holds` is absent where it was not looked at, because an earlier
/// part had decided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(no_recursion)]
pub enum Trace {
    /// Several parts joined.
    Group {
        /// How.
        join: Join,
        /// The verdict.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<bool>,
        /// The parts, in the order of the condition.
        #[schema(no_recursion)]
        parts: Vec<Trace>,
    },
    /// One comparison.
    Test {
        /// Name of the value: a variable, or `artifact_metadata.<key>`.
        path: String,
        /// The comparison.
        op: Op,
        /// What it is compared with.
        #[schema(value_type = Object)]
        operand: Value,
        /// The value seen; absent where the event has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Object>)]
        seen: Option<Value>,
        /// The verdict.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holds: Option<bool>,
    },
}

impl Trace {
    /// The verdict; absent where it was not looked at.
    pub const fn holds(&self) -> Option<bool> {
        match self {
            Self::Group { holds, .. } | Self::Test { holds, .. } => *holds,
        }
    }

    /// The leaf that decided: the first whose verdict made its group's.
    pub fn deciding(&self) -> Option<&Self> {
        match self {
            Self::Test { holds, .. } => holds.map(|_| self),
            Self::Group { join, holds, parts } => {
                let holds = (*holds)?;
                let wanted = match join {
                    Join::All | Join::Any => holds,
                    Join::None => !holds,
                };
                parts.iter().find(|part| part.holds() == Some(wanted)).or_else(|| parts.last())?.deciding()
            }
        }
    }

    /// A leaf in words: `alias "canary-eu" does not match ^production$`.
    pub fn words(&self) -> String {
        match self {
            Self::Group { holds, parts, .. } => match self.deciding() {
                Some(leaf) => leaf.words(),
                None if parts.is_empty() => String::from("no condition"),
                None => format!("{} parts {}", parts.len(), if *holds == Some(true) { "hold" } else { "do not hold" }),
            },
            Self::Test { path, op, operand, seen, holds } => {
                let name = short_name(path);
                let Some(seen) = seen.as_ref().filter(|seen| !is_blank(seen)) else {
                    return match op {
                        Op::Exists => format!("{name} has no value"),
                        _ => format!("{name} has no value to compare with {}", plain(operand)),
                    };
                };
                let held = *holds == Some(true);
                let (seen, operand) = (plain(seen), plain(operand));
                match (op, held) {
                    (Op::Regex, true) => format!("{name} {seen} matches {operand}"),
                    (Op::Regex, false) => format!("{name} {seen} does not match {operand}"),
                    (Op::Contains, true) => format!("{name} {seen} contains {operand}"),
                    (Op::Contains, false) => format!("{name} {seen} does not contain {operand}"),
                    (Op::Exists, _) => format!("{name} is {seen}"),
                    (Op::Ne, false) => format!("{name} is {seen}"),
                    (Op::Nin, false) => format!("{name} {seen} is one of {operand}"),
                    (Op::In, false) => format!("{name} {seen} is none of {operand}"),
                    (Op::Eq, false) => format!("{name} {seen} is not {operand}"),
                    (op, true) => format!("{name} {seen} {} {operand}", op.words()),
                    (op, false) => format!("{name} {seen} is not {} {operand}", op.words()),
                }
            }
        }
    }
}

/// The name of a value in a sentence: metadata keys stand alone, other names lose their underscores.
pub fn short_name(path: &str) -> String {
    match path {
        "artifact_collection_name" => String::from("collection"),
        "event_author" => String::from("author"),
        "artifact_version_index" => String::from("version"),
        "artifact_version_string" => String::from("version reference"),
        _ => match path.strip_prefix("artifact_metadata.") {
            Some(key) => key.to_owned(),
            None => path.replace('_', " "),
        },
    }
}

/// A value in a sentence: texts without quotes, all else as JSON.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(", "),
        // Not its `Display`, which brings a second writer along, with indents.
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

/// Whether a value counts as none: `null` or the empty string, as in templates.
pub(crate) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
