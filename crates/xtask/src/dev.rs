//! `cargo xtask dev`: the product from a debug build, rebuilt as files change.

use std::process::Child;
use std::time::{Duration, SystemTime};

use crate::shell::{Done, program, root};
use crate::{page, serve, tools};

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Builds, runs, and does so again after each change until interrupted.
pub(crate) fn run(flags: &[String]) -> Done {
    tools::serve()?;
    page::build()?;
    let mut server = start(flags)?;
    let mut page_seen = newest(&["src", "style", "public", "index.html", "Trunk.toml"]);
    let mut shared_seen = newest(&["crates/template/src", "crates/api/src"]);
    let mut server_seen = newest(&["crates/server/src", "crates/server/migrations"]);
    loop {
        std::thread::sleep(LOOK);
        let page_now = newest(&["src", "style", "public", "index.html", "Trunk.toml"]);
        let shared_now = newest(&["crates/template/src", "crates/api/src"]);
        let server_now = newest(&["crates/server/src", "crates/server/migrations"]);
        if page_now != page_seen || shared_now != shared_seen {
            // A build that fails leaves the last page in place; the next change tries again.
            match page::build() {
                Ok(_) => eprintln!("The page is new: reload the browser."),
                Err(error) => eprintln!("{error}"),
            }
        }
        if server_now != server_seen || shared_now != shared_seen {
            let _ = server.kill();
            let _ = server.wait();
            match start(flags) {
                Ok(child) => server = child,
                Err(error) => eprintln!("{error}"),
            }
        }
        (page_seen, shared_seen, server_seen) = (page_now, shared_now, server_now);
    }
}

fn start(flags: &[String]) -> Done<Child> {
    let binary = serve::server(false)?;
    let mut command = program(binary);
    command
        .args(["serve", "--demo", "--data"])
        .arg(root().join("hookboard-data"))
        .arg("--page-dir")
        .arg(page::dist())
        .args(flags);
    command.spawn().map_err(|error| format!("hookboard cannot be started: {error}"))
}

fn newest(places: &[&str]) -> Option<SystemTime> {
    places
        .iter()
        .flat_map(|place| page::files(&root().join(place)))
        .filter_map(|file| file.metadata().ok()?.modified().ok())
        .max()
}
