//! A checked condition and what it says of an event's values. It must not know how conditions are written.

use std::collections::HashSet;

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::trace::{Join, Op, Trace, is_blank, plain};

/// A condition, checked and with its patterns compiled.
#[derive(Debug, Clone)]
pub struct Filter {
    pub(super) root: Node,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Group(Join, Vec<Self>),
    Test(Test),
}

#[derive(Debug, Clone)]
pub(super) struct Test {
    pub(super) path: String,
    pub(super) op: Op,
    pub(super) operand: Value,
    pub(super) regex: Option<Regex>,
}

impl Filter {
    /// Whether the condition holds for an event's values.
    pub fn holds(&self, values: &Map<String, Value>) -> bool {
        self.root.holds(values)
    }

    /// The verdict tree for an event's values. Parts after the deciding one are not looked at.
    pub fn evaluate(&self, values: &Map<String, Value>) -> Trace {
        self.root.evaluate(values)
    }

    /// Names of the values it looks at, without what follows a dot.
    pub fn names(&self) -> HashSet<&str> {
        let mut names = HashSet::new();
        self.root.collect_names(&mut names);
        names
    }

    /// Whether some test of the condition looks at `path`.
    pub fn looks_at(&self, path: &str) -> bool {
        self.root.looks_at(path)
    }
}

impl Node {
    fn looks_at(&self, path: &str) -> bool {
        match self {
            Self::Group(_, parts) => parts.iter().any(|part| part.looks_at(path)),
            Self::Test(test) => test.path == path,
        }
    }

    fn collect_names<'n>(&'n self, names: &mut HashSet<&'n str>) {
        match self {
            Self::Group(_, parts) => parts.iter().for_each(|part| part.collect_names(names)),
            Self::Test(test) => {
                names.insert(test.path.split_once('.').map_or(test.path.as_str(), |(name, _)| name));
            }
        }
    }

    fn holds(&self, values: &Map<String, Value>) -> bool {
        match self {
            Self::Group(Join::All, parts) => parts.iter().all(|part| part.holds(values)),
            Self::Group(Join::Any, parts) => parts.iter().any(|part| part.holds(values)),
            Self::Group(Join::None, parts) => !parts.iter().any(|part| part.holds(values)),
            Self::Test(test) => test.holds(lookup(values, &test.path)),
        }
    }

    fn evaluate(&self, values: &Map<String, Value>) -> Trace {
        match self {
            Self::Test(test) => {
                let seen = lookup(values, &test.path);
                Trace::Test {
                    path: test.path.clone(),
                    op: test.op,
                    operand: test.operand.clone(),
                    seen: seen.cloned(),
                    holds: Some(test.holds(seen)),
                }
            }
            Self::Group(join, parts) => {
                // A part with this verdict decides the group at once.
                let deciding = matches!(join, Join::Any | Join::None);
                let mut decided = false;
                let parts: Vec<Trace> = parts
                    .iter()
                    .map(|part| {
                        if decided {
                            return part.unseen();
                        }
                        let trace = part.evaluate(values);
                        decided = trace.holds() == Some(deciding);
                        trace
                    })
                    .collect();
                let holds = match join {
                    Join::All => !decided,
                    Join::Any => decided,
                    Join::None => !decided,
                };
                Trace::Group { join: *join, holds: Some(holds), parts }
            }
        }
    }

    fn unseen(&self) -> Trace {
        match self {
            Self::Group(join, parts) => {
                Trace::Group { join: *join, holds: None, parts: parts.iter().map(Self::unseen).collect() }
            }
            Self::Test(test) => Trace::Test {
                path: test.path.clone(),
                op: test.op,
                operand: test.operand.clone(),
                seen: None,
                holds: None,
            },
        }
    }
}

/// The value that `path` names: a variable, or `artifact_metadata.<key>` looked up as in templates.
pub fn lookup<'v>(values: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    match path.split_once('.') {
        None => values.get(path),
        Some((name, key)) => hookboard_template::metadata_value(values.get(name)?, key),
    }
}

impl Test {
    fn holds(&self, seen: Option<&Value>) -> bool {
        let seen = seen.filter(|seen| !is_blank(seen));
        match self.op {
            Op::Exists => seen.is_some() == (self.operand != Value::Bool(false)),
            Op::Ne => !seen.is_some_and(|seen| equal(seen, &self.operand)),
            Op::Nin => !seen.is_some_and(|seen| one_of(seen, &self.operand)),
            _ => seen.is_some_and(|seen| self.holds_for(seen)),
        }
    }

