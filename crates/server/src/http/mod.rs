//! The REST interface, the page and the receiver of the demo, behind one router.

mod account;
mod attention;
mod audit;
pub(crate) mod auth;
pub(crate) mod automations;
pub(crate) mod catalogue;
mod deliveries;
mod events;
pub(crate) mod extract;
mod files;
mod ingest;
mod observe;
mod page;
mod paging;
mod probes;
mod queries;
mod reading;
mod schema;
mod secrets;
mod sink;
mod sources;
mod stream;
mod tree;
pub(crate) mod webhooks;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hookboard_api::problem::{Problem, ProblemCode};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::queries::Queries;
use crate::app::App;
use crate::failure::{Failure, respond};

pub use self::probes::operations;
pub use self::schema::schema;

/// The whole document, but for the paths, which the routes bring along.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hookboard",
        description = "Webhook automations for machine-learning registries and projects. Every call takes `Authorization: Bearer <key>`; errors are RFC 9457 problems with a stable `code`. Every answer has an `X-Request-Id`, which the server's log has too: the call's own, where that is one word of at most 128 letters, digits, `-`, `_` and `.`, else a new one. A `traceparent` (W3C Trace Context) is taken over where the server sends traces.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(Problem, hookboard_api::automation::Sort, catalogue::Places, files::Format)),
    security(("key" = []))
)]
struct Document;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(account::sign_in))
        .routes(routes!(account::me))
        .routes(routes!(account::members))
        .routes(routes!(account::put_member, account::remove_member))
        .routes(routes!(account::link_member))
        .routes(routes!(account::list_keys, account::create_key))
        .routes(routes!(account::revoke_key))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::put, secrets::delete))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::get, webhooks::replace, webhooks::delete))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::resume))
        .routes(routes!(catalogue::list_places))
        .routes(routes!(catalogue::put_place))
        .routes(routes!(catalogue::list_collections))
        .routes(routes!(catalogue::put_collection))
        .routes(routes!(catalogue::list_versions))
        .routes(routes!(catalogue::put_version))
        .routes(routes!(catalogue::put_alias))
        .routes(routes!(catalogue::put_tag, catalogue::delete_tag))
        .routes(routes!(catalogue::list_runs))
        .routes(routes!(catalogue::get_points, catalogue::post_points))
        .routes(routes!(automations::list, automations::create))
        .routes(routes!(automations::bulk))
        .routes(routes!(files::export))
        .routes(routes!(files::import))
        .routes(routes!(automations::validate))
        .routes(routes!(automations::backtest))
        .routes(routes!(automations::get, automations::replace, automations::patch, automations::delete))
        .routes(routes!(automations::duplicate))
        .routes(routes!(automations::test))
        .routes(routes!(automations::evaluations))
        .routes(routes!(automations::revisions))
        .routes(routes!(events::post))
        .routes(routes!(events::list))
        .routes(routes!(events::get))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::counts))
        .routes(routes!(deliveries::redeliver_many))
        .routes(routes!(deliveries::get))
        .routes(routes!(deliveries::redeliver))
        .routes(routes!(deliveries::cancel))
        .routes(routes!(attention::get))
        .routes(routes!(audit::list))
        .routes(routes!(sources::list, sources::create))
        .routes(routes!(sources::delete))
        .routes(routes!(sources::mlflow))
        .routes(routes!(stream::stream))
}

/// The OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let (_, mut document) = OpenApiRouter::with_openapi(Document::openapi()).nest("/api/v1", api()).split_for_parts();
    env!("CARGO_PKG_VERSION").clone_into(&mut document.info.version);
    let scheme = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document.components.get_or_insert_default().add_security_scheme("key", scheme);
    for item in document.paths.paths.values_mut() {
        let calls = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        calls.into_iter().flatten().for_each(describe_problems);
    }
    document
}

/// What a problem is sent as (RFC 9457).
const PROBLEM_JSON: &str = "application/problem+json";

/// Problems have a type of their own, and any call can end in one.
fn describe_problems(call: &mut Operation) {
    let problem = Ref::from_schema_name("Problem");
    for response in call.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && let Some(RefOr::T(content)) = response.content.get("application/json")
            && matches!(&content.schema, Some(RefOr::Ref(own)) if own.ref_location == problem.ref_location)
            && let Some(content) = response.content.shift_remove("application/json")
        {
            response.content.insert(PROBLEM_JSON.to_owned(), content);
        }
    }
    let any = ResponseBuilder::new()
        .description("What went wrong, and what to do")
        .content(PROBLEM_JSON, Content::new(Some(problem)))
        .build();
    call.responses.responses.insert("default".to_owned(), any.into());
}

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (api, described) = api().split_for_parts();
    let queries = Arc::new(Queries::of(&described, "/api/v1"));
    let api = api
        .route_layer(axum::middleware::from_fn_with_state(queries, queries::check))
        .route("/openapi.json", get(document))
        .route("/automations.schema.json", get(file_schema))
        .fallback(unknown_call)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(extract::MAX_REQUEST_BYTES))
        .layer(cors(&app.settings().allow_origin));
    let mut router = Router::new()
        .nest("/api/v1", api)
        .merge(probes::router())
        .merge(crate::graphql::router())
        .route("/metrics", get(no_metrics))
        .fallback(page::serve)
        .layer(SetResponseHeaderLayer::if_not_present(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ))
        .layer(SetResponseHeaderLayer::if_not_present(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(axum::middleware::from_fn_with_state(app.clone(), observe::observe));
    if app.settings().demo {
        // Outside the log: its failures are what it is for.
        router = router.nest("/sink", sink::router());
    }
    router.with_state(app.clone())
}

async fn document() -> axum::Json<utoipa::openapi::OpenApi> {
    axum::Json(openapi())
}

/// Who looks here is not to be answered with the page.
async fn no_metrics() -> Failure {
    Failure::new(
        ProblemCode::NotFound,
        "Metrics are on a listener of their own. Start the server with --metrics-listen.",
    )
}

async fn file_schema() -> Response {
    match schema() {
        Ok(schema) => axum::Json(schema).into_response(),
        Err(error) => {
            tracing::error!(error, "the schema of files cannot be made");
            Failure::new(ProblemCode::Internal, "The schema cannot be made, and the server's log says why.")
                .into_response()
        }
    }
}

async fn unknown_call() -> Failure {
    Failure::new(ProblemCode::NotFound, "There is no such call. The calls are described at /api/v1/openapi.json.")
}

async fn wrong_method() -> Failure {
    Failure::new(
        ProblemCode::MethodNotAllowed,
        "This address does not take this method. The calls are described at /api/v1/openapi.json.",
    )
}

/// The log has the place, by the hook of `panics`.
fn panicked(_cause: Box<dyn std::any::Any + Send>) -> Response {
    respond(&Problem::new(
        ProblemCode::Internal,
        "The server failed in this call, and its log says where. Nothing was changed.",
    ))
}

fn cors(origins: &[String]) -> CorsLayer {
    let origins: Vec<HeaderValue> = origins.iter().filter_map(|origin| origin.parse().ok()).collect();
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("retry-after"), HeaderName::from_static("x-request-id")])
        .max_age(std::time::Duration::from_mins(10))
}
