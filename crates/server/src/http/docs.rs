//! The interface's document to be read and tried in a browser: Swagger UI, from this program's own files.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use utoipa_swagger_ui::Config;

use crate::app::App;

/// The document, seen from the page, wherever a proxy puts both.
const DOCUMENT: &str = "../v1/openapi.json";
/// Swagger UI writes style attributes and has its pictures in its style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page and its files. Without its last slash, the address leads to where the page finds them.
pub(super) fn router() -> Router<App> {
    Router::new()
        .route("/api/docs", get(async || Redirect::permanent("docs/")))
        .route("/api/docs/", get(async || file("")))
        .route("/api/docs/{*file}", get(async |Path(name): Path<String>| file(&name)))
}

fn file(name: &str) -> Response {
    let config = Config::from(DOCUMENT).try_it_out_enabled(false).persist_authorization(false).validator_url("none");
    match utoipa_swagger_ui::serve(name, Arc::new(config)) {
        Ok(Some(file)) => {
            let mut answer = file.bytes.into_owned().into_response();
            if let Ok(kind) = HeaderValue::from_str(&file.content_type) {
                answer.headers_mut().insert(CONTENT_TYPE, kind);
            }
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, POLICY);
            answer
        }
        Ok(None) => StatusCode::NOT_FOUND.into_response(),
        Err(error) => {
            tracing::error!(error, "the interface's page cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
