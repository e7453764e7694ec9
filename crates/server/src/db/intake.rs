//! Accepting events: event, evaluations and deliveries in the caller's one transaction.

use hookboard_api::EventType;
use hookboard_api::delivery::{DeliveryState, Verdict};
use hookboard_api::event::{Accepted, NewEvent, Subject};
use hookboard_api::metric::{MetricRule, Reading};
use serde_json::{Map, Value};

use super::batch::{Batch, row};
use super::catalogue::{self, PlaceRow};
use super::watchers::Watchers;
use super::{Conn, Result, sql, to_json};
use crate::clock;
use crate::evaluate::{Circumstances, Watcher};

/// What the accept path holds between its transactions, and what one of them is to write.
#[derive(Debug, Default)]
pub struct Intake {
    /// Automations, compiled.
    pub watchers: Watchers,
    /// Rows that are to be written before the commit.
    pub batch: Batch,
}

/// An event with its place looked up, its catalogue entries made and its values gathered.
struct Ready {
    event_type: EventType,
    subject: Subject,
    values: Map<String, Value>,
    state: Option<hookboard_api::run::RunState>,
    occurred_at: String,
    dedupe_key: Option<String>,
}

/// Accepts one event that passed its own check.
pub async fn accept(
    conn: &mut Conn,
    intake: &mut Intake,
    place: &PlaceRow,
    event: &NewEvent,
    source: &str,
    user: &str,
) -> Result<Accepted> {
    if let Some(key) = &event.dedupe_key {
        if let Some((id, matched)) = intake.batch.known(&place.id, key) {
            return Ok(Accepted { id, duplicate: true, matched });
        }
        let known: Option<(String, u32)> =
            sql::query_as("SELECT id, matched FROM events WHERE place_id = ? AND dedupe_key = ?")
                .bind(&place.id)
                .bind(key)
                .fetch_optional(&mut *conn)
                .await?;
        if let Some((id, matched)) = known {
            return Ok(Accepted { id, duplicate: true, matched });
        }
    }
    let ready = prepare(conn, place, event, user).await?;
    let all = intake.watchers.of(conn, &place.id).await?;
    let concerned: Vec<(&Watcher, Vec<Reading>, Map<String, Value>)> = all
        .iter()
        .filter(|watcher| watcher.draft.trigger.event == ready.event_type)
        .filter(|watcher| {
            watcher.draft.scope.covers(place.kind, &place.entity, &place.name, ready.subject.collection.as_deref())
        })
        .map(|watcher| (watcher, Vec::new(), Map::new()))
        .collect();
    store(conn, &mut intake.batch, place, ready, source, concerned).await
}

async fn prepare(conn: &mut Conn, place: &PlaceRow, event: &NewEvent, user: &str) -> Result<Ready> {
    let author = event.author.clone().unwrap_or_else(|| user.to_owned());
    let mut values = Map::new();
    let mut put = |name: &str, value: Value| values.insert(name.to_owned(), value);
    put("project_name", Value::from(place.name.as_str()));
    put("entity_name", Value::from(place.entity.as_str()));
    put("event_type", Value::from(event.event_type.as_str()));
    put("event_author", Value::from(author.as_str()));
    let mut subject = event.subject.clone();
    subject.entity.clone_from(&place.entity);
    if let Some(collection) = subject.collection.as_deref().filter(|_| event.event_type.is_artifact()) {
        let collection_id = catalogue::ensure_collection(conn, &place.id, collection, None).await?;
        put("artifact_collection_name", Value::from(collection));
        if let Some(index) = subject.version {
            let version =
                catalogue::ensure_version(conn, &collection_id, index, &author, event.metadata.as_ref()).await?;
            let mut label = format!("v{index}");
            match (event.event_type, &event.alias, &event.tag) {
                (EventType::AddArtifactAlias, Some(alias), _) => {
                    catalogue::set_alias(conn, &collection_id, &version.id, alias).await?;
                    label.clone_from(alias);
                }
                (EventType::AddArtifactTag, _, Some(tag)) => {
                    catalogue::tag_version(conn, &version.id, tag, true).await?;
                }
                (EventType::RemoveArtifactTag, _, Some(tag)) => {
                    catalogue::tag_version(conn, &version.id, tag, false).await?;
                }
                _ => {}
            }
            put("artifact_version", Value::from(format!("wandb-artifact://_id/{}", version.id)));
            put("artifact_version_index", Value::from(index));
            put(
                "artifact_version_string",
                Value::from(format!("{}/{}/{collection}:{label}", place.entity, place.name)),
            );
            put("artifact_metadata", Value::Object(version.metadata));
            if event.event_type == EventType::UnlinkArtifact {
                catalogue::delete_version(conn, &collection_id, index).await?;
            }
        }
        if let (EventType::AddCollectionTag | EventType::RemoveCollectionTag, Some(tag)) =
            (event.event_type, &event.tag)
        {
            catalogue::tag_collection(conn, &collection_id, tag, event.event_type == EventType::AddCollectionTag)
                .await?;
        }
    }
    if let Some(alias) = &event.alias {
        put("alias", Value::from(alias.as_str()));
    }
    if let Some(tag) = &event.tag {
        put("tag", Value::from(tag.as_str()));
    }
    if let Some(run) = subject.run.as_deref().filter(|_| event.event_type.is_run()) {
        let row =
            catalogue::ensure_run(conn, &place.id, run, event.run_name.as_deref(), &author, event.run_state).await?;
        put("run_id", Value::from(run));
        put("run_name", Value::from(row.name));
        if let Some(state) = event.run_state {
            put("run_status", Value::from(state.as_str()));
        }
    }
    values.retain(|name, _| event.event_type.carries(name));
    let occurred_at =
        event.occurred_at.as_deref().and_then(|time| clock::parse_ms(time).ok()).map_or_else(clock::now, clock::text);
    Ok(Ready {
        event_type: event.event_type,
        subject,
        values,
        state: event.run_state,
        occurred_at,
        dedupe_key: event.dedupe_key.clone(),
    })
}

