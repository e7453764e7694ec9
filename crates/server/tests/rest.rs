//! The REST interface: bad input, roles, versions, and the document that describes it.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer};

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
        ("automations?text=%00", "/text"),
        ("events?limit=x", "/limit"),
        ("events?limit=-1", "/limit"),
        ("events?limit=0", "/limit"),
        ("events?limit=201", "/limit"),
        ("events?limit=999999", "/limit"),
        ("events?limit=1&limit=2", "/limit"),
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
fn a_parameter_that_a_call_does_not_have_is_refused_and_those_it_has_are_named() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    for (method, path, pointer, words) in [
        (
            "GET",
            "/entities/kestrel/events?zzz=1",
            "/zzz",
            "Use \"registry\", \"project\", \"collection\", \"type\", \"cursor\" or \"limit\".",
        ),
        ("GET", "/entities/kestrel/deliveries?limit=5&automatoin=x", "/automatoin", "\"automation\""),
        ("GET", "/entities/kestrel/deliveries/counts?cursor=x", "/cursor", "\"until\"."),
        ("GET", "/entities/kestrel/projects/x/runs/y/metrics?metric=a&limti=1", "/limti", "Only \"metric\" is."),
        ("GET", "/me?as=root", "/as", "Take it out."),
        ("POST", "/entities/kestrel/automations/validate?dry_run=1", "/dry_run", "Take it out."),
    ] {
        let (status, problem) = server.call(method, path, Some(&json!({})));
        assert_eq!(status, 400, "{path} {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{path} {problem}");
        let message = problem["errors"][0]["message"].as_str().unwrap_or_default();
        assert!(message.contains(words), "{path}: {message}");
    }
    // Any list may be asked for a page, one that always fits on one as well.
    let whole = "/entities/kestrel/places/registries/models/collections?limit=200";
    assert_eq!(server.call("GET", whole, None).0, 200);
    assert_eq!(server.call("GET", "/entities/kestrel/events?registry=models&limit=200", None).0, 200);
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
    server.call("PUT", "/entities/kestrel/places/projects/fraud", None);
    let subject =
        json!({"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1});
    let metric = |change: &Value| {
        let mut rule = json!({"kind": "threshold", "metric": "loss", "window": 1, "aggregate": "min", "comparison": "<", "threshold": 1});
        for (name, value) in change.as_object().expect("object") {
            rule[name] = value.clone();
        }
        let trigger = json!({"event": "RUN_METRIC_THRESHOLD", "metrics": {"rules": [rule]}});
        automation(&json!({"scope": {"kind": "project", "entity": "kestrel", "name": "fraud"}, "trigger": trigger}))
    };
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
        ("/events", alias(&json!({"dedupe_key": ""})), "/dedupe_key required"),
        ("/events", json!([alias(&json!({}))]), " wrong_type"),
        ("/events", json!({"events": [[]]}), "/events/0 wrong_type"),
        ("/entities/kestrel/automations", json!([]), " wrong_type"),
        ("/entities/kestrel/automations", automation(&json!({"action": ["record"]})), "/action wrong_type"),
        (
            "/entities/kestrel/automations",
            automation(&json!({"scope": ["registry", "kestrel", "models"]})),
            "/scope wrong_type",
        ),
        (
            "/entities/kestrel/automations",
            automation(&json!({"description": "a\0b"})),
            "/description control_character",
        ),
        (
            "/entities/kestrel/automations",
            metric(&json!({"window": 1.5})),
            "/trigger/metrics/rules/0/window wrong_type",
        ),
        (
            "/entities/kestrel/automations",
            metric(&json!({"window": 1e20})),
            "/trigger/metrics/rules/0/window wrong_type",
        ),
        (
            "/entities/kestrel/automations",
            metric(&json!({"window": 5000})),
            "/trigger/metrics/rules/0/window out_of_range",
        ),
        (
            "/entities/kestrel/automations",
            metric(&json!({"metric": "a\0"})),
            "/trigger/metrics/rules/0/metric control_character",
        ),
        ("/entities/kestrel/webhooks", json!(["a", "https://1.1.1.1/"]), " wrong_type"),
        (
            "/entities/kestrel/projects/fraud/runs/r1/metrics",
            json!({"metric": "loss", "points": [{"step": 1_u64 << 63, "value": 1}]}),
            "/points/0/step out_of_range",
        ),
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
    let (_, list) = server.call("GET", "/entities/kestrel/webhooks", None);
    assert_eq!(list["items"], json!([]), "nothing was stored");
}

#[test]
fn a_key_that_stands_twice_in_metadata_is_refused() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let path = "/api/v1/entities/kestrel/places/registries/models/collections/c/versions/1";
    let put = |body: &[u8]| server.raw("PUT", path, Some(&server.key), &[], Some(body));
    let (status, answer) = put(b"{\"metadata\":{\"a\":{\"b\":1,\"b\":2}}}");
    assert_eq!(status, 422, "{answer}");
    assert!(answer.contains("\"pointer\":\"/metadata/a/b\"") && answer.contains("given twice"), "{answer}");
    assert_eq!(put(b"{\"metadata\":{\"a\":{\"b\":1},\"b\":2}}").0, 200);
}

