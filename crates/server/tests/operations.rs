//! What those who watch the server see of it: metrics, readiness, the log and traces.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counters are whole numbers")]

mod support;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use saphyr::{LoadableYamlNode, Yaml};
use serde_json::{Value, json};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::{Folder, Receiver, Server, answer, until};

const LOOPBACK: [&str; 2] = ["--allow-target", "127.0.0.1"];
const METRICS: [&str; 2] = ["--metrics-listen", "127.0.0.1:0"];

fn link(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index}
    })
}

/// A call of the listener for those who watch: status, content type and text.
fn watch(server: &Server, path: &str) -> (u16, String, String) {
    let address = server.said("Metrics are at http://");
    let address = address.split('/').next().expect("an address");
    let mut stream = TcpStream::connect(address).expect("connected");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("sent");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("an answer");
    let (head, body) = text.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
    let kind = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    (status, kind.to_owned(), body.to_owned())
}

/// The value of a series, written as it stands in the text.
fn series(text: &str, name: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.split(' ').next()?.parse().ok())
}

/// A server with a webhook that works, one that fails and one that is paused.
fn busy(folder: &Folder, receiver: &Receiver, down: &Receiver) -> Server {
    let server = Server::start(folder, &[LOOPBACK, METRICS].concat());
    server.watch_links(&format!("http://{}/", receiver.address));
    let (_, webhook) = server.call(
        "POST",
        "/entities/kestrel/webhooks",
        Some(&json!({"name": "down", "url": format!("http://{}/", down.address)})),
    );
    let automation = json!({
        "name": "down", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": webhook["id"]}
    });
    assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&automation)).0, 201);
    server
}

#[test]
fn metrics_count_what_happens_and_are_on_a_listener_of_their_own() {
    let folder = Folder::new();
    let (receiver, down) = (Receiver::start(|_| answer(204, "")), Receiver::start(|_| answer(410, "gone")));
    let server = busy(&folder, &receiver, &down);
    for index in 1..=3 {
        assert_eq!(server.call("POST", "/events", Some(&link(index))).0, 202);
    }
    let mut repeat = link(4);
    repeat["dedupe_key"] = json!("once");
    for _ in 0..2 {
        assert_eq!(server.call("POST", "/events", Some(&repeat)).0, 202);
    }
    let text = until("all is counted", || {
        let (status, kind, text) = watch(&server, "/metrics");
        assert_eq!((status, kind.as_str()), (200, "application/openmetrics-text; version=1.0.0; charset=utf-8"));
        let ok = series(&text, "hookboard_attempts_total{outcome=\"ok\"}") == Some(4.0);
        (ok && series(&text, "hookboard_deliveries{state=\"sending\"}") == Some(0.0)).then_some(text)
    });
    let value = |name: &str| series(&text, name).unwrap_or_else(|| panic!("{name} in {text}"));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(value(&format!("hookboard_build_info{{version=\"{version}\"}}")) as u64, 1);
    assert_eq!(value("hookboard_events_accepted_total{source=\"api\"}") as u64, 4, "a repeat is none");
    assert_eq!(value("hookboard_accept_duration_seconds_count") as u64, 5);
    assert_eq!(value("hookboard_accept_duration_seconds_bucket{le=\"+Inf\"}") as u64, 5);
    assert_eq!(value("hookboard_accept_failures_total") as u64, 0);
    // A 410 pauses: what had not been sent by then waits, and is not counted as late.
    let failed = value("hookboard_attempts_total{outcome=\"http_4xx\"}");
    assert!(failed >= 1.0);
    assert_eq!(value("hookboard_attempt_duration_seconds_count") as u64, 4 + failed as u64);
    let open = value("hookboard_deliveries{state=\"waiting\"}") + value("hookboard_deliveries{state=\"retrying\"}");
    assert_eq!(open as u64, 4);
    assert_eq!(value("hookboard_webhooks_paused") as u64, 1);
    assert!(value("hookboard_oldest_due_seconds") < 1.0);
    assert_eq!(value("hookboard_attempts_total{outcome=\"timeout\"}") as u64, 0, "there from the beginning");
    assert_eq!(value("hookboard_http_requests_total{method=\"POST\",status=\"202\"}") as u64, 5);
    assert!(value("process_resident_memory_bytes") > 1e6);
    assert!(value("process_start_time_seconds") > 1.7e9);
    assert!(text.ends_with("# EOF\n"));
    // Not where everybody calls.
    assert!(!server.raw("GET", "/metrics", Some(&server.key), &[], None).1.contains("hookboard_attempts"));
    assert_eq!(watch(&server, "/healthz").0, 200);
    assert_eq!(watch(&server, "/api/v1/me").0, 404);
    assert!(server.stop());
}

