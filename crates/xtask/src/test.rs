//! `cargo xtask test`: every runner, one closing line.

use std::fs;
use std::process::Command;

use crate::postgres::Postgres;
use crate::shell::{Done, cargo, output, program, root, step, target, tee};
use crate::{package, page, serve, tools};

/// A part of the tests.
type Part = (&'static str, fn(&mut Tally) -> Done);

/// The parts, in order: what is cheap and tells most comes first.
const PARTS: [Part; 11] = [
    ("lint", lint),
    ("rust", rust),
    ("postgres", postgres),
    ("wasm", wasm),
    ("browser", browser),
    ("interface", interface),
    ("guides", guides),
    ("operations", operations),
    ("mlflow", mlflow),
    ("wandb", wandb),
    ("streamlit", streamlit),
];

/// What only `--long` brings: minutes, not seconds, and never the same twice.
const LONG: Part = ("fuzz", fuzz);

/// The fuzz targets, and how many seconds each runs.
const FUZZ_TARGETS: [&str; 4] = ["template", "condition", "event", "url"];
const FUZZ_S: u32 = 60;

/// Crates that may be part of the page. One stray crate has cost others megabytes.
const PAGE_CRATES: &str = "crates/xtask/page-crates.txt";

/// Names the Postgres server that the server's tests run on; they run on files without it.
const POSTGRES: &str = "HOOKBOARD_TEST_POSTGRES";

/// Tests that passed and failed, over all runners.
#[derive(Debug, Default)]
struct Tally {
    passed: u64,
    failed: u64,
    /// Whether outages and drains last as long as they may.
    is_long: bool,
}

/// Runs the parts named, or all, and with `--long` the long one after them. Every part runs, whatever failed before it.
pub(crate) fn run(arguments: &[String]) -> Done {
    let (flags, names): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|one| *one == "--long");
    let is_long = !flags.is_empty();
    let parts: Vec<Part> = PARTS.into_iter().chain(is_long.then_some(LONG)).collect();
    if let Some(unknown) = names.iter().find(|name| !parts.iter().any(|(known, _)| known == *name)) {
        let known: Vec<&str> = parts.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no part \"{unknown}\"; the parts are {}", known.join(", ")));
    }
    let mut tally = Tally { is_long, ..Tally::default() };
    for (name, part) in parts.iter().filter(|(name, _)| names.is_empty() || names.iter().any(|wanted| *wanted == name))
    {
        println!("\n━━ {name}");
        if let Err(message) = part(&mut tally) {
            eprintln!("{name}: {message}");
            tally.failed += 1;
        }
    }
    println!("\n{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { Ok(()) } else { Err(String::from("some tests failed; each says why above")) }
}

impl Tally {
    fn one(&mut self, what: &str, done: Done) {
        match done {
            Ok(()) => {
                println!("✓ {what}");
                self.passed += 1;
            }
            Err(message) => {
                println!("✗ {what}: {message}");
                self.failed += 1;
            }
        }
    }

    /// Runs a test runner and adds what it counts. One that fails without counting a failure counts as
    /// one: it did not get to its tests.
    fn runner(&mut self, what: &str, command: &mut Command) -> Done {
        println!("▸ {what}");
        if self.is_long {
            command.env("HOOKBOARD_TEST_LONG", "1");
        }
        let (success, printed) = tee(command)?;
        let (passed, failed) = counts(&printed);
        self.passed += passed;
        self.failed += failed;
        if !success && failed == 0 {
            return Err(format!("{what} ended with an error before it had run"));
        }
        if success && passed == 0 {
            return Err(format!("{what} ran no test"));
        }
        Ok(())
    }
}

