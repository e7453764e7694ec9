//! Query parameters that a call does not have are refused: a misspelt one would be overlooked, and the
//! list answered would not be the one asked for. The names are those of the document.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use hookboard_api::problem::{FieldError, pointer_token};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr};

use super::words::instead;
use crate::failure::Failure;

/// The query parameters of each call, by its path and method.
#[derive(Debug, Default)]
pub(super) struct Queries(HashMap<String, HashMap<Method, Vec<String>>>);

impl Queries {
    /// The parameters that `document` lists, for calls below `base`.
    pub(super) fn of(document: &OpenApi, base: &str) -> Self {
        let calls = document.paths.paths.iter().map(|(path, item)| {
            let methods = [
                (Method::GET, &item.get),
                (Method::PUT, &item.put),
                (Method::POST, &item.post),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            let names = methods
                .into_iter()
                .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, names(operation))));
            (format!("{base}{path}"), names.collect())
        });
        Self(calls.collect())
    }

    fn unknown(&self, path: &str, method: &Method, query: &str) -> Option<FieldError> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let known = self.0.get(path)?.get(method)?;
        // A list that always fits on one page has no parameters, and may be asked like any other.
        let is_known =
            |name: &str| known.iter().any(|known| known == name) || (name == "limit" && method == Method::GET);
        let fault = |name: &str, code: &str, words| FieldError::new(format!("/{}", pointer_token(name)), code, words);
        url::form_urlencoded::parse(query.as_bytes()).find_map(|(name, value)| {
            if !is_known(&name) {
                let instead = instead(known.iter().map(String::as_str));
                let words = format!("There is no parameter \"{name}\" here. {instead}");
                return Some(fault(&name, "unknown_parameter", words));
            }
            // No text that is stored holds it, and Postgres takes none that does.
            value.contains('\0').then(|| {
                let words = String::from("This holds a character that cannot be seen, U+0000. Take it out.");
                fault(&name, "control_character", words)
            })
        })
    }
}

fn names(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten();
    parameters
        .filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
            _ => None,
        })
        .collect()
}

/// Lets calls through whose parameters are all known.
pub(super) async fn check(
    State(queries): State<Arc<Queries>>,
    path: MatchedPath,
    request: Request,
    next: Next,
) -> Result<Response, Failure> {
    let query = request.uri().query().unwrap_or_default();
    match queries.unknown(path.as_str(), request.method(), query) {
        Some(fault) => Err(Failure::malformed(fault)),
        None => Ok(next.run(request).await),
    }
}
