//! Sending calls: base address, key, JSON in and out.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use gloo_net::http::{Method, RequestBuilder, Response};
use leptos::prelude::*;
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    ApiError, Cache, Host,
    once::{Lost, random_key},
    tab::storage,
};
use crate::{frame::FirstFrame, life::Life, mode::Mode};

/// How long an answer is waited for, in milliseconds: longer than any webhook that is tested may take.
const PATIENCE_MS: u32 = 90_000;

/// Where the tab keeps its key.
const STORED_KEY: &str = "hookboard.key";

/// Who the reader is. A key lives in memory, and on the page also as long as the tab. A host that gives keys keeps
/// them itself: it is asked before each call.
#[derive(Clone, Copy)]
pub struct Session {
    key: RwSignal<Option<String>>,
    refused: StoredValue<bool>,
    mode: Mode,
    source: StoredValue<Option<js_sys::Function>, LocalStorage>,
}

impl Session {
    /// A session that starts with `key`, or, on the page, with the tab's own. Or one whose keys come from
    /// `source`, which is given the key that was refused, if one was, and promises another.
    pub fn new(key: Option<String>, mode: Mode, source: Option<js_sys::Function>) -> Self {
        let stored = || storage().and_then(|storage| storage.get_item(STORED_KEY).ok().flatten());
        // Whoever has a host is signed in as far as this page can say.
        let key = if source.is_some() { Some(String::new()) } else { key };
        let key = key.or_else(|| mode.is_page().then(stored).flatten());
        let source = StoredValue::new_local(source);
        Self { key: RwSignal::new(key), refused: StoredValue::new(false), mode, source }
    }

    /// The key to call with now, in place of one that was `refused`.
    async fn current(&self, refused: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(source) = self.source.get_value() else { return Ok(self.key.get_untracked()) };
        let promised = source.call1(&JsValue::NULL, &refused.map_or(JsValue::UNDEFINED, JsValue::from));
        let promised = promised.and_then(JsCast::dyn_into::<js_sys::Promise>).map_err(|_| ApiError::NoKey)?;
        match JsFuture::from(promised).await {
            Ok(key) => key.as_string().ok_or(ApiError::NoKey).map(Some),
            Err(error) => {
                let name = js_sys::Reflect::get(&error, &"name".into()).ok().and_then(|name| name.as_string());
                Err(if name.as_deref() == Some("TimeoutError") { ApiError::LateKey } else { ApiError::NoKey })
            }
        }
    }

    /// Tells whoever gives the keys what came of a call with `key`.
    fn judge(&self, key: Option<&str>, refused: bool) {
        if let Some(source) = self.source.get_value() {
            // What is told has no answer.
            let _ = source.call2(&JsValue::NULL, &key.map_or(JsValue::UNDEFINED, JsValue::from), &refused.into());
        }
    }

    fn has_source(&self) -> bool {
        self.source.with_value(Option::is_some)
    }

    /// The key, or none for a reader who is signed out.
    pub const fn key(&self) -> RwSignal<Option<String>> {
        self.key
    }

    /// What the mount is in its document.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the reader was signed out since the server did not take the key.
    pub fn was_refused(&self) -> bool {
        self.refused.get_value()
    }

    /// Takes `key` from now on.
    pub fn sign_in(&self, key: &str) {
        self.refused.set_value(false);
        if self.mode.is_page()
            && let Some(storage) = storage()
        {
            // A tab that may not store keeps the key in memory.
            let _ = storage.set_item(STORED_KEY, key);
        }
        self.key.set(Some(key.to_owned()));
    }

    /// Forgets the key.
    pub fn sign_out(&self) {
        if self.mode.is_page()
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
    life: StoredValue<Life, LocalStorage>,
    frame: StoredValue<FirstFrame, LocalStorage>,
    host: StoredValue<Host, LocalStorage>,
    lost: StoredValue<Lost>,
}

/// The client of this mount.
pub fn use_client() -> Client {
    expect_context()
}

impl Client {
    /// A client of the interface at `base`, such as `/api/v1`, whose calls end with `life`.
    pub fn new(base: &str, session: Session, life: Life, host: Host) -> Self {
        Self {
            base: StoredValue::new(base.trim_end_matches('/').to_owned()),
            session,
            cache: Cache::default(),
            frame: StoredValue::new_local(FirstFrame::of(life.clone())),
            life: StoredValue::new_local(life),
            host: StoredValue::new_local(host),
            lost: StoredValue::new(Lost::default()),
        }
    }

    /// The life of the mount, if it is still there.
    pub(super) fn life(&self) -> Option<Life> {
        self.life.try_get_value()
    }

    /// Comes back when the mount's first frame stands.
    pub async fn first_frame(self) {
        if let Some(frame) = self.frame.try_get_value() {
            frame.stands().await;
        }
    }

    /// What joins others of the browser, where there is something.
    pub(super) fn share(&self) -> Option<js_sys::Function> {
        self.host.try_get_value()?.share
    }

    /// Tells the host that a part of the page did not come.
    pub fn tell_missing(&self) {
        let _ = self.host.try_with_value(Host::tell_missing);
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

    /// Asks `path` to do something.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        parse(&self.send(Method::POST, path, Some(to_json(body)), None).await?)
    }

    /// Creates below `path`. Where the answer is lost and the same is asked for again, nothing more is made.
    pub async fn create<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ApiError> {
        parse(&self.create_once(path.to_owned(), to_json(body)).await?)
    }

