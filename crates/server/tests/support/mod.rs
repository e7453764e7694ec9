//! A server as its own process on a throw-away database, and a small client for it.
//!
//! The database is a file, or where `HOOKBOARD_TEST_POSTGRES` names a server, one of that.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::expect_used,
    clippy::format_push_string,
    reason = "a part of tests, of which each file uses its own part"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a condition may take before the test fails; never how long it does take.
const PATIENCE: Duration = Duration::from_mins(1);

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A folder that goes with the test, and the Postgres database that goes with it, where the tests run on that.
pub struct Folder(pub PathBuf, Option<String>);

/// A key for servers whose database does not lie beside it.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

impl Folder {
    pub fn new() -> Self {
        Self::made(std::env::var("HOOKBOARD_TEST_POSTGRES").ok())
    }

    /// One whose database is a file, whatever the tests run on.
    pub fn with_file() -> Self {
        Self::made(None)
    }

    /// One with a database of a Postgres server.
    pub fn with_postgres() -> Option<Self> {
        std::env::var("HOOKBOARD_TEST_POSTGRES").ok().map(|server| Self::made(Some(server)))
    }

    fn made(postgres: Option<String>) -> Self {
        let name = format!("hookboard-test-{}-{}", std::process::id(), FOLDERS.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(&name);
        std::fs::create_dir_all(&path).expect("folder");
        // Cargo runs the same process id on two databases; what an aborted run left is not to be met.
        let database = postgres.map(|server| {
            let name = name.replace('-', "_");
            psql(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
            psql(&server, &format!("CREATE DATABASE {name}"));
            server.replacen("/postgres?", &format!("/{name}?"), 1)
        });
        if database.is_some() {
            std::fs::write(path.join("key"), KEY).expect("key");
        }
        Self(path, database)
    }

    /// The Postgres database's URL.
    pub fn postgres(&self) -> Option<&str> {
        self.1.as_deref()
    }

    /// Lets processes reach the Postgres database by `address` from now on.
    pub fn lead_through(&mut self, address: SocketAddr) {
        if let Some(url) = &mut self.1 {
            let name = url.split('?').next().and_then(|path| path.rsplit('/').next()).expect("a name");
            *url = format!("postgres://hookboard@{address}/{name}?sslmode=disable");
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.1.is_some()
    }

    /// What a process is told of its database.
    pub fn flags(&self) -> Vec<String> {
        match &self.1 {
            None => vec![String::from("--data"), self.0.display().to_string()],
            Some(url) => {
                let key = self.0.join("key").display().to_string();
                vec![String::from("--database"), url.clone(), String::from("--key-file"), key]
            }
        }
    }

    /// Where a process of the folder logs to, and what it has logged.
    fn log(&self) -> (Stdio, impl FnOnce() -> String + use<>) {
        let path = self.0.join(format!("{}.log", FOLDERS.fetch_add(1, Ordering::Relaxed)));
        let file = std::fs::File::create(&path).expect("a log");
        (Stdio::from(file), move || std::fs::read_to_string(path).unwrap_or_default())
    }

    /// The database itself, for what no call does. A file's server must not run.
    pub async fn db(&self) -> hookboard_server::db::Db {
        match &self.1 {
            None => hookboard_server::db::Db::open(&self.0.join("hookboard.db")).await,
            Some(url) => hookboard_server::db::Db::connect(url).await,
        }
        .expect("opened")
    }

    /// Closes the Postgres database for writers, or opens it again, for those who connect from now on; who is
    /// connected has to connect anew.
    pub fn close_for_writers(&self, closed: bool) {
        let server = std::env::var("HOOKBOARD_TEST_POSTGRES").expect("a server");
        let url = self.1.as_deref().expect("a database");
        let name = url.split('?').next().and_then(|path| path.rsplit('/').next()).expect("a name");
        psql(&server, &format!("ALTER DATABASE {name} SET default_transaction_read_only = {closed}"));
        psql(
            &server,
            &format!(
                "SELECT FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}') ended"
            ),
        );
    }

    /// Runs one statement on the database.
    pub fn sql(&self, statement: &'static str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        runtime.block_on(async {
            let db = self.db().await;
            let mut tx = db.begin().await.expect("begun");
            hookboard_server::db::sql::query(statement).execute(&mut *tx).await.expect("written");
            tx.commit().await.expect("committed");
            db.close().await;
        });
    }
}

/// Runs one statement as the server's owner.
fn psql(server: &str, statement: &str) {
    let done =
        Command::new("psql").args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statement, server]).output().expect("psql");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
        if let (Some(url), Ok(server)) = (&self.1, std::env::var("HOOKBOARD_TEST_POSTGRES"))
            && let Some(name) = url.split('?').next().and_then(|path| path.rsplit('/').next())
        {
            psql(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// An HTTP answer.
pub struct Answer {
    pub status: u16,
    /// Status line and headers, as they came.
    pub head: String,
    pub body: String,
}

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    pub key: String,
    /// The code of the first sign-in link, which was used.
    pub code: String,
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts `hookboard serve` on a free port and signs in.
    pub fn start(folder: &Folder, flags: &[&str]) -> Self {
        Self::start_as(folder, "kestrel", "mira", flags)
    }

    /// The same, by a clock that the test steps.
    pub fn start_at(folder: &Folder, clock: &Clock, flags: &[&str]) -> Self {
        Self::start_so(folder, "kestrel", "mira", |command| {
            command.args(flags).env("HOOKBOARD_CLOCK", &clock.file);
        })
    }

    /// The same, of another team and admin.
    pub fn start_as(folder: &Folder, team: &str, admin: &str, flags: &[&str]) -> Self {
        Self::start_so(folder, team, admin, |command| {
            command.args(flags);
        })
    }

    /// The same, the process set up by `so`: flags, environment, where its log goes.
    pub fn start_so(folder: &Folder, team: &str, admin: &str, so: impl FnOnce(&mut Command)) -> Self {
        let (stderr, logged) = folder.log();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
        command.args(["serve", "--listen", "127.0.0.1:0"]).args(folder.flags()).stdout(Stdio::piped()).stderr(stderr);
        // As whoever started it before names nobody again.
        if !team.is_empty() {
            command.args(["--team", team, "--admin", admin]);
        }
        so(&mut command);
        let mut child = command.spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let link = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim().strip_prefix("http://").filter(|rest| rest.contains("#code=")).map(str::to_owned)
            })
            .unwrap_or_else(|| panic!("no sign-in link: {}", logged()));
        // The pipe is kept open: a closed one would end the server at its next line.
        let said: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&said);
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| log.lock().expect("log").push(line)));
        let (address, code) = link.split_once("/#code=").expect("a code");
        let mut server =
            Self { address: address.parse().expect("address"), key: String::new(), code: code.to_owned(), child, said };
        let (status, signed_in) = server.call("POST", "/sign-in", Some(&serde_json::json!({ "code": code })));
        assert_eq!(status, 200, "{signed_in}");
        signed_in["key"].as_str().expect("key").clone_into(&mut server.key);
        server
    }

    /// The rest of the line that the process says after `start`.
    pub fn said(&self, start: &str) -> String {
        until(&format!("it says {start}"), || {
            let said = self.said.lock().expect("log");
            said.iter().find_map(|line| line.split_once(start)).map(|(_, rest)| rest.to_owned())
        })
    }

    /// The process's id.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// The most memory that the process has had, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a process");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
        peak.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    /// Asks the process to stop, and waits until it has.
    pub fn stop(mut self) -> bool {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().expect("kill");
        assert!(told.success());
        self.child.wait().expect("ended").success()
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("asked").is_some()
    }

    /// One call of the REST interface: status and JSON answer.
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.call_as(&self.key, method, path, body)
    }

    /// The same with another key.
    pub fn call_as(&self, key: &str, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let key = (!key.is_empty()).then_some(key);
        let body = body.map(ToString::to_string);
        let (status, text) = self.raw(method, &format!("/api/v1{path}"), key, &[], body.as_deref().map(str::as_bytes));
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// What the stream of the team kestrel tells to a key.
    pub fn listen(&self, key: &str) -> impl Iterator<Item = String> + use<> {
        self.listen_to("kestrel", key)
    }

    /// The same of any team.
    pub fn listen_to(&self, team: &str, key: &str) -> impl Iterator<Item = String> + use<> {
        let mut stream = TcpStream::connect(self.address).expect("connected");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let head = format!(
            "GET /api/v1/entities/{team}/stream HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {key}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).expect("sent");
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("text/event-stream")), "it listens");
        lines
    }

    /// How many deliveries of the team kestrel are in each state.
    pub fn counts(&self) -> Option<BTreeMap<String, u64>> {
        let (status, counts) = self.call("GET", "/entities/kestrel/deliveries/counts", None);
        let rows = (status == 200).then(|| counts["items"].as_array().cloned()).flatten()?;
        rows.iter().map(|row| Some((row["state"].as_str()?.to_owned(), row["count"].as_u64()?))).collect()
    }

    /// Waits until `count` deliveries have arrived and no other is left.
    pub fn all_delivered(&self, count: u64) {
        until(&format!("{count} are delivered"), || {
            (self.counts()? == [(String::from("delivered"), count)].into()).then_some(())
        });
    }

    /// Adds a member to the team kestrel and signs in as this person.
    pub fn join(&self, user: &str, role: &str) -> String {
        self.join_to("kestrel", user, role)
    }

    /// The same of any team.
    pub fn join_to(&self, team: &str, user: &str, role: &str) -> String {
        let path = format!("/entities/{team}/members/{user}");
        let (status, answer) = self.call("PUT", &path, Some(&serde_json::json!({ "role": role })));
        assert_eq!(status, 201, "{answer}");
        let (status, link) = self.call("POST", &format!("{path}/link"), None);
        assert_eq!(status, 201, "{link}");
        let (status, signed_in) = self.call("POST", "/sign-in", Some(&serde_json::json!({ "code": link["code"] })));
        assert_eq!(status, 200, "{signed_in}");
        signed_in["key"].as_str().expect("key").to_owned()
    }

    /// Status and body of an answer.
    pub fn raw(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> (u16, String) {
        let answer = self.exchange(method, path, key, headers, body).expect("an answer");
        (answer.status, answer.body)
    }

    /// One HTTP request, as plain as can be; none where the server is gone.
    pub fn exchange(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Option<Answer> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", self.address);
        if let Some(key) = key {
            head += &format!("authorization: Bearer {key}\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        if let Some(body) = body {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                head += "content-type: application/json\r\n";
            }
            head += &format!("content-length: {}\r\n", body.len());
        }
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(b"\r\n").ok()?;
        stream.write_all(body.unwrap_or_default()).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(Answer { status, head: head.to_owned(), body: body.to_owned() })
    }

    /// Makes a registry, a webhook to `url` and an automation on every linked version.
    pub fn watch_links(&self, url: &str) {
        assert_eq!(self.call("PUT", "/entities/kestrel/places/registries/models", None).0, 201);
        let webhook = serde_json::json!({"name": "hook", "url": url});
        let (status, webhook) = self.call("POST", "/entities/kestrel/webhooks", Some(&webhook));
        assert_eq!(status, 201, "{webhook}");
        let automation = serde_json::json!({
            "name": "links",
            "scope": {"kind": "registry", "entity": "kestrel", "name": "models"},
            "trigger": {"event": "LINK_ARTIFACT"},
            "action": {"type": "webhook", "webhook_id": webhook["id"], "template": "{\"index\": ${artifact_version_index}}"}
        });
        let (status, made) = self.call("POST", "/entities/kestrel/automations", Some(&automation));
        assert_eq!(status, 201, "{made}");
    }

    /// Watches links with a webhook that signs, so that requests tell their delivery.
    pub fn watch_links_signed(&self, receiver: &Receiver) {
        let secret = serde_json::json!({"value": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"});
        assert_eq!(self.call("PUT", "/entities/kestrel/secrets/SIGN", Some(&secret)).0, 201);
        self.watch_links(&format!("http://{}/hook", receiver.address));
        self.change_webhook(|settings| {
            settings["signing_secret"] = "SIGN".into();
            // A receiver that the test holds back is none that hangs.
            settings["timeout_s"] = 60.into();
        });
    }

    /// The first webhook of the team kestrel.
    pub fn webhook(&self) -> Value {
        let (_, webhooks) = self.call("GET", "/entities/kestrel/webhooks", None);
        webhooks["items"][0].clone()
    }

    /// Changes the settings of that.
    pub fn change_webhook(&self, change: impl FnOnce(&mut Value)) {
        let mut webhook = self.webhook();
        change(&mut webhook["settings"]);
        let path = format!("/entities/kestrel/webhooks/{}", webhook["id"].as_str().expect("id"));
        let (status, changed) = self.call("PUT", &path, Some(&webhook["settings"]));
        assert_eq!(status, 200, "{changed}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A clock that the test steps, of the servers that are started at it.
pub struct Clock {
    file: PathBuf,
    offset_ms: std::cell::Cell<i64>,
}

impl Clock {
    pub fn new(folder: &Folder) -> Self {
        let clock = Self { file: folder.0.join("clock"), offset_ms: std::cell::Cell::new(0) };
        clock.step(0);
        clock
    }

    /// Sets the clock `seconds` forward, or back.
    pub fn step(&self, seconds: i64) {
        self.set(self.offset_ms.get() + seconds * 1000);
    }

    /// Sets the clock to a time in Unix milliseconds.
    pub fn step_to(&self, time_ms: i64) {
        let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().expect("a time").as_millis()).expect("a time");
        self.set(time_ms - now);
    }

    fn set(&self, offset_ms: i64) {
        // Renamed into its place, so that nobody reads half of it.
        let partial = self.file.with_extension("partial");
        std::fs::write(&partial, offset_ms.to_string()).expect("written");
        std::fs::rename(&partial, &self.file).expect("set");
        self.offset_ms.set(offset_ms);
        // Until every process has read it: they do so every 50 ms at most.
        std::thread::sleep(Duration::from_millis(60));
    }
}

/// A process that only delivers, on a Postgres database.
pub struct Worker(Child);

impl Worker {
    /// Starts `hookboard worker` and waits until it delivers.
    pub fn start(folder: &Folder, flags: &[&str]) -> Self {
        let (stderr, logged) = folder.log();
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
        command.arg("worker").args(folder.flags()).args(flags).stdout(Stdio::piped()).stderr(stderr);
        let mut child = command.spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("delivers")), "{}", logged());
        // The pipe is kept open: a closed one would end the worker at its next line.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    /// Ends the process at once, as a power cut would.
    pub fn kill_now(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("ended");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ends the process at once, as a power cut would.
pub fn kill_now(server: &Server) {
    let killed = Command::new("kill").arg("-9").arg(server.child.id().to_string()).status().expect("kill");
    assert!(killed.success());
}

/// A request as a receiver saw it.
#[derive(Debug, Clone)]
pub struct Received {
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// A receiver that answers what `answer` says for each request, in order of arrival.
pub struct Receiver {
    pub address: SocketAddr,
    pub received: Arc<Mutex<Vec<Received>>>,
}

impl Receiver {
    pub fn start(answer: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("address");
        let received: Arc<Mutex<Vec<Received>>> = Arc::default();
        let answer = Arc::new(answer);
        let log = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    let count = {
                        let mut log = log.lock().expect("log");
                        log.push(request);
                        log.len() - 1
                    };
                    let _ = (&stream).write_all(answer(count).as_bytes());
                });
            }
        });
        Self { address, received }
    }

    pub fn all(&self) -> Vec<Received> {
        self.received.lock().expect("log").clone()
    }
}

/// One request off a connection.
pub fn read(stream: &TcpStream) -> Option<Received> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length")?.1.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Received { headers, body: String::from_utf8(body).ok()? })
}

