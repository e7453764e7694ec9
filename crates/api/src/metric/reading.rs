//! What a rule makes of a metric's history.
//!
//! A history is a slice of values, oldest first, the newest being the point just received. Values
//! that are not finite are no part of a history: sources refuse them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rule::{Aggregate, ChangeKind, Comparison, Direction, MetricJoin, MetricRule};

/// What a rule made of a history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reading {
    /// The aggregate, change or z-score; absent where there are too few values, where it is not
    /// defined (a relative change from zero, a z-score without spread), or where it is too large for
    /// a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the rule holds.
    pub holds: bool,
}

/// What one rule made of its metric, as an evaluation keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RuleReading {
    /// The rule as it was then; absent where the evaluation keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<MetricRule>,
    /// The aggregate, change or z-score; absent where there are too few values or where it is no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// Whether the rule held.
    pub holds: bool,
}

impl RuleReading {
    /// What `rules` made of their metrics, in their order.
    pub fn of(rules: &[MetricRule], readings: &[Reading]) -> Vec<Self> {
        let kept = |(rule, reading): (&MetricRule, &Reading)| Self {
            rule: Some(rule.clone()),
            value: reading.value,
            holds: reading.holds,
        };
        rules.iter().zip(readings).map(kept).collect()
    }
}

impl MetricRule {
    /// What the rule makes of `history`, oldest value first. Only the last [`span`](Self::span)
    /// values are read; with fewer, there is no reading and it does not hold.
    ///
    /// ```
    /// use hookboard_api::metric::{Aggregate, Comparison, MetricRule};
    /// let rule = MetricRule::Threshold {
    ///     metric: "loss".into(), window: 2, aggregate: Aggregate::Average,
    ///     comparison: Comparison::Less, threshold: 0.5,
    /// };
    /// let reading = rule.read(&[9.0, 0.25, 0.5]);
    /// assert_eq!((reading.value, reading.holds), (Some(0.375), true));
    /// ```
    pub fn read(&self, history: &[f64]) -> Reading {
        let none = Reading { value: None, holds: false };
        let Some(start) = history.len().checked_sub(self.span()) else {
            return none;
        };
        let Some(recent) = history.get(start..).filter(|recent| !recent.is_empty()) else {
            return none;
        };
        match self {
            Self::Threshold { aggregate, comparison, threshold, .. } => {
                let value = match aggregate {
                    Aggregate::Average => mean(recent),
                    Aggregate::Min => recent.iter().copied().fold(f64::INFINITY, f64::min),
                    Aggregate::Max => recent.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                };
                defined(value, |value| comparison.holds(value, *threshold))
            }
            Self::Change { prior_window, change, direction, amount, .. } => {
                let Some((prior, last)) = recent.split_at_checked(*prior_window as usize) else {
                    return none;
                };
                let (prior, last) = (mean(prior), mean(last));
                let difference = match change {
                    ChangeKind::Absolute => last - prior,
                    ChangeKind::Relative => (last - prior) / prior.abs(),
                };
                defined(difference, |value| direction.admits(value, *amount))
            }
            Self::ZScore { zscore, direction, .. } => {
                let Some((newest, before)) = recent.split_last() else {
                    return none;
                };
                let centre = mean(before);
                let squares: Vec<f64> = before.iter().map(|value| (value - centre) * (value - centre)).collect();
                let spread = mean(&squares).sqrt();
                if !spread.is_finite() {
                    return none;
                }
                defined((newest - centre) / spread, |value| direction.admits(value, *zscore))
            }
        }
    }
}

impl Comparison {
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::Greater => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Less => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }
}

impl Direction {
    fn admits(self, signed: f64, amount: f64) -> bool {
        match self {
            Self::Up => signed >= amount,
            Self::Down => -signed >= amount,
            Self::Either => signed.abs() >= amount,
        }
    }
}

impl MetricJoin {
    /// Whether rules that read so hold together; no rules do not.
    pub fn holds(self, readings: &[Reading]) -> bool {
        match self {
            Self::All => !readings.is_empty() && readings.iter().all(|reading| reading.holds),
            Self::Any => readings.iter().any(|reading| reading.holds),
        }
    }
}

fn defined(value: f64, holds: impl FnOnce(f64) -> bool) -> Reading {
    if value.is_finite() {
        Reading { value: Some(value), holds: holds(value) }
    } else {
        Reading { value: None, holds: false }
    }
}

/// Arithmetic mean; NaN for none, which no comparison lets through.
fn mean(values: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "windows are far below 2^52 values")]
    let count = values.len() as f64;
    values.iter().sum::<f64>() / count
}

