//! `cargo xtask serve`: from a bare machine to the running product.

use std::path::PathBuf;

use crate::shell::{Done, cargo, program, root, step, target};
use crate::{page, tools};

/// Sets up, builds what has changed, and runs.
pub(crate) fn run(flags: &[String]) -> Done {
    tools::serve()?;
    page::build()?;
    let binary = server(true)?;
    let mut command = program(binary);
    command.args(["serve", "--demo", "--data"]).arg(root().join("hookboard-data")).args(flags);
    let status = command.status().map_err(|error| format!("hookboard cannot be started: {error}"))?;
    // Stopped by a person is not a failure.
    if status.success() || status.code().is_none() {
        Ok(())
    } else {
        Err(String::from(
            "hookboard ended; the line above says why. To use another port: cargo xtask serve --listen 127.0.0.1:9000",
        ))
    }
}

/// Builds the server with the page inside; its path.
pub(crate) fn server(release: bool) -> Done<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--quiet", "--locked", "-p", "hookboard-server", "--bin", "hookboard"]);
    if release {
        command.arg("--release");
    }
    step("Build the server", if release { "4 min when cold" } else { "2 min when cold" }, &mut command)?;
    Ok(target().join(if release { "release" } else { "debug" }).join("hookboard"))
}