    async fn create_once(self, path: String, body: String) -> Result<String, ApiError> {
        let again = self.lost.try_update_value(|lost| lost.take(&path, &body)).flatten();
        let once = again.unwrap_or_else(random_key);
        let call = Call {
            method: Method::POST,
            path: path.clone(),
            body: Some(body.clone()),
            once: Some(once.clone()),
            ..Call::default()
        };
        let answer = self.call(call).await;
        if matches!(answer, Err(ApiError::Network | ApiError::Unexpected { .. })) {
            let _ = self.lost.try_update_value(|lost| lost.keep(path, body, once));
        }
        Ok(answer?.1)
    }

    /// Sends a text of this media type.
    pub async fn post_text<T: DeserializeOwned>(
        &self,
        path: &str,
        media_type: &'static str,
        text: String,
    ) -> Result<T, ApiError> {
        let call =
            Call { method: Method::POST, path: path.to_owned(), body: Some(text), media_type, ..Call::default() };
        parse(&self.call(call).await?.1)
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
        self.send(Method::DELETE, path, None, None).await?;
        // What is made after it is another one.
        let _ = self.lost.try_update_value(Lost::forget);
        Ok(())
    }

    /// Reads `path` as it is.
    pub async fn get_text(&self, path: &str) -> Result<String, ApiError> {
        self.send(Method::GET, path, None, None).await
    }

    /// Opens `path` for reading piece by piece, until `end`.
    pub(super) async fn open(&self, path: &str, end: Option<web_sys::AbortSignal>) -> Result<Response, ApiError> {
        let call = Call { path: path.to_owned(), end, is_stream: true, ..Call::default() };
        Ok(self.call(call).await?.0)
    }

    /// Signs the reader out where the server does not take the key that a call was made with. An answer to
    /// one that was given up meanwhile says nothing of the present one. Fine where the call is to be made again: a
    /// host is asked once for another key, and what fails then leaves the reader and the drafts where they are.
    fn recover(&self, error: ApiError, refused: &mut Option<String>, key: Option<String>) -> Result<(), ApiError> {
        if error != ApiError::SignedOut {
            return Err(error);
        }
        if refused.is_some() {
            self.session.judge(key.as_deref(), true);
            return Err(ApiError::NoKey);
        }
        if self.session.has_source() {
            *refused = key;
            return Ok(());
        }
        if self.session.key.get_untracked() == key {
            self.session.refused.set_value(key.is_some());
            self.session.sign_out();
        }
        Err(error)
    }

    fn request(&self, call: &Call, key: Option<&str>) -> RequestBuilder {
        let url = self.base.with_value(|base| format!("{base}{}", call.path));
        let request = RequestBuilder::new(&url).method(call.method.clone());
        // What no header can hold is no key of ours: the server will say so.
        match key.filter(|key| key.bytes().all(|byte| byte.is_ascii_graphic())) {
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
        let call = Call { method, path: path.to_owned(), body, revision, ..Call::default() };
        Ok(self.call(call).await?.1)
    }

    fn call(&self, call: Call) -> Calling {
        Calling { answer: Box::pin(self.answer(call)), life: self.life() }
    }

    /// Makes a call, with another key where the host has one in place of one that was refused. The answer and its
    /// text, which is left in a stream.
    async fn answer(self, call: Call) -> Result<(Response, String), ApiError> {
        let mut refused = None;
        loop {
            let key = self.session.current(refused.as_deref()).await?;
            let patience = || self.life.with_value(|life| life.or(web_sys::AbortSignal::timeout_with_u32(PATIENCE_MS)));
            let end = call.end.clone().unwrap_or_else(patience);
            let mut request = self.request(&call, key.as_deref()).abort_signal(Some(&end));
            if let Some(revision) = call.revision {
                request = request.header("if-match", &format!("\"{revision}\""));
            }
            if let Some(once) = &call.once {
                request = request.header("idempotency-key", once);
            }
            let sent = match &call.body {
                Some(body) => match request.header("content-type", call.media_type).body(body) {
                    Ok(request) => request.send().await,
                    Err(error) => Err(error),
                },
                None => request.send().await,
            };
            let response = sent.map_err(|_| ApiError::Network)?;
            if response.status() != 401 {
                self.session.judge(key.as_deref(), false);
            }
            if response.ok() && call.is_stream {
                return Ok((response, String::new()));
            }
            let text = response.text().await.map_err(|_| ApiError::Network)?;
            if response.ok() {
                self.tell(&call, &text);
                return Ok((response, text));
            }
            self.recover(ApiError::read(response.status(), &text), &mut refused, key)?;
        }
    }

    /// Tells the host what was changed.
    fn tell(&self, Call { method, path, .. }: &Call, answer: &str) {
        if *method != Method::GET {
            self.host.with_value(|host| host.tell_saved(method.as_ref(), path, answer));
        }
    }
}

/// A call to be made.
struct Call {
    method: Method,
    path: String,
    body: Option<String>,
    /// The body's media type.
    media_type: &'static str,
    revision: Option<u32>,
    /// Its `Idempotency-Key`.
    once: Option<String>,
    /// Ends it; otherwise time and the mount do.
    end: Option<web_sys::AbortSignal>,
    /// Read piece by piece.
    is_stream: bool,
}

impl Default for Call {
    fn default() -> Self {
        Self {
            method: Method::GET,
            path: String::new(),
            body: None,
            media_type: "application/json",
            revision: None,
            once: None,
            end: None,
            is_stream: false,
        }
    }
}

/// A call under way. One that is answered when the mount is gone never ends: nobody is there to read the answer.
struct Calling {
    answer: Pin<Box<dyn Future<Output = Result<(Response, String), ApiError>>>>,
    life: Option<Life>,
}

impl Future for Calling {
    type Output = Result<(Response, String), ApiError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.life.as_ref().is_none_or(Life::is_over) {
            return Poll::Pending;
        }
        self.answer.as_mut().poll(context)
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
