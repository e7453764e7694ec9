//! Traces for an `OpenTelemetry` collector: a span for what a call brings in, and one for each attempt to
//! deliver what came of it, in the caller's trace where the call names one (W3C `traceparent`).
//!
//! No span holds a secret, a payload or an address beyond the receiver's host.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hookboard_api::delivery::{Exchange, OutcomeCode};
use hookboard_api::event::Accepted;
use http_body_util::{BodyExt, Full, Limited};
use hyper::client::conn::http1;
use hyper::header;
use hyper_util::rt::TokioIo;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanId, SpanKind, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer as _,
    TracerProvider as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider, Span};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use crate::db::queue::Claimed;
use crate::db::{Db, figures};

/// How long a collector may take for one batch.
const EXPORT_IN: Duration = Duration::from_secs(10);
/// Longest answer of a collector, in bytes.
const MAX_ANSWER: usize = 64 * 1024;
/// Events whose trace is kept in memory for the attempts that follow. Attempts of older ones, and of those
/// from before a start, begin a trace of their own.
const KEPT: usize = 10_000;

tokio::task_local! {
    /// The span of the caller of this call.
    static CALLER: SpanContext;
}

/// Where spans go.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
    traces: Mutex<Traces>,
}

/// The span that took an event in, by the event's id, and the ids in their order.
#[derive(Debug, Default)]
struct Traces(HashMap<String, SpanContext>, VecDeque<String>);

impl Telemetry {
    /// Begins to send to `endpoint`, from within a runtime. What does not arrive is logged and lost; nothing
    /// waits for it.
    pub fn start(endpoint: &Url, tls: &Arc<ClientConfig>) -> Self {
        let mut url = endpoint.clone();
        url.set_path(&format!("{}/v1/traces", endpoint.path().trim_end_matches('/')));
        let client = Client { tls: Arc::clone(tls), runtime: Handle::current() };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpJson)
            .with_endpoint(url.as_str())
            .with_timeout(EXPORT_IN)
            .build();
        let resource = Resource::builder_empty()
            .with_attribute(KeyValue::new("service.name", "hookboard"))
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let builder = SdkTracerProvider::builder().with_resource(resource);
        let provider = match exporter {
            Ok(exporter) => builder.with_batch_exporter(exporter).build(),
            Err(error) => {
                tracing::error!(%error, "no traces are sent");
                builder.build()
            }
        };
        let tracer = provider.tracer("hookboard");
        Self { provider, tracer, traces: Mutex::default() }
    }

    /// Sends what is left. It blocks for as long as the collector takes.
    pub fn stop(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(EXPORT_IN) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }

    /// News come in from `source`.
    pub fn accept(&self, source: &'static str) -> AcceptSpan<'_> {
        let parent =
            CALLER.try_with(Clone::clone).map(|span| Context::new().with_remote_span_context(span)).unwrap_or_default();
        let builder = self.tracer.span_builder("accept").with_kind(SpanKind::Server);
        let builder = builder.with_attributes([KeyValue::new("hookboard.source", source)]);
        let mut span = self.tracer.build_with_context(builder, &parent);
        // Dropped before it took anything, it took nothing.
        span.set_status(Status::error("not stored"));
        AcceptSpan { telemetry: self, span }
    }

    /// An attempt to send `delivery` begins.
    pub async fn attempt(&self, db: &Db, delivery: &Claimed) -> AttemptSpan {
        // Without the event the span stands by itself.
        let event = figures::event_of(db, &delivery.id).await.unwrap_or_default().unwrap_or_default();
        let parent = self.traces.lock().unwrap_or_else(PoisonError::into_inner).0.get(&event).cloned();
        let parent = parent.map(|span| Context::new().with_remote_span_context(span)).unwrap_or_default();
        let host = Url::parse(&delivery.webhook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
        let builder = self.tracer.span_builder("attempt").with_kind(SpanKind::Client).with_attributes([
            KeyValue::new("hookboard.event.id", event),
            KeyValue::new("hookboard.delivery.id", delivery.id.clone()),
            KeyValue::new("hookboard.webhook.id", delivery.webhook_id.clone()),
            KeyValue::new("hookboard.attempt", i64::from(delivery.attempts) + 1),
            KeyValue::new("server.address", host.unwrap_or_default()),
        ]);
        AttemptSpan(self.tracer.build_with_context(builder, &parent))
    }
}

/// Runs `call` as one of the caller that `traceparent` names.
pub async fn called_by<F: Future>(traceparent: Option<&str>, call: F) -> F::Output {
    match traceparent.and_then(caller) {
        Some(span) => CALLER.scope(span, call).await,
        None => call.await,
    }
}

/// The span of a `traceparent` (W3C Trace Context, section 3.2.2); none for a malformed one.
fn caller(traceparent: &str) -> Option<SpanContext> {
    let mut parts = traceparent.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex =
        |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let whole = is_hex(version, 2) && is_hex(trace, 32) && is_hex(span, 16) && is_hex(flags, 2);
    // Later versions may add parts; the first one has none.
    if !whole || version == "ff" || (version == "00" && parts.next().is_some()) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    Some(SpanContext::new(trace, span, flags, true, TraceState::NONE)).filter(SpanContext::is_valid)
}

/// The span of news that come in. It ends when it is dropped.
pub struct AcceptSpan<'t> {
    telemetry: &'t Telemetry,
    span: Span,
}

