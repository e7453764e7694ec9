//! Conditions in the one form that the wandb SDK reads and writes without a change.
//!
//! The SDK flattens and unwraps what it reads, also `$nor`, whose meaning that turns round: `{"$nor":[a]}` would come
//! back as `a`. In this form there is nothing left to unwrap. It means the same as what it was made of.

use serde_json::{Map, Value, json};

/// The condition that always holds.
pub(crate) fn always() -> Value {
    json!({ "$and": [] })
}

/// The same condition in this form. What is no condition stays as it is, for whoever judges it.
pub(crate) fn form(condition: &Value) -> Value {
    let Some(object) = condition.as_object() else {
        return condition.clone();
    };
    let parts = object
        .iter()
        .map(|(key, value)| match (key.as_str(), value) {
            ("$and" | "$or", Value::Array(items)) => join(key, items.iter().map(form).collect()),
            ("$nor", Value::Array(items)) => none(items.iter().map(form).collect()),
            ("$not", value) => not(form(value)),
            (path, Value::Object(_)) => one(path, value.clone()),
            (path, value) if !path.starts_with('$') => one(path, json!({ "$eq": value })),
            (operator, value) => one(operator, value.clone()),
        })
        .collect();
    join("$and", parts)
}

/// The condition with every value's name replaced.
pub(crate) fn renamed(condition: &Value, name: &impl Fn(&str) -> String) -> Value {
    match condition {
        Value::Array(items) => items.iter().map(|item| renamed(item, name)).collect(),
        Value::Object(object) => {
            let entries = object.iter().map(|(key, value)| {
                if key.starts_with('$') { (key.clone(), renamed(value, name)) } else { (name(key), value.clone()) }
            });
            Value::Object(entries.collect())
        }
        other => other.clone(),
    }
}

/// Names of the values that a condition looks at.
pub(crate) fn paths(condition: &Value) -> Vec<&str> {
    match condition {
        Value::Array(items) => items.iter().flat_map(paths).collect(),
        Value::Object(object) => object
            .iter()
            .flat_map(|(key, value)| if key.starts_with('$') { paths(value) } else { vec![key.as_str()] })
            .collect(),
        _ => Vec::new(),
    }
}

fn one(key: &str, value: Value) -> Value {
    Value::Object(Map::from_iter([(key.to_owned(), value)]))
}

/// The items of a condition that is just one group of that kind.
fn group<'c>(condition: &'c Value, kind: &str) -> Option<&'c Vec<Value>> {
    condition.as_object().filter(|object| object.len() == 1)?.get(kind)?.as_array()
}

/// All or any of `items`, groups of the same kind among them opened.
fn join(kind: &str, items: Vec<Value>) -> Value {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match group(&item, kind) {
            Some(inner) => flat.extend(inner.iter().cloned()),
            None => flat.push(item),
        }
    }
    match <[Value; 1]>::try_from(flat) {
        Ok([only]) => only,
        Err(flat) => one(kind, flat.into()),
    }
}

/// None of `items`.
fn none(items: Vec<Value>) -> Value {
    if items.is_empty() {
        return always();
    }
    if items.len() == 1 || items.iter().any(|item| group(item, "$nor").is_some()) {
        return join("$and", items.into_iter().map(not).collect());
    }
    one("$nor", items.into())
}

fn not(condition: Value) -> Value {
    if let Some(items) = group(&condition, "$or") {
        // Where none of the items can hold, none is what is asked for.
        return none(items.clone());
    }
    if let Some(items) = group(&condition, "$nor") {
        return join("$or", items.clone());
    }
    match condition.as_object().filter(|object| object.len() == 1).and_then(|object| object.get("$not")) {
        Some(inner) => inner.clone(),
        None => one("$not", condition),
    }
}

#[cfg(test)]
mod tests {
    use hookboard_api::EventType;
    use hookboard_api::filter::Filter;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn wrappings_are_opened_and_bare_values_compared() {
        for (condition, wanted) in [
            (json!({"$or": [{"$and": [{"alias": "x"}]}]}), json!({"alias": {"$eq": "x"}})),
            (json!({"$or": [{"$and": []}]}), json!({"$and": []})),
            (json!({}), json!({"$and": []})),
            (json!({"a": 1, "b": {"$gt": 2}}), json!({"$and": [{"a": {"$eq": 1}}, {"b": {"$gt": 2}}]})),
            (json!({"$nor": [{"a": {"$eq": 1}}]}), json!({"$not": {"a": {"$eq": 1}}})),
            (json!({"$not": {"$or": [{"a": 1}, {"b": 2}]}}), json!({"$nor": [{"a": {"$eq": 1}}, {"b": {"$eq": 2}}]})),
            (json!({"$not": {"$not": {"a": 1}}}), json!({"a": {"$eq": 1}})),
            (json!({"$not": {"$or": []}}), json!({"$and": []})),
        ] {
            assert_eq!(form(&condition), wanted, "{condition}");
        }
    }

