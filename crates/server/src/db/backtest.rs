//! What a condition would have fired on in the last days.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;

use hookboard_api::automation::cooldown_of;
use hookboard_api::backtest::{Backtest, BacktestDraft, BacktestItem, Look, Lookback};
use hookboard_api::delivery::Verdict;
use hookboard_api::event::{Event, Subject};
use hookboard_api::metric::{MetricCondition, MetricJoin, MetricRule, Reading};
use hookboard_api::problem::Problem;
use hookboard_api::sentence::reading_words;
use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use tokio::task::spawn_blocking;

use super::catalogue::PlaceRow;
use super::deliveries::{subject_detail, value_text};
use super::{Conn, Db, Result, events, intake, sql};
use crate::clock;
use crate::failure::Failure;

/// Matches that are shown.
const ITEMS: usize = 50;
/// Near misses that are shown.
const NEAR: usize = 20;
/// Runs and metric points gone through at most, so that an answer comes in time: the newest runs come first.
const RUNS: u32 = 1000;
const POINTS: usize = 100_000;
/// Values that the windows of all rules may read together.
const WORK: usize = 200_000_000;

/// Tries a checked draft on what happened in its place in the last `days`.
pub async fn run(db: &Db, place: &PlaceRow, draft: &BacktestDraft, days: u32) -> Result<Backtest> {
    let since_ms = clock::now_ms() - i64::from(days) * 86_400_000;
    let lookback = Lookback::new(&draft.trigger).map_err(Problem::invalid)?;
    let mut past = Past::new(since_ms);
    match &draft.trigger.metrics {
        Some(metrics) => over_runs(db, place, draft, metrics, &lookback, &mut past).await?,
        None => over_events(db, place, draft, &lookback, &mut past).await?,
    }
    Ok(past.answer)
}

/// The newest of what was found, and how much there was.
struct Past {
    since_ms: i64,
    answer: Backtest,
}

impl Past {
    fn new(since_ms: i64) -> Self {
        let answer = Backtest {
            seen: 0,
            matched: 0,
            skipped: 0,
            since: clock::text(since_ms),
            cut: false,
            items: Vec::new(),
            near: Vec::new(),
        };
        Self { since_ms, answer }
    }
}

/// The last of what was pushed.
fn push<T>(newest: &mut VecDeque<T>, most: usize, one: T) {
    if newest.len() == most {
        newest.pop_front();
    }
    newest.push_back(one);
}

async fn over_events(
    db: &Db,
    place: &PlaceRow,
    draft: &BacktestDraft,
    lookback: &Lookback<'_>,
    past: &mut Past,
) -> Result<()> {
    let event_type = draft.trigger.event;
    let cooldown_ms = i64::from(cooldown_of(event_type, draft.cooldown_s)) * 1000;
    // Only ids are kept: what is shown is read once more in the end.
    let mut items: VecDeque<(String, Verdict)> = VecDeque::new();
    let mut near: VecDeque<(String, Verdict)> = VecDeque::new();
    let mut last_fired: HashMap<String, i64> = HashMap::new();
    let mut names = lookback.names();
    names.insert("run_id");
    let mut events = Chunks { place, draft, after: clock::id_at(past.since_ms) };
    let mut connection = db.read().acquire().await?;
    while let Some(chunk) = events.next(&mut connection).await? {
        for (id, values) in chunk.split(BETWEEN_EVENTS).filter_map(|event| event.split_once(BEHIND_ID)) {
            past.answer.seen += 1;
            let values = values_of(values, &names)?;
            let verdict = match lookback.look(&values) {
                Look::Passed => continue,
                Look::Near(verdict) => {
                    push(&mut near, NEAR, (id.to_owned(), verdict));
                    continue;
                }
                Look::Matched if cooldown_ms == 0 => Verdict::Matched,
                Look::Matched => {
                    let run = if event_type.is_run() { value_text(&values, "run_id") } else { String::new() };
                    let at = clock::id_ms(id).unwrap_or_default();
                    if last_fired.get(&run).is_some_and(|last| *last > at - cooldown_ms) {
                        Verdict::Cooldown
                    } else {
                        last_fired.insert(run, at);
                        Verdict::Matched
                    }
                }
            };
            count(&mut past.answer, verdict);
            push(&mut items, ITEMS, (id.to_owned(), verdict));
        }
    }
    drop(connection);
    past.answer.items = shown(db, place, lookback, items).await?;
    past.answer.near = shown(db, place, lookback, near).await?;
    Ok(())
}

