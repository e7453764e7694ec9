//! What an automation was, and matches that are held back for a while.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::json;
use support::{Folder, Server};

#[test]
fn each_save_is_a_revision_that_can_be_saved_again_and_a_switch_is_none() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let automations = "/entities/kestrel/automations";
    server.watch_links("http://127.0.0.1:9/");
    let (_, list) = server.call("GET", automations, None);
    let first = list["items"][0].clone();
    let path = format!("{automations}/{}", first["id"].as_str().expect("an id"));
    let draft = |name: &str| json!({"name": name, "scope": first["scope"], "trigger": first["trigger"], "action": first["action"]});
    let (status, _) = server.call("PUT", &path, Some(&draft("renamed")));
    assert_eq!(status, 200);
    let (status, _) = server.call("PATCH", &path, Some(&json!({"enabled": false})));
    assert_eq!(status, 200);
    let (_, revisions) = server.call("GET", &format!("{path}/revisions"), None);
    let names: Vec<_> =
        revisions["items"].as_array().expect("a list").iter().map(|one| &one["draft"]["name"]).collect();
    assert_eq!(names, [&json!("renamed"), &first["name"]]);
    assert_eq!(revisions["items"][0]["revision"], 2);
    let (status, restored) = server.call("PUT", &path, Some(&revisions["items"][1]["draft"]));
    assert_eq!((status, &restored["name"], &restored["revision"]), (200, &first["name"], &json!(3)));
    // Once more by the call for it, on and off as it is now.
    assert_eq!(server.call("PATCH", &path, Some(&json!({"enabled": false}))).0, 200);
    let (status, restored) = server.call("POST", &format!("{path}/revisions/2/restore"), None);
    assert_eq!(
        (status, &restored["name"], &restored["enabled"]),
        (200, &revisions["items"][0]["draft"]["name"], &json!(false))
    );
    assert_eq!(server.call("POST", &format!("{path}/revisions/99/restore"), None).0, 404);
    let (status, _) = server.call("GET", &format!("{automations}/nope/revisions"), None);
    assert_eq!(status, 404);
}

#[test]
fn a_snoozed_automation_skips_what_it_matches_and_says_so() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    server.watch_links("http://127.0.0.1:9/");
    let (_, list) = server.call("GET", "/entities/kestrel/automations", None);
    let path = format!("/entities/kestrel/automations/{}", list["items"][0]["id"].as_str().expect("an id"));
    let (status, problem) = server.call("PATCH", &path, Some(&json!({"snooze_s": 99_999_999})));
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/snooze_s")));
    let (_, snoozed) = server.call("PATCH", &path, Some(&json!({"snooze_s": 3600})));
    assert!(snoozed["snoozed_until"].is_string(), "{snoozed}");
    let event = json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": 1}
    });
    let (_, accepted) = server.call("POST", "/events", Some(&event));
    let id = accepted["events"][0]["id"].as_str().expect("an id").to_owned();
    let (_, detail) = server.call("GET", &format!("/entities/kestrel/events/{id}"), None);
    assert_eq!(detail["evaluations"][0]["verdict"], "snoozed", "{detail}");
    let (_, awake) = server.call("PATCH", &path, Some(&json!({"snooze_s": 0})));
    assert!(awake["snoozed_until"].is_null(), "{awake}");
}
