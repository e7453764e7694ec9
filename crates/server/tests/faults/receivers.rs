//! The receivers, each with what it does to a connection.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::certificates::{Certificate, Certificates};

/// A receiver's fault and what is to come of it.
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    pub(crate) scheme: &'static str,
    /// The outcome code; several where it is a race, divided by `|`.
    pub(crate) outcome: &'static str,
    /// What the message says among other things.
    pub(crate) words: &'static str,
    does: Does,
}

enum Does {
    /// Reads the request, then says this and closes.
    Says(&'static [u8]),
    /// Does this with the connection.
    Acts(fn(TcpStream)),
    /// Speaks TLS with this certificate.
    Tls(fn(&Certificates) -> &Certificate),
}

const fn says(name: &'static str, outcome: &'static str, words: &'static str, answer: &'static [u8]) -> Fault {
    Fault { name, scheme: "http", outcome, words, does: Does::Says(answer) }
}

const fn acts(name: &'static str, outcome: &'static str, words: &'static str, act: fn(TcpStream)) -> Fault {
    Fault { name, scheme: "http", outcome, words, does: Does::Acts(act) }
}

const fn tls(
    name: &'static str,
    outcome: &'static str,
    words: &'static str,
    certificate: fn(&Certificates) -> &Certificate,
) -> Fault {
    Fault { name, scheme: "https", outcome, words, does: Does::Tls(certificate) }
}

pub(crate) const FAULTS: &[Fault] = &[
    // Slow or silent.
    acts("never answers", "timeout", "no complete answer in 4", |stream| hold(&stream)),
    acts("drips its head", "timeout", "no complete answer", |stream| drip(stream, "HTTP/1.1 200 OK\r\nx: ")),
    acts("drips its body", "timeout", "no complete answer", |stream| {
        drip(stream, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
    }),
    acts("drips chunks", "timeout", "no complete answer", |mut stream| {
        request(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
        while stream.write_all(b"1\r\nx\r\n").is_ok() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }),
    acts("floods with 1xx", "timeout", "no complete answer", |stream| {
        flood(stream, b"", b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n");
    }),
    acts("never shakes hands", "timeout", "no complete answer", |stream| hold(&stream)).over_tls(),
    // Closes.
    acts("closes at once", "connect", "ended without an answer", drop),
    acts("closes after the request", "connect", "the receiver closed", |mut stream| request(&mut stream)),
    acts("closes its side only", "connect", "the receiver closed", |stream| {
        let _ = stream.shutdown(Shutdown::Write);
        hold(&stream);
    }),
    acts("resets before its head", "connect", "ended without an answer", |stream| reset(&stream, b"")),
    acts("resets in its head", "connect", "ended without an answer", |stream| reset(&stream, b"HTTP/1.1 200 OK\r\nx")),
    acts("resets in its body", "connect", "", |stream| {
        reset(&stream, b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc");
    }),
    says("ends in its body", "connect", "shorter than was announced", b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nabc"),
    says("ends in a chunk", "connect", "broke off", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nabc"),
    // Too much.
    acts("a gigabyte", "ok", "Delivered", |stream| {
        flood(stream, b"HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", &[b'x'; 65536]);
    }),
    acts("no end", "ok", "Delivered", |stream| flood(stream, b"HTTP/1.1 200 OK\r\n\r\n", &[b'x'; 65536])),
    acts("a gzip bomb", "ok", "Delivered", |mut stream| {
        request(&mut stream);
        let bomb = bomb(60_000);
        let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ";
        let _ = write!(stream, "{head}{}\r\n\r\n", bomb.len()).and_then(|()| stream.write_all(&bomb));
    }),
    acts("a head without end", "response_too_large", "over 64", |stream| flood(stream, b"HTTP/1.1 200 OK\r\nx: ", &[b'x'; 65536])),
    acts("headers without end", "response_too_large", "headers", |stream| {
        flood(stream, b"HTTP/1.1 200 OK\r\n", b"x-header: y\r\n");
    }),
    acts("a reason without end", "response_too_large", "over 64", |stream| flood(stream, b"HTTP/1.1 200 ", &[b'x'; 65536])),
    acts("2000 headers", "response_too_large", "1,024 headers", |mut stream| {
        request(&mut stream);
        let head = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "a: b\r\n".repeat(2000));
        let _ = stream.write_all(head.as_bytes());
    }),
    acts("an extension of a chunk without end", "connect", "chunks", |stream| {
        flood(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;", &[b'x'; 65536]);
    }),
    acts("trailers without end", "connect", "", |stream| {
        flood(stream, b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n", b"x: y\r\n");
    }),
    // Leads elsewhere.
    says("redirects inside", "redirect", "redirects are not followed", b"HTTP/1.1 307 Temporary Redirect\r\nlocation: http://169.254.169.254/latest/\r\ncontent-length: 0\r\n\r\n"),
    says("refreshes inside", "ok", "", b"HTTP/1.1 200 OK\r\nrefresh: 0; url=http://169.254.169.254/\r\nalt-svc: h2=\"169.254.169.254:80\"\r\ncontent-length: 0\r\n\r\n"),
    says("switches protocols", "unexpected_status", "101", b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"),
    // Says when to come again.
    says("retry-after a word", "http_5xx", "503", b"HTTP/1.1 503 No\r\nretry-after: soon\r\ncontent-length: 0\r\n\r\n"),
    says("retry-after a negative", "http_5xx", "503", b"HTTP/1.1 503 No\r\nretry-after: -86400\r\ncontent-length: 0\r\n\r\n"),
    says("retry-after empty", "http_4xx", "429", b"HTTP/1.1 429 No\r\nretry-after:\r\ncontent-length: 0\r\n\r\n"),
    says("retry-after a broken date", "http_5xx", "503", b"HTTP/1.1 503 No\r\nretry-after: Thu, 99 Foo 20260 25:61:61 GMT\r\ncontent-length: 0\r\n\r\n"),
    says("retry-after for ever", "http_5xx", "503", b"HTTP/1.1 503 No\r\nretry-after: 99999999999999999999999999\r\ncontent-length: 0\r\n\r\n"),
    says("retry-after the year 9999", "http_5xx", "503", b"HTTP/1.1 503 No\r\nretry-after: Wed, 29 Dec 9999 23:59:59 GMT\r\ncontent-length: 0\r\n\r\n"),
    // Bad TLS. The good one shows that the others fail for what they are.
    tls("good TLS", "ok", "Delivered", |certificates| &certificates.good),
    tls("a certificate that has ended", "tls", "expired", |certificates| &certificates.expired),
    tls("a certificate that has not begun", "tls", "not valid yet", |certificates| &certificates.not_yet),
    tls("a certificate of another name", "tls", "name", |certificates| &certificates.other_name),
    tls("a certificate of its own", "tls", "certificate", |certificates| &certificates.self_signed),
    says("plain HTTP on the port of TLS", "tls", "No encryption agreed", b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").over_tls(),
    says("an alert of TLS on the port of HTTP", "connect", "https://", b"\x15\x03\x01\x00\x02\x02\x46"),
    // Not HTTP/1.1.
    says("HTTP/0.9", "connect", "not HTTP/1.1", b"<html>hello</html>"),
    says("HTTP/2", "connect", "not HTTP/1.1", b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x80\x00\x04\x00\x01\x00\x00"),
    says("SSH", "connect", "not HTTP/1.1", b"SSH-2.0-OpenSSH_9.9\r\n"),
    says("NUL bytes", "connect", "not HTTP/1.1", &[0; 4096]),
    says("a header with NUL", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n"),
    says("a header with CR", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\nx: a\rset-cookie: b\r\ncontent-length: 0\r\n\r\n"),
    says("a header without a name", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\n: x\r\ncontent-length: 0\r\n\r\n"),
    says("a header that is no text", "ok", "Delivered", b"HTTP/1.1 200 OK\r\nx: \xff\xfe\xe9\r\ncontent-length: 2\r\n\r\n\xff\xfe"),
    says("status 600", "unexpected_status", "600", b"HTTP/1.1 600 Who Knows\r\ncontent-length: 0\r\n\r\n"),
    says("status 099", "connect", "not HTTP/1.1", b"HTTP/1.1 099 Who Knows\r\ncontent-length: 0\r\n\r\n"),
    says("status 1000", "connect", "not HTTP/1.1", b"HTTP/1.1 1000 Who Knows\r\ncontent-length: 0\r\n\r\n"),
    says("status minus one", "connect", "not HTTP/1.1", b"HTTP/1.1 -1 Who Knows\r\ncontent-length: 0\r\n\r\n"),
    says("a chunk's size that is none", "connect", "chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
    says("a chunk's size that overflows", "connect", "chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n"),
    says("a negative length", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n"),
    says("two lengths", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc"),
    says("a length that overflows", "connect", "not HTTP/1.1", b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\nabc"),
    // Odd, and yet an answer.
    says("HTTP/1.0", "ok", "Delivered", b"HTTP/1.0 200 OK\r\n\r\nabc"),
    says("a few 1xx first", "ok", "Delivered", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"),
    says("two answers", "ok", "Delivered", b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"),
    acts("answers before it has read", "http_4xx", "413", |stream| {
        head(&stream);
        let _ = (&stream).write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
        hold(&stream);
    }),
    acts("answers before it was asked", "ok|connect", "", |stream| {
        let _ = (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
        hold(&stream);
    }),
];

impl Fault {
    const fn over_tls(mut self) -> Self {
        self.scheme = "https";
        self
    }
}

/// Starts a receiver; it runs until the process ends.
pub(crate) fn start(fault: &'static Fault, certificates: &Certificates) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
    let address = listener.local_addr().expect("address");
    let config = match &fault.does {
        Does::Tls(choose) => Some(Arc::new(config(choose(certificates)))),
        Does::Says(_) | Does::Acts(_) => None,
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let config = config.clone();
            std::thread::spawn(move || serve(fault, config, stream));
        }
    });
    address
}

fn serve(fault: &Fault, config: Option<Arc<ServerConfig>>, mut stream: TcpStream) {
    match (&fault.does, config) {
        (Does::Acts(act), _) => act(stream),
        (Does::Says(answer), _) => {
            request(&mut stream);
            let _ = stream.write_all(answer);
        }
        (Does::Tls(_), Some(config)) => {
            let mut stream = StreamOwned::new(ServerConnection::new(config).expect("TLS"), stream);
            request(&mut stream);
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
        }
        (Does::Tls(_), None) => {}
    }
}

fn config(certificate: &Certificate) -> ServerConfig {
    let key = PrivateKeyDer::try_from(certificate.key.clone()).expect("a key");
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.certificate.clone())], key)
        .expect("TLS")
}

/// Reads to the end of the request: the payload is one JSON object. One of TLS ends with its first bytes.
fn request(stream: &mut impl Read) {
    let (mut read, mut bytes) = (Vec::new(), [0; 4096]);
    while let Ok(count @ 1..) = stream.read(&mut bytes) {
        read.extend_from_slice(&bytes[..count]);
        if read.ends_with(b"}") || read.first() == Some(&22) {
            return;
        }
    }
}

/// Reads the head of the request and not a byte more.
fn head(mut stream: &TcpStream) {
    let (mut read, mut byte) = (Vec::new(), [0]);
    while !read.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
        read.extend(byte);
    }
}

/// Reads, and is silent, until the other side closes.
fn hold(mut stream: &TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(1..) = stream.read(&mut bytes) {}
}

/// Says `answer` and closes with bytes unread, upon which the system resets the connection.
fn reset(mut stream: &TcpStream, answer: &[u8]) {
    let _ = stream.peek(&mut [0]);
    let _ = stream.write_all(answer);
}

/// Says `start`, then a byte every 20 ms.
fn drip(mut stream: TcpStream, start: &str) {
    request(&mut stream);
    let _ = stream.write_all(start.as_bytes());
    while stream.write_all(b"x").is_ok() {
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Says `start`, then `again` up to a gigabyte, as fast as it is taken.
fn flood(mut stream: TcpStream, start: &[u8], again: &[u8]) {
    request(&mut stream);
    let again = again.repeat(65_536 / again.len());
    let mut said = 0;
    let mut going = stream.write_all(start).is_ok();
    while going && said < 1 << 30 {
        going = stream.write_all(&again).is_ok();
        said += again.len();
    }
}

/// `size` bytes of gzip that would unpack to 159 times as many zeros: a deflate block of fixed codes
/// (RFC 1951, section 3.2.6) with a zero, then matches of length 258 at distance 1.
fn bomb(size: usize) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let (mut bits, mut count) = (0_u32, 0);
    let mut push = |bytes: &mut Vec<u8>, code: &str| {
        for bit in code.bytes() {
            bits |= u32::from(bit == b'1') << count;
            count += 1;
            if count == 8 {
                bytes.push(u8::try_from(bits).expect("a byte"));
                (bits, count) = (0, 0);
            }
        }
    };
    // The last block, of fixed codes; then the literal 0.
    push(&mut bytes, "110");
    push(&mut bytes, "00110000");
    while bytes.len() < size {
        push(&mut bytes, "11000101");
        push(&mut bytes, "00000");
    }
    bytes
}
