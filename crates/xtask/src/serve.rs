//! `cargo xtask serve`: from a bare machine to the running product.

use std::path::PathBuf;

use crate::shell::{Done, cargo, program, root, step, target};
use crate::{page, tools};

/// Sets up, builds what has changed, and runs.
pub(crate) fn run(flags: &[String]) -> Done {
    is_free(flags)?;
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
            "hookboard ended; the lines above say why. Where the port is taken: cargo xtask serve --listen 127.0.0.1:9000",
        ))
    }
}

/// Says at once, rather than after all that is built, that the address is taken.
fn is_free(flags: &[String]) -> Done {
    let at = flags.iter().position(|flag| flag == "--listen");
    let given = flags.iter().find_map(|flag| flag.strip_prefix("--listen=")).map(str::to_owned);
    let address = given.or_else(|| flags.get(at? + 1).cloned()).unwrap_or_else(|| String::from("127.0.0.1:8080"));
    match std::net::TcpListener::bind(&address) {
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => Err(format!(
            "{address} is taken by another program, maybe by Hookboard itself. Choose another port: cargo xtask serve --listen 127.0.0.1:9000"
        )),
        // What else is wrong with it is the server's to say.
        _ => Ok(()),
    }
}

/// Builds the server with the page inside; its path.
pub(crate) fn server(release: bool) -> Done<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--locked", "-p", "hookboard-server", "--bin", "hookboard"]);
    if release {
        command.arg("--release");
    }
    step(
        "Build the server",
        if release { "5 min when cold, seconds after that" } else { "3 min when cold, seconds after that" },
        &mut command,
    )?;
    Ok(target().join(if release { "release" } else { "debug" }).join("hookboard"))
}

/// Builds a program of the server's examples; its path.
pub(crate) fn example(name: &str) -> Done<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--locked", "--release", "-p", "hookboard-server", "--example", name]);
    step(&format!("Build the example \"{name}\""), "seconds once the server is built", &mut command)?;
    Ok(target().join("release/examples").join(name))
}
