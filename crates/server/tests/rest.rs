//! The REST interface: bad input, roles, versions, and the document that describes it.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Server};

#[test]
fn the_openapi_document_is_the_one_checked_in() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let stored = std::fs::read_to_string(path).expect("docs/openapi.json");
    let current = hookboard_server::http::openapi().to_pretty_json().expect("JSON");
    assert_eq!(stored.trim(), current.trim(), "run `cargo xtask openapi`");
}

fn automation(change: &Value) -> Value {
    let mut draft = json!({
        "name": "a", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
        "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "^production$"}}},
        "action": {"type": "record"}
    });
    for (name, value) in change.as_object().expect("object") {
        draft[name] = value.clone();
    }
    draft
}

#[test]
fn bad_input_is_a_problem_with_pointer_and_next_step_and_nothing_is_stored() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    server.watch_links("http://127.0.0.1:9/");
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let webhook = webhooks["items"][0]["id"].clone();
    let send = |template: &str| json!({"action": {"type": "webhook", "webhook_id": webhook, "template": template}});
    let deep = (0..50).fold(json!({"alias": "x"}), |inner, _| json!({"$not": inner}));
    for (change, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(256)}), "/name"),
        (json!({"name": 5}), "/name"),
        (json!({"surprise": 1}), "/surprise"),
        (json!({"scope": {"kind": "registry", "entity": "kestrel", "name": "nope"}}), "/scope/name"),
        (json!({"scope": {"kind": "registry", "entity": "other", "name": "models"}}), "/scope/entity"),
        (json!({"trigger": {"event": "NOPE"}}), "/trigger/event"),
        (json!({"trigger": {"event": "ADD_ARTIFACT_ALIAS"}}), "/trigger/filter"),
        (
            json!({"trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "("}}}}),
            "/trigger/filter/alias/$regex",
        ),
        (json!({"trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": deep}}), "/trigger/filter"),
        (json!({"trigger": {"event": "RUN_STATE", "states": ["failed"]}}), "/trigger/event"),
        (json!({"action": {"type": "webhook", "webhook_id": "nope"}}), "/action/webhook_id"),
        (send("{\"a\":"), "/action/template"),
        (send("{\"a\":\"${artifact_verison}\"}"), "/action/template"),
        (json!({"cooldown_s": 99_999_999}), "/cooldown_s"),
        (json!({"cooldown_s": -1}), "/cooldown_s"),
    ] {
        let (status, problem) = server.call("POST", "/entities/kestrel/automations", Some(&automation(&change)));
        assert_eq!(status, 422, "{change} {problem}");
        let first = problem["errors"][0]["pointer"].as_str().unwrap_or("none");
        assert!(first == pointer || first.starts_with(&format!("{pointer}/")), "{change} {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.ends_with('.') || message.ends_with('?'), "{message}");
    }
    let (_, list) = server.call("GET", "/entities/kestrel/automations", None);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "only the one made by hand");
    let (_, problem) = server.call(
        "POST",
        "/entities/kestrel/automations",
        Some(&automation(&send("{\"a\":\"${artifact_verison}\"}"))),
    );
    assert_eq!(problem["diagnostics"][0]["code"], "unknown_variable");
}

#[test]
fn a_query_that_cannot_be_read_names_the_parameter_and_the_next_step() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/projects/fraud", None);
    server.call("PUT", "/entities/kestrel/places/projects/fraud/collections/scorer", Some(&json!({})));
    for (path, pointer) in [
        ("automations?cursor=junk", "/cursor"),
        ("events?cursor=7", "/cursor"),
        ("deliveries?cursor=%27%20OR%201", "/cursor"),
        ("projects/fraud/runs?cursor=junk", "/cursor"),
        ("places/projects/fraud/collections/scorer/versions?cursor=-1", "/cursor"),
        ("events?limit=x", "/limit"),
        ("events?limit=-1", "/limit"),
        ("events?type=NOPE", "/type"),
        ("automations?event=NOPE", "/event"),
        ("automations?enabled=maybe", "/enabled"),
        ("deliveries?state=failed,nope", "/state"),
        ("deliveries?outcome=nope", "/outcome"),
        ("deliveries?since=soon", "/since"),
        ("deliveries/counts?since=9999-12-31T23:59:59Z", "/since"),
        ("projects/fraud/runs/r1/metrics", "/metric"),
    ] {
        let (status, problem) = server.call("GET", &format!("/entities/kestrel/{path}"), None);
        assert_eq!(status, 400, "{path} {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path} {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.ends_with('.') && message.contains(['.', ';']), "{path}: {message}");
        assert_eq!(problem["detail"], message);
    }
}