/// Has the event written, one evaluation per automation concerned and one delivery per match.
async fn store(
    conn: &mut Conn,
    batch: &mut Batch,
    place: &PlaceRow,
    ready: Ready,
    source: &str,
    concerned: Vec<(&Watcher, Vec<Reading>, Map<String, Value>)>,
) -> Result<Accepted> {
    let (event_id, now_ms) = clock::new_id_at();
    let now = clock::text(now_ms);
    let run = ready.subject.run.clone().unwrap_or_default();
    let evaluated = u32::try_from(concerned.len()).unwrap_or(u32::MAX);
    let collection = ready.subject.collection.as_deref().unwrap_or_default();
    let mut matched = 0_u32;
    let (mut deliveries, mut evaluations) = (Vec::new(), Vec::with_capacity(concerned.len()));
    for (watcher, readings, mut overlay) in concerned {
        let cooldown = watcher.cooldown_s();
        let last_fired: Option<String> = if cooldown == 0 {
            None
        } else {
            // Those of this transaction count too.
            batch.flush(conn).await?;
            sql::query_scalar("SELECT created_at FROM deliveries WHERE automation_id = ?1 AND (?2 = '' OR run = ?2) AND state <> 'skipped' ORDER BY id DESC LIMIT 1")
                .bind(&watcher.id)
                .bind(&run)
                .fetch_optional(&mut *conn)
                .await?
        };
        let cooldown_start = (cooldown > 0).then(|| clock::text(now_ms - i64::from(cooldown) * 1000));
        let circumstances = Circumstances {
            now: &now,
            last_fired: last_fired.as_deref(),
            cooldown_start: cooldown_start.as_deref(),
            state: ready.state,
            readings: &readings,
        };
        let seen = if overlay.is_empty() {
            None
        } else {
            Some(ready.values.iter().chain(&overlay).map(|(k, v)| (k.clone(), v.clone())).collect())
        };
        let judgement = watcher.judge(seen.as_ref().unwrap_or(&ready.values), &circumstances);
        let state = match judgement.verdict {
            Verdict::Matched if watcher.records_only() => Some(DeliveryState::Recorded),
            Verdict::Matched => Some(DeliveryState::Waiting),
            Verdict::Cooldown | Verdict::Snoozed => Some(DeliveryState::Skipped),
            _ => None,
        };
        let mut delivery_id = None;
        if let Some(state) = state {
            if judgement.verdict == Verdict::Matched {
                matched += 1;
            }
            overlay.insert("automation_name".to_owned(), Value::from(watcher.draft.name.as_str()));
            let (id, id_ms) = clock::new_id_at();
            deliveries.push(row![
                &id,
                &place.entity_id,
                &place.id,
                collection,
                &run,
                &watcher.id,
                &watcher.draft.name,
                watcher.revision,
                watcher.webhook.as_ref().map(|webhook| webhook.id.as_str()),
                watcher.webhook.as_ref().map(|webhook| webhook.name.as_str()),
                &event_id,
                to_json(&overlay)?,
                state.as_str(),
                (state == DeliveryState::Skipped).then_some(judgement.reason.as_str()),
                // Not the id's time: ids go on rising when the clock is set back.
                (state == DeliveryState::Waiting).then(clock::now_ms),
                clock::text(id_ms),
                (state != DeliveryState::Waiting).then_some(now.as_str()),
            ]);
            delivery_id = Some(id);
        }
        evaluations.push(row![
            &event_id,
            &watcher.id,
            &watcher.draft.name,
            judgement.verdict.as_str(),
            &judgement.reason,
            judgement.trace.as_ref().map(to_json).transpose()?,
            watcher.rules_read(&readings).map(|all| to_json(&all)).transpose()?,
            &delivery_id,
        ]);
    }
    batch.event(row![
        &event_id,
        &place.id,
        ready.event_type.as_str(),
        to_json(&ready.subject)?,
        collection,
        to_json(&ready.values)?,
        source,
        &ready.dedupe_key,
        &ready.occurred_at,
        &now,
        matched,
        evaluated,
    ]);
    if let Some(key) = &ready.dedupe_key {
        batch.key(&place.id, key, &event_id, matched);
    }
    batch.deliveries(deliveries);
    batch.evaluations(evaluations);
    Ok(Accepted { id: event_id, duplicate: false, matched })
}

