//! The process ends at once at every place where something is half done; nothing that was accepted is lost.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]
#![cfg(unix)]

mod support;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hookboard_server::failpoint::Point;
use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

const EVENTS: u64 = 120;
const SENDERS: u64 = 4;

fn event(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index},
        "dedupe_key": format!("event-{index}")
    })
}

/// Posts all events from several threads until each is accepted, or the server is gone. What was accepted.
fn post(server: &Arc<Server>, gone: &Arc<AtomicBool>) -> Vec<u64> {
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (server, gone) = (Arc::clone(server), Arc::clone(gone));
            std::thread::spawn(move || {
                let mut accepted = Vec::new();
                for index in (sender..EVENTS).step_by(usize::try_from(SENDERS).expect("few")) {
                    let body = event(index).to_string();
                    let key = Some(server.key.as_str());
                    let answer = server.exchange("POST", "/api/v1/events", key, &[], Some(body.as_bytes()));
                    let Some(answer) = answer else {
                        gone.store(true, Ordering::Relaxed);
                        return accepted;
                    };
                    assert_eq!(answer.status, 202, "{}", answer.body);
                    accepted.push(index);
                }
                accepted
            })
        })
        .collect();
    senders.into_iter().flat_map(|sender| sender.join().expect("sender")).collect()
}

/// What the receiver got: bodies by delivery id.
fn received(receiver: &Receiver) -> HashMap<String, Vec<String>> {
    let mut bodies: HashMap<String, Vec<String>> = HashMap::new();
    for request in receiver.all() {
        bodies.entry(request.header("webhook-id").to_owned()).or_default().push(request.body);
    }
    bodies
}

fn dies_at(point: Point, times: u32) {
    let what = format!("{}:{times}", point.as_str());
    let folder = Folder::new();
    let receiver =
        Receiver::start(|count| if count < 60 && count % 7 == 3 { answer(503, "busy") } else { answer(200, "{}") });
    let flags = ["--allow-target", "127.0.0.1", "--lease", "2"];
    let server = Server::start(&folder, &flags);
    let (status, secret) = server.call(
        "PUT",
        "/entities/kestrel/secrets/SIGN",
        Some(&json!({"value": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})),
    );
    assert!(status < 300, "{secret}");
    server.watch_links(&format!("http://{}/hook", receiver.address));
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let mut settings = webhooks["items"][0]["settings"].clone();
    settings["signing_secret"] = json!("SIGN");
    let path = format!("/entities/kestrel/webhooks/{}", webhooks["items"][0]["id"].as_str().expect("id"));
    assert_eq!(server.call("PUT", &path, Some(&settings)).0, 200);
    assert!(server.stop());

    let server = Server::start_so(&folder, "kestrel", "mira", |command| {
        command.args(flags).env("HOOKBOARD_FAILPOINT", &what);
    });
    let server = Arc::new(server);
    let gone = Arc::default();
    let accepted = post(&server, &gone);
    let mut server = Arc::into_inner(server).expect("the senders have ended");
    until("the process ends at the point", || server.has_ended().then_some(()));
    drop(server);

    // What the callers were not told of, they send again.
    let server = Arc::new(Server::start(&folder, &flags));
    assert_eq!(post(&server, &Arc::default()).len() as u64, EVENTS, "{what}");
    let list = || {
        let (status, list) = server.call("GET", "/entities/kestrel/deliveries?limit=200", None);
        assert_eq!(status, 200, "{list}");
        list["items"].as_array().expect("items").clone()
    };
    until("everything is delivered", || {
        let (_, counts) = server.call("GET", "/entities/kestrel/deliveries/counts", None);
        let open = counts["items"].as_array()?.iter().any(|row| row["state"] != "delivered");
        (!open).then_some(())
    });
    let deliveries = list();
    assert_eq!(deliveries.len() as u64, EVENTS, "{what}: one delivery for each event, also for those sent twice");
    let received = received(&receiver);
    for delivery in &deliveries {
        let id = delivery["id"].as_str().expect("id");
        let state = delivery["state"].as_str().expect("state");
        assert_eq!(state, "delivered", "{what}: {delivery}");
        let bodies = received.get(id).cloned().unwrap_or_default();
        assert!(
            bodies.windows(2).all(|pair| pair[0] == pair[1]),
            "{what}: a repeat carries the same bytes: {bodies:?}"
        );
        let (_, detail) = server.call("GET", &format!("/entities/kestrel/deliveries/{id}"), None);
        let attempts = detail["attempts"].as_array().expect("attempts");
        assert!(attempts.len() >= bodies.len(), "{what}: {} requests, and {detail}", bodies.len());
        assert_eq!(delivery["attempts"].as_u64(), Some(attempts.len() as u64), "{what}: {detail}");
        let numbers: Vec<u64> = attempts.iter().filter_map(|attempt| attempt["number"].as_u64()).collect();
        assert_eq!(numbers, (1..=attempts.len() as u64).collect::<Vec<_>>(), "{what}");
        // An attempt of which nobody saw the end may have been sent or not; every other one was.
        let seen = attempts.iter().filter(|attempt| attempt["exchange"]["outcome"] != "interrupted").count();
        assert!(seen <= bodies.len(), "{what}: {} requests, and {detail}", bodies.len());
    }
    // What was answered with a 202 before the end was stored before it.
    let stored: Vec<u64> = deliveries.iter().filter_map(|delivery| delivery["subject"]["version"].as_u64()).collect();
    assert!(accepted.iter().all(|index| stored.contains(index)), "{what}");
    let all = receiver.all().len() as u64;
    assert!(all >= EVENTS, "{what}: {all} requests");
}

macro_rules! dies {
    ($($name:ident $point:ident $times:literal;)*) => {
        $(#[test]
        fn $name() {
            dies_at(Point::$point, $times);
        })*

        #[test]
        fn every_point_has_its_test() {
            let tested = [$(Point::$point),*];
            assert!(Point::ALL.iter().all(|point| tested.contains(point)));
        }
    };
}

dies! {
    before_the_first_events_are_committed BeforeAcceptCommit 1;
    before_later_events_are_committed BeforeAcceptCommit 12;
    after_the_first_events_are_committed AfterAccept 1;
    after_later_events_are_committed AfterAccept 12;
    before_a_claim_is_committed BeforeClaimCommit 3;
    after_the_first_claim AfterClaim 1;
    after_a_later_claim AfterClaim 8;
    after_the_first_answer AfterSend 1;
    after_a_later_answer AfterSend 25;
    before_an_attempt_is_committed BeforeFinishCommit 5;
    after_the_first_attempt_is_committed AfterFinish 1;
    after_a_later_attempt_is_committed AfterFinish 9;
}
