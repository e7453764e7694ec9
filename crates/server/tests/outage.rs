//! The database goes away, or its disk is full: nothing is half stored, nothing is lost, and the server recovers
//! by itself. It is away for 30 s where `HOOKBOARD_TEST_LONG` is set, and for some seconds otherwise.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]
#![cfg(unix)]

mod support;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hookboard_api::limits::MAX_IN_FLIGHT_PER_WEBHOOK;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use serde_json::{Value, json};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use support::{Folder, Gate, Receiver, Server, answer, requests, until};

const FLAGS: [&str; 4] = ["--allow-target", "127.0.0.1", "--lease", "2"];

fn event(index: u64) -> Value {
    json!({
        "type": "LINK_ARTIFACT",
        "subject": {"kind": "registry", "entity": "kestrel", "name": "models", "collection": "fraud", "version": index},
        "dedupe_key": format!("event-{index}")
    })
}

fn post(server: &Server, index: u64) -> (u16, Value) {
    server.call("POST", "/events", Some(&event(index)))
}

/// Whether the server is ready, and the parts that are not.
fn readiness(server: &Server) -> (u16, Vec<Value>) {
    let (status, text) = server.raw("GET", "/readyz", None, &[], None);
    let told: Value = serde_json::from_str(&text).expect("JSON");
    let parts = told["checks"].as_array().into_iter().flatten();
    (status, parts.filter(|check| check["ok"] == false).map(|check| check["part"].clone()).collect())
}

