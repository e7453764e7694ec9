//! Who is in a team, who says so, and what goes when somebody leaves.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::{Folder, Server};

const MEMBERS: &str = "/entities/kestrel/members";
const RIVALS: &str = "/entities/rival/members";

fn role(role: &str) -> Value {
    json!({ "role": role })
}

#[test]
fn a_revoked_key_ends_the_streams_it_opened_and_no_others() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let (status, made) = server.call("POST", "/entities/kestrel/keys", Some(&json!({"name": "script"})));
    assert_eq!(status, 201, "{made}");
    let mut revoked = server.listen(made["key"].as_str().expect("key"));
    let mut kept = server.listen(&server.key);
    let path = format!("/entities/kestrel/keys/{}", made["info"]["id"].as_str().expect("id"));
    assert_eq!(server.call("DELETE", &path, None).0, 204);
    assert!(!revoked.any(|line| line.contains("kestrel")), "it has ended");
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    assert!(kept.any(|line| line.contains("catalogue")), "the other goes on");
}

#[test]
fn an_admin_adds_people_changes_their_roles_and_takes_them_out() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let hana = server.join("hana", "viewer");
    let (_, me) = server.call_as(&hana, "GET", "/me", None);
    assert_eq!((&me["user"], &me["entities"]), (&json!("hana"), &json!([{"entity": "kestrel", "role": "viewer"}])));
    let redeliver = json!({"filter": {}});
    let path = "/entities/kestrel/deliveries/redeliver";
    assert_eq!(server.call_as(&hana, "POST", path, Some(&redeliver)).0, 403, "a viewer does not redeliver");
    let (status, changed) = server.call("PUT", &format!("{MEMBERS}/hana"), Some(&role("member")));
    assert_eq!((status, &changed["role"]), (200, &json!("member")));
    assert_eq!(server.call_as(&hana, "POST", path, Some(&redeliver)).0, 200);
    server.call("PUT", &format!("{MEMBERS}/tomas"), Some(&role("viewer")));
    let (_, list) = server.call_as(&hana, "GET", MEMBERS, None);
    let seen: Vec<_> = list["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| (one["user"].as_str().unwrap_or_default(), one["last_seen_at"].is_string()))
        .collect();
    assert_eq!(seen, [("hana", true), ("mira", true), ("tomas", false)]);
    for (method, path, body) in [
        ("PUT", format!("{MEMBERS}/nobody"), Some(role("viewer"))),
        ("PUT", format!("{MEMBERS}/hana"), Some(role("admin"))),
        ("DELETE", format!("{MEMBERS}/tomas"), None),
        ("POST", format!("{MEMBERS}/tomas/link"), None),
    ] {
        assert_eq!(server.call_as(&hana, method, &path, body.as_ref()).0, 403, "{method} {path}");
    }
    for (name, code) in [
        ("a%0Ab", "control_character"),
        ("%20a", "outer_blank"),
        (&"x".repeat(65), "too_long"),
        ("a%2Fb", "malformed"),
        ("a%3Cb%3E", "malformed"),
        ("a%20b", "malformed"),
        ("m%D1%96ra", "malformed"),
    ] {
        let (status, problem) = server.call("PUT", &format!("{MEMBERS}/{name}"), Some(&role("viewer")));
        assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!(code)), "{problem}");
    }
    let (status, problem) = server.call("PUT", &format!("{MEMBERS}/Mira"), Some(&role("viewer")));
    assert_eq!((status, &problem["errors"][0]["code"]), (409, &json!("duplicate")), "{problem}");
    assert_eq!(server.call("PUT", &format!("{MEMBERS}/noor.k_2-x@example.com"), Some(&role("viewer"))).0, 201);
    assert_eq!(server.call("PUT", &format!("{MEMBERS}/x"), Some(&role("owner"))).0, 422);
    assert_eq!(server.call("DELETE", &format!("{MEMBERS}/nobody"), None).0, 404);
    assert_eq!(server.call("POST", &format!("{MEMBERS}/nobody/link"), None).0, 404);
}