/// Events of one statement.
const CHUNK: u32 = 500;
/// JSON holds no bare control character, so that these part what is read together.
const BETWEEN_EVENTS: char = '\u{1e}';
const BEHIND_ID: char = '\u{1f}';

/// Ids and values of events, oldest first, many per row: most of what a row costs is the row.
struct Chunks<'c> {
    place: &'c PlaceRow,
    draft: &'c BacktestDraft,
    after: String,
}

impl Chunks<'_> {
    async fn next(&mut self, conn: &mut Conn) -> Result<Option<String>> {
        let mut query = sql::Builder::new("SELECT string_agg(id || ");
        query.push_bind(String::from(BEHIND_ID)).push(" || vals, ").push_bind(String::from(BETWEEN_EVENTS));
        query.push("), max(id) FROM ");
        query.push("(SELECT id, vals FROM events WHERE place_id = ").push_bind(&self.place.id);
        query.push(" AND type = ").push_bind(self.draft.trigger.event.as_str());
        query.push(" AND id > ").push_bind(&self.after);
        if let Some(collection) = &self.draft.scope.collection {
            query.push(" AND collection = ").push_bind(collection);
        }
        query.push(" ORDER BY id LIMIT ").push_bind(CHUNK).push(") AS chunk");
        let (chunk, last): (Option<String>, Option<String>) = query.build_as().fetch_one(conn).await?;
        if let Some(last) = last {
            self.after = last;
        }
        Ok(chunk)
    }
}

/// Those of an event's values that are asked for: a look-back reads many events and little of each.
fn values_of(text: &str, names: &HashSet<&str>) -> Result<Map<String, Value>> {
    #[derive(Deserialize)]
    struct Name<'n>(#[serde(borrow)] Cow<'n, str>);

    struct Wanted<'w>(&'w HashSet<&'w str>);

    impl<'de> Visitor<'de> for Wanted<'_> {
        type Value = Map<String, Value>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an event's values")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
            let mut values = Map::new();
            while let Some(Name(name)) = members.next_key()? {
                if self.0.contains(name.as_ref()) {
                    values.insert(name.into_owned(), members.next_value()?);
                } else {
                    members.next_value::<IgnoredAny>()?;
                }
            }
            Ok(values)
        }
    }

    Ok(serde_json::Deserializer::from_str(text).deserialize_map(Wanted(names))?)
}

fn count(answer: &mut Backtest, verdict: Verdict) {
    match verdict {
        Verdict::Cooldown => answer.skipped += 1,
        _ => answer.matched += 1,
    }
}

/// Events with why, newest first.
async fn shown(
    db: &Db,
    place: &PlaceRow,
    lookback: &Lookback<'_>,
    found: VecDeque<(String, Verdict)>,
) -> Result<Vec<BacktestItem>> {
    let mut connection = db.read().acquire().await?;
    let mut items = Vec::with_capacity(found.len());
    for (id, verdict) in found.into_iter().rev() {
        let event: Event = events::get(&mut connection, &place.entity_id, &id).await?;
        let (reason, trace) = lookback.explain(&event.values);
        let reason = if verdict == Verdict::Cooldown { cooldown_words(&reason) } else { reason };
        items.push(BacktestItem {
            event_id: Some(event.id),
            event_type: event.event_type,
            subject: event.subject,
            subject_detail: subject_detail(&event.values),
            event_author: value_text(&event.values, "event_author"),
            occurred_at: event.occurred_at,
            verdict,
            reason,
            trace,
            readings: Vec::new(),
        });
    }
    Ok(items)
}