/// Words in an expression of `PromQL` that may be names of metrics.
fn names(expression: &str) -> impl Iterator<Item = &str> {
    let words = expression.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
    words.filter(|word| word.starts_with("hookboard_") || word.starts_with("process_"))
}

#[test]
fn the_dashboard_and_the_alerts_load_and_name_metrics_that_are_there() {
    let folder = Folder::new();
    let (receiver, down) = (Receiver::start(|_| answer(204, "")), Receiver::start(|_| answer(500, "down")));
    let server = busy(&folder, &receiver, &down);
    assert_eq!(server.call("POST", "/events", Some(&link(1))).0, 202);
    let (_, _, text) = watch(&server, "/metrics");
    let known: BTreeSet<&str> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(['{', ' ']).next()).collect();

    let mut expressions = Vec::new();
    let dashboard: Value = serde_json::from_str(include_str!("../../../docs/ops/grafana.json")).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    let ids: BTreeSet<_> = panels.iter().map(|panel| panel["id"].as_u64()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    for panel in panels {
        assert!(panel["title"].is_string() && panel["gridPos"]["w"].is_u64(), "{panel}");
        for target in panel["targets"].as_array().expect("targets") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{panel}");
            expressions.push(target["expr"].as_str().expect("an expression").to_owned());
        }
    }
    let alerts = Yaml::load_from_str(include_str!("../../../docs/ops/alerts.yml")).expect("YAML");
    let groups = alerts[0]["groups"].as_vec().expect("groups");
    let mut alerts = BTreeSet::new();
    for rule in groups.iter().flat_map(|group| group["rules"].as_vec().expect("rules")) {
        assert!(alerts.insert(rule["alert"].as_str().expect("a name").to_owned()), "named once");
        assert!(["page", "ticket"].contains(&rule["labels"]["severity"].as_str().expect("a severity")));
        for text in ["summary", "description"] {
            assert!(rule["annotations"][text].as_str().is_some_and(|text| text.ends_with('.')), "{text}");
        }
        expressions.push(rule["expr"].as_str().expect("an expression").to_owned());
    }
    assert!(alerts.len() >= 6 && expressions.len() >= 14, "{alerts:?}");
    for expression in &expressions {
        let all: Vec<_> = names(expression).collect();
        assert!(!all.is_empty() || expression.contains("up{"), "{expression}");
        for name in all {
            assert!(known.contains(name), "{name} of {expression} is not in {known:?}");
        }
        let (open, closed) = (expression.matches(['(', '[', '{']).count(), expression.matches([')', ']', '}']).count());
        assert_eq!(open, closed, "{expression}");
    }
    check_rules(&folder, &expressions);
    // What is measured is shown.
    for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE hookboard_")) {
        let name = line.split(' ').next().expect("a name");
        assert!(
            expressions.iter().any(|expression| expression.contains(&format!("hookboard_{name}"))),
            "{name} is shown nowhere"
        );
    }
}

/// Prometheus's own word on the alerts and on what the dashboard asks, where its tool is installed.
fn check_rules(folder: &Folder, expressions: &[String]) {
    let rule = |(number, expression): (usize, &String)| {
        let expression = expression.replace("$job", "hookboard").replace("$__rate_interval", "5m");
        json!({"record": format!("checked:{number}"), "expr": expression})
    };
    let rules: Vec<Value> = expressions.iter().enumerate().map(rule).collect();
    let asked = folder.0.join("asked.yml");
    // JSON is YAML.
    std::fs::write(&asked, json!({"groups": [{"name": "asked", "rules": rules}]}).to_string()).expect("written");
    let alerts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/ops/alerts.yml");
    let checked = Command::new("promtool").args(["check", "rules", alerts]).arg(&asked).output();
    if let Ok(checked) = checked {
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    }
}

