use hookboard_api::metric::{Aggregate, ChangeKind, Comparison, Direction};
use proptest::prelude::*;

use super::*;

fn trigger(event: EventType, filter: &Value) -> Trigger {
    read(event, &filter.to_string()).unwrap_or_else(|errors| panic!("{filter}: {errors:?}"))
}

/// What the SDK sends back of what it was shown.
fn echo(shown: &Shown) -> String {
    let filter: Value = serde_json::from_str(&shown.filter).expect("JSON");
    match filter.get("filter") {
        Some(inner) => inner.as_str().expect("text").to_owned(),
        None => shown.filter.clone(),
    }
}

#[test]
fn artifact_filters_come_back_wrapped_once_more() {
    for (sent, kept) in [
        (json!({"$or": [{"$and": [{"alias": {"$eq": "x"}}]}]}), Some(json!({"alias": {"$eq": "x"}}))),
        (json!({"$or": [{"$and": [{"alias": {"$regex": "^p"}}]}]}), Some(json!({"alias": {"$regex": "^p"}}))),
        (json!({"$or": [{"$and": []}]}), None),
    ] {
        let trigger = trigger(EventType::AddArtifactAlias, &sent);
        assert_eq!(trigger.filter, kept);
        let shown = Shown::of(&trigger);
        assert_eq!(shown.filter, json!({"filter": sent.to_string()}).to_string());
        assert!(shown.is(Some("ADD_ARTIFACT_ALIAS"), Some(&echo(&shown))));
    }
}

