//! The npm package `@hookboard/template`: the template crate as a wasm module, behind the files of `packages/template`.

use std::fs;
use std::path::PathBuf;

use crate::page::{self, FEATURES};
use crate::shell::{Done, cargo, program, root, step, target};
use crate::{licenses, tools};

const CRATE: &str = "hookboard-template-js";

/// Of Cargo.toml.
const PROFILE: &str = "small";

/// Name of the generated files.
const NAME: &str = "template";

/// Builds the package and says where it is.
pub(crate) fn run() -> Done {
    tools::serve()?;
    println!("{}", build()?.display());
    Ok(())
}

/// Builds the package; its folder, ready to be published.
pub(crate) fn build() -> Done<PathBuf> {
    let failed = |error: std::io::Error| format!("the package could not be written: {error}");
    let (bindgen, wasm_opt, esbuild) = (tools::wasm_bindgen()?, tools::wasm_opt()?, tools::esbuild()?);
    let mut command = cargo();
    command.args(["build", "--quiet", "--locked", "--profile", PROFILE, "--target", "wasm32-unknown-unknown"]);
    command.args(["-p", CRATE]).env("CARGO_ENCODED_RUSTFLAGS", page::flags());
    step("Build the template package", "1 min when cold", &mut command)?;
    let made = target().join("xtask/template");
    let _ = fs::remove_dir_all(&made);
    fs::create_dir_all(&made).map_err(failed)?;
    let wasm =
        target().join("wasm32-unknown-unknown").join(PROFILE).join(CRATE.replace('-', "_")).with_extension("wasm");
    let mut command = program(bindgen.join("wasm-bindgen"));
    command.args(["--target", "web", "--no-typescript", "--out-name", NAME, "--out-dir"]).arg(&made).arg(wasm);
    step("Generate the bindings", "some seconds", &mut command)?;
    let wasm = made.join(format!("{NAME}_bg.wasm"));
    let mut command = program(wasm_opt);
    command
        .arg("-q")
        .args(FEATURES)
        .args(["--flatten", "--rereloop", "-Oz", "-Oz"])
        .args(["--low-memory-unused", "--strip-debug", "--strip-producers", "--strip-target-features"])
        .arg(&wasm)
        .arg("-o")
        .arg(&wasm);
    step("Shrink the wasm", "some seconds", &mut command)?;
    for file in page::files(&root().join("packages/template")) {
        fs::copy(&file, made.join(file.file_name().unwrap_or_default())).map_err(failed)?;
    }
    let mut command = program(esbuild);
    command.args(["--minify", "--log-level=error", "--allow-overwrite", "--outdir=."]).current_dir(&made);
    command.args(["core.js", "index.js", "node.js"]).arg(format!("{NAME}.js"));
    step("Shrink the scripts", "some seconds", &mut command)?;
    licenses::write(&made, CRATE)?;
    Ok(made)
}