#[test]
fn the_last_admin_stays() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let mira = format!("{MEMBERS}/mira");
    for (status, problem) in [server.call("PUT", &mira, Some(&role("viewer"))), server.call("DELETE", &mira, None)] {
        assert_eq!(status, 409, "{problem}");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("last admin")), "{problem}");
    }
    assert_eq!(server.call("PUT", &mira, Some(&role("admin"))).0, 200, "staying one is no demotion");
    let tomas = server.join("tomas", "admin");
    assert_eq!(server.call_as(&tomas, "PUT", &mira, Some(&role("viewer"))).0, 200);
    assert_eq!(server.call_as(&tomas, "DELETE", &format!("{MEMBERS}/tomas"), None).0, 409);
}

#[test]
fn the_keys_and_codes_of_who_left_open_nothing_even_when_the_name_comes_back() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let hana = server.join("hana", "admin");
    let mut lines = server.listen(&hana);
    let (status, link) = server.call("POST", &format!("{MEMBERS}/hana/link"), None);
    assert_eq!(status, 201, "{link}");
    assert_eq!(server.call("DELETE", &format!("{MEMBERS}/hana"), None).0, 204);
    assert!(!lines.any(|line| line.contains("kestrel")), "what it listened to has ended");
    let (status, problem) = server.call_as(&hana, "GET", MEMBERS, None);
    assert_eq!((status, &problem["code"]), (401, &json!("no_longer_member")), "{problem}");
    let (status, problem) = server.call_as("hb_nobody", "GET", MEMBERS, None);
    assert_eq!((status, &problem["code"]), (401, &json!("unauthorized")), "{problem}");
    assert_eq!(server.call("POST", "/sign-in", Some(&json!({"code": link["code"]}))).0, 401);
    assert_eq!(server.call("PUT", &format!("{MEMBERS}/hana"), Some(&role("viewer"))).0, 201);
    assert_eq!(server.call_as(&hana, "GET", MEMBERS, None).0, 401);
}

/// Two teams on one folder, with mira an admin of both: hana is in both, and tomas an admin of rival alone.
/// Answers the server, hana's key and tomas's.
fn two_teams(folder: &Folder) -> (Server, String, String) {
    let server = Server::start(folder, &[]);
    let hana = server.join("hana", "member");
    assert!(server.stop());
    let server = Server::start_as(folder, "rival", "mira", &[]);
    assert_eq!(server.call("PUT", &format!("{RIVALS}/hana"), Some(&role("viewer"))).0, 201);
    assert_eq!(server.call("PUT", &format!("{RIVALS}/tomas"), Some(&role("admin"))).0, 201);
    let (_, link) = server.call("POST", &format!("{RIVALS}/tomas/link"), None);
    let (_, signed_in) = server.call("POST", "/sign-in", Some(&json!({"code": link["code"]})));
    let tomas = signed_in["key"].as_str().expect("key").to_owned();
    (server, hana, tomas)
}

#[test]
fn a_link_does_not_open_a_team_of_somebody_else() {
    let folder = Folder::new();
    let (server, hana, tomas) = two_teams(&folder);
    let (status, problem) = server.call_as(&tomas, "POST", &format!("{RIVALS}/hana/link"), None);
    assert_eq!((status, &problem["code"]), (403, &json!("forbidden")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.contains("kestrel")), "{problem}");
    // Leaving the one team leaves the other, and its keys.
    assert_eq!(server.call_as(&hana, "GET", RIVALS, None).0, 200);
    assert_eq!(server.call_as(&tomas, "DELETE", &format!("{RIVALS}/hana"), None).0, 204);
    assert_eq!(server.call_as(&hana, "GET", RIVALS, None).0, 404);
    assert_eq!(server.call_as(&hana, "GET", MEMBERS, None).0, 200);
}

#[test]
fn who_is_in_another_team_is_not_added_by_name_alone() {
    let folder = Folder::new();
    let (server, hana, tomas) = two_teams(&folder);
    assert_eq!(server.call_as(&tomas, "DELETE", &format!("{RIVALS}/hana"), None).0, 204);
    let (status, problem) = server.call_as(&tomas, "PUT", &format!("{RIVALS}/hana"), Some(&role("admin")));
    assert_eq!((status, &problem["code"]), (409, &json!("conflict")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("another person")), "{problem}");
    assert_eq!(server.call_as(&hana, "GET", RIVALS, None).0, 404);
    assert_eq!(server.call("PUT", &format!("{RIVALS}/hana"), Some(&role("viewer"))).0, 201, "an admin of both may");
    assert_eq!(server.call_as(&tomas, "PUT", &format!("{RIVALS}/hana"), Some(&role("member"))).0, 200);
}

