//! The commands that call a running server, as a shell runs them.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

/// How a command ended: exit code, what it wrote, and what it complained of.
fn run(server: &Server, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
    command
        .args(arguments)
        .env("HOOKBOARD_URL", format!("http://{}", server.address))
        .env("HOOKBOARD_KEY", &server.key);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut process = command.spawn().expect("started");
    // A command that reads no input may have ended.
    let _ = process.stdin.take().expect("input").write_all(input.as_bytes());
    let output = process.wait_with_output().expect("ended");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().expect("a code"), text(&output.stdout), text(&output.stderr))
}

fn done(server: &Server, arguments: &[&str], input: &str) -> String {
    let (code, text, complaint) = run(server, arguments, input);
    assert_eq!(code, 0, "{arguments:?}: {complaint}");
    text
}

const FILE: &str = r#"
version: 1
automations:
- name: Deploy
  scope:
    registry: models
  trigger:
    event: LINK_ARTIFACT
  action:
    type: webhook
    webhook: hook
    template: |
      {"model": "${artifact_collection_name}"}
"#;

fn server(folder: &Folder, receiver: &Receiver) -> Server {
    let server = Server::start(folder, &["--allow-target", "127.0.0.1"]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address)});
    assert_eq!(server.call("POST", "/entities/kestrel/webhooks", Some(&webhook)).0, 201);
    server
}