/// Counts of cargo's, node's and our own closing lines.
fn counts(printed: &str) -> (u64, u64) {
    let number = |text: &str| text.split_whitespace().find_map(|word| word.parse::<u64>().ok()).unwrap_or(0);
    let (mut passed, mut failed) = (0, 0);
    for line in printed.lines() {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result:") {
            for part in rest.split(';') {
                if part.contains("passed") {
                    passed += number(part.rsplit('.').next().unwrap_or(part));
                } else if part.contains("failed") {
                    failed += number(part);
                }
            }
        } else if let Some(rest) = line.strip_prefix("# pass ").or_else(|| line.strip_prefix("ℹ pass ")) {
            passed += number(rest);
        } else if let Some(rest) = line.strip_prefix("# fail ").or_else(|| line.strip_prefix("ℹ fail ")) {
            failed += number(rest);
        } else if let Some((first, second)) = line.split_once(" passed, ")
            && let (Ok(good), Some(bad)) = (first.parse::<u64>(), second.strip_suffix(" failed"))
        {
            passed += good;
            failed += number(bad);
        }
    }
    (passed, failed)
}

fn quiet(arguments: &[&str]) -> Command {
    let mut command = cargo();
    command.args(arguments);
    command
}

fn lint(tally: &mut Tally) -> Done {
    tools::serve()?;
    tally.one(
        "formatted as `cargo fmt` does",
        step("Compare the format", "some seconds", &mut quiet(&["fmt", "--all", "--check"])),
    );
    let native = ["clippy", "--quiet", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"];
    tally.one("clippy, native", step("Lint for this machine", "3 min when cold", &mut quiet(&native)));
    let wasm = [
        "clippy",
        "--quiet",
        "--locked",
        "--target",
        "wasm32-unknown-unknown",
        "-p",
        "hookboard-page",
        "-p",
        "hookboard-template",
        "-p",
        "hookboard-api",
        "--",
        "-D",
        "warnings",
    ];
    tally.one("clippy, wasm", step("Lint for the browser", "2 min when cold", &mut quiet(&wasm)));
    // By itself, since it does without the standard library that the others have.
    let package =
        ["clippy", "--quiet", "--locked", "--target", "wasm32-unknown-unknown", "-p", "hookboard-template-js"];
    let mut package = quiet(&package);
    package.args(["--", "-D", "warnings"]);
    tally.one("clippy, the template package", step("Lint the template package", "some seconds", &mut package));
    tally.one("the page's crates are those allowed", page_crates());
    Ok(())
}

/// Compares the crates of the page with the list.
fn page_crates() -> Done {
    let tree = [
        "tree",
        "--locked",
        "-p",
        "hookboard-page",
        "--target",
        "wasm32-unknown-unknown",
        "-e",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{lib}",
    ];
    let printed = output(&mut quiet(&tree)).ok_or("cargo tree failed")?;
    let mut found: Vec<&str> =
        printed.lines().map(|line| line.trim_end_matches(" (*)").trim()).filter(|name| !name.is_empty()).collect();
    found.sort_unstable();
    found.dedup();
    let listed = fs::read_to_string(root().join(PAGE_CRATES)).map_err(|error| format!("{PAGE_CRATES}: {error}"))?;
    let listed: Vec<&str> = listed.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let strays: Vec<&str> = found.iter().filter(|name| !listed.contains(name)).copied().collect();
    if strays.is_empty() {
        Ok(())
    } else {
        Err(format!("new in the page: {}. Weigh them, then add them to {PAGE_CRATES}", strays.join(", ")))
    }
}

fn rust(tally: &mut Tally) -> Done {
    // The binary that tests start holds the page, which must be there to be embedded.
    tools::serve()?;
    page::build()?;
    let mut tests = quiet(&["test", "--quiet", "--locked", "--workspace", "--no-fail-fast"]);
    tally.runner("cargo test", tests.env_remove(POSTGRES))?;
    let vectors = [
        "run",
        "--quiet",
        "--locked",
        "-p",
        "hookboard-template",
        "--example",
        "vectors",
        "--",
        "crates/template/vectors/template.json",
    ];
    tally.runner("template vectors", &mut quiet(&vectors))
}

/// The server's tests once more, on Postgres.
fn postgres(tally: &mut Tally) -> Done {
    tools::serve()?;
    page::build()?;
    let postgres = Postgres::start()?;
    let mut command = quiet(&["test", "--quiet", "--locked", "-p", "hookboard-server", "--no-fail-fast", "--tests"]);
    command.env(POSTGRES, postgres.url()).env("PATH", postgres.path());
    tally.runner("cargo test of the server on Postgres", &mut command)
}

fn wasm(tally: &mut Tally) -> Done {
    tools::serve()?;
    let (_, driver) = tools::chromium()?;
    let runner = tools::wasm_bindgen()?.join("wasm-bindgen-test-runner");
    let mut command =
        quiet(&["test", "--locked", "--target", "wasm32-unknown-unknown", "-p", "hookboard-template", "--test", "web"]);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner).env("CHROMEDRIVER", driver);
    tally.runner("the template renderer in a browser", &mut command)?;
    tools::node_packages()?;
    let (chromium, _) = tools::chromium()?;
    tally.runner(
        "the template package in Node and in a browser",
        node_test("template").env("HOOKBOARD_TEMPLATE", package::build()?).env("CHROMIUM", chromium),
    )
}

