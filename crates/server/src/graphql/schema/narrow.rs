//! Filters of lists, as far as the SDK sends them: names, and the number of a registry.

use hookboard_api::problem::{Problem, ProblemCode};
use serde_json::Value;

use super::json_string::JsonString;
use super::project::Project;
use crate::failure::Failure;
use crate::graphql::id::place_number;

/// What lists of places and collections are narrowed to: names, or a place's number.
#[derive(Debug, Default)]
pub(super) struct Matcher {
    names: Option<Vec<String>>,
    numbers: Option<Vec<u64>>,
}

impl Matcher {
    /// Reads the filters of a list.
    pub(super) fn read(filters: Option<&JsonString>) -> Result<Self, Failure> {
        let mut matcher = Self::default();
        for (field, operand) in fields(filters)? {
            let values = values(operand).ok_or_else(|| unfit(&field))?;
            match field.as_str() {
                "name" => {
                    matcher.names = Some(values.iter().filter_map(Value::as_str).map(str::to_owned).collect());
                }
                "id" => matcher.numbers = Some(values.iter().filter_map(Value::as_u64).collect()),
                other => return Err(unfit(other)),
            }
        }
        Ok(matcher)
    }

    /// Whether the place is one of those asked for.
    pub(super) fn takes_place(&self, project: &Project) -> bool {
        self.takes_name(&project.full_name())
            && self.numbers.as_ref().is_none_or(|numbers| numbers.contains(&place_number(&project.place.id)))
    }

    /// Whether a thing of this name is.
    pub(super) fn takes_name(&self, name: &str) -> bool {
        self.names.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }
}

/// The values that are asked for: a bare one, `$eq` or `$in`.
fn values(operand: Value) -> Option<Vec<Value>> {
    let Value::Object(comparison) = operand else {
        return Some(vec![operand]);
    };
    let mut comparisons = comparison.into_iter();
    match (comparisons.next(), comparisons.next()) {
        (Some((op, value)), None) if op == "$eq" => Some(vec![value]),
        (Some((op, Value::Array(values))), None) if op == "$in" => Some(values),
        _ => None,
    }
}

/// The one name that automations are narrowed to.
pub(super) fn wanted_name(filters: Option<&JsonString>) -> Result<Option<String>, Failure> {
    let matcher = Matcher::read(filters)?;
    match matcher.names.as_deref() {
        _ if matcher.numbers.is_some() => Err(unfit("id")),
        None => Ok(None),
        Some([name]) => Ok(Some(name.clone())),
        Some(_) => Err(unfit("name")),
    }
}

fn fields(filters: Option<&JsonString>) -> Result<Vec<(String, Value)>, Failure> {
    let Some(JsonString(text)) = filters else { return Ok(Vec::new()) };
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => Ok(object.into_iter().collect()),
        Ok(Value::Null) => Ok(Vec::new()),
        _ => Err(Problem::new(ProblemCode::BadRequest, "The filters are to be a JSON object within a text.").into()),
    }
}

fn unfit(field: &str) -> Failure {
    let words = format!("Lists are narrowed to names here, not by {field} in this way. Narrow what you get instead.");
    Failure::field("/filters", "unfit_filter", words)
}
