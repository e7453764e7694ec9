//! The page: Trunk bundles it, the splitter cuts the wasm into parts, wasm-opt and esbuild shrink what
//! came out, and each file gets its compressed twins.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::layout::{self, CONFIG, twin};
use crate::shell::{Done, cargo, heard, program, root, step, target};
use crate::{bindings, licenses, pack, tools};

/// Name of the page's package, and so of its files.
const PAGE: &str = "hookboard-page";

/// Features the optimizer may rely on: those of every browser since mid 2024.
pub(crate) const FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// What the page is made of.
const INPUTS: [&str; 13] = [
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
    "crates/view",
    "crates/xtask",
    "build.rs",
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
    let (wasm_split, wasm_opt, esbuild) = (tools::wasm_split()?, tools::wasm_opt()?, tools::esbuild()?);
    // Into a folder of its own, so that a build that fails leaves the last page in place.
    let made = target().join("xtask/dist");
    let mut command = bundler(&made)?;
    command.args(["--release", "--features", "split"]).env("CARGO_ENCODED_RUSTFLAGS", flags());
    step("Build the page", "3 min when cold", &mut command)?;
    let bindgen = tools::wasm_bindgen()?;
    split(&wasm_split, &bindgen, &made)?;
    let packs = pack::plan(&made)?;
    pack::second(&made)?;
    join(&esbuild, &made)?;
    shrink(&wasm_opt, &esbuild, &made)?;
    pack::pack(&made, &packs)?;
    licenses::write(&made, PAGE)?;
    let build = layout::lay_out(&made)?;
    compress(&made)?;
    layout::write_manifest(&made, &build)?;
    let _ = fs::remove_dir_all(dist());
    copy(&made, &dist()).map_err(|error| format!("dist cannot be written: {error}"))?;
    fs::create_dir_all(target().join("xtask"))
        .and_then(|()| fs::write(&stamp, &fingerprint))
        .map_err(|error| error.to_string())?;
    Ok(true)
}

/// Builds the page for work on it: whole and unshrunk, in seconds after the first time. Its folder.
pub(crate) fn quick() -> Done<PathBuf> {
    let made = target().join("xtask/dev");
    let mut command = bundler(&made)?;
    command.args(["--cargo-profile", "dev"]);
    step("Build the page, unshrunk", "2 min when cold", &mut command)?;
    // Panels ask for the loader of parts early. This page is in one piece, and has none to load.
    fs::write(made.join(pack::LOADER), "").map_err(|error| format!("{}: {error}", pack::LOADER))?;
    pack::second(&made)?;
    layout::lay_out(&made)?;
    Ok(made)
}

/// Trunk, told to build into a folder.
fn bundler(made: &Path) -> Done<Command> {
    // Trunk runs cargo offline, since it must not download tools by itself.
    step("Fetch the crates", "some seconds", cargo().args(["fetch", "--quiet", "--locked"]))?;
    let (trunk, bindgen) = (tools::trunk()?, tools::wasm_bindgen()?);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([trunk.clone(), bindgen].into_iter().chain(std::env::split_paths(&path)))
        .map_err(|error| error.to_string())?;
    let mut command = program(trunk.join("trunk"));
    // Trunk reads NO_COLOR as a boolean and fails on its usual value.
    command.args(["build", "--dist"]).arg(made).env("PATH", path).env_remove("NO_COLOR");
    Ok(command)
}