/// The way to a Postgres server, which can be cut.
struct Proxy {
    is_cut: Arc<AtomicBool>,
    is_silent: Arc<AtomicBool>,
    /// How many of the first connections nothing comes through any more.
    stranded: Arc<AtomicUsize>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Proxy {
    fn start(folder: &mut Folder) -> Self {
        let url = folder.postgres().expect("a database").to_owned();
        let host = url.split("host=").nth(1).expect("a socket's folder");
        let socket = format!("{host}/.s.PGSQL.5432");
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("address");
        folder.lead_through(address);
        let (is_cut, is_silent) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let streams = Arc::<Mutex<Vec<TcpStream>>>::default();
        let stranded = Arc::<AtomicUsize>::default();
        let (cut, silent, kept) = (Arc::clone(&is_cut), Arc::clone(&is_silent), Arc::clone(&streams));
        let ends = Arc::clone(&stranded);
        std::thread::spawn(move || {
            for (index, client) in listener.incoming().map_while(Result::ok).enumerate() {
                let mut kept = kept.lock().expect("streams");
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let server = UnixStream::connect(&socket).expect("Postgres");
                kept.push(client.try_clone().expect("a stream"));
                let (mut from_client, mut to_client) = (client.try_clone().expect("a stream"), client);
                let (mut from_server, mut to_server) = (server.try_clone().expect("a stream"), server);
                let (silent, ends) = (Arc::clone(&silent), Arc::clone(&ends));
                let is_silent = move || silent.load(Ordering::SeqCst) || index < ends.load(Ordering::SeqCst);
                let (first, second) = (is_silent.clone(), is_silent);
                std::thread::spawn(move || {
                    let _ = pass(&mut from_client, &mut to_server, first);
                    let _ = to_server.shutdown(Shutdown::Both);
                });
                std::thread::spawn(move || {
                    let _ = pass(&mut from_server, &mut to_client, second);
                    let _ = to_client.shutdown(Shutdown::Both);
                });
            }
        });
        Self { is_cut, is_silent, stranded, streams }
    }

    /// Ends all connections and lets no new one through.
    fn cut(&self) {
        let mut streams = self.streams.lock().expect("streams");
        self.is_cut.store(true, Ordering::SeqCst);
        for stream in streams.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Nothing comes through the connections there are, as when a machine went away without a word. New ones work.
    fn strand(&self) {
        self.stranded.store(self.streams.lock().expect("streams").len(), Ordering::SeqCst);
    }

    fn mend(&self) {
        self.is_cut.store(false, Ordering::SeqCst);
    }
}

/// Passes on what comes, and nothing while it is silent.
fn pass(from: &mut impl Read, to: &mut impl Write, is_silent: impl Fn() -> bool) -> std::io::Result<()> {
    let mut bytes = [0; 8192];
    loop {
        let count = from.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        while is_silent() {
            std::thread::park_timeout(Duration::from_millis(5));
        }
        to.write_all(&bytes[..count])?;
    }
}

/// What keeps the server from its database.
enum Outage {
    Cut(Proxy),
    Held(Box<(tokio::runtime::Runtime, SqliteConnection)>),
}

impl Outage {
    fn of(folder: &mut Folder) -> Self {
        if folder.is_postgres() {
            return Self::Cut(Proxy::start(folder));
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let options = SqliteConnectOptions::new().filename(folder.0.join("hookboard.db")).create_if_missing(true);
        let holder = runtime.block_on(SqliteConnection::connect_with(&options)).expect("opened");
        Self::Held(Box::new((runtime, holder)))
    }

    fn begin(&mut self) {
        match self {
            Self::Cut(proxy) => proxy.cut(),
            Self::Held(held) => {
                let (runtime, holder) = &mut **held;
                runtime.block_on(sqlx::query("BEGIN IMMEDIATE").execute(holder)).expect("held");
            }
        }
    }

    fn end(&mut self) {
        match self {
            Self::Cut(proxy) => proxy.mend(),
            Self::Held(held) => {
                let (runtime, holder) = &mut **held;
                runtime.block_on(sqlx::query("ROLLBACK").execute(holder)).expect("let go");
            }
        }
    }
}

#[test]
fn while_the_database_is_away_events_are_refused_and_nothing_is_lost_or_sent_twice() {
    const EVENTS: u64 = 20;
    const REFUSED: u64 = 4;
    let least = if std::env::var_os("HOOKBOARD_TEST_LONG").is_some() { 30 } else { 3 };
    let mut folder = Folder::new();
    let mut outage = Outage::of(&mut folder);
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let server = Server::start(&folder, &FLAGS);
    server.watch_links_signed(&receiver);
    for index in 0..EVENTS {
        assert_eq!(post(&server, index).0, 202);
    }
    until("some are on their way", || (gate.inside() == MAX_IN_FLIGHT_PER_WEBHOOK as usize).then_some(()));

    outage.begin();
    let began = Instant::now();
    // Those on their way are answered while nothing can be written down.
    gate.open();
    let refuse = |server: &Server, count: u64| {
        std::thread::scope(|scope| {
            for index in EVENTS..EVENTS + count {
                scope.spawn(move || {
                    let (status, problem) = post(server, index);
                    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")), "{problem}");
                });
            }
        });
    };
    refuse(&server, REFUSED);
    until("it says what does not work", || {
        let (status, parts) = readiness(&server);
        (status == 503 && parts.contains(&json!("database"))).then_some(())
    });
    assert_eq!(server.raw("GET", "/healthz", None, &[], None).0, 200, "it lives, though");
    until("it was away for long enough", || (began.elapsed() >= Duration::from_secs(least)).then_some(()));

    outage.end();
    until("it is ready again", || (readiness(&server) == (200, vec![])).then_some(()));
    server.all_delivered(EVENTS);
    let sent = requests(&receiver);
    assert_eq!(sent.len() as u64, EVENTS);
    assert!(sent.values().all(|count| *count == 1), "what was on its way was written down, not sent again: {sent:?}");
    let (_, events) = server.call("GET", "/entities/kestrel/events?limit=200", None);
    let stored = events["items"].as_array().map_or(0, Vec::len) as u64;
    assert_eq!(stored, EVENTS, "nothing of those refused is stored");
    for index in 0..EVENTS + REFUSED {
        let (status, accepted) = post(&server, index);
        assert_eq!((status, &accepted["events"][0]["duplicate"]), (202, &json!(index < EVENTS)), "{accepted}");
    }
    server.all_delivered(EVENTS + REFUSED);
}

#[test]
fn while_postgres_says_nothing_calls_wait_and_go_on_when_it_speaks_again() {
    const EVENTS: u64 = 20;
    let Some(mut folder) = Folder::with_postgres() else { return };
    let proxy = Proxy::start(&mut folder);
    let gate = Arc::new(Gate::default());
    let receiver = gate.receiver();
    let server = Server::start(&folder, &FLAGS);
    server.watch_links_signed(&receiver);
    for index in 0..EVENTS {
        assert_eq!(post(&server, index).0, 202);
    }
    until("some are on their way", || (gate.inside() == MAX_IN_FLIGHT_PER_WEBHOOK as usize).then_some(()));
    proxy.is_silent.store(true, Ordering::SeqCst);
    gate.open();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| post(&server, EVENTS));
        until("it says what does not work", || {
            let (status, parts) = readiness(&server);
            (status == 503 && parts.contains(&json!("database"))).then_some(())
        });
        proxy.is_silent.store(false, Ordering::SeqCst);
        let (status, answer) = waiting.join().expect("an answer");
        // Whoever had waited for too long is refused, and sends again.
        assert!(status == 202 || status == 503, "{answer}");
    });
    until("it is taken", || (post(&server, EVENTS).0 == 202).then_some(()));
    server.all_delivered(EVENTS + 1);
    let sent = requests(&receiver);
    assert!(sent.len() as u64 == EVENTS + 1 && sent.values().all(|count| *count == 1), "{sent:?}");
}

