//! `/graphql` beside the REST interface: the same refusals in the same words, and what a document may cost.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use support::{Folder, Server};

const CREATE: &str = "mutation CreateAutomation($input: CreateFilterTriggerInput!) { result: createFilterTrigger(input: $input) { trigger { id createdAt updatedAt } } }";
const UPDATE: &str = "mutation UpdateAutomation($input: UpdateFilterTriggerInput!) { result: updateFilterTrigger(input: $input) { trigger { id } } }";
const DELETE: &str =
    "mutation DeleteAutomation($id: ID!) { result: deleteTrigger(input: {triggerID: $id}) { success } }";
const LIST: &str = "query ($entity: String!, $after: String) { entity(name: $entity) { triggers(after: $after) { edges { node { id createdAt updatedAt } } } } }";

/// Status and answer of a document, sent as the SDK does.
fn ask(server: &Server, key: &str, query: &str, variables: &Value) -> (u16, Value) {
    let pair = BASE64_STANDARD.encode(format!("api:{key}"));
    let headers = [("authorization", format!("Basic {pair}"))];
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let body = json!({"query": query, "variables": variables, "operationName": ""}).to_string();
    let (status, text) = server.raw("POST", "/graphql", None, &headers, Some(body.as_bytes()));
    (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")))
}

/// A server with a registry, a project and a webhook, and an automation of another team; that automation's id.
fn server(folder: &Folder) -> (Server, String) {
    let rival = Server::start_as(folder, "rival", "rhea", &[]);
    assert_eq!(rival.call("PUT", "/entities/rival/places/registries/models", None).0, 201);
    let theirs = json!({
        "name": "theirs", "scope": {"kind": "registry", "entity": "rival", "name": "models"},
        "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "record"}
    });
    let (status, theirs) = rival.call("POST", "/entities/rival/automations", Some(&theirs));
    assert_eq!(status, 201, "{theirs}");
    assert!(rival.stop());
    let server = Server::start(folder, &[]);
    for place in ["registries/models", "projects/training"] {
        assert_eq!(server.call("PUT", &format!("/entities/kestrel/places/{place}"), None).0, 201);
    }
    let webhook = json!({"name": "hook", "url": "https://example.com/"});
    assert_eq!(server.call("POST", "/entities/kestrel/webhooks", Some(&webhook)).0, 201);
    (server, theirs["id"].as_str().expect("id").to_owned())
}

/// The id of the registry on `/graphql`.
fn registry(server: &Server) -> Value {
    let query = "{ project(name: \"wandb-registry-models\", entityName: \"kestrel\") { id name __typename } }";
    let (status, answer) = ask(server, &server.key, query, &Value::Null);
    assert_eq!((status, &answer["data"]["project"]["__typename"]), (200, &json!("Project")), "{answer}");
    answer["data"]["project"]["id"].clone()
}

/// The same automation on both interfaces.
struct Draft {
    name: &'static str,
    filter: &'static str,
    webhook: Value,
    template: &'static str,
}

impl Draft {
    fn rest(&self) -> Value {
        json!({
            "name": self.name, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
            "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": serde_json::from_str::<Value>(self.filter).expect("JSON")},
            "action": {"type": "webhook", "webhook_id": self.webhook, "template": self.template}
        })
    }

    fn input(&self, scope: &Value) -> Value {
        json!({
            "name": self.name, "enabled": true, "scopeType": "PROJECT", "scopeID": scope,
            "triggeringEventType": "ADD_ARTIFACT_ALIAS",
            "eventFilter": format!("{{\"$or\":[{{\"$and\":[{}]}}]}}", self.filter),
            "triggeredActionType": "GENERIC_WEBHOOK",
            "triggeredActionConfig": {
                "genericWebhookActionInput": {"integrationID": self.webhook, "requestPayload": self.template}
            }
        })
    }
}

