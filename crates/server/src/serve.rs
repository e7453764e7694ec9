//! `hookboard serve`: start the parts in order, stop them in the other.

use std::fs::{File, TryLockError};
use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use hookboard_api::account::Role;
use hookboard_api::audit::AuditKind;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::app::App;
use crate::config::{Engine, Settings};
use crate::db::audit::{self, Change};
use crate::db::{Conn, Db, accounts, secrets};
use crate::guard::Target;
use crate::seal::Seal;
use crate::telemetry::Telemetry;
use crate::{demo, http, panics, worker};

/// Writes a line for whoever started the process. That it cannot be written ends nothing.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($words)*);
    }};
}
pub(crate) use say;

/// How long deliveries in flight may take after the signal to stop.
const DRAIN: Duration = Duration::from_secs(30);

/// The database's file in its folder.
pub const FILE: &str = "hookboard.db";

/// The file of the key that seals secrets, where none is named.
pub const KEY: &str = "hookboard.key";

/// The team of a database that is new, and its admin, where no others are named.
const TEAM: &str = "team";
const ADMIN: &str = "admin";

/// Who the audit log says put the first admin in.
const SERVER: &str = "hookboard";

/// Runs until the process is told to stop. An error is one line that says what to do.
pub async fn run(mut settings: Settings) -> Result<(), String> {
    log(settings.engine.log_json);
    panics::log_places();
    if let Some(folder) = &settings.page_dir
        && !folder.join("index.html").is_file()
    {
        return Err(format!(
            "{} holds no page: there is no index.html. Name a folder made by `cargo xtask dist` with --page-dir, or leave it out.",
            folder.display()
        ));
    }
    check_demo(&settings)?;
    let Opened { db, seal, lock } = open(&mut settings.engine).await?;
    let listener = TcpListener::bind(settings.listen).await.map_err(|error| {
        format!("cannot listen on {}: {error}. Choose another port with --listen.", settings.listen)
    })?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    if settings.demo {
        // The demo's webhooks point at the demo's own receiver.
        for net in ["127.0.0.0/8", "::1/128"] {
            settings.engine.allow_target.extend(net.parse::<Target>());
        }
        settings.engine.allow_target.push(Target::Host("localhost".to_owned()));
    }
    let watched = watched(&settings.engine).await?;
    let app = App::new(db.clone(), seal, settings.clone());
    let first = first_account(&app, address).await.map_err(|error| error.to_string())?;
    let stop = CancellationToken::new();
    let worker = tokio::spawn(worker::run(app.clone(), stop.clone()));
    let sweeper = tokio::spawn(crate::db::retention::run(app.clone(), stop.clone()));
    announce(&app, address, &first);
    if let Some(listener) = watched {
        operate(&app, listener, stop.clone());
    }
    let server = axum::serve(listener, http::router(&app)).with_graceful_shutdown(stopped(stop.clone()));
    let served = tokio::select! {
        served = server => served.map_err(|error| format!("the server ended: {error}")),
        () = drained(&stop) => Ok(()),
    };
    stop.cancel();
    drain(worker).await;
    let _ = sweeper.await;
    let _ = tokio::task::spawn_blocking(move || app.telemetry().map(Telemetry::stop)).await;
    db.close().await;
    drop(lock);
    served
}

/// Refuses names that the demo would not use.
fn check_demo(settings: &Settings) -> Result<(), String> {
    let named = [("--team", &settings.team, demo::TEAM), ("--admin", &settings.admin, demo::ADMIN)];
    for (flag, given, own) in named {
        if let Some(given) = given.as_ref().filter(|given| settings.demo && *given != own) {
            return Err(format!(
                "--demo brings a team and an admin of its own, {} and {}, and {flag} names \"{given}\". Leave {flag} out, or --demo.",
                demo::TEAM,
                demo::ADMIN
            ));
        }
    }
    Ok(())
}

