//! Sources: what they received, and why a message was refused.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hookboard_server::digest::hmac;
use serde_json::{Value, json};
use support::{Folder, Server};

/// Sends a message to a source as MLflow does, signed with `secret`.
fn send(server: &Server, path: &str, id: &str, secret: &str, body: &Value) -> u16 {
    answered(server, path, id, secret, body).0
}

/// The same, with the answer.
fn answered(server: &Server, path: &str, id: &str, secret: &str, body: &Value) -> (u16, Value) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let (now, body) = (now.to_string(), body.to_string());
    let signed = hmac(secret.as_bytes(), format!("{id}.{now}.{body}").as_bytes());
    let signature = format!("v1,{}", BASE64_STANDARD.encode(signed));
    let headers =
        [("x-mlflow-signature", signature.as_str()), ("x-mlflow-delivery-id", id), ("x-mlflow-timestamp", &now)];
    let (status, text) = server.raw("POST", path, None, &headers, Some(body.as_bytes()));
    (status, serde_json::from_str(&text).unwrap_or_default())
}

/// A server with one source; its address.
fn with_source(folder: &Folder) -> (Server, String) {
    let server = Server::start(folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({"value": "hush"})));
    let draft = json!({"name": "mlflow", "registry": "models", "secret": "SIGN"});
    let (status, made) = server.call("POST", "/entities/kestrel/sources", Some(&draft));
    assert_eq!(status, 201, "{made}");
    let path = made["path"].as_str().expect("path").to_owned();
    (server, path)
}

#[test]
fn a_source_tells_what_it_received_and_why_a_message_was_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({"value": "hush"})));
    let draft = json!({"name": "mlflow", "registry": "models", "secret": "SIGN"});
    let (status, made) = server.call("POST", "/entities/kestrel/sources", Some(&draft));
    assert_eq!(status, 201, "{made}");
    let path = made["path"].as_str().expect("path");
    let mut stream = TcpStream::connect(server.address).expect("connected");
    let head = format!(
        "GET /api/v1/entities/kestrel/stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {}\r\n\r\n",
        server.key
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("text/event-stream")), "it listens");
    let now = || {
        let (_, list) = server.call("GET", "/entities/kestrel/sources", None);
        list["items"][0].clone()
    };
    assert_eq!((&now()["received"], &now()["last_at"], &now()["last_error"]), (&json!(0), &Value::Null, &Value::Null));

    let version = json!({"entity": "model_version", "action": "created", "data": {"name": "fraud", "version": "1"}});
    assert_eq!(send(&server, path, "d1", "hush", &version), 202);
    assert!(lines.any(|line| line.contains("\"source\"")), "its readers are told");
    let prompt = json!({"entity": "prompt", "action": "created", "data": {"name": "fraud"}});
    assert_eq!(send(&server, path, "d2", "hush", &prompt), 202);
    let seen = now();
    assert_eq!((&seen["received"], &seen["ignored"]), (&json!(2), &json!(1)));
    assert!(seen["last_at"].is_string() && seen["last_error"].is_null(), "{seen}");

    let begun = std::time::Instant::now();
    assert_eq!(send(&server, path, "d3", "wrong", &version), 401);
    let refused = now();
    assert!(refused["last_error"].as_str().is_some_and(|why| why.contains("signature")), "{refused}");
    assert_eq!(refused["received"], 2);
    // Within the same second no more is kept, however many come.
    assert_eq!(send(&server, path, "d4", "hush", &json!([])), 422);
    let after = now();
    assert!(after["last_error"] == refused["last_error"] || begun.elapsed().as_secs() >= 1, "{after}");
    assert!(after["last_error_at"].as_str() >= refused["last_error_at"].as_str() && after["last_error_at"].is_string());
}

#[test]
fn a_message_that_cannot_be_verified_is_a_401_whatever_its_time() {
    let folder = Folder::new();
    let (server, path) = with_source(&folder);
    for time in [i64::MIN.to_string(), i64::MAX.to_string(), String::from("-1"), String::from("soon")] {
        let headers =
            [("x-mlflow-signature", "v1,AAAA"), ("x-mlflow-delivery-id", "d"), ("x-mlflow-timestamp", time.as_str())];
        let (status, text) = server.raw("POST", &path, None, &headers, Some(b"{}"));
        assert_eq!(status, 401, "{time} {text}");
        assert!(text.contains("The message cannot be verified"), "{text}");
    }
}

#[test]
fn names_in_a_message_keep_the_rules_of_the_catalogue() {
    let folder = Folder::new();
    let (server, path) = with_source(&folder);
    let long = "x".repeat(300);
    let data = |change: &Value| {
        let mut data = json!({"name": "fraud", "version": "1", "alias": "prod", "key": "k", "value": "v"});
        for (name, value) in change.as_object().into_iter().flatten() {
            data[name] = value.clone();
        }
        data
    };
    for (entity, action, change, pointer) in [
        ("registered_model", "created", json!({"name": "a\u{202e}b"}), "/data/name"),
        ("model_version", "created", json!({"name": long}), "/data/name"),
        ("model_version", "created", json!({"version": u64::MAX.to_string()}), "/data/version"),
        ("model_version_alias", "created", json!({"alias": "a\0b"}), "/data/alias"),
        ("model_version_tag", "set", json!({"key": long}), "/data/key"),
        ("model_version_tag", "set", json!({"value": "a\0b"}), "/data/value"),
    ] {
        let body = json!({"entity": entity, "action": action, "data": data(&change)});
        let (status, problem) = answered(&server, &path, "d", "hush", &body);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
    }
    let (_, list) = server.call("GET", "/entities/kestrel/sources", None);
    let source = &list["items"][0];
    assert_eq!(source["received"], 0, "what is refused is not taken");
    assert!(source["last_error"].as_str().is_some_and(|why| why.contains("U+202E")), "{source}");
    let (_, collections) = server.call("GET", "/entities/kestrel/places/registries/models/collections", None);
    assert_eq!(collections["items"], json!([]), "{collections}");
    let tag = json!({"entity": "model_version_tag", "action": "set", "data": data(&json!({"value": "two\nlines"}))});
    assert_eq!(send(&server, &path, "d", "hush", &tag), 202, "the id of a refused message is free");
}

#[test]
fn for_a_day_the_value_before_a_replacement_signs_as_well() {
    let folder = Folder::new();
    let (server, path) = with_source(&folder);
    let put = |value: &str| server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({"value": value}))).0;
    assert_eq!(put("second"), 204);
    let message = json!({"entity": "registered_model", "action": "created", "data": {"name": "fraud"}});
    assert_eq!(send(&server, &path, "d1", "hush", &message), 202);
    assert_eq!(send(&server, &path, "d2", "second", &message), 202);
    assert_eq!(put("third"), 204);
    assert_eq!(send(&server, &path, "d3", "hush", &message), 401);
}