#[test]
fn keys_that_open_a_team_of_somebody_else_are_neither_seen_nor_revoked() {
    let folder = Folder::new();
    let (server, hana, tomas) = two_teams(&folder);
    let keys = |key: &str| {
        let (status, list) = server.call_as(key, "GET", "/entities/rival/keys", None);
        assert_eq!(status, 200, "{list}");
        let found = |one: &Value| (one["user"].as_str().unwrap_or_default().to_owned(), one["id"].clone());
        let mut found: Vec<_> = list["items"].as_array().into_iter().flatten().map(found).collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    let users = |key: &str| keys(key).into_iter().map(|(user, _)| user).collect::<Vec<_>>();
    assert_eq!(users(&tomas), ["tomas"]);
    assert_eq!(users(&server.key), ["hana", "mira", "mira", "tomas"], "an admin of all their teams");
    let path = |id: &Value| format!("/entities/rival/keys/{}", id.as_str().expect("id"));
    for (user, id) in keys(&server.key) {
        if user != "tomas" {
            assert_eq!(server.call_as(&tomas, "DELETE", &path(&id), None).0, 404, "{user}");
        }
    }
    assert_eq!(server.call_as(&hana, "GET", MEMBERS, None).0, 200);
    assert_eq!(server.call("DELETE", &path(&keys(&server.key)[0].1), None).0, 204);
    assert_eq!(server.call_as(&hana, "GET", MEMBERS, None).0, 401);
}

#[test]
fn adding_only_leaves_a_member_as_is() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let put = || {
        let body = role("member").to_string();
        let headers = [("if-none-match", "*"), ("content-type", "application/json")];
        let path = format!("/api/v1{MEMBERS}/hana");
        server.raw("PUT", &path, Some(&server.key), &headers, Some(body.as_bytes()))
    };
    assert_eq!(put().0, 201);
    assert_eq!(server.call("PUT", &format!("{MEMBERS}/hana"), Some(&role("viewer"))).0, 200);
    let (status, problem) = put();
    assert_eq!(status, 412, "{problem}");
    let (_, list) = server.call("GET", MEMBERS, None);
    assert_eq!((&list["items"][0]["user"], &list["items"][0]["role"]), (&json!("hana"), &json!("viewer")));
}

#[test]
fn a_first_admin_who_was_taken_out_stays_out() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let (_, log) = server.call("GET", "/entities/kestrel/audit", None);
    let first = &log["items"][0];
    assert_eq!((&first["actor"], &first["target_name"]), (&json!("hookboard"), &json!("mira")), "{log}");
    let tomas = server.join("tomas", "admin");
    assert_eq!(server.call_as(&tomas, "DELETE", &format!("{MEMBERS}/mira"), None).0, 204);
    assert!(server.stop());
    // Another admin's name still brings a link; mira's own start makes her no member again.
    let mut child = Command::new(env!("CARGO_BIN_EXE_hookboard"))
        .args(["serve", "--listen", "127.0.0.1:0", "--team", "kestrel", "--admin", "mira"])
        .args(folder.flags())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let mut told = BufReader::new(child.stdout.take().expect("stdout")).lines().map_while(Result::ok);
    let link = told.find(|line| line.contains("#code=") || line.contains("no sign-in link"));
    child.kill().expect("killed");
    child.wait().expect("ended");
    assert!(link.is_some_and(|line| line.contains("mira is not in the team kestrel")));
    let server = Server::start_as(&folder, "kestrel", "tomas", &[]);
    let (_, list) = server.call("GET", MEMBERS, None);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    assert_eq!(list["items"][0]["user"], "tomas");
}

#[test]
fn a_new_key_is_told_to_the_team() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let mut lines = server.listen(&server.key);
    assert_eq!(server.call("POST", "/entities/kestrel/keys", Some(&json!({"name": "script"}))).0, 201);
    assert!(lines.any(|line| line.contains("\"member\"")));
}
