//! `Idempotency-Key`: a call that is sent again is answered as it was.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Server};

/// Posts with an `Idempotency-Key`. Status, whether it is an earlier call's answer, and the body.
fn post_once(server: &Server, key: &str, path: &str, idempotency_key: &str, body: &Value) -> (u16, bool, Value) {
    let headers = [("idempotency-key", idempotency_key)];
    let body = body.to_string();
    let path = format!("/api/v1{path}");
    let answer = server.exchange("POST", &path, Some(key), &headers, Some(body.as_bytes())).expect("an answer");
    let is_earlier = answer.head.contains("idempotency-replayed: true");
    (answer.status, is_earlier, serde_json::from_str(&answer.body).unwrap_or(Value::Null))
}

#[test]
fn a_call_that_is_sent_again_under_its_idempotency_key_is_answered_as_it_was_and_makes_nothing_more() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    server.call("PUT", "/entities/kestrel/secrets/SIGNING", Some(&json!({"value": "kept quiet"})));
    let automation = json!({
        "name": "announce", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
    });
    let calls = [
        ("webhooks", json!({"name": "receiver", "url": "https://example.com/"})),
        ("automations", automation),
        ("sources", json!({"name": "mlflow", "registry": "models", "secret": "SIGNING"})),
        ("keys", json!({"name": "for CI"})),
    ];
    for (resource, body) in &calls {
        let path = format!("/entities/kestrel/{resource}");
        let count = || server.call("GET", &path, None).1["items"].as_array().map(Vec::len);
        let before = count().expect("a list");
        let (status, replayed, made) = post_once(&server, &server.key, &path, resource, body);
        assert_eq!((status, replayed), (201, false), "{made}");
        // In quotes, as the draft of the standard writes it, it is the same.
        for key in [(*resource).to_owned(), format!("\"{resource}\"")] {
            assert_eq!(post_once(&server, &server.key, &path, &key, body), (201, true, made.clone()), "{resource}");
        }
        assert_eq!(count(), Some(before + 1), "{resource}");
        let mut other = body.clone();
        other["name"] = json!("another");
        let (status, _, problem) = post_once(&server, &server.key, &path, resource, &other);
        assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("reused")), "{problem}");
    }
    let (_, automations) = server.call("GET", "/entities/kestrel/automations", None);
    let path =
        format!("/entities/kestrel/automations/{}/duplicate", automations["items"][0]["id"].as_str().expect("id"));
    let (_, _, copy) = post_once(&server, &server.key, &path, "copy", &json!({}));
    assert_eq!(post_once(&server, &server.key, &path, "copy", &json!({})), (201, true, copy.clone()));
    let (status, _, problem) = post_once(&server, &server.key, &path, "two words", &json!({}));
    assert_eq!((status, &problem["code"]), (400, &json!("bad_request")), "{problem}");
    // Copies of their own have names of their own.
    let (_, _, second) = post_once(&server, &server.key, &path, "copy-again", &json!({}));
    assert_eq!((&copy["name"], &second["name"]), (&json!("announce (copy)"), &json!("announce (copy 2)")));
    // What was refused made nothing, and may be sent again with its fault mended.
    let (status, ..) =
        post_once(&server, &server.key, "/entities/kestrel/webhooks", "mended", &json!({"name": "second"}));
    assert_eq!(status, 422);
    let body = json!({"name": "second", "url": "https://example.com/"});
    assert_eq!(post_once(&server, &server.key, "/entities/kestrel/webhooks", "mended", &body).0, 201);
    // A key of somebody else's is another call.
    let colleague = server.join("ada", "admin");
    let body = json!({"name": "third", "url": "https://example.com/"});
    let (status, replayed, _) = post_once(&server, &colleague, "/entities/kestrel/webhooks", "mended", &body);
    assert_eq!((status, replayed), (201, false));
}

#[test]
fn the_same_call_sent_many_times_at_once_is_done_once() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let body = json!({"name": "for CI"});
    let answers: Vec<Value> = std::thread::scope(|scope| {
        let calls: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| post_once(&server, &server.key, "/entities/kestrel/keys", "one", &body)))
            .collect();
        calls.into_iter().map(|call| call.join().expect("an answer")).map(|(_, _, made)| made).collect()
    });
    assert!(answers.iter().all(|made| made["key"].is_string() && *made == answers[0]), "{answers:?}");
}

#[test]
fn a_call_has_one_idempotency_key() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let body = json!({"name": "for CI"}).to_string();
    let send = |keys: [&str; 2]| {
        let headers = keys.map(|key| ("idempotency-key", key));
        let (status, text) =
            server.raw("POST", "/api/v1/entities/kestrel/keys", Some(&server.key), &headers, Some(body.as_bytes()));
        (status, serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    let (status, problem) = send(["one", "other"]);
    assert_eq!(status, 400, "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|words| words.contains("Send one")), "{problem}");
    assert_eq!(send(["one", "\"one\""]).0, 201);
}