#[test]
fn both_interfaces_refuse_the_same_with_the_same_status_and_words() {
    let folder = Folder::new();
    let (server, theirs) = server(&folder);
    let viewer = server.join("vera", "viewer");
    let (scope, hook) = (registry(&server), server.webhook()["id"].clone());
    let good = || Draft { name: "good", filter: r#"{"alias":"x"}"#, webhook: hook.clone(), template: "{}" };
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&good().rest()));
    assert_eq!(status, 201, "{made}");

    let missing = "0190aaaa-0000-7000-8000-000000000000";
    let create = |draft: Draft| {
        let input = json!({"input": draft.input(&scope)});
        (("POST", String::from("/entities/kestrel/automations"), Some(draft.rest())), (CREATE, input))
    };
    let of_one = |method, id: &str, body: Option<Value>| (method, format!("/entities/kestrel/automations/{id}"), body);
    let renamed = |id: &str| (UPDATE, json!({"input": {"id": id, "name": "other"}}));
    let list =
        |entity: &str| (("GET", format!("/entities/{entity}/automations"), None), (LIST, json!({"entity": entity})));
    let made_up = format!("hb_{}", "x".repeat(43));
    let own = server.key.as_str();
    type Rest = (&'static str, String, Option<Value>);
    type Graphql = (&'static str, Value);
    let cases: Vec<(&str, &str, (Rest, Graphql), u16)> = vec![
        ("wrong key", &made_up, list("kestrel"), 401),
        ("wrong role", &viewer, create(good()), 403),
        (
            "wrong role, change",
            &viewer,
            (
                of_one("PATCH", made["id"].as_str().expect("id"), Some(json!({"enabled": false}))),
                renamed(made["id"].as_str().expect("id")),
            ),
            403,
        ),
        ("other team's list", own, list("rival"), 404),
        ("other team's object", own, (of_one("DELETE", &theirs, None), (DELETE, json!({"id": theirs}))), 404),
        ("missing id, change", own, (of_one("PUT", missing, Some(good().rest())), renamed(missing)), 404),
        ("missing id, deletion", own, (of_one("DELETE", missing, None), (DELETE, json!({"id": missing}))), 404),
        ("no id at all", own, (of_one("DELETE", "x", None), (DELETE, json!({"id": "x"}))), 404),
        ("duplicate name", own, create(good()), 409),
        ("broken filter", own, create(Draft { name: "a", filter: r#"{"alias":{"$regex":"("}}"#, ..good() }), 422),
        ("unknown value", own, create(Draft { name: "a", filter: r#"{"alias":"x","size":1}"#, ..good() }), 422),
        ("no alias", own, create(Draft { name: "a", filter: r#"{"event_author":"ada"}"#, ..good() }), 422),
        ("payload that is not an object", own, create(Draft { name: "a", template: "[1]", ..good() }), 422),
        ("unknown variable", own, create(Draft { name: "a", template: "{\"a\":\"${alas}\"}", ..good() }), 422),
        ("unknown integration", own, create(Draft { name: "a", webhook: json!(missing), ..good() }), 422),
        ("unreadable name", own, create(Draft { name: "a\u{202e}b", ..good() }), 422),
    ];
    for (what, key, ((method, path, body), (document, variables)), status) in cases {
        let (rest, problem) = server.call_as(key, method, &path, body.as_ref());
        let (graphql, answer) = ask(&server, key, document, &variables);
        assert_eq!((rest, graphql), (status, status), "{what}: {problem} {answer}");
        let error = &answer["errors"][0];
        assert_eq!(error["message"], problem["detail"], "{what}");
        assert_eq!(error["extensions"]["code"], problem["code"], "{what}");
    }
    let (_, kept) = server.call("GET", "/entities/kestrel/automations", None);
    assert_eq!(kept["items"], json!([made]), "refusals change nothing");

    let faults = |input: Value| {
        let (status, answer) = ask(&server, own, CREATE, &json!({"input": input}));
        let errors = answer["errors"][0]["extensions"]["errors"].as_array().cloned().unwrap_or_default();
        (
            status,
            errors
                .iter()
                .map(|error| format!("{} {}", error["pointer"], error["code"]).replace('"', ""))
                .collect::<Vec<_>>(),
        )
    };
    for (change, wanted) in [
        (json!({"eventFilter": "{"}), "/trigger/filter malformed"),
        (json!({"triggeringEventType": "UPDATE_ARTIFACT_ALIAS"}), "/trigger/event unknown_event"),
        (json!({"triggeredActionType": "NOTIFICATION"}), "/action/type unfit_action"),
        (json!({"scopeType": "ENTITY"}), "/scope unfit_scope"),
        (json!({"scopeType": "ARTIFACT_COLLECTION"}), "/scope unfit_scope"),
        (json!({"scopeID": missing}), "/scope/name unknown_place"),
        (json!({"triggeredActionConfig": {}}), "/action/webhook_id required"),
    ] {
        let mut input = Draft { name: "a", ..good() }.input(&scope);
        for (name, value) in change.as_object().expect("an object") {
            input[name] = value.clone();
        }
        assert_eq!(faults(input), (422, vec![wanted.to_owned()]), "{change}");
    }
}

#[test]
fn an_older_sdk_is_told_a_status_that_it_does_not_repeat() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let body = json!({"query": CREATE, "variables": {"input": Draft { name: "a", filter: "{}", webhook: json!("x"), template: "{}" }
        .input(&registry(&server))}});
    for (agent, status) in [("W&B Public Client 0.22.3", 400), ("W&B Public Client 0.31.0", 422), ("curl/8", 422)] {
        let headers = [("user-agent", agent)];
        let asked = server.raw("POST", "/graphql", Some(&server.key), &headers, Some(body.to_string().as_bytes()));
        assert_eq!(asked.0, status, "{agent}: {}", asked.1);
    }
}

#[test]
fn what_is_made_is_listed_with_the_same_times_and_is_the_same_automation_over_rest() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let draft = Draft {
        name: "good",
        filter: r#"{"alias":"x"}"#,
        webhook: server.webhook()["id"].clone(),
        template: "{\"a\":1}",
    };
    let (status, made) = ask(&server, &server.key, CREATE, &json!({"input": draft.input(&registry(&server))}));
    assert_eq!(status, 200, "{made}");
    let made = &made["data"]["result"]["trigger"];
    let (_, listed) = ask(&server, &server.key, LIST, &json!({"entity": "kestrel"}));
    assert_eq!(listed["data"]["entity"]["triggers"]["edges"], json!([{"node": made}]));
    let path = format!("/entities/kestrel/automations/{}", made["id"].as_str().expect("id"));
    let (_, kept) = server.call("GET", &path, None);
    assert_eq!((&kept["created_at"], &kept["updated_at"]), (&made["createdAt"], &made["updatedAt"]));
    assert_eq!(kept["action"], draft.rest()["action"]);
    let (_, audit) = server.call("GET", "/entities/kestrel/audit?kind=automation", None);
    assert_eq!(audit["items"][0]["after"]["name"], "good", "{audit}");

    // What changes nothing is no change, and a switch is no revision.
    let update = |input: Value| ask(&server, &server.key, UPDATE, &json!({"input": input})).0;
    let id = &made["id"];
    assert_eq!(update(json!({"id": id, "name": "good", "enabled": true})), 200);
    assert_eq!(server.call("GET", &path, None).1["updated_at"], kept["updated_at"]);
    assert_eq!(update(json!({"id": id, "enabled": false, "description": null})), 200);
    let (_, switched) = server.call("GET", &path, None);
    assert_eq!((&switched["revision"], &switched["enabled"]), (&json!(1), &json!(false)));
}

#[test]
fn a_change_of_what_the_sdk_cannot_write_is_refused_and_all_else_left_whole() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let condition = json!({"$nor": [{"alias": "x"}, {"artifact_metadata.accuracy": {"$lt": 0.9}}]});
    let template = "{\"index\": ${artifact_version_index}}";
    let draft = json!({
        "name": "beyond", "scope": {"kind": "registry", "entity": "kestrel", "name": "models"}, "cooldown_s": 600,
        "trigger": {"event": "ADD_ARTIFACT_ALIAS", "filter": condition},
        "action": {"type": "webhook", "webhook_id": server.webhook()["id"], "template": template}
    });
    let (status, made) = server.call("POST", "/entities/kestrel/automations", Some(&draft));
    assert_eq!(status, 201, "{made}");
    let id = &made["id"];
    let path = format!("/entities/kestrel/automations/{}", id.as_str().expect("id"));
    assert_eq!(server.call("PATCH", &path, Some(&json!({"snooze_s": 600}))).0, 200);

    let payload = |payload: &str| json!({"genericWebhookActionInput": {"integrationID": server.webhook()["id"], "requestPayload": payload}});
    for (change, pointer) in [
        (json!({"eventFilter": r#"{"alias":"y"}"#}), "/trigger/filter"),
        (json!({"triggeredActionConfig": payload(r#"{"index":1}"#)}), "/action/template"),
    ] {
        let mut input = json!({"id": id, "name": "renamed"});
        for (name, value) in change.as_object().expect("an object") {
            input[name] = value.clone();
        }
        let (status, answer) = ask(&server, &server.key, UPDATE, &json!({"input": input}));
        let fault = &answer["errors"][0]["extensions"]["errors"][0];
        assert_eq!(
            (status, &fault["pointer"], &fault["code"]),
            (422, &json!(pointer), &json!("beyond_sdk")),
            "{answer}"
        );
    }
    let same = json!({
        "id": id, "name": "renamed", "enabled": false, "triggeringEventType": "ADD_ARTIFACT_ALIAS",
        "eventFilter": r#"{"$or":[{"$and":[{"$nor":[{"alias":{"$eq":"x"}},{"artifact_metadata.accuracy":{"$lt":0.9}}]}]}]}"#,
        "triggeredActionType": "GENERIC_WEBHOOK",
        "triggeredActionConfig": payload(r#"{"index":"${artifact_version_index}"}"#)
    });
    let (status, answer) = ask(&server, &server.key, UPDATE, &json!({"input": same}));
    assert_eq!(status, 200, "{answer}");
    let (_, now) = server.call("GET", &path, None);
    assert_eq!((&now["name"], &now["enabled"]), (&json!("renamed"), &json!(false)));
    for kept in ["trigger", "action", "cooldown_s", "scope"] {
        assert_eq!(now[kept], draft[kept]);
    }
    assert!(now["snoozed_until"].is_string(), "{now}");
}

#[test]
fn a_document_is_limited_in_size_depth_and_fields() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let status = |query: &str| ask(&server, &server.key, query, &Value::Null).0;
    let deep = format!(
        "{{ entity(name: \"kestrel\") {{ {} id {} }} }}",
        "organization { orgEntity { ".repeat(9),
        "} }".repeat(9)
    );
    let field = |number: usize| format!("t{number}: triggers {{ edges {{ node {{ id }} }} }} ");
    let wide = format!("{{ entity(name: \"kestrel\") {{ {} }} }}", (0..60).map(field).collect::<String>());
    assert_eq!((status(&deep), status(&wide)), (400, 400));
    assert_eq!((status("{ nothing }"), status("{"), status("{ viewer { id } }")), (400, 400, 200));

    // Small as it is written, and without end as it is meant.
    let doubling: String = (0..40)
        .map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }} ", n + 1, n + 1))
        .collect::<Vec<_>>()
        .concat();
    assert_eq!(status(&format!("{{ ...F0 }} {doubling} fragment F40 on Query {{ viewer {{ id }} }}")), 400);
    assert_eq!(status("{ ...A } fragment A on Query { ...A }"), 400);
    assert_eq!(status(&"{ viewer".repeat(100_000)), 400);

    let large = vec![b' '; 2 * 1024 * 1024];
    let (code, text) = server.raw("POST", "/graphql", Some(&server.key), &[], Some(&large));
    assert_eq!(code, 413, "{text}");
    for (method, body, wanted) in [("GET", None, 405), ("POST", Some(&b"[]"[..]), 400), ("POST", Some(&b"{"[..]), 400)]
    {
        let (code, text) = server.raw(method, "/graphql", Some(&server.key), &[], body);
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert!(code == wanted && answer["errors"][0]["message"].is_string(), "{code} {text}");
    }
    let no_key = server.raw("POST", "/graphql", None, &[], Some(b"{}"));
    assert_eq!(no_key.0, 401, "{}", no_key.1);
    let cursor = ask(&server, &server.key, LIST, &json!({"entity": "kestrel", "after": "junk"}));
    assert_eq!(cursor.0, 400, "{}", cursor.1);
    assert_eq!(server.raw("GET", "/ready", None, &[], None), (200, String::from("ok")));
}

#[test]
fn lists_are_narrowed_to_names_and_to_nothing_else() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let draft =
        Draft { name: "good", filter: r#"{"alias":"x"}"#, webhook: server.webhook()["id"].clone(), template: "{}" };
    assert_eq!(server.call("POST", "/entities/kestrel/automations", Some(&draft.rest())).0, 201);
    let query = "query ($filters: JSONString) { entity(name: \"kestrel\") { triggers(filters: $filters) { edges { node { name } } } } }";
    let list = |filters: &str| {
        let (status, answer) = ask(&server, &server.key, query, &json!({"filters": filters}));
        (status, answer["data"]["entity"]["triggers"]["edges"].as_array().map_or(0, Vec::len))
    };
    for (filters, wanted) in [
        (r#"{"name":"good"}"#, (200, 1)),
        (r#"{"name":{"$eq":"good"}}"#, (200, 1)),
        (r#"{"name":{"$in":["goo"]}}"#, (200, 0)),
        ("{}", (200, 1)),
        ("null", (200, 1)),
        (r#"{"name":{"$regex":"g"}}"#, (422, 0)),
        (r#"{"name":{}}"#, (422, 0)),
        (r#"{"name":{"$in":["a","b"]}}"#, (422, 0)),
        (r#"{"id":1}"#, (422, 0)),
        (r#"{"enabled":true}"#, (422, 0)),
        ("[]", (400, 0)),
        ("{", (400, 0)),
    ] {
        assert_eq!(list(filters), wanted, "{filters}");
    }
}

#[test]
fn keys_have_the_form_that_the_sdk_takes() {
    let folder = Folder::new();
    let server = Server::start(&folder, &[]);
    for _ in 0..20 {
        let (status, made) = server.call("POST", "/entities/kestrel/keys", Some(&json!({"name": "k"})));
        assert_eq!(status, 201, "{made}");
        let key = made["key"].as_str().expect("key");
        // The SDK takes what stands before a dash for a prefix, and counts what follows.
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        assert!(key.len() >= 40 && key.bytes().all(fits), "{key}");
    }
}

#[test]
fn registries_projects_and_webhooks_are_made_as_over_rest() {
    let folder = Folder::new();
    let (server, _) = server(&folder);
    let viewer = server.join("vera", "viewer");
    let upsert = "mutation UpsertRegistry($input: UpsertModelInput!) { upsertModel(input: $input) { inserted project { \
                  name internalId entity { name organization { name } } createdAt artifactTypes(includeAll: true) { edges { node { name } } } } } }";
    let input = json!({"input": {"entityName": "kestrel", "name": "wandb-registry-more", "access": "RESTRICTED"}});
    assert_eq!(ask(&server, &viewer, upsert, &input).0, 403);
    for inserted in [true, false] {
        let (status, answer) = ask(&server, &server.key, upsert, &input);
        let made = &answer["data"]["upsertModel"];
        assert_eq!((status, &made["inserted"]), (200, &json!(inserted)), "{answer}");
        assert_eq!(made["project"]["name"], "wandb-registry-more");
        assert_eq!(made["project"]["entity"]["organization"]["name"], "kestrel");
    }
    let (_, registries) = server.call("GET", "/entities/kestrel/places/registries", None);
    assert!(registries["items"].as_array().expect("items").iter().any(|place| place["name"] == "more"));
    for nameless in ["a\u{202e}b", "wandb-registry-", ""] {
        let input = json!({"input": {"entityName": "kestrel", "name": nameless}});
        assert_eq!(ask(&server, &server.key, upsert, &input).0, 422, "{nameless:?}");
    }

    assert_eq!(server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "v-of-token"}))).0, 201);
    let create = "mutation ($input: CreateGenericWebhookIntegrationInput!) { createGenericWebhookIntegration(input: $input) { \
                  integration { __typename ... on GenericWebhookIntegration { id name urlEndpoint } } } }";
    let mut input = json!({"entityName": "kestrel", "name": "made", "urlEndpoint": "https://example.com/x", "accessTokenRef": "TOKEN", "secretRef": "TOKEN"});
    let (status, answer) = ask(&server, &server.key, create, &json!({"input": input}));
    assert_eq!(status, 200, "{answer}");
    let made = &answer["data"]["createGenericWebhookIntegration"]["integration"];
    let path = format!("/entities/kestrel/webhooks/{}", made["id"].as_str().expect("id"));
    let settings = server.call("GET", &path, None).1["settings"].clone();
    assert_eq!((&settings["url"], &settings["access_token"]), (&made["urlEndpoint"], &json!("TOKEN")));
    assert_eq!((&settings["secrets"], &settings["signing_secret"]), (&json!(["TOKEN"]), &json!("TOKEN")));
    assert_eq!(ask(&server, &server.key, create, &json!({"input": input})).0, 409, "the name is taken");
    input["name"] = json!("other");
    input["urlEndpoint"] = json!("http://127.0.0.1/");
    assert_eq!(ask(&server, &server.key, create, &json!({"input": input})).0, 422, "the guard judges it");
    assert_eq!(ask(&server, &viewer, create, &json!({"input": input})).0, 403);
}
