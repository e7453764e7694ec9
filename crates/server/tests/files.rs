//! Automations as files: written out, compared and taken in.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Server};

const TEMPLATE: &str = "{\n  \"model\": \"${artifact_collection_name}\",\n  \"note\": \"# no comment: ${alias}\",\n  \"auth\": \"$TOKEN\"\n}\n";

/// A server with a registry, a project, a secret and a webhook.
fn server(folder: &Folder) -> Server {
    let server = Server::start(folder, &[]);
    for place in ["registries/models", "projects/training"] {
        server.call("PUT", &format!("/entities/kestrel/places/{place}"), None);
    }
    server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "planted-value"})));
    let webhook = json!({"name": "hook", "url": "https://example.com/", "secrets": ["TOKEN"]});
    let (status, webhook) = server.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
    assert_eq!(status, 201, "{webhook}");
    server
}

fn draft(server: &Server, name: &str, kind: &str, of: &str, rest: &Value) -> Value {
    let action = json!({"type": "webhook", "webhook_id": server.webhook()["id"], "template": TEMPLATE});
    let mut draft = json!({"name": name, "scope": {"kind": kind, "entity": "kestrel", "name": of}, "action": action});
    for (key, value) in rest.as_object().expect("an object") {
        draft[key] = value.clone();
    }
    draft
}

fn make(server: &Server, draft: &Value) {
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(draft));
    assert_eq!(status, 201, "{made}");
}

fn export(server: &Server, query: &str) -> String {
    let path = format!("/api/v1/entities/kestrel/automations/export{query}");
    let (status, text) = server.raw("GET", &path, Some(&server.key), &[], None);
    assert_eq!(status, 200, "{text}");
    text
}

/// Takes a file in: status and answer.
fn import(server: &Server, key: &str, query: &str, kind: &str, text: &str) -> (u16, Value) {
    let path = format!("/api/v1/entities/kestrel/automations/import{query}");
    let (status, text) = server.raw("POST", &path, Some(key), &[("content-type", kind)], Some(text.as_bytes()));
    (status, serde_json::from_str(&text).expect("JSON"))
}

fn told(answer: &Value) -> Vec<(String, String)> {
    let changes = answer["changes"].as_array().expect("changes").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    changes.map(|change| (text(&change["name"]), text(&change["change"]))).collect()
}

