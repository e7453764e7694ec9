//! Rules on metrics as they are written, and their faults.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::EventType;
use crate::limits::{MAX_METRIC_RULES, MAX_METRIC_WINDOW};
use crate::name::check_place_name;
use crate::problem::FieldError;
use crate::whole::whole;

/// How the values of a window become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Arithmetic mean.
    Average,
    /// Smallest.
    Min,
    /// Largest.
    Max,
}

/// How a value is compared with a threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Comparison {
    /// Greater than.
    #[serde(rename = ">")]
    Greater,
    /// At least.
    #[serde(rename = ">=")]
    AtLeast,
    /// Less than.
    #[serde(rename = "<")]
    Less,
    /// At most.
    #[serde(rename = "<=")]
    AtMost,
}

impl Comparison {
    /// The sign in a sentence.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Greater => ">",
            Self::AtLeast => "≥",
            Self::Less => "<",
            Self::AtMost => "≤",
        }
    }
}

/// How a change is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Difference of the two means, in the metric's unit.
    Absolute,
    /// Difference over the size of the prior mean: 0.1 is ten per cent.
    Relative,
}

/// Which way counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Upwards: increases, or an outlier above.
    Up,
    /// Downwards: decreases, or an outlier below.
    Down,
    /// Either way.
    Either,
}

const fn one() -> u32 {
    1
}
const fn ten() -> u32 {
    10
}
const fn thirty() -> u32 {
    30
}
const fn fifty() -> u32 {
    50
}
const fn three() -> f64 {
    3.0
}

/// Reads a window; one that is no whole number, or far too large for one, is told what a window is.
fn window<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    whole(deserializer, 1, MAX_METRIC_WINDOW)
}

/// One condition on one metric of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MetricRule {
    /// The aggregate of the last `window` values compares so with `threshold`.
    Threshold {
        /// Name of the metric.
        metric: String,
        /// How many of the last values count.
        #[serde(default = "one", deserialize_with = "window")]
        window: u32,
        /// How they become one.
        aggregate: Aggregate,
        /// The comparison.
        comparison: Comparison,
        /// The limit, in the metric's unit.
        threshold: f64,
    },
    /// The mean of the last `window` values differs by at least `amount` from that of the
    /// `prior_window` values before them.
    Change {
        /// Name of the metric.
        metric: String,
        /// How many of the last values count.
        #[serde(default = "ten", deserialize_with = "window")]
        window: u32,
        /// How many values before those count.
        #[serde(default = "fifty", deserialize_with = "window")]
        prior_window: u32,
        /// How the change is measured.
        change: ChangeKind,
        /// Which way counts.
        direction: Direction,
        /// The least change.
        amount: f64,
    },
    /// The newest value lies at least `zscore` standard deviations (of the population) from the mean
    /// of the `window` values before it.
    ZScore {
        /// Name of the metric.
        metric: String,
        /// How many values before the newest count.
        #[serde(default = "thirty", deserialize_with = "window")]
        window: u32,
        /// The least distance, in standard deviations.
        #[serde(default = "three")]
        zscore: f64,
        /// Which side counts.
        direction: Direction,
    },
}

/// Several rules on metrics, joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MetricCondition {
    /// All of them, or any of them.
    #[serde(default)]
    pub join: MetricJoin,
    /// The rules, one to ten.
    pub rules: Vec<MetricRule>,
}

/// How several metric rules are joined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MetricJoin {
    /// All hold.
    #[default]
    All,
    /// At least one holds.
    Any,
}

impl MetricRule {
    /// Name of the metric watched.
    pub fn metric(&self) -> &str {
        match self {
            Self::Threshold { metric, .. } | Self::Change { metric, .. } | Self::ZScore { metric, .. } => metric,
        }
    }

    /// The limit it is compared with: `metric_threshold` in payloads.
    pub const fn limit(&self) -> f64 {
        match self {
            Self::Threshold { threshold, .. } => *threshold,
            Self::Change { amount, .. } => *amount,
            Self::ZScore { zscore, .. } => *zscore,
        }
    }

    /// How many of the newest values it needs.
    pub const fn span(&self) -> usize {
        (match self {
            Self::Threshold { window, .. } => *window,
            Self::Change { window, prior_window, .. } => window.saturating_add(*prior_window),
            Self::ZScore { window, .. } => window.saturating_add(1),
        }) as usize
    }

