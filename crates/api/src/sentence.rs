//! An automation as one plain sentence, the same everywhere: *When an alias matching `^production$`
//! is added in any collection → POST deploy-hook*.

use serde_json::{Map, Value};

use crate::EventType;
use crate::event::Subject;
use crate::metric::{Aggregate, ChangeKind, Direction, MetricCondition, MetricJoin, MetricRule};
use crate::scope::{PlaceKind, Scope};
use crate::trace::{Op, plain, short_name};
use crate::trigger::Trigger;

/// A piece of a sentence, with how it looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Plain words.
    Text(String),
    /// A pattern or identifier, as code.
    Code(String),
    /// A name or value, stressed.
    Strong(String),
}

impl Part {
    /// The words without their looks.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Code(text) | Self::Strong(text) => text,
        }
    }
}

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
    let one = |test: &PlainTest| serde_json::json!({ test.path.clone(): { test.op.as_str(): test.operand.clone() } });
    match tests {
        [] => None,
        [only] => Some(one(only)),
        many => Some(serde_json::json!({ "$and": many.iter().map(one).collect::<Vec<_>>() })),
    }
}

/// The half of the sentence before the arrow: when it fires.
pub fn when(trigger: &Trigger, scope: &Scope) -> Vec<Part> {
    let mut parts = Vec::new();
    let tests = plain_tests(trigger.filter.as_ref());
    let subject = match trigger.event {
        EventType::AddArtifactAlias => Some("alias"),
        event if event.is_tag() => Some("tag"),
        _ => None,
    };
    let mut rest = tests.clone().unwrap_or_default();
    let own = subject.and_then(|path| {
        let at = rest.iter().position(|test| test.path == path && matches!(test.op, Op::Regex | Op::Eq))?;
        Some(rest.remove(at))
    });
    let mut text = |text: &str| parts.push(Part::Text(text.to_owned()));
    match trigger.event {
        EventType::LinkArtifact => text("When a new version is linked "),
        EventType::UnlinkArtifact => text("When a version is unlinked "),
        EventType::CreateArtifact => text("When a new version is created "),
        EventType::AddArtifactAlias => text("When an alias "),
        EventType::AddArtifactTag | EventType::RemoveArtifactTag => text("When a tag "),
        EventType::AddCollectionTag | EventType::RemoveCollectionTag => text("When a collection tag "),
        EventType::RunMetricThreshold | EventType::RunMetricChange | EventType::RunMetricZscore => {
            text("When ");
            match &trigger.metrics {
                Some(metrics) => parts.extend(metric_words(metrics)),
                None => parts.push(Part::Text("a run metric meets a condition".into())),
            }
            parts.push(Part::Text(" ".into()));
        }
        EventType::RunState => {
            text("When a run is ");
            let states: Vec<_> = trigger.states.iter().map(|state| state.as_str()).collect();
            let words = if states.is_empty() { String::from("in a new state") } else { states.join(" or ") };
            parts.push(Part::Strong(words));
            parts.push(Part::Text(" ".into()));
        }
    }
    if subject.is_some() {
        if let Some(test) = own {
            if test.op == Op::Regex {
                parts.push(Part::Text("matching ".into()));
            }
            parts.push(Part::Code(plain(&test.operand)));
            parts.push(Part::Text(" ".into()));
        }
        let added = !matches!(trigger.event, EventType::RemoveArtifactTag | EventType::RemoveCollectionTag);
        parts.push(Part::Text(if added { "is added " } else { "is removed " }.into()));
    }
    parts.extend(place_words(trigger.event, scope));
    for test in &rest {
        parts.push(Part::Text(" and ".into()));
        parts.push(Part::Strong(test_words(test)));
    }
    if tests.is_none() {
        parts.push(Part::Text(" and more conditions hold".into()));
    }
    parts
}

/// A comparison in words: `accuracy ≥ 0.93`.
pub fn test_words(test: &PlainTest) -> String {
    let name = short_name(&test.path);
    match (test.op, &test.operand) {
        (Op::Exists, Value::Bool(false)) => format!("{name} does not exist"),
        (Op::Exists, _) => format!("{name} exists"),
        (op, operand) => format!("{name} {} {}", op.words(), plain(operand)),
    }
}

fn place_words(event: EventType, scope: &Scope) -> Vec<Part> {
    if event.is_run() {
        return vec![Part::Text("in ".into()), Part::Strong(scope.name.clone())];
    }
    let word = match event {
        EventType::LinkArtifact => "to ",
        EventType::UnlinkArtifact => "from ",
        _ if scope.collection.is_some() => "to ",
        _ => "in ",
    };
    let word = match event {
        EventType::RemoveArtifactTag | EventType::RemoveCollectionTag if scope.collection.is_some() => "from ",
        EventType::CreateArtifact => "in ",
        _ => word,
    };
    match &scope.collection {
        Some(collection) => vec![Part::Text(word.into()), Part::Strong(collection.clone())],
        None => vec![Part::Text(format!("{word}any collection"))],
    }
}

