//! The audit log: each change leaves who did what, and no secret.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

/// Calls that change nothing that a person set: tests, questions, and what sources bring.
const NOT_AUDITED: [&str; 12] = [
    "POST automations/validate",
    "POST automations/{id}/test",
    "POST webhooks/{id}/test",
    "POST automations/backtest",
    "PUT places/{places}/{name}/collections/{collection}",
    "PUT places/{places}/{name}/collections/{collection}/versions/{index}",
    "PUT places/{places}/{name}/collections/{collection}/versions/{index}/aliases/{alias}",
    "PUT places/{places}/{name}/collections/{collection}/versions/{index}/tags/{tag}",
    "DELETE places/{places}/{name}/collections/{collection}/versions/{index}/tags/{tag}",
    "POST projects/{name}/runs/{run}/metrics",
    "POST events",
    "POST sign-in",
];

/// Makes changes, and keeps which calls made them and what the log was to say.
struct Walk<'s> {
    server: &'s Server,
    calls: BTreeSet<String>,
    expected: Vec<(&'static str, &'static str, String)>,
}

impl Walk<'_> {
    /// Does `call`, such as `PUT secrets/{TOKEN}`: braces mark what stands for a parameter.
    fn step(&mut self, call: &str, body: &Value, (action, kind, name): (&'static str, &'static str, &str)) -> Value {
        let (method, path) = call.split_once(' ').expect("a method");
        let path = format!("/entities/kestrel/{}", path.replace(['{', '}'], ""));
        let (status, answer) = self.server.call(method, &path, (!body.is_null()).then_some(body));
        assert!((200..300).contains(&status), "{call} {status} {answer}");
        let mut parts = call.split(['{', '}']);
        let mut shape = String::new();
        while let Some(part) = parts.next() {
            shape += part;
            shape += if parts.next().is_some() { "{}" } else { "" };
        }
        self.calls.insert(shape);
        self.expected.push((action, kind, name.to_owned()));
        answer
    }
}

