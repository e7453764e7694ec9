//! A resolver that answers what it is told, a DNS server that changes its mind, and a dialler that
//! keeps a record of where connections were to go.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;
use hookboard_server::guard::{Dial, Resolve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Lookup = dyn Fn(&str) -> Option<Vec<IpAddr>> + Send + Sync;

/// Names answered by a function; none is an error.
#[derive(Clone)]
pub(crate) struct Answers(Arc<Lookup>);

impl Answers {
    pub(crate) fn new(answer: impl Fn(&str) -> Option<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(answer))
    }
}

impl std::fmt::Debug for Answers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Answers")
    }
}

impl Resolve for Answers {
    fn resolve<'r>(&'r self, name: &'r str) -> BoxFuture<'r, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { (self.0)(name).ok_or_else(|| io::Error::other("Name or service not known")) })
    }
}

/// Keeps where connections were to go. They go to a receiver of the test, or nowhere.
#[derive(Debug, Clone)]
pub(crate) struct Recorder {
    connected: Arc<Mutex<Vec<SocketAddr>>>,
    receiver: Option<SocketAddr>,
}

impl Recorder {
    /// Refuses all connections.
    pub(crate) fn refusing() -> Self {
        Self { connected: Arc::default(), receiver: None }
    }

    /// Leads all connections to a receiver that answers 204, also to what speaks TLS: what is asked is
    /// where they were to go.
    pub(crate) fn to_a_receiver() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let receiver = listener.local_addr().expect("address");
        listener.set_nonblocking(true).expect("nonblocking");
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("listener");
                while let Ok((mut stream, _)) = listener.accept().await {
                    tokio::spawn(async move {
                        let mut request = Vec::new();
                        // The first byte of TLS is 22.
                        let whole = |request: &[u8]| request.ends_with(b"}") || request.first() == Some(&22);
                        while !whole(&request) && stream.read_buf(&mut request).await.unwrap_or(0) > 0 {}
                        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
                    });
                }
            });
        });
        Self { connected: Arc::default(), receiver: Some(receiver) }
    }

    /// Where connections were to go, in order.
    pub(crate) fn connected(&self) -> Vec<SocketAddr> {
        self.connected.lock().expect("record").clone()
    }
}

impl Dial for Recorder {
    fn dial<'d>(&'d self, addresses: &'d [SocketAddr]) -> BoxFuture<'d, io::Result<TcpStream>> {
        Box::pin(async move {
            let wanted = if self.receiver.is_some() { &addresses[..1] } else { addresses };
            self.connected.lock().expect("record").extend(wanted);
            TcpStream::connect(self.receiver.ok_or(io::ErrorKind::ConnectionRefused)?).await
        })
    }
}

/// A DNS server on the loopback.
pub(crate) struct Dns {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    answers: Arc<Mutex<Vec<Vec<IpAddr>>>>,
}

impl Dns {
    pub(crate) fn start() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("bound");
        let address = socket.local_addr().expect("address");
        let asked = Arc::new(AtomicUsize::new(0));
        let answers: Arc<Mutex<Vec<Vec<IpAddr>>>> = Arc::default();
        let (count, known) = (Arc::clone(&asked), Arc::clone(&answers));
        std::thread::spawn(move || {
            let mut packet = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut packet) {
                // Both kinds of address of one look-up are of one answer.
                let turn = count.fetch_add(1, Ordering::SeqCst) / 2;
                let known = known.lock().expect("answers");
                let addresses = known.get(turn % known.len().max(1)).cloned().unwrap_or_default();
                let _ = socket.send_to(&reply(&packet[..length], &addresses), from);
            }
        });
        Self { address, asked, answers }
    }

    /// Questions so far.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What every name has from now on.
    pub(crate) fn answer(&self, addresses: &[&str]) {
        *self.answers.lock().expect("answers") = vec![parsed(addresses)];
    }

    /// Two answers in turn.
    pub(crate) fn alternate(&self, one: &[&str], other: &[&str]) {
        *self.answers.lock().expect("answers") = vec![parsed(one), parsed(other)];
    }

    pub(crate) fn resolver(&self) -> Asking {
        Asking(self.address)
    }
}

fn parsed(addresses: &[&str]) -> Vec<IpAddr> {
    addresses.iter().map(|address| address.parse().expect("address")).collect()
}

/// The answer to a question: RFC 1035, section 4.1.
fn reply(question: &[u8], addresses: &[IpAddr]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).expect("a name's end") + 5;
    let kind = u16::from_be_bytes([question[end - 4], question[end - 3]]);
    let records: Vec<Vec<u8>> = addresses
        .iter()
        .filter_map(|address| match address {
            IpAddr::V4(four) if kind == 1 => Some(four.octets().to_vec()),
            IpAddr::V6(six) if kind == 28 => Some(six.octets().to_vec()),
            _ => None,
        })
        .collect();
    let mut packet = question[..2].to_vec();
    packet.extend([0x81, 0x80, 0, 1, 0, u8::try_from(records.len()).expect("few"), 0, 0, 0, 0]);
    packet.extend(&question[12..end]);
    for record in records {
        packet.extend([0xc0, 12]);
        packet.extend(kind.to_be_bytes());
        // Class IN, no time to live.
        packet.extend([0, 1, 0, 0, 0, 0, 0, u8::try_from(record.len()).expect("short")]);
        packet.extend(record);
    }
    packet
}

/// A resolver that asks a DNS server and keeps nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asking(SocketAddr);

impl Resolve for Asking {
    fn resolve<'r>(&'r self, name: &'r str) -> BoxFuture<'r, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let socket = tokio::net::UdpSocket::bind("127.0.0.1:0").await?;
            socket.connect(self.0).await?;
            let mut found = Vec::new();
            for kind in [1, 28] {
                let mut question = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
                for label in name.split('.') {
                    question.push(u8::try_from(label.len()).expect("short"));
                    question.extend(label.bytes());
                }
                question.extend([0, 0, kind, 0, 1]);
                socket.send(&question).await?;
                let mut answer = [0; 512];
                let length = socket.recv(&mut answer).await?;
                let mut rest = &answer[question.len()..length];
                while let Some((record, after)) = rest.split_at_checked(12) {
                    let (bytes, after) = after.split_at(usize::from(record[11]));
                    found.extend(<[u8; 4]>::try_from(bytes).map(IpAddr::from).ok());
                    found.extend(<[u8; 16]>::try_from(bytes).map(IpAddr::from).ok());
                    rest = after;
                }
            }
            Ok(found)
        })
    }
}
