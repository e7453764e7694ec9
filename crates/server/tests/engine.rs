//! What the delivery engine promises of rates, pauses, rotation, retries, retention and the end of the process.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]
#![cfg(unix)]

mod support;

use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hookboard_api::limits::{MAX_IN_FLIGHT_PER_WEBHOOK, PAUSE_AFTER_FAILURES, PROBE_FIRST_MS, PROBE_LONGEST_MS};
use hookboard_server::clock::parse_ms;
use serde_json::{Value, json};
use support::{Clock, Folder, Gate, Received, Receiver, Server, answer, requests, until};

const FLAGS: [&str; 2] = ["--allow-target", "127.0.0.1"];

fn post(server: &Server, indices: impl Iterator<Item = u64>) {
    for index in indices {
        let event = json!({
            "type": "LINK_ARTIFACT",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index}
        });
        let (status, answer) = server.call("POST", "/events", Some(&event));
        assert_eq!(status, 202, "{answer}");
    }
}

/// A receiver that answers with what `status` holds now.
fn answering(status: &Arc<AtomicUsize>) -> Receiver {
    let status = Arc::clone(status);
    Receiver::start(move |_| answer(u16::try_from(status.load(Ordering::SeqCst)).expect("a status"), ""))
}

/// The one delivery of the team, once it is in `state`.
fn delivery(server: &Server, state: &str) -> Value {
    until(&format!("the delivery is {state}"), || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries", None);
        list["items"].as_array()?.iter().find(|row| row["state"] == state).cloned()
    })
}

/// Milliseconds of a time in an answer.
fn ms(time: &Value) -> i64 {
    parse_ms(time.as_str().expect("a time")).expect("a time")
}

#[test]
fn a_rate_keeps_deliveries_apart() {
    const EVENTS: u64 = 20;
    const GAP: Duration = Duration::from_millis(250);
    let folder = Folder::new();
    let times: Arc<Mutex<Vec<Instant>>> = Arc::default();
    let log = Arc::clone(&times);
    let receiver = Receiver::start(move |_| {
        log.lock().expect("times").push(Instant::now());
        answer(200, "")
    });
    let server = Server::start(&folder, &FLAGS);
    server.watch_links_signed(&receiver);
    server.change_webhook(|settings| settings["max_per_minute"] = json!(240));
    post(&server, 0..EVENTS);
    server.all_delivered(EVENTS);
    let times = times.lock().expect("times");
    let took = times.last().expect("the last").duration_since(times[0]);
    // A second's worth may come at once, and the first may have been long on its way.
    let gaps = u32::try_from(EVENTS).expect("few") - 10;
    assert!(took >= GAP * gaps, "{took:?}");
}

/// Fails until its webhook is paused; what waits then.
fn pause(server: &Server, receiver: &Receiver) -> u64 {
    let events = u64::from(PAUSE_AFTER_FAILURES) + 10;
    server.watch_links_signed(receiver);
    post(server, 0..events);
    until("it is paused and nothing is on its way", || {
        let is_paused = server.webhook()["health"]["state"] == "paused";
        (is_paused && !server.counts()?.contains_key("sending")).then_some(())
    });
    events
}

