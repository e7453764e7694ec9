//! A server's parts in this process, twice on one database: with the guard under test, and with the one
//! that its webhooks were saved under.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use clap::Parser;
use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_server::app::App;
use hookboard_server::config::{Cli, Command};
use hookboard_server::db::{Db, accounts};
use hookboard_server::guard::Guard;
use hookboard_server::seal::Seal;
use hookboard_server::worker::send::{Message, send_message};
use hookboard_server::{clock, http, worker};
use http_body_util::BodyExt;
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

pub(crate) struct World {
    folder: PathBuf,
    app: App,
    strict: Router,
    loose: Router,
    key: String,
}

impl World {
    pub(crate) async fn new(loose: Guard, strict: Guard) -> Self {
        let folder = std::env::temp_dir().join(format!("hookboard-ssrf-{}-{}", std::process::id(), clock::new_id()));
        std::fs::create_dir_all(&folder).expect("folder");
        let Command::Serve(settings) = Cli::parse_from(["hookboard", "serve"]).command else {
            panic!("settings");
        };
        let db = Db::open(&folder.join("hookboard.db")).await.expect("database");
        let seal = || Seal::from_file(&folder.join("hookboard.key"), true).expect("seal");
        let app = App::with_guard(db.clone(), seal(), (*settings).clone(), strict);
        let other = App::with_guard(db.clone(), seal(), *settings, loose);
        let mut tx = db.begin().await.expect("begun");
        let entity = accounts::ensure_entity(&mut tx, "kestrel").await.expect("team");
        accounts::set_member(&mut tx, &entity, "mira", Role::Admin).await.expect("member");
        let (user, _) = accounts::member(&mut tx, &entity, "mira").await.expect("read").expect("member");
        let key = accounts::new_key(&mut tx, &user, "test").await.expect("key").key;
        tx.commit().await.expect("committed");
        let (strict, loose) = (http::router(&app), http::router(&other));
        Self { folder, app, strict, loose, key }
    }

    /// A call of the team's under the guard under test.
    pub(crate) async fn strict(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.call(&self.strict, method, &format!("/entities/kestrel{path}"), body).await
    }

    /// A call under the other guard.
    pub(crate) async fn loose(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.call(&self.loose, method, &format!("/entities/kestrel{path}"), body).await
    }

    async fn call(&self, router: &Router, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let request = Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header("authorization", format!("Bearer {}", self.key))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .expect("a request");
        let answer = router.clone().oneshot(request).await.expect("an answer");
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    /// The outcome of one attempt to `url`, by the path that deliveries and tests share.
    pub(crate) async fn send(&self, url: &str) -> String {
        let webhook = serde_json::from_value(json!({"name": "sent", "url": url})).expect("draft");
        let message = Message {
            id: "0",
            entity_id: "0",
            webhook: &webhook,
            template: None,
            event_type: EventType::LinkArtifact,
            values: &Map::new(),
        };
        send_message(&self.app, message).await.expect("sent").outcome.as_str().to_owned()
    }

    /// Makes an automation per webhook, lets one event match all, and tells each first attempt's outcome.
    pub(crate) async fn deliver(&self, webhooks: impl Iterator<Item = &str>) -> HashMap<String, String> {
        self.strict("PUT", "/places/registries/models", None).await;
        let mut count = 0;
        for webhook in webhooks {
            count += 1;
            let automation = json!({
                "name": webhook, "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
                "trigger": {"event": "LINK_ARTIFACT"}, "action": {"type": "webhook", "webhook_id": webhook}
            });
            let (status, made) = self.strict("POST", "/automations", Some(&automation)).await;
            assert_eq!(status, 201, "{made}");
        }
        let event = json!({
            "type": "LINK_ARTIFACT",
            "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": 1}
        });
        let (status, taken) = self.call(&self.strict, "POST", "/events", Some(&event)).await;
        assert_eq!(status, 202, "{taken}");
        let stop = CancellationToken::new();
        let running = tokio::spawn(worker::run(self.app.clone(), stop.clone()));
        let end = Instant::now() + Duration::from_mins(1);
        let outcomes = loop {
            let mut outcomes = HashMap::new();
            let mut cursor = String::new();
            loop {
                let (_, list) = self.strict("GET", &format!("/deliveries?limit=200{cursor}"), None).await;
                for row in list["items"].as_array().expect("a list") {
                    if let (Some(webhook), Some(outcome)) = (row["automation_name"].as_str(), row["outcome"].as_str()) {
                        outcomes.insert(webhook.to_owned(), outcome.to_owned());
                    }
                }
                let Some(next) = list["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            if outcomes.len() == count {
                break outcomes;
            }
            assert!(Instant::now() < end, "{} of {count} were tried", outcomes.len());
            tokio::task::yield_now().await;
        };
        stop.cancel();
        running.await.expect("stopped");
        outcomes
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
