//! Deliveries against a real receiver: what is sent, what is tried again, what is shown.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::io::Write;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

const LOOPBACK: [&str; 2] = ["--allow-target", "127.0.0.1"];

fn link(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index},
        "metadata": {"accuracy": 0.9412}
    })
}

/// The first delivery, once it is in `state`.
fn delivery(server: &Server, state: &str) -> Value {
    let row = until(&format!("a delivery is {state}"), || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries", None);
        list["items"].as_array()?.iter().find(|row| row["state"] == state).cloned()
    });
    let id = row["id"].as_str().expect("id");
    let (status, detail) = server.call("GET", &format!("/entities/kestrel/deliveries/{id}"), None);
    assert_eq!(status, 200);
    detail
}

#[test]
fn a_delivery_is_signed_and_carries_the_token_and_shows_neither() {
    let folder = Folder::new();
    // It echoes what it was sent, as careless receivers do.
    let receiver = Receiver::start(|_| answer(200, "{\"echo\":\"tok-81aa-planted sign-5f2c-planted\"}"));
    let server = Server::start(&folder, &LOOPBACK);
    for (name, value) in [("TOKEN", "tok-81aa-planted"), ("SIGN", "sign-5f2c-planted")] {
        let (status, _) =
            server.call("PUT", &format!("/entities/kestrel/secrets/{name}"), Some(&json!({ "value": value })));
        assert_eq!(status, 201);
    }
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let webhook = json!({
        "name": "hook", "url": format!("http://{}/hook?x=1", receiver.address),
        "access_token": "TOKEN", "signing_secret": "SIGN", "secrets": ["TOKEN"],
        "headers": [{"name": "X-Team", "value": "risk"}, {"name": "X-Key", "secret": "TOKEN"}]
    });
    let (status, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    assert_eq!(status, 201, "{webhook}");
    let template = "{\"v\":${artifact_version_index},\"auth\":\"$TOKEN\",\"by\":\"${event_author}\"}";
    let automation = json!({
        "name": "a", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": webhook["id"], "template": template}
    });
    assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&automation)).0, 201);
    assert_eq!(server.call("POST", "/events", Some(&link(7))).0, 202);
    let detail = delivery(&server, "delivered");

    let request = receiver.all().remove(0);
    assert_eq!(request.body, "{\"v\":7,\"auth\":\"tok-81aa-planted\",\"by\":\"mira\"}");
    assert_eq!(request.header("authorization"), "Bearer tok-81aa-planted");
    assert_eq!(request.header("x-key"), "tok-81aa-planted");
    assert_eq!(request.header("x-team"), "risk");
    assert_eq!(request.header("content-type"), "application/json");
    assert!(request.header("user-agent").starts_with("Hookboard/"));
    assert_eq!(request.header("webhook-id"), detail["delivery"]["id"]);
    let signed = format!("{}.{}.{}", request.header("webhook-id"), request.header("webhook-timestamp"), request.body);
    let mac = |message: &str| {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"sign-5f2c-planted").expect("key");
        mac.update(message.as_bytes());
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    };
    assert_eq!(request.header("webhook-signature"), format!("v1,{}", mac(&signed)));
    assert_eq!(request.header("x-wandb-signature"), mac(&request.body));

    // Neither the answers nor the database file hold a planted value.
    assert_eq!(detail["body"], "{\"v\":7,\"auth\":\"••••••••\",\"by\":\"mira\"}");
    let mut shown = detail.to_string();
    for path in [
        "/entities/kestrel/webhooks",
        "/entities/kestrel/secrets",
        "/entities/kestrel/automations",
        "/entities/kestrel/events",
    ] {
        shown += &server.call("GET", path, None).1.to_string();
    }
    assert!(!shown.contains("planted"), "a secret is shown");
    assert!(server.stop());
    for file in std::fs::read_dir(&folder.0).expect("folder").map_while(Result::ok) {
        let bytes = std::fs::read(file.path()).expect("file");
        assert!(!bytes.windows(7).any(|window| window == b"planted"), "{:?} holds a secret", file.path());
    }
}

