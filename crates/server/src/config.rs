//! What the server is started with: flags, or `HOOKBOARD_*` in the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use hookboard_api::name::{check_place_name, check_user_name};
use url::Url;

use crate::cli;
use crate::guard::Target;

/// Webhook automations for machine-learning registries and projects.
///
/// When an alias is set, a version is linked, a tag added or a metric crosses a line, Hookboard renders
/// a JSON payload from a template, delivers it to a webhook, and shows exactly what happened.
#[derive(Debug, Parser)]
#[command(name = "hookboard", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the REST interface, the page and the delivery worker.
    Serve(Box<Settings>),
    /// Deliver, without the REST interface: one more process on a Postgres database.
    Worker(Box<Engine>),
    /// Move what a file holds to an empty Postgres database.
    #[command(subcommand)]
    Migrate(Migrate),
    /// Look at what a server needs and say what to do. Changes nothing; takes the flags of `serve`. Fails if a server would not work.
    Doctor(Box<Doctor>),
    /// Print the OpenAPI document of the REST interface.
    Openapi,
    /// Print the JSON Schema of a file of automations, for editors.
    Schema,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Call a running server.
    #[command(flatten)]
    Call(cli::Call),
}

impl Settings {
    /// Settings of a process that only delivers.
    pub fn of_worker(engine: Engine) -> Self {
        Self {
            engine,
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            team: None,
            admin: None,
            allow_origin: Vec::new(),
            allow_frame: Vec::new(),
            public_url: None,
            demo: false,
            page_dir: None,
        }
    }
}

/// Moves from one database to another.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Copy a stopped installation's file to an empty Postgres database, in one transaction.
    SqliteToPostgres {
        /// Folder that holds the file (`hookboard.db`).
        #[arg(long, env = "HOOKBOARD_DATA", default_value = "hookboard-data", value_name = "FOLDER")]
        data: PathBuf,

        /// The Postgres database.
        #[arg(long, env = "HOOKBOARD_DATABASE", value_name = "URL", hide_env_values = true)]
        database: String,
    },
}

/// What every process that delivers is started with.
#[derive(Debug, Clone, Args)]
pub struct Engine {
    /// Folder that holds the database (`hookboard.db`) and, unless told otherwise, the key that seals secrets. Not used with --database.
    #[arg(long, env = "HOOKBOARD_DATA", default_value = "hookboard-data", value_name = "FOLDER")]
    pub data: PathBuf,

    /// Postgres database instead of a file, as <postgres://user@host/name>, for any number of `serve` and `worker` processes. Name the key with --key-file then: all processes need the same.
    #[arg(long, env = "HOOKBOARD_DATABASE", value_name = "URL", hide_env_values = true)]
    pub database: Option<String>,

    /// File with the key that seals secrets: 32 bytes in base64. Made with mode 0600 beside the file of the database where none is named.
    #[arg(long, env = "HOOKBOARD_KEY_FILE", value_name = "FILE")]
    pub key_file: Option<PathBuf>,

    /// The key itself, instead of a file. Only from the environment: a flag would show in the process list.
    #[arg(long, env = "HOOKBOARD_SEALING_KEY", hide = true, hide_env_values = true)]
    pub key: Option<String>,

    /// Where webhooks may point beside public addresses: a network such as 10.0.0.0/8, an address, or a host's name. May be given several times.
    #[arg(long, env = "HOOKBOARD_ALLOW_TARGET", value_delimiter = ',', value_name = "CIDR|HOST")]
    pub allow_target: Vec<Target>,

    /// How long events and deliveries are kept, in days.
    #[arg(long, env = "HOOKBOARD_RETAIN", default_value_t = 30, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=3650))]
    pub retain: u32,

    /// How long a delivery that is being sent is left to its worker after that worker was last heard of, in seconds: then another one takes it over.
    #[arg(long, env = "HOOKBOARD_LEASE", default_value_t = 90, value_name = "SECONDS", hide = true, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub lease: u32,

    /// Write the log as one JSON object per line.
    #[arg(long, env = "HOOKBOARD_LOG_JSON")]
    pub log_json: bool,

    /// For those who watch the server.
    #[command(flatten)]
    pub operations: Operations,
}

/// Settings of `hookboard doctor`.
#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// What a server would be started with.
    #[command(flatten)]
    pub settings: Settings,

    /// Write the findings as JSON.
    #[arg(long)]
    pub json: bool,
}

/// Settings of `hookboard serve`.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  hookboard serve --demo                       a believable team, in ./hookboard-data\n  hookboard serve --data /var/lib/hookboard    a team's own, on one file\n  hookboard serve --allow-target 10.1.0.0/16   webhooks inside the company's network\n  hookboard serve --database postgres://hookboard@db/hookboard --key-file key   one of several on Postgres\n\nEach start prints a sign-in link that works once. Without another address to listen on, only this machine can reach the server."
)]
pub struct Settings {
    /// What it delivers with.
    #[command(flatten)]
    pub engine: Engine,

