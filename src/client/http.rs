//! Sending calls: base address, key, JSON in and out.

use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};

use super::{ApiError, Cache, tab::storage};

/// How long an answer is waited for, in milliseconds: longer than any webhook that is tested may take.
const PATIENCE_MS: u32 = 90_000;

/// Where the tab keeps its key.
const STORED_KEY: &str = "hookboard.key";

/// Who the reader is. A key lives in memory, and on the page also as long as the tab.
#[derive(Clone, Copy)]
pub struct Session {
    key: RwSignal<Option<String>>,
    refused: StoredValue<bool>,
    remembered: bool,
}

impl Session {
    /// A session that starts with `key`, or, where it is `remembered`, with the tab's own.
    pub fn new(key: Option<String>, remembered: bool) -> Self {
        let stored = || storage().and_then(|storage| storage.get_item(STORED_KEY).ok().flatten());
        let key = key.or_else(|| remembered.then(stored).flatten());
        Self { key: RwSignal::new(key), refused: StoredValue::new(false), remembered }
    }

    /// The key, or none for a reader who is signed out.
    pub const fn key(&self) -> RwSignal<Option<String>> {
        self.key
    }

    /// Whether the reader was signed out since the server did not take the key.
    pub fn was_refused(&self) -> bool {
        self.refused.get_value()
    }

    /// Takes `key` from now on.
    pub fn sign_in(&self, key: &str) {
        self.refused.set_value(false);
        if self.remembered
            && let Some(storage) = storage()
        {
            // A tab that may not store keeps the key in memory.
            let _ = storage.set_item(STORED_KEY, key);
        }
        self.key.set(Some(key.to_owned()));
    }

    /// Forgets the key.
    pub fn sign_out(&self) {
        if self.remembered
            && let Some(storage) = storage()
        {
            let _ = storage.remove_item(STORED_KEY);
        }
        self.key.set(None);
    }
}

/// Makes calls and keeps their answers. One per mount.
#[derive(Clone, Copy)]
pub struct Client {
    base: StoredValue<String>,
    session: Session,
    cache: Cache,
}

/// The client of this mount.
pub fn use_client() -> Client {
    expect_context()
}

impl Client {
    /// A client of the interface at `base`, such as `/api/v1`, without a slash at its end.
    pub fn new(base: &str, session: Session) -> Self {
        Self { base: StoredValue::new(base.trim_end_matches('/').to_owned()), session, cache: Cache::default() }
    }

    /// Who the reader is.
    pub const fn session(&self) -> Session {
        self.session
    }

    /// The answers kept.
    pub const fn cache(&self) -> Cache {
        self.cache
    }

    /// The whole address of `path`, for code that is to run elsewhere.
    pub fn address(&self, path: &str) -> String {
        let base = self.base.get_value();
        let origin = web_sys::window().and_then(|window| window.location().origin().ok()).unwrap_or_default();
        if base.starts_with('/') { format!("{origin}{base}{path}") } else { format!("{base}{path}") }
    }

    /// Reads `path`.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        parse(&self.get_text(path).await?)
    }

    /// Creates below `path`, or asks it to do something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        parse(&self.send(Method::POST, path, Some(to_json(body)), None).await?)
    }

    /// Writes what `path` holds.
    pub async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
        revision: Option<u32>,
    ) -> Result<T, ApiError> {
        parse(&self.send(Method::PUT, path, Some(to_json(body)), revision).await?)
    }

    /// Changes part of what `path` holds.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        parse(&self.send(Method::PATCH, path, Some(to_json(body)), None).await?)
    }

    /// Deletes what `path` holds.
    pub async fn delete(&self, path: &str) -> Result<(), ApiError> {
        self.send(Method::DELETE, path, None, None).await.map(drop)
    }

    pub(super) async fn get_text(&self, path: &str) -> Result<String, ApiError> {
        self.send(Method::GET, path, None, None).await
    }

    /// Opens `path` for reading piece by piece.
    pub(super) async fn open(&self, path: &str, abort: Option<&web_sys::AbortSignal>) -> Result<Response, ApiError> {
        let key = self.session.key.get_untracked();
        let request = self.request(Method::GET, path).abort_signal(abort);
        let response = request.send().await.map_err(|_| ApiError::Network)?;
        if response.ok() {
            return Ok(response);
        }
        let error = ApiError::read(response.status(), "");
        self.heed(&error, key);
        Err(error)
    }

    /// Signs the reader out where the server does not take the key that a call was made with. An answer to
    /// one that was given up meanwhile says nothing of the present one.
    fn heed(&self, error: &ApiError, key: Option<String>) {
        if *error == ApiError::SignedOut && self.session.key.try_get_untracked() == Some(key.clone()) {
            self.session.refused.set_value(key.is_some());
            self.session.sign_out();
        }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.base.with_value(|base| format!("{base}{path}"));
        let request = RequestBuilder::new(&url).method(method);
        // What no header can hold is no key of ours: the server will say so.
        match self.session.key.get_untracked().filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic())) {
            Some(key) => request.header("authorization", &format!("Bearer {key}")),
            None => request,
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        revision: Option<u32>,
    ) -> Result<String, ApiError> {
        let key = self.session.key.get_untracked();
        let patience = web_sys::AbortSignal::timeout_with_u32(PATIENCE_MS);
        let mut request = self.request(method, path).abort_signal(Some(&patience));
        if let Some(revision) = revision {
            request = request.header("if-match", &format!("\"{revision}\""));
        }
        let sent = match body {
            Some(body) => match request.header("content-type", "application/json").body(body) {
                Ok(request) => request.send().await,
                Err(error) => Err(error),
            },
            None => request.send().await,
        };
        let response = sent.map_err(|_| ApiError::Network)?;
        let text = response.text().await.map_err(|_| ApiError::Network)?;
        if response.ok() {
            return Ok(text);
        }
        let error = ApiError::read(response.status(), &text);
        self.heed(&error, key);
        Err(error)
    }
}

fn to_json(body: &impl Serialize) -> String {
    // The interface's types have text keys only, which is all that serializing could fail for.
    serde_json::to_string(body).unwrap_or_default()
}

/// Reads an answer; no content reads as `null`.
pub(super) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    let text = if text.is_empty() { "null" } else { text };
    super::read(text).ok_or(ApiError::Unexpected { status: 200 })
}
