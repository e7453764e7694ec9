//! Several processes on one Postgres database. Nothing to do where the tests do not run on Postgres.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output};
use std::sync::Arc;

use hookboard_api::limits::MAX_IN_FLIGHT_PER_WEBHOOK;
use hookboard_server::db::sql;
use serde_json::{Value, json};
use support::{Folder, Gate, Receiver, Server, Worker, answer, requests, until};

const FLAGS: [&str; 4] = ["--allow-target", "127.0.0.1", "--lease", "2"];

fn event(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index}
    })
}

fn post(server: &Server, indices: impl Iterator<Item = u64>) {
    for index in indices {
        let (status, answer) = server.call("POST", "/events", Some(&event(index)));
        assert_eq!(status, 202, "{answer}");
    }
}

#[test]
fn processes_that_start_together_on_an_empty_database_all_work() {
    let Some(folder) = Folder::with_postgres() else { return };
    let (first, second, _workers) = std::thread::scope(|scope| {
        let serve = || scope.spawn(|| Server::start(&folder, &FLAGS));
        let work = || scope.spawn(|| Worker::start(&folder, &FLAGS));
        let (first, second, third, fourth) = (serve(), work(), serve(), work());
        let workers = (second.join().expect("a worker"), fourth.join().expect("a worker"));
        (first.join().expect("a server"), third.join().expect("a server"), workers)
    });
    // What was made once is there once, and each process's sign-in link opened.
    let (_, members) = first.call("GET", "/entities/kestrel/members", None);
    assert_eq!(members["items"].as_array().map(Vec::len), Some(1), "{members}");
    let (_, audit) = second.call("GET", "/entities/kestrel/audit?kind=member", None);
    assert_eq!(audit["items"].as_array().map(Vec::len), Some(1), "{audit}");
    let receiver = Receiver::start(|_| answer(200, "{}"));
    first.watch_links(&format!("http://{}/", receiver.address));
    post(&second, 0..1);
    second.all_delivered(1);
}

#[test]
fn all_processes_deliver_each_event_once_and_keep_to_one_cap_together() {
    const EVENTS: u64 = 300;
    let Some(folder) = Folder::with_postgres() else { return };
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let (first, second) = (Server::start(&folder, &FLAGS), Server::start(&folder, &FLAGS));
    let _workers = [Worker::start(&folder, &FLAGS), Worker::start(&folder, &FLAGS)];
    first.watch_links_signed(&receiver);
    std::thread::scope(|scope| {
        scope.spawn(|| post(&first, 0..EVENTS / 2));
        scope.spawn(|| post(&second, EVENTS / 2..EVENTS));
    });
    let cap = MAX_IN_FLIGHT_PER_WEBHOOK as usize;
    until("as many as may be are on their way", || (gate.inside() == cap).then_some(()));
    let (_, sending) = first.call("GET", "/entities/kestrel/deliveries?state=sending&limit=200", None);
    assert_eq!(sending["items"].as_array().map(Vec::len), Some(cap), "{sending}");
    gate.open();
    second.all_delivered(EVENTS);
    assert_eq!(gate.most(), cap);
    let requests = requests(&receiver);
    assert_eq!(requests.len() as u64, EVENTS);
    assert!(requests.values().all(|count| *count == 1), "none was sent again: {requests:?}");
}

#[test]
fn what_one_process_changes_is_told_by_the_stream_of_another() {
    let Some(folder) = Folder::with_postgres() else { return };
    let (first, second) = (Server::start(&folder, &FLAGS), Server::start(&folder, &FLAGS));
    let receiver = Receiver::start(|_| answer(200, "{}"));
    // From a start on, it takes a moment until the other hears; what it did not hear it finds by looking.
    let mut heard = second.listen(&second.key);
    let (sender, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || heard.any(|line| line.contains("\"member\"")).then(|| sender.send(())));
    let mut count = 0;
    until("the other hears", || {
        count += 1;
        assert_eq!(
            first.call("PUT", &format!("/entities/kestrel/members/user{count}"), Some(&json!({"role": "viewer"}))).0,
            201
        );
        told.try_recv().ok()
    });
    let mut lines = second.listen(&second.key);
    first.watch_links(&format!("http://{}/", receiver.address));
    for topic in ["webhook", "automation"] {
        assert!(lines.any(|line| line.contains(&format!("\"{topic}\""))), "{topic}");
    }
    post(&first, 0..1);
    assert!(lines.any(|line| line.contains("\"delivery\"")), "whoever sends it");
}

#[test]
fn what_one_process_changes_of_automations_another_goes_by_at_once() {
    let Some(folder) = Folder::with_postgres() else { return };
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let (first, second) = (Server::start(&folder, &FLAGS), Server::start(&folder, &FLAGS));
    first.watch_links(&format!("http://{}/", receiver.address));
    let (_, list) = first.call("GET", "/entities/kestrel/automations", None);
    let path = format!("/entities/kestrel/automations/{}", list["items"][0]["id"].as_str().expect("id"));
    for round in 0..10 {
        let is_on = round % 2 == 1;
        let (status, changed) = first.call("PATCH", &path, Some(&json!({ "enabled": is_on })));
        assert_eq!(status, 200, "{changed}");
        let (status, accepted) = second.call("POST", "/events", Some(&event(round)));
        assert_eq!(status, 202, "{accepted}");
        assert_eq!(accepted["events"][0]["matched"], u64::from(is_on), "round {round}: {accepted}");
    }
}

