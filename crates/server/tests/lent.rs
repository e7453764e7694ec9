//! Automations that send through a webhook of another team.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

mod support;

use serde_json::{Value, json};
use support::{Folder, Receiver, Server, answer, until};

const TEMPLATE: &str = "{\"v\": ${artifact_version_index}, \"auth\": \"$TOKEN\"}";

fn link(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index}
    })
}

/// A server of the teams kestrel and quill. Mira is admin of both, Ada of kestrel alone.
struct Two {
    server: Server,
    /// Ada's key.
    ada: String,
    /// Id of quill's webhook.
    webhook: String,
    _folder: Folder,
}

impl Two {
    fn start(receiver: &Receiver) -> Self {
        let folder = Folder::new();
        let flags = ["--allow-target", "127.0.0.1"];
        let quill = Server::start_as(&folder, "quill", "mira", &flags);
        assert_eq!(quill.call("PUT", "/entities/quill/secrets/TOKEN", Some(&json!({"value": "quills-own"}))).0, 201);
        let webhook = json!({
            "name": "relay", "url": format!("http://{}/", receiver.address), "access_token": "TOKEN", "secrets": ["TOKEN"]
        });
        let (status, webhook) = quill.call("POST", "/entities/quill/webhooks", Some(&webhook));
        assert_eq!(status, 201, "{webhook}");
        assert!(quill.stop());
        let server = Server::start(&folder, &flags);
        assert_eq!(server.call("PUT", "/entities/kestrel/places/registries/models", None).0, 201);
        // Of the same name, and another value.
        assert_eq!(server.call("PUT", "/entities/kestrel/secrets/TOKEN", Some(&json!({"value": "kestrels"}))).0, 201);
        let ada = server.join("ada", "admin");
        let webhook = webhook["id"].as_str().expect("id").to_owned();
        Self { server, ada, webhook, _folder: folder }
    }

    fn draft(&self, name: &str) -> Value {
        json!({
            "name": name, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
            "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "webhook", "webhook_id": self.webhook, "template": TEMPLATE}
        })
    }

    fn make(&self, key: &str, name: &str) -> (u16, Value) {
        self.server.call_as(key, "POST", "/entities/kestrel/automations", Some(&self.draft(name)))
    }

    /// The automation that Mira makes.
    fn shared(&self) -> String {
        let (status, made) = self.make(&self.server.key, "links");
        assert_eq!(status, 201, "{made}");
        assert_eq!(made["webhook"]["entity"], "quill", "{made}");
        made["id"].as_str().expect("id").to_owned()
    }

    /// Quill's webhook, as quill sees it.
    fn of_quill(&self) -> Value {
        let path = format!("/entities/quill/webhooks/{}", self.webhook);
        let (status, webhook) = self.server.call("GET", &path, None);
        assert_eq!(status, 200, "{webhook}");
        webhook
    }

    fn change(&self, change: impl FnOnce(&mut Value)) -> (u16, Value) {
        let mut webhook = self.of_quill();
        change(&mut webhook["settings"]);
        let path = format!("/entities/quill/webhooks/{}", self.webhook);
        self.server.call("PUT", &path, Some(&webhook["settings"]))
    }
}

#[test]
fn what_is_sent_carries_the_owners_secrets_and_is_kept_where_it_was_matched() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    two.shared();
    assert_eq!(two.server.call("POST", "/events", Some(&link(4))).0, 202);
    two.server.all_delivered(1);
    let all = receiver.all();
    assert_eq!(all[0].body, "{\"v\": 4, \"auth\": \"quills-own\"}");
    assert_eq!(all[0].header("authorization"), "Bearer quills-own");
    let (_, list) = two.server.call("GET", "/entities/kestrel/deliveries", None);
    let id = list["items"][0]["id"].as_str().expect("id");
    let (status, detail) = two.server.call("GET", &format!("/entities/kestrel/deliveries/{id}"), None);
    assert_eq!((status, detail["url"].as_str()), (200, Some(&*format!("http://{}/", receiver.address))), "{detail}");
    assert!(!detail.to_string().contains("quills-own"), "{detail}");
    let (_, none) = two.server.call("GET", "/entities/quill/deliveries", None);
    assert_eq!(none["items"], json!([]));
    let webhook = two.of_quill();
    assert_eq!((&webhook["health"]["delivered_7d"], &webhook["health"]["state"]), (&json!(1), &json!("healthy")));
    let last = &webhook["health"]["activity"]["last"];
    assert_eq!((last["entity"].as_str(), last["delivery_id"].as_str()), (Some("kestrel"), Some(id)), "{last}");
}

