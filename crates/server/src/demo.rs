//! A believable team, so that every screen lives before anything is connected.

use std::net::SocketAddr;

use hookboard_api::EventType;
use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use hookboard_api::automation::{Action, AutomationDraft};
use hookboard_api::catalogue::Point;
use hookboard_api::event::{NewEvent, Subject};
use hookboard_api::metric::{Aggregate, Comparison, MetricCondition, MetricJoin, MetricRule};
use hookboard_api::run::RunState;
use hookboard_api::scope::{PlaceKind, Scope};
use hookboard_api::trigger::Trigger;
use hookboard_api::webhook::{Header, SignatureEncoding, WebhookDraft};
use serde_json::{Map, Value, json};

use crate::accept::News;
use crate::app::App;
use crate::db::audit::{self, Change};
use crate::db::catalogue::{self, PlaceRow};
use crate::db::{Conn, accounts, automations, secrets, sql, webhooks};
use crate::failure::Failure;

/// The demo's team.
pub const TEAM: &str = "kestrel";
/// The demo's admin.
pub const ADMIN: &str = "mira.okafor";

const DEPLOY: &str = r#"{
  "action": "deploy",
  "model": "${artifact_collection_name}",
  "version": "${artifact_version_string}",
  "requested_by": "${event_author}",
  "accuracy": ${artifact_metadata.accuracy},
  "note": "Promoted to ${alias} by ${event_author}",
  "rollout": {
    "strategy": "canary",
    "steps": [5, 25, 100]
  },
  "auth": "$DEPLOY_TOKEN"
}
"#;

const DISPATCH: &str = r#"{
  "event_type": "BUILD_AND_DEPLOY",
  "client_payload": {
    "event_author": "${event_author}",
    "artifact_version": "${artifact_version}",
    "artifact_version_string": "${artifact_version_string}",
    "artifact_collection_name": "${artifact_collection_name}",
    "project_name": "${project_name}",
    "entity_name": "${entity_name}"
  }
}
"#;

const EVALUATE: &str = r#"{
  "suite": "regression",
  "model": "${artifact_version_string}",
  "index": ${artifact_version_index}
}
"#;

const ANNOUNCE: &str = r#"{
  "text": "${artifact_collection_name} v${artifact_version_index} is now ${alias} (by ${event_author})"
}
"#;

const METRIC: &str = r#"{
  "text": "${metric_name} of ${run_name} is ${metric_value}, limit ${metric_threshold}"
}
"#;

const RUN_ENDED: &str = r#"{
  "text": "${run_name} is ${run_status}",
  "run": "${run_id}"
}
"#;