/// Lets requests through once it is open, and counts those that it holds.
#[derive(Default)]
pub struct Gate {
    is_open: Mutex<bool>,
    opened: Condvar,
    inside: AtomicUsize,
    most: AtomicUsize,
}

impl Gate {
    pub fn pass(&self) {
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(inside, Ordering::SeqCst);
        let is_open = self.is_open.lock().expect("gate");
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).expect("gate"));
        self.inside.fetch_sub(1, Ordering::SeqCst);
    }

    pub fn open(&self) {
        *self.is_open.lock().expect("gate") = true;
        self.opened.notify_all();
    }

    pub fn inside(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }

    /// The most that it held at once.
    pub fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }

    pub fn receiver(self: &Arc<Self>) -> Receiver {
        let gate = Arc::clone(self);
        Receiver::start(move |_| {
            gate.pass();
            answer(200, "{}")
        })
    }
}

/// Requests by the delivery that they are of; bodies are the same in each of one delivery.
pub fn requests(receiver: &Receiver) -> BTreeMap<String, usize> {
    let mut bodies: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for request in receiver.all() {
        bodies.entry(request.header("webhook-id").to_owned()).or_default().push(request.body);
    }
    assert!(bodies.values().all(|of_one| of_one.windows(2).all(|pair| pair[0] == pair[1])), "the same bytes");
    bodies.into_iter().map(|(id, bodies)| (id, bodies.len())).collect()
}

/// A plain answer.
pub fn answer(status: u16, body: &str) -> String {
    format!("HTTP/1.1 {status} Words\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

/// Waits until `condition` gives something.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(5));
    }
}
