//! The clock is set forward or back by an hour: nothing stands still, and no process sends twice at once.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use hookboard_api::limits::MAX_IN_FLIGHT_PER_WEBHOOK;
use serde_json::{Value, json};
use support::{Clock, Folder, Gate, Receiver, Server, answer, requests, until};

const FLAGS: [&str; 4] = ["--allow-target", "127.0.0.1", "--lease", "3"];
const HOUR: i64 = 3600;
/// Longer than the worker goes between two looks at ended leases, twice.
const TWO_SWEEPS: Duration = Duration::from_secs(11);

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

/// Versions of a list, as it shows them.
fn listed(server: &Server, list: &str) -> Vec<u64> {
    let (_, rows) = server.call("GET", &format!("/entities/kestrel/{list}?limit=200"), None);
    let rows = rows["items"].as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| row["subject"]["version"].as_u64()).collect()
}

/// A sign-in code for a member, told before or after a step of the clock.
fn code(server: &Server) -> Value {
    let path = "/entities/kestrel/members/hana";
    assert!(server.call("PUT", path, Some(&json!({"role": "viewer"}))).0 < 300);
    let (status, link) = server.call("POST", &format!("{path}/link"), None);
    assert_eq!(status, 201, "{link}");
    json!({ "code": link["code"] })
}

fn stepped_while_sending(by_s: i64) {
    const EVENTS: u64 = 20;
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..EVENTS);
    until("some are on their way", || (gate.inside() == MAX_IN_FLIGHT_PER_WEBHOOK as usize).then_some(()));
    let code_before = code(&server);

    clock.step(by_s);
    let stepped = Instant::now();
    until("a code from before does not open", || {
        (server.call("POST", "/sign-in", Some(&code_before)).0 != 200).then_some(())
    });
    assert_eq!(server.call("POST", "/sign-in", Some(&code(&server))).0, 200, "one from after does");
    post(&server, EVENTS..2 * EVENTS);
    until("ended leases were looked for", || (stepped.elapsed() > TWO_SWEEPS).then_some(()));
    assert_eq!(gate.inside(), MAX_IN_FLIGHT_PER_WEBHOOK as usize, "what is on its way is not sent again");

    gate.open();
    server.all_delivered(2 * EVENTS);
    let sent = requests(&receiver);
    assert!(sent.len() as u64 == 2 * EVENTS && sent.values().all(|count| *count == 1), "{sent:?}");
    let newest_first: Vec<u64> = (0..2 * EVENTS).rev().collect();
    for list in ["events", "deliveries"] {
        assert_eq!(listed(&server, list), newest_first, "{list}");
    }
}

#[test]
fn set_forward_while_sending() {
    stepped_while_sending(HOUR);
}

#[test]
fn set_back_while_sending() {
    stepped_while_sending(-HOUR);
}

#[test]
fn set_back_between_attempts_a_delivery_is_tried_again_in_its_time() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|count| if count < 3 { answer(500, "") } else { answer(200, "") });
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..3);
    until("all wait for their next attempt", || (server.counts()?.get("retrying") == Some(&3)).then_some(()));
    clock.step(-HOUR);
    server.all_delivered(3);
}

#[test]
fn set_back_a_rate_goes_on() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let receiver = Receiver::start(|_| answer(200, ""));
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    server.change_webhook(|settings| settings["max_per_minute"] = json!(60));
    post(&server, 0..6);
    until("some were sent", || (receiver.all().len() >= 2).then_some(()));
    clock.step(-HOUR);
    server.all_delivered(6);
}

#[test]
fn set_back_the_lease_of_a_worker_that_is_gone_ends() {
    let folder = Folder::new();
    let clock = Clock::new(&folder);
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let server = Server::start_at(&folder, &clock, &FLAGS);
    server.watch_links_signed(&receiver);
    post(&server, 0..4);
    until("all are on their way", || (gate.inside() == 4).then_some(()));
    support::kill_now(&server);
    drop(server);
    gate.open();
    clock.step(-HOUR);
    Server::start_at(&folder, &clock, &FLAGS).all_delivered(4);
}
