//! A condition as it is written, read and checked against what an event carries.

use serde_json::Value;

use super::Filter;
use super::evaluate::{Node, Test};
use crate::EventType;
use crate::limits::{MAX_CONDITION_DEPTH, MAX_CONDITION_TESTS};
use crate::pattern;
use crate::problem::{FieldError, pointer_token};
use crate::trace::{Join, Op};

impl Filter {
    /// Parses `condition` for `event`. Errors point into the condition, all of them at once.
    ///
    /// ```
    /// use hookboard_api::{EventType, filter::Filter};
    /// let condition = serde_json::json!({"alias": {"$regex": "^prod"}});
    /// let filter = Filter::parse(&condition, EventType::AddArtifactAlias).unwrap();
    /// let values = serde_json::json!({"alias": "production"});
    /// assert!(filter.holds(values.as_object().unwrap()));
    /// ```
    pub fn parse(condition: &Value, event: EventType) -> Result<Self, Vec<FieldError>> {
        let mut parser = Parser { event, errors: Vec::new(), tests: 0 };
        let root = parser.node(condition, "", 1);
        if parser.tests > MAX_CONDITION_TESTS {
            parser.errors.push(FieldError::new(
                "",
                "too_many_tests",
                format!(
                    "The condition has {} comparisons; {MAX_CONDITION_TESTS} are allowed. Split the automation in two.",
                    parser.tests
                ),
            ));
        }
        match root {
            Some(root) if parser.errors.is_empty() => Ok(Self { root }),
            _ => Err(parser.errors),
        }
    }
}

struct Parser {
    event: EventType,
    errors: Vec<FieldError>,
    tests: usize,
}

