//! `hookboard events`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use hookboard_api::event::{Accepted, AcceptedEvents};

use super::error::Error;
use super::output::print_json;
use super::remote::{Body, Remote, read_file};
use super::table;

/// What to do with events.
#[derive(Debug, Subcommand)]
pub enum Events {
    /// Send one in, or several.
    Send(Send),
}

/// `hookboard events send`.
#[derive(Debug, Args)]
pub struct Send {
    /// File with the event as JSON, or with `{"events": [...]}`; - is the standard input.
    file: PathBuf,

    #[command(flatten)]
    remote: Remote,
}

impl Events {
    pub(super) fn run(self) -> Result<(), Error> {
        let Self::Send(Send { file, remote }) = self;
        let bytes = read_file(&file)?;
        let accepted: AcceptedEvents = remote.call("POST", "/events", Body::Json(bytes))?;
        if remote.json {
            return print_json(&accepted);
        }
        let row = |one: &Accepted| {
            let matched = if one.duplicate { "known before".to_owned() } else { one.matched.to_string() };
            vec![one.id.clone(), matched]
        };
        table::show(&["event", "matched"], accepted.events.iter().map(row).collect(), "Nothing was sent.")
    }
}
