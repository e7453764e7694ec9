//! An alert being written: a run-metric automation, and what it would have done to the runs in sight.

use hookboard_api::{
    catalogue::Point,
    metric::{Comparison, MetricRule},
};
use leptos::prelude::*;

use super::plot::{Limit, Series};
use crate::{
    features::wizard::{Door, Draft, RuleDraft},
    route::Place,
};

/// An alert being written. It is kept while the bell's plot is there, open or not.
#[derive(Clone, Copy)]
pub(super) struct Alert {
    /// The wizard's door for it.
    pub(super) door: StoredValue<Door>,
    /// What is typed.
    pub(super) draft: RwSignal<Draft>,
    /// Whether its form shows.
    pub(super) open: RwSignal<bool>,
    begun: StoredValue<bool>,
}

impl Alert {
    /// Nothing typed yet, for a metric.
    pub(super) fn new(place: Place, metric: String) -> Self {
        let door = Door::metric(place, metric);
        let (draft, _) = door.begin();
        Self {
            door: StoredValue::new(door),
            draft: RwSignal::new(draft),
            open: RwSignal::new(false),
            begun: StoredValue::new(false),
        }
    }

    /// Whether its form shows.
    pub(super) fn is_open(self) -> bool {
        self.open.get()
    }

    /// The condition on the metric.
    pub(super) fn rule(self) -> RuleDraft {
        self.draft.with(|draft| draft.rules.first().cloned().unwrap_or_else(|| RuleDraft::new(0, draft.event)))
    }

    /// Changes the condition.
    pub(super) fn change(self, change: impl FnOnce(&mut RuleDraft)) {
        self.draft.update(|draft| {
            if let Some(rule) = draft.rules.first_mut() {
                change(rule);
            }
        });
    }

    /// Fills in what the metric's last values suggest: their neighbourhood, on the side they move to.
    pub(super) fn begin(self, series: &[Series]) {
        if self.begun.get_value() {
            return;
        }
        let Some(points) = series.iter().map(|one| &one.points).find(|points| !points.is_empty()) else { return };
        self.begun.set_value(true);
        let (first, last) = (points[0].value, points[points.len() - 1].value);
        let falls = last < first;
        self.change(|rule| {
            rule.comparison = if falls { Comparison::Less } else { Comparison::Greater };
            rule.limit = last.to_string();
            "5".clone_into(&mut rule.window);
        });
    }

    /// What the plot shows of it while it is written.
    pub(super) fn limit(self, series: &[Series]) -> Option<Limit> {
        if !self.open.get() {
            return None;
        }
        let event = self.draft.with(|draft| draft.event);
        let draft = self.rule();
        if !draft.is_whole(event) {
            return None;
        }
        let rule = draft.rule(event);
        let (value, words) = match &rule {
            MetricRule::Threshold { comparison, threshold, .. } => {
                (Some(*threshold), format!("{} {}", comparison.sign(), draft.limit.trim()))
            }
            MetricRule::Change { .. } => (None, "Dots: first change".to_owned()),
            MetricRule::ZScore { .. } => (None, "Dots: first outlier".to_owned()),
        };
        Some(Limit { value, words, crossings: series.iter().filter_map(|one| first_met(&rule, &one.points)).collect() })
    }
}

/// Where a run met the rule first.
pub(super) fn first_met(rule: &MetricRule, points: &[Point]) -> Option<Point> {
    let values: Vec<f64> = points.iter().map(|point| point.value).collect();
    let span = rule.span().max(1);
    (span..=values.len()).find(|end| rule.read(&values[end - span..*end]).holds).map(|end| points[end - 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use hookboard_api::metric::Aggregate;

    #[test]
    fn the_first_crossing_is_where_the_window_ends() {
        let rule = MetricRule::Threshold {
            metric: "loss".to_owned(),
            window: 2,
            aggregate: Aggregate::Average,
            comparison: Comparison::Less,
            threshold: 0.5,
        };
        let points: Vec<Point> =
            [0.9, 0.4, 0.5, 0.1].into_iter().zip(0..).map(|(value, step)| Point { step, value }).collect();
        assert_eq!(first_met(&rule, &points).map(|point| point.step), Some(2));
        assert_eq!(first_met(&rule, &points[..2]), None);
    }
}