/// Looks at a run's metric after new points: one event per automation whose rules have just come to
/// hold. A rule that held before these points is not told again. Answers the events' ids.
pub async fn accept_points(
    conn: &mut Conn,
    intake: &mut Intake,
    place: &PlaceRow,
    run: &str,
    metric: &str,
    new_points: usize,
) -> Result<Vec<Accepted>> {
    let row = catalogue::ensure_run(conn, &place.id, run, None, "", None).await?;
    let all = intake.watchers.of(conn, &place.id).await?;
    let named = RunNamed { run, name: &row.name, user: &row.user };
    let mut accepted = Vec::new();
    for watcher in all.iter().filter(|watcher| watcher.draft.trigger.event.is_run_metric()) {
        let Some(metrics) = &watcher.draft.trigger.metrics else {
            continue;
        };
        if !metrics.rules.iter().any(|rule| rule.metric() == metric) {
            continue;
        }
        let mut histories = Vec::with_capacity(metrics.rules.len());
        for rule in &metrics.rules {
            histories.push(catalogue::last_values(conn, &row.id, rule.metric(), rule.span() + new_points).await?);
        }
        // The new points one by one, so that a value between two others of one call is not missed.
        let at = |step_back: usize| -> Vec<Reading> {
            let read = |(rule, history): (&MetricRule, &Vec<f64>)| {
                let back = if rule.metric() == metric { step_back } else { 0 };
                rule.read(history.get(..history.len().saturating_sub(back)).unwrap_or_default())
            };
            metrics.rules.iter().zip(&histories).map(read).collect()
        };
        let mut held = watcher.metrics_hold(&at(new_points));
        for step_back in (0..new_points).rev() {
            let readings = at(step_back);
            let holds = watcher.metrics_hold(&readings);
            if holds && !held {
                accepted.push(
                    store_metric_event(conn, &mut intake.batch, place, watcher, named, &metrics.rules, readings)
                        .await?,
                );
            }
            held = holds;
        }
    }
    Ok(accepted)
}

async fn store_metric_event(
    conn: &mut Conn,
    batch: &mut Batch,
    place: &PlaceRow,
    watcher: &Watcher,
    named: RunNamed<'_>,
    rules: &[MetricRule],
    readings: Vec<Reading>,
) -> Result<Accepted> {
    let event_type = watcher.draft.trigger.event;
    let values = metric_values(place, event_type, named, rules, &readings);
    let subject = Subject {
        kind: place.kind,
        entity: place.entity.clone(),
        name: place.name.clone(),
        collection: None,
        version: None,
        run: Some(named.run.to_owned()),
    };
    let ready = Ready { event_type, subject, values, state: None, occurred_at: clock::now(), dedupe_key: None };
    store(conn, batch, place, ready, "metrics", vec![(watcher, readings, Map::new())]).await
}

/// How a run is called.
#[derive(Debug, Clone, Copy)]
pub struct RunNamed<'r> {
    /// Its id.
    pub run: &'r str,
    /// Its display name.
    pub name: &'r str,
    /// Whose it is.
    pub user: &'r str,
}

/// The values of a metric event.
pub fn metric_values(
    place: &PlaceRow,
    event_type: EventType,
    row: RunNamed<'_>,
    rules: &[MetricRule],
    readings: &[Reading],
) -> Map<String, Value> {
    let mut values = Map::new();
    for (name, value) in [
        ("project_name", place.name.as_str()),
        ("entity_name", &place.entity),
        ("event_type", event_type.as_str()),
        ("event_author", row.user),
        ("run_id", row.run),
        ("run_name", row.name),
    ] {
        values.insert(name.to_owned(), Value::from(value));
    }
    // The first rule that holds is the one the payload speaks of.
    if let Some((rule, reading)) = rules.iter().zip(readings).find(|(_, reading)| reading.holds) {
        values.insert("metric_name".to_owned(), Value::from(rule.metric()));
        values.insert("metric_value".to_owned(), reading.value.map_or(Value::Null, number));
        values.insert("metric_threshold".to_owned(), number(rule.limit()));
    }
    values
}

/// A metric's number: whole numbers without a fraction, as people wrote them.
fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "checked to be a whole number within 2^53")]
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::from(value as i64) } else { Value::from(value) }
}
