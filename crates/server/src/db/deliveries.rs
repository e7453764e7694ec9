//! Deliveries as readers see them. The queue itself is in `queue`.

use hookboard_api::automation::Action;
use hookboard_api::delivery::{
    Attempt, Delivery, DeliveryDetail, DeliveryState, OutcomeCode, RedeliveredMany, WebhookCount,
};
use hookboard_api::limits::{REDELIVERY_GAP_MS, RETRY_WAITS_S};
use hookboard_api::list::List;
use hookboard_api::problem::ProblemCode;
use hookboard_template::{Masked, compile};
use serde_json::{Map, Value};

use super::queue::given_back;
use super::{Conn, Db, Page, Result, automations, events, json, sql, to_json, webhooks};
use crate::clock;
use crate::failure::Failure;

/// Whether the webhook of a delivery is its team's, or still used by automations of that team, as SQL.
macro_rules! is_usable {
    () => {
        "EXISTS (SELECT 1 FROM webhooks AS target WHERE target.id = deliveries.webhook_id AND (target.entity_id = deliveries.entity_id \
           OR EXISTS (SELECT 1 FROM automations AS users JOIN places ON places.id = users.place_id \
             WHERE users.webhook_id = target.id AND places.entity_id = deliveries.entity_id)))"
    };
}

const COLUMNS: &str = "SELECT deliveries.id, state, automation_id, automation_name, revision, webhook_id, webhook_name, event_id, events.type, events.subject, \
     events.vals, attempts, outcome, status, reason, due_ms, duration_ms, rendered_anew, created_at, finished_at, tries \
     FROM deliveries JOIN events ON events.id = deliveries.event_id ";

/// What a list is narrowed to.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// In this registry or project.
    pub place_id: Option<String>,
    /// In this collection.
    pub collection: Option<String>,
    /// Of this automation.
    pub automation: Option<String>,
    /// To this webhook.
    pub webhook: Option<String>,
    /// In one of these states.
    pub states: Vec<DeliveryState>,
    /// With this outcome.
    pub outcome: Option<OutcomeCode>,
    /// Matched at this time or later, in Unix milliseconds.
    pub since: Option<i64>,
    /// Matched before this time, in Unix milliseconds.
    pub until: Option<i64>,
}

/// The index that holds all that a list is narrowed by; an automation's own is shorter.
fn index(query: &mut sql::Builder, wanted: &Wanted) {
    if wanted.automation.is_none() {
        query.push("INDEXED BY deliveries_of_entity ");
    }
}

fn narrow<'w>(query: &mut sql::Builder, entity_id: &'w str, wanted: &'w Wanted) {
    query.push("WHERE deliveries.entity_id = ").push_bind(entity_id);
    for (column, value) in [
        (" AND deliveries.place_id = ", &wanted.place_id),
        (" AND deliveries.collection = ", &wanted.collection),
        (" AND deliveries.automation_id = ", &wanted.automation),
        (" AND deliveries.webhook_id = ", &wanted.webhook),
    ] {
        if let Some(value) = value {
            query.push(column).push_bind(value.as_str());
        }
    }
    for (comparison, time) in [(" AND deliveries.id >= ", wanted.since), (" AND deliveries.id < ", wanted.until)] {
        if let Some(time) = time {
            query.push(comparison).push_bind(clock::id_at(time));
        }
    }
    if let Some(outcome) = wanted.outcome {
        query.push(" AND deliveries.outcome = ").push_bind(outcome.as_str());
    }
}

fn narrow_states(query: &mut sql::Builder, states: &[DeliveryState]) {
    if states.is_empty() {
        return;
    }
    query.push(" AND deliveries.state IN (");
    query.push_list(states.iter().map(|state| state.as_str())).push(")");
}

/// Deliveries of an entity, newest first.
pub async fn list(db: &Db, entity_id: &str, wanted: &Wanted, page: &Page) -> Result<List<Delivery>> {
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE deliveries.id IN (SELECT deliveries.id FROM deliveries ");
    index(&mut query, wanted);
    narrow(&mut query, entity_id, wanted);
    narrow_states(&mut query, &wanted.states);
    page.push(&mut query, "deliveries.id");
    query.push(") ORDER BY deliveries.id DESC");
    let rows = query.build().fetch_all(db.read()).await?;
    let items = rows.iter().map(delivery).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(items, |delivery| delivery.id.clone()))
}

