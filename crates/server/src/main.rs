//! `hookboard`: see `hookboard --help`.

use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use hookboard_server::config::{Cli, Command, Migrate};
use hookboard_server::doctor::{self, State};
use hookboard_server::{cli, http, migrate, serve};

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
            print(text.unwrap_or_default().trim_end());
            let failed = findings.iter().filter(|finding| finding.state == State::Failed).count();
            if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} checks failed", findings.len())) }
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "hookboard", &mut script);
            print(String::from_utf8_lossy(&script).trim_end());
            Ok(())
        }
        Command::Call(call) => match cli::run(call) {
            Ok(()) => Ok(()),
            Err(error) => {
                cli::remark(&format!("hookboard: {error}"));
                return ExitCode::from(error.code());
            }
        },
        Command::Schema => http::schema()
            .and_then(|schema| serde_json::to_string_pretty(&schema).map_err(|error| error.to_string()))
            .map(|text| print(&text)),
        Command::Openapi => {
            http::openapi().to_pretty_json().map(|text| print(&text)).map_err(|error| error.to_string())
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            cli::remark(&format!("hookboard: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes to the standard output. Who reads it may have had enough, as `head` has.
fn print(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}