#[test]
fn a_failure_is_tried_again_with_the_same_id_and_bytes() {
    let folder = Folder::new();
    let receiver = Receiver::start(|count| if count == 0 { answer(500, "down") } else { answer(204, "") });
    let server = Server::start(&folder, &LOOPBACK);
    server.watch_links(&format!("http://{}/", receiver.address));
    server.call("POST", "/events", Some(&link(1)));
    let retrying = delivery(&server, "retrying");
    assert_eq!(retrying["attempts"][0]["exchange"]["outcome"], "http_5xx");
    assert_eq!(retrying["attempts"][0]["exchange"]["response_body"], "down");
    assert!(retrying["delivery"]["next_attempt_at"].is_string());
    // The next try is due by itself in 5 s; a redelivery makes it due now.
    let id = retrying["delivery"]["id"].as_str().expect("id");
    assert_eq!(server.call("POST", &format!("/entities/kestrel/deliveries/{id}/redeliver"), None).0, 202);
    let delivered = delivery(&server, "delivered");
    assert_eq!(delivered["attempts"].as_array().map(Vec::len), Some(2));
    let requests = receiver.all();
    assert_eq!(requests[0].body, requests[1].body);
    assert_eq!(requests[0].header("webhook-id"), requests[1].header("webhook-id"));
}

#[test]
fn each_bad_answer_has_its_outcome() {
    for (reply, timeout_s, outcome) in [
        (answer(404, "no"), 15, "http_4xx"),
        (
            String::from("HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"),
            15,
            "redirect",
        ),
        (answer(503, "no"), 15, "http_5xx"),
        (answer(999, "no"), 15, "unexpected_status"),
        (
            String::from("HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"),
            15,
            "unexpected_status",
        ),
        (String::from("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"), 15, "connect"),
        (String::new(), 15, "connect"),
        (format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(100_000)), 15, "response_too_large"),
    ] {
        let folder = Folder::new();
        let receiver = Receiver::start(move |_| reply.clone());
        let server = Server::start(&folder, &LOOPBACK);
        let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address), "timeout_s": timeout_s});
        let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
        let id = webhook["id"].as_str().expect("id");
        let (status, result) = server.call("POST", &format!("/entities/kestrel/webhooks/{id}/test"), Some(&json!({})));
        assert_eq!(status, 200, "{result}");
        assert_eq!(result["exchange"]["outcome"], outcome, "{}", result["exchange"]["message"]);
        assert!(result["exchange"]["message"].as_str().is_some_and(|message| message.ends_with('.')));
    }
}

#[test]
fn what_a_receiver_does_wrong_is_told_in_words_and_what_arrived_is_kept() {
    let many = |count: usize| {
        let headers = "x-a: b\r\n".repeat(count);
        format!("HTTP/1.1 200 OK\r\n{headers}content-length: 0\r\n\r\n")
    };
    for (reply, outcome, words, body) in [
        (String::from("LOL not http\r\n\r\n"), "connect", "something that is not HTTP/1.1", ""),
        (String::from("\u{15}\u{3}\u{1}\0\u{2}\u{2}("), "connect", "write https://", ""),
        (
            String::from("HTTP/1.1 200 OK\r\ncontent-length: banana\r\n\r\nabc"),
            "connect",
            "something that is not HTTP/1.1",
            "",
        ),
        (many(300), "ok", "Delivered", ""),
        (many(2000), "response_too_large", "more than 1,024 headers", ""),
        (String::new(), "connect", "the receiver closed the connection", ""),
        (
            String::from("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort"),
            "connect",
            "shorter than was announced",
            "short",
        ),
        (String::from("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\nabc"), "connect", "chunks", ""),
    ] {
        let folder = Folder::new();
        let sent = reply.clone();
        let receiver = Receiver::start(move |_| sent.clone());
        let server = Server::start(&folder, &LOOPBACK);
        let exchange = tested(&server, &receiver.address.to_string(), 15);
        assert_eq!(exchange["outcome"], outcome, "{exchange}");
        let message = exchange["message"].as_str().unwrap_or_default();
        assert!(message.contains(words) && message.ends_with('.'), "{message}");
        assert!(!message.contains("error reading a body"), "{message}");
        assert_eq!(exchange["response_body"], body, "{exchange}");
    }
}