/// Delivers until the process is told to stop.
pub async fn run_worker(mut engine: Engine) -> Result<(), String> {
    log(engine.log_json);
    panics::log_places();
    if engine.database.is_none() {
        return Err(String::from(
            "a worker needs a Postgres database that it shares: name it with --database. A file has one process, `hookboard serve`.",
        ));
    }
    let Opened { db, seal, .. } = open(&mut engine).await?;
    let watched = watched(&engine).await?;
    let app = App::new(db.clone(), seal, Settings::of_worker(engine));
    let stop = CancellationToken::new();
    if let Some(listener) = watched {
        operate(&app, listener, stop.clone());
    }
    let worker = tokio::spawn(worker::run(app.clone(), stop.clone()));
    say!("Hookboard {} delivers", env!("CARGO_PKG_VERSION"));
    signal().await;
    stop.cancel();
    drain(worker).await;
    let _ = tokio::task::spawn_blocking(move || app.telemetry().map(Telemetry::stop)).await;
    db.close().await;
    Ok(())
}

/// Waits for what is being sent, no longer than the drain.
async fn drain(worker: JoinHandle<()>) {
    if tokio::time::timeout(DRAIN, worker).await.is_err() {
        tracing::warn!("some deliveries were still being sent; they are sent again");
    }
}

/// What a process works on.
struct Opened {
    db: Db,
    seal: Seal,
    /// Makes a file's folder this process's own.
    lock: Option<File>,
}

/// Opens the database and the key; the key is not kept elsewhere.
async fn open(engine: &mut Engine) -> Result<Opened, String> {
    let key = engine.key.take();
    let seal = match (&key, &engine.key_file, &engine.database) {
        (Some(key), _, _) => Some(Seal::from_base64(key)),
        (None, Some(path), _) => Some(Seal::from_file(path, false)),
        (None, None, Some(_)) => {
            return Err(String::from(
                "all processes of a shared database need the same key: make one with `head -c 32 /dev/urandom | base64 > key`, and name it with --key-file.",
            ));
        }
        (None, None, None) => None,
    };
    let seal = seal.transpose().map_err(|error| error.to_string())?;
    if let (Some(url), Some(seal)) = (&engine.database, seal.as_ref()) {
        let db = Db::connect(url)
            .await
            .map_err(|error| format!("the database cannot be used: {error}. Check the URL of --database."))?;
        return checked(Opened { db, seal: seal.clone(), lock: None }).await;
    }
    std::fs::create_dir_all(&engine.data).map_err(|error| {
        format!("the folder {} cannot be made: {error}. Name another with --data.", engine.data.display())
    })?;
    let lock = Some(lock(&engine.data)?);
    let path = engine.data.join(FILE);
    let db = Db::open(&path).await.map_err(|error| {
        format!(
            "the database {} cannot be opened: {error}. Check the folder's rights, or name another with --data.",
            path.display()
        )
    })?;
    let seal = match seal {
        Some(seal) => seal,
        None => key_beside(&db, &engine.data.join(KEY)).await?,
    };
    checked(Opened { db, seal, lock }).await
}

/// The key at `path`, made where the database has none yet.
async fn key_beside(db: &Db, path: &Path) -> Result<Seal, String> {
    let is_used = secrets::has_key(db).await.map_err(|error| error.to_string())?;
    if is_used && !path.exists() {
        return Err(format!(
            "the key that sealed the secrets of this database is missing: {} is not there. Put it back from a backup, or name it with --key-file.",
            path.display()
        ));
    }
    Seal::from_file(path, true).map_err(|error| error.to_string())
}

/// Refuses a key that is not the one of the database's secrets: what it seals, others could not open.
async fn checked(opened: Opened) -> Result<Opened, String> {
    match secrets::is_key_of(&opened.db, &opened.seal).await {
        Ok(true) => Ok(opened),
        Ok(false) => Err(String::from(
            "the secrets of this database were sealed with another key. Name the file that holds it with --key-file.",
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Where those who watch the server ask.
async fn watched(engine: &Engine) -> Result<Option<TcpListener>, String> {
    let Some(address) = engine.operations.metrics_listen else {
        return Ok(None);
    };
    let listener = TcpListener::bind(address).await;
    listener
        .map(Some)
        .map_err(|error| format!("cannot listen on {address}: {error}. Choose another port with --metrics-listen."))
}

/// Answers those who watch the server, until `stop`.
fn operate(app: &App, listener: TcpListener, stop: CancellationToken) {
    if let Ok(address) = listener.local_addr() {
        say!("Metrics are at http://{address}/metrics, for everybody who reaches that address");
    }
    let router = http::operations(app);
    tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "metrics are no longer answered");
        }
    });
}

