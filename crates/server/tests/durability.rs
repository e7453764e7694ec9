//! What was accepted is delivered, whatever happens to the process.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

const EVENTS: u64 = 1000;

fn link(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index}
    })
}

#[test]
fn every_event_accepted_before_a_kill_is_delivered_after_the_restart() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1", "--lease", "2"]);
    server.watch_links(&format!("http://{}/hook", receiver.address));

    // Four senders; the process is killed once half of the events are accepted, in the middle of
    // accepting and delivering.
    let accepted: Arc<Mutex<HashSet<u64>>> = Arc::default();
    let gone = Arc::new(AtomicBool::new(false));
    let server = Arc::new(server);
    let senders: Vec<_> = (0..4)
        .map(|sender| {
            let (server, accepted, gone) = (Arc::clone(&server), Arc::clone(&accepted), Arc::clone(&gone));
            std::thread::spawn(move || {
                for index in (sender..EVENTS).step_by(4) {
                    if gone.load(Ordering::Relaxed) {
                        return;
                    }
                    let body = link(index).to_string();
                    let key = Some(server.key.as_str());
                    let Some(answer) = server.exchange("POST", "/api/v1/events", key, &[], Some(body.as_bytes()))
                    else {
                        return;
                    };
                    assert_eq!(answer.status, 202);
                    accepted.lock().expect("set").insert(index);
                }
            })
        })
        .collect();
    until("half of the events are accepted", || (accepted.lock().expect("set").len() > 500).then_some(()));
    support::kill_now(&server);
    gone.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.join().expect("sender");
    }
    drop(Arc::into_inner(server));
    let accepted = accepted.lock().expect("set").clone();
    assert!(accepted.len() as u64 != EVENTS, "the kill came too late to prove anything");

    let server = Server::start(&folder, &["--allow-target", "127.0.0.1", "--lease", "2"]);
    let index_of = |body: &str| serde_json::from_str::<Value>(body).ok()?["index"].as_u64();
    until("every accepted event arrived", || {
        let arrived: HashSet<u64> = receiver.all().iter().filter_map(|request| index_of(&request.body)).collect();
        accepted.is_subset(&arrived).then_some(())
    });
    // Repeats are allowed, and carry the same bytes.
    let mut bodies: HashMap<u64, String> = HashMap::new();
    for request in receiver.all() {
        let index = index_of(&request.body).expect("index");
        assert_eq!(bodies.entry(index).or_insert_with(|| request.body.clone()), &request.body);
    }
    until("nothing waits", || {
        let (_, counts) = server.call("GET", "/entities/kestrel/deliveries/counts", None);
        let open = counts["items"].as_array()?.iter().any(|row| row["state"] != "delivered");
        (!open).then_some(())
    });
}

#[test]
fn a_stop_signal_ends_the_server_well() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    assert!(server.stop());
}

#[test]
fn an_event_with_the_same_dedupe_key_is_accepted_once() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    server.watch_links(&format!("http://{}/hook", receiver.address));
    let mut event = link(1);
    event["dedupe_key"] = json!("once");
    let (_, first) = server.call("POST", "/events", Some(&event));
    let (_, second) = server.call("POST", "/events", Some(&event));
    assert_eq!(first["events"][0]["id"], second["events"][0]["id"]);
    assert_eq!(second["events"][0]["duplicate"], true);
    let (_, deliveries) = server.call("GET", "/entities/kestrel/deliveries", None);
    assert_eq!(deliveries["items"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_in_one_line() {
    let folder = Folder::with_file();
    let server = Server::start(&folder, &[]);
    let second = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_hookboard"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&folder.0).output().expect("run")
    };
    let refused = second();
    assert!(!refused.status.success());
    let words = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(words.lines().count(), 1, "{words}");
    assert!(words.contains("another Hookboard runs on the folder"), "{words}");
    assert_eq!(server.call("GET", "/me", None).0, 200, "the first one goes on");
    // A lock does not outlive its process, however that ends.
    support::kill_now(&server);
    drop(server);
    assert_eq!(Server::start(&folder, &[]).call("GET", "/me", None).0, 200);
}