#[test]
fn a_file_is_compared_taken_in_and_written_out() {
    let (folder, receiver) = (Folder::new(), Receiver::start(|_| answer(200, "")));
    let server = server(&folder, &receiver);
    let (code, text, complaint) = run(&server, &["diff", "-"], FILE);
    assert_eq!((code, complaint.trim()), (1, "hookboard: 1 of 1 automations differ"));
    assert!(text.starts_with("+ Deploy (registry models)\n"), "{text}");
    let text = done(&server, &["import", "--dry-run", "-"], FILE);
    assert!(text.ends_with("1 would be created, 0 would be updated, 0 unchanged\n"), "{text}");
    let path = folder.0.join("automations.yaml");
    std::fs::write(&path, FILE).expect("written");
    let path = path.display().to_string();
    assert!(done(&server, &["import", &path], "").ends_with("1 created, 0 updated, 0 unchanged\n"));
    assert_eq!(run(&server, &["diff", &path], "").0, 0, "it is as the file says");
    let text = done(&server, &["export"], "");
    assert_eq!(text.trim(), FILE.trim());
    let changed = FILE.replace("${artifact_collection_name}", "${artifact_version_string}");
    let (code, text, _) = run(&server, &["diff", "-"], &changed);
    assert_eq!(code, 1);
    for line in
        ["~ Deploy (registry models)", "    /action/template", r#"    - {"model": "${artifact_collection_name}"}\n"#]
    {
        assert!(text.lines().any(|own| own == line), "{line}: {text}");
    }
    let as_json = done(&server, &["export", "--format", "json", "--registry", "models"], "");
    assert_eq!(serde_json::from_str::<Value>(&as_json).expect("JSON")["automations"][0]["name"], "Deploy");
    assert!(done(&server, &["import", "-"], &as_json).ends_with("0 created, 0 updated, 1 unchanged\n"));
    let (code, _, complaint) = run(&server, &["import", "--collection", "fraud", "-"], FILE);
    assert!(code == 3 && complaint.trim().ends_with("/automations/0/scope"), "{code} {complaint}");
}

#[test]
fn automations_deliveries_and_events_are_at_hand() {
    let (folder, receiver) =
        (Folder::new(), Receiver::start(|index| answer(if index < 1 { 200 } else { 500 }, "\u{1b}[2Jdown")));
    let server = server(&folder, &receiver);
    done(&server, &["import", "-"], FILE);
    assert!(done(&server, &["webhooks", "list"], "").contains("unused"));
    let text = done(&server, &["webhooks", "test", "hook"], "");
    assert!(
        text.starts_with("ok 200") && text.contains("\\u{1b}[2Jdown"),
        "what a receiver says steers no terminal: {text:?}"
    );
    let event = json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
    });
    assert_eq!(done(&server, &["automations", "disable", "Deploy"], ""), "Deploy is off\n");
    let text = done(&server, &["events", "send", "-"], &event.to_string());
    assert!(text.lines().nth(1).expect("a row").ends_with(" 0"), "{text}");
    assert_eq!(done(&server, &["automations", "enable", "Deploy"], ""), "Deploy is on\n");
    let many = json!({"events": [event, event]});
    done(&server, &["events", "send", "-"], &many.to_string());
    let failed = until("one has failed", || {
        let text = done(&server, &["deliveries", "list", "--state", "retrying", "--json"], "");
        let list: Value = serde_json::from_str(&text).expect("JSON");
        list[0]["id"].as_str().map(str::to_owned)
    });
    let shown = done(&server, &["deliveries", "show", &failed], "");
    assert!(shown.contains("attempt 1") && shown.contains(r#"{"model": "fraud"}"#), "{shown}");
    let text = done(&server, &["deliveries", "redeliver", "--dry-run", "--failed-since", "2020-01-01T00:00:00Z"], "");
    assert!(text.contains("would be sent again"), "{text}");
    assert!(done(&server, &["deliveries", "redeliver", &failed], "").starts_with("1 is sent again"));
    let table = done(&server, &["automations", "list"], "");
    let (head, row) = table.trim().split_once('\n').expect("a row");
    for (name, value) in [("NAME", "Deploy"), ("WEBHOOK", "hook"), ("EVENT", "LINK_ARTIFACT")] {
        assert_eq!(row.find(value), head.find(name), "columns are aligned: {table}");
    }
    assert!(done(&server, &["automations", "show", "Deploy"], "").contains("POST hook"));
    let (code, text, complaint) = run(&server, &["automations", "test", "Deploy"], "");
    assert_eq!((code, complaint.trim()), (1, "hookboard: the test did not arrive"), "{text}");
}

#[test]
fn it_ends_with_what_went_wrong_and_what_to_do() {
    let (folder, receiver) = (Folder::new(), Receiver::start(|_| answer(200, "")));
    let server = server(&folder, &receiver);
    let key = done(&server, &["keys", "create", "ci"], "").trim().to_owned();
    let id = {
        let list: Value = serde_json::from_str(&done(&server, &["keys", "list", "--json"], "")).expect("JSON");
        let rows = list.as_array().expect("rows").iter();
        rows.filter(|row| row["name"] == "ci").find_map(|row| row["id"].as_str().map(str::to_owned)).expect("there")
    };
    done(&server, &["automations", "list", "--key", &key], "");
    done(&server, &["keys", "revoke", &id], "");
    let faulty = FILE.replace("webhook: hook", "webhook: nowhere").replace("LINK_ARTIFACT", "ADD_ARTIFACT_ALIAS");
    for (arguments, input, code, words) in [
        (vec!["automations", "list", "--key", &key], "", 3, "key"),
        (vec!["automations", "show", "Nobody"], "", 2, "hookboard automations list"),
        (vec!["automations", "list", "--sort", "size"], "", 3, "\"name\""),
        (vec!["automations", "list", "--entity", "other"], "", 3, "There is no such team"),
        (vec!["import", "-"], &faulty, 3, "There is no webhook \"nowhere\""),
        (vec!["import", "-"], "version: [", 3, "not YAML"),
        (vec!["import", "no-such-file"], "", 2, "no-such-file cannot be read"),
        (vec!["automations", "list", "--url", "http://127.0.0.1:1"], "", 4, "was not reached"),
        (vec!["deliveries", "redeliver"], "", 2, "required"),
    ] {
        let (ended, text, complaint) = run(&server, &arguments, input);
        assert!(ended == code && complaint.contains(words), "{arguments:?}: {ended} {text}{complaint}");
    }
    let mut full = Command::new(env!("CARGO_BIN_EXE_hookboard"));
    full.args(["keys", "create", "lost"])
        .env("HOOKBOARD_URL", format!("http://{}", server.address))
        .env("HOOKBOARD_KEY", &server.key);
    let full = full
        .stdout(std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full disk"))
        .output()
        .expect("ended");
    assert_eq!(full.status.code(), Some(2), "{}", String::from_utf8_lossy(&full.stderr));
    assert!(!done(&server, &["keys", "list"], "").contains("lost"), "a key that nobody has is revoked");
    let (_, _, complaint) = run(&server, &["webhooks", "list", "--url", "http://u:planted@127.0.0.1:1"], "");
    assert!(complaint.contains("was not reached") && !complaint.contains("planted"), "{complaint}");
    let script = done(&server, &["completions", "bash"], "");
    assert!(script.contains("redeliver"), "{script}");
}

#[test]
fn a_command_takes_what_a_shell_and_an_editor_make_of_names_files_and_keys() {
    let (folder, receiver) = (Folder::new(), Receiver::start(|_| answer(200, "")));
    let mut server = server(&folder, &receiver);
    // A name may be that of a call.
    let named = FILE.replace("name: Deploy", "name: export");
    done(&server, &["import", "-"], &format!("\u{feff}{named}"));
    assert!(done(&server, &["automations", "show", "export"], "").starts_with("export\n"));
    done(&server, &["import", "-"], FILE);
    let (code, rows, note) = run(&server, &["automations", "list", "--limit", "1"], "");
    assert_eq!((code, rows.trim().lines().count()), (0, 2));
    assert!(note.contains("there are more"), "{note}");
    assert_eq!(run(&server, &["deliveries", "redeliver", ""], "").0, 2, "an empty variable of a shell is no delivery");
    server.key.push('\n');
    done(&server, &["automations", "list"], "");
}

#[test]
fn names_that_turn_a_text_round_are_told_as_they_are_escaped() {
    let (folder, receiver) = (Folder::new(), Receiver::start(|_| answer(200, "\u{202e}nwod")));
    let server = server(&folder, &receiver);
    assert!(done(&server, &["webhooks", "test", "hook"], "").contains("\\u{202e}nwod"));
    let text = done(&server, &["webhooks", "test", "hook", "--json"], "");
    assert!(
        serde_json::from_str::<Value>(&text).expect("JSON").to_string().contains('\u{202e}'),
        "JSON is told as it is"
    );
}

#[test]
fn the_demo_refuses_names_that_it_would_not_use() {
    let folder = Folder::new();
    for (flag, name) in [("--team", "heron"), ("--admin", "ada")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
        command.args(["serve", "--demo", "--listen", "127.0.0.1:0", flag, name, "--data"]).arg(&folder.0);
        let output = command.output().expect("ended");
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && complaint.contains(&format!("Leave {flag} out")), "{complaint}");
    }
}