#[test]
fn who_is_admin_in_both_takes_it_into_use_and_others_keep_it() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let server = &two.server;
    let refused = |(status, answer): (u16, Value)| {
        assert_eq!((status, &answer["errors"][0]["code"]), (422, &json!("unknown_webhook")), "{answer}");
        assert_eq!(answer["errors"][0]["pointer"], "/action/webhook_id");
    };
    refused(two.make(&two.ada, "mine"));
    let id = two.shared();
    let path = format!("/entities/kestrel/automations/{id}");
    let mut draft = two.draft("links");
    draft["description"] = json!("By Ada");
    let (status, edited) = server.call_as(&two.ada, "PUT", &path, Some(&draft));
    assert_eq!((status, &edited["webhook"]["entity"]), (200, &json!("quill")), "{edited}");
    let (status, copy) = server.call_as(&two.ada, "POST", &format!("{path}/duplicate"), None);
    assert_eq!(status, 201, "{copy}");
    let (status, lent) = server.call_as(&two.ada, "GET", "/entities/kestrel/webhooks/lent", None);
    assert_eq!(
        (status, &lent["items"][0]["name"], &lent["items"][0]["entity"]),
        (200, &json!("relay"), &json!("quill"))
    );
    // What quill keeps to itself stays so.
    for path in [format!("/entities/quill/webhooks/{}", two.webhook), String::from("/entities/quill/secrets")] {
        assert_eq!(server.call_as(&two.ada, "GET", &path, None).0, 404, "{path}");
    }
    // Once nothing of the team uses it, it is as at first.
    let copy = copy["id"].as_str().expect("id");
    for id in [id.as_str(), copy] {
        assert_eq!(server.call("DELETE", &format!("/entities/kestrel/automations/{id}"), None).0, 204);
    }
    refused(two.make(&two.ada, "mine"));
    for role in ["viewer", "member", "admin"] {
        let (status, answer) = server.call("PUT", "/entities/quill/members/ada", Some(&json!({ "role": role })));
        assert!(status < 300, "{answer}");
        if role == "admin" {
            assert_eq!(two.make(&two.ada, "mine").0, 201);
        } else {
            refused(two.make(&two.ada, "mine"));
        }
    }
}

#[test]
fn the_owner_sees_who_uses_it_and_cannot_take_it_away_under_them() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let id = two.shared();
    let used = json!([{"kind": "automation", "entity": "kestrel", "id": id, "name": "links", "role": "action"}]);
    assert_eq!(two.of_quill()["used_by"], used);
    let path = format!("/entities/quill/webhooks/{}", two.webhook);
    let (status, refusal) = two.server.call("DELETE", &path, None);
    assert_eq!((status, &refusal["used_by"]), (409, &used), "{refusal}");
    let (status, refusal) = two.change(|settings| settings["secrets"] = json!([]));
    assert_eq!((status, &refusal["used_by"][0]["entity"]), (409, &json!("kestrel")), "{refusal}");
    let (_, secrets) = two.server.call("GET", "/entities/quill/secrets", None);
    let users: Vec<_> = secrets["items"][0]["used_by"].as_array().expect("users").clone();
    assert!(users.iter().any(|user| user["kind"] == "automation" && user["entity"] == "kestrel"), "{users:?}");
    // The team that sends through it is told of a pause.
    let mut told = two.server.listen(&two.ada);
    assert_eq!(two.change(|settings| settings["enabled"] = json!(false)).0, 200);
    assert!(told.any(|line| line.contains("\"webhook\"") && line.contains(&two.webhook)), "told");
    let (_, automation) = two.server.call("GET", &format!("/entities/kestrel/automations/{id}"), None);
    assert_eq!(automation["webhook"]["paused"], true, "{automation}");
    for text in ["RELAY", "nothing"] {
        let (_, found) = two.server.call("GET", &format!("/entities/kestrel/automations?text={text}"), None);
        assert_eq!(found["items"].as_array().map(Vec::len), Some(usize::from(text == "RELAY")), "{text}");
    }
}

#[test]
fn a_webhook_that_is_gone_at_the_other_end_wants_attention_in_both_teams() {
    let receiver = Receiver::start(|_| answer(410, ""));
    let two = Two::start(&receiver);
    two.shared();
    assert_eq!(two.server.call("POST", "/events", Some(&link(1))).0, 202);
    for (team, owner) in [("kestrel", json!("quill")), ("quill", Value::Null)] {
        let one = until(&format!("{team} is told"), || {
            let (_, attention) = two.server.call("GET", &format!("/entities/{team}/attention"), None);
            attention["webhooks"].as_array()?.first().cloned()
        });
        assert_eq!((&one["name"], &one["entity"], &one["kind"]), (&json!("relay"), &owner, &json!("paused")), "{one}");
    }
}