    fn holds_for(&self, seen: &Value) -> bool {
        match self.op {
            Op::Eq => equal(seen, &self.operand),
            Op::In => one_of(seen, &self.operand),
            Op::Contains => match seen {
                Value::Array(items) => items.iter().any(|item| equal(item, &self.operand)),
                other => plain(other).contains(&plain(&self.operand)),
            },
            Op::Regex => self.regex.as_ref().is_some_and(|regex| regex.is_match(&plain(seen))),
            Op::Lt | Op::Lte | Op::Gt | Op::Gte => ordering(seen, &self.operand).is_some_and(|order| match self.op {
                Op::Lt => order.is_lt(),
                Op::Lte => order.is_le(),
                Op::Gt => order.is_gt(),
                _ => order.is_ge(),
            }),
            Op::Ne | Op::Nin | Op::Exists => false,
        }
    }
}

/// Numbers compare by value, whether written as numbers or, on the event's side, as text:
/// tags of other trackers arrive as text.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
        _ => None,
    }
}

fn equal(seen: &Value, operand: &Value) -> bool {
    match operand {
        Value::Number(_) => number(seen).is_some() && number(seen) == number(operand),
        _ => seen == operand,
    }
}

fn one_of(seen: &Value, list: &Value) -> bool {
    list.as_array().is_some_and(|items| items.iter().any(|item| equal(seen, item)))
}