/// Fills an empty database; leaves any other as it is.
pub async fn fill(app: &App, entity_id: &str, address: SocketAddr) -> Result<(), Failure> {
    let known: i64 = sql::query_scalar("SELECT count(*) FROM places WHERE entity_id = ?")
        .bind(entity_id)
        .fetch_one(app.db().read())
        .await?;
    if known > 0 {
        return Ok(());
    }
    let mut tx = app.db().begin().await?;
    for (name, value) in [
        ("DEPLOY_TOKEN", "demo-deploy-token-5f2c"),
        ("GITHUB_DISPATCH_TOKEN", "demo-dispatch-token-81aa"),
        ("EVAL_API_KEY", "demo-eval-key-c07e"),
        ("HOOK_SIGNING_KEY", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("PAGER_KEY_OLD", "demo-pager-key-19d0"),
    ] {
        secrets::put(&mut tx, app.seal(), entity_id, name, value, ADMIN).await?;
        audit::write(&mut tx, entity_id, ADMIN, Change::created(AuditKind::Secret, name, name)).await?;
    }
    for (user, role) in [
        ("tomas.reyes", Role::Admin),
        ("j.lindqvist", Role::Member),
        ("hana.sato", Role::Member),
        ("ci-promoter", Role::Member),
        ("l.varga", Role::Viewer),
    ] {
        accounts::set_member(&mut tx, entity_id, user, role).await?;
        let change = Change::created(AuditKind::Member, user, user).after(&json!({ "role": role }))?;
        audit::write(&mut tx, entity_id, ADMIN, change).await?;
    }
    let (models, _) = catalogue::ensure_place(&mut tx, entity_id, PlaceKind::Registry, "Models").await?;
    let (datasets, _) = catalogue::ensure_place(&mut tx, entity_id, PlaceKind::Registry, "Datasets").await?;
    let (fraud, _) = catalogue::ensure_place(&mut tx, entity_id, PlaceKind::Project, "fraud-training").await?;
    let (asr, _) = catalogue::ensure_place(&mut tx, entity_id, PlaceKind::Project, "asr-conformer").await?;
    catalogue::ensure_place(&mut tx, entity_id, PlaceKind::Project, "doc-layout").await?;
    make_automations(&mut tx, entity_id, address, [&models, &datasets, &fraud]).await?;
    tx.commit().await?;
    happen(app, &models, &datasets, &fraud, &asr).await
}

async fn make_automations(
    conn: &mut Conn,
    entity_id: &str,
    address: SocketAddr,
    [models, datasets, fraud]: [&PlaceRow; 3],
) -> Result<(), Failure> {
    let sink = |name: &str| {
        format!(
            "http://{}/sink/{name}",
            if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
        )
    };
    let webhook =
        |name: &str, url: String, token: Option<&str>, further: &[&str], signing: Option<&str>| WebhookDraft {
            name: name.to_owned(),
            url,
            access_token: token.map(str::to_owned),
            secrets: further.iter().map(|name| (*name).to_owned()).collect(),
            signing_secret: signing.map(str::to_owned),
            signature_encoding: SignatureEncoding::Base64,
            headers: Vec::new(),
            timeout_s: 15,
            max_per_minute: None,
            enabled: true,
        };
    let deploy = webhooks::create(
        conn,
        entity_id,
        &webhook("deploy-hook", sink("deploy"), Some("DEPLOY_TOKEN"), &["DEPLOY_TOKEN"], Some("HOOK_SIGNING_KEY")),
    )
    .await?;
    let mut github = webhook("github-dispatch", sink("github"), Some("GITHUB_DISPATCH_TOKEN"), &[], None);
    github.headers.push(Header {
        name: "Accept".into(),
        value: Some("application/vnd.github+json".into()),
        secret: None,
    });
    let github = webhooks::create(conn, entity_id, &github).await?;
    let eval =
        webhooks::create(conn, entity_id, &webhook("eval-runner", sink("eval"), Some("EVAL_API_KEY"), &[], None))
            .await?;
    let teams = webhooks::create(conn, entity_id, &webhook("teams-releases", sink("teams"), None, &[], None)).await?;
    let catalog = webhooks::create(
        conn,
        entity_id,
        &webhook("catalog-sync", format!("{}?status=503", sink("catalog")), None, &[], None),
    )
    .await?;
    let scope = |place: &PlaceRow, collection: Option<&str>| Scope {
        kind: place.kind,
        entity: place.entity.clone(),
        name: place.name.clone(),
        collection: collection.map(str::to_owned),
    };
    let on = |event: EventType, filter: Value| Trigger { filter: Some(filter), ..Trigger::on(event) };
    let alias = |pattern: &str| on(EventType::AddArtifactAlias, json!({"alias": {"$regex": pattern}}));
    let send = |webhook: &str, template: &str| Action::Webhook {
        webhook_id: webhook.to_owned(),
        template: Some(template.to_owned()),
    };
    let failed = Trigger { states: vec![RunState::Failed], ..Trigger::on(EventType::RunState) };
    let accurate = Trigger {
        metrics: Some(MetricCondition {
            join: MetricJoin::All,
            rules: vec![MetricRule::Threshold {
                metric: "val/accuracy".into(),
                window: 1,
                aggregate: Aggregate::Average,
                comparison: Comparison::AtLeast,
                threshold: 0.93,
            }],
        }),
        ..Trigger::on(EventType::RunMetricThreshold)
    };
    let canary = on(
        EventType::AddArtifactAlias,
        json!({"$and": [{"alias": {"$regex": "^canary(-[a-z]+)?$"}}, {"artifact_metadata.accuracy": {"$gte": 0.93}}]}),
    );
    let drafts = [
        (
            "Record unlinked versions",
            "",
            scope(models, None),
            Trigger::on(EventType::UnlinkArtifact),
            Action::Record,
            true,
        ),
        (
            "Warm embedding cache",
            "",
            scope(models, Some("retrieval-embedder")),
            alias("^champion$"),
            send(&eval, EVALUATE),
            false,
        ),
        (
            "Freeze training data",
            "Snapshots the data set a release candidate was trained on.",
            scope(datasets, None),
            alias("rc"),
            send(&eval, EVALUATE),
            true,
        ),
        (
            "Sync catalog card",
            "",
            scope(models, Some("retrieval-embedder")),
            Trigger::on(EventType::LinkArtifact),
            send(&catalog, EVALUATE),
            true,
        ),
        (
            "Announce release",
            "Tells the release channel.",
            scope(models, None),
            alias("^production$"),
            send(&teams, ANNOUNCE),
            true,
        ),
        (
            "Run regression suite",
            "",
            scope(models, None),
            Trigger::on(EventType::LinkArtifact),
            send(&eval, EVALUATE),
            true,
        ),
        (
            "Trigger serving build",
            "Builds the image that serves the version.",
            scope(models, None),
            alias("^(staging|production)$"),
            send(&github, DISPATCH),
            true,
        ),
        (
            "Canary rollout",
            "Only versions that are accurate enough.",
            scope(models, None),
            canary,
            send(&deploy, DEPLOY),
            true,
        ),
        (
            "Deploy to production",
            "Rolls the version out, a few per cent at first.",
            scope(models, None),
            alias("^production$"),
            send(&deploy, DEPLOY),
            true,
        ),
        ("Accuracy reached", "", scope(fraud, None), accurate, send(&teams, METRIC), true),
        ("A run failed", "", scope(fraud, None), failed, send(&teams, RUN_ENDED), true),
    ];
    for (name, description, scope, trigger, action, enabled) in drafts {
        let place = if scope.kind == PlaceKind::Project {
            fraud
        } else if scope.name == datasets.name {
            datasets
        } else {
            models
        };
        let draft = AutomationDraft {
            name: name.to_owned(),
            description: description.to_owned(),
            scope,
            trigger,
            action,
            cooldown_s: None,
            enabled,
        };
        let id = automations::create(conn, entity_id, &place.id, &draft, ADMIN).await?;
        let change = Change::created(AuditKind::Automation, &id, &draft.name).after(&draft)?;
        audit::write(conn, entity_id, ADMIN, change).await?;
    }
    Ok(())
}

/// What has happened in the demo so far: by the path of real events, so that what follows is real too.
async fn happen(
    app: &App,
    models: &PlaceRow,
    datasets: &PlaceRow,
    fraud: &PlaceRow,
    asr: &PlaceRow,
) -> Result<(), Failure> {
    let event = |place: &PlaceRow,
                 event_type: EventType,
                 collection: &str,
                 version: u64,
                 detail: Option<&str>,
                 author: &str,
                 accuracy: f64| {
        let metadata: Option<Map<String, Value>> =
            json!({"accuracy": accuracy, "framework": "xgboost 3.1", "data": {"rows": 1_204_331, "split": "2026-10"}})
                .as_object()
                .cloned();
        let new = NewEvent {
            event_type,
            subject: Subject {
                kind: place.kind,
                entity: place.entity.clone(),
                name: place.name.clone(),
                collection: Some(collection.to_owned()),
                version: Some(version),
                run: None,
            },
            alias: detail.filter(|_| event_type == EventType::AddArtifactAlias).map(str::to_owned),
            tag: detail.filter(|_| event_type.is_tag()).map(str::to_owned),
            metadata,
            run_name: None,
            run_state: None,
            author: Some(author.to_owned()),
            occurred_at: None,
            dedupe_key: None,
        };
        (place.clone(), new)
    };
    use EventType::{AddArtifactAlias, AddArtifactTag, CreateArtifact, LinkArtifact};
    let mut events = vec![
        event(models, LinkArtifact, "fraud-scorer", 41, None, "mira.okafor", 0.9377),
        event(models, AddArtifactAlias, "fraud-scorer", 41, Some("pre-production"), "ci-promoter", 0.9377),
        event(models, LinkArtifact, "asr-conformer-de", 117, None, "j.lindqvist", 0.9688),
        event(models, AddArtifactAlias, "asr-conformer-de", 117, Some("production"), "j.lindqvist", 0.9688),
        event(models, LinkArtifact, "churn-gbm", 9, None, "tomas.reyes", 0.9104),
        event(models, AddArtifactAlias, "churn-gbm", 9, Some("canary-eu"), "tomas.reyes", 0.9104),
        event(models, AddArtifactTag, "churn-gbm", 9, Some("reviewed"), "hana.sato", 0.9104),
        event(models, LinkArtifact, "retrieval-embedder", 26, None, "tomas.reyes", 0.871),
        event(models, AddArtifactAlias, "retrieval-embedder", 26, Some("champion"), "tomas.reyes", 0.871),
        event(models, LinkArtifact, "doc-layout-detr", 31, None, "hana.sato", 0.903),
        event(models, AddArtifactAlias, "doc-layout-detr", 31, Some("staging"), "hana.sato", 0.903),
        event(datasets, LinkArtifact, "transactions", 12, None, "mira.okafor", 1.0),
        event(datasets, AddArtifactAlias, "transactions", 12, Some("rc-7"), "mira.okafor", 1.0),
        event(fraud, CreateArtifact, "fraud-scorer", 18, None, "mira.okafor", 0.9412),
        event(models, LinkArtifact, "fraud-scorer", 42, None, "mira.okafor", 0.9412),
        event(models, AddArtifactAlias, "fraud-scorer", 42, Some("production"), "mira.okafor", 0.9412),
        event(models, LinkArtifact, "fraud-scorer", 43, None, "ci-promoter", 0.9455),
        event(models, AddArtifactAlias, "fraud-scorer", 43, Some("canary-eu"), "ci-promoter", 0.9455),
    ];
    for (run, name, state) in
        [("3k9x1b2c", "swift-dew-42", RunState::Finished), ("7q2m8d4e", "calm-fjord-43", RunState::Failed)]
    {
        events.push(ended(fraud, (run, name, "mira.okafor"), state));
    }
    app.take(News::Events { events, source: "demo", user: ADMIN.to_owned() }).await?;
    for (place, run, name, user, from) in [
        (fraud, "3k9x1b2c", "swift-dew-42", "mira.okafor", 0.78),
        (fraud, "9z4t6w1a", "amber-crest-44", "tomas.reyes", 0.74),
    ] {
        for (metric, falls) in [("val/accuracy", false), ("train/loss", true)] {
            let value = |step: u32| {
                let progress = 1.0 - (-f64::from(step) / 18.0).exp();
                let wave = (f64::from(step) * 1.7).sin() * 0.006;
                if falls { 1.1 - 0.9 * progress + wave } else { from + 0.165 * progress + wave }
            };
            app.take(points(place, (run, name, user), metric, 60, 1, value)).await?;
        }
    }
    // Speech models of three sizes: the larger, the lower the error and the slower; one was lost early.
    let mut ends = Vec::new();
    for (run, name, user, state, steps, best, pace) in [
        ("c7m2q4z1", "conformer-s-04", "hana.sato", Some(RunState::Finished), 66, 0.142, 0.061),
        ("k1d8w5r3", "conformer-m-09", "tomas.reyes", Some(RunState::Failed), 32, 0.118, 0.093),
        ("t4v9b6n2", "conformer-l-17", "j.lindqvist", Some(RunState::Finished), 66, 0.094, 0.120),
        ("w3x7f2j8", "conformer-l-18", "mira.okafor", Some(RunState::Finished), 66, 0.083, 0.118),
        ("k3v9x1qa", "conformer-l-19", "mira.okafor", None, 40, 0.079, 0.117),
    ] {
        let falling = |from: f64, to: f64, slow: f64, rough: f64| {
            move |step: u32| {
                let progress = (-f64::from(step) / slow).exp();
                (to + (from - to) * progress) * (1.0 + rough * grain(step, best + slow))
            }
        };
        let about = (run, name, user);
        for new in [
            points(asr, about, "val/wer", steps, 1_000, falling(0.9, best, 9.0, 0.05)),
            points(asr, about, "val/cer", steps, 1_000, falling(0.5, best * 0.36, 10.0, 0.06)),
            points(asr, about, "train/loss", steps, 1_000, falling(5.2, 0.4 + best * 3.0, 12.0, 0.08)),
            points(asr, about, "grad_norm", steps, 1_000, falling(4.4, 0.5 + best * 4.0, 14.0, 0.3)),
            points(asr, about, "val/rtf", steps, 1_000, falling(pace, pace, 1.0, 0.02)),
        ] {
            app.take(new).await?;
        }
        ends.extend(state.map(|state| ended(asr, about, state)));
    }
    app.take(News::Events { events: ends, source: "demo", user: ADMIN.to_owned() }).await?;
    Ok(())
}

/// The event that a run came to its end.
fn ended(place: &PlaceRow, (run, name, user): (&str, &str, &str), state: RunState) -> (PlaceRow, NewEvent) {
    let new = NewEvent {
        event_type: EventType::RunState,
        subject: Subject {
            kind: place.kind,
            entity: place.entity.clone(),
            name: place.name.clone(),
            collection: None,
            version: None,
            run: Some(run.to_owned()),
        },
        alias: None,
        tag: None,
        metadata: None,
        run_name: Some(name.to_owned()),
        run_state: Some(state),
        author: Some(user.to_owned()),
        occurred_at: None,
        dedupe_key: None,
    };
    (place.clone(), new)
}

/// The unevenness of a measured value, within ±1: the same at each start. The numbers are those of the hash that
/// shaders are full of; any would do that spread far.
fn grain(step: u32, seed: f64) -> f64 {
    let mixed = ((f64::from(step) + 1.0) * 12.9898 + seed * 78.233).sin() * 43_758.545;
    2.0 * mixed.fract().abs() - 1.0
}

/// Points of a run's metric, one every `stride` steps.
fn points(
    place: &PlaceRow,
    (run, name, user): (&str, &str, &str),
    metric: &str,
    count: u32,
    stride: u64,
    value: impl Fn(u32) -> f64,
) -> News {
    let point = |index: u32| Point { step: u64::from(index) * stride, value: (value(index) * 1e4).round() / 1e4 };
    News::Points {
        place: place.clone(),
        run: run.to_owned(),
        run_name: Some(name.to_owned()),
        user: user.to_owned(),
        metric: metric.to_owned(),
        points: (0..count).map(point).collect(),
    }
}