fn metric_words(metrics: &MetricCondition) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, rule) in metrics.rules.iter().enumerate() {
        if index > 0 {
            parts.push(Part::Text(if metrics.join == MetricJoin::All { " and " } else { " or " }.into()));
        }
        match rule {
            MetricRule::Threshold { metric, window, aggregate, comparison, threshold } => {
                let what = match (aggregate, window) {
                    (_, 1) => String::new(),
                    (Aggregate::Average, n) => format!("the average of the last {n} values of "),
                    (Aggregate::Min, n) => format!("the smallest of the last {n} values of "),
                    (Aggregate::Max, n) => format!("the largest of the last {n} values of "),
                };
                parts.push(Part::Text(what));
                parts.push(Part::Code(metric.clone()));
                parts.push(Part::Text(" ".into()));
                parts.push(Part::Strong(format!("{} {}", comparison.sign(), figure(*threshold))));
            }
            MetricRule::Change { metric, change, direction, amount, .. } => {
                parts.push(Part::Code(metric.clone()));
                let word = match direction {
                    Direction::Up => "increases by",
                    Direction::Down => "decreases by",
                    Direction::Either => "changes by",
                };
                parts.push(Part::Text(format!(" {word} ")));
                parts.push(Part::Strong(match change {
                    ChangeKind::Absolute => figure(*amount),
                    // Rounded to what a reader can use; the stored amount keeps its digits.
                    ChangeKind::Relative => format!("{}\u{a0}%", figure((amount * 1e8).round() / 1e6)),
                }));
            }
            MetricRule::ZScore { metric, zscore, direction, .. } => {
                parts.push(Part::Code(metric.clone()));
                let word = match direction {
                    Direction::Up => "above",
                    Direction::Down => "below",
                    Direction::Either => "away from",
                };
                parts.push(Part::Text(" is ".into()));
                parts.push(Part::Strong(format!("{} standard deviations", figure(*zscore))));
                parts.push(Part::Text(format!(" {word} its mean")));
            }
        }
    }
    parts.retain(|part| !part.text().is_empty());
    parts
}

/// What a scope sees and does not see: what users confuse most.
pub fn scope_words(scope: &Scope) -> String {
    match (scope.kind, &scope.collection) {
        (PlaceKind::Registry, None) => String::from(
            "Watches every collection of this registry, future ones too. It does not see artifacts of projects.",
        ),
        (PlaceKind::Project, None) => String::from(
            "Watches every collection and run of this project, future ones too. It does not see registries, even for the same version.",
        ),
        (PlaceKind::Registry, Some(collection)) => {
            format!(
                "Watches {collection} of this registry only. It does not see artifacts of projects, even with the same name."
            )
        }
        (PlaceKind::Project, Some(collection)) => {
            format!("Watches {collection} of this project only. It does not see registries, even for the same version.")
        }
    }
}

/// Where an event happened, in few words: `fraud-scorer v42`, or the run's id.
pub fn subject_words(subject: &Subject) -> String {
    match (&subject.collection, subject.version, &subject.run) {
        (Some(collection), Some(version), _) => format!("{collection} v{version}"),
        (Some(collection), None, _) => collection.clone(),
        (None, _, Some(run)) => run.clone(),
        (None, _, None) => subject.name.clone(),
    }
}

/// A number as JSON has it, without a fraction that says nothing. The page writes its JSON by this
/// code anyway; the standard library's would come on top.
fn figure(value: f64) -> String {
    let text = serde_json::Value::from(value).to_string();
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(trigger: &Trigger, collection: Option<&str>) -> String {
        let scope = Scope {
            kind: PlaceKind::Registry,
            entity: "kestrel".into(),
            name: "Models".into(),
            collection: collection.map(str::to_owned),
        };
        when(trigger, &scope).iter().map(Part::text).collect()
    }

    #[test]
    fn sentences_read_as_in_the_design() {
        let mut trigger = Trigger::on(EventType::AddArtifactAlias);
        trigger.filter = Some(json!({"alias": {"$regex": "^production$"}}));
        assert_eq!(words(&trigger, None), "When an alias matching ^production$ is added in any collection");
        assert_eq!(words(&trigger, Some("fraud")), "When an alias matching ^production$ is added to fraud");
        trigger.filter = Some(
            json!({"$and": [{"alias": {"$regex": "^p"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}, {"event_author": {"$ne": "ci"}}]}),
        );
        assert_eq!(
            words(&trigger, None),
            "When an alias matching ^p is added in any collection and accuracy ≥ 0.93 and author is not ci"
        );
        trigger.filter = Some(json!({"$nor": [{"alias": "x"}]}));
        assert_eq!(words(&trigger, None), "When an alias is added in any collection and more conditions hold");
        assert_eq!(
            words(&Trigger::on(EventType::LinkArtifact), None),
            "When a new version is linked to any collection"
        );
        assert_eq!(words(&Trigger::on(EventType::UnlinkArtifact), Some("c")), "When a version is unlinked from c");
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