#[test]
fn an_automation_named_twice_in_a_bulk_change_counts_once() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let made = |name: &str| {
        let (status, made) =
            server.call("POST", "/entities/kestrel/automations", Some(&automation(&json!({"name": name}))));
        assert_eq!(status, 201, "{made}");
        made["id"].clone()
    };
    let (a, b) = (made("a"), made("b"));
    let bulk = |ids: &Value, change: &str| {
        server.call("POST", "/entities/kestrel/automations/bulk", Some(&json!({"ids": ids, "change": change})))
    };
    assert_eq!(bulk(&json!([a, a, b, a]), "disable"), (200, json!({"changed": 2})));
    let (status, problem) = bulk(&json!([a, a, "nope"]), "delete");
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/ids/2")));
    assert_eq!(bulk(&json!([a, a]), "delete"), (200, json!({"changed": 1})), "nothing was deleted before");
}

#[test]
fn an_automation_tells_what_it_let_pass_and_why_to_its_team_alone() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let (_, made) = server.call("POST", "/entities/kestrel/automations", Some(&automation(&json!({}))));
    let path = format!("automations/{}/evaluations", made["id"].as_str().expect("id"));
    for alias in ["production", "staging"] {
        let event = json!({
            "type": "ADD_ARTIFACT_ALIAS", "alias": alias,
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
        });
        assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    }
    let (status, all) = server.call("GET", &format!("/entities/kestrel/{path}"), None);
    assert_eq!(status, 200, "{all}");
    let aliases: Vec<_> =
        all["items"].as_array().into_iter().flatten().map(|one| one["event"]["values"]["alias"].clone()).collect();
    assert_eq!(aliases, ["staging", "production"], "newest first");
    let (status, passed) = server.call("GET", &format!("/entities/kestrel/{path}?passed=true"), None);
    assert_eq!(status, 200, "{passed}");
    assert_eq!(passed["items"].as_array().map(Vec::len), Some(1), "{passed}");
    let miss = &passed["items"][0];
    assert_eq!(miss["event"]["values"]["alias"], "staging");
    let evaluation = &miss["evaluation"];
    assert_eq!((&evaluation["matched"], &evaluation["verdict"]), (&json!(false), &json!("condition")));
    assert_eq!(evaluation["reason"], "alias staging does not match ^production$");
    assert_eq!(evaluation["trace"]["holds"], false, "{evaluation}");
    assert!(evaluation["trace"].to_string().contains("^production$"), "{evaluation}");
    for path in [format!("/entities/rival/{path}"), String::from("/entities/kestrel/automations/nope/evaluations")] {
        assert_eq!(server.call("GET", &path, None).0, 404, "{path}");
    }
    assert!(server.stop());
    // Another team on the same data neither sees it under its own name.
    let rival = Server::start_as(&folder, "rival", "noor", &[]);
    for entity in ["kestrel", "rival"] {
        let (status, answer) = rival.call("GET", &format!("/entities/{entity}/{path}?passed=true"), None);
        assert_eq!(status, 404, "{entity} {answer}");
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
        ("POST", path, &[], b"{} {}", 400),
        ("POST", path, &[], b"\xff\xfe", 400),
        ("POST", path, &[], nested.as_bytes(), 400),
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
    for tag in ["garbage", "\"2", "2\"", "\"2\", x", ""] {
        assert_eq!(put(tag, "c"), 400, "{tag:?} is no entity tag");
    }
    assert_eq!(put("\"nope\"", "c"), 412);
    assert_eq!(put("\"1\", W/\"2\"", "c"), 200);
    assert_eq!(put("*", "c"), 200);
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

#[test]
fn a_secret_that_payloads_use_stays_with_its_webhook() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    for name in ["DEPLOY", "SPARE"] {
        server.call("PUT", &format!("/entities/kestrel/secrets/{name}"), Some(&json!({"value": "hush"})));
    }
    let settings =
        json!({"name": "hook", "url": "https://1.1.1.1/", "access_token": "DEPLOY", "secrets": ["DEPLOY", "SPARE"]});
    let (status, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&settings));
    assert_eq!(status, 201, "{webhook}");
    for (name, template) in [
        ("bare", "{\"t\":\"$DEPLOY\"}"),
        ("braced", "{\"t\":\"${DEPLOY}\"}"),
        ("token", "{\"t\":\"$ACCESS_TOKEN\"}"),
        ("none", "{\"t\":\"$5\"}"),
    ] {
        let action = json!({"type": "webhook", "webhook_id": webhook["id"], "template": template});
        let draft = automation(&json!({"name": name, "action": action}));
        let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&draft));
        assert_eq!(status, 201, "{made}");
    }
    let path = format!("/entities/kestrel/webhooks/{}", webhook["id"].as_str().expect("id"));
    let put = |change: &Value| {
        let mut changed = settings.clone();
        for (name, value) in change.as_object().expect("object") {
            changed[name] = value.clone();
        }
        server.call("PUT", &path, Some(&changed))
    };
    for (change, pointer, users) in [
        (json!({"secrets": []}), "/secrets", &["bare", "braced"][..]),
        (json!({"secrets": ["SPARE"]}), "/secrets", &["bare", "braced"]),
        (json!({"access_token": null}), "/access_token", &["token"]),
    ] {
        let (status, problem) = put(&change);
        assert_eq!((status, &problem["code"]), (409, &json!("in_use")), "{change} {problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer);
        let named: Vec<_> =
            problem["used_by"].as_array().into_iter().flatten().map(|user| user["name"].clone()).collect();
        assert_eq!(named, users, "{change}");
        let (_, now) = server.call("GET", &path, None);
        assert_eq!(now["settings"]["secrets"], settings["secrets"], "nothing is stored");
        assert_eq!(now["settings"]["access_token"], "DEPLOY");
    }
    let (status, answer) = put(&json!({"secrets": ["DEPLOY"], "access_token": "SPARE"}));
    assert_eq!(status, 200, "{answer}");
}

