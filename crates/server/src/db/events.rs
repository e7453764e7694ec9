//! Events as readers see them, with what each automation made of them. How they get in is in `intake`.

use hookboard_api::EventType;
use hookboard_api::delivery::{Evaluation, EventDetail, Judged, Verdict};
use hookboard_api::event::Event;
use hookboard_api::list::List;
use serde_json::Value;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row as _};

use super::{Conn, Db, Page, Result, json};
use crate::failure::Failure;

type Row = (String, String, String, String, String, String, String, u32, u32);

const COLUMNS: &str = "SELECT events.id, type, subject, vals, source, occurred_at, received_at, matched, evaluated FROM events JOIN places ON places.id = events.place_id ";

fn event(
    (id, event_type, subject, values, source, occurred_at, received_at, matched, evaluated): Row,
) -> Result<Event> {
    Ok(Event {
        id,
        event_type: serde_json::from_value(Value::from(event_type))?,
        subject: json(&subject)?,
        values: json(&values)?,
        source,
        occurred_at,
        received_at,
        matched,
        evaluated,
    })
}

/// What a list is narrowed to.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// In this registry or project.
    pub place_id: Option<String>,
    /// In this collection.
    pub collection: Option<String>,
    /// Of this type.
    pub event: Option<EventType>,
}

/// Events of an entity, newest first.
pub async fn list(db: &Db, entity_id: &str, wanted: &Wanted, page: &Page) -> Result<List<Event>> {
    let mut query = QueryBuilder::new(COLUMNS);
    query.push("WHERE places.entity_id = ").push_bind(entity_id);
    if let Some(place) = &wanted.place_id {
        query.push(" AND events.place_id = ").push_bind(place.as_str());
    }
    if let Some(collection) = &wanted.collection {
        query.push(" AND json_extract(subject, '$.collection') = ").push_bind(collection.as_str());
    }
    if let Some(event) = wanted.event {
        query.push(" AND type = ").push_bind(event.as_str());
    }
    page.push(&mut query, "events.id");
    let rows: Vec<Row> = query.build_query_as().fetch_all(db.read()).await?;
    let events = rows.into_iter().map(event).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(events, |event| event.id.clone()))
}

/// One event of an entity.
pub async fn get(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Event> {
    let mut query = QueryBuilder::new(COLUMNS);
    query.push("WHERE places.entity_id = ").push_bind(entity_id).push(" AND events.id = ").push_bind(id);
    let row: Option<Row> = query.build_query_as().fetch_optional(conn).await?;
    event(row.ok_or_else(|| Failure::not_found("event"))?)
}

/// One event with what all automations made of it.
pub async fn detail(db: &Db, entity_id: &str, id: &str) -> Result<EventDetail> {
    let mut connection = db.read().acquire().await?;
    let event = get(&mut connection, entity_id, id).await?;
    let evaluations = evaluations(&mut connection, id).await?;
    Ok(EventDetail { event, evaluations })
}

/// What all automations made of an event, matches first.
pub async fn evaluations(conn: &mut Conn, event_id: &str) -> Result<Vec<Evaluation>> {
    let rows: Vec<Made> = sqlx::query_as(
        "SELECT automation_id, automation_name, verdict, reason, trace, readings, delivery_id FROM evaluations WHERE event_id = ? \
         ORDER BY verdict <> 'matched', automation_name",
    )
    .bind(event_id)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(evaluation).collect()
}

/// What one automation made of the events it looked at, newest first; `passed` leaves out those that
/// matched.
pub async fn judged(db: &Db, entity_id: &str, automation_id: &str, passed: bool, page: &Page) -> Result<List<Judged>> {
    let mut query = QueryBuilder::new(
        "SELECT automation_id, automation_name, verdict, reason, trace, readings, delivery_id, events.id, type, \
         subject, vals, source, occurred_at, received_at, matched, evaluated FROM evaluations \
         JOIN events ON events.id = evaluations.event_id JOIN places ON places.id = events.place_id \
         WHERE automation_id = ",
    );
    query.push_bind(automation_id).push(" AND places.entity_id = ").push_bind(entity_id);
    if passed {
        query.push(" AND verdict <> 'matched'");
    }
    page.push(&mut query, "evaluations.event_id");
    let rows = query.build().fetch_all(db.read()).await?;
    let judged = |row: &SqliteRow| {
        let of = |at: usize| row.try_get::<String, _>(at);
        let maybe = |at: usize| row.try_get::<Option<String>, _>(at);
        let columns = (of(0)?, of(1)?, of(2)?, of(3)?, maybe(4)?, maybe(5)?, maybe(6)?);
        let told = (of(7)?, of(8)?, of(9)?, of(10)?, of(11)?, of(12)?, of(13)?, row.try_get(14)?, row.try_get(15)?);
        Ok(Judged { event: event(told)?, evaluation: evaluation(columns)? })
    };
    let items = rows.iter().map(judged).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(items, |one| one.event.id.clone()))
}

type Made = (String, String, String, String, Option<String>, Option<String>, Option<String>);

fn evaluation(
    (automation_id, automation_name, verdict, reason, trace, readings, delivery_id): Made,
) -> Result<Evaluation> {
    let verdict = Verdict::parse(&verdict).unwrap_or(Verdict::Condition);
    Ok(Evaluation {
        automation_id,
        automation_name,
        matched: verdict == Verdict::Matched,
        verdict,
        reason,
        trace: trace.as_deref().map(json).transpose()?,
        readings: readings.as_deref().map_or_else(|| Ok(Vec::new()), json)?,
        delivery_id,
    })
}
