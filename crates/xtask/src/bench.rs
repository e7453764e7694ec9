//! `cargo xtask bench`: figures as ratios, measured in one run against a named peer or limit.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use crate::postgres::Postgres;
use crate::shell::{Done, cargo, program, root, target, tee};
use crate::{page, serve, tools};

/// A part of the benchmark.
type Part = (&'static str, &'static str, fn() -> Done<String>);

/// The parts: name, heading, what runs it.
const PARTS: [Part; 7] = [
    ("template", "Template renderer beside other engines", template),
    ("preview", "Keystroke to updated preview", preview),
    ("load", "First load of the page", load),
    ("panel", "First paint of a panel", panel),
    ("latency", "Event accepted to webhook received", latency),
    ("scale", "Lists of a large team", scale),
    ("throughput", "Events accepted and webhooks delivered", throughput),
];

/// Runs the parts named, or all, and writes what all of them printed to docs/benchmarks.md.
pub(crate) fn run(names: &[String]) -> Done {
    if let Some(unknown) = names.iter().find(|name| !PARTS.iter().any(|(known, ..)| known == name)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("there is no part \"{unknown}\"; the parts are {}", known.join(", ")));
    }
    let mut document = String::from(
        "# Benchmarks\n\nWritten by `cargo xtask bench` on a machine with two cores. Read the ratios: absolute times are this machine's.\n",
    );
    for (name, heading, part) in PARTS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            println!("\n━━ {heading}");
            let table = part()?;
            write!(document, "\n## {heading}\n\n```\n{}\n```\n", table.trim_end())
                .map_err(|error| error.to_string())?;
        }
    }
    if names.is_empty() {
        fs::write(root().join("docs/benchmarks.md"), document).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn finished(what: &str, (success, printed): (bool, String)) -> Done<String> {
    if success { Ok(printed) } else { Err(format!("{what} failed; its output above says why")) }
}

fn template() -> Done<String> {
    let mut command = cargo();
    command.args(["run", "--quiet", "--release", "--locked", "--manifest-path", "crates/template/bench/Cargo.toml"]);
    command.env("CARGO_TARGET_DIR", target().join("xtask/bench"));
    finished("the template benchmark", tee(&mut command)?)
}

/// Takes the pictures of docs/screens anew.
pub(crate) fn screenshots() -> Done {
    finished("taking screenshots", tee(node("screens/take.mjs")?.arg(root().join("docs/screens")))?).map(|_| ())
}

/// A script of `tests` against the release build.
fn node(script: &str) -> Done<Command> {
    tools::serve()?;
    let (chromium, _) = tools::chromium()?;
    tools::node_packages()?;
    page::build()?;
    let binary = serve::server(true)?;
    let mut command = program("node");
    command
        .arg(root().join("tests").join(script))
        .env("HOOKBOARD_BIN", binary)
        .env("HOOKBOARD_DIST", page::dist())
        .env("CHROMIUM", chromium);
    command.env("HOOKBOARD_SCRATCH", target().join("xtask/scratch"));
    Ok(command)
}

fn preview() -> Done<String> {
    finished("the preview benchmark", tee(&mut node("bench/preview.mjs")?)?)
}

fn load() -> Done<String> {
    finished("the load benchmark", tee(&mut node("bench/load.mjs")?)?)
}

fn panel() -> Done<String> {
    finished("the panel benchmark", tee(&mut node("bench/panel.mjs")?)?)
}

fn latency() -> Done<String> {
    finished("the latency benchmark", tee(&mut node("bench/latency.mjs")?)?)
}

fn scale() -> Done<String> {
    let fill = serve::example("fill")?;
    let mut calls = node("bench/scale.mjs")?;
    let table = finished("the scale benchmark", tee(calls.env("HOOKBOARD_FILL", &fill))?)?;
    let mut page = node("bench/scroll.mjs")?;
    let figures = finished("the scroll benchmark", tee(page.env("HOOKBOARD_FILL", &fill))?)?;
    Ok(format!("{}\n\n{figures}", table.trim_end()))
}

fn throughput() -> Done<String> {
    tools::serve()?;
    page::build()?;
    let binary = serve::server(true)?;
    let load = serve::example("load")?;
    let postgres = Postgres::start()?;
    let mut command = program(load);
    command.arg(binary).arg(postgres.url()).env("PATH", postgres.path()).env("HOOKBOARD_FILL", serve::example("fill")?);
    finished("the throughput benchmark", tee(&mut command)?)
}