#[cfg(test)]
mod tests {
    use super::super::rule::samples::{change, threshold};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_reading_that_was_kept_without_its_rule_is_read() {
        let read = |text: &str| serde_json::from_str::<RuleReading>(text).ok();
        let old = RuleReading { rule: None, value: Some(0.5), holds: true };
        assert_eq!(read(r#"{"value":0.5,"holds":true}"#), Some(old));
        let rules = [threshold(1, Aggregate::Min, Comparison::Greater, 0.25)];
        let kept = RuleReading::of(&rules, &[Reading { value: None, holds: false }]);
        let text = serde_json::to_string(&kept).unwrap_or_default();
        assert_eq!(serde_json::from_str::<Vec<RuleReading>>(&text).ok(), Some(kept));
    }

    #[test]
    fn too_few_values_never_hold() {
        let rule = threshold(3, Aggregate::Min, Comparison::Greater, -1e9);
        assert_eq!(rule.read(&[1.0, 2.0]), Reading { value: None, holds: false });
        assert!(rule.read(&[1.0, 2.0, 3.0]).holds);
    }

    #[test]
    fn a_relative_change_from_zero_is_not_defined() {
        let rule = change(1, 2, ChangeKind::Relative, Direction::Either, 0.1);
        assert_eq!(rule.read(&[0.0, 0.0, 5.0]).value, None);
        let rule = change(1, 2, ChangeKind::Absolute, Direction::Up, 5.0);
        assert!(rule.read(&[0.0, 0.0, 5.0]).holds);
    }

    #[test]
    fn a_relative_change_of_a_negative_metric_keeps_its_direction() {
        let rule = change(1, 1, ChangeKind::Relative, Direction::Up, 0.5);
        assert!(rule.read(&[-2.0, -1.0]).holds, "-1 is above -2");
        assert!(!rule.read(&[-1.0, -2.0]).holds);
    }

    #[test]
    fn a_z_score_without_spread_is_not_defined() {
        let rule = MetricRule::ZScore { metric: "m".into(), window: 3, zscore: 1.0, direction: Direction::Either };
        assert_eq!(rule.read(&[1.0, 1.0, 1.0, 9.0]).value, None);
        assert_eq!(rule.read(&[1.0, 3.0, 2.0, 2.0]).value, Some(0.0));
    }

    #[test]
    fn a_small_spread_around_a_large_value_is_not_lost() {
        let rule = MetricRule::ZScore { metric: "m".into(), window: 3, zscore: 1.0, direction: Direction::Up };
        let small = rule.read(&[0.0, 0.001, 0.003, 0.004]).value.expect("defined");
        let large = rule.read(&[0.0, 0.001, 0.003, 0.004].map(|value| value + 1e9)).value.expect("defined");
        assert!((small - large).abs() < 0.01, "{small} {large}");
    }

    #[test]
    fn what_overflows_never_holds() {
        let huge = [1.7e308, 1.7e308, -1.7e308, 1.7e308];
        let none = Reading { value: None, holds: false };
        assert_eq!(threshold(2, Aggregate::Average, Comparison::AtLeast, 1.0).read(&huge[..2]), none);
        assert_eq!(change(1, 1, ChangeKind::Absolute, Direction::Up, 1.0).read(&huge[2..]), none);
        let outlier = MetricRule::ZScore { metric: "m".into(), window: 3, zscore: 1.0, direction: Direction::Either };
        assert_eq!(outlier.read(&huge), none);
    }

    #[test]
    fn a_limit_itself_is_within_at_least_and_at_most_only() {
        for (comparison, sign, holds) in [
            (Comparison::Greater, ">", [false, false, true]),
            (Comparison::AtLeast, "≥", [false, true, true]),
            (Comparison::Less, "<", [true, false, false]),
            (Comparison::AtMost, "≤", [true, true, false]),
        ] {
            assert_eq!(comparison.sign(), sign);
            assert_eq!([1.0, 2.0, 3.0].map(|value| comparison.holds(value, 2.0)), holds, "{sign}");
        }
    }

    #[test]
    fn a_change_of_just_the_amount_counts_in_its_direction() {
        for (direction, holds) in [
            (Direction::Up, [false, false, false, true]),
            (Direction::Down, [true, false, false, false]),
            (Direction::Either, [true, false, false, true]),
        ] {
            let rule = change(1, 1, ChangeKind::Absolute, direction, 2.0);
            assert_eq!([-2.0, -1.0, 1.0, 2.0].map(|to| rule.read(&[0.0, to]).holds), holds, "{direction:?}");
            let outlier = MetricRule::ZScore { metric: "m".into(), window: 2, zscore: 2.0, direction };
            assert_eq!([-2.0, -1.0, 1.0, 2.0].map(|to| outlier.read(&[1.0, -1.0, to]).holds), holds, "{direction:?}");
        }
    }

    #[test]
    fn all_of_no_rules_do_not_hold() {
        let readings = [true, false].map(|holds| Reading { value: Some(1.0), holds });
        for (join, all, both, one, none) in
            [(MetricJoin::All, true, false, false, false), (MetricJoin::Any, true, true, false, false)]
        {
            assert_eq!(join.holds(&readings[..1]), all);
            assert_eq!(join.holds(&readings), both);
            assert_eq!(join.holds(&readings[1..]), one);
            assert_eq!(join.holds(&[]), none);
        }
    }

    fn reference_mean(values: &[f64]) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values {
            sum += value;
            count += 1.0;
        }
        sum / count
    }

    proptest! {
        #[test]
        fn a_reading_that_holds_is_a_finite_number(
            history in prop::collection::vec(prop::num::f64::NORMAL | prop::num::f64::ZERO, 0..12),
            limit in prop::num::f64::NORMAL,
        ) {
            let outlier = |zscore: f64| MetricRule::ZScore { metric: "m".into(), window: 3, zscore, direction: Direction::Either };
            let rules = [
                threshold(3, Aggregate::Average, Comparison::AtLeast, limit),
                threshold(3, Aggregate::Average, Comparison::Less, limit),
                threshold(3, Aggregate::Max, Comparison::Greater, limit),
                change(2, 3, ChangeKind::Absolute, Direction::Either, limit.abs()),
                change(2, 3, ChangeKind::Relative, Direction::Either, limit.abs()),
                outlier(limit.abs()),
            ];
            for rule in rules {
                let reading = rule.read(&history);
                prop_assert!(reading.value.is_none_or(f64::is_finite), "{:?}", reading);
                prop_assert!(!reading.holds || reading.value.is_some(), "{:?}", reading);
            }
        }

        #[test]
        fn threshold_reads_the_last_values_only(
            before in prop::collection::vec(-1e6..1e6_f64, 0..20),
            window in prop::collection::vec(-1e6..1e6_f64, 1..20),
            limit in -1e6..1e6_f64,
        ) {
            let history: Vec<f64> = before.iter().chain(&window).copied().collect();
            let size = u32::try_from(window.len()).expect("small");
            let mut sorted = window.clone();
            sorted.sort_by(f64::total_cmp);
            for (aggregate, expected) in [
                (Aggregate::Average, reference_mean(&window)),
                (Aggregate::Min, sorted[0]),
                (Aggregate::Max, sorted[sorted.len() - 1]),
            ] {
                let reading = threshold(size, aggregate, Comparison::Greater, limit).read(&history);
                let value = reading.value.expect("enough values");
                prop_assert!((value - expected).abs() <= 1e-6 * expected.abs().max(1.0));
                prop_assert_eq!(reading.holds, value > limit);
                prop_assert_eq!(threshold(size, aggregate, Comparison::AtMost, limit).read(&history).holds, value <= limit);
            }
        }

        #[test]
        fn change_agrees_with_two_plain_means(
            prior in prop::collection::vec(1.0..1e3_f64, 1..20),
            last in prop::collection::vec(1.0..1e3_f64, 1..20),
            amount in 0.001..10.0_f64,
        ) {
            let history: Vec<f64> = std::iter::once(1e9).chain(prior.iter().chain(&last).copied()).collect();
            let (size, prior_size) = (u32::try_from(last.len()).expect("small"), u32::try_from(prior.len()).expect("small"));
            let difference = reference_mean(&last) - reference_mean(&prior);
            for (kind, expected) in [(ChangeKind::Absolute, difference), (ChangeKind::Relative, difference / reference_mean(&prior))] {
                let reading = change(size, prior_size, kind, Direction::Either, amount).read(&history);
                let value = reading.value.expect("defined");
                prop_assert!((value - expected).abs() < 1e-9 * expected.abs().max(1.0));
                let up = change(size, prior_size, kind, Direction::Up, amount).read(&history).holds;
                let down = change(size, prior_size, kind, Direction::Down, amount).read(&history).holds;
                prop_assert_eq!(reading.holds, up || down);
                prop_assert!(!(up && down));
            }
        }

        #[test]
        fn z_score_agrees_with_the_textbook(window in prop::collection::vec(-100.0..100.0_f64, 2..30), newest in -1e3..1e3_f64) {
            let size = u32::try_from(window.len()).expect("small");
            let centre = reference_mean(&window);
            let variance = window.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / f64::from(size);
            let history: Vec<f64> = window.iter().copied().chain([newest]).collect();
            let reading = MetricRule::ZScore { metric: "m".into(), window: size, zscore: 2.0, direction: Direction::Up }.read(&history);
            if variance.sqrt() > 1e-6 {
                let expected = (newest - centre) / variance.sqrt();
                let value = reading.value.expect("defined");
                prop_assert!((value - expected).abs() < 1e-6 * expected.abs().max(1.0));
                prop_assert_eq!(reading.holds, value >= 2.0);
            }
        }
    }
}