    fn check(&self, at: &str, errors: &mut Vec<FieldError>) {
        let mut fault = |field: &str, code: &str, message: String| {
            errors.push(FieldError::new(format!("{at}/{field}"), code, message));
        };
        if self.metric().is_empty() {
            fault("metric", "required", String::from("Name the metric to watch."));
        } else if let Some(error) = check_place_name(self.metric(), "") {
            // Points of any other name are refused, so that it could never hold.
            fault("metric", &error.code, error.message);
        }
        let windows: &[(&str, u32, u32)] = match self {
            Self::Threshold { window, .. } => &[("window", *window, 1)],
            Self::Change { window, prior_window, .. } => &[("window", *window, 1), ("prior_window", *prior_window, 1)],
            // One value has no spread.
            Self::ZScore { window, .. } => &[("window", *window, 2)],
        };
        for (field, window, least) in windows {
            if window < least || *window > MAX_METRIC_WINDOW {
                fault(
                    field,
                    "out_of_range",
                    format!("A window spans {least} to {MAX_METRIC_WINDOW} values; this says {window}."),
                );
            }
        }
        let (field, limit, is_size) = match self {
            Self::Threshold { threshold, .. } => ("threshold", *threshold, false),
            Self::Change { amount, .. } => ("amount", *amount, true),
            Self::ZScore { zscore, .. } => ("zscore", *zscore, true),
        };
        if !limit.is_finite() {
            fault(field, "not_a_number", String::from("Write a number."));
        } else if is_size && limit <= 0.0 {
            fault(
                field,
                "out_of_range",
                String::from("Write a number above zero; the direction is a field of its own."),
            );
        }
    }

    /// The event that rules of this kind belong to.
    pub const fn event(&self) -> EventType {
        match self {
            Self::Threshold { .. } => EventType::RunMetricThreshold,
            Self::Change { .. } => EventType::RunMetricChange,
            Self::ZScore { .. } => EventType::RunMetricZscore,
        }
    }
}

impl MetricCondition {
    /// Faults of the condition for an automation on `event`, with pointers below `at`.
    pub fn check(&self, event: EventType, at: &str) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.rules.is_empty() || self.rules.len() > MAX_METRIC_RULES {
            errors.push(FieldError::new(
                format!("{at}/rules"),
                "out_of_range",
                format!(
                    "An automation takes 1 to {MAX_METRIC_RULES} metric conditions; this has {}.",
                    self.rules.len()
                ),
            ));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let at = format!("{at}/rules/{index}");
            if rule.event() != event {
                errors.push(FieldError::new(
                    format!("{at}/kind"),
                    "wrong_kind",
                    format!(
                        "This kind of condition belongs to {}. Change the event or the kind.",
                        rule.event().as_str()
                    ),
                ));
            }
            rule.check(&at, &mut errors);
        }
        errors
    }
}

/// Rules of a metric `m`, for tests.
#[cfg(test)]
pub(super) mod samples {
    use super::*;

    pub(in super::super) fn threshold(
        window: u32,
        aggregate: Aggregate,
        comparison: Comparison,
        threshold: f64,
    ) -> MetricRule {
        MetricRule::Threshold { metric: "m".into(), window, aggregate, comparison, threshold }
    }

