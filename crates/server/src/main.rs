//! `hookboard`: see `hookboard --help`.

use std::process::ExitCode;

use clap::Parser;
use hookboard_server::config::{Cli, Command};
use hookboard_server::{http, serve};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(settings) => serve::run(*settings).await,
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
