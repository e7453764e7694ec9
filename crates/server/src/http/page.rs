//! The page, from inside the binary: each kind of file with its caching rule, compressed where the
//! browser takes it, and the content policy on every document.

use std::borrow::Cow;
use std::path::{Component, Path};

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hookboard_api::problem::ProblemCode;
use rust_embed::RustEmbed;
use serde_json::Value;

use crate::app::App;
use crate::failure::Failure;

/// The bundled page. A build without one serves a hint instead.
#[derive(RustEmbed)]
#[folder = "../../dist"]
#[allow_missing = true]
struct Bundle;

/// Nothing inline, nothing from elsewhere. Who may show the document in a frame follows.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'self'; form-action 'none'; frame-ancestors";

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The one document that other pages may show in a frame.
const FRAME: &str = "embed/frame.html";

/// Serves a file of the page, or the page itself for its own addresses.
pub(super) async fn serve(State(app): State<App>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Failure::new(
            ProblemCode::MethodNotAllowed,
            "The page takes GET only. The calls of the interface are under /api/v1.",
        )
        .into_response();
    }
    let path = request.uri().path().trim_start_matches('/');
    let Some(path) = clean(path) else {
        return missing();
    };
    // A file that is missing is never answered with the page.
    let is_file = is_file(&path);
    // The page's form for a host's root: it finds its files from any address.
    let name = if is_file { path.as_str() } else { "root.html" };
    match read(&app, name, request.headers()) {
        Some((bytes, encoding)) => answer(&app, name, bytes, encoding),
        None if is_file => missing(),
        None => (
            StatusCode::NOT_FOUND,
            [(header::CACHE_CONTROL, "no-store")],
            "This build holds no page. `cargo xtask serve` builds both; the REST interface is at /api/v1.\n",
        )
            .into_response(),
    }
}

/// Whether a path is a file's: one in the folder itself, or in those of builds and of the panel. Below a team's name
/// lie the page's addresses, and names in them may have dots.
fn is_file(path: &str) -> bool {
    let folder = path.split_once('/').map(|(folder, _)| folder);
    folder.map_or_else(
        || Path::new(path).extension().is_some(),
        |folder| folder.starts_with("build-") || folder == "embed",
    )
}

/// The path without anything that leads out of the folder.
fn clean(path: &str) -> Option<String> {
    let path = path.replace('\\', "/");
    Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))).then_some(path)
}

fn read(app: &App, name: &str, headers: &HeaderMap) -> Option<(Cow<'static, [u8]>, Option<&'static str>)> {
    if name == "config.json" {
        return file(app, name).map(|bytes| (configured(app, bytes), None));
    }
    let accepted = headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let takes = |coding: &str| {
        accepted.split(',').any(|one| {
            let (name, weight) = one.split_once(';').unwrap_or((one, ""));
            name.trim() == coding && !weight.replace(' ', "").starts_with("q=0,") && weight.trim() != "q=0"
        })
    };
    for (coding, suffix) in [("br", ".br"), ("gzip", ".gz")] {
        if takes(coding)
            && let Some(bytes) = file(app, &format!("{name}{suffix}"))
        {
            return Some((bytes, Some(coding)));
        }
    }
    file(app, name).map(|bytes| (bytes, None))
}

fn file(app: &App, name: &str) -> Option<Cow<'static, [u8]>> {
    match &app.settings().page_dir {
        Some(folder) => std::fs::read(folder.join(name)).ok().map(Cow::Owned),
        None => Bundle::get(name).map(|file| file.data),
    }
}

/// The page's settings, with the origins that the server was told of.
fn configured(app: &App, bytes: Cow<'static, [u8]>) -> Cow<'static, [u8]> {
    let Ok(Value::Object(mut config)) = serde_json::from_slice(&bytes) else { return bytes };
    config.insert(String::from("frames"), app.settings().allow_frame.clone().into());
    Cow::Owned(Value::Object(config).to_string().into_bytes())
}

fn answer(app: &App, name: &str, bytes: Cow<'static, [u8]>, encoding: Option<&'static str>) -> Response {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let kind = match extension {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    let caching = match name {
        "config.json" => "no-store",
        "boot.js" | FRAME | "embed/v1.js" | "embed/frame.js" => "max-age=300, stale-while-revalidate=86400",
        // Files in a folder named by their content never change.
        name if name.starts_with("build-") => "public, max-age=31536000, immutable",
        _ => "no-cache",
    };
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    if extension == "html" {
        let origins = &app.settings().allow_frame;
        let may_frame = if name == FRAME && !origins.is_empty() { origins.join(" ") } else { String::from("'none'") };
        // An origin that no header can hold was refused at the start.
        let policy = HeaderValue::from_str(&format!("{POLICY} {may_frame}"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.unwrap_or(HeaderValue::from_static(POLICY)));
    } else {
        // Panels in other pages load the same files. They hold no secret, and are read without a key.
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
    response
}

fn missing() -> Response {
    (StatusCode::NOT_FOUND, [(header::CACHE_CONTROL, "no-store")], "There is no such file.\n").into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_dots_are_the_pages_addresses() {
        for path in ["boot.js", "gone.css", "build-0/gone.js", "build-0/x", "embed/v1.js"] {
            assert!(is_file(path), "{path}");
        }
        for path in ["", "kestrel", "kestrel/registry/Models/collections/bert-v1.5", "kestrel/registry/model.v2"] {
            assert!(!is_file(path), "{path}");
        }
    }

    #[test]
    fn paths_that_lead_out_are_refused() {
        assert_eq!(clean("a/b.js").as_deref(), Some("a/b.js"));
        for path in ["../x", "a/../../x", "..\\x", "/etc/passwd"] {
            assert_eq!(clean(path), None, "{path}");
        }
    }
}
