//! How many events a server accepts and how many webhooks it delivers in a second, and how long one takes from
//! the call to the receiver, next to what the machine can do: `load <hookboard> [<postgres URL of a server>]`. Where
//! `HOOKBOARD_FILL` names the program that fills a database, also how much memory a server takes on a large one.
//!
//! All of it shares the machine's cores: the client that sends, the server, the database and the receiver.

#![allow(missing_docs, clippy::expect_used, reason = "a program that measures stops where it cannot go on")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

type Fault = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Fault>;

/// Webhooks, each of its own registry: with 8 in flight each, they fill the worker.
const WEBHOOKS: u64 = 8;
/// Connections of the client.
const CONNECTIONS: u64 = 64;
/// Deliveries of a large database.
const STORED: u64 = 1_000_000;
/// Events of a throughput run.
const EVENTS: u64 = 20_000;
/// Events of a latency run, and how many of them a second.
const PACED: u64 = 1_000;
const PACE: u64 = 200;
/// What the delivery engine is held to, a second, on SQLite and two cores.
const ACCEPT_LIMIT: f64 = 2_000.0;
const DELIVER_LIMIT: f64 = 1_500.0;

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let binary: PathBuf = arguments.next().ok_or("usage: load <hookboard> [<postgres URL>]")?.into();
    let postgres = arguments.next();
    let receiver = Receiver::start().await?;
    let machine = Machine::measure(&receiver).await?;
    println!("the machine's own\n{machine}\n");
    println!(
        "{:<24} {:>12} {:>12} {:>12} {:>10} {:>10}",
        "", "accepted/s", "in 500s/s", "delivered/s", "p50 ms", "p99 ms"
    );
    let mut missed = 0;
    let folder = scratch("sqlite")?;
    let figures = run(&binary, &folder, None, 1, &receiver).await?;
    println!("{:<24} {figures}", "SQLite");
    missed += u32::from(figures.accepted < ACCEPT_LIMIT) + u32::from(figures.delivered < DELIVER_LIMIT);
    if let Some(server) = &postgres {
        for workers in [1, 2, 4] {
            let folder = scratch(&format!("postgres-{workers}"))?;
            let figures = run(&binary, &folder, Some(server), workers, &receiver).await?;
            println!("{:<24} {figures}", format!("Postgres, {workers} workers"));
        }
    }
    println!(
        "\nSQLite accepted {:.2} and delivered {:.2} of its limits of {ACCEPT_LIMIT} and {DELIVER_LIMIT}{}",
        figures.accepted / ACCEPT_LIMIT,
        figures.delivered / DELIVER_LIMIT,
        if missed > 0 { ": MISSED" } else { "" }
    );
    println!(
        "SQLite accepted {:.2} events for each of the disk's syncs, and {:.2} of the client's bare POSTs; it delivered {:.2} of the bare POSTs over connections of their own",
        figures.accepted / machine.syncs,
        figures.accepted / machine.kept,
        figures.delivered / machine.single
    );
    if let Ok(fill) = std::env::var("HOOKBOARD_FILL") {
        grown(&binary, Path::new(&fill)).await?;
    }
    Ok(())
}

fn scratch(name: &str) -> Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("hookboard-load-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// What the machine can do without Hookboard.
struct Machine {
    /// Writes of 4 KiB that are on disk, one after another, a second.
    syncs: f64,
    /// POSTs over connections that are kept, a second.
    kept: f64,
    /// POSTs over a connection each, a second.
    single: f64,
}

impl Machine {
    async fn measure(receiver: &Receiver) -> Result<Self> {
        let body = Bytes::from(event(0).to_string());
        Ok(Self {
            syncs: syncs()?,
            kept: {
                let began = Instant::now();
                post_all(receiver.address, "/bare", "", (0..EVENTS).map(|_| body.clone()).collect()).await?;
                rate(EVENTS, began)
            },
            single: {
                let began = Instant::now();
                let next = Arc::new(AtomicU64::new(0));
                let mut tasks = Vec::new();
                for _ in 0..CONNECTIONS {
                    let (next, body, address) = (Arc::clone(&next), body.clone(), receiver.address);
                    tasks.push(tokio::spawn(async move {
                        while next.fetch_add(1, Ordering::Relaxed) < EVENTS {
                            let mut sender = connect(address).await?;
                            post(&mut sender, address, "/bare", "", body.clone()).await?;
                        }
                        Ok::<(), Fault>(())
                    }));
                }
                for task in tasks {
                    task.await??;
                }
                rate(EVENTS, began)
            },
        })
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "  {:>8.0} writes of 4 KiB a second that are on disk, one after another", self.syncs)?;
        writeln!(f, "  {:>8.0} POSTs a second over {CONNECTIONS} connections that are kept", self.kept)?;
        write!(f, "  {:>8.0} POSTs a second over a connection each, {CONNECTIONS} at once", self.single)
    }
}