fn cooldown_words(reason: &str) -> String {
    format!("{reason}, and within the cooldown")
}

/// Goes through the points of each run that started in that time, as they came.
async fn over_runs(
    db: &Db,
    place: &PlaceRow,
    draft: &BacktestDraft,
    metrics: &MetricCondition,
    lookback: &Lookback<'_>,
    past: &mut Past,
) -> Result<()> {
    let cooldown = cooldown_of(draft.trigger.event, draft.cooldown_s) > 0;
    let mut rows: Vec<(String, String, String, String, String)> = sql::query_as(
        "SELECT id, run, name, \"user\", created_at FROM runs WHERE place_id = ? AND created_at >= ? ORDER BY created_at DESC, id DESC LIMIT ?",
    )
    .bind(&place.id)
    .bind(&past.answer.since)
    .bind(RUNS + 1)
    .fetch_all(db.read())
    .await?;
    past.answer.cut = rows.len() > RUNS as usize;
    rows.truncate(RUNS as usize);
    let mut oldest = None;
    let (mut points_left, mut work_left) = (POINTS, WORK);
    for (row_id, run, name, user, created_at) in rows {
        let mut points = points(db, &row_id, metrics, points_left).await?;
        if points_left == 0 && !points.is_empty() {
            past.answer.cut = true;
            break;
        }
        oldest = Some(created_at.clone());
        if points.is_empty() {
            continue;
        }
        let mut whole = points.len() <= points_left;
        points.truncate(points_left);
        points_left -= points.len();
        let (rules, join) = (metrics.rules.clone(), metrics.join);
        let looked = spawn_blocking(move || crossings(&rules, join, &points, work_left)).await;
        let (crossings, rest) = looked.map_err(|_| Failure::Stopped("a look-back broke off"))?;
        whole &= rest.is_some();
        work_left = rest.unwrap_or_default();
        if !whole {
            past.answer.cut = true;
            // Its end is not known.
            if matches!(crossings, Crossings::Never(_)) {
                break;
            }
        }
        let row = intake::RunNamed { run: &run, name: &name, user: &user };
        past.answer.seen += crossings.count();
        let subject = Subject {
            kind: place.kind,
            entity: place.entity.clone(),
            name: place.name.clone(),
            collection: None,
            version: None,
            run: Some(run.clone()),
        };
        let mut told = |verdict: Verdict, readings: Vec<Reading>| {
            let values = intake::metric_values(place, draft.trigger.event, row, &metrics.rules, &readings);
            let fits = lookback.look(&values);
            let (condition, trace) = lookback.explain(&values);
            let read = reading_words(metrics, &readings);
            let reason = if trace.is_some() { format!("{read} and {condition}") } else { read.clone() };
            let (list, most, verdict, reason) = match (fits, verdict) {
                (Look::Matched, Verdict::Metric) => (&mut past.answer.near, NEAR, verdict, read),
                (Look::Matched, Verdict::Cooldown) => {
                    past.answer.skipped += 1;
                    (&mut past.answer.items, ITEMS, verdict, cooldown_words(&reason))
                }
                (Look::Matched, _) => {
                    past.answer.matched += 1;
                    (&mut past.answer.items, ITEMS, verdict, reason)
                }
                (Look::Near(verdict), Verdict::Matched) => (&mut past.answer.near, NEAR, verdict, condition),
                (Look::Near(_) | Look::Passed, _) => return,
            };
            if list.len() < most {
                list.push(BacktestItem {
                    event_id: None,
                    event_type: draft.trigger.event,
                    subject: subject.clone(),
                    subject_detail: subject_detail(&values),
                    event_author: user.clone(),
                    occurred_at: created_at.clone(),
                    verdict,
                    reason,
                    trace,
                    readings,
                });
            }
        };
        match crossings {
            Crossings::Never(readings) => told(Verdict::Metric, readings),
            Crossings::At(all) => {
                for (index, readings) in all.into_iter().enumerate() {
                    // When a point came is not kept; a run is taken to be shorter than its cooldown.
                    told(if index > 0 && cooldown { Verdict::Cooldown } else { Verdict::Matched }, readings);
                }
            }
        }
        if !whole {
            break;
        }
    }
    if let (true, Some(oldest)) = (past.answer.cut, oldest) {
        past.answer.since = oldest;
    }
    Ok(())
}

