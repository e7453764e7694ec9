//! Conditions that are plain lists of comparisons, perhaps with one group beside them: what fields and a
//! sentence can say.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::trace::Op;

/// One comparison of a trigger's filter, where the filter is a plain list of them.
#[derive(Debug, Clone, PartialEq)]
pub struct PlainTest {
    /// Name of the value.
    pub path: String,
    /// The comparison.
    pub op: Op,
    /// What it is compared with.
    pub operand: Value,
}

/// The filter as a plain list of comparisons that all hold, where it says no more than that. The
/// wrappings `{"$or":[{"$and":[…]}]}` that the SDK writes count as plain.
pub fn plain_tests(filter: Option<&Value>) -> Option<Vec<PlainTest>> {
    let mut tests = Vec::new();
    if let Some(filter) = filter {
        collect(filter.as_object()?, &mut tests)?;
    }
    Some(tests)
}

fn collect(object: &Map<String, Value>, tests: &mut Vec<PlainTest>) -> Option<()> {
    for (key, value) in object {
        match key.as_str() {
            "$and" => {
                for part in value.as_array()? {
                    collect(part.as_object()?, tests)?;
                }
            }
            "$or" => match value.as_array()?.as_slice() {
                [only] => collect(only.as_object()?, tests)?,
                _ => return None,
            },
            key if key.starts_with('$') => return None,
            path => match value.as_object() {
                None => tests.push(PlainTest { path: path.to_owned(), op: Op::Eq, operand: value.clone() }),
                Some(comparisons) => {
                    for (name, operand) in comparisons {
                        let op = Op::ALL.into_iter().find(|op| op.as_str() == name)?;
                        tests.push(PlainTest { path: path.to_owned(), op, operand: operand.clone() });
                    }
                }
            },
        }
    }
    Some(())
}

/// The filter that says just `tests`; none for no tests.
pub fn filter_of(tests: &[PlainTest]) -> Option<Value> {
    let one = |test: &PlainTest| json!({ test.path.clone(): { test.op.as_str(): test.operand.clone() } });
    match tests {
        [] => None,
        [only] => Some(one(only)),
        many => Some(json!({ "$and": many.iter().map(one).collect::<Vec<_>>() })),
    }
}

/// How the comparisons of a group are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Join {
    /// All of them hold.
    #[default]
    All,
    /// At least one of them holds.
    Any,
    /// None of them holds.
    None,
}

impl Join {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::All, Self::Any, Self::None];

    /// The word in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Any => "any",
            Self::None => "none",
        }
    }

    /// Reads the word of a form.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|join| join.as_str() == word)
    }
}

/// What a condition says: comparisons that all hold, and a group that is joined otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Said {
    /// Comparisons that all hold.
    pub tests: Vec<PlainTest>,
    /// How the group is joined; never `All` where there is one.
    pub join: Join,
    /// The group.
    pub group: Vec<PlainTest>,
}

/// What the filter says, where it is a plain list with at most one group of any or none beside it.
pub fn said(filter: Option<&Value>) -> Option<Said> {
    if let Some(tests) = plain_tests(filter) {
        return Some(Said { tests, ..Said::default() });
    }
    let filter = filter?.as_object()?;
    let mut said = Said::default();
    let parts = match (filter.len(), filter.get("$and").and_then(Value::as_array)) {
        (1, Some(parts)) => parts.iter().map(Value::as_object).collect::<Option<Vec<_>>>()?,
        _ => vec![filter],
    };
    for part in parts {
        match group(part) {
            Some((join, group)) if said.group.is_empty() => (said.join, said.group) = (join, group),
            Some(_) => return None,
            None => collect(part, &mut said.tests)?,
        }
    }
    Some(said)
}

/// The part as a group of any or none: single comparisons, more than one of them for any.
fn group(part: &Map<String, Value>) -> Option<(Join, Vec<PlainTest>)> {
    let (join, items) = match part.iter().next().filter(|_| part.len() == 1)? {
        (key, value) if key == "$or" => (Join::Any, value.as_array()?),
        (key, value) if key == "$nor" => (Join::None, value.as_array()?),
        _ => return None,
    };
    let mut tests = Vec::new();
    for item in items {
        let own = plain_tests(Some(item))?;
        let [test] = own.as_slice() else { return None };
        tests.push(test.clone());
    }
    (!tests.is_empty() && (join == Join::None || tests.len() > 1)).then_some((join, tests))
}

