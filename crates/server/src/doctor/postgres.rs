//! What a shared database is to be like.

use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, FromRow};

use super::facts::Facts;
use super::{Findings, State, schema};
use crate::clock;
use crate::db::CONNECTIONS;

/// Steps of the schema that this program knows.
static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How long the server may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The oldest version whose SQL is used, as Postgres numbers them.
const OLDEST: i32 = 13;
/// How far its clock and this machine's may be apart, in milliseconds: leases and retries go by both.
const APART_MS: i64 = 5_000;

/// What a server says of itself.
#[derive(Debug, FromRow)]
struct About {
    /// Ten thousand times the version, and the release.
    version: i32,
    /// The version in words.
    words: String,
    is_standby: bool,
    may_create: bool,
    clock_ms: i64,
    /// Connections that the caller may still make.
    left: i64,
    /// Connections of Hookboard to this database.
    own: i64,
}

const ABOUT: &str = "\
SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS words, \
  pg_is_in_recovery() AS is_standby, \
  coalesce(has_schema_privilege(current_schema(), 'CREATE'), FALSE) AS may_create, \
  floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock_ms, \
  least( \
    current_setting('max_connections')::bigint - current_setting('superuser_reserved_connections')::bigint \
      - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), \
    (SELECT nullif(datconnlimit, -1) - (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()) \
       FROM pg_database WHERE datname = current_database()), \
    (SELECT nullif(rolconnlimit, -1) - (SELECT count(*) FROM pg_stat_activity WHERE usename = current_user) \
       FROM pg_roles WHERE rolname = current_user)) AS left, \
  (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'hookboard') AS own";

/// Looks at the server and the database: what that holds, and whether a process of Hookboard's runs on it.
pub(super) async fn look(findings: &mut Findings, url: &str) -> (Facts, bool) {
    let connected = async {
        let options = crate::db::postgres(url)?.application_name("hookboard doctor");
        let mut database = PgConnection::connect_with(&options).await?;
        let before = clock::now_ms();
        let about: About = sqlx::query_as(ABOUT).fetch_one(&mut database).await?;
        // Its answer took a way: the clock was read somewhere in between.
        let after = clock::now_ms();
        Ok::<_, sqlx::Error>((database, about, before, after))
    };
    let (mut database, about, before, after) = match tokio::time::timeout(PATIENCE, connected).await {
        Ok(Ok(connected)) => connected,
        Ok(Err(error)) => {
            let words =
                format!("It cannot be reached: {error}. Check the URL of --database, the network and the rights.");
            findings.add("database", State::Failed, words);
            return (Facts::default(), false);
        }
        Err(_) => {
            let words = "It has not answered for 10 s. Check the URL of --database and the network.";
            findings.add("database", State::Failed, words);
            return (Facts::default(), false);
        }
    };
    version(findings, &about);
    connections(findings, &about);
    let facts = Facts::of_postgres(&mut database).await;
    match &facts.applied {
        _ if about.is_standby => {}
        Some(applied) => schema(findings, &MIGRATIONS, applied),
        None if about.may_create => {
            findings.add("schema", State::Ok, "There are no tables yet; the first start makes them.");
        }
        None => findings.add(
            "schema",
            State::Failed,
            "There are no tables, and the user may make none. Run: GRANT CREATE ON SCHEMA public TO <user>",
        ),
    }
    let apart_ms = (about.clock_ms - after).max(before - about.clock_ms).max(0);
    if apart_ms > APART_MS {
        let words = format!(
            "The database's clock and this machine's are {} s apart. Keep both by NTP: leases and retries go by them.",
            apart_ms / 1000
        );
        findings.add("clocks", State::Failed, words);
    } else {
        findings.add("clocks", State::Ok, "The database's clock and this machine's agree.");
    }
    // What is told so far is kept, whether the connection ends well or not.
    let _ = database.close().await;
    (facts, about.own > 0)
}

fn version(findings: &mut Findings, about: &About) {
    let words = &about.words;
    if about.version / 10_000 < OLDEST {
        let words = format!("It is Postgres {words}, and {OLDEST} is the oldest that can be used. Upgrade it.");
        findings.add("database", State::Failed, words);
    } else if about.is_standby {
        let words = "It is a standby, which takes no writers. Name the primary with --database.";
        findings.add("database", State::Failed, words);
    } else {
        findings.add("database", State::Ok, format!("Postgres {words} answers."));
    }
}

fn connections(findings: &mut Findings, about: &About) {
    let left = about.left;
    if left < i64::from(CONNECTIONS) {
        let words = format!(
            "{left} more connections can be made, and a process takes up to {CONNECTIONS}. Raise max_connections, or the limit of the user or the database."
        );
        findings.add("room", State::Warning, words);
    } else {
        let words = format!("{left} more connections can be made; a process takes up to {CONNECTIONS}.");
        findings.add("room", State::Ok, words);
    }
}
