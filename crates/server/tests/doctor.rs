//! What `hookboard doctor` finds, and that it changes nothing.

#![cfg(unix)]
#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::{Folder, Server};

/// The findings, and whether it says that a server would work.
fn doctor(folder: &Path, flags: &[&str]) -> (bool, Vec<Value>) {
    looked(Command::new(env!("CARGO_BIN_EXE_hookboard")).args(["doctor", "--json", "--data"]).arg(folder), flags)
}

/// The same of the command as it is.
fn looked(command: &mut Command, flags: &[&str]) -> (bool, Vec<Value>) {
    if !flags.contains(&"--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    let done = command.args(flags).output().expect("run");
    let findings: Vec<Value> = serde_json::from_slice(&done.stdout).expect("JSON");
    let failed = findings.iter().any(|finding| finding["state"] == "failed");
    assert_eq!(done.status.success(), !failed, "the exit code says it, too");
    (done.status.success(), findings)
}

/// The state and the words of one check.
fn found(findings: &[Value], check: &str) -> (String, String) {
    let finding =
        findings.iter().find(|finding| finding["check"] == check).unwrap_or_else(|| panic!("{check}: {findings:?}"));
    let text = |name: &str| finding[name].as_str().expect("text").to_owned();
    (text("state"), text("detail"))
}

fn run_sql(folder: &Folder, statement: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(folder.0.join("hookboard.db"));
        let mut database = SqliteConnection::connect_with(&options).await.expect("opened");
        sqlx::query(statement).execute(&mut database).await.expect("written");
        database.close().await.expect("closed");
    });
}

/// A stopped server's folder with a secret, a webhook and an event.
fn used() -> Folder {
    let folder = Folder::with_file();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    assert_eq!(server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "v"}))).0, 201);
    server.watch_links("http://127.0.0.1:9/");
    let event = json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
    });
    assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    assert!(server.stop());
    folder
}

#[test]
fn a_folder_that_is_not_there_yet_is_fine_and_stays_so() {
    let folder = Folder::with_file();
    let data = folder.0.join("data");
    let (works, findings) = doctor(&data, &[]);
    assert!(works, "{findings:?}");
    for check in ["folder", "database", "key"] {
        let (state, detail) = found(&findings, check);
        assert!(state == "ok" && detail.contains("not there yet"), "{check} {detail}");
    }
    assert!(!data.exists() && fs::read_dir(&folder.0).expect("folder").next().is_none(), "nothing was made");
}

#[test]
fn all_is_well_beside_a_server_and_after_it() {
    let folder = Folder::with_file();
    let server = Server::start(&folder, &[]);
    let address = server.address.to_string();
    let (works, findings) = doctor(&folder.0, &["--listen", &address]);
    assert!(works, "{findings:?}");
    assert!(found(&findings, "port").1.contains("a server runs on the database"), "{findings:?}");
    assert!(found(&findings, "schema").1.contains("the newest"), "{findings:?}");
    assert_eq!(server.call("GET", "/me", None).0, 200, "which goes on");
    assert!(server.stop());

    let folder = used();
    let names = || {
        let all = fs::read_dir(&folder.0).expect("folder").map(|file| file.expect("file").file_name());
        all.collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();
    let (works, findings) = doctor(&folder.0, &["--allow-target", "127.0.0.1"]);
    assert_eq!(names(), before, "nothing is left behind");
    assert!(works, "{findings:?}");
    assert!(found(&findings, "key").1.contains("opens the database's secrets"), "{findings:?}");
    assert!(found(&findings, "dns").1.contains("All 1 webhooks"), "{findings:?}");
    assert!(found(&findings, "allowed").0 == "warning", "loopback is a machine's own: {findings:?}");
}

#[test]
fn each_fault_is_found_with_what_to_do() {
    let folder = used();
    let key = folder.0.join("hookboard.key");
    let finding = |check: &str, flags: &[&str]| found(&doctor(&folder.0, flags).1, check);
    let told = |check: &str, flags: &[&str], state: &str, words: &str| {
        let (found, detail) = finding(check, flags);
        assert!(found == state && detail.contains(words), "{check}: {found} {detail}");
    };
    told("dns", &[], "warning", "Allow it with --allow-target 127.0.0.1");
    told("allowed", &["--allow-target", "169.254.0.0/16"], "warning", "metadata");
    told("allowed", &["--allow-target", "10.1.0.0/16"], "ok", "10.1.0.0/16");
    let taken = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = taken.local_addr().expect("address").to_string();
    told("port", &["--listen", &address], "failed", "Choose another with --listen");

    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("mode");
    told("key", &[], "warning", "chmod 600");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("mode");
    let kept = fs::read(&key).expect("key");
    fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("written");
    told("key", &[], "failed", "does not open");
    fs::write(&key, "nonsense").expect("written");
    told("key", &[], "failed", "32 random bytes in base64");
    fs::remove_file(&key).expect("removed");
    told("key", &[], "failed", "Put it back");
    fs::write(&key, kept).expect("written");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o777)).expect("mode");
    told("folder", &[], "warning", "chmod go-w");
    fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o755)).expect("mode");

    run_sql(&folder, "UPDATE events SET received_at = '2999-01-01T00:00:00.000Z'");
    told("clock", &[], "failed", "It went back");
    run_sql(
        &folder,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, x'00', 0)",
    );
    told("schema", &[], "failed", "Use the newer program");
    run_sql(&folder, "DROP TABLE _sqlx_migrations");
    told("schema", &[], "failed", "no database of Hookboard's");
    let mut file = fs::OpenOptions::new().write(true).open(folder.0.join("hookboard.db")).expect("file");
    file.seek(SeekFrom::Start(4096)).expect("seek");
    file.write_all(&vec![0xa5; 65536]).expect("written");
    told("database", &[], "failed", "backup");
}