#[test]
fn a_paused_webhook_is_tried_with_one_delivery_at_a_time_until_it_answers() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let status = Arc::new(AtomicUsize::new(500));
    let receiver = answering(&status);
    let server = Server::start_at(&folder, &clock, &FLAGS);
    let mut events = pause(&server, &receiver);
    let sent = receiver.all().len();
    assert!(sent >= PAUSE_AFTER_FAILURES as usize && (sent as u64) < events, "{sent}");

    let (mut wait, mut tried) = (PROBE_FIRST_MS, sent);
    for _ in 0..9 {
        let probe = ms(&server.webhook()["health"]["probe_at"]);
        clock.step_to(probe + 1000);
        // The worker looks for what is due at once.
        post(&server, events..=events);
        events += 1;
        tried += 1;
        until("one more is tried", || (receiver.all().len() == tried).then_some(()));
        until("its result is written down", || {
            (ms(&server.webhook()["health"]["probe_at"]) > probe && !server.counts()?.contains_key("sending"))
                .then_some(())
        });
        assert_eq!(receiver.all().len(), tried, "and no other");
        wait = (wait * 2).min(PROBE_LONGEST_MS);
        let next = ms(&server.webhook()["health"]["probe_at"]);
        assert!(
            (wait..wait + 60_000).contains(&(next - probe)),
            "waited for {} s, not {} s",
            (next - probe) / 1000,
            wait / 1000
        );
    }
    assert_eq!(wait, PROBE_LONGEST_MS);
    assert!(server.counts().is_some_and(|counts| !counts.contains_key("failed")), "none is dropped");

    status.store(200, Ordering::SeqCst);
    let mut told = server.listen(&server.key);
    clock.step_to(ms(&server.webhook()["health"]["probe_at"]) + 1000);
    assert!(told.any(|line| line.contains("\"webhook\"")), "who looks is told");
    until("it is resumed", || (server.webhook()["health"]["state"] != "paused").then_some(()));
    clock.step(24 * 3600);
    server.all_delivered(events);
}

#[test]
fn who_answers_410_is_not_tried_before_somebody_resumes_it() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let status = Arc::new(AtomicUsize::new(410));
    let receiver = answering(&status);
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..1);
    delivery(&server, "retrying");
    assert_eq!(server.webhook()["health"]["state"], "paused");
    assert_eq!(server.webhook()["health"]["probe_at"], Value::Null);
    clock.step(7 * 3600);
    // Another webhook's delivery goes out by then.
    let other = Receiver::start(|_| answer(200, ""));
    let (status_code, made) = server.call(
        "POST",
        "/entities/kestrel/webhooks",
        Some(&json!({"name": "other", "url": format!("http://{}/", other.address)})),
    );
    assert_eq!(status_code, 201, "{made}");
    let automation = json!({
        "name": "others", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": made["id"]}
    });
    assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&automation)).0, 201);
    post(&server, 1..2);
    until("the other is sent to", || (other.all().len() == 1).then_some(()));
    assert_eq!(receiver.all().len(), 1);
    status.store(200, Ordering::SeqCst);
    let hook = until("the webhook is found", || {
        let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
        webhooks["items"].as_array()?.iter().find(|row| row["settings"]["name"] == "hook").cloned()
    });
    let path = format!("/entities/kestrel/webhooks/{}/resume", hook["id"].as_str().expect("id"));
    assert_eq!(server.call("POST", &path, None).0, 200);
    server.all_delivered(3);
}

/// Whether one of the signatures is `secret`'s.
fn is_signed_by(request: &Received, secret: &str) -> bool {
    let key = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")).expect("base64");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).expect("a key");
    mac.update(
        format!("{}.{}.{}", request.header("webhook-id"), request.header("webhook-timestamp"), request.body).as_bytes(),
    );
    let expected = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
    request.header("webhook-signature").split(' ').any(|signature| signature == expected)
}

#[test]
fn a_secret_that_is_replaced_signs_for_a_day_beside_the_new_one() {
    const OLD: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const NEW: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|_| answer(200, ""));
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    let sent = |index: u64| {
        post(&server, index..=index);
        server.all_delivered(index + 1);
        receiver.all().pop().expect("a request")
    };
    let before = sent(0);
    assert!(is_signed_by(&before, OLD) && !is_signed_by(&before, NEW));
    assert_eq!(server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({ "value": NEW }))).0, 204);
    clock.step(23 * 3600);
    let during = sent(1);
    assert!(is_signed_by(&during, OLD) && is_signed_by(&during, NEW));
    clock.step(2 * 3600);
    let after = sent(2);
    assert!(!is_signed_by(&after, OLD) && is_signed_by(&after, NEW));
}

#[test]
fn retry_after_is_waited_for() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|count| {
        if count == 0 {
            String::from("HTTP/1.1 503 Busy\r\nretry-after: 1800\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        } else {
            answer(200, "")
        }
    });
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..1);
    let waiting = delivery(&server, "retrying");
    let due = ms(&waiting["next_attempt_at"]);
    assert!(due - ms(&waiting["created_at"]) >= 1_800_000, "{waiting}");
    clock.step_to(due - 60_000);
    // A round of the worker in between: another delivery goes out.
    post(&server, 1..2);
    delivery(&server, "delivered");
    assert_eq!(receiver.all().len(), 2, "not before its time");
    clock.step_to(due);
    server.all_delivered(2);
}