#[test]
fn a_test_takes_the_events_of_the_team_that_watches() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let server = &two.server;
    let id = two.shared();
    assert_eq!(server.call("POST", "/events", Some(&link(7))).0, 202);
    server.all_delivered(1);
    let (_, events) = server.call("GET", "/entities/kestrel/events", None);
    let event = &events["items"][0]["id"];
    let saved = json!({"event_id": event});
    let (status, tested) =
        server.call_as(&two.ada, "POST", &format!("/entities/kestrel/automations/{id}/test"), Some(&saved));
    assert_eq!((status, &tested["exchange"]["status"]), (200, &json!(200)), "{tested}");
    assert_eq!(receiver.all()[1].body, "{\"v\": 7, \"auth\": \"quills-own\"}");
    let path = format!("/entities/quill/webhooks/{}/test", two.webhook);
    let mut draft = json!({"event_id": event, "template": "{\"v\":${artifact_version_index}}"});
    assert_eq!(server.call("POST", &path, Some(&draft)).0, 404, "the event is not quill's");
    draft["entity"] = json!("kestrel");
    let (status, tested) = server.call("POST", &path, Some(&draft));
    assert_eq!((status, &tested["exchange"]["request_body"]), (200, &json!("{\"v\":7}")), "{tested}");
    assert_eq!(server.call_as(&two.ada, "POST", &path, Some(&draft)).0, 404, "the webhook is not Ada's");
    // Of a team that is not theirs, even owners have no events.
    let quin = server.join_to("quill", "quin", "admin");
    assert_eq!(server.call_as(&quin, "POST", &path, Some(&draft)).0, 404, "the event is not Quin's");
    assert_eq!(server.call("PUT", "/entities/kestrel/members/quin", Some(&json!({"role": "viewer"}))).0, 201);
    assert_eq!(server.call_as(&quin, "POST", &path, Some(&draft)).0, 200);
}

#[test]
fn a_file_names_the_owner() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    two.shared();
    let export = "/api/v1/entities/kestrel/automations/export";
    let (status, file) = two.server.raw("GET", export, Some(&two.ada), &[], None);
    assert_eq!(status, 200);
    assert!(file.contains("webhook: relay\n") && file.contains("entity: quill\n"), "{file}");
    let import = |key: &str, file: &str| {
        let headers = [("content-type", "application/yaml")];
        let path = "/api/v1/entities/kestrel/automations/import";
        let (status, text) = two.server.raw("POST", path, Some(key), &headers, Some(file.as_bytes()));
        (status, serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    let (status, answer) = import(&two.ada, &file);
    assert_eq!((status, &answer["changes"][0]["change"]), (200, &json!("unchanged")), "{answer}");
    let (status, answer) = import(&two.ada, &file.replace("name: links", "name: more links"));
    assert_eq!((status, &answer["changes"][0]["change"]), (200, &json!("created")), "{answer}");
    let (_, log) = two.server.call("GET", "/entities/quill/audit", None);
    let used: Vec<_> = log["items"].as_array().expect("entries").iter().map(|one| &one["after"]["used_by"]).collect();
    assert_eq!(used[..2], [&json!("kestrel/more links"), &json!("kestrel/links")], "{log}");
    // Without the owner, a webhook of that name is looked for in the team itself.
    for (was, is, pointer) in [
        ("entity: quill", "entity: kestrel", "webhook"),
        ("    entity: quill\n", "", "webhook"),
        ("entity: quill", "entity: ''", "entity"),
        ("webhook: relay", "webhook: other", "webhook"),
    ] {
        assert!(file.contains(was), "{was}");
        let (status, answer) = import(&two.server.key, &file.replace(was, is));
        let error = &answer["errors"][0];
        assert_eq!((status, &error["pointer"]), (422, &json!(format!("/automations/0/action/{pointer}"))), "{answer}");
    }
    // The team's own name is as none.
    let own = json!({"name": "relay", "url": "https://example.com/", "access_token": "TOKEN", "secrets": ["TOKEN"]});
    assert_eq!(two.server.call("POST", "/entities/kestrel/webhooks", Some(&own)).0, 201);
    let named = file.replace("entity: quill", "entity: kestrel");
    for change in ["updated", "unchanged"] {
        let (status, answer) = import(&two.ada, &named);
        assert_eq!((status, &answer["changes"][0]["change"]), (200, &json!(change)), "{answer}");
    }
}

#[test]
fn what_was_sent_is_sent_again_only_while_the_team_uses_the_webhook() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let server = &two.server;
    let id = two.shared();
    assert_eq!(server.call("POST", "/events", Some(&link(1))).0, 202);
    server.all_delivered(1);
    let (_, list) = server.call("GET", "/entities/kestrel/deliveries", None);
    let delivery = list["items"][0]["id"].as_str().expect("id").to_owned();
    let again = |render: bool| {
        let path = format!("/entities/kestrel/deliveries/{delivery}/redeliver");
        server.call_as(&two.ada, "POST", &path, Some(&json!({ "render": render }))).0
    };
    let many = || {
        let body = json!({"ids": [delivery]});
        server.call_as(&two.ada, "POST", "/entities/kestrel/deliveries/redeliver", Some(&body)).1["count"].clone()
    };
    assert_eq!(again(true), 202);
    server.all_delivered(1);
    assert_eq!(many(), 1);
    server.all_delivered(1);
    assert_eq!(receiver.all().len(), 3);
    let mut draft = two.draft("links");
    draft["action"] = json!({"type": "record"});
    assert_eq!(server.call("PUT", &format!("/entities/kestrel/automations/{id}"), Some(&draft)).0, 200);
    assert_eq!((again(false), again(true)), (409, 409));
    assert_eq!(many(), 0);
    // Another automation uses it: the original bytes may go, those of an automation that sends elsewhere may not.
    assert_eq!(two.make(&server.key, "others").0, 201);
    assert_eq!((again(true), again(false)), (409, 202));
    server.all_delivered(1);
    assert_eq!(receiver.all().len(), 4);
}