/// Whether a server is ready, and which parts of it are not.
fn readiness(server: &Server) -> (u16, Vec<Value>) {
    let (status, _, text) = watch(server, "/readyz");
    let readiness: Value = serde_json::from_str(&text).expect("JSON");
    let parts = readiness["checks"].as_array().expect("checks").iter();
    let broken = parts.filter(|check| check["ok"] == false).map(|check| check["part"].clone()).collect();
    assert_eq!(readiness["ready"], status == 200);
    (status, broken)
}

#[test]
fn a_database_that_takes_no_writers_is_not_ready_and_events_are_to_be_sent_again() {
    let Some(folder) = Folder::with_postgres() else { return };
    let server = Server::start(&folder, &METRICS);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    assert_eq!(readiness(&server), (200, vec![]));
    folder.close_for_writers(true);
    until("it says what does not work", || (readiness(&server) == (503, vec![json!("database")])).then_some(()));
    assert_eq!(server.call("POST", "/events", Some(&link(1))).0, 503);
    folder.close_for_writers(false);
    until("it is ready again", || (readiness(&server) == (200, vec![])).then_some(()));
    until("it takes events again", || (server.call("POST", "/events", Some(&link(1))).0 == 202).then_some(()));
}

#[test]
fn readiness_says_which_part_does_not_work() {
    let folder = Folder::with_file();
    let server = Server::start(&folder, &METRICS);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let ready = || readiness(&server);
    assert_eq!(ready(), (200, vec![]));
    assert_eq!(server.raw("GET", "/readyz", None, &[], None).0, 200, "beside the interface as well");
    // Another process holds the database's lock.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    let mut holder = runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(folder.0.join("hookboard.db"));
        let mut holder = SqliteConnection::connect_with(&options).await.expect("opened");
        sqlx::query("BEGIN IMMEDIATE").execute(&mut holder).await.expect("locked");
        holder
    });
    until("it says what does not work", || (ready() == (503, vec![json!("database")])).then_some(()));
    assert_eq!(watch(&server, "/healthz").0, 200, "it lives, though");
    runtime.block_on(sqlx::query("ROLLBACK").execute(&mut holder)).expect("let go");
    until("it is ready again", || (ready() == (200, vec![])).then_some(()));
}

#[test]
fn the_log_tells_requests_and_deliveries_apart() {
    let folder = Folder::new();
    let receiver = Receiver::start(|_| answer(204, ""));
    let path = folder.0.join("log");
    let server = Server::start_so(&folder, "kestrel", "mira", |command| {
        command.args(LOOPBACK).arg("--log-json").env("HOOKBOARD_LOG", "hookboard_server=debug");
        command.stderr(Stdio::from(File::create(&path).expect("log")));
    });
    server.watch_links(&format!("http://{}/", receiver.address));
    let body = link(1).to_string();
    let headers = [("x-request-id", "mine-7")];
    let (status, _) = server.raw("POST", "/api/v1/events", Some(&server.key), &headers, Some(body.as_bytes()));
    assert_eq!(status, 202);
    assert_eq!(server.raw("GET", "/api/v1/me?token=hush-hush", None, &[], None).0, 400);
    until("it arrived", || (receiver.all().len() == 1).then_some(()));
    let delivery = until("a delivery is done", || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries?state=delivered", None);
        list["items"][0]["id"].as_str().map(str::to_owned)
    });
    assert!(server.stop());
    let log = std::fs::read_to_string(&path).expect("log");
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("one object a line")).collect();
    let mine = lines.iter().find(|line| line["span"]["id"] == "mine-7").expect("a line of the request");
    assert_eq!((&mine["span"]["path"], &mine["fields"]["status"]), (&json!("/api/v1/events"), &json!(202)), "{mine}");
    assert!(lines.iter().any(|line| line["fields"]["delivery"] == delivery.as_str()), "a line of the delivery");
    assert!(!log.contains("hush-hush"), "a query is not logged");
}

#[test]
fn an_answer_names_its_request() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let head = |id: &str| {
        let mut stream = TcpStream::connect(server.address).expect("connected");
        write!(stream, "GET /api/v1/me HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx-request-id: {id}\r\n\r\n")
            .expect("sent");
        let mut text = String::new();
        stream.read_to_string(&mut text).expect("an answer");
        text.lines().find_map(|line| line.strip_prefix("x-request-id: ")).expect("an id").to_owned()
    };
    assert_eq!(head("mine-7"), "mine-7");
    assert_eq!(head("not a word").len(), 36);
}