fn filled(server: &Server) {
    let anchored = json!({"trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"alias": {"$regex": "^production$"}}}});
    make(server, &draft(server, "Promote: to #1", "registry", "models", &anchored));
    let threshold = json!({"kind": "threshold", "metric": "loss", "window": 5, "aggregate": "min", "comparison": "<=", "threshold": 0.25});
    let metric = json!({
        "description": "Two\nlines", "enabled": false, "cooldown_s": 600,
        "trigger": {"event": "RUN_METRIC_THRESHOLD", "metrics": {"rules": [threshold]}}
    });
    let mut metric = draft(server, "yes", "project", "training", &metric);
    metric["action"]["template"] = json!("{\"run\": \"${run_name}\"}");
    make(server, &metric);
    let of_one = json!({"trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}});
    let mut of_one = draft(server, "Only fraud", "registry", "models", &of_one);
    of_one["scope"]["collection"] = json!("fraud");
    make(server, &of_one);
}

#[test]
fn a_file_makes_the_same_automations_elsewhere_and_again_changes_nothing() {
    let (here, there) = (Folder::new(), Folder::new());
    let (from, to) = (server(&here), server(&there));
    filled(&from);
    for (format, kind) in [("yaml", "application/yaml"), ("json", "application/json; charset=utf-8")] {
        let text = export(&from, &format!("?format={format}"));
        assert!(!text.contains("planted-value") && text.contains("$TOKEN"), "{text}");
        if format == "yaml" {
            assert_eq!(text, export(&from, ""), "YAML unless asked otherwise");
            assert!(text.contains("template: |"), "templates can be read and compared line by line: {text}");
            let (status, answer) = import(&to, &to.key, "?dry_run=true", kind, &text);
            assert_eq!((status, &answer["dry_run"]), (200, &json!(true)), "{answer}");
            assert!(told(&answer).iter().all(|(_, change)| change == "created"), "{answer}");
            assert_eq!(to.call("GET", "/entities/kestrel/automations", None).1["items"], json!([]), "nothing was made");
            let (status, answer) = import(&to, &to.key, "", kind, &text);
            assert_eq!(status, 200, "{answer}");
        }
        let (status, answer) = import(&to, &to.key, "", kind, &text);
        assert_eq!(status, 200, "{answer}");
        assert!(told(&answer).iter().all(|(_, change)| change == "unchanged"), "{answer}");
        assert_eq!(export(&to, &format!("?format={format}")), text);
    }
    let revisions = |server: &Server| {
        let (_, list) = server.call("GET", "/entities/kestrel/automations", None);
        list["items"].as_array().expect("a list").iter().map(|item| item["revision"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(revisions(&to), [json!(1), json!(1), json!(1)]);
    let text = export(&from, "?registry=models&collection=fraud&format=json");
    assert!(text.contains("Only fraud") && !text.contains("Promote"), "{text}");
}

#[test]
fn editors_are_told_what_a_file_holds() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/automations.schema.json");
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    assert_eq!(Ok(&stored), hookboard_server::http::schema().as_ref(), "run `cargo xtask openapi`");
    let folder = Folder::new();
    let (status, served) = server(&folder).raw("GET", "/api/v1/automations.schema.json", None, &[], None);
    assert_eq!((status, serde_json::from_str::<Value>(&served).expect("JSON")), (200, stored.clone()));
    let text = stored.to_string();
    assert!(!text.contains("#/components/") && text.contains("#/$defs/FileAutomation"), "{text}");
    // Each reference leads somewhere.
    for name in text.split("#/$defs/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(stored["$defs"][name].is_object(), "{name}");
    }
}

#[test]
fn what_differs_is_told_and_changed_and_what_the_file_does_not_name_stays() {
    let folder = Folder::new();
    let server = server(&folder);
    filled(&server);
    let mut file: Value = serde_json::from_str(&export(&server, "?registry=models&format=json")).expect("JSON");
    let automations = file["automations"].as_array_mut().expect("a list");
    let promote = automations.iter_mut().find(|one| one["name"] == "Promote: to #1").expect("there");
    promote["trigger"]["filter"]["alias"]["$regex"] = json!("^champion$");
    promote["cooldown_s"] = json!(60);
    let viewer = server.join("hana", "viewer");
    let text = file.to_string();
    let (status, answer) = import(&server, &viewer, "", "application/json", &text);
    assert_eq!(status, 403, "{answer}");
    let (status, dry) = import(&server, &viewer, "?dry_run=true", "application/json", &text);
    assert_eq!(status, 200, "who reads may compare: {dry}");
    let (status, answer) = import(&server, &server.key, "", "application/json", &text);
    assert_eq!((status, &answer["changes"]), (200, &dry["changes"]), "{answer}");
    let change = answer["changes"].as_array().expect("changes").iter().find(|one| one["change"] == "updated");
    let change = change.expect("one is updated");
    assert_eq!(
        change["differences"],
        json!([
            {"pointer": "/cooldown_s", "after": 60},
            {"pointer": "/trigger/filter/alias/$regex", "before": "^production$", "after": "^champion$"},
        ])
    );
    let (_, now) =
        server.call("GET", &format!("/entities/kestrel/automations/{}", change["id"].as_str().expect("an id")), None);
    assert_eq!((&now["revision"], &now["cooldown_s"]), (&json!(2), &json!(60)));
    assert_eq!(server.call("GET", "/entities/kestrel/automations", None).1["total"], json!(3), "the project's stays");
}

#[test]
fn many_imports_at_once_do_not_wait_for_each_other_for_ever() {
    const AT_ONCE: usize = 8;
    const AUTOMATIONS: usize = 60;
    let folder = Folder::new();
    let server = server(&folder);
    let one = |index: usize| json!({"name": format!("a {index}"), "scope": {"registry": "models"}, "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}});
    let all: Vec<Value> = (0..AUTOMATIONS).map(one).collect();
    let file = json!({"version": 1, "automations": all}).to_string();
    for query in ["?dry_run=true", ""] {
        let answers: Vec<(u16, Value)> = std::thread::scope(|scope| {
            let calls: Vec<_> = (0..AT_ONCE)
                .map(|_| scope.spawn(|| import(&server, &server.key, query, "application/json", &file)))
                .collect();
            calls.into_iter().map(|call| call.join().expect("an answer")).collect()
        });
        assert!(
            answers.iter().all(|(status, _)| *status == 200),
            "{query}: {:?}",
            answers.iter().map(|(status, _)| status).collect::<Vec<_>>()
        );
    }
    let (_, list) = server.call("GET", "/entities/kestrel/automations?limit=1", None);
    assert_eq!(list["total"], json!(AUTOMATIONS));
}

#[test]
fn a_faulty_file_is_told_whole_and_changes_nothing() {
    let folder = Folder::new();
    let server = server(&folder);
    let record = |name: &str, scope: Value| json!({"name": name, "scope": scope, "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}});
    let good = record("good", json!({"registry": "models"}));
    let mut unknown = record("unknown", json!({"registry": "models"}));
    unknown["action"] = json!({"type": "webhook", "webhook": "nowhere"});
    let mut broken = record("broken", json!({"registry": "models"}));
    broken["action"] = json!({"type": "webhook", "webhook": "hook", "template": "{\"a\": ${nope}}"});
    let file = json!({"version": 1, "automations": [
        good, unknown, record("both", json!({"registry": "models", "project": "training"})), broken, record("far", json!({"project": "far"}))
    ]});
    let (status, problem) = import(&server, &server.key, "", "application/json", &file.to_string());
    let pointers: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(
        (status, pointers),
        (
            422,
            vec![
                "/automations/1/action/webhook",
                "/automations/2/scope",
                "/automations/3/action/template",
                "/automations/4/scope/project"
            ]
        ),
        "{problem}"
    );
    for (kind, text, status, words) in [
        ("application/yaml", "version: 1\nautomations: [", 400, "not YAML"),
        ("application/yaml", "version: 2\nautomations: []", 422, "version 2"),
        ("application/yaml", "version: 1\nautomation: []", 422, "automation"),
        ("application/yaml", "version: 1\nautomations: [{name: a, name: b}]", 400, "not YAML"),
        (
            "application/yaml",
            "version: 1\nautomations: [{name: a, scope: {registry: models}, trigger: {event: LINK_ARTIFACT}, action: {type: webhook, webhook: hook, templte: x}}]",
            422,
            "templte",
        ),
        ("text/plain", "version: 1", 415, "YAML or JSON"),
    ] {
        let (given, problem) = import(&server, &server.key, "", kind, text);
        assert!(given == status && problem.to_string().contains(words), "{text}: {given} {problem}");
    }
    let twice = json!({"version": 1, "automations": [good, good]});
    let (status, problem) = import(&server, &server.key, "", "application/json", &twice.to_string());
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/automations/1/name")));
    // A text of few bytes that stands for many.
    let level = |level: usize| {
        let many = if level == 0 { String::from("x") } else { format!("*a{}", level - 1) };
        format!("a{level}: &a{level} [{}]\n", vec![many; 9].join(", "))
    };
    let bomb: String = (0..12).map(level).collect();
    let (status, problem) = import(&server, &server.key, "", "application/yaml", &bomb);
    assert_eq!(status, 400, "{problem}");
    assert_eq!(server.call("GET", "/entities/kestrel/automations", None).1["items"], json!([]), "nothing was made");
}

#[test]
fn a_file_written_by_hand_is_read_as_yaml_1_2() {
    let folder = Folder::new();
    let server = server(&folder);
    let file = "version: 1\nautomations:\n- name: words\n  scope: {registry: models}\n  action: {type: record}\n  \
        trigger:\n    event: ADD_ARTIFACT_ALIAS\n    filter: {alias: {$in: [yes, on, 012, 1_000, 12]}}\n";
    let (status, answer) = import(&server, &server.key, "", "application/yaml", file);
    assert_eq!(status, 200, "{answer}");
    let written: Value = serde_json::from_str(&export(&server, "?format=json")).expect("JSON");
    let words = &written["automations"][0]["trigger"]["filter"]["alias"]["$in"];
    assert_eq!(*words, json!(["yes", "on", "012", "1_000", 12]));
    // Written out and taken in again, they are the same words.
    let (_, answer) = import(&server, &server.key, "?dry_run=true", "application/yaml", &export(&server, ""));
    assert_eq!(told(&answer), [(String::from("words"), String::from("unchanged"))]);
}

#[test]
fn an_import_that_was_compared_changes_nothing_else_than_it_said() {
    let folder = Folder::new();
    let server = server(&folder);
    let file = json!({"version": 1, "automations": [{
        "name": "new", "scope": {"registry": "models"}, "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
    }]})
    .to_string();
    let take = |query: &str| import(&server, &server.key, query, "application/json", &file);
    let (_, compared) = take("?dry_run=true");
    let basis = format!("?basis={}", compared["basis"].as_str().expect("a basis"));
    // Somebody else makes it, and describes it.
    let theirs = json!({
        "name": "new", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"}, "description": "theirs",
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
    });
    make(&server, &theirs);
    let (status, problem) = take(&basis);
    assert_eq!((status, &problem["code"]), (412, &json!("version_conflict")), "{problem}");
    let (_, compared) = take("?dry_run=true");
    assert_eq!(compared["changes"][0]["change"], "updated");
    let (status, answer) = take(&format!("?basis={}", compared["basis"].as_str().expect("a basis")));
    assert_eq!((status, &answer["changes"][0]["change"]), (200, &json!("updated")));
}

#[test]
fn a_file_for_one_place_is_refused_where_it_holds_automations_of_others() {
    let folder = Folder::new();
    let server = server(&folder);
    filled(&server);
    let text = export(&server, "?format=json");
    for (query, kept) in [
        ("?registry=models", "?registry=models"),
        ("?project=training", "?project=training"),
        ("?registry=models&collection=fraud", "?registry=models&collection=fraud"),
    ] {
        let (status, problem) = import(&server, &server.key, query, "application/json", &text);
        assert_eq!((status, &problem["errors"][0]["code"]), (422, &json!("outside_scope")), "{query}: {problem}");
        let of_place = export(&server, &format!("{kept}&format=json"));
        let (status, answer) = import(&server, &server.key, query, "application/json", &of_place);
        assert!(status == 200 && !told(&answer).is_empty(), "{query}: {answer}");
    }
    let (_, problem) = import(&server, &server.key, "?dry_run=true&registry=models", "application/json", &text);
    let pointers: Vec<&str> =
        problem["errors"].as_array().expect("errors").iter().filter_map(|error| error["pointer"].as_str()).collect();
    assert_eq!(pointers, ["/automations/2/scope"], "{problem}");
    for (query, status) in [("?registry=nowhere", 404), ("?registry=models&project=training", 400)] {
        assert_eq!(import(&server, &server.key, query, "application/json", &text).0, status, "{query}");
    }
}

#[test]
fn all_that_a_team_may_have_is_read_back_as_it_was_written() {
    let folder = Folder::new();
    let server = server(&folder);
    let automation = |index: usize| {
        json!({
            "name": format!("automation {index}"), "scope": {"registry": "models", "collection": format!("of {}", index % 7)},
            "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": {"$and": [
                {"alias": {"$regex": "^production$"}}, {"artifact_metadata.score": {"$gt": index}},
                {"$or": [{"event_author": {"$in": ["mira", "jonas"]}}, {"alias": {"$ne": "012"}}]},
            ]}},
            "action": {"type": "webhook", "webhook": "hook", "template": TEMPLATE}
        })
    };
    let most = usize::try_from(hookboard_api::limits::MAX_AUTOMATIONS).expect("a count");
    let file = json!({"version": 1, "automations": (0..most).map(automation).collect::<Vec<_>>()});
    let (status, answer) = import(&server, &server.key, "", "application/json", &file.to_string());
    assert_eq!(status, 200, "{answer}");
    let text = export(&server, "");
    let (status, answer) = import(&server, &server.key, "?dry_run=true", "application/yaml", &text);
    assert_eq!(status, 200, "{}", answer["detail"]);
    assert_eq!(told(&answer).iter().filter(|(_, change)| change == "unchanged").count(), most);
    let one_more = json!({"version": 1, "automations": [automation(most)]}).to_string();
    assert_eq!(import(&server, &server.key, "", "application/json", &one_more).0, 409);
}

#[test]
fn what_a_large_team_writes_out_can_be_taken_in() {
    let folder = Folder::new();
    let server = server(&folder);
    let automation = |index: usize| {
        let template = format!("{{\"text\": \"{}\"}}", "x".repeat(100_000));
        json!({
            "name": format!("large {index}"), "scope": {"registry": "models"}, "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "webhook", "webhook": "hook", "template": template}
        })
    };
    let file = json!({"version": 1, "automations": (0..40).map(automation).collect::<Vec<_>>()});
    let (status, answer) = import(&server, &server.key, "", "application/json", &file.to_string());
    assert_eq!(status, 200, "{answer}");
    let (status, answer) = import(&server, &server.key, "", "application/yaml", &export(&server, ""));
    assert_eq!((status, told(&answer).iter().filter(|(_, change)| change == "unchanged").count()), (200, 40));
    let (status, problem) = import(&server, &server.key, "", "application/yaml", &" ".repeat(65 * 1024 * 1024));
    assert_eq!((status, &problem["code"]), (413, &json!("too_large")));
}
