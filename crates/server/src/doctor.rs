//! `hookboard doctor`: looks at what a server needs, changes nothing, and says what to do.
//!
//! It may be run beside a server that works and in place of one that does not start.

mod facts;
mod postgres;

use std::fs::{self, File, TryLockError};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use hookboard_api::webhook::WebhookDraft;
use serde::Serialize;
use sqlx::Connection;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use self::facts::{Facts, Step};
use crate::clock;
use crate::config::Settings;
use crate::guard::{Guard, Refusal, Target};
use crate::seal::Seal;
use crate::serve::FILE;

/// Steps of a file's schema that this program knows.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

/// Free room below which nothing may be stored soon, and below which it is time to see to it, in bytes.
const ROOM: (u64, u64) = (256 << 20, 2 << 30);
/// How far the newest event may lie ahead of the clock, in milliseconds: five minutes.
const AHEAD_MS: i64 = 5 * 60 * 1000;
/// A time that has passed, in Unix milliseconds: the start of 2026.
const PASSED_MS: i64 = 1_767_225_600_000;
/// The name that is looked up where no webhook has one.
const KNOWN_NAME: &str = "https://example.com/";

/// How a check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is as it should be.
    Ok,
    /// It works and is not as it should be.
    Warning,
    /// A server would not start, or would not do its work.
    Failed,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// How it went.
    pub state: State,
    /// What was found, then what to do.
    pub detail: String,
}

/// Looks at everything.
pub async fn run(settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings(Vec::new());
    let (facts, runs) = match &settings.engine.database {
        Some(url) => postgres::look(&mut findings, url).await,
        None => file(&mut findings, &settings.engine.data).await,
    };
    key(&mut findings, settings, facts.sealed.as_ref());
    time(&mut findings, facts.newest);
    listen(&mut findings, settings, runs).await;
    roots(&mut findings);
    allowed(&mut findings, &settings.engine.allow_target);
    targets(&mut findings, settings, &facts.webhooks).await;
    findings.0
}

/// Looks at a file and its folder: what it holds, and whether a server runs on it.
async fn file(findings: &mut Findings, data: &Path) -> (Facts, bool) {
    let runs = is_locked(data);
    folder(findings, data);
    room(findings, data);
    let Some(mut database) = open(findings, &data.join(FILE)).await else {
        return (Facts::default(), runs);
    };
    let facts = Facts::of_file(&mut database).await;
    match &facts.applied {
        Some(applied) => schema(findings, &MIGRATIONS, applied),
        None => findings.add(
            "schema",
            State::Failed,
            "The file is no database of Hookboard's. Name another folder with --data.",
        ),
    }
    (facts, runs)
}

/// One line per finding.
pub fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let state = match finding.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Failed => "FAILED",
        };
        format!("{state:<8} {:<9} {}\n", finding.check, finding.detail)
    };
    findings.iter().map(line).collect()
}

struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, state: State, detail: impl Into<String>) {
        self.0.push(Finding { check, state, detail: detail.into() });
    }
}

/// Whether a server runs on the folder.
fn is_locked(folder: &Path) -> bool {
    File::open(folder.join("hookboard.lock")).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// The folder, or the nearest one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    absolute.ancestors().find(|above| above.exists()).map_or(absolute.clone(), Path::to_owned)
}

fn folder(findings: &mut Findings, folder: &Path) {
    let shown = folder.display();
    let at = existing(folder);
    let probe = at.join(format!(".hookboard-doctor-{}", std::process::id()));
    let written = File::create_new(&probe).and_then(|file| file.sync_all());
    let _ = fs::remove_file(&probe);
    match written {
        Err(error) => {
            let words = words(&error);
            findings.add("folder", State::Failed, format!("{} cannot be written to: {words}. Give the server's user the right to, or name another with --data.", at.display()));
        }
        Ok(()) if !folder.exists() => {
            findings.add("folder", State::Ok, format!("{shown} is not there yet; the first start makes it."));
        }
        Ok(()) if mode(folder).is_some_and(|mode| mode & 0o022 != 0) => {
            findings.add("folder", State::Warning, format!("Others may write to {shown}. Run: chmod go-w {shown}"));
        }
        Ok(()) => findings.add("folder", State::Ok, format!("{shown} can be written to.")),
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> Option<u32> {
    Some(std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).ok()?.permissions()) & 0o777)
}

