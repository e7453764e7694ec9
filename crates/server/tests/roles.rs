//! Who may do what: every call of the document with every kind of caller.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use support::{Folder, Server, until};

/// What a call takes to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Needs {
    /// No key: it vouches for itself.
    Nothing,
    /// A key, of whatever team.
    Key,
    /// This role in the team, or a higher one.
    Viewer,
    Member,
    Admin,
}
use Needs::{Admin, Key, Member, Nothing, Viewer};

const A: &str = "/api/v1/entities/{entity}/automations";
const D: &str = "/api/v1/entities/{entity}/deliveries";
const M: &str = "/api/v1/entities/{entity}/members";
const P: &str = "/api/v1/entities/{entity}/places/{places}";
const R: &str = "/api/v1/entities/{entity}/projects/{name}/runs";
const W: &str = "/api/v1/entities/{entity}/webhooks";

const DRAFT: &str = r#"{"name": "new #", "scope": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "c#"},
    "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}}"#;
const BACKTEST: &str = r#"{"draft": {"scope": {"kind": "registry", "entity": "kestrel", "name": "models"}, "trigger": {"event": "LINK_ARTIFACT"}}, "days": 1}"#;
const WEBHOOK: &str = r#"{"name": "new #", "url": "http://127.0.0.1:9/", "enabled": false}"#;
const EVENT: &str = r#"{"type": "LINK_ARTIFACT", "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "x", "version": 1}}"#;
const POINTS: &str = r#"{"metric": "loss", "points": [{"step": 1, "value": 0.5}]}"#;