#[test]
fn connections_that_nothing_comes_through_are_given_up_for_new_ones() {
    const EVENTS: u64 = 8;
    let Some(mut folder) = Folder::with_postgres() else { return };
    let direct = folder.postgres().expect("a database").to_owned();
    let other = Server::start(&folder, &FLAGS);
    let proxy = Proxy::start(&mut folder);
    let receiver = Receiver::start(|_| answer(200, ""));
    let server = Server::start(&folder, &FLAGS);
    server.watch_links_signed(&receiver);
    // As many at once as open all connections that the server keeps.
    std::thread::scope(|scope| {
        let posts: Vec<_> = (0..EVENTS)
            .map(|index| {
                scope.spawn({
                    let server = &server;
                    move || post(server, index).0
                })
            })
            .collect();
        assert!(posts.into_iter().all(|post| post.join().expect("an answer") == 202));
    });
    server.all_delivered(EVENTS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    // Somebody else has the turn to write, so that the next event waits within a statement.
    let mut holder = runtime.block_on(PgConnection::connect(&direct)).expect("connected");
    runtime.block_on(sqlx::query("SELECT pg_advisory_lock(x'686f6f6b'::bigint)").execute(&mut holder)).expect("held");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| post(&server, EVENTS));
        until("it waits for its turn", || {
            let count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            let waits: i64 = runtime.block_on(sqlx::query_scalar(count).fetch_one(&mut holder)).expect("counted");
            (waits > 0).then_some(())
        });
        proxy.strand();
        runtime.block_on(holder.close()).expect("let go");
        assert_eq!(waiting.join().expect("an answer").0, 503, "its answer never comes");
    });
    until("it is taken over a new one", || (post(&server, EVENTS).0 == 202).then_some(()));
    server.all_delivered(EVENTS + 1);
    until("it is ready", || (readiness(&server).0 == 200).then_some(()));
    for (from, to) in [(&other, &server), (&server, &other)] {
        let (sender, heard) = std::sync::mpsc::channel();
        let mut lines = to.listen(&to.key);
        std::thread::spawn(move || lines.any(|line| line.contains("\"member\"")).then(|| sender.send(())));
        let mut roles = ["viewer", "member"].into_iter().cycle();
        until("processes hear of each other again", || {
            let role = json!({"role": roles.next()});
            assert!(matches!(from.call("PUT", "/entities/kestrel/members/ada", Some(&role)).0, 200 | 201));
            heard.try_recv().ok()
        });
    }
}

/// Bytes of the largest file of a folder.
fn largest(folder: &Folder) -> u64 {
    let files = std::fs::read_dir(&folder.0).expect("folder").map_while(Result::ok);
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len()).max().expect("files")
}

#[test]
fn a_full_disk_refuses_what_has_no_room_and_takes_the_rest_once_there_is() {
    let folder = Folder::with_file();
    let receiver = support::Receiver::start(|_| answer(200, "{}"));
    // What is over the limit is then an error, as on a full disk, and not the end of the process.
    let server = Server::start_so(&folder, "kestrel", "mira", |command| {
        let mut child = Command::new("sh");
        child.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
        child.args(FLAGS).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
        *command = child;
    });
    server.watch_links_signed(&receiver);
    assert_eq!(post(&server, 0).0, 202);
    let process = Pid::from_raw(i32::try_from(server.process()).expect("an id")).expect("an id");
    let unlimited = getrlimit(Resource::Fsize);
    let room = largest(&folder) + 256 * 1024;
    prlimit(Some(process), Resource::Fsize, Rlimit { current: Some(room), maximum: unlimited.maximum })
        .expect("a limit");

    let mut accepted = BTreeSet::from([0]);
    let mut index = 0;
    let problem = until("the disk is full", || {
        index += 1;
        let (status, answer) = post(&server, index);
        if status == 202 {
            accepted.insert(index);
            return None;
        }
        assert_eq!(status, 503, "{answer}");
        Some(answer)
    });
    assert_eq!(problem["code"], "unavailable", "{problem}");
    assert_eq!(server.call("GET", "/entities/kestrel/events", None).0, 200, "what is stored can be read");

    prlimit(Some(process), Resource::Fsize, unlimited).expect("no limit");
    until("there is room again", || {
        index += 1;
        (post(&server, index).0 == 202).then(|| accepted.insert(index))
    });
    server.all_delivered(accepted.len() as u64);
    until("it is ready", || (readiness(&server).0 == 200).then_some(()));
    // Nothing of it is lost over a restart, and the file is whole.
    assert!(server.stop());
    let checked = Command::new(env!("CARGO_BIN_EXE_hookboard"))
        .args(["doctor", "--json", "--listen", "127.0.0.1:0", "--allow-target", "127.0.0.1", "--data"])
        .arg(&folder.0)
        .output()
        .expect("run");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    let server = Server::start(&folder, &FLAGS);
    assert_eq!(server.counts(), Some([(String::from("delivered"), accepted.len() as u64)].into()));
    assert_eq!(requests(&receiver).len(), accepted.len());
}
