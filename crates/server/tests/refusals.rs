//! What a process is not started with, and what it says of that.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use serde_json::json;
use support::{Folder, Server};

/// Runs `hookboard` to its end.
fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
    command.args(arguments).env_remove("HOOKBOARD_SEALING_KEY").output().expect("run")
}

/// What it says of arguments that it does not start with.
fn refused(arguments: &[&str]) -> String {
    let output = run(arguments);
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{arguments:?}: {words}");
    words
}

#[test]
fn names_and_urls_that_lead_nowhere_are_refused() {
    let folder = Folder::with_file();
    let data = folder.0.display().to_string();
    for (flag, value, words) in [
        ("--team", "", "a name that can be read"),
        ("--team", "a/b", "without slashes"),
        ("--admin", "mi ra", "letters (a to z)"),
        ("--public-url", "javascript:1", "http:// or https://"),
        ("--allow-origin", "*", "no wildcard"),
        ("--allow-origin", "https://dash.example/panel", "with a host"),
    ] {
        let said = refused(&["serve", "--data", &data, "--listen", "127.0.0.1:0", flag, value]);
        assert!(said.contains(words) && said.contains(flag), "{flag} {value}: {said}");
    }
    assert!(!folder.0.join("hookboard.db").exists(), "nothing was made");
}

#[test]
fn a_start_that_names_no_team_goes_on_with_the_one_there_is() {
    let folder = Folder::new();
    let server = Server::start_as(&folder, "acme", "ada", &[]);
    assert!(server.stop());
    let server = Server::start_as(&folder, "", "", &[]);
    let (status, me) = server.call("GET", "/me", None);
    assert_eq!((status, &me["user"]), (200, &json!("ada")), "{me}");
    assert_eq!(me["entities"], json!([{"entity": "acme", "role": "admin"}]), "and there is no other");
}

#[test]
fn a_database_that_is_not_postgres_or_refuses_is_named_as_such() {
    let folder = Folder::with_file();
    let key = folder.0.join("key");
    std::fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").expect("written");
    let key = key.display().to_string();
    // A port that was free a moment ago, and where nobody listens.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    let closed = format!("postgres://hookboard@127.0.0.1:{port}/hookboard");
    for (url, words) in
        [("mysql://hookboard@db/hookboard", "does not start with postgres://"), (closed.as_str(), "refused")]
    {
        let said = refused(&["worker", "--database", url, "--key-file", &key]);
        assert!(said.contains(words) && said.contains("Check the URL of --database"), "{url}: {said}");
    }
}

#[test]
fn a_key_that_is_missing_is_not_made_anew() {
    let folder = Folder::with_file();
    let data = folder.0.display().to_string();
    let server = Server::start(&folder, &[]);
    assert_eq!(server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "v"}))).0, 201);
    assert!(server.stop());
    let (key, aside) = (folder.0.join("hookboard.key"), folder.0.join("aside"));
    std::fs::rename(&key, &aside).expect("moved");
    let said = refused(&["serve", "--data", &data, "--listen", "127.0.0.1:0"]);
    assert!(said.contains("is missing") && said.contains("--key-file"), "{said}");
    assert!(!key.exists(), "no other key was made");
    std::fs::rename(&aside, &key).expect("moved back");
    assert_eq!(Server::start(&folder, &[]).call("GET", "/me", None).0, 200);
}

#[test]
fn who_reads_only_the_first_line_does_not_make_it_fail() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
    let mut process = command.arg("openapi").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("started");
    // The reader goes before a line was written.
    drop(process.stdout.take());
    let output = process.wait_with_output().expect("ended");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