#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
fn rate(count: u64, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

fn syncs() -> Result<f64> {
    let path = scratch("syncs")?.join("file");
    let mut file = std::fs::File::create(&path)?;
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < Duration::from_secs(1) {
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(rate(count, began))
}

/// Figures of one database.
struct Figures {
    accepted: f64,
    batched: f64,
    delivered: f64,
    median: f64,
    high: f64,
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { accepted, batched, delivered, median, high } = self;
        write!(f, "{accepted:>12.0} {batched:>12.0} {delivered:>12.0} {median:>10.1} {high:>10.1}")
    }
}

async fn run(
    binary: &Path,
    folder: &Path,
    postgres: Option<&str>,
    workers: usize,
    receiver: &Receiver,
) -> Result<Figures> {
    let database = postgres.map(|server| own_database(server, workers)).transpose()?;
    let server = Server::start(binary, folder, database.as_deref()).await?;
    let more: Vec<Killed> =
        (1..workers).map(|_| Server::worker(binary, folder, database.as_deref())).collect::<Result<_>>()?;
    let hooks = server.fill(receiver.address).await?;
    // Accepted only: nothing is sent while the webhooks are off.
    server.switch(&hooks, false).await?;
    let began = Instant::now();
    server.post_events((0..EVENTS).map(event).collect()).await?;
    let accepted = rate(EVENTS, began);
    let began = Instant::now();
    let calls = (0..EVENTS / 500).map(|call| {
        let events: Vec<Value> = (0..500).map(|at| event(EVENTS + call * 500 + at)).collect();
        json!({ "events": events })
    });
    server.post_events(calls.collect()).await?;
    let batched = rate(EVENTS, began);
    // Delivered only.
    let before = receiver.count();
    let began = Instant::now();
    server.switch(&hooks, true).await?;
    receiver.until(before + 2 * EVENTS).await;
    let delivered = rate(2 * EVENTS, began);
    // Both, at a pace that leaves room.
    receiver.times.lock().expect("times").clear();
    let mut sent = HashMap::new();
    let before = receiver.count();
    let mut sender = connect(server.address).await?;
    let began = Instant::now();
    for index in 0..PACED {
        tokio::time::sleep_until((began + Duration::from_micros(index * 1_000_000 / PACE)).into()).await;
        let index = 2 * EVENTS + index;
        sent.insert(index, Instant::now());
        let status =
            post(&mut sender, server.address, "/api/v1/events", &server.key, event(index).to_string().into()).await?;
        assert_eq!(status, 202);
    }
    receiver.until(before + PACED).await;
    let times = receiver.times.lock().expect("times").clone();
    let mut took: Vec<f64> = sent
        .iter()
        .filter_map(|(index, sent)| Some(times.get(index)?.saturating_duration_since(*sent).as_secs_f64() * 1000.0))
        .collect();
    took.sort_by(f64::total_cmp);
    let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)];
    let figures = Figures { accepted, batched, delivered, median: at(50), high: at(99) };
    drop(more);
    drop(server);
    std::fs::remove_dir_all(folder)?;
    Ok(figures)
}

