//! Receivers that do everything wrong: each attempt ends in bounded time with the right outcome, the
//! server's memory stays bounded, and a healthy webhook beside them is served all the while.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

#[path = "faults/certificates.rs"]
mod certificates;
#[path = "faults/receivers.rs"]
mod receivers;
mod support;

use std::collections::HashMap;
use std::time::{Duration, Instant};

use receivers::{FAULTS, Fault};
use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

/// Bound of each exchange, in seconds.
const TIMEOUT_S: u32 = 4;
/// What an attempt may take over its bound, in milliseconds: the machine may be busy.
const SLACK_MS: f64 = 1000.0;
/// How long the healthy webhook's deliveries may take: less than it takes to wait for a faulty one.
const USUAL: Duration = Duration::from_secs(2);
/// What all the faults together may add to the server's memory.
const MEMORY_KIB: u64 = 24 * 1024;

fn link(registry: &str, index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": registry, "collection": "fraud", "version": index}
    })
}

/// A registry whose linked versions go to `url`.
fn watch(server: &Server, registry: &str, name: &str, url: &str) {
    server.call("PUT", &format!("/entities/kestrel/places/registries/{registry}"), None);
    let webhook = json!({"name": name, "url": url, "timeout_s": TIMEOUT_S});
    let (status, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    assert_eq!(status, 201, "{webhook}");
    let automation = json!({
        "name": name, "scope": {"kind": "registry", "entity": "kestrel", "name": registry},
        "trigger": {"event": "LINK_ARTIFACT"},
        "action": {"type": "webhook", "webhook_id": webhook["id"], "template": "{\"index\": ${artifact_version_index}}"}
    });
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&automation));
    assert_eq!(status, 201, "{made}");
}

/// How long it takes from an event's being sent until its delivery arrives.
fn latency(server: &Server, healthy: &Receiver, index: u64) -> Duration {
    let sent = Instant::now();
    assert_eq!(server.call("POST", "/events", Some(&link("healthy", index))).0, 202);
    let body = format!("{{\"index\": {index}}}");
    until("the healthy webhook is served", || {
        healthy.all().iter().any(|request| request.body == body).then(|| sent.elapsed())
    })
}

/// The first attempt of each delivery of the faulty ones, once all have one.
fn attempts(server: &Server) -> Option<HashMap<String, Value>> {
    let (_, list) = server.call("GET", "/entities/kestrel/deliveries?registry=faulty&limit=200", None);
    let rows = list["items"].as_array().expect("a list");
    if rows.len() < FAULTS.len() || rows.iter().any(|row| row["outcome"].is_null()) {
        return None;
    }
    let detail = |row: &Value| {
        let id = row["id"].as_str().expect("id");
        let (_, detail) = server.call("GET", &format!("/entities/kestrel/deliveries/{id}"), None);
        (row["automation_name"].as_str().expect("a name").to_owned(), detail)
    };
    Some(rows.iter().map(detail).collect())
}

