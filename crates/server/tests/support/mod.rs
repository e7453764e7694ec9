//! A server as its own process on a throw-away folder, and a small client for it.

#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    clippy::expect_used,
    clippy::format_push_string,
    reason = "a part of tests, of which each file uses its own part"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a condition may take before the test fails; never how long it does take.
const PATIENCE: Duration = Duration::from_mins(1);

static FOLDERS: AtomicUsize = AtomicUsize::new(0);

/// A folder that goes with the test.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        let count = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("hookboard-test-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).expect("folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
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

    /// The same, of another team and admin.
    pub fn start_as(folder: &Folder, team: &str, admin: &str, flags: &[&str]) -> Self {
        Self::start_so(folder, team, admin, |command| {
            command.args(flags);
        })
    }

    /// The same, the process set up by `so`: flags, environment, where its log goes.
    pub fn start_so(folder: &Folder, team: &str, admin: &str, so: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookboard"));
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--team", team, "--admin", admin, "--data"])
            .arg(&folder.0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        so(&mut command);
        let mut child = command.spawn().expect("started");
        let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
        let link = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.trim().strip_prefix("http://").filter(|rest| rest.contains("#code=")).map(str::to_owned)
            })
            .expect("a sign-in link");
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

    /// Adds a member to the team kestrel and signs in as this person.
    pub fn join(&self, user: &str, role: &str) -> String {
        let path = format!("/entities/kestrel/members/{user}");
        let (status, answer) = self.call("PUT", &path, Some(&serde_json::json!({ "role": role })));
        assert_eq!(status, 201, "{answer}");
        let (status, link) = self.call("POST", &format!("{path}/link"), None);
        assert_eq!(status, 201, "{link}");
        let (status, signed_in) = self.call("POST", "/sign-in", Some(&serde_json::json!({ "code": link["code"] })));
        assert_eq!(status, 200, "{signed_in}");
        signed_in["key"].as_str().expect("key").to_owned()
    }

    /// One HTTP request, as plain as can be.
    pub fn raw(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> (u16, String) {
        self.try_raw(method, path, key, headers, body).expect("an answer")
    }

    /// The same, none where the server is gone.
    pub fn try_raw(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Option<(u16, String)> {
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
        Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
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
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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