    #[test]
    fn what_is_no_condition_is_left_for_the_judge() {
        for condition in [json!([]), json!("x"), json!({"$and": 7}), json!({"$where": "1"})] {
            assert_eq!(form(&condition), condition);
        }
    }

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let condition = json!({"$and": [{"$not": {"run_name": {"$eq": "run_name"}}}, {"x": 1}]});
        let replaced =
            renamed(&condition, &|name| if name == "run_name" { "display_name".into() } else { name.into() });
        assert_eq!(replaced, json!({"$and": [{"$not": {"display_name": {"$eq": "run_name"}}}, {"x": 1}]}));
        assert_eq!(paths(&replaced), ["display_name", "x"]);
    }

    pub(crate) fn conditions() -> impl Strategy<Value = Value> {
        let value = prop_oneof!["[abc]".prop_map(Value::from), (0..3).prop_map(Value::from)];
        let path = prop_oneof![Just("alias"), Just("event_author"), Just("artifact_metadata.a")];
        let test = (path, value, 0..6).prop_map(|(path, value, op)| match op {
            0 => one(path, value),
            1 => one(path, json!({ "$ne": value })),
            2 => one(path, json!({ "$in": [value] })),
            3 => one(path, json!({ "$exists": true })),
            4 => one(path, json!({ "$gte": value, "$ne": "b" })),
            _ => one(path, json!({ "$not": { "$eq": value } })),
        });
        test.prop_recursive(4, 24, 4, |inner| {
            let some = prop::collection::vec(inner.clone(), 0..4);
            prop_oneof![
                some.clone().prop_map(|items| json!({ "$and": items })),
                some.clone().prop_map(|items| json!({ "$or": items })),
                some.prop_map(|items| json!({ "$nor": items })),
                inner.prop_map(|inner| json!({ "$not": inner })),
            ]
        })
    }

    /// What the SDK makes of a filter that it reads: `simplify_expr` of wandb 0.31.
    fn simplified(condition: &Value) -> Value {
        for kind in ["$and", "$or", "$nor"] {
            let Some(items) = group(condition, kind) else { continue };
            let mut flat = Vec::new();
            flatten(items, kind, &mut flat);
            let flat: Vec<Value> = flat.iter().map(simplified).collect();
            return match flat.as_slice() {
                [only] => only.clone(),
                _ => one(kind, flat.into()),
            };
        }
        let Some(inner) = condition.as_object().and_then(|object| object.get("$not")) else {
            return condition.clone();
        };
        if let Some(items) = group(inner, "$or") {
            return simplified(&one("$nor", items.clone().into()));
        }
        if let Some(items) = group(inner, "$nor") {
            return simplified(&one("$or", items.clone().into()));
        }
        match inner.as_object().and_then(|object| object.get("$not")) {
            Some(inner) => simplified(inner),
            None => one("$not", simplified(inner)),
        }
    }

    fn flatten(items: &[Value], kind: &str, flat: &mut Vec<Value>) {
        for item in items {
            match group(item, kind) {
                Some(inner) => flatten(inner, kind, flat),
                None => flat.push(item.clone()),
            }
        }
    }

    proptest! {
        #[test]
        fn the_form_means_the_same(
            condition in conditions(),
            alias in "[abc]",
            author in prop::option::of("[abc]"),
            metadata in prop::option::of(0..3),
        ) {
            let mut values = Map::from_iter([("alias".to_owned(), Value::from(alias))]);
            values.extend(author.map(|author| ("event_author".to_owned(), author.into())));
            values.extend(metadata.map(|a| ("artifact_metadata".to_owned(), json!({ "a": a }))));
            let holds = |condition: &Value| {
                Filter::parse(condition, EventType::AddArtifactAlias).map(|filter| filter.holds(&values))
            };
            prop_assert_eq!(holds(&form(&condition)).ok(), holds(&condition).ok(), "{} {}", condition, form(&condition));
        }

        #[test]
        fn the_form_has_nothing_left_to_change(condition in conditions()) {
            let first = form(&condition);
            prop_assert_eq!(form(&first), first.clone());
            prop_assert_eq!(simplified(&first), first);
        }
    }
}
