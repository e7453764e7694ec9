//! A list of ten thousand read page by page while others are written.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use support::{Folder, Server};

const MANY: usize = 10_000;
/// Those that are made, renamed and deleted meanwhile; within the limit of a team.
const OTHERS: usize = 40;

fn automation(name: &str) -> Value {
    json!({"name": name, "scope": {"registry": "models"}, "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}})
}

fn import(server: &Server, names: impl Iterator<Item = String>) {
    let file = json!({"version": 1, "automations": names.map(|name| automation(&name)).collect::<Vec<_>>()});
    let (status, answer) = server.call("POST", "/entities/kestrel/automations/import", Some(&file));
    assert_eq!(status, 200, "{answer}");
}

/// Ends the writing, also where the reading failed.
struct Stop<'s>(&'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Makes, renames and deletes automations, until told to stop. How many changes that were.
fn write(server: &Server, stop: &AtomicBool) -> usize {
    let path = "/entities/kestrel/automations";
    let mut count = 0;
    while !stop.load(Ordering::SeqCst) {
        let draft = |name: String| {
            json!({"name": name, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
                "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}})
        };
        // Before, between and behind those that stay.
        let names = ["aaa", "stays 04999 x", "zzz"].map(|name| format!("{name} {count}"));
        for name in names {
            let (status, made) = server.call("POST", path, Some(&draft(name.clone())));
            assert_eq!(status, 201, "{made}");
            let own = format!("{path}/{}", made["id"].as_str().expect("an id"));
            let renamed: String = name.chars().rev().collect();
            assert_eq!(server.call("PUT", &own, Some(&draft(renamed))).0, 200);
            assert_eq!(server.call("DELETE", &own, None).0, 204);
        }
        count += 1;
    }
    count
}

#[test]
fn ten_thousand_automations_are_listed_without_gaps_or_repeats_while_others_are_written() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let stays = |index: usize| format!("stays {index:05}");
    import(&server, (0..MANY - OTHERS).map(stays));
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| write(&server, &stop));
        let reading = Stop(&stop);
        for sort in ["created", "name", "-fired"] {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/entities/kestrel/automations?limit=200&sort={sort}{cursor}");
                let (status, page) = server.call("GET", &path, None);
                assert_eq!(status, 200, "{page}");
                for one in page["items"].as_array().expect("a page") {
                    *seen.entry(one["name"].as_str().expect("a name").to_owned()).or_default() += 1;
                }
                let Some(next) = page["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            for index in 0..MANY - OTHERS {
                assert_eq!(seen.get(&stays(index)), Some(&1), "{} by {sort}", stays(index));
            }
        }
        drop(reading);
        assert!(writer.join().expect("ended") > 0, "others were written meanwhile");
    });
}