impl Said {
    /// The filter that says just this; none where nothing is said.
    pub fn filter(&self) -> Option<Value> {
        let one = |test: &PlainTest| filter_of(std::slice::from_ref(test));
        let items = || self.group.iter().filter_map(one).collect::<Vec<_>>();
        let key = match self.join {
            Join::None if !self.group.is_empty() => "$nor",
            Join::Any if self.group.len() > 1 => "$or",
            // One of one, or all: they stand with the others.
            _ => return filter_of(&[self.tests.as_slice(), self.group.as_slice()].concat()),
        };
        let group = json!({ key: items() });
        if self.tests.is_empty() {
            return Some(group);
        }
        let parts: Vec<Value> = self.tests.iter().filter_map(one).chain([group]).collect();
        Some(json!({ "$and": parts }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_reads_back_as_it_was_said() {
        let test = |path: &str| PlainTest { path: path.to_owned(), op: Op::Gte, operand: json!(1) };
        for (tests, join, group) in [
            (vec![test("a")], Join::Any, vec![test("b"), test("c")]),
            (vec![], Join::Any, vec![test("b"), test("c")]),
            (vec![test("a"), test("d")], Join::None, vec![test("b")]),
            (vec![], Join::None, vec![test("b"), test("c")]),
            (vec![test("a")], Join::All, vec![]),
        ] {
            let whole = Said { tests, join, group };
            assert_eq!(said(whole.filter().as_ref()), Some(whole.clone()), "{:?}", whole.filter());
        }
    }

    #[test]
    fn a_group_of_one_or_of_all_is_no_group() {
        let test = |path: &str| PlainTest { path: path.to_owned(), op: Op::Eq, operand: json!("x") };
        for join in [Join::All, Join::Any] {
            let whole = Said { tests: vec![test("a")], join, group: vec![test("b")] };
            let read = said(whole.filter().as_ref()).expect("plain");
            assert_eq!((read.tests.len(), read.group.len()), (2, 0));
            assert_eq!(whole.filter(), Some(json!({"$and": [{"a": {"$eq": "x"}}, {"b": {"$eq": "x"}}]})));
        }
    }

    #[test]
    fn a_group_of_none_says_nothing_however_it_is_joined() {
        let tests = vec![PlainTest { path: "a".to_owned(), op: Op::Eq, operand: json!("x") }];
        for join in Join::ALL {
            let alone = Said { tests: tests.clone(), join, group: vec![] };
            assert_eq!(alone.filter(), filter_of(&tests));
            assert_eq!(Said { tests: vec![], join, group: vec![] }.filter(), None);
        }
    }

    #[test]
    fn a_join_has_a_word_that_reads_back() {
        assert_eq!(Join::ALL.map(Join::as_str), ["all", "any", "none"]);
        for join in Join::ALL {
            assert_eq!(Join::parse(join.as_str()), Some(join));
        }
        assert_eq!(Join::parse("some"), None);
    }

    #[test]
    fn a_group_stands_alone_or_beside_comparisons() {
        let filter = json!({"$or": [{"a": 1}, {"b": {"$lt": 2}}]});
        let whole = said(Some(&filter)).expect("a group");
        assert_eq!((whole.tests.len(), whole.join, whole.group.len()), (0, Join::Any, 2));
        let filter = json!({"$and": [{"c": 3, "d": 4}, {"$nor": [{"a": 1}]}]});
        let whole = said(Some(&filter)).expect("a group");
        assert_eq!((whole.tests.len(), whole.join, whole.group.len()), (2, Join::None, 1));
        for lone in ["$and", "$or"] {
            let filter = json!({"$and": [{lone: [{"c": 3}]}, {"$nor": [{"a": 1}]}]});
            let whole = said(Some(&filter)).expect("a list of one, and a group");
            assert_eq!((whole.tests.len(), whole.join, whole.group.len()), (1, Join::None, 1), "{lone}");
        }
        for filter in
            [json!({"$nor": []}), json!({"$nor": [{"a": 1}], "b": 1}), json!({"$nor": [{"a": {"$gt": 1, "$lt": 2}}]})]
        {
            assert_eq!(said(Some(&filter)), None, "{filter}");
        }
        assert_eq!(plain_tests(Some(&json!({"a": {"$like": 1}}))), None);
        assert_eq!(Said::default().filter(), None);
    }

    #[test]
    fn what_no_group_says_is_not_read() {
        for filter in [
            json!({"$or": [{"a": 1, "b": 2}, {"c": 3}]}),
            json!({"$and": [{"$or": [{"a": 1}, {"b": 2}]}, {"$nor": [{"c": 3}]}]}),
            json!({"$not": {"a": 1}}),
            json!({"$or": [{"$and": [{"a": 1}, {"b": 2}]}, {"c": 3}]}),
        ] {
            assert_eq!(said(Some(&filter)), None, "{filter}");
        }
    }

    #[test]
    fn plain_tests_and_filters_round_trip() {
        let filter = json!({"$and": [{"alias": {"$regex": "^p"}}, {"event_author": {"$eq": "x"}}]});
        let tests = plain_tests(Some(&filter)).expect("plain");
        assert_eq!(filter_of(&tests), Some(filter));
        let wrapped = json!({"$or": [{"$and": [{"alias": "x"}]}]});
        assert_eq!(plain_tests(Some(&wrapped)).map(|tests| tests.len()), Some(1));
        assert_eq!(plain_tests(Some(&json!({"$or": [{"alias": "x"}, {"alias": "y"}]}))), None);
        assert_eq!(plain_tests(None), Some(Vec::new()));
    }
}