/// Those of .cargo/config.toml, which these replace, and crates named without the folders they were built
/// in: the places that panics name are shipped.
pub(crate) fn flags() -> String {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home =
        home.or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cargo"))).unwrap_or_default();
    let sources = fs::read_dir(home.join("registry/src")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut flags = vec![String::from("--cfg"), String::from("erase_components")];
    for folder in sources.chain([root()]) {
        flags.push(format!("--remap-path-prefix={}/=", folder.display()));
    }
    flags.join("\u{1f}")
}

/// Trunk knows nothing of parts, and the splitter has to see the wasm before the bindings generator: so
/// both run here once more, over what cargo built, into the place of Trunk's two files.
fn split(wasm_split: &Path, bindgen: &Path, made: &Path) -> Done {
    let built = target().join("wasm32-unknown-unknown/page").join(format!("{PAGE}.wasm"));
    let parts = target().join("xtask/parts");
    let _ = fs::remove_dir_all(&parts);
    fs::create_dir_all(&parts).map_err(|error| error.to_string())?;
    let mut command = program(wasm_split);
    command.arg(built).arg(&parts).args(["--out-name", PAGE]);
    eprintln!("▸ Split the wasm (some seconds)");
    let (split, said) = heard(&mut command)?;
    if !split || said.contains("Overlong segment") {
        return Err(String::from(
            "the wasm could not be split; the lines above say why. An overlong segment needs more room: see ROOM_FOR_ALIGNMENT in src/part.rs",
        ));
    }
    let mut command = program(bindgen.join("wasm-bindgen"));
    command
        .args(["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-dir"])
        .arg(made)
        .arg(parts.join(format!("{PAGE}.wasm")));
    step("Generate the bindings", "some seconds", &mut command)?;
    bindings::shorten(&made.join(format!("{PAGE}_bg.wasm")), &made.join(format!("{PAGE}.js")))?;
    for part in files(&parts) {
        let Some(name) = part.file_name().filter(|name| *name != format!("{PAGE}.wasm").as_str()) else { continue };
        fs::copy(&part, made.join(name)).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn shrink(wasm_opt: &Path, esbuild: &Path, folder: &Path) -> Done {
    let kinds = |kinds: &'static [&str]| {
        let is_one =
            move |file: &PathBuf| file.extension().is_some_and(|extension| kinds.iter().any(|kind| extension == *kind));
        files(folder).into_iter().filter(is_one)
    };
    // What everybody loads is made smallest. The parts, the editor's among them, stay quick.
    let script = r#"tool=$1; first=$2; shift 2
for file; do
  more=; [ "$file" = "$first" ] && more="--flatten --rereloop"
  # It warns of names it does not know, which are stripped anyway: what it says matters only if it fails.
  said=$("$tool" -q $FLAGS $more -Oz --low-memory-unused --strip-debug --strip-producers "$file" -o "$file" 2>&1) \
    || { echo "$said" >&2; exit 1; }
done"#;
    let mut command = program("sh");
    command.args(["-ec", script, "sh"]).env("FLAGS", FEATURES.join(" "));
    command.arg(wasm_opt).arg(folder.join(format!("{PAGE}_bg.wasm"))).args(kinds(&["wasm"]));
    step("Shrink the wasm", "about 2 min", &mut command)?;
    let mut command = program(esbuild);
    // In place, file by file: nothing is bundled, and what loads what stays as it was.
    command.args(["--minify", "--log-level=error", "--allow-overwrite", "--outdir=."]).current_dir(folder);
    let names = kinds(&["js", "css"]).filter_map(|file| file.strip_prefix(folder).map(Path::to_path_buf).ok());
    command.args(names);
    step("Shrink script and style", "some seconds", &mut command)
}

/// Joins the modules of the page's start and of the panel into the one of each that is named elsewhere: it takes one
/// request, and never meets those of two releases at once.
fn join(esbuild: &Path, folder: &Path) -> Done {
    let mut command = program(esbuild);
    command.args(["boot.js", "embed/v1.js", "--bundle", "--format=esm", "--log-level=error", "--allow-overwrite"]);
    step("Join the start's modules", "some seconds", command.arg("--outdir=.").current_dir(folder))?;
    let folder = folder.join("embed");
    for file in files(&folder) {
        let is_joined = !["v1.js", "frame.js"].iter().any(|kept| file == folder.join(kept));
        if is_joined && file.extension().is_some_and(|kind| kind == "js") {
            fs::remove_file(&file).map_err(|error| format!("{} stays: {error}", file.display()))?;
        }
    }
    Ok(())
}

/// Writes `.br` (quality 11) and `.gz` beside each file that gains by it.
fn compress(folder: &Path) -> Done {
    let failed = |error: std::io::Error| format!("the page could not be compressed: {error}");
    for file in files(folder).into_iter().filter(|file| *file != folder.join(CONFIG)) {
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
        fs::write(twin(file, suffix), small)?;
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
