//! Metric rules as the wandb SDK writes them.

#![allow(clippy::struct_field_names, reason = "the names are the SDK's")]

use hookboard_api::metric::{Aggregate, ChangeKind, Comparison, Direction, MetricRule};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum Agg {
    Max,
    Min,
    Average,
}

#[derive(Debug, Deserialize)]
enum Cmp {
    #[serde(rename = "$gt")]
    Gt,
    #[serde(rename = "$gte")]
    Gte,
    #[serde(rename = "$lt")]
    Lt,
    #[serde(rename = "$lte")]
    Lte,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ChangeType {
    Absolute,
    Relative,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum ChangeDir {
    Increase,
    Decrease,
    #[default]
    Any,
}

#[derive(Debug, Deserialize)]
struct Threshold {
    name: String,
    agg_op: Option<Agg>,
    #[serde(default = "default_window")]
    window_size: u32,
    cmp_op: Cmp,
    threshold: f64,
}

#[derive(Debug, Deserialize)]
struct Change {
    name: String,
    agg_op: Option<Agg>,
    #[serde(default = "default_window")]
    current_window_size: u32,
    prior_window_size: Option<u32>,
    change_type: ChangeType,
    change_dir: ChangeDir,
    change_amount: f64,
}

#[derive(Debug, Deserialize)]
struct ZScore {
    name: String,
    #[serde(default = "default_zscore_window")]
    window_size: u32,
    #[serde(default = "default_zscore")]
    threshold: f64,
    #[serde(default)]
    change_dir: ChangeDir,
}

#[derive(Debug, Default, Deserialize)]
struct Choice {
    threshold_filter: Option<Threshold>,
    change_filter: Option<Change>,
    zscore_filter: Option<ZScore>,
}

/// What the SDK takes for granted where it sends none, here and below.
const fn default_window() -> u32 {
    1
}
const fn default_zscore_window() -> u32 {
    30
}
const fn default_zscore() -> f64 {
    3.0
}

/// The rule of a run event's filter, where it has one. The error is in words.
pub(super) fn read(filter: &Value) -> Result<Option<MetricRule>, String> {
    let unreadable = |error: serde_json::Error| format!("The metric filter cannot be read: {error}.");
    let choice = match filter.get("run_metric_filter") {
        Some(choice) if !choice.is_null() => Choice::deserialize(choice).map_err(unreadable)?,
        // As thresholds were written once.
        _ => match filter.get("metric_filter") {
            Some(Value::String(text)) => {
                Choice { threshold_filter: serde_json::from_str(text).map_err(unreadable)?, ..Choice::default() }
            }
            Some(legacy) => {
                Choice { threshold_filter: Option::deserialize(legacy).map_err(unreadable)?, ..Choice::default() }
            }
            None => Choice::default(),
        },
    };
    match choice {
        Choice { threshold_filter: Some(rule), change_filter: None, zscore_filter: None } => Ok(Some(rule.into())),
        Choice { threshold_filter: None, change_filter: Some(rule), zscore_filter: None } => rule.rule().map(Some),
        Choice { threshold_filter: None, change_filter: None, zscore_filter: Some(rule) } => Ok(Some(rule.into())),
        Choice { threshold_filter: None, change_filter: None, zscore_filter: None } => Ok(None),
        _ => Err(String::from("The metric filter has several forms at once. Send one of them.")),
    }
}

impl From<Threshold> for MetricRule {
    fn from(from: Threshold) -> Self {
        let (aggregate, window) = match from.agg_op {
            // Without an aggregate, the window does not count.
            None => (Aggregate::Average, 1),
            Some(Agg::Average) => (Aggregate::Average, from.window_size),
            Some(Agg::Min) => (Aggregate::Min, from.window_size),
            Some(Agg::Max) => (Aggregate::Max, from.window_size),
        };
        let comparison = match from.cmp_op {
            Cmp::Gt => Comparison::Greater,
            Cmp::Gte => Comparison::AtLeast,
            Cmp::Lt => Comparison::Less,
            Cmp::Lte => Comparison::AtMost,
        };
        Self::Threshold { metric: from.name, window, aggregate, comparison, threshold: from.threshold }
    }
}

impl Change {
    fn rule(self) -> Result<MetricRule, String> {
        let (window, prior_window) = match self.agg_op {
            None => (1, 1),
            Some(Agg::Average) => {
                (self.current_window_size, self.prior_window_size.unwrap_or(self.current_window_size))
            }
            Some(Agg::Min | Agg::Max) => {
                return Err(String::from(
                    "A change is measured between averages here, not between smallest or largest values. Use avg().",
                ));
            }
        };
        let change = match self.change_type {
            ChangeType::Absolute => ChangeKind::Absolute,
            ChangeType::Relative => ChangeKind::Relative,
        };
        let direction = self.change_dir.into();
        Ok(MetricRule::Change {
            metric: self.name,
            window,
            prior_window,
            change,
            direction,
            amount: self.change_amount,
        })
    }
}

impl From<ZScore> for MetricRule {
    fn from(from: ZScore) -> Self {
        Self::ZScore {
            metric: from.name,
            window: from.window_size,
            zscore: from.threshold,
            direction: from.change_dir.into(),
        }
    }
}

impl From<ChangeDir> for Direction {
    fn from(from: ChangeDir) -> Self {
        match from {
            ChangeDir::Increase => Self::Up,
            ChangeDir::Decrease => Self::Down,
            ChangeDir::Any => Self::Either,
        }
    }
}

/// The rule as the SDK reads it.
pub(super) fn shown(rule: &MetricRule) -> Value {
    match rule {
        MetricRule::Threshold { metric, window, aggregate, comparison, threshold } => {
            let agg = match aggregate {
                Aggregate::Average if *window == 1 => None,
                Aggregate::Average => Some(Agg::Average),
                Aggregate::Min => Some(Agg::Min),
                Aggregate::Max => Some(Agg::Max),
            };
            let cmp = match comparison {
                Comparison::Greater => "$gt",
                Comparison::AtLeast => "$gte",
                Comparison::Less => "$lt",
                Comparison::AtMost => "$lte",
            };
            json!({ "threshold_filter": {
                "name": metric, "agg_op": agg, "window_size": window, "cmp_op": cmp, "threshold": number(*threshold),
            }})
        }
        MetricRule::Change { metric, window, prior_window, change, direction, amount } => {
            let agg = (*window > 1 || *prior_window > 1).then_some(Agg::Average);
            let kind = match change {
                ChangeKind::Absolute => "ABSOLUTE",
                ChangeKind::Relative => "RELATIVE",
            };
            json!({ "change_filter": {
                "name": metric, "agg_op": agg, "current_window_size": window, "prior_window_size": prior_window,
                "change_type": kind, "change_dir": side(*direction), "change_amount": number(*amount),
            }})
        }
        MetricRule::ZScore { metric, window, zscore, direction } => json!({ "zscore_filter": {
            "name": metric, "window_size": window, "threshold": number(*zscore), "change_dir": side(*direction),
        }}),
    }
}

const fn side(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "INCREASE",
        Direction::Down => "DECREASE",
        Direction::Either => "ANY",
    }
}

/// Whole numbers up to here are the same as `f64` and in every JSON reader: 2^53.
const WHOLE: f64 = 9_007_199_254_740_992.0;

/// A whole number as people write it: the SDK keeps the two apart.
#[expect(clippy::cast_possible_truncation, reason = "its size was looked at")]
fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() <= WHOLE { Value::from(value as i64) } else { Value::from(value) }
}