fn browser(tally: &mut Tally) -> Done {
    tools::serve()?;
    let (chromium, _) = tools::chromium()?;
    tools::node_packages()?;
    page::build()?;
    let binary = serve::server(false)?;
    tally.runner(
        "the page in a browser",
        node_test("e2e")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("HOOKBOARD_WEB_SERVERS", tools::web_servers()?)
            .env("CHROMIUM", chromium),
    )
}

/// The REST interface held to its own document.
fn interface(tally: &mut Tally) -> Done {
    tools::node_packages()?;
    let python = tools::schemathesis()?;
    let binary = serve::server(false)?;
    tally.runner(
        "the interface and its document",
        node_test("interface")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("SCHEMATHESIS_PYTHON", python),
    )
}

/// The guides and all other code blocks of documents, followed as printed.
fn guides(tally: &mut Tally) -> Done {
    tools::node_packages()?;
    let (web_servers, prometheus) = (tools::web_servers()?, tools::prometheus()?);
    let postgres = Postgres::start()?;
    let binary = serve::server(false)?;
    tally.runner(
        "the documents, followed as printed",
        node_test("guides")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("HOOKBOARD_WEB_SERVERS", web_servers)
            .env("HOOKBOARD_PROMETHEUS", prometheus)
            .env(POSTGRES, postgres.url())
            .env("PATH", postgres.path()),
    )
}

/// The dashboard and the alerts in a Prometheus that watches the server, and by Grafana's own types.
fn operations(tally: &mut Tally) -> Done {
    tools::node_packages()?;
    let (prometheus, python) = (tools::prometheus()?, tools::grafana_types()?);
    let binary = serve::server(false)?;
    tally.runner(
        "the dashboard and the alerts",
        node_test("operations")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("HOOKBOARD_PROMETHEUS", prometheus)
            .env("GRAFANA_PYTHON", python),
    )
}

fn mlflow(tally: &mut Tally) -> Done {
    tools::node_packages()?;
    let python = tools::python()?;
    let binary = serve::server(false)?;
    tally.runner(
        "MLflow as a source",
        node_test("sources")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("MLFLOW_PYTHON", python),
    )
}

/// The wandb SDK, in the newest version and in an old one.
fn wandb(tally: &mut Tally) -> Done {
    tools::node_packages()?;
    let pythons = tools::wandb()?;
    let binary = serve::server(false)?;
    tally.runner(
        "the wandb SDK",
        node_test("wandb")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("WANDB_PYTHONS", pythons),
    )
}

