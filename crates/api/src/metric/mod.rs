//! Run-metric conditions as pure functions over a metric's history.

mod reading;
mod rule;

pub use reading::{Reading, RuleReading};
pub use rule::{Aggregate, ChangeKind, Comparison, Direction, MetricCondition, MetricJoin, MetricRule};