/// Each call: method, path by the document, what `{…}` in it stands for, body, who may, and what the
/// call answers when it does. `#` is a number of its own; a word of the fixture stands for its id.
type Call = (&'static str, String, &'static str, &'static str, Needs, u16);

fn calls() -> Vec<Call> {
    let call = |method, base: &str, rest: &str, parameters, body, needs, status| {
        (method, format!("{base}{rest}"), parameters, body, needs, status)
    };
    let e = "/api/v1/entities/{entity}";
    let v = "/{name}/collections/{collection}/versions/{index}";
    let at = "places=registries name=models collection=c# index=1";
    vec![
        call("POST", "/api/v1/sign-in", "", "", r#"{"code": "none"}"#, Nothing, 401),
        call("POST", "/api/v1/sources/mlflow", "/{id}", "id=source", "{}", Nothing, 401),
        call("GET", "/api/v1/me", "", "", "", Key, 200),
        call("GET", "/api/v1/entities", "", "", "", Key, 200),
        call("POST", "/api/v1/events", "", "", EVENT, Member, 202),
        call("GET", e, "/attention", "", "", Viewer, 200),
        call("GET", e, "/audit", "", "", Viewer, 200),
        call("GET", e, "/events", "", "", Viewer, 200),
        call("GET", e, "/events/{id}", "id=event", "", Viewer, 200),
        call("GET", e, "/keys", "", "", Admin, 200),
        call("POST", e, "/keys", "", r#"{"name": "new #"}"#, Admin, 201),
        call("DELETE", e, "/keys/{id}", "id=key", "", Admin, 204),
        call("GET", e, "/secrets", "", "", Viewer, 200),
        call("PUT", e, "/secrets/{name}", "name=NEW_#", r#"{"value": "v"}"#, Admin, 201),
        call("DELETE", e, "/secrets/{name}", "name=SECRET_#", "", Admin, 204),
        call("GET", e, "/sources", "", "", Viewer, 200),
        call("POST", e, "/sources", "", r#"{"name": "new #", "registry": "models", "secret": "SIGN"}"#, Admin, 201),
        call("DELETE", e, "/sources/{id}", "id=source", "", Admin, 204),
        call("GET", e, "/stream", "", "", Viewer, 200),
        call("GET", W, "/lent", "", "", Viewer, 200),
        call("GET", A, "", "", "", Viewer, 200),
        call("POST", A, "", "", DRAFT, Admin, 201),
        call("POST", A, "/backtest", "", BACKTEST, Viewer, 200),
        call("POST", A, "/bulk", "", r#"{"ids": ["automation"], "change": "disable"}"#, Admin, 200),
        call("GET", A, "/export", "", "", Viewer, 200),
        call("POST", A, "/import", "", r#"{"version": 1, "automations": []}"#, Admin, 200),
        call("POST", A, "/validate", "", DRAFT, Viewer, 204),
        call("GET", A, "/{id}", "id=automation", "", Viewer, 200),
        call("PUT", A, "/{id}", "id=automation", DRAFT, Admin, 200),
        call("DELETE", A, "/{id}", "id=automation", "", Admin, 204),
        call("PATCH", A, "/{id}", "id=automation", r#"{"enabled": false}"#, Admin, 200),
        call("POST", A, "/{id}/duplicate", "id=automation", "", Admin, 201),
        call("GET", A, "/{id}/evaluations", "id=automation", "", Viewer, 200),
        call("GET", A, "/{id}/revisions", "id=automation", "", Viewer, 200),
        call("POST", A, "/{id}/revisions/{revision}/restore", "id=automation revision=1", "", Admin, 200),
        call("POST", A, "/{id}/test", "id=automation", "", Member, 200),
        call("GET", D, "", "", "", Viewer, 200),
        call("GET", D, "/counts", "", "", Viewer, 200),
        call("POST", D, "/redeliver", "", r#"{"filter": {}}"#, Member, 200),
        call("GET", D, "/{id}", "id=waiting", "", Viewer, 200),
        call("POST", D, "/{id}/cancel", "id=waiting", "", Member, 204),
        call("POST", D, "/{id}/redeliver", "id=canceled", "", Member, 202),
        call("GET", M, "", "", "", Viewer, 200),
        call("PUT", M, "/{user}", "user=new#", r#"{"role": "viewer"}"#, Admin, 201),
        call("DELETE", M, "/{user}", "user=person#", "", Admin, 204),
        call("POST", M, "/{user}/link", "user=person#", "", Admin, 201),
        call("GET", P, "", "places=registries", "", Viewer, 200),
        call("PUT", P, "/{name}", "places=registries name=new#", "", Admin, 201),
        call("GET", P, "/{name}/collections", "places=registries name=models", "", Viewer, 200),
        call(
            "PUT",
            P,
            "/{name}/collections/{collection}",
            "places=registries name=models collection=c#",
            "{}",
            Member,
            204,
        ),
        call(
            "GET",
            P,
            "/{name}/collections/{collection}/versions",
            "places=registries name=models collection=c#",
            "",
            Viewer,
            200,
        ),
        call("PUT", P, v, at, "{}", Member, 200),
        call(
            "PUT",
            P,
            &format!("{v}/aliases/{{alias}}"),
            "places=registries name=models collection=c# index=1 alias=x",
            "",
            Member,
            200,
        ),
        call(
            "PUT",
            P,
            &format!("{v}/tags/{{tag}}"),
            "places=registries name=models collection=c# index=1 tag=x",
            "",
            Member,
            200,
        ),
        call(
            "DELETE",
            P,
            &format!("{v}/tags/{{tag}}"),
            "places=registries name=models collection=c# index=1 tag=x",
            "",
            Member,
            200,
        ),
        call("GET", R, "", "name=project", "", Viewer, 200),
        call("GET", R, "/{run}/metrics", "name=project run=r1", "", Viewer, 200),
        call("POST", R, "/{run}/metrics", "name=project run=r#", POINTS, Member, 202),
        call("GET", W, "", "", "", Viewer, 200),
        call("POST", W, "", "", WEBHOOK, Admin, 201),
        call("GET", W, "/{id}", "id=webhook", "", Viewer, 200),
        call("PUT", W, "/{id}", "id=webhook", WEBHOOK, Admin, 200),
        call("DELETE", W, "/{id}", "id=idle", "", Admin, 204),
        call("POST", W, "/{id}/resume", "id=webhook", "", Admin, 200),
        call("POST", W, "/{id}/test", "id=webhook", "", Member, 200),
    ]
}

/// Things to call, new for each call that may change them.
struct Fixture {
    number: usize,
    ids: BTreeMap<&'static str, String>,
}

impl Fixture {
    fn make(server: &Server, number: usize) -> Self {
        let made = |method: &str, path: &str, body: Value| {
            let (status, answer) = server.call(method, &format!("/entities/kestrel{path}"), Some(&body));
            assert!((200..300).contains(&status), "{method} {path} {status} {answer}");
            answer
        };
        let id = |answer: &Value| answer["id"].as_str().expect("id").to_owned();
        // Off, so that what is due waits.
        let hook =
            |name: &str| json!({"name": format!("{name} {number}"), "url": "http://127.0.0.1:9/", "enabled": false});
        let webhook = id(&made("POST", "/webhooks", hook("used")));
        let scope =
            json!({"kind": "registry", "entity": "kestrel", "name": "models", "collection": format!("c{number}")});
        let automation = |name: &str| {
            let draft = json!({
                "name": format!("{name} {number}"), "scope": scope, "trigger": {"event": "LINK_ARTIFACT"},
                "action": {"type": "webhook", "webhook_id": webhook}
            });
            id(&made("POST", "/automations", draft))
        };
        let (automation, other) = (automation("a"), automation("b"));
        let mut subject = scope.clone();
        subject["version"] = json!(1);
        let event = json!({"type": "LINK_ARTIFACT", "subject": subject});
        let (status, taken) = server.call("POST", "/events", Some(&event));
        assert_eq!(status, 202, "{taken}");
        let delivery = |automation: &str| {
            until("a delivery waits", || {
                let (_, list) =
                    server.call("GET", &format!("/entities/kestrel/deliveries?automation={automation}"), None);
                list["items"][0]["id"].as_str().map(str::to_owned)
            })
        };
        let (waiting, canceled) = (delivery(&automation), delivery(&other));
        made("POST", &format!("/deliveries/{canceled}/cancel"), Value::Null);
        made("PUT", &format!("/secrets/SECRET_{number}"), json!({"value": "v"}));
        made("PUT", &format!("/members/person{number}"), json!({"role": "viewer"}));
        let key = made("POST", "/keys", json!({"name": format!("key {number}")}))["info"]["id"].clone();
        let source =
            made("POST", "/sources", json!({"name": format!("s{number}"), "registry": "models", "secret": "SIGN"}));
        let ids = [
            ("idle", id(&made("POST", "/webhooks", hook("idle")))),
            ("event", taken["events"][0]["id"].as_str().expect("id").to_owned()),
            ("key", key.as_str().expect("id").to_owned()),
            ("source", id(&source)),
            ("webhook", webhook),
            ("automation", automation),
            ("waiting", waiting),
            ("canceled", canceled),
        ];
        Self { number, ids: BTreeMap::from(ids) }
    }

    fn path(&self, call: &Call, entity: &str) -> String {
        let parameters = call.2.split_whitespace().map(|pair| pair.split_once('=').expect("name=value"));
        let filled = parameters.fold(call.1.replace("{entity}", entity), |path, (name, value)| {
            let value = self.ids.get(value).cloned().unwrap_or_else(|| value.replace('#', &self.number.to_string()));
            path.replace(&format!("{{{name}}}"), &value)
        });
        assert!(!filled.contains('{'), "{filled}");
        if call.0 == "GET" && filled.ends_with("/metrics") { format!("{filled}?metric=loss") } else { filled }
    }

    fn body(&self, call: &Call) -> Option<String> {
        let body = call
            .3
            .replace('#', &self.number.to_string())
            .replace("\"automation\"", &format!("\"{}\"", self.ids["automation"]));
        (!body.is_empty()).then_some(body)
    }
}

/// Status and problem code. Of a stream, its head only: it has no end.
fn answered(server: &Server, key: Option<&str>, method: &str, path: &str, body: Option<&str>) -> (u16, String) {
    if path.ends_with("/stream") {
        let mut stream = TcpStream::connect(server.address).expect("connected");
        let key = key.map(|key| format!("authorization: Bearer {key}\r\n")).unwrap_or_default();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{key}\r\n").expect("sent");
        let mut head = String::new();
        let mut reader = BufReader::new(stream);
        reader.read_line(&mut head).expect("a status line");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        let lines = reader.lines().map_while(Result::ok);
        let last = if status == 200 { None } else { lines.last() };
        return (status, code(&last.unwrap_or_default()));
    }
    let (status, text) = server.raw(method, path, key, &[], body.map(str::as_bytes));
    (status, code(&text))
}

fn code(text: &str) -> String {
    let problem: Value = serde_json::from_str(text).unwrap_or_default();
    problem["code"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn every_call_is_for_those_whose_role_allows_it_and_for_nobody_else() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    for path in ["places/registries/models", "places/projects/project"] {
        assert_eq!(server.call("PUT", &format!("/entities/kestrel/{path}"), None).0, 201);
    }
    assert_eq!(server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({"value": "v"}))).0, 201);
    let run = "/entities/kestrel/projects/project/runs/r1/metrics";
    assert_eq!(server.call("POST", run, Some(&serde_json::from_str(POINTS).expect("JSON"))).0, 202);
    let keys: BTreeMap<Needs, String> = [(Viewer, "viewer"), (Member, "member"), (Admin, "admin")]
        .map(|(needs, role)| (needs, server.join(&format!("a-{role}"), role)))
        .into();
    let (_, revoked) = server.call("POST", "/entities/kestrel/keys", Some(&json!({"name": "revoked"})));
    let path = format!("/entities/kestrel/keys/{}", revoked["info"]["id"].as_str().expect("id"));
    assert_eq!(server.call("DELETE", &path, None).0, 204);
    let revoked = revoked["key"].as_str().expect("key").to_owned();
    // Another team on the same database, with an admin of its own.
    assert!(server.stop());
    let other = Server::start_as(&folder, "rival", "rhea", &[]);
    let rival = other.key.clone();
    assert!(other.stop());
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);

    let calls = calls();
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let methods = |(path, methods): (&String, &Value)| -> Vec<String> {
        methods.as_object().expect("methods").keys().map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    let described: BTreeSet<String> = document["paths"].as_object().expect("paths").iter().flat_map(methods).collect();
    let walked: BTreeSet<String> = calls.iter().map(|(method, path, ..)| format!("{method} {path}")).collect();
    assert_eq!(described, walked, "each call of the document has its line in the table");

    // Those who may not come first: whatever they are refused must still be there for those who may.
    let fixture = Fixture::make(&server, 0);
    let before = snapshot(&server);
    for call in calls.iter().filter(|call| call.4 > Nothing) {
        let (method, body, needs) = (call.0, fixture.body(call), call.4);
        let ask = |key: Option<&str>, path: &str| answered(&server, key, method, path, body.as_deref());
        let path = fixture.path(call, "kestrel");
        let refused = |status: u16, code: &str| (status, code.to_owned());
        for (who, key) in [("no key", None), ("a revoked key", Some(revoked.as_str())), ("a made-up key", Some("hb_x"))]
        {
            assert_eq!(ask(key, &path), refused(401, "unauthorized"), "{who}: {method} {path}");
        }
        for (role, key) in keys.iter().filter(|(role, _)| **role < needs) {
            assert_eq!(ask(Some(key), &path), refused(403, "forbidden"), "{role:?}: {method} {path}");
        }
        if needs > Key {
            // An event names its team in the body: that fault has a pointer.
            let unseen = if path == "/api/v1/events" { refused(422, "invalid") } else { refused(404, "not_found") };
            assert_eq!(ask(Some(&rival), &path), unseen, "another team's admin: {method} {path}");
            // What is another team's is not there through one's own.
            if call.2.contains("id=") {
                let through = fixture.path(call, "rival");
                // A draft names its team as well, and that is judged first.
                let wanted = if call.3 == DRAFT { refused(422, "invalid") } else { refused(404, "not_found") };
                assert_eq!(ask(Some(&rival), &through), wanted, "{method} {through}");
            }
        }
    }
    assert_eq!(snapshot(&server), before, "refusals change nothing");

    let mut number = 0;
    for call in &calls {
        for (role, key) in keys.iter().filter(|(role, _)| **role >= call.4) {
            number += 1;
            let fixture = Fixture::make(&server, number);
            if call.1.contains("{tag}") {
                let tag = fixture.path(call, "kestrel");
                server.raw("PUT", &tag, Some(&server.key), &[], None);
            }
            let path = fixture.path(call, "kestrel");
            let (status, code) = answered(&server, Some(key), call.0, &path, fixture.body(call).as_deref());
            assert_eq!(status, call.5, "{role:?}: {} {path} {code}", call.0);
        }
    }
}

/// All that a team's admin sees of it, but for what calls leave by themselves.
fn snapshot(server: &Server) -> Vec<Value> {
    let lists = [
        "automations",
        "deliveries",
        "events",
        "secrets",
        "sources",
        "webhooks",
        "audit",
        "places/registries",
        "places/registries/models/collections",
        "projects/project/runs",
    ];
    lists.map(|list| server.call("GET", &format!("/entities/kestrel/{list}"), None).1["items"].clone()).into()
}