/// How many deliveries are in each state, all else as in `wanted`.
pub async fn counts(db: &Db, entity_id: &str, wanted: &Wanted) -> Result<Vec<(DeliveryState, u64)>> {
    let mut query = sql::Builder::new("SELECT state, count(*) FROM deliveries ");
    index(&mut query, wanted);
    narrow(&mut query, entity_id, wanted);
    query.push(" GROUP BY state");
    let rows: Vec<(String, i64)> = query.build_as().fetch_all(db.read()).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(state, count)| Some((DeliveryState::parse(&state)?, u64::try_from(count).ok()?)))
        .collect())
}

fn delivery(row: &sql::Row) -> Result<Delivery> {
    let state: String = row.try_get(1)?;
    let state = DeliveryState::parse(&state).unwrap_or(DeliveryState::Failed);
    let event_type: String = row.try_get(8)?;
    let subject: String = row.try_get(9)?;
    let values: String = row.try_get(10)?;
    let values: Map<String, Value> = json(&values)?;
    let due: Option<i64> = row.try_get(15)?;
    let outcome: Option<String> = row.try_get(12)?;
    let (attempts, tries): (u32, u32) = (row.try_get(11)?, row.try_get(20)?);
    Ok(Delivery {
        id: row.try_get(0)?,
        state,
        automation_id: row.try_get(2)?,
        automation_name: row.try_get(3)?,
        revision: row.try_get(4)?,
        webhook_id: row.try_get(5)?,
        webhook_name: row.try_get(6)?,
        event_id: row.try_get(7)?,
        event_type: serde_json::from_value(Value::from(event_type))?,
        subject: json(&subject)?,
        subject_detail: subject_detail(&values),
        event_author: value_text(&values, "event_author"),
        attempts,
        // A redelivery starts the schedule anew behind the attempts that were made.
        max_attempts: attempts - tries.min(attempts) + u32::try_from(RETRY_WAITS_S.len()).unwrap_or(u32::MAX),
        outcome: outcome.as_deref().and_then(OutcomeCode::parse),
        status: row.try_get(13)?,
        reason: row.try_get(14)?,
        next_attempt_at: due
            .filter(|_| matches!(state, DeliveryState::Waiting | DeliveryState::Retrying))
            .map(clock::text),
        duration_ms: row.try_get(16)?,
        rendered_anew: row.try_get(17)?,
        created_at: row.try_get(18)?,
        finished_at: row.try_get(19)?,
    })
}