/// How much memory a server takes on a database with many deliveries, after its lists were read.
async fn grown(binary: &Path, fill: &Path) -> Result<()> {
    let folder = scratch("grown")?;
    drop(Server::start(binary, &folder, None).await?);
    let filled = Command::new(fill).arg(&folder).arg(STORED.to_string()).stdout(Stdio::null()).status()?;
    if !filled.success() {
        return Err("the database could not be filled".into());
    }
    let server = Server::start(binary, &folder, None).await?;
    let at_start = server.memory()?;
    for _ in 0..20 {
        for path in
            ["deliveries?limit=200", "deliveries/counts", "events?limit=200", "automations?limit=200", "attention"]
        {
            server.call("GET", path, &Value::Null).await?;
        }
    }
    println!(
        "with {STORED} stored deliveries, SQLite: {at_start} MiB at the start, {} MiB after 100 reads of its lists, {} MiB at most",
        server.memory()?,
        server.most_memory()?
    );
    drop(server);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// A new database of a Postgres server; its URL.
fn own_database(server: &str, workers: usize) -> Result<String> {
    let name = format!("hookboard_load_{workers}");
    for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
        let done = Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", &statement, server]).status()?;
        if !done.success() {
            return Err("psql failed".into());
        }
    }
    Ok(server.replacen("/postgres?", &format!("/{name}?"), 1))
}

/// A new version linked to the registry of that index.
fn event(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": format!("models-{}", index % WEBHOOKS), "collection": "fraud", "version": index},
        "metadata": {"accuracy": 0.93, "framework": "xgboost 3.1"}
    })
}

async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}

async fn call(
    sender: &mut SendRequest<Full<Bytes>>,
    method: &str,
    address: SocketAddr,
    path: &str,
    key: &str,
    body: Bytes,
) -> Result<(u16, Bytes)> {
    let request = hyper::Request::builder()
        .method(method)
        .uri(path)
        .header("host", address.to_string())
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(body))?;
    sender.ready().await?;
    let answer = sender.send_request(request).await?;
    let status = answer.status().as_u16();
    Ok((status, answer.into_body().collect().await?.to_bytes()))
}

async fn post(
    sender: &mut SendRequest<Full<Bytes>>,
    address: SocketAddr,
    path: &str,
    key: &str,
    body: Bytes,
) -> Result<u16> {
    Ok(call(sender, "POST", address, path, key, body).await?.0)
}