#[test]
fn a_receiver_that_speaks_first_is_told_in_words() {
    let folder = Folder::new();
    let server = Server::start(&folder, &LOOPBACK);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("address").to_string();
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
        std::io::copy(&mut stream, &mut std::io::sink())
    });
    let exchange = tested(&server, &address, 15);
    assert_eq!(exchange["outcome"], "connect", "{exchange}");
    let message = exchange["message"].as_str().unwrap_or_default();
    // Which of the two depends on whether the greeting or the request is there first.
    assert!(message.contains("not HTTP/1.1") || message.contains("before it was asked"), "{message}");
    assert!(receiver.join().is_ok());
}

#[test]
fn a_body_that_is_not_complete_in_time_is_kept_as_far_as_it_came() {
    let folder = Folder::new();
    let server = Server::start(&folder, &LOOPBACK);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("address").to_string();
    // The connection stays open until the other side has had enough of it.
    let receiver = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        support::read(&stream).expect("a request");
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\ndrip");
        std::io::copy(&mut stream, &mut std::io::sink())
    });
    let exchange = tested(&server, &address, 1);
    assert_eq!(exchange["outcome"], "timeout", "{exchange}");
    assert_eq!((&exchange["status"], &exchange["response_body"]), (&json!(200), &json!("drip")));
    assert!(receiver.join().is_ok(), "the connection is closed with the attempt");
}

/// The exchange of a test through a webhook to `address`.
fn tested(server: &Server, address: &str, timeout_s: u32) -> Value {
    let webhook = json!({"name": "hook", "url": format!("http://{address}/"), "timeout_s": timeout_s});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    let path = format!("/entities/kestrel/webhooks/{}/test", webhook["id"].as_str().expect("id"));
    let (status, result) = server.call("POST", &path, Some(&json!({})));
    assert_eq!(status, 200, "{result}");
    result["exchange"].clone()
}

#[test]
fn an_answer_over_64_kib_is_cut_and_one_that_hangs_times_out() {
    let folder = Folder::new();
    let receiver = Receiver::start(|count| {
        if count == 0 { answer(200, &"y".repeat(1_000_000)) } else { String::from("HTTP/1.1 200 OK\r\n") }
    });
    let server = Server::start(&folder, &LOOPBACK);
    let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address)});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    let path = format!("/entities/kestrel/webhooks/{}/test", webhook["id"].as_str().expect("id"));
    let (_, result) = server.call("POST", &path, Some(&json!({})));
    assert_eq!(result["exchange"]["outcome"], "ok");
    assert_eq!(result["exchange"]["response_body"].as_str().map(str::len), Some(64 * 1024));
    assert_eq!(result["exchange"]["response_cut"], true);
    // A listener that never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
    let webhook =
        json!({"name": "silent", "url": format!("http://{}/", silent.local_addr().expect("address")), "timeout_s": 1});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    let path = format!("/entities/kestrel/webhooks/{}/test", webhook["id"].as_str().expect("id"));
    let (_, result) = server.call("POST", &path, Some(&json!({})));
    assert_eq!(result["exchange"]["outcome"], "timeout", "{result}");
}

#[test]
fn a_target_that_is_not_allowed_is_refused_at_create_test_and_send() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let refused = json!({"name": "hook", "url": "http://127.0.0.1:9/"});
    let (status, problem) = server.call("POST", "/entities/kestrel/webhooks", Some(&refused));
    assert_eq!(status, 422);
    assert_eq!(problem["errors"][0]["pointer"], "/url");
    assert_eq!(
        problem["errors"][0]["message"],
        "127.0.0.1 is a loopback address. Allow it with --allow-target 127.0.0.1."
    );
    drop(server);
    // Saved while it was allowed, refused once it is not.
    let server = Server::start(&folder, &LOOPBACK);
    server.watch_links("http://127.0.0.1:9/");
    drop(server);
    let server = Server::start(&folder, &[]);
    server.call("POST", "/events", Some(&link(1)));
    let detail = delivery(&server, "retrying");
    assert_eq!(detail["attempts"][0]["exchange"]["outcome"], "blocked_address");
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let path = format!("/entities/kestrel/webhooks/{}/test", webhooks["items"][0]["id"].as_str().expect("id"));
    let (_, result) = server.call("POST", &path, Some(&json!({})));
    assert_eq!(result["exchange"]["outcome"], "blocked_address");
}

