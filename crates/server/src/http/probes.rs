//! Calls of those who watch the server. They need no key and tell nothing of any team.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::app::App;
use crate::db::figures;
use crate::vitals::Check;

/// `OpenMetrics` text, section "Content-Type" of its specification.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `/healthz` says that the process answers, `/readyz` that it does its work.
pub(super) fn router() -> Router<App> {
    Router::new().route("/healthz", get(|| async { "ok" })).route("/readyz", get(ready))
}

/// The same with `/metrics`, for a listener of its own.
pub fn operations(app: &App) -> Router {
    router().route("/metrics", get(metrics)).with_state(app.clone())
}

#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    checks: [Check; 3],
}

async fn ready(State(app): State<App>) -> Response {
    let checks = app.vitals().checks(app.db()).await;
    let ready = checks.iter().all(|check| check.ok);
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, checks })).into_response()
}

async fn metrics(State(app): State<App>) -> Response {
    match figures::read(app.db()).await {
        Ok(figures) => ([(header::CONTENT_TYPE, OPEN_METRICS)], app.metrics().text(&figures)).into_response(),
        Err(error) => error.into_response(),
    }
}