#[cfg(not(unix))]
const fn mode(_path: &Path) -> Option<u32> {
    None
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> Option<u64> {
    let room = rustix::fs::statvfs(path).ok()?;
    Some(room.f_bavail * room.f_frsize)
}

#[cfg(not(unix))]
const fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

fn room(findings: &mut Findings, folder: &Path) {
    let Some(free) = free_bytes(&existing(folder)) else {
        return findings.add("disk", State::Warning, "The free room cannot be told here. See to it yourself.");
    };
    let shown = format!("{} MiB are free", free >> 20);
    let advice = "Make room: what cannot be stored is refused. Fewer days are kept by --retain.";
    let (least, enough) = ROOM;
    if free < least {
        findings.add("disk", State::Failed, format!("{shown}. {advice}"));
    } else if free < enough {
        findings.add("disk", State::Warning, format!("{shown}. {advice}"));
    } else {
        findings.add("disk", State::Ok, format!("{shown}."));
    }
}

/// The database, open for reading; none where there is none that can be read.
async fn open(findings: &mut Findings, path: &Path) -> Option<SqliteConnection> {
    let shown = path.display();
    if !path.exists() {
        findings.add("database", State::Ok, format!("{shown} is not there yet; the first start makes it."));
        return None;
    }
    // Without a write-ahead log nothing is to come, and reading it so leaves no file behind that the server's
    // user may not write to.
    let log = path.with_file_name(format!("{}-wal", path.file_name().unwrap_or_default().display()));
    let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(!log.exists());
    let checked = async {
        let mut database = SqliteConnection::connect_with(&options).await?;
        let found: Vec<String> = sqlx::query_scalar("PRAGMA quick_check(3)").fetch_all(&mut database).await?;
        Ok::<_, sqlx::Error>((database, found))
    };
    match checked.await {
        Ok((database, found)) if found == ["ok"] => {
            findings.add("database", State::Ok, format!("{shown} is whole."));
            Some(database)
        }
        Ok((_, found)) => {
            findings.add(
                "database",
                State::Failed,
                format!(
                    "{shown} is damaged: {}. Stop the server, keep a copy, and put a backup in its place.",
                    found.join("; ")
                ),
            );
            None
        }
        Err(error) => {
            findings.add(
                "database",
                State::Failed,
                format!(
                    "{shown} cannot be read: {error}. Check its rights; where it is damaged, put a backup in its place."
                ),
            );
            None
        }
    }
}

/// Compares the steps of the schema that were made with those that this program knows.
fn schema(findings: &mut Findings, migrations: &Migrator, applied: &[Step]) {
    let newest = migrations.iter().map(|step| step.version).max().unwrap_or_default();
    let at = applied.last().map_or(0, |(version, ..)| *version);
    let known = |version: i64| migrations.iter().find(|step| step.version == version);
    if let Some((version, ..)) = applied.iter().find(|(_, success, _)| !success) {
        findings.add(
            "schema",
            State::Failed,
            format!("Step {version} was not finished. Put a backup in the database's place and start again."),
        );
    } else if at > newest {
        findings.add("schema", State::Failed, format!("The database is at step {at}, and this program knows {newest}. Use the newer program, or a backup from before it."));
    } else if let Some((version, ..)) =
        applied.iter().find(|(version, _, sum)| known(*version).is_none_or(|step| *step.checksum != **sum))
    {
        findings.add(
            "schema",
            State::Failed,
            format!("Step {version} is not this program's. Use the program that made the database."),
        );
    } else if at < newest {
        findings.add("schema", State::Ok, format!("The database is at step {at} of {newest}; the next start brings it up to date. Keep a backup from before."));
    } else {
        findings.add("schema", State::Ok, format!("The database is at step {at}, the newest."));
    }
}

/// Whether the key can be used, and opens what the database holds.
fn key(findings: &mut Findings, settings: &Settings, sealed: Option<&(String, Vec<u8>)>) {
    let path = settings.engine.key_file.clone().unwrap_or_else(|| settings.engine.data.join(crate::serve::KEY));
    let shown = path.display();
    let (seal, from) = if let Some(key) = &settings.engine.key {
        (Seal::from_base64(key), String::from("The key from HOOKBOARD_SEALING_KEY"))
    } else if settings.engine.database.is_some() && settings.engine.key_file.is_none() {
        return findings.add(
            "key",
            State::Failed,
            "All processes of a shared database need the same key: make one with `head -c 32 /dev/urandom | base64 > key`, and name it with --key-file.",
        );
    } else if path.exists() {
        (Seal::from_file(&path, false), format!("The key in {shown}"))
    } else if settings.engine.key_file.is_some() || sealed.is_some() {
        return findings.add(
            "key",
            State::Failed,
            format!("There is no key file {shown}. Put it back from a backup: without it no secret opens."),
        );
    } else {
        return findings.add("key", State::Ok, format!("{shown} is not there yet; the first start makes it."));
    };
    let seal = match seal {
        Ok(seal) => seal,
        Err(error) => return findings.add("key", State::Failed, error.to_string()),
    };
    if sealed.is_some_and(|(id, sealed)| seal.open(id, sealed).is_err()) {
        findings.add(
            "key",
            State::Failed,
            format!("{from} does not open the database's secrets. Name the one that sealed them with --key-file."),
        );
    } else if settings.engine.key.is_none() && mode(&path).is_some_and(|mode| mode & 0o077 != 0) {
        findings.add(
            "key",
            State::Warning,
            format!("Others may read {shown}, and with it all secrets. Run: chmod 600 {shown}"),
        );
    } else if sealed.is_some() {
        findings.add(
            "key",
            State::Ok,
            format!("{from} opens the database's secrets. Keep a copy elsewhere than the database's."),
        );
    } else {
        findings.add("key", State::Ok, format!("{from} can be used. Keep a copy elsewhere than the database's."));
    }
}

fn time(findings: &mut Findings, newest: Option<String>) {
    let now = clock::now_ms();
    let newest_ms = newest.as_deref().and_then(|at| clock::parse_ms(at).ok());
    let shown = clock::text(now);
    if now < PASSED_MS {
        findings.add("clock", State::Failed, format!("It says {shown}, which is past. Set it, and keep it by NTP."));
    } else if let Some(newest) = newest.filter(|_| newest_ms.is_some_and(|newest| newest > now + AHEAD_MS)) {
        findings.add(
            "clock",
            State::Failed,
            format!(
                "It says {shown}, and the newest event came at {newest}. It went back: set it, and keep it by NTP."
            ),
        );
    } else {
        findings.add("clock", State::Ok, format!("It says {shown}."));
    }
}

async fn listen(findings: &mut Findings, settings: &Settings, runs: bool) {
    let flags = [("--listen", Some(settings.listen)), ("--metrics-listen", settings.engine.operations.metrics_listen)];
    for (flag, address) in flags.into_iter().filter_map(|(flag, address)| Some((flag, address?))) {
        match tokio::net::TcpListener::bind(address).await {
            Ok(_) => findings.add("port", State::Ok, format!("{address} is free to listen on.")),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && runs => {
                findings.add(
                    "port",
                    State::Ok,
                    format!("{address} is in use, and a server runs on the database: that may be the one."),
                );
            }
            Err(error) => {
                let words = words(&error);
                findings.add(
                    "port",
                    State::Failed,
                    format!("{address} cannot be listened on: {words}. Choose another with {flag}."),
                );
            }
        }
    }
}

fn roots(findings: &mut Findings) {
    let found = rustls_native_certs::load_native_certs();
    match (found.certs.len(), found.errors.first()) {
        (0, _) => findings.add("tls", State::Failed, "The system has no certificate authorities, so that no webhook by https:// can be sent. Install ca-certificates, or name a file by SSL_CERT_FILE."),
        (count, Some(error)) => findings.add("tls", State::Warning, format!("{count} certificate authorities, and some cannot be read: {error}. Mend or remove those.")),
        (count, None) => findings.add("tls", State::Ok, format!("{count} certificate authorities of the system are trusted.")),
    }
}

/// Addresses that nobody who may make webhooks is to reach by accident, with what they are.
const PRIZES: [(IpAddr, &str); 3] = [
    (IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254)), "the metadata service of clouds"),
    (IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), "the metadata service of AWS"),
    (IpAddr::V4(Ipv4Addr::LOCALHOST), "this machine's own services"),
];