#[test]
fn what_a_killed_worker_was_sending_another_takes_over_when_its_lease_ends() {
    const EVENTS: u64 = 60;
    let Some(folder) = Folder::with_postgres() else { return };
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let first = Server::start(&folder, &FLAGS);
    first.watch_links_signed(&receiver);
    post(&first, 0..EVENTS);
    until("it sends as much as it may", || (gate.inside() == MAX_IN_FLIGHT_PER_WEBHOOK as usize).then_some(()));
    let hanging: BTreeSet<String> = requests(&receiver).into_keys().collect();
    // All that is on its way is in the hands of the one that is killed.
    let mut worker = Worker::start(&folder, &FLAGS);
    support::kill_now(&first);
    drop(first);
    gate.open();
    let second = Server::start(&folder, &FLAGS);
    second.all_delivered(EVENTS);
    let requests = requests(&receiver);
    assert_eq!(requests.len() as u64, EVENTS);
    for (id, count) in &requests {
        assert_eq!(*count, if hanging.contains(id) { 2 } else { 1 }, "{id}");
    }
    for id in &hanging {
        let (_, detail) = second.call("GET", &format!("/entities/kestrel/deliveries/{id}"), None);
        let outcomes: Vec<&Value> = detail["attempts"]
            .as_array()
            .map(|attempts| attempts.iter().map(|attempt| &attempt["exchange"]["outcome"]).collect())
            .unwrap_or_default();
        assert_eq!(outcomes, ["interrupted", "ok"], "{detail}");
    }
    // The same the other way round, under load.
    std::thread::scope(|scope| {
        scope.spawn(|| post(&second, EVENTS..3 * EVENTS));
        until("the worker is in the middle of it", || (receiver.all().len() as u64 > 2 * EVENTS).then_some(()));
        worker.kill_now();
    });
    second.all_delivered(3 * EVENTS);
}

/// Runs `hookboard` to its end.
fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
    command.args(arguments).env_remove("HOOKBOARD_SEALING_KEY").output().expect("run")
}

/// The one line that it ends with.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{words}");
    words.lines().last().unwrap_or_default().to_owned()
}

#[test]
fn a_process_with_another_key_or_none_is_refused() {
    let Some(folder) = Folder::with_postgres() else { return };
    let url = folder.postgres().expect("a database");
    let server = Server::start(&folder, &FLAGS);
    let other = folder.0.join("other");
    std::fs::write(&other, "//////////////////////////////////////////8=").expect("written");
    let other = other.display().to_string();
    for command in ["serve", "worker"] {
        let mut arguments = vec![command, "--database", url, "--key-file", &other];
        if command == "serve" {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        let words = refused(&arguments);
        assert!(words.contains("sealed with another key"), "{command}: {words}");
        let words =
            refused(&arguments.into_iter().filter(|word| *word != "--key-file" && *word != other).collect::<Vec<_>>());
        assert!(words.contains("need the same key"), "{command}: {words}");
    }
    assert_eq!(server.call("GET", "/me", None).0, 200, "the first goes on");
    let words = refused(&["worker", "--data", &folder.0.display().to_string()]);
    assert!(words.contains("a worker needs a Postgres database"), "{words}");
}

/// What the page shows in lists, and one of each thing.
fn shown(server: &Server) -> Vec<(String, Value)> {
    let mut shown = Vec::new();
    let mut get = |path: String| {
        let (status, answer) = server.call("GET", &path, None);
        assert_eq!(status, 200, "{path}: {answer}");
        let mut kept = answer.clone();
        for row in kept["items"].as_array_mut().into_iter().flatten() {
            // Who asks is seen.
            row.as_object_mut().map(|row| row.remove("last_seen_at"));
        }
        shown.push((path, kept));
        answer
    };
    for list in ["webhooks", "automations", "deliveries", "events"] {
        let of_all = get(format!("/entities/kestrel/{list}?limit=200"));
        for row in of_all["items"].as_array().into_iter().flatten().filter(|_| list != "webhooks") {
            get(format!("/entities/kestrel/{list}/{}", row["id"].as_str().expect("id")));
        }
    }
    for list in [
        "secrets",
        "sources",
        "members",
        "audit?limit=200",
        "attention",
        "deliveries/counts",
        "places/registries",
        "places/projects",
        "places/registries/Models/collections",
        "projects/fraud-training/runs",
    ] {
        get(format!("/entities/kestrel/{list}"));
    }
    shown
}

/// Every row of every table, as text that reads alike in both databases.
fn rows(folder: &Folder, types: &Folder) -> BTreeMap<String, BTreeSet<String>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let known = types.db().await;
        let columns: Vec<(String, String, String)> = sql::query_as(
            "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name <> '_sqlx_migrations' ORDER BY table_name, column_name",
        )
        .fetch_all(known.read())
        .await
        .expect("columns");
        known.close().await;
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column, kind) in columns {
            let text = match (kind.as_str(), folder.is_postgres()) {
                ("boolean", _) => format!("CASE WHEN \"{column}\" THEN 'yes' ELSE 'no' END"),
                ("bytea", true) => format!("encode(\"{column}\", 'hex')"),
                ("bytea", false) => format!("lower(hex(\"{column}\"))"),
                ("double precision", false) => format!("CAST(CAST(\"{column}\" * 1000000 AS INTEGER) AS TEXT)"),
                ("double precision", true) => format!("CAST(CAST(trunc(\"{column}\" * 1000000) AS BIGINT) AS TEXT)"),
                _ => format!("CAST(\"{column}\" AS TEXT)"),
            };
            tables.entry(table).or_default().push(format!("CASE WHEN \"{column}\" IS NULL THEN 'none' ELSE {text} END"));
        }
        let db = folder.db().await;
        let mut rows = BTreeMap::new();
        for (table, columns) in tables {
            let all = format!("SELECT {} FROM \"{table}\"", columns.join(" || '|' || "));
            let of_table: Vec<String> = sql::query_scalar(all).fetch_all(db.read()).await.expect("rows");
            rows.insert(table, of_table.into_iter().collect());
        }
        db.close().await;
        rows
    })
}

