//! What every part of the server shares.

use std::sync::Arc;
use std::time::Instant;

use hookboard_api::event::Accepted;
use hookboard_api::stream::{Change, Topic};
use tokio::sync::{Notify, broadcast};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::accept::{AcceptQueue, News};
use crate::config::Settings;
use crate::db::{Db, lent};
use crate::failure::Failure;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::relay::Changes;
use crate::seal::Seal;
use crate::telemetry::Telemetry;
use crate::vitals::Vitals;

/// A handle on the server's parts; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

struct Parts {
    db: Db,
    seal: Seal,
    guard: Guard,
    tls: Arc<ClientConfig>,
    accept: AcceptQueue,
    wake: Arc<Notify>,
    changes: Changes,
    metrics: Metrics,
    vitals: Vitals,
    telemetry: Option<Telemetry>,
    settings: Settings,
}

impl App {
    /// Puts the parts together and starts the accept queue.
    pub fn new(db: Db, seal: Seal, settings: Settings) -> Self {
        let guard = Guard::new(settings.engine.allow_target.clone());
        Self::with_guard(db, seal, settings, guard)
    }

    /// The same with a guard of its own.
    pub fn with_guard(db: Db, seal: Seal, settings: Settings, guard: Guard) -> Self {
        let wake = Arc::new(Notify::new());
        let changes = Changes::new(db.shared_pool(), &wake);
        let accept = AcceptQueue::start(db.clone(), Arc::clone(&wake), changes.clone());
        let tls = Arc::new(tls_config());
        let telemetry =
            settings.engine.operations.otlp_endpoint.as_ref().map(|endpoint| Telemetry::start(endpoint, &tls));
        let (metrics, vitals) = (Metrics::new(), Vitals::new());
        Self(Arc::new(Parts { db, seal, guard, tls, accept, wake, changes, metrics, vitals, telemetry, settings }))
    }

    /// The database.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// What seals secrets.
    pub fn seal(&self) -> &Seal {
        &self.0.seal
    }

    /// The verdict over targets.
    pub fn guard(&self) -> &Guard {
        &self.0.guard
    }

    /// TLS as a client.
    pub fn tls(&self) -> &Arc<ClientConfig> {
        &self.0.tls
    }

    /// Takes news in. Answered when they are durable.
    pub async fn take(&self, news: News) -> Result<Vec<Accepted>, Failure> {
        let source = match &news {
            News::Events { source, .. } => *source,
            News::Points { .. } => "points",
            News::Mlflow(_) => "mlflow",
        };
        let mut span = self.0.telemetry.as_ref().map(|telemetry| telemetry.accept(source));
        let waiting = self.0.vitals.wait();
        let begun = Instant::now();
        let taken = self.0.accept.take(news).await;
        drop(waiting);
        match &taken {
            Ok(accepted) => {
                let fresh = accepted.iter().filter(|one| !one.duplicate).count();
                self.0.metrics.accepted(source, fresh, begun.elapsed());
                if let Some(span) = &mut span {
                    span.took(accepted);
                }
            }
            // What the caller can mend is no failure of this side.
            Err(Failure::Problem(problem)) if problem.status < 500 => {}
            Err(_) => self.0.metrics.not_accepted(),
        }
        taken
    }

    /// What is counted and measured.
    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// What the parts show of themselves.
    pub fn vitals(&self) -> &Vitals {
        &self.0.vitals
    }

    /// Where spans go, where they go anywhere.
    pub fn telemetry(&self) -> Option<&Telemetry> {
        self.0.telemetry.as_ref()
    }

    /// Where events go in.
    pub fn accept(&self) -> &AcceptQueue {
        &self.0.accept
    }

    /// What wakes the worker.
    pub fn wake(&self) -> &Notify {
        &self.0.wake
    }

    /// What the server was started with.
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Tells the stream that something changed.
    pub fn changed(&self, topic: Topic, entity: &str, id: Option<&str>) {
        self.0.changes.tell(Change { topic, entity: entity.to_owned(), id: id.map(str::to_owned) });
    }

    /// Tells the stream that a webhook changed: its owner, and the other teams that send through it.
    pub async fn webhook_changed(&self, owner: &str, id: &str) {
        self.changed(Topic::Webhook, owner, Some(id));
        let others = async { lent::other_teams(&mut *self.db().read().acquire().await?, id).await };
        match others.await {
            Ok(others) => others.iter().for_each(|entity| self.changed(Topic::Webhook, entity, Some(id))),
            Err(error) => tracing::warn!(%error, webhook = id, "other teams were not told of the change"),
        }
    }

    /// Changes from now on.
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.0.changes.subscribe()
    }
}

/// The system's certificate authorities: a self-hosted team's own count as much as the public ones.
fn tls_config() -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "some certificate authorities of the system could not be read");
    }
    roots.add_parsable_certificates(found.certs);
    ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}