#[test]
fn it_writes_one_line_per_check() {
    let folder = used();
    let run = Command::new(env!("CARGO_BIN_EXE_hookboard"))
        .args(["doctor", "--listen", "127.0.0.1:0", "--data"])
        .arg(&folder.0)
        .output()
        .expect("run");
    let text = String::from_utf8(run.stdout).expect("text");
    for check in ["folder", "disk", "database", "schema", "key", "clock", "port", "tls", "allowed", "dns"] {
        let lines = text.lines().filter(|line| line.split_whitespace().nth(1) == Some(check)).count();
        assert_eq!(lines, 1, "{check}: {text}");
    }
    assert!(!text.contains("FAILED") && run.status.success(), "{text}");
}

#[test]
fn of_a_shared_database_it_tells_what_is_wrong_and_what_to_do() {
    let Some(folder) = Folder::with_postgres() else { return };
    let url = folder.postgres().expect("a database").to_owned();
    let flags = folder.flags();
    let key = flags.last().expect("a key file").clone();
    let other = folder.0.join("other");
    fs::write(&other, "//////////////////////////////////////////8=").expect("written");
    for file in [Path::new(&key), &other] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("mode");
    }
    let other = other.display().to_string();
    let clock = folder.0.join("clock");
    fs::write(&clock, "0").expect("written");
    let findings = |flags: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
        looked(command.args(["doctor", "--json"]).env("HOOKBOARD_CLOCK", &clock), flags)
    };
    let told = |check: &str, flags: &[&str], state: &str, words: &str| {
        let (told, detail) = found(&findings(flags).1, check);
        assert!(told == state && detail.contains(words), "{check}: {told} {detail}");
    };
    let good = ["--database", &url, "--key-file", &key, "--allow-target", "10.0.0.0/8"];
    told("database", &["--database", "postgres://nobody@127.0.0.1:1/none"], "failed", "Check the URL of --database");
    told("key", &["--database", &url], "failed", "name it with --key-file");
    for _ in 0..2 {
        // Looking makes nothing.
        told("schema", &good, "ok", "There are no tables yet");
    }
    let server = Server::start(&folder, &[]);
    let address = server.address.to_string();
    let (works, all) = findings(&[&good[..], &["--listen", &address]].concat());
    assert!(works, "{all:?}");
    for (check, words) in [
        ("database", "answers"),
        ("room", "a process takes up to"),
        ("schema", "the newest"),
        ("key", "opens the database's secrets"),
        ("clocks", "agree"),
        ("port", "a server runs on the database"),
    ] {
        let (state, detail) = found(&all, check);
        assert!(state == "ok" && detail.contains(words), "{check}: {state} {detail}");
    }
    assert!(server.stop());
    told("key", &["--database", &url, "--key-file", &other], "failed", "does not open");
    fs::write(&clock, "20000").expect("written");
    told("clocks", &good, "failed", "s apart. Keep both by NTP");
    fs::write(&clock, "0").expect("written");
    folder.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 5', current_database()); END $$");
    told("room", &good, "warning", "Raise max_connections");
    folder.sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT -1', current_database()); END $$");
    folder.sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', TRUE, '', 0)",
    );
    told("schema", &good, "failed", "Use the newer program");
}
