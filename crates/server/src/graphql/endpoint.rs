//! The HTTP side: who calls, the document's limits, and the status that goes with what came out.

use async_graphql::{Request, Response as Answer, ServerError, Variables};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hookboard_api::problem::{Problem, ProblemCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::schema::{RequestContext, execute};
use super::size;
use crate::app::App;
use crate::failure::Failure;
use crate::http::auth::{Caller, credentials, unreadable};
use crate::http::extract::{MAX_REQUEST_BYTES, unread};

/// Fields, spreads and inline fragments of one document; the SDK's largest has less than 300.
const MAX_SELECTIONS: u64 = 4_000;

/// Bytes of one document; the SDK's largest has some KiB, and payloads come as variables.
const MAX_DOCUMENT: usize = 64 * 1024;

/// `/graphql`, and `/ready`, by which the SDK sees that a server is one.
pub fn router() -> Router<App> {
    Router::new()
        .route("/graphql", post(answer).fallback(wrong_method))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
        .route("/ready", get(|| async { "ok" }))
}

/// What a call sends.
#[derive(Debug, Deserialize)]
struct Call {
    query: String,
    #[serde(default)]
    variables: Option<Value>,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
}

async fn answer(State(app): State<App>, headers: HeaderMap, body: Result<Bytes, BytesRejection>) -> Response {
    let client = Client::of(&headers);
    let mut response = match run(app, &headers, client, body).await {
        Ok(answer) => respond(answer),
        Err(failure) => refused(&failure.into_problem()),
    };
    *response.status_mut() = client.status(response.status());
    response
}

async fn run(
    app: App,
    headers: &HeaderMap,
    client: Client,
    body: Result<Bytes, BytesRejection>,
) -> Result<Answer, Failure> {
    let caller = caller(&app, headers).await?;
    let body = body.map_err(|rejection| unread(&rejection))?;
    let call: Call = serde_json::from_slice(&body).map_err(|error| {
        Failure::new(ProblemCode::BadRequest, format!("The body is no GraphQL request in JSON: {error}."))
    })?;
    if call.query.len() > MAX_DOCUMENT {
        let words = format!(
            "The document has more than {} KiB. Ask for less at once, and send what is long as a variable.",
            MAX_DOCUMENT / 1024
        );
        return Err(Failure::new(ProblemCode::BadRequest, words));
    }
    let mut request = Request::new(call.query).data(RequestContext::new(app, caller, client));
    if let Some(variables) = call.variables {
        request = request.variables(Variables::from_json(variables));
    }
    // The SDK sends an empty name with most calls.
    if let Some(name) = call.operation_name.filter(|name| !name.is_empty()) {
        request = request.operation_name(name);
    }
    // One that cannot be parsed is told by the execution.
    if request.parsed_query().is_ok_and(|document| size::expanded(document) > MAX_SELECTIONS) {
        let words = format!(
            "The document has more than {MAX_SELECTIONS} fields with its fragments in place. Ask for less at once."
        );
        return Err(Failure::new(ProblemCode::BadRequest, words));
    }
    Ok(execute(request).await)
}

/// The user of the key, sent as the SDK does (`api:<key>` in Basic) or as in the REST interface.
async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Failure> {
    let (scheme, rest) = credentials(headers)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Caller::of_key(app, rest).await;
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(unreadable());
    }
    let pair = BASE64_STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let (_, key) = pair.as_deref().and_then(|pair| pair.split_once(':')).ok_or_else(unreadable)?;
    Caller::of_key(app, key).await
}

/// The answer with the status of its first error: the SDK goes by that.
fn respond(mut answer: Answer) -> Response {
    let mut status = StatusCode::OK;
    for error in answer.errors.iter_mut().rev() {
        let problem = error.source::<Failure>().map(|failure| {
            failure.log();
            failure.problem()
        });
        // What is no failure of a call is a fault of the document.
        status = StatusCode::BAD_REQUEST;
        if let Some(problem) = problem {
            status = status_of(&problem);
            error.message.clone_from(&problem.detail);
            error.extensions = extensions(&problem).extensions;
        }
    }
    (status, axum::Json(answer)).into_response()
}

fn refused(problem: &Problem) -> Response {
    let answer = json!({ "data": null, "errors": [extensions(problem)] });
    (status_of(problem), axum::Json(answer)).into_response()
}

fn status_of(problem: &Problem) -> StatusCode {
    StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A problem as an error of GraphQL, with what programs go by.
fn extensions(problem: &Problem) -> ServerError {
    let mut error = ServerError::new(problem.detail.clone(), None);
    let mut told = async_graphql::ErrorExtensionValues::default();
    told.set("code", code(problem));
    told.set("status", problem.status);
    if let Ok(errors) = async_graphql::to_value(&problem.errors)
        && !problem.errors.is_empty()
    {
        told.set("errors", errors);
    }
    error.extensions = Some(told);
    error
}

fn code(problem: &Problem) -> String {
    serde_json::to_value(problem.code).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}

async fn wrong_method() -> Response {
    refused(&Problem::new(ProblemCode::MethodNotAllowed, "GraphQL is asked by POST. Send the document as JSON."))
}