#[test]
fn a_secret_that_no_header_can_carry_is_not_sent_as_one() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let secret = |name: &str, value: &str| {
        server.call("PUT", &format!("/entities/kestrel/secrets/{name}"), Some(&json!({ "value": value })))
    };
    assert_eq!(secret("LINES", "one\ntwo").0, 201, "a payload may carry it");
    assert_eq!(secret("LINE", "Gr\u{fc}n 1").0, 201);
    let webhook = |change: &Value| {
        let mut draft = json!({"name": "hook", "url": "https://1.1.1.1/"});
        for (name, value) in change.as_object().expect("object") {
            draft[name] = value.clone();
        }
        server.call("POST", "/entities/kestrel/webhooks", Some(&draft))
    };
    for (change, pointer) in [
        (json!({"access_token": "LINES"}), "/access_token"),
        (json!({"headers": [{"name": "X-Key", "secret": "LINES"}]}), "/headers/0/secret"),
    ] {
        let (status, problem) = webhook(&change);
        assert_eq!(status, 422, "{problem}");
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert!(!problem.to_string().contains("two"), "{problem}");
    }
    let (status, answer) = webhook(&json!({"access_token": "LINE", "secrets": ["LINES"], "signing_secret": "LINES"}));
    assert_eq!(status, 201, "{answer}");
    let (status, problem) = secret("LINE", "one\r\ntwo");
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/value")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("\"hook\"")), "{problem}");
    assert_eq!(secret("LINES", "three\nfour").0, 204, "it is no header");
}

