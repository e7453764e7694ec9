//! A comparison as typed: name, comparison, operand. Reads into the filter language and back; what
//! the three texts cannot say is told, so that nothing is lost.

use hookboard_api::{
    EventType,
    filter::Filter,
    plain::PlainTest,
    trace::{Op, plain},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Comparisons as the page offers them; `$exists` is two of them.
pub const COMPARISONS: [(&str, &str); 12] = [
    ("$eq", "is"),
    ("$ne", "is not"),
    ("$gt", ">"),
    ("$gte", "≥"),
    ("$lt", "<"),
    ("$lte", "≤"),
    ("$regex", "matches"),
    ("$contains", "contains"),
    ("$in", "is one of"),
    ("$nin", "is none of"),
    ("$exists", "exists"),
    (MISSING, "is missing"),
];

/// `{"$exists": false}`, as a comparison of its own.
pub const MISSING: &str = "missing";

/// A comparison as typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionDraft {
    /// Tells the rows apart while they move.
    pub key: u32,
    /// Name of the value.
    pub path: String,
    /// One of [`COMPARISONS`].
    pub op: String,
    /// What it is compared with, as typed.
    pub operand: String,
}

impl ConditionDraft {
    /// Nothing typed yet.
    pub fn new(key: u32) -> Self {
        Self { key, path: String::new(), op: "$eq".to_owned(), operand: String::new() }
    }

    /// The comparison as text, where text can say it.
    pub fn read(key: u32, test: &PlainTest) -> Option<Self> {
        let (op, operand) = match (test.op, &test.operand) {
            (Op::Exists, Value::Bool(false)) => (MISSING, String::new()),
            (Op::Exists, _) => ("$exists", String::new()),
            (op, operand) => (op.as_str(), write(op, operand)),
        };
        let draft = Self { key, path: test.path.clone(), op: op.to_owned(), operand };
        // Exactly what it was, or the whole filter is kept as it is.
        (draft.test().as_ref() == Some(test)).then_some(draft)
    }

    /// The comparison it stands for.
    pub fn test(&self) -> Option<PlainTest> {
        let path = self.path.trim().to_owned();
        if self.op == MISSING {
            return Some(PlainTest { path, op: Op::Exists, operand: Value::Bool(false) });
        }
        let op = Op::ALL.into_iter().find(|op| op.as_str() == self.op)?;
        Some(PlainTest { path, op, operand: parse(op, &self.operand) })
    }

    /// Whether an operand is typed for it.
    pub fn has_operand(&self) -> bool {
        self.op != "$exists" && self.op != MISSING
    }

    /// What is wrong with it for an event, in words.
    pub fn fault(&self, event: EventType) -> Option<String> {
        if self.path.trim().is_empty() {
            return Some("Name the value to compare, such as artifact_metadata.accuracy.".to_owned());
        }
        if self.has_operand() && self.operand.trim().is_empty() {
            return Some("Say what to compare it with.".to_owned());
        }
        let test = self.test()?;
        let condition = hookboard_api::plain::filter_of(&[test])?;
        Filter::parse(&condition, event).err().and_then(|errors| errors.into_iter().next()).map(|error| error.message)
    }
}

/// What the typed operand stands for: a number, `true`, `false`, `null`, a list for the comparisons
/// that take one, or else a text. A text in double quotes is always a text.
fn parse(op: Op, typed: &str) -> Value {
    match op {
        Op::Exists => Value::Bool(true),
        Op::Regex => Value::from(typed),
        Op::In | Op::Nin => match serde_json::from_str(typed.trim()) {
            Ok(Value::Array(items)) => Value::Array(items),
            _ => typed.split(',').map(|item| scalar(item.trim())).collect(),
        },
        _ => scalar(typed.trim()),
    }
}

fn scalar(typed: &str) -> Value {
    serde_json::from_str(typed)
        .ok()
        .filter(|value| !matches!(value, Value::Array(_) | Value::Object(_)))
        .unwrap_or_else(|| Value::from(typed))
}

/// The operand as it would be typed.
fn write(op: Op, operand: &Value) -> String {
    let typed = plain(operand);
    if parse(op, &typed) == *operand { typed } else { operand.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test(op: Op, operand: Value) -> PlainTest {
        PlainTest { path: "artifact_metadata.x".to_owned(), op, operand }
    }

    #[test]
    fn what_is_read_is_written_back_the_same() {
        for (op, operand) in [
            (Op::Eq, json!("production")),
            (Op::Eq, json!("0.93")),
            (Op::Gte, json!(0.93)),
            (Op::Ne, json!("true")),
            (Op::Eq, json!(true)),
            (Op::Eq, json!(null)),
            (Op::In, json!(["a", "b"])),
            (Op::In, json!(["a, b", 3])),
            (Op::Nin, json!([])),
            (Op::Regex, json!("^\"x\"$")),
            (Op::Contains, json!(" spaced ")),
            (Op::Exists, json!(true)),
            (Op::Exists, json!(false)),
        ] {
            let test = test(op, operand);
            let draft = ConditionDraft::read(1, &test).expect("text can say it");
            assert_eq!(draft.test(), Some(test));
        }
    }

    #[test]
    fn what_text_cannot_say_is_not_read() {
        assert_eq!(ConditionDraft::read(1, &test(Op::Eq, json!({"a": 1}))), None);
        assert_eq!(ConditionDraft::read(1, &test(Op::Exists, json!(1))), None);
    }

    #[test]
    fn faults_are_told_in_words() {
        let event = EventType::LinkArtifact;
        let mut draft = ConditionDraft::new(1);
        assert!(draft.fault(event).is_some());
        draft.path = "alias".to_owned();
        draft.operand = "x".to_owned();
        assert!(draft.fault(event).is_some_and(|words| words.contains("does not carry")));
        assert_eq!(draft.fault(EventType::AddArtifactAlias), None);
    }
}