impl AcceptSpan<'_> {
    /// The news are on disk.
    pub fn took(&mut self, accepted: &[Accepted]) {
        self.span.set_status(Status::Ok);
        let count = i64::try_from(accepted.len()).unwrap_or(i64::MAX);
        self.span.set_attribute(KeyValue::new("hookboard.events", count));
        if let [only] = accepted {
            self.span.set_attribute(KeyValue::new("hookboard.event.id", only.id.clone()));
        }
        let mut traces = self.telemetry.traces.lock().unwrap_or_else(PoisonError::into_inner);
        for one in accepted.iter().filter(|one| one.matched > 0 && !one.duplicate) {
            let Traces(spans, order) = &mut *traces;
            spans.insert(one.id.clone(), self.span.span_context().clone());
            order.push_back(one.id.clone());
            if order.len() > KEPT
                && let Some(oldest) = order.pop_front()
            {
                spans.remove(&oldest);
            }
        }
    }
}

/// The span of an attempt. It ends when it is dropped.
pub struct AttemptSpan(Span);

impl AttemptSpan {
    /// The attempt ended so.
    pub fn ended(&mut self, exchange: &Exchange) {
        let outcome = exchange.outcome.as_str();
        self.0.set_attribute(KeyValue::new("hookboard.outcome", outcome));
        if let Some(status) = exchange.status {
            self.0.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
        }
        self.0.set_status(if exchange.outcome == OutcomeCode::Ok { Status::Ok } else { Status::error(outcome) });
    }
}

/// Sends what the exporter's own thread hands it, on the server's runtime and by its TLS.
struct Client {
    tls: Arc<ClientConfig>,
    runtime: Handle,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

type Sent<'s> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 's>>;

impl HttpClient for Client {
    fn send_bytes<'s, 'f>(&'s self, request: Request<Bytes>) -> Sent<'f>
    where
        's: 'f,
        Self: 'f,
    {
        let tls = Arc::clone(&self.tls);
        // The exporter's thread is none of the runtime's: its clock is there within the task only.
        let sent = self.runtime.spawn(async { tokio::time::timeout(EXPORT_IN, send(tls, request)).await });
        Box::pin(async move {
            let sent = match sent.await {
                Ok(Ok(sent)) => sent,
                Ok(Err(_)) => Err(HttpError::from("no answer in 10 s")),
                Err(error) => Err(error.into()),
            };
            match &sent {
                Ok(answer) if answer.status().is_success() => {}
                Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "the collector refused traces"),
                Err(error) => tracing::warn!(%error, "traces were not sent"),
            }
            sent
        })
    }
}

async fn send(tls: Arc<ClientConfig>, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
    let url = Url::parse(&request.uri().to_string())?;
    let host = url.host_str().unwrap_or_default().to_owned();
    let stream =
        TcpStream::connect((host.trim_matches(['[', ']']), url.port_or_known_default().unwrap_or(4318))).await?;
    if url.scheme() == "https" {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
        let stream = TlsConnector::from(tls).connect(name, stream).await?;
        post(stream, &url, request).await
    } else {
        post(stream, &url, request).await
    }
}

async fn post(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    mut request: Request<Bytes>,
) -> Result<Response<Bytes>, HttpError> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    *request.uri_mut() = url.path().parse()?;
    let host = url.port().map_or_else(
        || url.host_str().unwrap_or_default().to_owned(),
        |port| format!("{}:{port}", url.host_str().unwrap_or_default()),
    );
    request.headers_mut().insert(header::HOST, host.parse()?);
    let (parts, body) = sender.send_request(request.map(Full::new)).await?.into_parts();
    let body = Limited::new(body, MAX_ANSWER).collect().await?.to_bytes();
    Ok(Response::from_parts(parts, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_is_read_as_w3c_trace_context_says() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let span = caller(good).expect("a caller");
        assert_eq!(span.trace_id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(span.span_id().to_string(), "00f067aa0ba902b7");
        assert!(span.is_sampled() && span.is_remote());
        assert!(caller(&good.replacen("00", "cc", 1)).is_some(), "a later version");
        assert!(caller(&format!("cc{}-more", &good[2..])).is_some());
        for malformed in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert!(caller(malformed).is_none(), "{malformed}");
        }
    }
}