/// A text among an event's values; empty where there is none.
pub fn value_text(values: &Map<String, Value>, name: &str) -> String {
    values.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The alias, tag, state or metric that an event is about.
pub fn subject_detail(values: &Map<String, Value>) -> String {
    let mut texts = ["alias", "tag", "run_status", "metric_name"].into_iter().map(|name| value_text(values, name));
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

/// One delivery of an entity.
pub async fn get(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Delivery> {
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE deliveries.entity_id = ").push_bind(entity_id).push(" AND deliveries.id = ").push_bind(id);
    let row = query.build().fetch_optional(conn).await?;
    delivery(&row.ok_or_else(|| Failure::not_found("delivery"))?)
}

/// One delivery with all that is known of it.
pub async fn detail(db: &Db, entity_id: &str, id: &str) -> Result<DeliveryDetail> {
    let mut connection = db.read().acquire().await?;
    let conn = &mut *connection;
    let delivery = get(conn, entity_id, id).await?;
    let event = events::get(conn, entity_id, &delivery.event_id).await?;
    let mut evaluations = events::evaluations(conn, &delivery.event_id).await?;
    evaluations.sort_by_key(|evaluation| evaluation.delivery_id.as_deref() != Some(id));
    let settings = match &delivery.webhook_id {
        Some(webhook_id) => Some(webhooks::any(conn, webhook_id).await?.settings()?),
        None => None,
    };
    let body = match &settings {
        Some(settings) => {
            let (overlay,): (String,) =
                sql::query_as("SELECT overlay FROM deliveries WHERE id = ?").bind(id).fetch_one(&mut *conn).await?;
            let draft = automations::revision(conn, &delivery.automation_id, delivery.revision).await?;
            let template = draft.and_then(|draft| match draft.action {
                Action::Webhook { template, .. } => template,
                Action::Record => None,
            });
            let values = values_with(&event.values, &json(&overlay)?);
            let names = settings.template_names(Some(event.event_type));
            Some(template.map_or_else(
                || String::from("{}"),
                |template| {
                    let rendered = compile(&template, &names)
                        .template
                        .map(|template| template.render(&Masked { values: &values }));
                    rendered.and_then(Result::ok).unwrap_or_default()
                },
            ))
        }
        None => None,
    };
    let current: Option<(u32,)> = sql::query_as("SELECT revision FROM automations WHERE id = ?")
        .bind(&delivery.automation_id)
        .fetch_optional(&mut *conn)
        .await?;
    let attempts: Vec<(u32, String, String)> =
        sql::query_as("SELECT number, started_at, exchange FROM attempts WHERE delivery_id = ? ORDER BY number")
            .bind(id)
            .fetch_all(conn)
            .await?;
    let attempts = attempts
        .into_iter()
        .map(|(number, started_at, exchange)| {
            let mut attempt = Attempt { number, started_at, exchange: json(&exchange)? };
            // The body is the same in every attempt and is not stored with each.
            attempt.exchange.request_body = body.clone().unwrap_or_default();
            Ok(attempt)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(DeliveryDetail {
        delivery,
        body,
        url: settings.map(|settings| settings.url),
        current_revision: current.map(|(revision,)| revision),
        attempts,
        event,
        evaluations,
    })
}

/// An event's values with those of the automation over them.
pub fn values_with(values: &Map<String, Value>, overlay: &Map<String, Value>) -> Map<String, Value> {
    values.iter().chain(overlay).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Makes a delivery due now, with the schedule anew: the same id, a new attempt. With `render`, by
/// the automation's template of today. Answers the automation's name.
pub async fn redeliver(conn: &mut Conn, entity_id: &str, id: &str, render: bool) -> Result<String> {
    let delivery = get(conn, entity_id, id).await?;
    if delivery.webhook_id.is_none() {
        return Err(Failure::new(
            ProblemCode::Conflict,
            "Nothing was to be sent for this match, or its webhook was deleted, so that there is nothing to redeliver.",
        ));
    }
    match delivery.state {
        DeliveryState::Sending => return Err(is_being_sent()),
        DeliveryState::Recorded => {
            return Err(Failure::new(
                ProblemCode::Conflict,
                "This match was only recorded; nothing was sent that could be redelivered.",
            ));
        }
        _ => {}
    }
    let is_usable: bool = sql::query_scalar(concat!("SELECT ", is_usable!(), " FROM deliveries WHERE id = ?"))
        .bind(id)
        .fetch_one(&mut *conn)
        .await?;
    if !is_usable {
        return Err(Failure::new(
            ProblemCode::Conflict,
            "The webhook is another team's, and no automation of this team sends through it any more. Ask an admin of that team.",
        ));
    }
    let mut revision = delivery.revision;
    if render {
        let current: Option<(u32, Option<String>)> =
            sql::query_as("SELECT revision, webhook_id FROM automations WHERE id = ?")
                .bind(&delivery.automation_id)
                .fetch_optional(&mut *conn)
                .await?;
        let Some((current, webhook_id)) = current else {
            return Err(Failure::new(
                ProblemCode::Conflict,
                "The automation was deleted, so that there is no template to render anew. Redeliver the original bytes.",
            ));
        };
        if webhook_id != delivery.webhook_id {
            return Err(Failure::new(
                ProblemCode::Conflict,
                "The automation sends elsewhere by now, so that its payload of today is none for this webhook. Redeliver the original bytes.",
            ));
        }
        revision = current;
    }
    let done = sql::query(
        concat!(
        "UPDATE deliveries SET state = ",
        given_back!(),
        ", tries = 0, due_ms = ?1, revision = ?2, rendered_anew = (rendered_anew OR revision <> ?2), reason = NULL, finished_at = NULL WHERE id = ?3 AND state NOT IN ('sending', 'recorded')",
    ))
    .bind(clock::now_ms())
    .bind(revision)
    .bind(id)
    .execute(conn)
    .await?;
    // A worker may have claimed it meanwhile.
    if done == 0 { Err(is_being_sent()) } else { Ok(delivery.automation_name) }
}

fn is_being_sent() -> Failure {
    Failure::new(ProblemCode::Conflict, "This delivery is being sent right now. Wait for its result.")
}

/// Which deliveries are sent again together.
#[derive(Debug, Clone)]
pub enum Chosen {
    /// Those of these ids.
    Ids(Vec<String>),
    /// Those of a list.
    Listed(Box<Wanted>),
}

impl Chosen {
    fn push<'c>(&'c self, query: &mut sql::Builder, entity_id: &'c str) -> Result<()> {
        match self {
            Self::Ids(ids) => {
                query.push("WHERE deliveries.entity_id = ").push_bind(entity_id);
                query.push(" AND deliveries.id IN (SELECT value FROM json_each(").push_bind(to_json(ids)?).push("))");
            }
            Self::Listed(wanted) => {
                narrow(query, entity_id, wanted);
                narrow_states(query, &wanted.states);
            }
        }
        Ok(())
    }
}

/// Whether a delivery can be sent again, in terms of the delivery and its automation. One that waits for
/// the first try of its schedule is about to be sent as it is. Rendered anew, it goes only where its automation sends.
fn can_be_sent(render: bool) -> &'static str {
    if render {
        concat!(
            is_usable!(),
            " AND deliveries.state NOT IN ('sending', 'recorded') AND coalesce(automations.webhook_id, '') = deliveries.webhook_id \
             AND NOT (deliveries.state IN ('waiting', 'retrying') AND deliveries.tries = 0 AND deliveries.revision = automations.revision)"
        )
    } else {
        concat!(
            is_usable!(),
            " AND deliveries.state NOT IN ('sending', 'recorded') \
             AND NOT (deliveries.state IN ('waiting', 'retrying') AND deliveries.tries = 0)"
        )
    }
}

/// What sending `chosen` again comes to.
pub async fn redeliverable(conn: &mut Conn, entity_id: &str, chosen: &Chosen, render: bool) -> Result<RedeliveredMany> {
    let mut query = sql::Builder::new("SELECT ");
    query.push(can_be_sent(render)).push(" AS can_be_sent, webhooks.id, webhooks.name, count(*) FROM deliveries ");
    query.push("LEFT JOIN webhooks ON webhooks.id = deliveries.webhook_id ");
    query.push("LEFT JOIN automations ON automations.id = deliveries.automation_id ");
    chosen.push(&mut query, entity_id)?;
    query.push(" GROUP BY 1, 2 ORDER BY 4 DESC, 3");
    let rows: Vec<(bool, Option<String>, Option<String>, i64)> = query.build_as().fetch_all(conn).await?;
    let mut answer = RedeliveredMany::default();
    let mut found = 0;
    for (can_be_sent, id, name, count) in rows {
        let count = u64::try_from(count).unwrap_or_default();
        found += count;
        if let (true, Some(id), Some(name)) = (can_be_sent, id, name) {
            answer.count += count;
            answer.webhooks.push(WebhookCount { id, name, count });
        }
    }
    // An id that is not found is a delivery that was swept away.
    let asked = if let Chosen::Ids(ids) = chosen { ids.len() as u64 } else { found };
    answer.left_out = asked.max(found) - answer.count;
    Ok(answer)
}

/// Makes those of `chosen` that can be sent again due, oldest first, one after another for each webhook.
pub async fn redeliver_many(conn: &mut Conn, entity_id: &str, chosen: &Chosen, render: bool) -> Result<u64> {
    let now = clock::now_ms();
    let mut query = sql::Builder::new(concat!(
        "UPDATE deliveries SET state = ",
        given_back!(),
        ", tries = 0, reason = NULL, finished_at = NULL, due_ms = chosen.due, rendered_anew = (rendered_anew OR revision <> chosen.wanted), revision = chosen.wanted FROM (SELECT deliveries.id AS chosen_id, ",
    ));
    query.push_bind(now);
    query.push(" + ").push_bind(REDELIVERY_GAP_MS);
    query.push(" * (row_number() OVER (PARTITION BY deliveries.webhook_id ORDER BY deliveries.id) - 1) AS due, ");
    query.push(if render { "automations.revision" } else { "deliveries.revision" });
    query.push(" AS wanted FROM deliveries LEFT JOIN automations ON automations.id = deliveries.automation_id ");
    chosen.push(&mut query, entity_id)?;
    query.push(" AND ").push(can_be_sent(render));
    // Once more of the row as it is now: a worker may have claimed it meanwhile.
    query
        .push(") AS chosen WHERE deliveries.id = chosen.chosen_id AND deliveries.state NOT IN ('sending', 'recorded')");
    Ok(query.build().execute(conn).await?)
}

/// Stops retrying. Answers the automation's name.
pub async fn cancel(conn: &mut Conn, entity_id: &str, id: &str) -> Result<String> {
    let delivery = get(conn, entity_id, id).await?;
    let done = sql::query("UPDATE deliveries SET state = 'canceled', due_ms = NULL, finished_at = ? WHERE id = ? AND state IN ('waiting', 'retrying')")
        .bind(clock::now())
        .bind(id)
        .execute(conn)
        .await?;
    if done == 0 {
        return Err(Failure::new(
            ProblemCode::Conflict,
            "This delivery does not wait for another attempt, so that there is nothing to stop.",
        ));
    }
    Ok(delivery.automation_name)
}