fn ordering(seen: &Value, operand: &Value) -> Option<std::cmp::Ordering> {
    match operand {
        Value::Number(_) => number(seen)?.partial_cmp(&number(operand)?),
        Value::String(operand) => Some(seen.as_str()?.cmp(operand)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::EventType;
    use proptest::prelude::*;
    use serde_json::json;

    fn values() -> Map<String, Value> {
        let values = json!({
            "alias": "canary-eu",
            "event_author": "mira.okafor",
            "artifact_collection_name": "fraud-scorer",
            "artifact_metadata": {"accuracy": 0.9412, "text": "0.5", "labels": ["eu", "gpu"], "train": {"lr": 0.1}, "empty": ""}
        });
        values.as_object().cloned().unwrap_or_default()
    }

    fn filter(condition: &Value) -> Filter {
        Filter::parse(condition, EventType::AddArtifactAlias).unwrap_or_else(|errors| panic!("{condition}: {errors:?}"))
    }

    fn holds(condition: Value) -> bool {
        filter(&condition).holds(&values())
    }

    #[test]
    fn each_comparison_says_what_it_says() {
        for (condition, expected) in [
            (json!({}), true),
            (json!({"alias": "canary-eu"}), true),
            (json!({"alias": {"$eq": "canary"}}), false),
            (json!({"alias": {"$ne": "canary"}}), true),
            (json!({"alias": {"$regex": "^canary"}}), true),
            (json!({"alias": {"$regex": "^canary$"}}), false),
            (json!({"alias": {"$in": ["a", "canary-eu"]}}), true),
            (json!({"alias": {"$nin": ["a", "canary-eu"]}}), false),
            (json!({"alias": {"$nin": ["a", "b"]}}), true),
            (json!({"artifact_metadata.none": {"$nin": ["a"]}}), true),
            (json!({"alias": {"$contains": "ary"}}), true),
            (json!({"alias": {"$not": {"$regex": "prod"}}}), true),
            (json!({"artifact_metadata.accuracy": {"$gte": 0.93, "$lt": 0.95}}), true),
            (json!({"artifact_metadata.accuracy": {"$gt": 0.9412}}), false),
            (json!({"artifact_metadata.text": {"$lte": 0.5}}), true),
            (json!({"artifact_metadata.text": 0.5}), true),
            (json!({"artifact_metadata.labels": {"$contains": "gpu"}}), true),
            (json!({"artifact_metadata.train.lr": 0.1}), true),
            (json!({"artifact_metadata.none": {"$exists": false}}), true),
            (json!({"artifact_metadata.empty": {"$exists": true}}), false),
            (json!({"artifact_metadata.none": {"$ne": 1}}), true),
            (json!({"artifact_metadata.none": {"$lt": 1}}), false),
            (json!({"$and": []}), true),
            (json!({"$or": []}), false),
            (json!({"$nor": [{"alias": "x"}, {"alias": "y"}]}), true),
            (json!({"$not": {"alias": "canary-eu"}}), false),
            (json!({"$or": [{"$and": [{"alias": {"$regex": "^canary"}}]}]}), true),
        ] {
            assert_eq!(holds(condition.clone()), expected, "{condition}");
        }
    }

    #[test]
    fn numbers_compare_by_value_and_texts_by_letter() {
        for (comparison, expected) in [
            (json!({"$eq": 0.5}), true),
            (json!({"$eq": 0.6}), false),
            (json!({"$ne": 0.6}), true),
            (json!({"$in": [1, 0.5]}), true),
            (json!({"$eq": "0.5"}), true),
            (json!({"$lt": 0.5}), false),
            (json!({"$lte": 0.5}), true),
            (json!({"$gt": 0.5}), false),
            (json!({"$gte": 0.5}), true),
            (json!({"$lte": 0.4}), false),
            (json!({"$lte": 0.6}), true),
            (json!({"$gte": 0.6}), false),
            (json!({"$gte": 0.4}), true),
            (json!({"$gt": "0.4"}), true),
            (json!({"$lt": "0.5"}), false),
            (json!({"$lte": "0.5"}), true),
            (json!({"$contains": 5}), true),
            (json!({"$in": ["0.50"]}), false),
        ] {
            assert_eq!(holds(json!({ "artifact_metadata.text": comparison })), expected, "{comparison}");
        }
        for text in ["inf", "NaN", "1e999", "x"] {
            let values = json!({"artifact_metadata": {"text": text}});
            let values = values.as_object().expect("object");
            let greater = filter(&json!({"artifact_metadata.text": {"$gt": 0}}));
            assert!(!greater.holds(values), "{text} is no number");
        }
        let blank = json!({"artifact_metadata": {"text": " 7 "}});
        assert!(filter(&json!({"artifact_metadata.text": 7})).holds(blank.as_object().expect("object")));
        assert!(!holds(json!({"artifact_metadata.labels": {"$gt": "a"}})), "a list has no order");
        assert!(!holds(json!({"artifact_metadata.accuracy": {"$gt": "0"}})), "nor a number among texts");
    }

    #[test]
    fn a_filter_tells_what_it_looks_at() {
        let condition = json!({"$or": [{"alias": "x"}, {"$not": {"artifact_metadata.a.b": {"$not": {"$eq": 1}}}}]});
        let filter = filter(&condition);
        assert_eq!(filter.names(), HashSet::from(["alias", "artifact_metadata"]));
        assert!(filter.looks_at("alias") && filter.looks_at("artifact_metadata.a.b"));
        assert!(!filter.looks_at("artifact_metadata") && !filter.looks_at("tag"));
    }

    #[test]
    fn the_trace_names_the_deciding_part_and_leaves_the_rest_unseen() {
        let condition =
            json!({"$and": [{"alias": {"$regex": "^production$"}}, {"artifact_metadata.accuracy": {"$gte": 0.9}}]});
        let trace = filter(&condition).evaluate(&values());
        assert_eq!(trace.words(), "alias canary-eu does not match ^production$");
        let Trace::Group { parts, holds, .. } = &trace else { panic!("{trace:?}") };
        assert_eq!(*holds, Some(false));
        assert_eq!(parts[1].holds(), None);
        let trace = filter(&json!({"artifact_metadata.accuracy": {"$gte": 0.95}})).evaluate(&values());
        assert_eq!(trace.words(), "accuracy 0.9412 is not ≥ 0.95");
    }

    fn condition() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!({"alias": "canary-eu"})),
            Just(json!({"alias": {"$regex": "^x"}})),
            (0.0..1.0_f64).prop_map(|number| json!({"artifact_metadata.accuracy": {"$gte": number}})),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({ "$and": parts })),
                prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({ "$or": parts })),
                prop::collection::vec(inner.clone(), 0..4).prop_map(|parts| json!({ "$nor": parts })),
                inner.prop_map(|part| json!({ "$not": part })),
            ]
        })
    }

    /// The rule written down without short cuts.
    fn reference(condition: &Value) -> bool {
        let (key, value) = condition.as_object().and_then(|object| object.iter().next()).expect("one entry");
        let parts = || value.as_array().expect("list").iter();
        match key.as_str() {
            "$and" => parts().all(reference),
            "$or" => parts().any(reference),
            "$nor" => !parts().any(reference),
            "$not" => !reference(value),
            "alias" => value == "canary-eu",
            _ => 0.9412 >= value["$gte"].as_f64().expect("number"),
        }
    }

    proptest! {
            #[test]
            fn groups_agree_with_a_plain_reference(condition in condition()) {
                prop_assert_eq!(filter(&condition).holds(&values()), reference(&condition));
                prop_assert_eq!(filter(&condition).evaluate(&values()).holds(), Some(reference(&condition)));
            }
    }
}