    pub(in super::super) fn change(
        window: u32,
        prior_window: u32,
        change: ChangeKind,
        direction: Direction,
        amount: f64,
    ) -> MetricRule {
        MetricRule::Change { metric: "m".into(), window, prior_window, change, direction, amount }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{change, threshold};
    use super::*;

    #[test]
    fn a_metric_is_named_as_its_points_are() {
        for (name, code) in [("", "required"), ("a\0", "control_character"), (&"m".repeat(129), "too_long")] {
            let mut rule = threshold(1, Aggregate::Min, Comparison::Less, 1.0);
            if let MetricRule::Threshold { metric, .. } = &mut rule {
                name.clone_into(metric);
            }
            let condition = MetricCondition { join: MetricJoin::All, rules: vec![rule] };
            let errors = condition.check(EventType::RunMetricThreshold, "");
            let faults: Vec<_> = errors.iter().map(|error| (error.pointer.as_str(), error.code.as_str())).collect();
            assert_eq!(faults, [("/rules/0/metric", code)], "{name:?}");
        }
    }

    #[test]
    fn a_rule_tells_its_limit_and_how_much_it_needs() {
        let outlier = MetricRule::ZScore { metric: "m".into(), window: 4, zscore: 2.5, direction: Direction::Up };
        for (rule, limit, span) in [
            (threshold(3, Aggregate::Max, Comparison::Less, 0.5), 0.5, 3),
            (change(2, 5, ChangeKind::Relative, Direction::Up, 0.1), 0.1, 7),
            (outlier, 2.5, 5),
        ] {
            assert!((rule.limit() - limit).abs() < f64::EPSILON);
            assert_eq!((rule.metric(), rule.span()), ("m", span));
        }
    }

    #[test]
    fn windows_and_limits_have_their_range() {
        let outlier =
            |window, zscore| MetricRule::ZScore { metric: "m".into(), window, zscore, direction: Direction::Up };
        let change = |window, prior, amount| change(window, prior, ChangeKind::Absolute, Direction::Up, amount);
        let limit = |window, limit| threshold(window, Aggregate::Min, Comparison::Less, limit);
        for (rule, faulty) in [
            (limit(1, -5.0), vec![]),
            (limit(MAX_METRIC_WINDOW, 0.0), vec![]),
            (limit(MAX_METRIC_WINDOW + 1, f64::INFINITY), vec!["window out_of_range", "threshold not_a_number"]),
            (change(1, 1, 0.5), vec![]),
            (change(0, 0, -0.5), vec!["window out_of_range", "prior_window out_of_range", "amount out_of_range"]),
            (outlier(2, 0.5), vec![]),
            (outlier(1, 0.0), vec!["window out_of_range", "zscore out_of_range"]),
        ] {
            let condition = MetricCondition { join: MetricJoin::All, rules: vec![rule.clone()] };
            let faults: Vec<_> = condition
                .check(rule.event(), "")
                .into_iter()
                .map(|error| format!("{} {}", error.pointer.trim_start_matches("/rules/0/"), error.code))
                .collect();
            assert_eq!(faults, faulty, "{rule:?}");
        }
    }

    #[test]
    fn an_automation_takes_one_to_ten_rules() {
        let rule = threshold(1, Aggregate::Min, Comparison::Less, 1.0);
        for (count, fits) in [(0, false), (1, true), (MAX_METRIC_RULES, true), (MAX_METRIC_RULES + 1, false)] {
            let condition = MetricCondition { join: MetricJoin::All, rules: vec![rule.clone(); count] };
            assert_eq!(condition.check(EventType::RunMetricThreshold, "").is_empty(), fits, "{count}");
        }
    }

    #[test]
    fn defaults_are_those_of_the_docs() {
        let read = |text: &str| serde_json::from_str::<MetricRule>(text).expect("readable");
        assert_eq!(
            read(r#"{"kind":"threshold","metric":"m","aggregate":"min","comparison":"<","threshold":1}"#),
            threshold(1, Aggregate::Min, Comparison::Less, 1.0)
        );
        assert_eq!(
            read(r#"{"kind":"change","metric":"m","change":"absolute","direction":"up","amount":1}"#),
            change(10, 50, ChangeKind::Absolute, Direction::Up, 1.0)
        );
        let rule: MetricRule =
            serde_json::from_str(r#"{"kind":"z_score","metric":"loss","direction":"up"}"#).expect("readable");
        assert_eq!(
            rule,
            MetricRule::ZScore { metric: "loss".into(), window: 30, zscore: 3.0, direction: Direction::Up }
        );
    }

    #[test]
    fn faults_point_at_their_field() {
        let condition = MetricCondition {
            join: MetricJoin::All,
            rules: vec![
                threshold(0, Aggregate::Min, Comparison::Less, f64::NAN),
                change(1, 1, ChangeKind::Absolute, Direction::Up, 0.0),
            ],
        };
        let pointers: Vec<_> = condition
            .check(EventType::RunMetricThreshold, "/trigger/metrics")
            .into_iter()
            .map(|error| error.pointer)
            .collect();
        assert_eq!(
            pointers,
            [
                "/trigger/metrics/rules/0/window",
                "/trigger/metrics/rules/0/threshold",
                "/trigger/metrics/rules/1/kind",
                "/trigger/metrics/rules/1/amount"
            ]
        );
    }
}
