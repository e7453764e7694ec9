//! A condition on a run's metric as typed.

use hookboard_api::{
    EventType,
    metric::{Aggregate, ChangeKind, Comparison, Direction, MetricRule},
};
use serde::{Deserialize, Serialize};

/// A metric condition as typed. Which of the fields count is the event's to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleDraft {
    /// Tells the rows apart while they move.
    pub key: u32,
    /// Name of the metric.
    pub metric: String,
    /// How many of the last values count.
    pub window: String,
    /// How many values before those count.
    pub prior: String,
    /// How values become one.
    pub aggregate: Aggregate,
    /// How they are compared with the limit.
    pub comparison: Comparison,
    /// How a change is measured.
    pub change: ChangeKind,
    /// Which way counts.
    pub direction: Direction,
    /// Threshold, amount or z-score.
    pub limit: String,
}

/// How many of the last values count where nothing else is said.
const fn default_window(event: EventType) -> &'static str {
    match event {
        EventType::RunMetricChange => "10",
        EventType::RunMetricZscore => "30",
        _ => "1",
    }
}

impl RuleDraft {
    /// The defaults of `event`.
    pub fn new(key: u32, event: EventType) -> Self {
        Self {
            key,
            metric: String::new(),
            window: default_window(event).to_owned(),
            prior: "50".to_owned(),
            aggregate: Aggregate::Average,
            comparison: Comparison::Greater,
            change: ChangeKind::Relative,
            direction: Direction::Either,
            limit: if event == EventType::RunMetricZscore { "3" } else { "" }.to_owned(),
        }
    }

    /// The same rule for another event: what was the former's default becomes the new one's.
    pub fn moved(&mut self, from: EventType, to: EventType) {
        let (old, new) = (Self::new(self.key, from), Self::new(self.key, to));
        if self.window == old.window {
            self.window = new.window;
        }
        if self.limit == old.limit {
            self.limit = new.limit;
        }
    }

    /// The rule as typed.
    pub fn read(key: u32, rule: &MetricRule) -> Self {
        let blank = Self::new(key, EventType::RunMetricThreshold);
        let (metric, limit) = (rule.metric().to_owned(), rule.limit().to_string());
        match rule {
            MetricRule::Threshold { window, aggregate, comparison, .. } => Self {
                metric,
                limit,
                window: window.to_string(),
                aggregate: *aggregate,
                comparison: *comparison,
                ..blank
            },
            MetricRule::Change { window, prior_window, change, direction, .. } => Self {
                metric,
                limit,
                window: window.to_string(),
                prior: prior_window.to_string(),
                change: *change,
                direction: *direction,
                ..blank
            },
            MetricRule::ZScore { window, direction, .. } => {
                Self { metric, limit, window: window.to_string(), direction: *direction, ..blank }
            }
        }
    }

    /// The rule for `event`. Text that is no number gives one that the rule's own check refuses.
    pub fn rule(&self, event: EventType) -> MetricRule {
        let metric = self.metric.trim().to_owned();
        let window = self.window.trim().parse().unwrap_or(0);
        let limit = self.limit.trim().parse().unwrap_or(f64::NAN);
        match event {
            EventType::RunMetricChange => MetricRule::Change {
                metric,
                window,
                prior_window: self.prior.trim().parse().unwrap_or(0),
                change: self.change,
                direction: self.direction,
                amount: limit,
            },
            EventType::RunMetricZscore => {
                MetricRule::ZScore { metric, window, zscore: limit, direction: self.direction }
            }
            _ => MetricRule::Threshold {
                metric,
                window,
                aggregate: self.aggregate,
                comparison: self.comparison,
                threshold: limit,
            },
        }
    }

    /// Whether the sentence can say it.
    pub fn is_whole(&self, event: EventType) -> bool {
        let rule = self.rule(event);
        !rule.metric().is_empty() && rule.limit().is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_written_back_as_it_was_read() {
        for (event, text) in [
            (
                EventType::RunMetricThreshold,
                r#"{"kind":"threshold","metric":"loss","window":5,"aggregate":"min","comparison":"<=","threshold":0.25}"#,
            ),
            (
                EventType::RunMetricChange,
                r#"{"kind":"change","metric":"loss","change":"absolute","direction":"down","amount":1.5}"#,
            ),
            (EventType::RunMetricZscore, r#"{"kind":"z_score","metric":"loss","direction":"up"}"#),
        ] {
            let rule: MetricRule = serde_json::from_str(text).expect("a rule");
            assert_eq!(RuleDraft::read(3, &rule).rule(event), rule);
        }
    }

    #[test]
    fn only_defaults_move_with_the_event() {
        let mut rule = RuleDraft::new(1, EventType::RunMetricThreshold);
        rule.moved(EventType::RunMetricThreshold, EventType::RunMetricZscore);
        assert_eq!((rule.window.as_str(), rule.limit.as_str()), ("30", "3"));
        rule.window = "7".to_owned();
        rule.moved(EventType::RunMetricZscore, EventType::RunMetricChange);
        assert_eq!((rule.window.as_str(), rule.limit.as_str()), ("7", ""));
    }
}
