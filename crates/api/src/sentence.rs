//! An automation as one plain sentence, the same everywhere: *When an alias matching `^production$`
//! is added in any collection → POST deploy-hook*.

use serde_json::Value;

use crate::EventType;
use crate::event::Subject;
use crate::metric::{Aggregate, ChangeKind, Direction, MetricCondition, MetricJoin, MetricRule, Reading};
use crate::plain::{Join, PlainTest, said};
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

/// The half of the sentence before the arrow: when it fires. For where the registry or project is known.
pub fn when(trigger: &Trigger, scope: &Scope) -> Vec<Part> {
    told(trigger, scope, false)
}

/// The same with the name of the registry or project.
pub fn when_named(trigger: &Trigger, scope: &Scope) -> Vec<Part> {
    told(trigger, scope, true)
}

fn told(trigger: &Trigger, scope: &Scope, named: bool) -> Vec<Part> {
    let mut parts = Vec::new();
    let said = said(trigger.filter.as_ref());
    let subject = match trigger.event {
        EventType::AddArtifactAlias => Some("alias"),
        event if event.is_tag() => Some("tag"),
        _ => None,
    };
    let mut rest = said.as_ref().map(|said| said.tests.clone()).unwrap_or_default();
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
    parts.extend(place_words(trigger.event, scope, named));
    for test in &rest {
        parts.push(Part::Text(" and ".into()));
        parts.push(Part::Strong(test_words(test)));
    }
    match said {
        Some(said) => parts.extend(group_words(said.join, &said.group)),
        None => parts.push(Part::Text(" and more conditions hold".into())),
    }
    parts
}