#[test]
fn spans_follow_an_event_from_its_caller_to_its_attempts() {
    let folder = Folder::new();
    let collector = Receiver::start(|_| answer(200, "{}"));
    let receiver = Receiver::start(|_| answer(500, "down"));
    let endpoint = format!("http://{}/otlp/", collector.address);
    let server = Server::start(&folder, &[&LOOPBACK[..], &["--otlp-endpoint", &endpoint]].concat());
    server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "tok-planted"})));
    server.watch_links(&format!("http://{}/path?key=hush-hush", receiver.address));
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let traceparent = format!("00-{trace}-{caller}-01");
    let body = link(1).to_string();
    let headers = [("traceparent", traceparent.as_str())];
    let (status, taken) = server.raw("POST", "/api/v1/events", Some(&server.key), &headers, Some(body.as_bytes()));
    assert_eq!(status, 202);
    let taken: Value = serde_json::from_str(&taken).expect("JSON");
    // A call without a caller begins a trace of its own, and so does one whose caller is malformed.
    for traceparent in ["", "00-nonsense"] {
        let headers = [("traceparent", traceparent)];
        let body = link(2).to_string();
        assert_eq!(server.raw("POST", "/api/v1/events", Some(&server.key), &headers, Some(body.as_bytes())).0, 202);
    }
    until("all was tried", || {
        let (_, list) = server.call("GET", "/entities/kestrel/deliveries?state=retrying", None);
        (list["items"].as_array()?.len() == 3).then_some(())
    });
    assert!(server.stop(), "what is left is sent at the end");

    let sent = collector.all();
    let mut spans: Vec<Value> = Vec::new();
    for batch in &sent {
        assert_eq!(batch.header("content-type"), "application/json");
        let batch: Value = serde_json::from_str(&batch.body).expect("JSON");
        for resource in batch["resourceSpans"].as_array().expect("resources") {
            let service = json!({"key": "service.name", "value": {"stringValue": "hookboard"}});
            assert!(
                resource["resource"]["attributes"].as_array().is_some_and(|all| all.contains(&service)),
                "{resource}"
            );
            for scope in resource["scopeSpans"].as_array().expect("scopes") {
                spans.extend(scope["spans"].as_array().expect("spans").clone());
            }
        }
    }
    let attribute = |span: &Value, key: &str| -> Value {
        let all = span["attributes"].as_array().cloned().unwrap_or_default();
        all.into_iter().find(|one| one["key"] == key).map_or(Value::Null, |one| one["value"].clone())
    };
    let named = |name: &str| spans.iter().filter(|span| span["name"] == name).cloned().collect::<Vec<_>>();
    let (accepts, attempts) = (named("accept"), named("attempt"));
    assert_eq!((accepts.len(), attempts.len()), (3, 3), "{spans:?}");
    let accept = accepts.iter().find(|span| span["traceId"] == trace).expect("a span in the caller's trace");
    assert_eq!(accept["parentSpanId"], caller);
    assert_eq!(attribute(accept, "hookboard.event.id")["stringValue"], taken["events"][0]["id"]);
    let attempt = attempts.iter().find(|span| span["traceId"] == trace).expect("an attempt in the caller's trace");
    assert_eq!(attempt["parentSpanId"], accept["spanId"]);
    assert_eq!(attribute(attempt, "hookboard.outcome")["stringValue"], "http_5xx");
    assert_eq!(attribute(attempt, "http.response.status_code")["intValue"], json!("500"), "{attempt}");
    assert_eq!(attribute(attempt, "server.address")["stringValue"], "127.0.0.1");
    let traces: BTreeSet<String> = accepts.iter().map(|span| span["traceId"].to_string()).collect();
    assert_eq!(traces.len(), 3, "one each");
    for attempt in &attempts {
        assert!(accepts.iter().any(|accept| accept["spanId"] == attempt["parentSpanId"]), "{attempt}");
    }
    for planted in ["planted", "hush-hush"] {
        assert!(!sent.iter().any(|batch| batch.body.contains(planted)), "{planted} was sent");
    }
}