#[test]
fn all_faults_of_a_webhook_are_told_at_once() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/secrets/LINES", Some(&json!({"value": "one\ntwo"})));
    let settings = json!({"name": "hook", "url": "https://1.1.1.1/"});
    let (_, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&settings));
    let path = format!("/entities/kestrel/webhooks/{}", webhook["id"].as_str().expect("id"));
    let faulty = json!({
        "name": "", "url": "http://10.0.0.7/", "timeout_s": 0, "access_token": "LINES", "signing_secret": "NOPE",
        "headers": [{"name": "X-Key", "secret": "NEITHER"}]
    });
    for (method, path) in [("POST", "/entities/kestrel/webhooks"), ("PUT", path.as_str())] {
        let (status, problem) = server.call(method, path, Some(&faulty));
        assert_eq!(status, 422, "{problem}");
        let mut told: Vec<_> = problem["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| (error["pointer"].as_str().unwrap_or_default(), error["code"].as_str().unwrap_or_default()))
            .collect();
        told.sort_unstable();
        let expected = [
            ("/access_token", "unfit_header"),
            ("/headers/0/secret", "unknown_secret"),
            ("/name", "required"),
            ("/signing_secret", "unknown_secret"),
            ("/timeout_s", "out_of_range"),
            ("/url", "blocked_address"),
        ];
        assert_eq!(told, expected);
    }
}

#[test]
fn events_of_all_places_are_one_list_by_time() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    let mut sent = Vec::new();
    let names = ["a", "b", "c"];
    for name in names {
        server.call("PUT", &format!("/entities/kestrel/places/registries/{name}"), None);
    }
    for version in 0..2 {
        for name in names {
            let event = json!({
                "type": "LINK_ARTIFACT",
                "subject": {"kind": "registry", "entity": "kestrel", "name": name, "collection": "c", "version": version}
            });
            let (status, accepted) = server.call("POST", "/events", Some(&event));
            assert_eq!(status, 202, "{accepted}");
            sent.insert(0, format!("{name}{version}"));
        }
    }
    for (more, filter) in [(0, ""), (0, "&type=LINK_ARTIFACT"), (20, ""), (20, "&type=LINK_ARTIFACT")] {
        for index in 0..more {
            server.call("PUT", &format!("/entities/kestrel/places/registries/more-{index}"), None);
        }
        let mut listed = Vec::new();
        let mut cursor = String::new();
        loop {
            let (status, list) = server.call("GET", &format!("/entities/kestrel/events?limit=2{filter}{cursor}"), None);
            assert_eq!(status, 200, "{list}");
            for event in list["items"].as_array().into_iter().flatten() {
                let subject = &event["subject"];
                listed.push(format!("{}{}", subject["name"].as_str().unwrap_or_default(), subject["version"]));
            }
            let Some(next) = list["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(listed, sent, "{more} {filter}");
    }
    let (_, none) = server.call("GET", "/entities/kestrel/events?type=UNLINK_ARTIFACT", None);
    assert_eq!(none["items"], json!([]));
}

#[test]
fn automations_of_a_large_team_are_listed_as_those_of_a_small_one() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let make = |name: &str| {
        let draft = json!({
            "name": name, "enabled": true, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
            "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
        });
        let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&draft));
        assert_eq!(status, 201, "{made}");
    };
    let found = || {
        let mut found = Vec::new();
        for path in ["automations?text=odd&limit=1", "automations?registry=models&event=LINK_ARTIFACT&text=odd"] {
            let (status, list) = server.call("GET", &format!("/entities/kestrel/{path}"), None);
            assert_eq!(status, 200, "{list}");
            let names = list["items"].as_array().into_iter().flatten().map(|one| one["name"].clone());
            found.push((names.collect::<Vec<_>>(), list["total"].clone()));
        }
        found
    };
    let expected = [(vec![json!("odd-2")], json!(2)), (vec![json!("odd-2"), json!("odd-1")], json!(2))];
    make("odd-1");
    make("even");
    make("odd-2");
    assert_eq!(found(), expected);
    (0..500).for_each(|index| make(&format!("more-{index}")));
    assert_eq!(found(), expected);
}

