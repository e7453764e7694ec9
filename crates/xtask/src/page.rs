//! The page: Trunk bundles it, wasm-opt shrinks it, and each file gets its compressed twins.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::shell::{Done, cargo, program, root, step, target};
use crate::tools;

/// Features the optimizer may rely on: those of every browser since mid 2024.
const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What the page is made of.
const INPUTS: [&str; 10] = [
    "src",
    "style",
    "public",
    "index.html",
    "Trunk.toml",
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "crates/template",
    "crates/api",
];

/// The folder of the built page.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// Builds the page if anything it is made of has changed. Whether it was built.
pub(crate) fn build() -> Done<bool> {
    let stamp = target().join("xtask/page.stamp");
    let fingerprint = format!("{:016x}", fingerprint());
    if fs::read_to_string(&stamp).is_ok_and(|built| built == fingerprint) && dist().join("index.html").is_file() {
        return Ok(false);
    }
    // Trunk runs cargo offline, since it must not download tools by itself.
    step("Fetch the crates", "some seconds", cargo().args(["fetch", "--quiet", "--locked"]))?;
    let trunk = tools::trunk()?;
    let bindgen = tools::wasm_bindgen()?;
    let wasm_opt = tools::wasm_opt()?;
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([trunk.clone(), bindgen].into_iter().chain(std::env::split_paths(&path)))
        .map_err(|error| error.to_string())?;
    // Into a folder of its own, so that a build that fails leaves the last page in place.
    let made = target().join("xtask/dist");
    let mut command = program(trunk.join("trunk"));
    // Trunk reads NO_COLOR as a boolean and fails on its usual value.
    command.args(["build", "--release", "--dist"]).arg(&made).env("PATH", path).env_remove("NO_COLOR");
    step("Build the page", "2 min when cold", &mut command)?;
    shrink(&wasm_opt, &made)?;
    compress(&made)?;
    let _ = fs::remove_dir_all(dist());
    copy(&made, &dist()).map_err(|error| format!("dist cannot be written: {error}"))?;
    fs::create_dir_all(target().join("xtask"))
        .and_then(|()| fs::write(&stamp, &fingerprint))
        .map_err(|error| error.to_string())?;
    Ok(true)
}

fn shrink(wasm_opt: &Path, folder: &Path) -> Done {
    for file in files(folder).into_iter().filter(|file| file.extension().is_some_and(|extension| extension == "wasm")) {
        let mut command = program(wasm_opt);
        command.args(FEATURES).args(["-Oz", "--strip-debug", "--strip-producers"]).arg(&file).arg("-o").arg(&file);
        step("Shrink the wasm", "about 20 s", &mut command)?;
    }
    Ok(())
}

/// Writes `.br` (quality 11) and `.gz` beside each file that gains by it.
fn compress(folder: &Path) -> Done {
    let failed = |error: std::io::Error| format!("the page could not be compressed: {error}");
    for file in files(folder) {
        let bytes = fs::read(&file).map_err(failed)?;
        let mut small = Vec::new();
        let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
        brotli::BrotliCompress(&mut bytes.as_slice(), &mut small, &parameters).map_err(failed)?;
        keep(&file, "br", &bytes, &small).map_err(failed)?;
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        gzip.write_all(&bytes).map_err(failed)?;
        keep(&file, "gz", &bytes, &gzip.finish().map_err(failed)?).map_err(failed)?;
    }
    Ok(())
}

fn keep(file: &Path, suffix: &str, bytes: &[u8], small: &[u8]) -> std::io::Result<()> {
    if small.len() < bytes.len() {
        let mut name = file.as_os_str().to_owned();
        name.push(".");
        name.push(suffix);
        fs::write(name, small)?;
    }
    Ok(())
}

/// All files below a folder or the file itself, sorted.
pub(crate) fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_path_buf()];
    }
    let mut found: Vec<PathBuf> =
        fs::read_dir(place).into_iter().flatten().flatten().flat_map(|entry| files(&entry.path())).collect();
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    for file in files(from) {
        let place = to.join(file.strip_prefix(from).unwrap_or(&file));
        if let Some(folder) = place.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::copy(&file, place)?;
    }
    Ok(())
}

/// Of the contents, not of times: a fresh checkout of the same tree is the same page.
fn fingerprint() -> u64 {
    let mut hasher = DefaultHasher::new();
    for input in INPUTS {
        for file in files(&root().join(input)) {
            if file.components().any(|part| part.as_os_str() == "target" || part.as_os_str() == "tests") {
                continue;
            }
            file.strip_prefix(root()).unwrap_or(&file).hash(&mut hasher);
            fs::read(&file).unwrap_or_default().hash(&mut hasher);
        }
    }
    hasher.finish()
}
