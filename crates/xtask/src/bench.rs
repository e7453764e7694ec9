//! `cargo xtask bench`: figures as ratios, measured in one run against a named peer or limit.

use std::process::Command;
use std::{fs, io::ErrorKind};

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

/// Starts docs/benchmarks.md.
const HEAD: &str = "# Benchmarks\n\nWritten by `cargo xtask bench` on a machine with two cores, part by part. Read the ratios: absolute times are this machine's.\n";

/// Runs the parts named, or all, and writes what each printed to its section of docs/benchmarks.md.
pub(crate) fn run(names: &[String]) -> Done {
    if let Some(unknown) = names.iter().find(|name| !PARTS.iter().any(|(known, ..)| known == name)) {
        let known: Vec<&str> = PARTS.iter().map(|(name, ..)| *name).collect();
        return Err(format!("there is no part \"{unknown}\"; the parts are {}", known.join(", ")));
    }
    let path = root().join("docs/benchmarks.md");
    for (name, heading, part) in PARTS {
        if names.is_empty() || names.iter().any(|wanted| wanted == name) {
            println!("\n━━ {heading}");
            let table = part()?;
            let before = match fs::read_to_string(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
                read => read.map_err(|error| format!("{}: {error}", path.display()))?,
            };
            fs::write(&path, with_section(&before, heading, &table)).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// The document with `table` in the section `heading`, and the other known sections as they were.
fn with_section(document: &str, heading: &str, table: &str) -> String {
    let mut made = String::from(HEAD);
    for (_, known, _) in PARTS {
        let title = format!("\n## {known}\n");
        let kept = document.split_once(&title).map(|(_, rest)| rest.split("\n## ").next().unwrap_or_default());
        let body =
            if known == heading { Some(format!("\n```\n{}\n```\n", table.trim_end())) } else { kept.map(String::from) };
        made.extend(body.map(|body| format!("{title}{body}")));
    }
    made
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_ran_changes_its_own_section_alone() {
        let first = with_section("", "First paint of a panel", "110 ms\n");
        let both = with_section(&first, "First load of the page", "197 kB");
        assert_eq!(
            both,
            format!(
                "{HEAD}\n## First load of the page\n\n```\n197 kB\n```\n\n## First paint of a panel\n\n```\n110 ms\n```\n"
            )
        );
        assert_eq!(with_section(&both, "First paint of a panel", "110 ms"), both);
        assert!(with_section(&both, "First load of the page", "196 kB").ends_with("110 ms\n```\n"));
    }
}
