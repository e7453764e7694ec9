//! Where events go in: calls that arrive together share one commit, and each is answered only after
//! it.
//!
//! A commit waits for the disk; a server that takes one event per commit takes a few hundred a second.

use std::sync::Arc;

use hookboard_api::catalogue::Point;
use hookboard_api::event::{Accepted, NewEvent};
use hookboard_api::problem::ProblemCode;
use hookboard_api::stream::{Change, Topic};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::db::catalogue::PlaceRow;
use crate::db::intake::{self, Intake};
use crate::db::{Conn, Db, Transaction, catalogue, generation};
use crate::failpoint;
use crate::failure::Failure;
use crate::mlflow;
use crate::relay::Changes;

/// Calls that wait; past it, callers wait to be taken in.
const WAITING: usize = 1024;
/// Calls of one commit.
const GROUP: usize = 256;

/// One call's worth of news, taken whole or not at all.
#[derive(Debug)]
pub enum News {
    /// Events of places, checked.
    Events {
        /// Each with its place.
        events: Vec<(PlaceRow, NewEvent)>,
        /// `api`, `catalogue` or `demo`.
        source: &'static str,
        /// The caller.
        user: String,
    },
    /// Points of a run's metric.
    Points {
        /// The project.
        place: PlaceRow,
        /// The run's id.
        run: String,
        /// The run's display name, where it is told.
        run_name: Option<String>,
        /// Whose run it is.
        user: String,
        /// Name of the metric.
        metric: String,
        /// The points, oldest first.
        points: Vec<Point>,
    },
    /// A message of an MLflow webhook.
    Mlflow(Box<mlflow::Message>),
}

type Answer = oneshot::Sender<Result<Vec<Accepted>, Failure>>;

type Call = (Box<News>, Answer);

/// The way in.
#[derive(Clone)]
pub struct AcceptQueue(mpsc::Sender<Call>);

impl AcceptQueue {
    /// Starts the task that owns the accept path.
    pub fn start(db: Db, wake: Arc<Notify>, changes: Changes) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(run(db, receiver, wake, changes));
        Self(sender)
    }

    /// Takes news in. Answered when they are durable.
    pub async fn take(&self, news: News) -> Result<Vec<Accepted>, Failure> {
        let (sender, receiver) = oneshot::channel();
        let stopped = || Failure::Stopped("the accept queue has stopped");
        self.0.send((Box::new(news), sender)).await.map_err(|_| stopped())?;
        receiver.await.map_err(|_| stopped())?
    }
}

async fn run(db: Db, mut calls: mpsc::Receiver<Call>, wake: Arc<Notify>, changes: Changes) {
    let mut intake = Intake::default();
    let mut group = Vec::with_capacity(GROUP);
    while calls.recv_many(&mut group, GROUP).await > 0 {
        let taken = take_group(&db, &mut intake, &group).await;
        intake.batch.clear();
        let taken = taken.unwrap_or_else(|error| {
            tracing::error!(%error, "events could not be stored");
            // What was compiled may have been read within the failed transaction.
            intake.watchers.clear();
            group.iter().map(|_| Err(unavailable())).collect()
        });
        let mut matched = false;
        for ((news, answer), taken) in group.drain(..).zip(taken) {
            if let Ok(accepted) = &taken {
                matched |= accepted.iter().any(|one| one.matched > 0 && !one.duplicate);
                news.tell(&changes);
            }
            let _ = answer.send(taken);
        }
        if matched {
            wake.notify_one();
        }
    }
}

fn unavailable() -> Failure {
    let words = "The events could not be stored. Send all of them again in a moment; a dedupe_key keeps one from being stored twice.";
    Failure::new(ProblemCode::Unavailable, words)
}

/// What becomes of each call of a group.
type Taken = Vec<Result<Vec<Accepted>, Failure>>;

/// Takes a group in with one commit. One call's failure leaves the others as they are.
async fn take_group(db: &Db, intake: &mut Intake, group: &[Call]) -> Result<Taken, Failure> {
    if let Some(taken) = take_together(db, intake, group).await? {
        return Ok(taken);
    }
    // Nothing is kept of the first go. This one comes back to where each call began.
    intake.batch.clear();
    intake.watchers.clear();
    let mut tx = begin(db, intake).await?;
    let mut taken = Vec::with_capacity(group.len());
    for (news, _) in group {
        tx.savepoint().await?;
        let mut one = take_one(&mut tx, intake, news).await;
        if one.is_ok()
            && let Err(error) = intake.batch.flush(&mut tx).await
        {
            one = Err(error);
        }
        intake.batch.clear();
        tx.leave_savepoint(one.is_ok()).await?;
        taken.push(one);
    }
    commit(tx).await?;
    Ok(taken)
}

/// The same without a way back for each call: none where one of several failed, and nothing was kept then.
async fn take_together(db: &Db, intake: &mut Intake, group: &[Call]) -> Result<Option<Taken>, Failure> {
    let mut tx = begin(db, intake).await?;
    let mut taken = Vec::with_capacity(group.len());
    for (news, _) in group {
        match take_one(&mut tx, intake, news).await {
            Err(Failure::Database(error)) if Failure::is_outage(&error) => return Err(error.into()),
            one => taken.push(one),
        }
        if taken.iter().any(Result::is_err) {
            return Ok((group.len() == 1).then_some(taken));
        }
    }
    intake.batch.flush(&mut tx).await?;
    commit(tx).await?;
    Ok(Some(taken))
}

async fn begin(db: &Db, intake: &mut Intake) -> Result<Transaction, Failure> {
    let mut tx = db.begin().await?;
    intake.watchers.are_of(generation::current(&mut tx).await?);
    Ok(tx)
}

async fn commit(tx: Transaction) -> Result<(), Failure> {
    failpoint::hit(failpoint::Point::BeforeAcceptCommit);
    tx.commit().await?;
    failpoint::hit(failpoint::Point::AfterAccept);
    Ok(())
}

async fn take_one(conn: &mut Conn, intake: &mut Intake, news: &News) -> Result<Vec<Accepted>, Failure> {
    match news {
        News::Events { events, source, user } => {
            let mut accepted = Vec::with_capacity(events.len());
            for (place, event) in events {
                accepted.push(intake::accept(conn, intake, place, event, source, user).await?);
            }
            Ok(accepted)
        }
        News::Points { place, run, run_name, user, metric, points } => {
            let row = catalogue::ensure_run(conn, &place.id, run, run_name.as_deref(), user, None).await?;
            catalogue::add_points(conn, &row.id, metric, points).await?;
            intake::accept_points(conn, intake, place, run, metric, points.len()).await
        }
        News::Mlflow(message) => mlflow::take(conn, intake, message).await,
    }
}

impl News {
    /// Tells readers what changed.
    fn tell(&self, changes: &Changes) {
        let entity = self.entity();
        for topic in [Topic::Event, Topic::Delivery, Topic::Catalogue] {
            changes.tell(Change { topic, entity: entity.clone(), id: None });
        }
        if let Some(source) = self.source() {
            changes.tell(Change { topic: Topic::Source, entity, id: Some(source) });
        }
    }

    fn entity(&self) -> String {
        match self {
            Self::Events { events, .. } => events.first().map(|(place, _)| place.entity.clone()).unwrap_or_default(),
            Self::Points { place, .. } => place.entity.clone(),
            Self::Mlflow(message) => message.place.entity.clone(),
        }
    }

    /// The source that sent it, where one did.
    fn source(&self) -> Option<String> {
        match self {
            Self::Mlflow(message) => Some(message.source_id.clone()),
            Self::Events { .. } | Self::Points { .. } => None,
        }
    }
}
