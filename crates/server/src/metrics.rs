//! What the server counts and measures, in Prometheus's words.
//!
//! `prometheus-client` is the Prometheus project's own crate: a registry that is a value and no global,
//! counters that are atomics, and the `OpenMetrics` text that Prometheus reads.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use hookboard_api::delivery::{Exchange, OutcomeCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use crate::db::figures::Figures;

/// Upper bounds of an accept's buckets, in seconds: a commit on a fast disk takes a few milliseconds, and past
/// ten seconds callers have given up.
const ACCEPT_BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Upper bounds of an attempt's buckets, in seconds: up to the longest timeout of a webhook.
const ATTEMPT_BUCKETS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct SourceLabel {
    source: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AnswerLabels {
    method: &'static str,
    status: u16,
}

type Seconds = Gauge<f64, AtomicU64>;

/// The metrics.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    events: Family<SourceLabel, Counter>,
    accepts: Histogram,
    refused: Counter,
    attempts: Family<OutcomeLabel, Counter>,
    attempt_time: Histogram,
    deliveries: Family<StateLabel, Gauge>,
    oldest_due: Seconds,
    webhooks_paused: Gauge,
    resident: Gauge,
    /// Figures of one reader are not to be mixed with another's.
    reading: Mutex<()>,
}

impl Metrics {
    /// Metrics that stand at nothing.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let started = Seconds::default();
        started.set(start.as_secs_f64());
        registry.register_with_unit(
            "process_start_time",
            "When the process started, in Unix time",
            Unit::Seconds,
            started,
        );
        let resident = Gauge::default();
        registry.register_with_unit(
            "process_resident_memory",
            "Memory that the process has",
            Unit::Bytes,
            resident.clone(),
        );
        let registry_of_own = registry.sub_registry_with_prefix("hookboard");
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry_of_own.register("build", "The version that runs", build);
        let answers = Family::default();
        registry_of_own.register("http_requests", "Answered calls by method and status", answers.clone());
        let events = Family::default();
        registry_of_own.register(
            "events_accepted",
            "Events taken in, repeats left out, by where they came from",
            events.clone(),
        );
        let accepts = Histogram::new(ACCEPT_BUCKETS);
        let help = "Time from a call's news until they are on disk";
        registry_of_own.register_with_unit("accept_duration", help, Unit::Seconds, accepts.clone());
        let refused = Counter::default();
        registry_of_own.register("accept_failures", "Calls whose news could not be stored", refused.clone());
        let attempts = Family::<OutcomeLabel, Counter>::default();
        for outcome in OutcomeCode::ALL {
            // A series that is there from the beginning can be counted from its first step.
            let _ = attempts.get_or_create(&OutcomeLabel { outcome: outcome.as_str() });
        }
        registry_of_own.register("attempts", "Attempts to deliver by outcome code", attempts.clone());
        let attempt_time = Histogram::new(ATTEMPT_BUCKETS);
        let help = "Time of an attempt, its look-up included";
        registry_of_own.register_with_unit("attempt_duration", help, Unit::Seconds, attempt_time.clone());
        let deliveries = Family::default();
        registry_of_own.register("deliveries", "Deliveries that are not ended, by state", deliveries.clone());
        let oldest_due = Seconds::default();
        let help = "How long the oldest due delivery of a webhook that sends has been due; 0 without one";
        registry_of_own.register_with_unit("oldest_due", help, Unit::Seconds, oldest_due.clone());
        let webhooks_paused = Gauge::default();
        registry_of_own.register("webhooks_paused", "Webhooks that are paused after failures", webhooks_paused.clone());
        Self {
            registry,
            answers,
            events,
            accepts,
            refused,
            attempts,
            attempt_time,
            deliveries,
            oldest_due,
            webhooks_paused,
            resident,
            reading: Mutex::default(),
        }
    }

    /// A call was answered.
    pub fn answered(&self, method: &'static str, status: u16) {
        self.answers.get_or_create(&AnswerLabels { method, status }).inc();
    }

    /// News were taken in: how many events, and how long it took.
    pub fn accepted(&self, source: &'static str, events: usize, took: Duration) {
        self.events.get_or_create(&SourceLabel { source }).inc_by(u64::try_from(events).unwrap_or(u64::MAX));
        self.accepts.observe(took.as_secs_f64());
    }

    /// News could not be stored.
    pub fn not_accepted(&self) {
        self.refused.inc();
    }

    /// An attempt ended.
    pub fn attempted(&self, exchange: &Exchange) {
        self.attempts.get_or_create(&OutcomeLabel { outcome: exchange.outcome.as_str() }).inc();
        self.attempt_time.observe(exchange.timings.total_ms / 1000.0);
    }

    /// All of it with `figures` of the database, as `OpenMetrics` text.
    pub fn text(&self, figures: &Figures) -> String {
        let _reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        for (state, count) in figures.deliveries {
            self.deliveries.get_or_create(&StateLabel { state: state.as_str() }).set(count);
        }
        self.oldest_due.set(figures.oldest_due.as_secs_f64());
        self.webhooks_paused.set(figures.webhooks_paused);
        self.resident.set(resident_bytes().unwrap_or_default());
        let mut text = String::new();
        // Writing into memory does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// What Linux says of the process; elsewhere nothing.
fn resident_bytes() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<i64>().ok()? * 1024)
}
