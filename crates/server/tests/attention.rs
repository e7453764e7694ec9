//! What the home page says wants attention.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

fn attention(server: &Server) -> Value {
    let (status, attention) = server.call("GET", "/entities/kestrel/attention", None);
    assert_eq!(status, 200, "{attention}");
    attention
}

#[test]
fn what_fails_and_what_never_matches_is_told_until_it_is_mended() {
    let folder = Folder::new();
    let receiver = Receiver::start(|count| if count < 2 { answer(500, "down") } else { answer(204, "") });
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let quiet = json!({
        "webhooks": [], "webhooks_total": 0, "failing": [], "failing_total": 0, "silent": [], "silent_total": 0,
        "day": {"delivered": 0, "retrying": 0, "failed": 0, "skipped": 0, "waiting": 0}, "events_day": 0
    });
    assert_eq!(attention(&server), quiet);
    server.watch_links(&format!("http://{}/", receiver.address));
    for (name, enabled) in [("never", true), ("off", false)] {
        let draft = json!({
            "name": name, "enabled": enabled, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
            "trigger": {"event": "LINK_ARTIFACT", "filter": {"event_author": "nobody"}}, "action": {"type": "record"}
        });
        assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&draft)).0, 201);
    }
    let link = |version: u64| {
        let event = json!({
            "type": "LINK_ARTIFACT",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c", "version": version}
        });
        assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    };
    link(1);
    link(2);
    let state = |state: &str| {
        let (_, list) = server.call("GET", &format!("/entities/kestrel/deliveries?state={state}"), None);
        list["items"].as_array().map_or(0, Vec::len)
    };
    until("both are retrying", || (state("retrying") == 2).then_some(()));
    let told = attention(&server);
    let webhook = &told["webhooks"][0];
    assert_eq!((&told["webhooks_total"], &webhook["kind"]), (&json!(1), &json!("failing")), "{told}");
    assert_eq!(webhook["reason"], "Its last 2 attempts failed.");
    assert_eq!(
        (&webhook["name"], &webhook["waiting"], &webhook["automations"]),
        (&json!("hook"), &json!(2), &json!(1))
    );
    let failing = &told["failing"][0];
    assert_eq!((&failing["name"], &failing["failed"], &failing["status"]), (&json!("links"), &json!(2), &json!(500)));
    assert_eq!((&failing["outcome"], &failing["scope"]["name"]), (&json!("http_5xx"), &json!("models")));
    assert_eq!((&told["day"]["retrying"], &told["events_day"]), (&json!(2), &json!(2)));
    assert_eq!(told["silent_total"], 0, "they are too young");

    link(3);
    until("one is delivered", || (state("delivered") == 1).then_some(()));
    let told = attention(&server);
    assert_eq!((&told["webhooks"], &told["failing"]), (&json!([]), &json!([])));

    assert!(server.stop());
    folder.sql("UPDATE automations SET created_at = '2020-01-01T00:00:00.000Z'");
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let told = attention(&server);
    let silent = &told["silent"][0];
    assert_eq!((&told["silent_total"], &silent["name"]), (&json!(1), &json!("never")), "{told}");
    assert_eq!((&silent["seen"], &silent["passed_over"]), (&json!(3), &json!(3)));
}