#[test]
fn a_bare_value_and_an_equality_say_the_same() {
    let [bare, spelled] = [json!({"alias": "x"}), json!({"alias": {"$eq": "x"}})]
        .map(|filter| trigger(EventType::AddArtifactAlias, &filter));
    assert_eq!(bare, spelled);
    assert!(Shown::of(&bare).is(None, Some(r#"{"alias":"x"}"#)));
    assert!(!Shown::of(&bare).is(None, Some(r#"{"alias":"y"}"#)));
    assert!(!Shown::of(&bare).is(Some("ADD_ARTIFACT_TAG"), Some(r#"{"alias":"x"}"#)));
}

#[test]
fn run_filters_come_back_as_they_were_sent() {
    let named = json!({"$and": [{"display_name": {"$contains": "train"}}]}).to_string();
    let none = json!({"$and": []}).to_string();
    for (event, sent) in [
        (
            EventType::RunMetricThreshold,
            json!({"run_filter": none, "run_metric_filter": {"threshold_filter":
            {"name": "loss", "agg_op": null, "window_size": 1, "cmp_op": "$gt", "threshold": 10}}}),
        ),
        (
            EventType::RunMetricThreshold,
            json!({"run_filter": named, "run_metric_filter": {"threshold_filter":
            {"name": "loss", "agg_op": "MIN", "window_size": 5, "cmp_op": "$lte", "threshold": 0.25}}}),
        ),
        (
            EventType::RunMetricChange,
            json!({"run_filter": named, "run_metric_filter": {"change_filter":
            {"name": "loss", "agg_op": "AVERAGE", "current_window_size": 5, "prior_window_size": 9,
             "change_type": "RELATIVE", "change_dir": "DECREASE", "change_amount": 0.1}}}),
        ),
        (
            EventType::RunMetricChange,
            json!({"run_filter": none, "run_metric_filter": {"change_filter":
            {"name": "loss", "agg_op": null, "current_window_size": 1, "prior_window_size": 1,
             "change_type": "ABSOLUTE", "change_dir": "ANY", "change_amount": 3}}}),
        ),
        (
            EventType::RunMetricZscore,
            json!({"run_filter": none, "run_metric_filter": {"zscore_filter":
            {"name": "loss", "window_size": 30, "threshold": 3, "change_dir": "INCREASE"}}}),
        ),
        (EventType::RunState, json!({"run_filter": named, "run_state_filter": {"states": ["FAILED", "FINISHED"]}})),
    ] {
        let trigger = trigger(event, &sent);
        let shown = Shown::of(&trigger);
        assert_eq!(shown.filter, sent.to_string());
        assert_eq!(event_of(shown.event), Some(event));
        assert!(shown.is(None, Some(&sent.to_string())));
    }
    let state = trigger(EventType::RunState, &json!({"run_filter": named, "run_state_filter": {"states": "CRASHED"}}));
    assert_eq!(state.states, [RunState::Failed]);
    assert_eq!(state.filter, Some(json!({"run_name": {"$contains": "train"}})));
}

#[test]
fn a_threshold_is_read_as_it_was_written_once() {
    let legacy = json!({"name": "loss", "window_size": 1, "cmp_op": "$gt", "threshold": 1}).to_string();
    let trigger = trigger(EventType::RunMetricThreshold, &json!({"run_filter": "{}", "metric_filter": legacy}));
    assert_eq!(trigger.metrics.expect("a rule").rules[0].metric(), "loss");
}

#[test]
fn what_cannot_be_read_is_told_with_its_place() {
    let codes = |event, filter: &str| {
        let errors = read(event, filter).expect_err("refused");
        errors.into_iter().map(|error| format!("{} {}", error.pointer, error.code)).collect::<Vec<_>>()
    };
    assert_eq!(codes(EventType::LinkArtifact, "{"), ["/filter malformed"]);
    assert_eq!(codes(EventType::LinkArtifact, r#"{"filter":"{"}"#), ["/filter malformed"]);
    assert_eq!(codes(EventType::RunState, r#"{"run_state_filter":{"states":["GONE"]}}"#), ["/states malformed"]);
    assert_eq!(
        codes(EventType::RunMetricChange, r#"{"run_metric_filter":{"change_filter":{}}}"#),
        ["/metrics malformed"]
    );
    let largest = r#"{"run_metric_filter":{"change_filter":{"name":"a","agg_op":"MAX","change_type":"ABSOLUTE","change_dir":"ANY","change_amount":1}}}"#;
    assert_eq!(codes(EventType::RunMetricChange, largest), ["/metrics malformed"]);
}

#[test]
fn what_the_sdk_cannot_write_is_named_shown_and_not_taken_for_new() {
    let rule = |metric: &str| MetricRule::Threshold {
        metric: metric.into(),
        window: 1,
        aggregate: Aggregate::Max,
        comparison: Comparison::Greater,
        threshold: 1.0,
    };
    let mut several = Trigger::on(EventType::RunMetricThreshold);
    several.metrics = Some(MetricCondition { join: MetricJoin::Any, rules: vec![rule("loss"), rule("accuracy")] });
    let mut metadata = Trigger::on(EventType::AddArtifactAlias);
    metadata.filter = Some(json!({"alias": "x", "artifact_metadata.accuracy": {"$gt": 0.9}}));
    for (trigger, named) in [(&several, "several metrics"), (&metadata, "artifact_metadata.accuracy")] {
        assert!(beyond_sdk(trigger).expect("beyond").message.contains(named));
        let shown = Shown::of(trigger);
        assert!(shown.is(Some(shown.event), Some(&echo(&shown))), "sent back, it is no change");
    }
    let shown = Shown::of(&several);
    assert!(shown.filter.contains("accuracy"), "it tells of all rules: {}", shown.filter);
    let taken = read(EventType::RunMetricThreshold, &shown.filter).expect_err("refused");
    assert_eq!(taken[0].code, "beyond_sdk");

    let mut plain = Trigger::on(EventType::AddArtifactAlias);
    plain.filter = Some(json!({"$and": [{"alias": "x"}]}));
    assert_eq!(beyond_sdk(&plain), None);
}

#[test]
fn a_client_that_does_not_know_an_event_is_shown_one_that_it_cannot_write() {
    let shown = Shown::unknown(&Trigger::on(EventType::RunState));
    assert_eq!(shown.event, UNKNOWN_EVENT);
    assert!(shown.filter.contains("RUN_STATE"));
    assert!(shown.is(Some(UNKNOWN_EVENT), Some(&echo(&shown))));
    assert_eq!(event_of(UNKNOWN_EVENT), None);
}

fn rules() -> impl Strategy<Value = MetricRule> {
    let metric = "[a-zä ]{1,6}";
    let direction = prop_oneof![Just(Direction::Up), Just(Direction::Down), Just(Direction::Either)];
    let amount = prop_oneof![(1..50).prop_map(f64::from), 1e-9..1e9_f64];
    let aggregate = prop_oneof![Just(Aggregate::Average), Just(Aggregate::Min), Just(Aggregate::Max)];
    let comparison = prop_oneof![
        Just(Comparison::Greater),
        Just(Comparison::AtLeast),
        Just(Comparison::Less),
        Just(Comparison::AtMost)
    ];
    let kind = prop_oneof![Just(ChangeKind::Absolute), Just(ChangeKind::Relative)];
    prop_oneof![
        (metric, 1..9_u32, aggregate, comparison, prop::num::f64::NORMAL).prop_map(
            |(metric, window, aggregate, comparison, threshold)| MetricRule::Threshold {
                metric,
                window,
                aggregate,
                comparison,
                threshold
            }
        ),
        (metric, 1..9_u32, 1..9_u32, kind, direction.clone(), amount.clone()).prop_map(
            |(metric, window, prior_window, change, direction, amount)| MetricRule::Change {
                metric,
                window,
                prior_window,
                change,
                direction,
                amount
            }
        ),
        (metric, 2..9_u32, amount, direction).prop_map(|(metric, window, zscore, direction)| MetricRule::ZScore {
            metric,
            window,
            zscore,
            direction
        }),
    ]
}

proptest! {
    #[test]
    fn every_rule_is_read_as_it_was_shown(rule in rules()) {
        let mut trigger = Trigger::on(rule.event());
        trigger.metrics = Some(MetricCondition { join: MetricJoin::All, rules: vec![rule] });
        let shown = Shown::of(&trigger);
        prop_assert_eq!(read(trigger.event, &shown.filter).expect("readable"), trigger);
    }

    #[test]
    fn any_text_is_read_or_refused(event in 0..EventType::ALL.len(), text in "\\PC{0,40}|[\\[\\]{}\":,a$]{0,40}") {
        let _ = read(EventType::ALL[event], &text);
    }
}