/// The panel in a host that is not a page of files.
fn streamlit(tally: &mut Tally) -> Done {
    tools::serve()?;
    let (chromium, _) = tools::chromium()?;
    tools::node_packages()?;
    let python = tools::streamlit()?;
    page::build()?;
    let binary = serve::server(false)?;
    tally.runner(
        "the panel in Streamlit",
        node_test("hosts")
            .env("HOOKBOARD_BIN", binary)
            .env("HOOKBOARD_DIST", page::dist())
            .env("CHROMIUM", chromium)
            .env("STREAMLIT_PYTHON", python),
    )
}

/// Runs each fuzz target over its seeds and what earlier runs found. What breaks one is kept, and its path printed.
fn fuzz(tally: &mut Tally) -> Done {
    let folder = root().join("fuzz");
    let built = target().join("fuzz");
    let in_fuzz = |arguments: &[&str]| {
        let mut command = cargo();
        command.current_dir(&folder).args(arguments).env("CARGO_TARGET_DIR", &built);
        // The flags are those of fuzz/.cargo/config.toml; others in the environment would replace them.
        command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS").env_remove("CARGO_BUILD_TARGET");
        command
    };
    step("Build the fuzz targets", "2 min when cold", &mut in_fuzz(&["build", "--quiet", "--locked", "--release"]))?;
    for name in FUZZ_TARGETS {
        let corpus = built.join("corpus").join(name);
        fs::create_dir_all(&corpus).map_err(|error| format!("{}: {error}", corpus.display()))?;
        let mut command = in_fuzz(&["run", "--quiet", "--locked", "--release", "--bin", name, "--"]);
        command.arg(&corpus).arg(folder.join("seeds").join(name));
        command.arg(format!("-dict=dictionaries/{name}.txt"));
        command.arg(format!("-artifact_prefix={}", built.join(format!("{name}-")).display()));
        command.args(["-timeout=10", "-max_len=4096", "-verbosity=0", "-print_funcs=0", "-print_final_stats=1"]);
        command.arg(format!("-max_total_time={FUZZ_S}"));
        tally.one(&format!("fuzz target {name}"), step(&format!("Fuzz {name}"), "a minute", &mut command));
    }
    Ok(())
}

/// Node's own runner over a folder of specs, one file at a time: they share two cores with a browser.
fn node_test(folder: &str) -> Command {
    let mut command = program("node");
    command.args(["--test", "--test-reporter=spec", "--test-concurrency=1"]);
    command.args(
        page::files(&root().join("tests").join(folder))
            .into_iter()
            .filter(|file| file.to_string_lossy().ends_with(".test.mjs")),
    );
    command.env("HOOKBOARD_SCRATCH", target().join("xtask/scratch"));
    command
}

/// Writes the OpenAPI document anew.
pub(crate) fn write_openapi() -> Done {
    let mut command =
        quiet(&["run", "--quiet", "--locked", "-p", "hookboard-server", "--bin", "hookboard", "--", "openapi"]);
    let text = output(&mut command).ok_or("`hookboard openapi` failed; run it to see why")?;
    fs::write(root().join("docs/openapi.json"), text + "\n").map_err(|error| error.to_string())?;
    let mut command =
        quiet(&["run", "--quiet", "--locked", "-p", "hookboard-server", "--bin", "hookboard", "--", "schema"]);
    let text = output(&mut command).ok_or("`hookboard schema` failed; run it to see why")?;
    fs::write(root().join("docs/automations.schema.json"), text + "\n").map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn closing_lines_of_each_runner_are_counted() {
        assert_eq!(counts("test result: ok. 36 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out"), (36, 0));
        assert_eq!(counts("test result: FAILED. 3 passed; 2 failed; 0 ignored"), (3, 2));
        assert_eq!(counts("ℹ tests 5\nℹ pass 4\nℹ fail 1"), (4, 1));
        assert_eq!(counts("176 passed, 0 failed"), (176, 0));
        assert_eq!(counts("nothing"), (0, 0));
    }
}