#[test]
fn a_410_pauses_the_webhook_and_its_deliveries_wait_until_it_is_resumed() {
    let folder = Folder::new();
    let receiver = Receiver::start(|count| if count == 0 { answer(410, "") } else { answer(200, "") });
    let server = Server::start(&folder, &LOOPBACK);
    server.watch_links(&format!("http://{}/", receiver.address));
    server.call("POST", "/events", Some(&link(1)));
    delivery(&server, "retrying");
    server.call("POST", "/events", Some(&link(2)));
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    assert_eq!(webhooks["items"][0]["health"]["state"], "paused");
    assert_eq!(webhooks["items"][0]["health"]["waiting"], 2);
    let path = format!("/entities/kestrel/webhooks/{}/resume", webhooks["items"][0]["id"].as_str().expect("id"));
    let (status, resumed) = server.call("POST", &path, None);
    assert_eq!((status, &resumed["deliveries"]), (200, &json!(2)));
    until("both arrived", || (receiver.all().len() == 3).then_some(()));
}

#[test]
fn a_metric_that_crosses_its_limit_fires_once_per_run() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(200, ""));
    let server = Server::start(&folder, &LOOPBACK);
    server.call("PUT", "/entities/kestrel/places/projects/fraud", None);
    let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address)});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    let automation = json!({
        "name": "accurate", "scope": {"kind": "project", "entity": "kestrel", "name": "fraud"},
        "trigger": {"event": "RUN_METRIC_THRESHOLD", "metrics": {"rules": [
            {"kind": "threshold", "metric": "acc", "window": 2, "aggregate": "average", "comparison": ">=", "threshold": 0.9}]}},
        "action": {"type": "webhook", "webhook_id": webhook["id"], "template": "{\"m\":\"${metric_name}\",\"v\":${metric_value},\"l\":${metric_threshold},\"r\":\"${run_name}\"}"}
    });
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&automation));
    assert_eq!(status, 201, "{made}");
    let points = |values: &[(u64, f64)]| {
        let points: Vec<Value> = values.iter().map(|(step, value)| json!({"step": step, "value": value})).collect();
        let body = json!({"metric": "acc", "points": points, "run_name": "swift-dew"});
        let (status, taken) = server.call("POST", "/entities/kestrel/projects/fraud/runs/r1/metrics", Some(&body));
        assert_eq!(status, 202, "{taken}");
        taken["events"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(points(&[(1, 0.7), (2, 0.8)]), 0);
    assert_eq!(points(&[(3, 1.0), (4, 0.95), (5, 0.95)]), 1);
    assert_eq!(points(&[(6, 0.95)]), 0, "it still holds, which is no crossing");
    assert_eq!(points(&[(7, 0.1), (8, 0.1), (9, 1.0), (10, 1.0)]), 1, "a second crossing is an event, and is skipped");
    delivery(&server, "skipped");
    delivery(&server, "delivered");
    assert_eq!(receiver.all().len(), 1);
    assert_eq!(receiver.all()[0].body, "{\"m\":\"acc\",\"v\":0.9,\"l\":0.9,\"r\":\"swift-dew\"}");
    // What is told of an evaluation is what it read by, whatever the automation says later.
    let path = format!("/entities/kestrel/automations/{}", made["id"].as_str().expect("an id"));
    let mut changed = automation.clone();
    changed["trigger"]["metrics"]["rules"][0]["threshold"] = json!(0.5);
    let (status, saved) = server.call("PUT", &path, Some(&changed));
    assert_eq!(status, 200, "{saved}");
    let (_, seen) = server.call("GET", &format!("{path}/evaluations"), None);
    let rule = &automation["trigger"]["metrics"]["rules"][0];
    let reading = json!({"rule": rule, "value": 1.0, "holds": true});
    assert_eq!(seen["items"][0]["evaluation"]["readings"], json!([reading]), "{seen}");
}

#[test]
fn many_deliveries_are_sent_again_together_and_a_dry_run_only_says_how_many() {
    let folder = Folder::new();
    let receiver = Receiver::start(|count| if count < 3 { answer(500, "down") } else { answer(204, "") });
    let server = Server::start(&folder, &LOOPBACK);
    server.watch_links(&format!("http://{}/", receiver.address));
    let record = json!({
        "name": "record", "scope": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
    });
    assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&record)).0, 201);
    let ids = |state: &str| -> Vec<Value> {
        let (_, list) = server.call("GET", &format!("/entities/kestrel/deliveries?state={state}"), None);
        list["items"].as_array().into_iter().flatten().map(|row| row["id"].clone()).collect()
    };
    for index in 1..=3 {
        server.call("POST", "/events", Some(&link(index)));
    }
    until("all are retrying", || (ids("retrying").len() == 3).then_some(()));
    let again = |body: &Value| {
        let (status, answer) = server.call("POST", "/entities/kestrel/deliveries/redeliver", Some(body));
        assert_eq!(status, 200, "{body} {answer}");
        answer
    };
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let hook = webhooks["items"][0]["id"].clone();
    let all = json!({"count": 3, "webhooks": [{"id": hook, "name": "hook", "count": 3}], "left_out": 0});
    let retrying = json!({"state": "retrying", "webhook": hook, "registry": "models", "since": "2020-01-01T00:00:00Z"});
    assert_eq!(again(&json!({"filter": retrying, "dry_run": true})), all);
    assert_eq!(receiver.all().len(), 3, "nothing was sent");
    let none = json!({"count": 0, "webhooks": [], "left_out": 0});
    assert_eq!(again(&json!({"filter": {}})), none, "without a state, those that failed");
    let before = json!({"state": "retrying", "until": "2020-01-01T00:00:00Z"});
    assert_eq!(again(&json!({"filter": before})), none);

    let mut named = ids("retrying");
    let recorded = ids("recorded");
    assert_eq!(recorded.len(), 3);
    named.extend([recorded[0].clone(), json!("swept-away"), named[0].clone()]);
    let mut some = all.clone();
    some["left_out"] = json!(2);
    assert_eq!(again(&json!({ "ids": named })), some);
    until("all are delivered", || (ids("delivered").len() == 3).then_some(()));
    let requests = receiver.all();
    assert_eq!(requests.len(), 6);
    for first in &requests[..3] {
        assert!(requests[3..].iter().any(|again| again.body == first.body), "{}", first.body);
    }

    // Of a deleted automation there are the original bytes only.
    let (_, list) = server.call("GET", "/entities/kestrel/automations?text=links", None);
    let automation = list["items"][0]["id"].as_str().expect("id").to_owned();
    assert_eq!(server.call("DELETE", &format!("/entities/kestrel/automations/{automation}"), None).0, 204);
    let delivered = json!({"state": "delivered", "automation": automation});
    let lost = json!({"count": 0, "webhooks": [], "left_out": 3});
    assert_eq!(again(&json!({"filter": delivered, "render": true, "dry_run": true})), lost);
    assert_eq!(again(&json!({"filter": delivered, "dry_run": true}))["count"], 3);

    for (body, pointer) in [
        (json!({}), ""),
        (json!({"ids": [], "filter": {}}), ""),
        (json!({"filter": {"state": "nope"}}), "/filter/state"),
        (json!({"filter": {"state": ""}}), "/filter/state"),
        (json!({"filter": {"state": ","}}), "/filter/state"),
        (json!({"filter": {"until": "soon"}}), "/filter/until"),
        (json!({"filter": {"sate": "failed"}}), "/filter/sate"),
        (json!({"ids": (0..10_001).map(|id| id.to_string()).collect::<Vec<_>>()}), "/ids"),
    ] {
        let (status, problem) = server.call("POST", "/entities/kestrel/deliveries/redeliver", Some(&body));
        assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!(pointer)), "{problem}");
    }
}

