//! Events as readers see them, with what each automation made of them. How they get in is in `intake`.

use hookboard_api::EventType;
use hookboard_api::delivery::{Evaluation, EventDetail, Judged, Verdict};
use hookboard_api::event::Event;
use hookboard_api::list::List;
use serde_json::Value;

use super::{Conn, Db, Page, Result, json, sql};
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
    /// In this registry or project, one of the entity's.
    pub place_id: Option<String>,
    /// In this collection.
    pub collection: Option<String>,
    /// Of this type.
    pub event: Option<EventType>,
}

/// Events of an entity, newest first.
pub async fn list(db: &Db, entity_id: &str, wanted: &Wanted, page: &Page) -> Result<List<Event>> {
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE events.id IN (");
    let few = match (&wanted.place_id, &wanted.collection) {
        (None, None) => few_places(db, entity_id).await?,
        _ => None,
    };
    if let Some(places) = few {
        newest_of_each(&mut query, &places, wanted, page);
    } else {
        narrow(&mut query, entity_id, wanted, page);
    }
    query.push(") ORDER BY events.id DESC LIMIT ").push_bind(page.rows());
    let rows: Vec<Row> = query.build_as().fetch_all(db.read()).await?;
    let events = rows.into_iter().map(event).collect::<Result<Vec<_>>>()?;
    Ok(page.cut(events, |event| event.id.clone()))
}

/// Places up to which each is read on its own: an index by time alone has the events of all teams.
const FEW_PLACES: usize = 20;

/// The places of an entity that has few.
async fn few_places(db: &Db, entity_id: &str) -> Result<Option<Vec<String>>> {
    let places: Vec<String> = sql::query_scalar("SELECT id FROM places WHERE entity_id = ? LIMIT ?")
        .bind(entity_id)
        .bind(u32::try_from(FEW_PLACES + 1).unwrap_or(u32::MAX))
        .fetch_all(db.read())
        .await?;
    Ok((1..=FEW_PLACES).contains(&places.len()).then_some(places))
}

/// Ids of the newest events of each place, at most a page of each.
fn newest_of_each(query: &mut sql::Builder, places: &[String], wanted: &Wanted, page: &Page) {
    for (index, place) in places.iter().enumerate() {
        query.push(if index > 0 { " UNION ALL " } else { "" });
        query.push("SELECT id FROM (SELECT id FROM events WHERE place_id = ").push_bind(place.clone());
        if let Some(event) = wanted.event {
            query.push(" AND type = ").push_bind(event.as_str());
        }
        page.push(query, "id");
        query.push(") AS newest");
    }
}

/// Ids of the page's events, read from one index.
fn narrow(query: &mut sql::Builder, entity_id: &str, wanted: &Wanted, page: &Page) {
    query.push("SELECT id FROM events ");
    match (&wanted.place_id, &wanted.collection) {
        (_, Some(_)) => query.push("INDEXED BY events_of_collection "),
        (None, None) => query.push("INDEXED BY events_listed "),
        (Some(_), None) => &mut *query,
    };
    query.push("WHERE place_id ");
    match &wanted.place_id {
        Some(place) => query.push("= ").push_bind(place.clone()),
        None => query.push("IN (SELECT id FROM places WHERE entity_id = ").push_bind(entity_id.to_owned()).push(")"),
    };
    if let Some(collection) = &wanted.collection {
        query.push(" AND collection = ").push_bind(collection.clone());
    }
    if let Some(event) = wanted.event {
        query.push(" AND type = ").push_bind(event.as_str());
    }
    page.push(query, "id");
}

/// One event of an entity.
pub async fn get(conn: &mut Conn, entity_id: &str, id: &str) -> Result<Event> {
    let mut query = sql::Builder::new(COLUMNS);
    query.push("WHERE places.entity_id = ").push_bind(entity_id).push(" AND events.id = ").push_bind(id);
    let row: Option<Row> = query.build_as().fetch_optional(conn).await?;
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
    let rows: Vec<Made> = sql::query_as(
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
    let mut query = sql::Builder::new(
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
    let judged = |row: &sql::Row| {
        let of = |at: usize| row.try_get::<String>(at);
        let maybe = |at: usize| row.try_get::<Option<String>>(at);
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
