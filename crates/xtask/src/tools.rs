//! Tools at pinned versions, in a cache folder of the product's own, by version: a second clone on
//! the same machine installs nothing. A tool is installed beside its place and moved there when it is
//! whole, so that a half-done install never counts as done.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{Done, cargo, find, output, program, root, step, target};
use crate::{page, postgres};

const TRUNK: &str = "0.21.14";
/// Equal to the library's version in Cargo.toml: its output format has no other contract.
const WASM_BINDGEN: &str = "0.2.130";
/// Cuts the wasm where the page says; equal to the library's version in Cargo.toml.
const WASM_SPLIT: &str = "0.2.3";
const BINARYEN: &str = "132";
/// Shortens script and style.
const ESBUILD: &str = "0.28.2";
/// Newest release of the tracker whose registry the source is tested with.
pub(crate) const MLFLOW: &str = "3.17.2";
/// Newest release of the host of dashboards that the panel is tested in.
const STREAMLIT: &str = "1.67.0";
/// Newest release of what holds the interface to its document.
const SCHEMATHESIS: &str = "4.32.5";
/// Grafana's types, made from its own schemas.
const GRAFANA_TYPES: &str = "1769699998!10.1.0";

/// The cache folder.
fn cache() -> PathBuf {
    let base = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let base = base.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
    base.unwrap_or_else(target).join("hookboard").join("tools")
}

/// What building and serving the page needs.
pub(crate) fn serve() -> Done {
    if find("npm").is_none() {
        return Err(String::from("npm is not on the path. Install Node 20, then run this again."));
    }
    if !cache().join(format!("trunk-{TRUNK}")).is_dir() {
        eprintln!(
            "The first run builds the page's tools, about 10 min on two cores, and then page and server, about as long.\n\
             What is done is kept: later runs start within seconds."
        );
    }
    wasm_target()?;
    wasm_bindgen()?;
    trunk()?;
    wasm_split()?;
    esbuild()?;
    wasm_opt().map(|_| ())
}

/// What the tests need beyond that.
pub(crate) fn test() -> Done {
    chromium()?;
    node_packages()?;
    postgres()?;
    web_servers()?;
    schemathesis()?;
    python()?;
    streamlit().map(|_| ())
}

fn wasm_target() -> Done {
    let installed = output(program("rustup").args(["target", "list", "--installed"])).unwrap_or_default();
    if installed.lines().any(|line| line == "wasm32-unknown-unknown") {
        return Ok(());
    }
    step(
        "Install the wasm target of Rust",
        "some seconds",
        program("rustup").args(["target", "add", "wasm32-unknown-unknown"]),
    )
    .map_err(|error| format!("{error}. Install Rust by rustup, then run this again."))
}

/// Installs into `<cache>/<name>` by `install`, which is given an empty folder to fill.
fn cached(name: &str, install: impl FnOnce(&Path) -> Done) -> Done<PathBuf> {
    let place = cache().join(name);
    if place.is_dir() {
        return Ok(place);
    }
    sweep(name);
    let partial = cache().join(format!("{name}.{}.partial", std::process::id()));
    let failed = |error: std::io::Error| {
        format!("{} cannot be written: {error}. Set XDG_CACHE_HOME to a folder of yours.", partial.display())
    };
    fs::create_dir_all(&partial).map_err(failed)?;
    install(&partial)?;
    match fs::rename(&partial, &place) {
        // Another clone was faster: its install is as good.
        Err(_) if place.is_dir() => fs::remove_dir_all(&partial).map_err(failed)?,
        other => other.map_err(failed)?,
    }
    Ok(place)
}