#[test]
fn a_grown_installation_moves_from_its_file_to_postgres() {
    let Some(target) = Folder::with_postgres() else { return };
    let file = Folder::with_file();
    let data = file.0.display().to_string();
    let url = target.postgres().expect("a database").to_owned();
    let migrate = ["migrate", "sqlite-to-postgres", "--data", &data, "--database", &url];

    // Demo data with deliveries that arrived, wait and failed, and a secret of which a value before is kept.
    let server = Server::start_as(&file, "kestrel", "mira.okafor", &["--demo"]);
    for value in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] {
        server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({ "value": value })));
    }
    let receiver = Receiver::start(|_| answer(200, "{}"));
    server.watch_links(&format!("http://{}/", receiver.address));
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let hook = webhooks["items"].as_array().and_then(|all| all.iter().find(|row| row["settings"]["name"] == "hook"));
    let hook = hook.expect("the webhook");
    let mut settings = hook["settings"].clone();
    settings["signing_secret"] = json!("SIGN");
    let path = format!("/entities/kestrel/webhooks/{}", hook["id"].as_str().expect("id"));
    assert_eq!(server.call("PUT", &path, Some(&settings)).0, 200);
    for other in webhooks["items"].as_array().into_iter().flatten().filter(|other| other["id"] != hook["id"]) {
        let mut settings = other["settings"].clone();
        settings["enabled"] = json!(false);
        let path = format!("/entities/kestrel/webhooks/{}", other["id"].as_str().expect("id"));
        assert_eq!(server.call("PUT", &path, Some(&settings)).0, 200);
    }
    post(&server, 0..20);
    until("they have arrived", || (receiver.all().len() == 20).then_some(()));
    let words = refused(&migrate);
    assert!(words.contains("another Hookboard runs on the folder"), "{words}");
    assert!(server.stop());

    // What it shows when nothing is being sent: the demo's webhooks lead to a server that has stopped.
    let idle = |server: &Server| {
        until("nothing is being sent", || server.counts().filter(|counts| !counts.contains_key("sending")))
    };
    let server = Server::start_as(&file, "kestrel", "mira.okafor", &[]);
    idle(&server);
    let before = shown(&server);
    assert!(server.stop());

    let done = run(&migrate);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let (old, new) = (rows(&file, &target), rows(&target, &target));
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>());
    for (table, rows) in &old {
        // Counted anew in each database.
        if table != "generation" {
            assert_eq!(Some(rows), new.get(table), "{table}");
        }
    }
    assert!(old["attempts"].len() > 20 && old["secrets"].len() > 5 && old["audit"].len() > 20);
    let words = refused(&migrate);
    assert!(words.contains("has a team already"), "{words}");

    // Another key does not open it; its own does.
    let flags = target.flags();
    let mut serve = vec!["serve", "--listen", "127.0.0.1:0"];
    serve.extend(flags.iter().map(String::as_str));
    let words = refused(&serve);
    assert!(words.contains("sealed with another key"), "{words}");
    let key = std::fs::read_to_string(file.0.join("hookboard.key")).expect("the key");
    let server = Server::start_so(&target, "kestrel", "mira.okafor", |command| {
        command.args(["--allow-target", "127.0.0.1"]).env("HOOKBOARD_SEALING_KEY", key.trim());
    });
    idle(&server);
    for ((path, before), (_, after)) in before.iter().zip(shown(&server)) {
        assert_eq!(before, &after, "{path}");
    }
    post(&server, 20..21);
    until("it is sent", || (receiver.all().len() == 21).then_some(()));
    let last = receiver.all().remove(20);
    assert_eq!(last.header("webhook-signature").split(' ').count(), 2, "both values of the secret open and sign");
}
