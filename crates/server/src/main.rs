//! `hookboard`: see `hookboard --help`.

use std::process::ExitCode;

use clap::Parser;
use hookboard_server::config::{Cli, Command, Migrate};
use hookboard_server::doctor::{self, State};
use hookboard_server::{http, migrate, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(settings) => serve::run(*settings).await,
        Command::Worker(engine) => serve::run_worker(*engine).await,
        Command::Migrate(Migrate::SqliteToPostgres { data, database }) => {
            migrate::sqlite_to_postgres(&data, &database).await
        }
        Command::Doctor(asked) => {
            let findings = doctor::run(&asked.settings).await;
            let text = if asked.json { serde_json::to_string_pretty(&findings) } else { Ok(doctor::lines(&findings)) };
            println!("{}", text.unwrap_or_default().trim_end());
            let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
            if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} checks failed", findings.len())) }
        }
        Command::Openapi => {
            http::openapi().to_pretty_json().map(|text| println!("{text}")).map_err(|error| error.to_string())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("hookboard: {message}");
            ExitCode::FAILURE
        }
    }
}