#[test]
fn automations_are_listed_in_the_order_asked_for_page_by_page() {
    let folder = Folder::new();
    let server = Server::start(&folder, &["--allow-target", "127.0.0.1"]);
    let receiver = Receiver::start(|_| answer(200, ""));
    server.call("PUT", "/entities/kestrel/places/registries/models", None);
    let webhook = json!({"name": "hook", "url": format!("http://{}/", receiver.address)});
    assert_eq!(server.call("POST", "/entities/kestrel/webhooks", Some(&webhook)).0, 201);
    let make = |name: &str, collection: &str| {
        let draft = json!({
            "name": name, "scope": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": collection},
            "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": server.webhook()["id"], "template": "{}"}
        });
        let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&draft));
        assert_eq!(status, 201, "{made}");
    };
    for (name, collection) in [("beta", "b"), ("Alpha", "a"), ("gamma", "c"), ("alpha", "d"), ("Delta", "e")] {
        make(name, collection);
    }
    // Alpha fires, then Delta.
    for collection in ["a", "e"] {
        let event = json!({
            "type": "LINK_ARTIFACT",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": collection, "version": 1}
        });
        assert_eq!(server.call("POST", "/events", Some(&event)).0, 202);
    }
    server.all_delivered(2);
    let pages = |sort: &str| {
        let (mut names, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/entities/kestrel/automations?limit=2&sort={sort}{cursor}");
            let (status, page) = server.call("GET", &path, None);
            assert_eq!((status, &page["total"]), (200, &json!(5)), "{page}");
            let items = page["items"].as_array().expect("items");
            names.extend(items.iter().map(|item| item["name"].as_str().expect("a name").to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break names.join(" "),
            }
        }
    };
    for (sort, names) in [
        ("created", "beta Alpha gamma alpha Delta"),
        ("-created", "Delta alpha gamma Alpha beta"),
        ("name", "Alpha alpha beta Delta gamma"),
        ("-name", "gamma Delta beta alpha Alpha"),
        ("fired", "beta gamma alpha Alpha Delta"),
        ("-fired", "Delta Alpha alpha gamma beta"),
    ] {
        assert_eq!(pages(sort), names, "{sort}");
    }
    let (_, page) = server.call("GET", "/entities/kestrel/automations?limit=2&sort=name", None);
    let next = page["next_cursor"].as_str().expect("a cursor");
    for (query, pointer) in [(format!("sort=-name&cursor={next}"), "/cursor"), ("sort=size".to_owned(), "/sort")] {
        let (status, problem) = server.call("GET", &format!("/entities/kestrel/automations?{query}"), None);
        assert_eq!((status, &problem["errors"][0]["pointer"]), (400, &json!(pointer)), "{problem}");
    }
}