/// Makes the folder this process's own: one database has one worker. The lock ends with the process,
/// however that ends.
pub(crate) fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join("hookboard.lock");
    let unusable = |error: std::io::Error| {
        format!("{} cannot be locked: {error}. Check the folder's rights, or name another with --data.", path.display())
    };
    let file = File::create(&path).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(format!(
            "another Hookboard runs on the folder {} already. Stop it first, or name another folder with --data.",
            folder.display()
        )),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// Whom the sign-in link is for.
struct First {
    team: String,
    admin: String,
    /// The link, unless the admin is not in the team.
    link: Option<String>,
}

/// The team and the admin asked for; where none is named, those there are, and in an empty database those that every
/// one begins with.
async fn first_names(app: &App, conn: &mut Conn) -> Result<(String, String), crate::failure::Failure> {
    let settings = app.settings();
    if settings.demo {
        return Ok((demo::TEAM.to_owned(), demo::ADMIN.to_owned()));
    }
    let team = match &settings.team {
        Some(team) => team.clone(),
        None => accounts::first_entity(conn).await?.unwrap_or_else(|| TEAM.to_owned()),
    };
    let admin = match &settings.admin {
        Some(admin) => admin.clone(),
        None => accounts::first_admin(conn, &team).await?.unwrap_or_else(|| ADMIN.to_owned()),
    };
    Ok((team, admin))
}

/// The team, its first admin and a sign-in link; in the demo, all that makes it believable. The admin is put
/// into a team that has none only: who was taken out stays out, and gets no link.
async fn first_account(app: &App, address: SocketAddr) -> Result<First, crate::failure::Failure> {
    let settings = app.settings();
    let mut tx = app.db().begin().await?;
    let (team, admin) = first_names(app, &mut tx).await?;
    let entity_id = accounts::ensure_entity(&mut tx, &team).await?;
    if !accounts::has_admin(&mut tx, &entity_id).await? {
        accounts::set_member(&mut tx, &entity_id, &admin, Role::Admin).await?;
        let change = Change::created(AuditKind::Member, &admin, &admin).after(&json!({ "role": Role::Admin }))?;
        audit::write(&mut tx, &entity_id, SERVER, change).await?;
    }
    let code = match accounts::member(&mut tx, &entity_id, &admin).await? {
        // Another process on the same database has told one of its own.
        Some((user_id, _)) if settings.engine.database.is_some() => {
            Some(accounts::one_more_code(&mut tx, &user_id).await?.code)
        }
        Some((user_id, _)) => Some(accounts::new_code(&mut tx, &user_id).await?.code),
        None => None,
    };
    tx.commit().await?;
    if settings.demo {
        demo::fill(app, &entity_id, address).await?;
    }
    let link = code.map(|code| format!("{}/#code={code}", public_url(app, address)));
    Ok(First { team, admin, link })
}

fn public_url(app: &App, address: SocketAddr) -> String {
    match &app.settings().public_url {
        Some(url) => url.as_str().trim_end_matches('/').to_owned(),
        None if address.ip().is_unspecified() => format!("http://localhost:{}", address.port()),
        None => format!("http://{address}"),
    }
}

fn announce(app: &App, address: SocketAddr, first: &First) {
    say!("Hookboard {} listens on {}", env!("CARGO_PKG_VERSION"), public_url(app, address));
    let First { team, admin, link } = first;
    if let Some(link) = link {
        say!("Sign in once within 10 minutes as {admin} of {team} with this link:\n\n    {link}\n");
    } else {
        say!(
            "There is no sign-in link: {admin} is not in the team {team}. Start with --admin and the name of a member for one."
        );
    }
    if app.settings().demo {
        say!(
            "This is the demo: webhooks may point to this machine, and a receiver takes what is sent at {}/sink/<name>.",
            public_url(app, address)
        );
    }
}

async fn stopped(stop: CancellationToken) {
    signal().await;
    stop.cancel();
}

/// After the signal, open streams would keep the server up for ever: they get two seconds.
async fn drained(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(Duration::from_secs(2)).await;
}

async fn signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ = interrupt.await;
}

fn log(json: bool) {
    let filter =
        EnvFilter::try_from_env("HOOKBOARD_LOG").unwrap_or_else(|_| EnvFilter::new("warn,hookboard_server=info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // A second start in one process, as tests do, keeps the first one's log.
    let _ = if json { builder.json().try_init() } else { builder.try_init() };
}