/// Turns the first webhook off, so that what is due stays so.
fn disable(server: &Server) {
    let (_, list) = server.call("GET", "/entities/kestrel/webhooks", None);
    let webhook = &list["items"][0];
    let mut settings = webhook["settings"].clone();
    settings["enabled"] = json!(false);
    let path = format!("/entities/kestrel/webhooks/{}", webhook["id"].as_str().expect("id"));
    let (status, saved) = server.call("PUT", &path, Some(&settings));
    assert_eq!(status, 200, "{saved}");
}

#[test]
fn what_never_reached_the_receiver_does_not_count_against_its_webhook() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(200, ""));
    let server = Server::start(&folder, &LOOPBACK);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address)});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    let large = "x".repeat(60_000);
    let field = format!("\"{large}\",").repeat(3);
    let body = format!("[{}\"\"]", "${artifact_metadata.note},".repeat(20));
    let automation = json!({
        "name": "large", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"},
        "action": {"type": "webhook", "webhook_id": webhook["id"], "template": format!("{{\"a\": {body}, \"b\": [{field}1]}}")}
    });
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&automation));
    assert_eq!(status, 201, "{made}");
    let failed = |count: usize| {
        until("they failed", || {
            let (_, list) = server.call("GET", "/entities/kestrel/deliveries?state=failed", None);
            let outcomes: Vec<_> = list["items"].as_array()?.iter().map(|row| row["outcome"].clone()).collect();
            (outcomes == vec![json!("body_too_large"); count]).then_some(())
        });
    };
    let events: Vec<Value> = (1..=25)
        .map(|index| {
            let mut event = link(index);
            event["metadata"] = json!({"note": large});
            event
        })
        .collect();
    for event in &events {
        assert_eq!(server.call("POST", "/events", Some(event)).0, 202);
    }
    failed(25);
    let hook = || server.call("GET", "/entities/kestrel/webhooks", None).1["items"][0].clone();
    assert_ne!(hook()["health"]["state"], "paused", "{}", hook()["health"]);
    let (_, attention) = server.call("GET", "/entities/kestrel/attention", None);
    assert_eq!(attention["webhooks"], json!([]), "{attention}");
    assert_eq!(receiver.all().len(), 0);
    // Sent again, it waits; it does not stand as one that is tried again.
    disable(&server);
    let again = json!({"filter": {}});
    let many = "/entities/kestrel/deliveries/redeliver";
    assert_eq!(server.call("POST", many, Some(&again)).1["count"], 25);
    let (_, counts) = server.call("GET", "/entities/kestrel/deliveries/counts", None);
    assert_eq!(counts["items"], json!([{"state": "waiting", "count": 25}]));
    let waiting = json!({"filter": {"state": "waiting"}});
    let (_, left) = server.call("POST", many, Some(&waiting));
    assert_eq!((&left["count"], &left["left_out"]), (&json!(0), &json!(25)), "they are about to be sent already");
}