#[test]
fn no_receiver_holds_the_server_up_or_fills_its_memory() {
    let folder = Folder::new();
    let certificates = certificates::Certificates::make();
    let authority = folder.0.join("authority.pem");
    std::fs::write(&authority, &certificates.authority).expect("written");
    let server = Server::start_so(&folder, "kestrel", "mira", |command| {
        command.args(["--allow-target", "127.0.0.1"]).env("SSL_CERT_FILE", &authority);
    });
    let healthy = Receiver::start(|_| answer(204, ""));
    watch(&server, "healthy", "healthy", &format!("http://{}/", healthy.address));
    for fault in FAULTS {
        let address = receivers::start(fault, &certificates);
        watch(&server, "faulty", fault.name, &format!("{}://{address}/", fault.scheme));
    }
    let mut index = 0;
    while index < 10 {
        index += 1;
        assert!(latency(&server, &healthy, index) < USUAL, "before any fault");
    }
    let before = server.peak_kib();

    assert_eq!(server.call("POST", "/events", Some(&link("faulty", 1))).0, 202);
    let end = Instant::now() + Duration::from_mins(1);
    let attempts = loop {
        index += 1;
        let latency = latency(&server, &healthy, index);
        assert!(latency < USUAL, "the healthy webhook waited {latency:?}");
        if let Some(attempts) = attempts(&server) {
            break attempts;
        }
        assert!(Instant::now() < end, "some faulty receivers were never given up");
    };
    let grown = server.peak_kib() - before;
    assert!(grown < MEMORY_KIB, "the faults took {grown} KiB");

    for Fault { name, outcome, words, .. } in FAULTS {
        let detail = &attempts[*name];
        let exchange = &detail["attempts"][0]["exchange"];
        assert!(outcome.split('|').any(|outcome| exchange["outcome"] == outcome), "{name}: {exchange}");
        let message = exchange["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{name}: {message}");
        let total = exchange["timings"]["total_ms"].as_f64().expect("a time");
        assert!(total < f64::from(TIMEOUT_S) * 1000.0 + SLACK_MS, "{name} took {total} ms");
        let kept = exchange["response_body"].as_str().unwrap_or_default();
        // A byte that is no text becomes a character of three.
        assert!(kept.len() <= 3 * 64 * 1024, "{name} keeps {}", kept.len());
    }
    let exchange = |name: &str| &attempts[name]["attempts"][0]["exchange"];
    for name in ["a gigabyte", "no end"] {
        assert_eq!(exchange(name)["response_cut"], true, "{name}");
        assert_eq!(exchange(name)["response_body"].as_str().map(str::len), Some(64 * 1024), "{name}");
    }
    // Never decompressed: what came is what is kept.
    let bomb = exchange("a gzip bomb")["response_body"].as_str().expect("a body").to_owned();
    assert!(!bomb.contains(&"\0".repeat(1000)) && bomb.len() < 200_000, "{}", bomb.len());
    // Nonsense in Retry-After is no wait; what asks for too much waits for the longest step.
    for (name, least_s, most_s) in [
        ("retry-after a word", 5, 60),
        ("retry-after a negative", 5, 60),
        ("retry-after empty", 5, 60),
        ("retry-after a broken date", 5, 60),
        ("retry-after for ever", 86_000, 86_401),
        ("retry-after the year 9999", 86_000, 86_401),
    ] {
        let detail = &attempts[name];
        let at = |text: &Value| text.as_str().expect("a time").parse::<jiff::Timestamp>().expect("a time");
        let first = at(&detail["attempts"][0]["started_at"]);
        let waits = at(&detail["delivery"]["next_attempt_at"]).duration_since(first).as_secs();
        assert!((least_s..=most_s).contains(&waits), "{name} waits {waits} s");
    }
    // The server is as well as before.
    assert!(latency(&server, &healthy, index + 1) < USUAL);
    assert!(server.stop(), "and stops in order");
}

/// Nine times eight is more than the 64 that are in flight at once: whether those leave room for others is the
/// queue's to say, which today keeps room for first tries only, and these are first tries.
#[test]
fn webhooks_that_hang_leave_room_for_one_that_does_not() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let healthy = Receiver::start(|_| answer(204, ""));
    watch(&server, "healthy", "healthy", &format!("http://{}/", healthy.address));
    let silent = FAULTS.iter().find(|fault| fault.name == "never answers").expect("a fault");
    let certificates = certificates::Certificates::make();
    for number in 0..20 {
        let address = receivers::start(silent, &certificates);
        watch(&server, "faulty", &format!("silent {number}"), &format!("http://{address}/"));
    }
    for index in 0..8 {
        assert_eq!(server.call("POST", "/events", Some(&link("faulty", index))).0, 202);
    }
    until("most places are taken", || {
        let (_, counts) = server.call("GET", "/entities/kestrel/deliveries/counts", None);
        counts["items"]
            .as_array()?
            .iter()
            .any(|row| row["state"] == "sending" && row["count"].as_u64() >= Some(80))
            .then_some(())
    });
    let latency = latency(&server, &healthy, 1);
    assert!(latency < USUAL, "the healthy webhook waited {latency:?}");
}
