//! What a condition would have fired on.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Server};

const PATH: &str = "/entities/kestrel/automations/backtest";

fn test(server: &Server, draft: &Value) -> Value {
    let (status, answer) = server.call("POST", PATH, Some(&json!({"draft": draft, "days": 7})));
    assert_eq!(status, 200, "{answer}");
    answer
}

fn counts(answer: &Value) -> [u64; 3] {
    ["seen", "matched", "skipped"].map(|name| answer[name].as_u64().expect("a count"))
}

fn details<'a>(answer: &'a Value, list: &str) -> Vec<(&'a str, &'a str, &'a str)> {
    let text = |item: &'a Value, name: &str| item[name].as_str().unwrap_or_default();
    let items = answer[list].as_array().into_iter().flatten();
    items.map(|item| (text(item, "subject_detail"), text(item, "verdict"), text(item, "reason"))).collect()
}

#[test]
fn a_condition_is_tried_on_the_events_of_its_place_and_type() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    for name in ["models", "other"] {
        server.call("PUT", &format!("/entities/kestrel/places/registries/{name}"), None);
    }
    let alias = |place: &str, collection: &str, alias: &str, accuracy: f64| {
        let event = json!({
            "type": "ADD_ARTIFACT_ALIAS", "alias": alias, "metadata": {"accuracy": accuracy},
            "subject": {"kind": "registry", "entity": "kestrel", "name": place, "collection": collection, "version": 1}
        });
        assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    };
    alias("models", "fraud", "production", 0.95);
    alias("models", "fraud", "production", 0.91);
    alias("models", "fraud", "staging", 0.5);
    alias("models", "churn", "prod-eu", 0.97);
    alias("other", "fraud", "production", 0.99);
    let mut draft = json!({
        "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"$and": [
            {"alias": {"$regex": "^prod"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}
        ]}}
    });
    let answer = test(&server, &draft);
    assert_eq!(counts(&answer), [4, 2, 0], "{answer}");
    let words = "alias production matches ^prod";
    assert_eq!(
        details(&answer, "items"),
        [("prod-eu", "matched", "alias prod-eu matches ^prod"), ("production", "matched", words)]
    );
    assert_eq!(details(&answer, "near"), [("production", "condition", "accuracy 0.91 is not ≥ 0.93")]);
    let item = &answer["items"][0];
    assert_eq!((&item["subject"]["collection"], &item["event_author"]), (&json!("churn"), &json!("mira")));
    assert!(item["event_id"].is_string() && item["occurred_at"].is_string() && item["trace"].is_object(), "{item}");

    draft["scope"]["collection"] = json!("fraud");
    assert_eq!(counts(&test(&server, &draft)), [3, 1, 0]);
    draft["trigger"]["filter"] = json!({"alias": {"$regex": ""}});
    let (status, problem) = server.call("POST", PATH, Some(&json!({"draft": draft, "days": 31})));
    assert_eq!(status, 422, "{problem}");
    let pointers: Vec<_> =
        problem["errors"].as_array().into_iter().flatten().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/draft/trigger/filter/alias/$regex", "/days"]);
    let (_, problem) = server.call("POST", PATH, Some(&json!({"draft": draft, "days": -1})));
    assert_eq!(problem["detail"], "Write a whole number from 1 to 30 here; this is -1.", "{problem}");
    draft["trigger"]["filter"] = json!({"alias": {"$regex": "."}});
    draft["scope"]["name"] = json!("nope");
    let (status, problem) = server.call("POST", PATH, Some(&json!({"draft": draft, "days": 1})));
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/draft/scope/name")));
}

#[test]
fn a_cooldown_holds_back_as_it_would_have_done() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/projects/fraud", None);
    for (run, state) in [("a", "failed"), ("a", "failed"), ("b", "failed"), ("b", "finished")] {
        let event = json!({
            "type": "RUN_STATE", "run_state": state,
            "subject": {"kind": "project", "entity": "kestrel", "name": "fraud", "run": run}
        });
        assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    }
    let mut draft = json!({
        "scope": {"kind": "project", "entity": "kestrel", "name": "fraud"},
        "trigger": {"event": "RUN_STATE", "states": ["failed"]}
    });
    let answer = test(&server, &draft);
    assert_eq!(counts(&answer), [4, 2, 1], "once per run in a day");
    assert_eq!(
        details(&answer, "items"),
        [
            ("failed", "matched", "no condition"),
            ("failed", "cooldown", "no condition, and within the cooldown"),
            ("failed", "matched", "no condition")
        ]
    );
    assert_eq!(details(&answer, "near"), [("finished", "state", "run is finished")]);
    draft["cooldown_s"] = json!(0);
    assert_eq!(counts(&test(&server, &draft)), [4, 3, 0]);
}

#[test]
fn a_metric_condition_goes_through_the_points_of_each_run() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/projects/fraud", None);
    for (run, values) in [("up", &[0.9, 0.95, 0.9, 0.96][..]), ("down", &[0.9, 0.8])] {
        let points: Vec<_> =
            values.iter().enumerate().map(|(step, value)| json!({"step": step, "value": value})).collect();
        let path = format!("/entities/kestrel/projects/fraud/runs/{run}/metrics");
        assert_eq!(server.call("POST", &path, Some(&json!({"metric": "acc", "points": points}))).0, 202);
    }
    let rule = json!({"kind": "threshold", "metric": "acc", "window": 1, "aggregate": "average", "comparison": ">=", "threshold": 0.93});
    let draft = json!({
        "scope": {"kind": "project", "entity": "kestrel", "name": "fraud"},
        "trigger": {"event": "RUN_METRIC_THRESHOLD", "metrics": {"rules": [rule]}}
    });
    let answer = test(&server, &draft);
    assert_eq!(counts(&answer), [3, 1, 1], "two crossings, and a run without one: {answer}");
    assert_eq!(answer["cut"], false);
    assert_eq!(
        details(&answer, "items"),
        [("acc", "matched", "acc 0.95 ≥ 0.93"), ("acc", "cooldown", "acc 0.96 ≥ 0.93, and within the cooldown")]
    );
    assert_eq!(details(&answer, "near"), [("", "metric", "acc 0.8 is not ≥ 0.93")]);
    assert_eq!(answer["items"][0]["readings"], json!([{"value": 0.95, "holds": true}]));
    assert_eq!(answer["items"][0]["subject"]["run"], "up");
    assert_eq!(answer["near"][0]["readings"], json!([{"value": 0.8, "holds": false}]));
}