#[test]
fn of_calls_that_send_the_same_again_at_once_one_counts_it() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(500, "down"));
    let server = Server::start(&folder, &LOOPBACK);
    server.watch_links(&format!("http://{}/", receiver.address));
    for index in 1..=3 {
        server.call("POST", "/events", Some(&link(index)));
    }
    let retrying = || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries?state=retrying", None);
        let ids: Vec<Value> = list["items"].as_array()?.iter().map(|row| row["id"].clone()).collect();
        (ids.len() == 3).then_some(ids)
    };
    let ids = until("all are retrying", retrying);
    disable(&server);
    let body = json!({ "ids": ids });
    let told: Vec<(u64, u64)> = std::thread::scope(|scope| {
        let call = || {
            let (_, answer) = server.call("POST", "/entities/kestrel/deliveries/redeliver", Some(&body));
            (answer["count"].as_u64().expect("count"), answer["left_out"].as_u64().expect("left_out"))
        };
        let calls: Vec<_> = (0..8).map(|_| scope.spawn(call)).collect();
        calls.into_iter().map(|call| call.join().expect("answered")).collect()
    });
    assert_eq!(told.iter().filter(|told| **told == (3, 0)).count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|told| **told == (0, 3)).count(), 7, "{told:?}");
}

#[test]
fn a_list_is_of_a_registry_or_of_a_project() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/a", None);
    server.call("PUT", "/entities/kestrel/places/projects/a", None);
    for list in ["deliveries", "deliveries/counts", "automations", "events"] {
        let (status, problem) = server.call("GET", &format!("/entities/kestrel/{list}?registry=a&project=a"), None);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!("/project")), "{list} {problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("Name one")), "{problem}");
    }
    let both = json!({"filter": {"registry": "a", "project": "a"}});
    let (status, problem) = server.call("POST", "/entities/kestrel/deliveries/redeliver", Some(&both));
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/filter/project")), "{problem}");
}
