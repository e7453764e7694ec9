//! Runs any vector file: `cargo run --example vectors -- FILE`. Prints failures, closes with a count, and fails if
//! there was one.

use std::process::ExitCode;

#[path = "../tests/case/mod.rs"]
mod case;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("No file was named. Run it as: vectors FILE");
        return ExitCode::from(2);
    };
    let outcome = std::fs::read_to_string(&path).map_err(|error| error.to_string()).and_then(|file| case::run(&file));
    match outcome {
        Ok(outcome) => {
            for failure in &outcome.failures {
                println!("{failure}");
            }
            println!("{} passed, {} failed", outcome.passed, outcome.failures.len());
            ExitCode::from(u8::from(!outcome.failures.is_empty()))
        }
        Err(error) => {
            eprintln!("{path} cannot be run: {error}. Name a vector file.");
            ExitCode::from(2)
        }
    }
}