fn blank(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn each_change_leaves_a_row_and_no_secret_is_in_any() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(500, "down"));
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let mut walk = Walk { server: &server, calls: BTreeSet::new(), expected: Vec::new() };
    let none = Value::Null;
    walk.step("PUT places/{registries}/{models}", &none, ("created", "place", "models"));
    for (value, action) in [("first-planted", "created"), ("second-planted", "changed")] {
        walk.step("PUT secrets/{TOKEN}", &json!({ "value": value }), (action, "secret", "TOKEN"));
    }
    let mut settings = json!({"name": "hook", "url": format!("http://{}/", receiver.address), "access_token": "TOKEN"});
    let hook = walk.step("POST webhooks", &settings, ("created", "webhook", "hook"));
    let hook = hook["id"].as_str().expect("id").to_owned();
    settings["timeout_s"] = json!(20);
    walk.step(&format!("PUT webhooks/{{{hook}}}"), &settings, ("changed", "webhook", "hook"));
    walk.step(&format!("POST webhooks/{{{hook}}}/resume"), &none, ("resumed", "webhook", "hook"));

    let mut draft = json!({
        "name": "links", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"},
        "action": {"type": "webhook", "webhook_id": hook, "template": "{\"t\": \"$ACCESS_TOKEN\"}"}
    });
    let made = walk.step("POST automations", &draft, ("created", "automation", "links"));
    let id = made["id"].as_str().expect("id").to_owned();
    draft["trigger"]["filter"] = json!({"event_author": "mira"});
    walk.step(&format!("PUT automations/{{{id}}}"), &draft, ("changed", "automation", "links"));
    let restore = format!("POST automations/{{{id}}}/revisions/{{1}}/restore");
    walk.step(&restore, &none, ("changed", "automation", "links"));
    let copy =
        walk.step(&format!("POST automations/{{{id}}}/duplicate"), &none, ("created", "automation", "links (copy)"));
    walk.step(&format!("PATCH automations/{{{id}}}"), &json!({"enabled": true}), ("changed", "automation", "links"));
    walk.step(
        "POST automations/bulk",
        &json!({"ids": [copy["id"]], "change": "enable"}),
        ("changed", "automation", "links (copy)"),
    );
    let copy = copy["id"].as_str().expect("id").to_owned();
    let file = |enabled| {
        json!({"version": 1, "automations": [{
            "name": "from a file", "scope": {"registry": "models"}, "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "record"}, "enabled": enabled
        }]})
    };
    walk.step("POST automations/import", &file(true), ("created", "automation", "from a file"));
    walk.step("POST automations/import", &file(false), ("changed", "automation", "from a file"));
    walk.step(&format!("DELETE automations/{{{copy}}}"), &none, ("deleted", "automation", "links (copy)"));

    let event = json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
    });
    assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    let retrying = |attempts: u64| {
        until("a delivery is retrying", || {
            let (_, list) = server.call("GET", "/entities/kestrel/deliveries?state=retrying", None);
            let row = &list["items"][0];
            row["id"].as_str().filter(|_| row["attempts"].as_u64() >= Some(attempts)).map(str::to_owned)
        })
    };
    let delivery = retrying(1);
    walk.step(&format!("POST deliveries/{{{delivery}}}/cancel"), &none, ("canceled", "delivery", "links"));
    walk.step(&format!("POST deliveries/{{{delivery}}}/redeliver"), &none, ("redelivered", "delivery", "links"));
    retrying(2);
    walk.step("POST deliveries/redeliver", &json!({"ids": [delivery]}), ("redelivered", "delivery", "1 delivery"));

    let source = json!({"name": "mlflow", "registry": "models", "secret": "TOKEN"});
    let source = walk.step("POST sources", &source, ("created", "source", "mlflow"));
    let source = source["id"].as_str().expect("id").to_owned();
    walk.step(&format!("DELETE sources/{{{source}}}"), &none, ("deleted", "source", "mlflow"));
    let key = walk.step("POST keys", &json!({"name": "ci"}), ("created", "key", "ci"));
    let planted_key = key["key"].as_str().expect("key").to_owned();
    let key = key["info"]["id"].as_str().expect("id").to_owned();
    walk.step(&format!("DELETE keys/{{{key}}}"), &none, ("deleted", "key", "ci"));
    walk.step("PUT members/{hana}", &json!({"role": "viewer"}), ("created", "member", "hana"));
    walk.step("PUT members/{hana}", &json!({"role": "member"}), ("changed", "member", "hana"));
    let link = walk.step("POST members/{hana}/link", &none, ("linked", "member", "hana"));
    walk.step("DELETE members/{hana}", &none, ("deleted", "member", "hana"));
    retrying(3);
    walk.step(&format!("DELETE automations/{{{id}}}"), &none, ("deleted", "automation", "links"));
    walk.step(&format!("DELETE webhooks/{{{hook}}}"), &none, ("deleted", "webhook", "hook"));
    walk.step("DELETE secrets/{TOKEN}", &none, ("deleted", "secret", "TOKEN"));

    let (status, log) = server.call("GET", "/entities/kestrel/audit?limit=200", None);
    assert_eq!(status, 200, "{log}");
    let entries = log["items"].as_array().expect("a list");
    let (first, entries) = entries.split_last().expect("an entry");
    assert_eq!((&first["actor"], &first["target_name"]), (&json!("hookboard"), &json!("mira")), "{first}");
    let mut told: Vec<(&str, &str, String)> = Vec::new();
    for entry in entries {
        let text = |name: &str| entry[name].as_str().unwrap_or_default();
        assert_eq!(entry["actor"], "mira", "{entry}");
        told.push((text("action"), text("kind"), text("target_name").to_owned()));
    }
    told.reverse();
    assert_eq!(told, walk.expected);
    for planted in ["planted", &planted_key, link["code"].as_str().expect("code")] {
        assert!(!log.to_string().contains(planted), "{planted} is shown");
    }

    // No call that changes something is missing from the walk.
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let mut left: BTreeSet<String> = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys().filter(|method| *method != "get") {
            let path = path.trim_start_matches("/api/v1/").trim_start_matches("entities/{entity}/");
            left.insert(format!("{} {}", method.to_uppercase(), blank(path)));
        }
    }
    let known: BTreeSet<String> =
        NOT_AUDITED.into_iter().map(blank).chain([String::from("POST sources/mlflow/{}")]).collect();
    let missing: Vec<_> = left.difference(&known).filter(|call| !walk.calls.contains(*call)).collect();
    assert!(missing.is_empty(), "{missing:?} are not walked");
}

#[test]
fn an_entry_holds_what_changed_and_the_list_narrows() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    server.watch_links("http://127.0.0.1:9/");
    let viewer = server.join("hana", "viewer");
    let (_, list) = server.call("GET", "/entities/kestrel/automations", None);
    let id = list["items"][0]["id"].as_str().expect("id");
    server.call("PATCH", &format!("/entities/kestrel/automations/{id}"), Some(&json!({"enabled": false})));
    let audit = |query: &str| {
        let (status, list) = server.call_as(&viewer, "GET", &format!("/entities/kestrel/audit?{query}"), None);
        assert_eq!(status, 200, "{list}");
        list["items"].as_array().cloned().unwrap_or_default()
    };
    let of_automation = audit(&format!("target={id}&limit=1"));
    assert_eq!(of_automation[0]["before"], json!({"enabled": true}));
    assert_eq!(of_automation[0]["after"], json!({"enabled": false}));
    assert_eq!(audit(&format!("target={id}")).len(), 2);
    assert_eq!(audit("kind=webhook").len(), 1);
    assert_eq!(audit("kind=member&target=hana&actor=mira").len(), 2);
    assert_eq!(audit("actor=hana").len(), 0);
    assert_eq!(audit("since=2100-01-01T00:00:00Z").len(), 0);
    for (query, pointer) in [("kind=nope", "/kind"), ("since=soon", "/since"), ("cursor=x", "/cursor")] {
        let (status, problem) = server.call("GET", &format!("/entities/kestrel/audit?{query}"), None);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!(pointer)), "{problem}");
    }
}