#[test]
fn a_test_sends_what_admins_save_and_nothing_once_the_owner_disables_it() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let id = two.shared();
    let member = two.server.join("mel", "member");
    let path = format!("/entities/kestrel/automations/{id}/test");
    let own = json!({"template": "{\"of\": \"my own\"}"});
    for (key, body, status) in [(&member, None, 200), (&member, Some(&own), 403), (&two.ada, Some(&own), 200)] {
        let (answered, answer) = two.server.call_as(key, "POST", &path, body);
        assert_eq!(answered, status, "{answer}");
    }
    assert_eq!(two.change(|settings| settings["enabled"] = json!(false)).0, 200);
    let (status, answer) = two.server.call_as(&two.ada, "POST", &path, None);
    assert_eq!((status, &answer["code"]), (409, &json!("conflict")), "{answer}");
    assert_eq!(receiver.all().len(), 2);
}

#[test]
fn the_owner_is_told_by_its_stream_and_its_log() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let mut told = two.server.listen_to("quill", &two.server.key);
    let mut is_told = |what: &str| {
        assert!(told.any(|line| line.contains("\"webhook\"") && line.contains(&two.webhook)), "{what}");
    };
    let id = two.shared();
    is_told("it is used");
    let (_, log) = two.server.call("GET", "/entities/quill/audit", None);
    let entry = &log["items"][0];
    assert_eq!((&entry["target_id"], &entry["actor"]), (&json!(two.webhook), &json!("mira")), "{entry}");
    assert_eq!(entry["after"], json!({"used_by": "kestrel/links"}), "{entry}");
    assert_eq!(two.server.call("DELETE", &format!("/entities/kestrel/automations/{id}"), None).0, 204);
    is_told("it is used no more");
}

#[test]
fn an_earlier_version_comes_back_only_where_its_webhook_may_be_used() {
    let receiver = Receiver::start(|_| answer(200, "{}"));
    let two = Two::start(&receiver);
    let id = two.shared();
    let path = format!("/entities/kestrel/automations/{id}");
    let mut draft = two.draft("links");
    draft["action"] = json!({"type": "record"});
    assert_eq!(two.server.call("PUT", &path, Some(&draft)).0, 200);
    let restore = |key: &str| {
        let key = Some(key);
        let path = format!("/api/v1{path}/revisions/1/restore");
        let (status, text) = two.server.raw("POST", &path, key, &[("if-match", "\"2\"")], None);
        (status, serde_json::from_str::<Value>(&text).expect("JSON"))
    };
    let (status, refusal) = restore(&two.ada);
    assert_eq!((status, &refusal["errors"][0]["code"]), (422, &json!("unknown_webhook")), "{refusal}");
    let (status, restored) = restore(&two.server.key);
    assert_eq!((status, &restored["webhook"]["entity"]), (200, &json!("quill")), "{restored}");
}