#[test]
fn a_list_goes_on_where_its_cursor_says() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    for name in ["a", "b", "c"] {
        let (status, _) =
            server.call("POST", "/entities/kestrel/automations", Some(&automation(&json!({"name": name}))));
        assert_eq!(status, 201);
    }
    let page = |query: &str| {
        let (status, list) = server.call("GET", &format!("/entities/kestrel/automations?{query}"), None);
        assert_eq!(status, 200, "{list}");
        let names: Vec<_> =
            list["items"].as_array().into_iter().flatten().map(|item| item["name"].to_string()).collect();
        (names.concat(), list["next_cursor"].as_str().map(str::to_owned))
    };
    let (names, next) = page("limit=2");
    assert_eq!(names, "\"c\"\"b\"");
    let (names, next) = page(&format!("limit=2&cursor={}", next.expect("a next page")));
    assert_eq!((names.as_str(), next), ("\"a\"", None));
}

#[test]
fn a_name_that_cannot_be_read_or_told_apart_is_refused_wherever_it_is_given() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    server.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&json!({"value": "hush"})));
    for (name, code) in [
        ("", "required"),
        ("a\nb", "control_character"),
        ("a\u{202e}b", "control_character"),
        (" a", "outer_blank"),
        ("a ", "outer_blank"),
    ] {
        for (path, body) in [
            ("keys", json!({"name": name})),
            ("webhooks", json!({"name": name, "url": "https://1.1.1.1/"})),
            ("automations", automation(&json!({"name": name}))),
            ("sources", json!({"name": name, "registry": "models", "secret": "SIGN"})),
        ] {
            let (status, problem) = server.call("POST", &format!("/entities/kestrel/{path}"), Some(&body));
            assert_eq!(status, 422, "{path} {name:?} {problem}");
            assert_eq!(problem["errors"][0]["pointer"], "/name", "{path} {problem}");
            assert_eq!(problem["errors"][0]["code"], code, "{path} {name:?} {problem}");
        }
    }
}

#[test]
fn a_fault_is_told_by_its_true_reason() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let subject =
        json!({"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1});
    let alias = |change: &Value| {
        let mut event = json!({"type": "ADD_ARTIFACT_ALIAS", "subject": subject, "alias": "production"});
        for (name, value) in change.as_object().expect("object") {
            event[name] = value.clone();
        }
        event
    };
    for (path, body, fault) in [
        ("/events", alias(&json!({"occurred_at": "9999-12-31T23:59:59Z"})), "/occurred_at out_of_range"),
        ("/events", alias(&json!({"occurred_at": "soon"})), "/occurred_at malformed"),
        ("/events", alias(&json!({"run_state": "failed"})), "/run_state wrong_event"),
        ("/events", alias(&json!({"tag": "gold"})), "/tag wrong_event"),
        ("/events", json!({"events": [alias(&json!({"tag": "gold"}))]}), "/events/0/tag wrong_event"),
        ("/events", alias(&json!({"alias": null})), "/alias required"),
        ("/entities/kestrel/webhooks", json!({"name": "a", "url": "https://example.com:99999/"}), "/url malformed"),
        ("/entities/kestrel/webhooks", json!({"name": "a", "url": "http://10.0.0.7/"}), "/url blocked_address"),
        ("/entities/kestrel/webhooks", json!({"name": "a"}), "/url required"),
        ("/entities/kestrel/webhooks", json!({"name": "a", "url": 7}), "/url wrong_type"),
        ("/entities/kestrel/webhooks", json!({"name": "a", "url": "b", "secret": 1}), "/secret unknown_field"),
    ] {
        let (status, problem) = server.call("POST", path, Some(&body));
        assert_eq!(status, 422, "{body} {problem}");
        let first = &problem["errors"][0];
        let told = format!("{} {}", first["pointer"].as_str().unwrap_or("-"), first["code"].as_str().unwrap_or("-"));
        assert_eq!(told, fault, "{body} {problem}");
    }
}

#[test]
fn malformed_requests_are_4xx() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let key = Some(server.key.as_str());
    let path = "/api/v1/entities/kestrel/webhooks";
    // One byte over, so that the server has read it all when it answers: a close over unread bytes
    // resets the connection, and the answer may be lost with it.
    let huge = vec![b'x'; hookboard_api::limits::MAX_TEMPLATE_BODY_BYTES + 1];
    let nested = "[".repeat(100_000);
    for (method, path, headers, body, expected) in [
        ("POST", path, &[][..], &b"{"[..], 400),
        ("POST", path, &[], b"{} {}", 422),
        ("POST", path, &[], b"\xff\xfe", 400),
        ("POST", path, &[], nested.as_bytes(), 422),
        ("POST", path, &[("content-type", "text/plain")], b"{}", 415),
        ("POST", path, &[], &huge, 413),
        ("POST", "/api/v1/events", &[], &huge, 413),
        ("POST", "/api/v1/events", &[], b"[]", 422),
        ("POST", "/api/v1/events", &[], b"{\"events\":[]}", 422),
        ("PATCH", "/api/v1/me", &[], b"", 405),
        ("GET", "/api/v1/entities/%FF/webhooks", &[], b"", 404),
        ("GET", "/api/v1/entities/other/webhooks", &[], b"", 404),
        ("GET", "/api/v1/entities/kestrel/webhooks/../../me", &[], b"", 404),
        ("GET", "/../Cargo.toml", &[], b"", 404),
        ("GET", "/nope.js", &[], b"", 404),
    ] {
        let (status, answer) = server.raw(method, path, key, headers, Some(body));
        assert_eq!(status, expected, "{method} {path} {}", &answer[..answer.len().min(300)]);
    }
    assert_eq!(server.raw("GET", "/healthz", None, &[], None).0, 200, "it lives on");
}

