//! The REST interface, the page and the receiver of the demo, behind one router.

mod account;
mod attention;
mod audit;
pub(crate) mod auth;
pub(crate) mod automations;
pub(crate) mod catalogue;
mod deliveries;
mod docs;
mod document;
mod events;
pub(crate) mod extract;
mod files;
mod import;
mod ingest;
mod lent;
mod observe;
mod once;
mod page;
mod paging;
mod probes;
mod queries;
mod reading;
mod revisions;
mod schema;
mod secrets;
mod sink;
mod sources;
mod stream;
mod tree;
pub(crate) mod webhooks;
mod words;
mod yaml;

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
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::queries::Queries;
use crate::app::App;
use crate::failure::{Failure, respond};

pub use self::document::openapi;
pub use self::probes::operations;
pub use self::schema::schema;

fn api() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(document::Document::openapi())
        .routes(routes!(account::sign_in))
        .routes(routes!(account::me))
        .routes(routes!(account::entities))
        .routes(routes!(account::members))
        .routes(routes!(account::put_member, account::remove_member))
        .routes(routes!(account::link_member))
        .routes(routes!(account::list_keys, account::create_key))
        .routes(routes!(account::revoke_key))
        .routes(routes!(secrets::list))
        .routes(routes!(secrets::put, secrets::delete))
        .routes(routes!(webhooks::list, webhooks::create))
        .routes(routes!(webhooks::list_lent))
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
        .routes(routes!(import::import))
        .routes(routes!(automations::validate))
        .routes(routes!(automations::backtest))
        .routes(routes!(automations::get, automations::replace, automations::patch, automations::delete))
        .routes(routes!(automations::duplicate))
        .routes(routes!(automations::test))
        .routes(routes!(automations::evaluations))
        .routes(routes!(revisions::list))
        .routes(routes!(revisions::restore))
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

/// Everything the server answers.
pub fn router(app: &App) -> Router {
    let (api, described) = api().split_for_parts();
    let queries = Arc::new(Queries::of(&described, "/api/v1"));
    let api = api
        .route_layer(axum::middleware::from_fn_with_state(queries, queries::check))
        .route("/openapi.json", get(openapi_json))
        .route("/automations.schema.json", get(file_schema))
        .fallback(unknown_call)
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(extract::MAX_REQUEST_BYTES))
        .layer(cors(&app.settings().allow_origin));
    let mut router = Router::new()
        .nest("/api/v1", api)
        .merge(docs::router())
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

async fn openapi_json() -> axum::Json<utoipa::openapi::OpenApi> {
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
    Failure::new(ProblemCode::NotFound, "There is no such call. The calls are described at /api/docs.")
}

async fn wrong_method() -> Failure {
    Failure::new(
        ProblemCode::MethodNotAllowed,
        "This address does not take this method. The calls are described at /api/docs.",
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
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_MATCH, once::KEY])
        .expose_headers([
            header::ETAG,
            HeaderName::from_static("retry-after"),
            HeaderName::from_static("x-request-id"),
            once::REPLAYED,
        ])
        .max_age(std::time::Duration::from_mins(10))
}
