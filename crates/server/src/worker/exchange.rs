//! One HTTP exchange with a vetted target: a connection of its own to the judged address, every phase
//! timed and bounded, and no more of the answer read than is kept.

use std::error::Error;
use std::io;
use std::iter::successors;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hookboard_api::delivery::{Exchange, OutcomeCode};
use hookboard_api::limits::MAX_RESPONSE_BYTES;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::task::AbortOnDropHandle;

use crate::guard::Vetted;

/// How long a connection may take, over all addresses.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest head of an answer.
const MAX_HEAD_BYTES: usize = 64 * 1024;
/// Most headers of an answer. Each takes 64 bytes of memory while the head is read.
const MAX_HEADERS: usize = 1024;

/// A duration in milliseconds with three decimals.
pub(super) fn ms(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

struct Ended {
    outcome: OutcomeCode,
    message: String,
}

fn ended(outcome: OutcomeCode, message: impl Into<String>) -> Ended {
    Ended { outcome, message: message.into() }
}

fn head_too_large() -> Ended {
    ended(
        OutcomeCode::ResponseTooLarge,
        "The answer's head is over 64\u{a0}KiB or has more than 1,024 headers. Send fewer or shorter headers.",
    )
}

/// Posts `body` and writes into `result` what happened. `started` is when the look-up began: the bound
/// of `timeout_s` holds for all of it.
pub(super) async fn run(
    tls: &Arc<ClientConfig>,
    target: &Vetted,
    headers: &[(String, String)],
    body: &str,
    timeout_s: u32,
    started: Instant,
    result: &mut Exchange,
) {
    let bound = Duration::from_secs(u64::from(timeout_s));
    // Outside of the exchange, so that a timeout leaves what has arrived.
    let mut kept = Vec::new();
    let exchange = exchange(tls, target, headers, body, result, &mut kept);
    let end = match tokio::time::timeout(bound.saturating_sub(started.elapsed()), exchange).await {
        Ok(Ok(end) | Err(end)) => end,
        Err(_) => ended(
            OutcomeCode::Timeout,
            format!(
                "Timed out: no complete answer in {timeout_s}\u{a0}s. Answer sooner and work afterwards, or raise the webhook's timeout."
            ),
        ),
    };
    result.outcome = end.outcome;
    result.message = end.message;
    result.response_body = String::from_utf8_lossy(&kept).into_owned();
    result.timings.total_ms = ms(started.elapsed());
}

async fn exchange(
    tls: &Arc<ClientConfig>,
    target: &Vetted,
    headers: &[(String, String)],
    body: &str,
    result: &mut Exchange,
    kept: &mut Vec<u8>,
) -> Result<Ended, Ended> {
    let clock = Instant::now();
    let stream = tokio::time::timeout(CONNECT_TIMEOUT, connect(target))
        .await
        .map_err(|_| {
            ended(
                OutcomeCode::Connect,
                "No connection in 5\u{a0}s. Check that the receiver runs and that no firewall is between.",
            )
        })?
        .map_err(|error| {
            ended(
                OutcomeCode::Connect,
                format!("No connection: {}. Check that the receiver runs at this address and port.", words(&error)),
            )
        })?;
    result.timings.connect_ms = Some(ms(clock.elapsed()));
    if target.url().scheme() == "https" {
        let clock = Instant::now();
        let name = ServerName::try_from(target.host().to_owned()).map_err(|_| {
            ended(OutcomeCode::Tls, "The host's name cannot be checked against a certificate. Check the URL.")
        })?;
        let stream = TlsConnector::from(Arc::clone(tls)).connect(name, stream).await.map_err(|error| {
            ended(
                OutcomeCode::Tls,
                format!("No encryption agreed: {}. Check the receiver's certificate.", words(&error)),
            )
        })?;
        result.timings.tls_ms = Some(ms(clock.elapsed()));
        post(stream, target, headers, body, result, kept).await
    } else {
        post(stream, target, headers, body, result, kept).await
    }
}

async fn connect(target: &Vetted) -> io::Result<TcpStream> {
    let stream = target.connect().await?;
    // Head and body leave in one piece each; waiting for an acknowledgement between them costs 40 ms.
    stream.set_nodelay(true)?;
    Ok(stream)
}

async fn post(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    target: &Vetted,
    headers: &[(String, String)],
    body: &str,
    result: &mut Exchange,
    kept: &mut Vec<u8>,
) -> Result<Ended, Ended> {
    let clock = Instant::now();
    let failed = |error: &hyper::Error| match error {
        error if error.is_parse_too_large() => head_too_large(),
        error if error.is_parse() => not_http(error, target.url()),
        error => ended(
            OutcomeCode::Connect,
            format!("The connection ended without an answer: {}. Check the receiver's log.", cause(error)),
        ),
    };
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD_BYTES)
        .max_headers(MAX_HEADERS)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failed(&error))?;
    // A timeout drops this future, and the connection with it.
    let _driver = AbortOnDropHandle::new(tokio::spawn(connection));
    let request = request(target, headers, body).map_err(|_| {
        // Names and plain values were checked when the webhook was saved: what is left is a secret.
        let words =
            "A secret that is sent as a header holds a line break or another control character. Replace its value.";
        ended(OutcomeCode::SecretMissing, words)
    })?;
    let answer = sender.send_request(request).await.map_err(|error| failed(&error));
    match answer {
        Ok(response) => {
            result.timings.wait_ms = Some(ms(clock.elapsed()));
            let clock = Instant::now();
            let status = response.status();
            result.status = Some(status.as_u16());
            // The reader's own bound is coarse: it grows its buffer in steps past it.
            if response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum::<usize>()
                > MAX_HEAD_BYTES
            {
                return Err(head_too_large());
            }
            result.response_headers = response
                .headers()
                .iter()
                .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
                .collect();
            let read = read(response, kept, &mut result.response_cut).await;
            result.timings.read_ms = Some(ms(clock.elapsed()));
            match read {
                Err(error) if status.is_success() => Err(ended(
                    OutcomeCode::Connect,
                    format!("The answer broke off: {}. Check the receiver's log.", cause(&error)),
                )),
                _ => Ok(judge(status)),
            }
        }
        Err(end) => Err(end),
    }
}