#[test]
fn without_a_key_nothing_is_told() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let document = serde_json::to_value(hookboard_server::http::openapi()).expect("JSON");
    let mut calls = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            if matches!(path.as_str(), "/api/v1/sign-in" | "/api/v1/sources/mlflow/{id}") {
                continue;
            }
            let concrete =
                path.replace("{entity}", "kestrel").replace("{places}", "registries").replace("{index}", "1");
            let concrete: String = concrete
                .split('/')
                .map(|part| if part.starts_with('{') { "x" } else { part })
                .collect::<Vec<_>>()
                .join("/");
            let (status, answer) = server.raw(&method.to_uppercase(), &concrete, None, &[], Some(b"{}"));
            assert_eq!(status, 401, "{method} {concrete} {answer}");
            let (status, answer) = server.raw(&method.to_uppercase(), &concrete, Some("hb_wrong"), &[], Some(b"{}"));
            assert_eq!(status, 401, "{method} {concrete} {answer}");
            calls += 1;
        }
    }
    assert!(calls > 30, "the document has {calls} calls");
}

#[test]
fn a_sign_in_code_works_once() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let (status, problem) = server.call("POST", "/sign-in", Some(&json!({"code": "guess"})));
    assert_eq!(status, 401);
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("fresh")));
}

#[test]
fn a_change_to_what_changed_meanwhile_is_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&automation(&json!({}))));
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/v1/entities/kestrel/automations/{}", made["id"].as_str().expect("id"));
    let put = |tag: &str, name: &str| {
        let body = automation(&json!({"name": name})).to_string();
        server.raw("PUT", &path, Some(&server.key), &[("if-match", tag)], Some(body.as_bytes())).0
    };
    assert_eq!(put("\"1\"", "b"), 200);
    assert_eq!(put("\"1\"", "c"), 412);
    assert_eq!(put("\"2\"", "c"), 200);
    let (status, problem) =
        server.call("POST", "/entities/kestrel/automations", Some(&automation(&json!({"name": "c"}))));
    assert_eq!((status, &problem["code"]), (409, &json!("duplicate_name")));
    assert_eq!(problem["errors"][0]["pointer"], "/name");
}

#[test]
fn what_is_used_is_not_deleted_and_says_by_what() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    server.watch_links("http://127.0.0.1:9/");
    let (_, webhooks) = server.call("GET", "/entities/kestrel/webhooks", None);
    let webhook = &webhooks["items"][0];
    let path = format!("/entities/kestrel/webhooks/{}", webhook["id"].as_str().expect("id"));
    let (status, problem) = server.call("DELETE", &path, None);
    assert_eq!((status, &problem["code"]), (409, &json!("in_use")));
    assert_eq!(problem["used_by"][0]["name"], "links");

    server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "hush"})));
    let mut settings = webhook["settings"].clone();
    settings["access_token"] = json!("TOKEN");
    assert_eq!(server.call("PUT", &path, Some(&settings)).0, 200);
    let (status, problem) = server.call("DELETE", "/entities/kestrel/secrets/TOKEN", None);
    assert_eq!(status, 409);
    assert_eq!(problem["used_by"][0]["role"], "access token");
    settings["access_token"] = Value::Null;
    assert_eq!(server.call("PUT", &path, Some(&settings)).0, 200);
    assert_eq!(server.call("DELETE", "/entities/kestrel/secrets/TOKEN", None).0, 204);
}