impl Parser {
    fn fail<T>(&mut self, at: &str, code: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError::new(at, code, message));
        None
    }

    fn node(&mut self, value: &Value, at: &str, depth: usize) -> Option<Node> {
        if depth > MAX_CONDITION_DEPTH {
            return self.fail(
                at,
                "too_deep",
                format!("The condition nests more than {MAX_CONDITION_DEPTH} deep. Write it flatter."),
            );
        }
        let Some(object) = value.as_object() else {
            return self.fail(
                at,
                "not_an_object",
                "A condition is a JSON object, such as {\"alias\":{\"$regex\":\"^prod\"}}.",
            );
        };
        let mut parts = Vec::with_capacity(object.len());
        for (key, value) in object {
            let at = format!("{at}/{}", pointer_token(key));
            let part = match key.as_str() {
                "$and" => self.group(Join::All, value, &at, depth),
                "$or" => self.group(Join::Any, value, &at, depth),
                "$nor" => self.group(Join::None, value, &at, depth),
                "$not" => self.node(value, &at, depth + 1).map(|part| Node::Group(Join::None, vec![part])),
                path => self.tests_of(path, value, &at, depth),
            };
            parts.extend(part);
        }
        Some(only_or_all(parts))
    }

    fn group(&mut self, join: Join, value: &Value, at: &str, depth: usize) -> Option<Node> {
        let Some(items) = value.as_array() else {
            return self.fail(at, "not_a_list", "This takes a list of conditions: write [ … ].");
        };
        let parts = items
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.node(item, &format!("{at}/{index}"), depth + 1))
            .collect();
        Some(Node::Group(join, parts))
    }

    fn tests_of(&mut self, path: &str, value: &Value, at: &str, depth: usize) -> Option<Node> {
        self.check_path(path, at)?;
        let Some(object) = value.as_object() else {
            return self.test(path, Op::Eq, value, at);
        };
        if object.is_empty() {
            return self.fail(
                at,
                "no_comparison",
                format!("{path} has no comparison. Write one, such as {{\"$eq\":\"x\"}}."),
            );
        }
        let mut parts = Vec::with_capacity(object.len());
        for (key, operand) in object {
            let at = format!("{at}/{}", pointer_token(key));
            if key == "$not" {
                if depth >= MAX_CONDITION_DEPTH {
                    return self.fail(
                        &at,
                        "too_deep",
                        format!("The condition nests more than {MAX_CONDITION_DEPTH} deep. Write it flatter."),
                    );
                }
                let part = self.tests_of(path, operand, &at, depth + 1);
                parts.extend(part.map(|part| Node::Group(Join::None, vec![part])));
                continue;
            }
            if let Some(op) = Op::ALL.into_iter().find(|op| op.as_str() == key) {
                parts.extend(self.test(path, op, operand, &at));
            } else {
                let known = Op::ALL.map(Op::as_str).join(" ");
                self.fail::<Node>(
                    &at,
                    "unknown_operator",
                    format!("There is no comparison \"{key}\". Use one of {known}."),
                );
            }
        }
        Some(only_or_all(parts))
    }

    fn check_path(&mut self, path: &str, at: &str) -> Option<()> {
        if path.starts_with('$') {
            return self.fail(
                at,
                "unknown_operator",
                format!("There is no operator \"{path}\". Use $and, $or, $nor or $not."),
            );
        }
        let name = path.split_once('.').map_or(path, |(name, _)| name);
        if path == "artifact_type" {
            return self.fail(
                at,
                "unknown_value",
                "No event has a value \"artifact_type\": all versions of a collection have its type. Choose the collection as the scope, or compare artifact_collection_name.",
            );
        }
        if hookboard_template::variable(name).is_none() {
            return self.fail(at, "unknown_value", format!("No event has a value \"{path}\". Use a payload variable's name, such as alias or artifact_metadata.accuracy."));
        }
        if path.contains('.') && name != "artifact_metadata" {
            return self.fail(
                at,
                "unknown_value",
                format!("Only artifact_metadata takes a key after a dot, \"{name}\" does not."),
            );
        }
        if !self.event.carries(name) {
            return self.fail(
                at,
                "not_in_event",
                format!(
                    "{} does not carry {name}. Take the condition out or choose another event.",
                    self.event.as_str()
                ),
            );
        }
        Some(())
    }

    fn test(&mut self, path: &str, op: Op, operand: &Value, at: &str) -> Option<Node> {
        self.tests += 1;
        let mut regex = None;
        match op {
            Op::Regex => {
                let Some(text) = operand.as_str() else {
                    return self.fail(at, "not_text", "A regular expression is a text in quotes.");
                };
                if text.is_empty() {
                    return self.fail(
                        at,
                        "required",
                        "The pattern is empty, and would match everything. Write one, or take the condition out.",
                    );
                }
                match pattern::compile(text) {
                    Ok(compiled) => regex = Some(compiled),
                    Err(message) => return self.fail(at, "invalid_pattern", message),
                }
            }
            Op::In | Op::Nin if !operand.is_array() => {
                return self.fail(at, "not_a_list", "This takes a list of values: write [ … ].");
            }
            Op::In if operand.as_array().is_some_and(Vec::is_empty) => {
                return self.fail(
                    at,
                    "required",
                    "The list is empty, so that this could never hold. Write its values.",
                );
            }
            Op::Eq | Op::Ne if !is_metadata(path) && operand.is_array() => {
                let instead = if op == Op::Eq { "$in" } else { "$nin" };
                return self.fail(
                    at,
                    "not_one_value",
                    format!("{path} is one value, never a list. Compare with several by {{\"{instead}\":[ … ]}}."),
                );
            }
            Op::Eq if !is_metadata(path) && operand.is_null() => {
                return self.fail(
                    at,
                    "not_one_value",
                    format!("{path} is never null. Where there is none, {{\"$exists\":false}} holds."),
                );
            }
            Op::Eq if !is_metadata(path) && (operand.is_boolean() || operand.is_object()) => {
                return self.fail(
                    at,
                    "not_one_value",
                    format!("{path} is a text or a number. Put the text that it is compared with in quotes."),
                );
            }
            Op::Exists if !operand.is_boolean() => {
                return self.fail(at, "not_a_boolean", "This takes true or false.");
            }
            Op::Lt | Op::Lte | Op::Gt | Op::Gte if !(operand.is_number() || operand.is_string()) => {
                return self.fail(at, "not_comparable", "This takes a number or a text.");
            }
            _ => {}
        }
        Some(Node::Test(Test { path: path.to_owned(), op, operand: operand.clone(), regex }))
    }
}

/// Whether a value is the metadata or one of its members, which may be of any type; all others are texts and numbers.
fn is_metadata(path: &str) -> bool {
    path.split('.').next() == Some("artifact_metadata")
}