#[test]
fn a_canceled_delivery_is_not_sent() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|count| if count == 0 { answer(500, "") } else { answer(200, "") });
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..1);
    let waiting = delivery(&server, "retrying");
    let path = format!("/entities/kestrel/deliveries/{}", waiting["id"].as_str().expect("id"));
    assert_eq!(server.call("POST", &format!("{path}/cancel"), None).0, 204);
    assert_eq!(server.call("POST", &format!("{path}/cancel"), None).0, 409, "there is nothing left to stop");
    clock.step(48 * 3600);
    post(&server, 1..2);
    delivery(&server, "delivered");
    assert_eq!(receiver.all().len(), 2);
    assert_eq!(server.call("POST", &format!("{path}/redeliver"), None).0, 202, "it can be sent again, though");
    server.all_delivered(2);
    let mut counts: Vec<usize> = requests(&receiver).into_values().collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2], "under the same id");
}

#[test]
fn what_waits_is_kept_past_its_days() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|_| answer(200, ""));
    let flags = ["--allow-target", "127.0.0.1", "--retain", "1"];
    let server = Server::start_at(&folder, &clock, &flags);
    server.watch_links_signed(&receiver);
    post(&server, 0..3);
    server.all_delivered(3);
    server.change_webhook(|settings| settings["enabled"] = json!(false));
    post(&server, 3..5);
    assert!(server.stop());
    clock.step(3 * 24 * 3600);
    let server = Server::start_at(&folder, &clock, &flags);
    until("what is old and ended is gone", || {
        (server.counts()? == [(String::from("waiting"), 2)].into()).then_some(())
    });
    let (_, events) = server.call("GET", "/entities/kestrel/events", None);
    assert_eq!(events["items"].as_array().map(Vec::len), Some(2), "{events}");
    server.change_webhook(|settings| settings["enabled"] = json!(true));
    server.all_delivered(2);
}

#[test]
fn told_to_stop_it_finishes_what_is_on_its_way_and_leaves_the_rest() {
    const EVENTS: u64 = 30;
    let folder = Folder::new();
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let server = Server::start(&folder, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..EVENTS);
    let cap = MAX_IN_FLIGHT_PER_WEBHOOK as usize;
    until("some are on their way", || (gate.inside() == cap).then_some(()));
    let on_their_way = requests(&receiver);
    let address = server.address;
    std::thread::scope(|scope| {
        let stopping = scope.spawn(|| {
            let begun = Instant::now();
            assert!(server.stop(), "it ends well");
            begun.elapsed()
        });
        until("it takes no calls any more", || TcpStream::connect(address).is_err().then_some(()));
        gate.open();
        assert!(stopping.join().expect("it has ended") < Duration::from_secs(30));
    });
    assert_eq!(requests(&receiver).len(), cap, "nothing new was begun");
    let server = Server::start(&folder, &FLAGS);
    server.all_delivered(EVENTS);
    let sent = requests(&receiver);
    assert!(sent.values().all(|count| *count == 1), "what was on its way was written down: {sent:?}");
    assert!(on_their_way.keys().all(|id| sent.contains_key(id)));
}

#[test]
fn told_to_stop_it_does_not_wait_for_receivers_for_longer_than_half_a_minute() {
    // It takes that long.
    if std::env::var_os("HOOKBOARD_TEST_LONG").is_none() {
        return;
    }
    let folder = Folder::new();
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let flags = ["--allow-target", "127.0.0.1", "--lease", "2"];
    let server = Server::start(&folder, &flags);
    server.watch_links_signed(&receiver);
    post(&server, 0..4);
    until("all are on their way", || (gate.inside() == 4).then_some(()));
    let begun = Instant::now();
    assert!(server.stop(), "it ends well");
    assert!((30..40).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    gate.open();
    Server::start(&folder, &flags).all_delivered(4);
    assert!(requests(&receiver).values().all(|count| *count == 2), "under the same ids");
}
