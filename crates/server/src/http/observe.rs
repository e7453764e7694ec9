//! What every call leaves for those who watch the server: a request id, a line in the log, a count, and whose
//! trace it belongs to.

use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

use crate::app::App;
use crate::{clock, telemetry};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest request id that is taken over.
const MAX_REQUEST_ID: usize = 128;

/// Answers with the call's request id: the caller's own, where it is one word, else a new one.
pub(super) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let id = request_id(request.headers());
    let method = method(request.method());
    let traceparent = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    // Paths without their query: a log is no place for what callers look for.
    let span = tracing::info_span!("request", id, method, path = request.uri().path());
    let answered = async {
        let mut answer = telemetry::called_by(traceparent.as_deref(), next.run(request)).await;
        let status = answer.status().as_u16();
        app.metrics().answered(method, status);
        #[expect(clippy::cast_possible_truncation, reason = "a call does not take centuries")]
        let ms = begun.elapsed().as_millis() as u64;
        if status >= 500 {
            tracing::error!(status, ms, "answered");
        } else {
            tracing::debug!(status, ms, "answered");
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            answer.headers_mut().insert(REQUEST_ID, id);
        }
        answer
    };
    answered.instrument(span.clone()).await
}

fn request_id(headers: &HeaderMap) -> String {
    let is_word = |id: &&str| {
        (1..=MAX_REQUEST_ID).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_word).map_or_else(clock::new_id, str::to_owned)
}

/// One of the methods that calls have: what a caller makes up is to make no series.
const fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_s_request_id_is_taken_over_if_it_is_one_word() {
        let with = |id: &str| request_id(&HeaderMap::from_iter([(REQUEST_ID, id.parse().expect("a header"))]));
        assert_eq!(with("a-1_2.3"), "a-1_2.3");
        for id in ["", "a b", "a\"b", &"x".repeat(129)] {
            assert_eq!(with(id).len(), 36, "{id}");
        }
        assert_eq!(request_id(&HeaderMap::new()).len(), 36);
    }
}