/// `and either … or …`, `and neither … nor …`.
fn group_words(join: Join, group: &[PlainTest]) -> Vec<Part> {
    let (first, between) = match join {
        Join::All => (" and ", " and "),
        Join::Any => (" and either ", " or "),
        Join::None if group.len() == 1 => (" and not ", ""),
        Join::None => (" and neither ", " nor "),
    };
    let word = |(index, test): (usize, &PlainTest)| {
        [Part::Text(if index == 0 { first } else { between }.into()), Part::Strong(test_words(test))]
    };
    group.iter().enumerate().flat_map(word).collect()
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

fn place_words(event: EventType, scope: &Scope, named: bool) -> Vec<Part> {
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
    let (mut parts, of) = match &scope.collection {
        Some(collection) => (vec![Part::Text(word.into()), Part::Strong(collection.clone())], " in "),
        None => (vec![Part::Text(format!("{word}any collection"))], " of "),
    };
    if named {
        parts.extend([Part::Text(of.into()), Part::Strong(scope.name.clone())]);
    }
    parts
}

fn metric_words(metrics: &MetricCondition) -> Vec<Part> {
    let mut parts = Vec::new();
    for (index, rule) in metrics.rules.iter().enumerate() {
        if index > 0 {
            parts.push(Part::Text(if metrics.join == MetricJoin::All { " and " } else { " or " }.into()));
        }
        parts.extend(rule_words(rule));
    }
    parts
}

/// One metric rule: `the average of the last 5 values of loss < 0.5`.
pub fn rule_words(rule: &MetricRule) -> Vec<Part> {
    let mut parts = Vec::new();
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
    parts.retain(|part| !part.text().is_empty());
    parts
}

/// What the rules read, in words, those that decided alone: `val/accuracy 0.94 ≥ 0.9`.
pub fn reading_words(metrics: &MetricCondition, readings: &[Reading]) -> String {
    let holds = metrics.join.holds(readings);
    let words: Vec<String> = metrics
        .rules
        .iter()
        .zip(readings)
        .filter(|(_, reading)| reading.holds == holds)
        .map(|(rule, reading)| rule_reading(rule, reading))
        .collect();
    words.join(" and ")
}

fn rule_reading(rule: &MetricRule, reading: &Reading) -> String {
    let name = rule.metric();
    let Some(value) = reading.value else {
        return format!("{name} has too few values, or none that can be compared");
    };
    let is = if reading.holds { "" } else { "is not " };
    match rule {
        MetricRule::Threshold { window, aggregate, comparison, threshold, .. } => {
            let what = match (aggregate, window) {
                (_, 1) => String::new(),
                (Aggregate::Average, n) => format!("average of {n} "),
                (Aggregate::Min, n) => format!("smallest of {n} "),
                (Aggregate::Max, n) => format!("largest of {n} "),
            };
            format!("{what}{name} {} {is}{} {}", rounded(value), comparison.sign(), figure(*threshold))
        }
        MetricRule::Change { change, direction, amount, .. } => {
            let (value, amount) = match change {
                ChangeKind::Absolute => (signed(value), figure(*amount)),
                ChangeKind::Relative => {
                    (format!("{}\u{a0}%", signed(value * 100.0)), format!("{}\u{a0}%", rounded(amount * 100.0)))
                }
            };
            format!("{name} changed by {value}, which {}", least(reading.holds, *direction, &amount))
        }
        MetricRule::ZScore { zscore, direction, .. } => {
            let least = least(reading.holds, *direction, &figure(*zscore));
            format!("{name} is {} standard deviations from its mean, which {least}", signed(value))
        }
    }
}

/// Whether an amount was reached, and which way counts.
fn least(holds: bool, direction: Direction, amount: &str) -> String {
    let is = if holds { "is" } else { "is not" };
    match direction {
        Direction::Up => format!("{is} {amount} or more upwards"),
        Direction::Down => format!("{is} {amount} or more downwards"),
        Direction::Either => format!("{is} {amount} or more"),
    }
}

fn signed(value: f64) -> String {
    let sign = if value > 0.0 { "+" } else { "" };
    format!("{sign}{}", rounded(value))
}

/// A figure to six significant digits: what a reader can use.
fn rounded(value: f64) -> String {
    let short = format!("{value:.5e}").parse().unwrap_or(value);
    figure(short)
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
    let text = serde_json::to_string(&serde_json::Value::from(value)).unwrap_or_default();
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
    fn the_place_is_named_where_it_is_not_known() {
        let linked: Trigger = serde_json::from_value(json!({"event": "LINK_ARTIFACT"})).expect("a trigger");
        for (collection, told) in [
            (None, "When a new version is linked to any collection of Models"),
            (Some("fraud"), "When a new version is linked to fraud in Models"),
        ] {
            let scope = Scope {
                kind: PlaceKind::Registry,
                entity: "kestrel".into(),
                name: "Models".into(),
                collection: collection.map(str::to_owned),
            };
            assert_eq!(when_named(&linked, &scope).iter().map(Part::text).collect::<String>(), told);
        }
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
        assert_eq!(words(&trigger, None), "When an alias is added in any collection and not alias is x");
        trigger.filter = Some(
            json!({"$and": [{"alias": {"$regex": "^p"}}, {"$or": [{"event_author": "ci"}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}]}),
        );
        assert_eq!(
            words(&trigger, None),
            "When an alias matching ^p is added in any collection and either author is ci or accuracy ≥ 0.93"
        );
        trigger.filter = Some(json!({"$not": {"alias": "x"}}));
        assert_eq!(words(&trigger, None), "When an alias is added in any collection and more conditions hold");
        assert_eq!(
            words(&Trigger::on(EventType::LinkArtifact), None),
            "When a new version is linked to any collection"
        );
        assert_eq!(words(&Trigger::on(EventType::UnlinkArtifact), Some("c")), "When a version is unlinked from c");
    }

    #[test]
    fn readings_say_what_decided() {
        let told = |rules: serde_json::Value, join: &str, readings: &[(Option<f64>, bool)]| {
            let metrics = serde_json::from_value(json!({"join": join, "rules": rules})).expect("rules");
            let readings = readings.iter().map(|(value, holds)| Reading { value: *value, holds: *holds });
            reading_words(&metrics, &readings.collect::<Vec<_>>())
        };
        let rule = |window: u32| json!({"kind": "threshold", "metric": "val/accuracy", "window": window, "aggregate": "average", "comparison": ">=", "threshold": 0.9});
        assert_eq!(told(json!([rule(1)]), "all", &[(Some(0.94), true)]), "val/accuracy 0.94 ≥ 0.9");
        assert_eq!(told(json!([rule(1)]), "all", &[(Some(0.8), false)]), "val/accuracy 0.8 is not ≥ 0.9");
        assert_eq!(
            told(json!([rule(5)]), "all", &[(Some(2.8 / 3.0), true)]),
            "average of 5 val/accuracy 0.933333 ≥ 0.9"
        );
        assert_eq!(
            told(json!([rule(1), rule(2)]), "any", &[(Some(0.8), false), (Some(0.95), true)]),
            "average of 2 val/accuracy 0.95 ≥ 0.9"
        );
        assert!(told(json!([rule(5)]), "all", &[(None, false)]).contains("too few values"));
        let change =
            json!([{"kind": "change", "metric": "loss", "change": "relative", "direction": "up", "amount": 0.1}]);
        assert_eq!(
            told(change, "all", &[(Some(0.125), true)]),
            "loss changed by +12.5\u{a0}%, which is 10\u{a0}% or more upwards"
        );
        let outlier = json!([{"kind": "z_score", "metric": "loss", "direction": "either", "zscore": 3.0}]);
        assert_eq!(
            told(outlier, "all", &[(Some(-1.5), false)]),
            "loss is -1.5 standard deviations from its mean, which is not 3 or more"
        );
    }
}