/// Points of the metrics that a condition looks at, in the order of their steps: up to `most`, and one more
/// where there are more.
async fn points(db: &Db, run_id: &str, metrics: &MetricCondition, most: usize) -> Result<Vec<(String, f64)>> {
    let names: HashSet<&str> = metrics.rules.iter().map(MetricRule::metric).collect();
    let names: Vec<&str> = names.into_iter().collect();
    Ok(sql::query_as(
        "SELECT metric, value FROM points WHERE run_id = ? AND metric IN (SELECT value FROM json_each(?)) ORDER BY step, metric LIMIT ?",
    )
    .bind(run_id)
    .bind(super::to_json(&names)?)
    .bind(u32::try_from(most + 1).unwrap_or(u32::MAX))
    .fetch_all(db.read())
    .await?)
}

/// When a condition came to hold.
enum Crossings {
    /// Each time, with the readings then.
    At(Vec<Vec<Reading>>),
    /// Never; the last readings.
    Never(Vec<Reading>),
}

impl Crossings {
    /// How many events this is: a run without one counts as one.
    fn count(&self) -> u32 {
        match self {
            Self::At(all) => u32::try_from(all.len()).unwrap_or(u32::MAX),
            Self::Never(_) => 1,
        }
    }
}

/// Goes through a run's points until the windows have read `work` values. Answers how many are left to read,
/// where the points came to their end.
fn crossings(
    rules: &[MetricRule],
    join: MetricJoin,
    points: &[(String, f64)],
    mut work: usize,
) -> (Crossings, Option<usize>) {
    let mut whole = true;
    let mut histories: HashMap<&str, Vec<f64>> = HashMap::new();
    let mut readings: Vec<Reading> = rules.iter().map(|rule| rule.read(&[])).collect();
    let mut held = false;
    let mut found = Vec::new();
    for (metric, value) in points {
        let history = histories.entry(metric).or_default();
        history.push(*value);
        let of_metric = rules.iter().filter(|rule| rule.metric() == metric);
        let reads: usize = of_metric.map(|rule| if rule.span() > history.len() { 1 } else { rule.span() }).sum();
        let Some(rest) = work.checked_sub(reads) else {
            whole = false;
            break;
        };
        work = rest;
        for (rule, reading) in rules.iter().zip(&mut readings).filter(|(rule, _)| rule.metric() == metric) {
            *reading = rule.read(history);
        }
        let holds = join.holds(&readings);
        if holds && !held {
            found.push(readings.clone());
        }
        held = holds;
    }
    let crossings = if found.is_empty() { Crossings::Never(readings) } else { Crossings::At(found) };
    (crossings, whole.then_some(work))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_look_back_ends_where_its_work_does() {
        let rule = json!({"kind": "threshold", "metric": "loss", "window": 3, "aggregate": "average", "comparison": ">", "threshold": 1.5});
        let rules: Vec<MetricRule> = serde_json::from_value(json!([rule, rule])).expect("rules");
        let points: Vec<(String, f64)> =
            [1.0, 1.0, 1.0, 3.0, 1.0].into_iter().map(|value| ("loss".to_owned(), value)).collect();
        // Two points within the window, and three that fill it, for two rules.
        let (crossings_at, rest) = crossings(&rules, MetricJoin::All, &points, 22);
        assert_eq!((crossings_at.count(), rest), (1, Some(0)));
        let (cut, rest) = crossings(&rules, MetricJoin::All, &points, 15);
        assert!(matches!(cut, Crossings::Never(_)) && rest.is_none());
    }
}
