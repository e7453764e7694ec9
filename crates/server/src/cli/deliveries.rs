//! `hookboard deliveries`.

use clap::{Args, Subcommand};
use hookboard_api::delivery::{Delivery, DeliveryDetail, DeliveryFilter, RedeliverMany, RedeliveredMany};
use hookboard_api::sentence::subject_words;

use super::error::Error;
use super::escape::shown;
use super::output::{print, print_json};
use super::remote::{Body, Remote, query, segment};
use super::table;

/// What to do with deliveries.
#[derive(Debug, Subcommand)]
pub enum Deliveries {
    /// List them, newest first.
    List(Listing),
    /// Show one with its attempts.
    Show(One),
    /// Send them again: those named, or all that failed since a time.
    Redeliver(Redeliver),
}

/// `hookboard deliveries list`.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only in these states, with commas between: waiting, sending, retrying, delivered, failed, skipped, canceled.
    #[arg(long)]
    state: Option<String>,

    /// Only of this registry.
    #[arg(long, conflicts_with = "project")]
    registry: Option<String>,

    /// Only of this project.
    #[arg(long)]
    project: Option<String>,

    /// Only those matched at this time or later, RFC 3339.
    #[arg(long)]
    since: Option<String>,

    /// Rows at most.
    #[arg(long, default_value_t = 50)]
    limit: usize,

    #[command(flatten)]
    remote: Remote,
}

/// One delivery.
#[derive(Debug, Args)]
pub struct One {
    /// Its id.
    delivery: String,

    #[command(flatten)]
    remote: Remote,
}

/// `hookboard deliveries redeliver`.
#[derive(Debug, Args)]
pub struct Redeliver {
    /// Their ids.
    #[arg(required_unless_present = "failed_since", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    deliveries: Vec<String>,

    /// All that failed at this time or later, RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "deliveries")]
    failed_since: Option<String>,

    /// Render each body anew with today's template, instead of sending the same bytes.
    #[arg(long)]
    render: bool,

    /// Only tell how many that would be.
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    remote: Remote,
}

impl Deliveries {
    pub(super) fn run(self) -> Result<(), Error> {
        match self {
            Self::List(listing) => listing.run(),
            Self::Show(one) => one.run(),
            Self::Redeliver(redeliver) => redeliver.run(),
        }
    }
}

impl Listing {
    fn run(self) -> Result<(), Error> {
        let query = query([
            ("state", self.state.as_deref()),
            ("registry", self.registry.as_deref()),
            ("project", self.project.as_deref()),
            ("since", self.since.as_deref()),
        ]);
        let deliveries: Vec<Delivery> =
            self.remote.all(&self.remote.path(&format!("/deliveries{query}"))?, self.limit)?;
        if self.remote.json {
            return print_json(&deliveries);
        }
        let row = |one: &Delivery| {
            vec![
                one.state.as_str().to_owned(),
                one.status.map(|status| status.to_string()).unwrap_or_default(),
                one.automation_name.clone(),
                format!("{} {}", subject_words(&one.subject), one.subject_detail).trim_end().to_owned(),
                one.webhook_name.clone().unwrap_or_default(),
                format!("{} of {}", one.attempts, one.max_attempts),
                one.created_at.clone(),
                one.id.clone(),
            ]
        };
        table::show(
            &["state", "status", "automation", "what happened", "webhook", "attempts", "at", "id"],
            deliveries.iter().map(row).collect(),
            "There are no such deliveries.",
        )
    }
}

impl One {
    fn run(self) -> Result<(), Error> {
        let path = self.remote.path(&format!("/deliveries/{}", segment(&self.delivery)))?;
        let detail: DeliveryDetail = self.remote.get(&path)?;
        if self.remote.json {
            return print_json(&detail);
        }
        let Delivery { state, automation_name, subject, subject_detail, next_attempt_at, .. } = &detail.delivery;
        let mut lines =
            vec![format!("{} {automation_name}: {} {subject_detail}", state.as_str(), subject_words(subject))];
        lines.extend(next_attempt_at.as_ref().map(|at| format!("  next attempt at {at}")));
        for attempt in &detail.attempts {
            let exchange = &attempt.exchange;
            let status = exchange.status.map(|status| format!(" {status}")).unwrap_or_default();
            lines.push(format!(
                "  attempt {} at {}: {}{status}",
                attempt.number,
                attempt.started_at,
                exchange.outcome.as_str()
            ));
            lines.push(format!("    {}", exchange.message));
        }
        if let Some(body) = &detail.body {
            lines.push(String::new());
            lines.extend(body.lines().map(|line| format!("    {line}")));
        }
        print(&shown(&lines.join("\n")))
    }
}

impl Redeliver {
    fn run(self) -> Result<(), Error> {
        let filter = self.failed_since.map(|since| DeliveryFilter {
            state: Some("failed".to_owned()),
            since: Some(since),
            ..DeliveryFilter::default()
        });
        let ids = filter.is_none().then_some(self.deliveries);
        let request = RedeliverMany { ids, filter, render: self.render, dry_run: self.dry_run };
        let path = self.remote.path("/deliveries/redeliver")?;
        let answer: RedeliveredMany = self.remote.call("POST", &path, Body::json(&request)?)?;
        if self.remote.json {
            return print_json(&answer);
        }
        let sent = match (self.dry_run, answer.count) {
            (true, _) => "would be sent",
            (false, 1) => "is sent",
            (false, _) => "are sent",
        };
        print(&format!("{} {sent} again, {} cannot be", answer.count, answer.left_out))
    }
}