/// Removes what an interrupted install of `name` left. One that is under way elsewhere is younger.
fn sweep(name: &str) {
    const OLD: std::time::Duration = std::time::Duration::from_hours(1);
    for entry in fs::read_dir(cache()).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let is_partial = file.to_str().is_some_and(|file| file.starts_with(name) && file.ends_with(".partial"));
        let age = entry.metadata().and_then(|about| about.modified()).ok().and_then(|at| at.elapsed().ok());
        if is_partial && age.is_some_and(|age| age > OLD) {
            // One that cannot be removed is in nobody's way.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// `cargo install` with a profile that builds in half the time; the tools are not the bottleneck.
fn cargo_install(into: &Path, arguments: &[&str]) -> Command {
    let mut command = cargo();
    command
        .args(["install", "--root"])
        .arg(into)
        .args(arguments)
        .env("CARGO_TARGET_DIR", into.join("build"))
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env_remove("RUSTFLAGS");
    // Else it asks to add a folder to the path that is gone a moment later.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_own = std::env::join_paths(std::env::split_paths(&path).chain([into.join("bin")]));
    command.env("PATH", with_own.unwrap_or(path));
    command
}

fn build_tool(name: &str, may_take: &str, arguments: &[&str]) -> Done<PathBuf> {
    cached(name, |folder| {
        step(&format!("Build {name}"), may_take, &mut cargo_install(folder, arguments))?;
        fs::remove_dir_all(folder.join("build")).map_err(|error| error.to_string())
    })
}

/// The bundler.
pub(crate) fn trunk() -> Done<PathBuf> {
    let package = format!("trunk@{TRUNK}");
    let place = build_tool(
        &format!("trunk-{TRUNK}"),
        "about 5 min on two cores",
        &[&package, "--locked", "--no-default-features"],
    )?;
    Ok(place.join("bin"))
}

/// The bindings generator, with the test runner.
pub(crate) fn wasm_bindgen() -> Done<PathBuf> {
    // Without --locked: a crate of its lock file was withdrawn.
    let package = format!("wasm-bindgen-cli@{WASM_BINDGEN}");
    let place = build_tool(&format!("wasm-bindgen-{WASM_BINDGEN}"), "about 4 min on two cores", &[&package])?;
    Ok(place.join("bin"))
}

/// The wasm splitter.
pub(crate) fn wasm_split() -> Done<PathBuf> {
    let package = format!("wasm_split_cli_support@{WASM_SPLIT}");
    let place = build_tool(
        &format!("wasm-split-{WASM_SPLIT}"),
        "about 1 min on two cores",
        &[&package, "--locked", "--features", "build-binary"],
    )?;
    Ok(place.join("bin/wasm-split-cli"))
}

/// The wasm optimizer.
pub(crate) fn wasm_opt() -> Done<PathBuf> {
    node_tool("binaryen", BINARYEN, "wasm-opt")
}

/// The shortener of script and style.
pub(crate) fn esbuild() -> Done<PathBuf> {
    node_tool("esbuild", ESBUILD, "esbuild")
}

fn node_tool(package: &str, version: &str, name: &str) -> Done<PathBuf> {
    let place = cached(&format!("{package}-{version}"), |folder| {
        let mut npm = program("npm");
        npm.current_dir(folder)
            .args(["install", "--no-audit", "--no-fund", "--no-save", "--prefix", "."])
            .arg(format!("{package}@{version}"));
        step(&format!("Install {name}"), "some seconds", &mut npm)
    })?;
    Ok(place.join("node_modules/.bin").join(name))
}

/// The system's browser and its driver.
pub(crate) fn chromium() -> Done<(PathBuf, PathBuf)> {
    let both = || Some((find("chromium")?, find("chromedriver")?));
    if let Some(both) = both() {
        return Ok(both);
    }
    apt("Install the system's Chromium", "about 1 min", &["chromium", "chromium-driver"])?;
    both().ok_or_else(|| {
        String::from("chromium and chromedriver are not on the PATH. Install both, then run this again.")
    })
}

/// The root under which nginx, its brotli module and Caddy lie as the system's packages lay them.
pub(crate) fn web_servers() -> Done<PathBuf> {
    const FILES: [&str; 4] = [
        "usr/sbin/nginx",
        "usr/lib/nginx/modules/ngx_http_brotli_static_module.so",
        "etc/nginx/mime.types",
        "usr/bin/caddy",
    ];
    const PACKAGES: [&str; 4] = ["nginx", "nginx-common", "libnginx-mod-http-brotli-static", "caddy"];
    unpacked("web-servers", "nginx with its brotli module and Caddy", &FILES, &PACKAGES)
}

/// The root under which Prometheus and its `promtool` lie.
pub(crate) fn prometheus() -> Done<PathBuf> {
    unpacked("prometheus", "Prometheus", &["usr/bin/prometheus", "usr/bin/promtool"], &["prometheus"])
}

/// The root under which `files` lie as the system's packages lay them. Where the system has not all of them, the
/// packages are unpacked into the cache: installed, they would start to serve.
fn unpacked(name: &str, what: &str, files: &[&str], packages: &[&str]) -> Done<PathBuf> {
    let system = Path::new("/");
    if files.iter().all(|file| system.join(file).is_file()) {
        return Ok(system.to_path_buf());
    }
    if find("apt-get").is_none() || find("dpkg-deb").is_none() {
        return Err(format!("{what}: not there. Install it as Debian lays it, then run this again."));
    }
    cached(name, |folder| {
        let download = || {
            let mut apt = program("apt-get");
            apt.current_dir(folder).args(["download", "-qq"]).args(packages);
            step(&format!("Fetch {what}"), "some seconds", &mut apt)
        };
        if download().is_err() {
            apt_update()?;
            download()?;
        }
        for package in page::files(folder) {
            step("Unpack", "a second", program("dpkg-deb").arg("-x").arg(&package).arg(folder))?;
            fs::remove_file(package).map_err(|error| error.to_string())?;
        }
        Ok(())
    })
}

/// The folder of the system's Postgres programs.
pub(crate) fn postgres() -> Done<PathBuf> {
    if let Some(bin) = postgres::installed() {
        return Ok(bin);
    }
    apt("Install the system's Postgres", "about 1 min", &["postgresql"])?;
    postgres::installed().ok_or_else(|| {
        String::from(
            "initdb, postgres and pg_ctl are not on the PATH. Install Postgres 13 or later, then run this again.",
        )
    })
}

/// Packages of the browser tests, by their lock file.
pub(crate) fn node_packages() -> Done {
    let tests = root().join("tests");
    let lock =
        fs::read(tests.join("package-lock.json")).map_err(|error| format!("tests/package-lock.json: {error}"))?;
    let stamp = tests.join("node_modules/.lock-installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    let mut npm = program("npm");
    npm.current_dir(&tests).args(["ci", "--no-audit", "--no-fund"]);
    step("Install the browser tests' packages", "some seconds", &mut npm)?;
    fs::write(stamp, lock).map_err(|error| error.to_string())
}

/// A Python with MLflow, in a virtual environment of the tree's own.
pub(crate) fn python() -> Done<PathBuf> {
    environment("mlflow", MLFLOW)
}

/// A Python with Streamlit.
pub(crate) fn streamlit() -> Done<PathBuf> {
    environment("streamlit", STREAMLIT)
}

/// A Python with Schemathesis.
pub(crate) fn schemathesis() -> Done<PathBuf> {
    environment("schemathesis", SCHEMATHESIS)
}

/// A Python with Grafana's types.
pub(crate) fn grafana_types() -> Done<PathBuf> {
    environment("grafana-foundation-sdk", GRAFANA_TYPES)
}

fn environment(package: &str, version: &str) -> Done<PathBuf> {
    let place = target().join(format!("{package}-{version}"));
    let python = place.join("bin/python");
    if place.join("installed").is_file() {
        return Ok(python);
    }
    let make = || {
        step(
            "Make a Python environment",
            "some seconds",
            program("python3").args(["-m", "venv", "--clear"]).arg(&place),
        )
    };
    if find("python3").is_none() || make().is_err() {
        apt("Install Python", "about 1 min", &["python3", "python3-venv"])?;
        make()?;
    }
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).arg(format!("{package}=={version}"));
    step(&format!("Install {package}"), "about 2 min", &mut pip)?;
    fs::write(place.join("installed"), "").map_err(|error| error.to_string())?;
    Ok(python)
}

fn apt(what: &str, may_take: &str, packages: &[&str]) -> Done {
    let by_hand = format!("install {} with the system's package manager, then run this again", packages.join(" and "));
    if find("apt-get").is_none() {
        return Err(by_hand);
    }
    apt_update().map_err(|_| by_hand.clone())?;
    let install: Vec<&str> =
        ["install", "-y", "-qq", "--no-install-recommends"].into_iter().chain(packages.iter().copied()).collect();
    step(what, may_take, &mut apt_get(&install)).map_err(|_| by_hand)
}

fn apt_update() -> Done {
    step("Read the package lists", "some seconds", &mut apt_get(&["update", "-qq"]))
}

fn apt_get(arguments: &[&str]) -> Command {
    let is_root = output(Command::new("id").arg("-u")).as_deref() == Some("0");
    let mut command = if is_root { program("apt-get") } else { program("sudo") };
    if !is_root {
        command.args(["-n", "apt-get"]);
    }
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    command
}