fn only_or_all(mut parts: Vec<Node>) -> Node {
    if parts.len() == 1
        && let Some(only) = parts.pop()
    {
        return only;
    }
    Node::Group(Join::All, parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn filter(condition: &Value) -> Filter {
        Filter::parse(condition, EventType::AddArtifactAlias).unwrap_or_else(|errors| panic!("{condition}: {errors:?}"))
    }

    fn faults(condition: Value) -> Vec<(String, String)> {
        Filter::parse(&condition, EventType::AddArtifactAlias)
            .expect_err("faulty")
            .into_iter()
            .map(|error| (error.pointer, error.code))
            .collect()
    }

    #[test]
    fn each_fault_has_its_code() {
        for (condition, at, code) in [
            (json!({"$and": {}}), "/$and", "not_a_list"),
            (json!({"$xor": []}), "/$xor", "unknown_operator"),
            (json!({"alias": {}}), "/alias", "no_comparison"),
            (json!({"alias": {"$regex": 1}}), "/alias/$regex", "not_text"),
            (json!({"alias": {"$nin": "x"}}), "/alias/$nin", "not_a_list"),
            (json!({"alias": ["a", "b"]}), "/alias", "not_one_value"),
            (json!({"alias": {"$ne": ["a", "b"]}}), "/alias/$ne", "not_one_value"),
            (json!({"alias": null}), "/alias", "not_one_value"),
            (json!({"alias": {"$eq": true}}), "/alias/$eq", "not_one_value"),
            (json!({"artifact_type": "model"}), "/artifact_type", "unknown_value"),
            (json!({"alias": {"$exists": 1}}), "/alias/$exists", "not_a_boolean"),
            (json!({"alias": {"$lt": null}}), "/alias/$lt", "not_comparable"),
            (json!({"alias": {"$gte": [1]}}), "/alias/$gte", "not_comparable"),
            (json!({"alias.x": 1}), "/alias.x", "unknown_value"),
            (json!({"tag": "x"}), "/tag", "not_in_event"),
        ] {
            assert_eq!(faults(condition.clone()), [(at.to_owned(), code.to_owned())], "{condition}");
        }
        for sound in
            [json!({"alias": {"$nin": []}}), json!({"alias": {"$lt": "x"}}), json!({"artifact_metadata": {"$ne": 1}})]
        {
            filter(&sound);
        }
    }

    #[test]
    fn the_limits_themselves_are_within() {
        let nested = |levels| (1..levels).fold(json!({"alias": "x"}), |inner, _| json!({ "$not": inner }));
        filter(&nested(MAX_CONDITION_DEPTH));
        assert_eq!(faults(nested(MAX_CONDITION_DEPTH + 1))[0].1, "too_deep");
        let inner = |levels| (1..levels).fold(json!({"$eq": "x"}), |inner, _| json!({ "$not": inner }));
        filter(&json!({"alias": inner(MAX_CONDITION_DEPTH)}));
        assert_eq!(faults(json!({"alias": inner(MAX_CONDITION_DEPTH + 1)}))[0].1, "too_deep");
        let grouped = |levels| (1..levels).fold(json!({"alias": "x"}), |inner, _| json!({ "$or": [inner] }));
        filter(&grouped(MAX_CONDITION_DEPTH));
        assert_eq!(faults(grouped(MAX_CONDITION_DEPTH + 1))[0].1, "too_deep");
        let wide = |count| json!({ "$or": vec![json!({"alias": "x"}); count] });
        filter(&wide(MAX_CONDITION_TESTS));
        assert_eq!(faults(wide(MAX_CONDITION_TESTS + 1))[0].1, "too_many_tests");
    }

    #[test]
    fn a_fault_has_a_pointer_and_they_are_told_together() {
        assert_eq!(
            faults(
                json!({"$and": [{"alias": {"$regex": "("}}, {"nope": 1}, {"alias": {"$like": 1}}], "run_name": "x"})
            ),
            [
                ("/$and/0/alias/$regex".to_owned(), "invalid_pattern".to_owned()),
                ("/$and/1/nope".to_owned(), "unknown_value".to_owned()),
                ("/$and/2/alias/$like".to_owned(), "unknown_operator".to_owned()),
                ("/run_name".to_owned(), "not_in_event".to_owned()),
            ]
        );
        assert_eq!(faults(json!([])), [(String::new(), "not_an_object".to_owned())]);
        assert_eq!(faults(json!({"alias": {"$regex": ""}}))[0].1, "required");
        assert_eq!(faults(json!({"alias": {"$in": []}}))[0], ("/alias/$in".to_owned(), "required".to_owned()));
        assert_eq!(faults(json!({"artifact_metadata.a/b": {"$in": 1}}))[0].0, "/artifact_metadata.a~1b/$in");
    }

    #[test]
    fn nesting_and_number_of_tests_are_capped() {
        let deep = (0..40).fold(json!({"alias": "x"}), |inner, _| json!({"$not": inner}));
        assert_eq!(faults(deep)[0].1, "too_deep");
        let wide: Vec<_> = (0..101).map(|_| json!({"alias": "x"})).collect();
        assert_eq!(faults(json!({ "$or": wide }))[0].1, "too_many_tests");
        let deep = (0..40).fold(json!({"$eq": "x"}), |inner, _| json!({"$not": inner}));
        assert_eq!(faults(json!({ "alias": deep }))[0].1, "too_deep");
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(text in "\\PC{0,40}") {
            let condition = json!({"$and": [{text.clone(): {text.clone(): text}}]});
            let _ = Filter::parse(&condition, EventType::AddArtifactAlias);
        }
    }
}
