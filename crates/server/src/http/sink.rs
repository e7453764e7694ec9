//! The demo's receiver: takes any POST at `/sink/<name>`, remembers the last ones, and can be told to
//! fail or be slow.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::{Deserialize, Serialize};

use super::extract::bytes;
use crate::app::App;
use crate::clock;
use crate::failure::Failure;

/// Requests kept per name.
const KEPT: usize = 50;
/// Longest pause it can be told, in milliseconds.
const MAX_DELAY_MS: u64 = 120_000;

#[derive(Default)]
struct Sinks(Mutex<HashMap<String, Sink>>);

#[derive(Default)]
struct Sink {
    mood: Mood,
    taken: VecDeque<Taken>,
}

/// How it answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mood {
    /// Statuses of the next answers, used up one by one; then it answers 200.
    #[serde(default)]
    next: VecDeque<u16>,
    /// Status of every answer, where `next` is used up.
    #[serde(default)]
    status: Option<u16>,
    /// How long it waits before it answers, in milliseconds.
    #[serde(default)]
    delay_ms: u64,
    /// What it answers.
    #[serde(default)]
    body: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Taken {
    at: String,
    headers: HashMap<String, String>,
    body: String,
    answered: u16,
}

#[derive(Debug, Deserialize)]
struct Fixed {
    /// Status in the URL itself, for webhooks that are always to fail.
    status: Option<u16>,
}

/// The receiver's routes.
pub(super) fn router() -> Router<App> {
    Router::new().route("/{name}", get(taken).post(take).put(set)).layer(Extension(Arc::new(Sinks::default())))
}

async fn take(
    State(app): State<App>,
    Extension(sinks): Extension<Arc<Sinks>>,
    Path(name): Path<String>,
    Query(fixed): Query<Fixed>,
    request: Request,
) -> Result<Response, Failure> {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect();
    let body = String::from_utf8_lossy(&bytes(request, &app).await?).into_owned();
    let (status, delay_ms, answer) = {
        let mut sinks = sinks.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sink = sinks.entry(name.clone()).or_default();
        let status = sink.mood.next.pop_front().or(fixed.status).or(sink.mood.status).unwrap_or(200);
        sink.taken.push_back(Taken { at: clock::now(), headers, body, answered: status });
        if sink.taken.len() > KEPT {
            sink.taken.pop_front();
        }
        (status, sink.mood.delay_ms.min(MAX_DELAY_MS), sink.mood.body.clone())
    };
    if delay_ms > 0 {
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
    }
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let answer =
        answer.unwrap_or_else(|| serde_json::json!({"received": status.is_success(), "sink": name}).to_string());
    Ok((status, [("content-type", "application/json")], answer).into_response())
}

async fn taken(Extension(sinks): Extension<Arc<Sinks>>, Path(name): Path<String>) -> Json<Vec<Taken>> {
    let sinks = sinks.0.lock().unwrap_or_else(PoisonError::into_inner);
    Json(sinks.get(&name).map(|sink| sink.taken.iter().cloned().collect()).unwrap_or_default())
}

async fn set(Extension(sinks): Extension<Arc<Sinks>>, Path(name): Path<String>, Json(mood): Json<Mood>) -> StatusCode {
    sinks.0.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().mood = mood;
    StatusCode::NO_CONTENT
}
