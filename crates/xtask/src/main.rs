//! `cargo xtask`: sets a machine up, runs the product, runs every test.

mod bench;
mod bindings;
mod dev;
mod dist;
mod layout;
mod licenses;
mod pack;
mod package;
mod page;
mod postgres;
mod serve;
mod shell;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <command>

  serve [flags]   set up, build and run Hookboard with demo data on http://127.0.0.1:8080;
                  flags go to `hookboard serve`, such as --listen 127.0.0.1:9000
  dev [flags]     the same from a debug build with an unshrunk page, rebuilt as files change
  test [part …]   set up what tests need and run all of them, or the parts named:
                  lint rust postgres wasm browser interface guides operations mlflow wandb streamlit; with --long also fuzz, a minute each
                  target, and outages of half a minute
  bench [part …]  print performance figures as ratios and write docs/benchmarks.md:
                  template preview load panel latency scale throughput
  page            build the page into dist/, with its compressed twins
  dist [--out DIR]  publish the page into DIR, by default site/, for any web server or CDN:
                  earlier builds and config.json stay as they are
  template        build the npm package @hookboard/template, and print its folder
  setup           install what serve and test need, and nothing else
  screenshots     take the pictures of docs/screens anew
  openapi         write docs/openapi.json anew";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", arguments.as_slice()),
    };
    let takes_more = matches!(command, "serve" | "dev" | "test" | "bench" | "dist" | "" | "help" | "--help" | "-h");
    if let Some(stray) = rest.first().filter(|_| !takes_more) {
        eprintln!("\nxtask: {command} takes nothing more, and was given \"{stray}\"\n\n{HELP}");
        return ExitCode::FAILURE;
    }
    let done = match command {
        "serve" => serve::run(rest),
        "dev" => dev::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "dist" => dist::run(rest),
        "template" => package::run(),
        "page" => tools::serve().and_then(|()| page::build()).map(|_| ()),
        "setup" => tools::serve().and_then(|()| tools::test()),
        "screenshots" => bench::screenshots(),
        "openapi" => test::write_openapi(),
        "" | "help" | "--help" | "-h" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command \"{other}\"\n\n{HELP}")),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask: {message}");
            ExitCode::FAILURE
        }
    }
}