fn allowed(findings: &mut Findings, targets: &[Target]) {
    let opened = PRIZES.iter().find_map(|(address, what)| {
        let opens = |target: &&Target| matches!(target, Target::Net(net) if net.contains(address));
        Some((targets.iter().find(opens)?, what))
    });
    let shown = |target: &Target| match target {
        Target::Net(net) => net.to_string(),
        Target::Host(name) => name.clone(),
    };
    let all = targets.iter().map(shown).collect::<Vec<_>>().join(", ");
    if let Some((target, what)) = opened {
        findings.add(
            "allowed",
            State::Warning,
            format!(
                "--allow-target {} opens {what} to everybody who may make webhooks. Name a narrower network.",
                shown(target)
            ),
        );
    } else if targets.is_empty() {
        findings.add("allowed", State::Ok, "Webhooks may point to public addresses only.");
    } else {
        findings.add("allowed", State::Ok, format!("Webhooks may point to public addresses and to {all}."));
    }
}

/// Looks up where webhooks point, or a known name where none does.
async fn targets(findings: &mut Findings, settings: &Settings, saved: &[String]) {
    let mut hooks: Vec<(String, String)> = saved
        .iter()
        .filter_map(|text| serde_json::from_str::<WebhookDraft>(text).ok())
        .map(|draft| (format!("The webhook \"{}\"", draft.name), draft.url))
        .collect();
    let is_known = hooks.is_empty();
    if is_known {
        hooks.push((String::from("The look-up of a known name"), KNOWN_NAME.to_owned()));
    }
    let guard = Guard::new(settings.engine.allow_target.clone());
    let (mut good, total) = (0, hooks.len());
    for (name, url) in hooks {
        match guard.vet(&url).await {
            Ok(_) => good += 1,
            Err(refusal @ Refusal::Lookup { .. }) => {
                findings.add("dns", State::Warning, format!("{name} fails: {refusal}"));
            }
            Err(refusal) => findings.add("dns", State::Warning, format!("{name} cannot be sent to: {refusal}")),
        }
    }
    if good == total {
        let words = if is_known {
            String::from("Names are looked up.")
        } else {
            format!("All {total} webhooks lead to addresses that they may.")
        };
        findings.add("dns", State::Ok, words);
    }
}

/// The system's words without its error number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}
