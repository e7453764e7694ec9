//! Where events go in: calls that arrive together share one commit, and each is answered only after
//! it.
//!
//! A commit waits for the disk; a server that takes one event per commit takes a few hundred a second.

use std::sync::Arc;

use hookboard_api::catalogue::Point;
use hookboard_api::event::{Accepted, NewEvent};
use hookboard_api::stream::{Change, Topic};
use sqlx::Connection;
use tokio::sync::{Notify, broadcast, mpsc, oneshot};

use crate::db::catalogue::PlaceRow;
use crate::db::intake::{self, Watchers};
use crate::db::{Conn, Db, catalogue};
use crate::failure::Failure;
use crate::mlflow;

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

enum Call {
    News(Box<News>, Answer),
    /// Automations or webhooks changed: what was compiled of them is stale.
    Forget(oneshot::Sender<()>),
}

/// The way in.
#[derive(Clone)]
pub struct AcceptQueue(mpsc::Sender<Call>);

impl AcceptQueue {
    /// Starts the task that owns the accept path.
    pub fn start(db: Db, wake: Arc<Notify>, changes: broadcast::Sender<Change>) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(run(db, receiver, wake, changes));
        Self(sender)
    }

    /// Takes news in. Answered when they are durable.
    pub async fn take(&self, news: News) -> Result<Vec<Accepted>, Failure> {
        let (sender, receiver) = oneshot::channel();
        let stopped = || Failure::Stopped("the accept queue has stopped");
        self.0.send(Call::News(Box::new(news), sender)).await.map_err(|_| stopped())?;
        receiver.await.map_err(|_| stopped())?
    }

    /// Makes the next event see automations and webhooks as they are stored now. Call it after the
    /// commit that changed them.
    pub async fn forget(&self) {
        let (sender, receiver) = oneshot::channel();
        if self.0.send(Call::Forget(sender)).await.is_ok() {
            let _ = receiver.await;
        }
    }
}

async fn run(db: Db, mut calls: mpsc::Receiver<Call>, wake: Arc<Notify>, changes: broadcast::Sender<Change>) {
    let mut watchers = Watchers::default();
    let mut waiting = Vec::with_capacity(GROUP);
    while calls.recv_many(&mut waiting, GROUP).await > 0 {
        let mut group = Vec::with_capacity(waiting.len());
        for call in waiting.drain(..) {
            match call {
                Call::News(news, answer) => group.push((*news, answer)),
                Call::Forget(done) => {
                    // Calls before it in this group see the new state as well: they were not answered yet.
                    watchers.clear();
                    let _ = done.send(());
                }
            }
        }
        if !group.is_empty() {
            take_group(&db, &mut watchers, group, &wake, &changes).await;
        }
    }
}

async fn take_group(
    db: &Db,
    watchers: &mut Watchers,
    group: Vec<(News, Answer)>,
    wake: &Notify,
    changes: &broadcast::Sender<Change>,
) {
    let mut answers = Vec::with_capacity(group.len());
    let committed = async {
        let mut tx = db.begin().await?;
        for (news, answer) in group {
            let (entity, source) = (news.entity(), news.source());
            // A savepoint each: one call's failure leaves the others of the group as they are.
            let mut savepoint = tx.begin().await?;
            let taken = take_one(&mut savepoint, watchers, news).await;
            if taken.is_ok() {
                savepoint.commit().await?;
            } else {
                savepoint.rollback().await?;
            }
            answers.push((answer, entity, source, taken));
        }
        tx.commit().await?;
        Ok::<(), Failure>(())
    }
    .await;
    if let Err(error) = &committed {
        tracing::error!(%error, "events could not be stored");
        // What was compiled may have been read within the failed transaction.
        watchers.clear();
    }
    let mut matched = false;
    for (answer, entity, source, taken) in answers {
        let taken = match (&committed, taken) {
            (Ok(()), taken) => taken,
            (Err(_), _) => Err(Failure::new(
                hookboard_api::problem::ProblemCode::Unavailable,
                "The events could not be stored, and none was. Send them again in a moment.",
            )),
        };
        if let Ok(accepted) = &taken {
            matched |= accepted.iter().any(|one| one.matched > 0 && !one.duplicate);
            for topic in [Topic::Event, Topic::Delivery, Topic::Catalogue] {
                let _ = changes.send(Change { topic, entity: entity.clone(), id: None });
            }
            if source.is_some() {
                let _ = changes.send(Change { topic: Topic::Source, entity, id: source });
            }
        }
        let _ = answer.send(taken);
    }
    if matched {
        wake.notify_one();
    }
}

async fn take_one(conn: &mut Conn, watchers: &mut Watchers, news: News) -> Result<Vec<Accepted>, Failure> {
    match news {
        News::Events { events, source, user } => {
            let mut accepted = Vec::with_capacity(events.len());
            for (place, event) in &events {
                accepted.push(intake::accept(conn, watchers, place, event, source, &user).await?);
            }
            Ok(accepted)
        }
        News::Points { place, run, run_name, user, metric, points } => {
            let row = catalogue::ensure_run(conn, &place.id, &run, run_name.as_deref(), &user, None).await?;
            catalogue::add_points(conn, &row.id, &metric, &points).await?;
            intake::accept_points(conn, watchers, &place, &run, &metric, points.len()).await
        }
        News::Mlflow(message) => mlflow::take(conn, watchers, *message).await,
    }
}

impl News {
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