fn request(
    target: &Vetted,
    headers: &[(String, String)],
    body: &str,
) -> Result<Request<Full<Bytes>>, hyper::http::Error> {
    let url = target.url();
    let path = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
    let host = url.port().map_or_else(
        || url.host_str().unwrap_or_default().to_owned(),
        |port| format!("{}:{port}", url.host_str().unwrap_or_default()),
    );
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(header::HOST, host)
        .header(header::CONNECTION, "close");
    for (name, value) in headers {
        request = request.header(name.as_str(), value.as_str());
    }
    request.body(Full::new(Bytes::copy_from_slice(body.as_bytes())))
}

/// Reads what is kept of the answer's body; `cut` says whether there was more.
async fn read(response: Response<Incoming>, kept: &mut Vec<u8>, cut: &mut bool) -> Result<(), hyper::Error> {
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await.transpose()? {
        let Some(bytes) = frame.data_ref() else {
            continue;
        };
        let room = MAX_RESPONSE_BYTES - kept.len();
        kept.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or(bytes));
        if bytes.len() > room {
            *cut = true;
            break;
        }
    }
    Ok(())
}

fn not_http(error: &hyper::Error, url: &url::Url) -> Ended {
    let advice = match url.scheme() {
        // A receiver of encrypted connections answers plain ones with an alert of TLS.
        "http" => "Check the URL's host and port; where the receiver takes encrypted connections, write https://.",
        _ => "Check the URL's host and port.",
    };
    ended(OutcomeCode::Connect, format!("It answered with something that is not HTTP/1.1 ({error}). {advice}"))
}

/// Why a connection ended, in words.
fn cause(error: &hyper::Error) -> String {
    let mut causes = successors(error.source(), |&cause| cause.source());
    let io = causes.find_map(|cause| cause.downcast_ref::<io::Error>());
    match io.map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionReset) => String::from("the receiver reset the connection"),
        Some(io::ErrorKind::UnexpectedEof) => String::from("it is shorter than was announced"),
        Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput) => {
            String::from("its chunks are not written as HTTP/1.1 asks for")
        }
        Some(_) => io.map(words).unwrap_or_default(),
        None if error.is_canceled() => String::from("the receiver closed it, or sent something before it was asked"),
        None if error.is_incomplete_message() => String::from("the receiver closed the connection"),
        None => error.to_string(),
    }
}

fn judge(status: StatusCode) -> Ended {
    let name = status
        .canonical_reason()
        .map_or_else(|| status.as_u16().to_string(), |reason| format!("{} {reason}", status.as_u16()));
    if status.is_success() {
        ended(OutcomeCode::Ok, format!("Delivered: answered {name}."))
    } else if status.is_redirection() {
        ended(
            OutcomeCode::Redirect,
            format!("Answered {name}; redirects are not followed. Set the webhook's URL to the final address."),
        )
    } else if status == StatusCode::GONE {
        ended(OutcomeCode::Http4xx, "Answered 410 Gone, which pauses the webhook. Resume it once the receiver is back.")
    } else if status.is_client_error() {
        ended(OutcomeCode::Http4xx, format!("Refused: answered {name}. The answer's body may say why."))
    } else if !status.is_server_error() {
        let words =
            format!("Answered {name}, which is no status of a finished request. Answer with a 2xx once it is taken.");
        ended(OutcomeCode::UnexpectedStatus, words)
    } else {
        ended(OutcomeCode::Http5xx, format!("Failed: answered {name}. The receiver's log may say why."))
    }
}

/// The system's words without its error number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut characters = text.chars();
    characters.next().map(|first| first.to_lowercase().chain(characters).collect()).unwrap_or_default()
}