/// Posts all bodies over the client's connections.
async fn post_all(address: SocketAddr, path: &'static str, key: &str, bodies: Vec<Bytes>) -> Result<()> {
    let bodies = Arc::new(bodies);
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..CONNECTIONS {
        let (bodies, next, key) = (Arc::clone(&bodies), Arc::clone(&next), key.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut sender = connect(address).await?;
            while let Some(body) =
                usize::try_from(next.fetch_add(1, Ordering::Relaxed)).ok().and_then(|at| bodies.get(at))
            {
                let status = post(&mut sender, address, path, &key, body.clone()).await?;
                if status != 202 {
                    return Err(format!("{path} answered {status}").into());
                }
            }
            Ok::<(), Fault>(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// A process that ends with its value.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Server {
    address: SocketAddr,
    key: String,
    process: Killed,
}

impl Server {
    fn command(binary: &Path, what: &str, folder: &Path, database: Option<&str>) -> Result<Command> {
        let mut command = Command::new(binary);
        command.args([what, "--allow-target", "127.0.0.1"]).stdout(Stdio::piped()).stderr(Stdio::null());
        match database {
            None => command.arg("--data").arg(folder),
            Some(url) => {
                let key = folder.join("key");
                std::fs::write(&key, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")?;
                command.arg("--database").arg(url).arg("--key-file").arg(key)
            }
        };
        Ok(command)
    }

    fn worker(binary: &Path, folder: &Path, database: Option<&str>) -> Result<Killed> {
        Ok(Killed(Self::command(binary, "worker", folder, database)?.spawn()?))
    }

    async fn start(binary: &Path, folder: &Path, database: Option<&str>) -> Result<Self> {
        let mut process = Killed(
            Self::command(binary, "serve", folder, database)?
                .args(["--listen", "127.0.0.1:0", "--team", "kestrel", "--admin", "mira"])
                .spawn()?,
        );
        let mut lines =
            BufReader::new(process.0.stdout.take().ok_or("no output")?).lines().map_while(std::result::Result::ok);
        let link = lines
            .find_map(|line| {
                line.trim().strip_prefix("http://").filter(|rest| rest.contains("#code=")).map(str::to_owned)
            })
            .ok_or("no sign-in link")?;
        std::thread::spawn(move || lines.for_each(drop));
        let (address, code) = link.split_once("/#code=").ok_or("no code")?;
        let address: SocketAddr = address.parse()?;
        let mut sender = connect(address).await?;
        let (_, signed_in) =
            call(&mut sender, "POST", address, "/api/v1/sign-in", "", json!({ "code": code }).to_string().into())
                .await?;
        let signed_in: Value = serde_json::from_slice(&signed_in)?;
        let key = signed_in["key"].as_str().ok_or("no key")?.to_owned();
        Ok(Self { address, key, process })
    }

    /// Resident memory now, in MiB.
    fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The most resident memory so far, in MiB.
    fn most_memory(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
        Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let mut sender = connect(self.address).await?;
        let path = format!("/api/v1/entities/kestrel/{path}");
        let (status, answer) =
            call(&mut sender, method, self.address, &path, &self.key, body.to_string().into()).await?;
        if !(200..300).contains(&status) {
            return Err(format!("{method} {path}: {status} {}", String::from_utf8_lossy(&answer)).into());
        }
        Ok(serde_json::from_slice(&answer).unwrap_or_default())
    }

    /// Makes the registries, webhooks and automations. The webhooks.
    async fn fill(&self, receiver: SocketAddr) -> Result<Vec<Value>> {
        let mut hooks = Vec::new();
        for index in 0..WEBHOOKS {
            let place = format!("models-{index}");
            self.call("PUT", &format!("places/registries/{place}"), &json!({})).await?;
            let draft = json!({"name": format!("hook-{index}"), "url": format!("http://{receiver}/hook")});
            let hook = self.call("POST", "webhooks", &draft).await?;
            let automation = json!({
                "name": "links", "scope": {"kind": "registry", "entity": "kestrel", "name": place}, "trigger": {"event": "LINK_ARTIFACT"},
                "action": {"type": "webhook", "webhook_id": hook["id"], "template": "{\"index\": ${artifact_version_index}, \"model\": \"${artifact_version_string}\"}"}
            });
            self.call("POST", "automations", &automation).await?;
            hooks.push(hook);
        }
        Ok(hooks)
    }

    async fn switch(&self, hooks: &[Value], on: bool) -> Result<()> {
        for hook in hooks {
            let mut settings = hook["settings"].clone();
            settings["enabled"] = Value::from(on);
            self.call("PUT", &format!("webhooks/{}", hook["id"].as_str().unwrap_or_default()), &settings).await?;
        }
        Ok(())
    }

    async fn post_events(&self, events: Vec<Value>) -> Result<()> {
        post_all(
            self.address,
            "/api/v1/events",
            &self.key,
            events.iter().map(|event| event.to_string().into()).collect(),
        )
        .await
    }
}

/// Takes webhooks, and keeps when each version arrived.
struct Receiver {
    address: SocketAddr,
    count: Arc<AtomicU64>,
    times: Arc<Mutex<HashMap<u64, Instant>>>,
}

impl Receiver {
    async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Self { address: listener.local_addr()?, count: Arc::default(), times: Arc::default() };
        let (count, times) = (Arc::clone(&receiver.count), Arc::clone(&receiver.times));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Self::take(stream, Arc::clone(&count), Arc::clone(&times)));
            }
        });
        Ok(receiver)
    }

    async fn take(mut stream: TcpStream, count: Arc<AtomicU64>, times: Arc<Mutex<HashMap<u64, Instant>>>) {
        let _ = stream.set_nodelay(true);
        let mut read = Vec::with_capacity(4096);
        loop {
            let (head, length) = loop {
                let text = String::from_utf8_lossy(&read);
                if let Some(head) = text.find("\r\n\r\n") {
                    let length = text[..head]
                        .lines()
                        .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())
                        .unwrap_or(0_usize);
                    break (head + 4, length);
                }
                drop(text);
                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    return;
                }
            };
            while read.len() < head + length {
                if stream.read_buf(&mut read).await.unwrap_or(0) == 0 {
                    return;
                }
            }
            if read.starts_with(b"POST /hook") {
                if let Some(index) = serde_json::from_slice::<Value>(&read[head..head + length])
                    .ok()
                    .and_then(|body| body["index"].as_u64())
                {
                    times.lock().expect("times").insert(index, Instant::now());
                }
                count.fetch_add(1, Ordering::Relaxed);
            }
            read.drain(..head + length);
            if stream.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.is_err() {
                return;
            }
        }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    async fn until(&self, count: u64) {
        while self.count() < count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}
