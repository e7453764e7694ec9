//! `cargo xtask dev`: the product from a debug build, rebuilt as files change.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, SystemTime};

use crate::shell::{Done, program, root};
use crate::{page, serve, tools};

/// What the page is made of, besides what it shares with the server.
const PAGE: [&str; 6] = ["src", "crates/view/src", "style", "public", "index.html", "Trunk.toml"];

/// How often files are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Builds, runs, and does so again after each change until interrupted.
pub(crate) fn run(flags: &[String]) -> Done {
    tools::serve()?;
    let folder = page::quick()?;
    let mut server = start(&serve::server(false)?, &folder, flags)?;
    let mut page_seen = newest(&PAGE);
    let mut shared_seen = newest(&["crates/template/src", "crates/api/src"]);
    let mut server_seen = newest(&["crates/server/src", "crates/server/migrations"]);
    loop {
        std::thread::sleep(LOOK);
        let page_now = newest(&PAGE);
        let shared_now = newest(&["crates/template/src", "crates/api/src"]);
        let server_now = newest(&["crates/server/src", "crates/server/migrations"]);
        if page_now != page_seen || shared_now != shared_seen {
            // A build that fails leaves the last page in place; the next change tries again.
            match page::quick() {
                Ok(_) => eprintln!("The page is new: reload the browser."),
                Err(error) => eprintln!("{error}"),
            }
        }
        if server_now != server_seen || shared_now != shared_seen {
            // Built before the old one goes: one that does not compile leaves it running.
            match serve::server(false) {
                Ok(binary) => {
                    let _ = server.kill();
                    let _ = server.wait();
                    server = start(&binary, &folder, flags)?;
                }
                Err(error) => eprintln!("{error}\nThe server from before this change still runs."),
            }
        }
        (page_seen, shared_seen, server_seen) = (page_now, shared_now, server_now);
    }
}

fn start(binary: &Path, page: &Path, flags: &[String]) -> Done<Child> {
    let mut command = program(binary);
    command
        .args(["serve", "--demo", "--data"])
        .arg(root().join("hookboard-data"))
        .arg("--page-dir")
        .arg(page)
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