    /// Address and port to listen on; port 0 takes a free one.
    #[arg(long, env = "HOOKBOARD_LISTEN", default_value = "127.0.0.1:8080", value_name = "ADDRESS:PORT")]
    pub listen: SocketAddr,

    /// Name of the team that the sign-in link is of, made where there is none of it: "team" in an empty database, the first there is in another.
    #[arg(long, env = "HOOKBOARD_TEAM", value_name = "NAME", value_parser = team)]
    pub team: Option<String>,

    /// User name of the admin that the sign-in link is for, put into a team that has none: "admin" there, the first there is in another.
    #[arg(long, env = "HOOKBOARD_ADMIN", value_name = "NAME", value_parser = user)]
    pub admin: Option<String>,

    /// Origin whose pages may call the REST interface from a browser, such as <https://dash.example>. May be given several times.
    #[arg(long, env = "HOOKBOARD_ALLOW_ORIGIN", value_delimiter = ',', value_name = "ORIGIN", value_parser = origin)]
    pub allow_origin: Vec<String>,

    /// Origin whose pages may show the panel in a frame (embed/frame.html), such as <https://dash.example>. May be given several times.
    #[arg(long, env = "HOOKBOARD_ALLOW_FRAME", value_delimiter = ',', value_name = "ORIGIN", value_parser = origin)]
    pub allow_frame: Vec<String>,

    /// URL under which people reach the server, where it is behind a proxy. Printed in links.
    #[arg(long, env = "HOOKBOARD_PUBLIC_URL", value_name = "URL", value_parser = endpoint)]
    pub public_url: Option<Url>,

    /// Fill an empty database with a believable team, registry, project and runs, open a receiver at /sink/<name>, and let webhooks point to this machine.
    #[arg(long, env = "HOOKBOARD_DEMO")]
    pub demo: bool,

    /// Serve the page from this folder instead of from inside the binary: for working on the page.
    #[arg(long, env = "HOOKBOARD_PAGE_DIR", value_name = "FOLDER", hide = true)]
    pub page_dir: Option<PathBuf>,
}

/// What is shown to those who watch the server. Nothing, unless asked for.
#[derive(Debug, Clone, Default, Args)]
pub struct Operations {
    /// Address and port that answer `/metrics` for Prometheus, and `/healthz` and `/readyz`, without a key: for the inner network only.
    #[arg(long, env = "HOOKBOARD_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,

    /// Collector that takes traces as OTLP over HTTP in JSON, such as <http://127.0.0.1:4318>; `/v1/traces` is added to it.
    #[arg(long, env = "HOOKBOARD_OTLP_ENDPOINT", value_name = "URL", value_parser = endpoint)]
    pub otlp_endpoint: Option<Url>,
}

fn endpoint(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("it cannot be read: {error}"))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() && url.query().is_none() {
        Ok(url)
    } else {
        Err(String::from("it is to be http:// or https:// with a host and without a query"))
    }
}

/// An origin as browsers send it.
fn origin(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    let bare = url.filter(|url| url.path() == "/" && url.query().is_none() && url.fragment().is_none());
    bare.filter(|url| url.username().is_empty() && url.password().is_none() && !url.host_str().unwrap_or("*").contains('*'))
        .map(|url| url.origin().ascii_serialization())
        .ok_or_else(|| {
            String::from("it is to be http:// or https:// with a host and, where it has one, a port; name each origin, there is no wildcard")
        })
}

fn team(text: &str) -> Result<String, String> {
    let fits = !text.contains('/') && check_place_name(text, "").is_none();
    fits.then(|| text.to_owned())
        .ok_or_else(|| String::from("it stands in addresses: give it a name that can be read, without slashes"))
}

fn user(text: &str) -> Result<String, String> {
    check_user_name(text, "").map_or_else(|| Ok(text.to_owned()), |fault| Err(fault.message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_what_browsers_send() {
        for (text, read) in [
            ("https://Dash.example", Some("https://dash.example")),
            ("https://dash.example:443/", Some("https://dash.example")),
            ("http://127.0.0.1:3000", Some("http://127.0.0.1:3000")),
            ("*", None),
            ("https://*.dash.example", None),
            ("null", None),
            ("dash.example", None),
            ("https://dash.example/panel", None),
            ("https://a@dash.example", None),
            ("javascript:1", None),
        ] {
            assert_eq!(origin(text).ok().as_deref(), read, "{text}");
        }
    }

    #[test]
    fn a_team_and_its_admin_have_names_that_can_be_addressed() {
        assert!(["kestrel", "Größe λ"].iter().all(|name| team(name).is_ok()));
        assert!(["", " ", "a/b", "..", "a\nb"].iter().all(|name| team(name).is_err()));
        assert!(user("mira@kestrel.example").is_ok() && user("mi ra").is_err());
    }
}
