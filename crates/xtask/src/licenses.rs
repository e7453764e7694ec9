//! The licences of what is shipped: each text once, with the crates it covers.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::shell::{Done, cargo, output};

const FILE: &str = "LICENSES.txt";

/// What the names of files with a licence start with.
const STARTS: [&str; 5] = ["license", "licence", "copying", "notice", "unlicense"];

/// Writes those of a package for browsers, and of all crates in it, into `folder`.
pub(crate) fn write(folder: &Path, package: &str) -> Done {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--locked", "--filter-platform", "wasm32-unknown-unknown"]);
    command.args(["--features", "split"]);
    let metadata = output(&mut command).ok_or("`cargo metadata` failed; run it to see why")?;
    let metadata: Value = serde_json::from_str(&metadata).map_err(|error| format!("cargo metadata: {error}"))?;
    fs::write(folder.join(FILE), text(&metadata, package)?).map_err(|error| format!("{FILE}: {error}"))
}

fn text(metadata: &Value, package: &str) -> Done<String> {
    let mut crates = BTreeMap::new();
    for one in shipped(metadata, package)? {
        let name = format!("{} {}", text_of(one, "name"), text_of(one, "version"));
        crates.insert(name, (text_of(one, "license"), texts(text_of(one, "manifest_path"))?));
    }
    let mut made = String::from(
        "Hookboard is licensed under Apache-2.0. It holds the crates below, and parts of the standard library of Rust\n\
         (MIT OR Apache-2.0). After them come the texts of their licences.\n\n",
    );
    let mut covered: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, (license, texts)) in &crates {
        let note = if texts.is_empty() { " (brings no text)" } else { "" };
        writeln!(made, "{name}: {license}{note}").map_err(|error| error.to_string())?;
        for text in texts {
            covered.entry(text).or_default().push(name);
        }
    }
    for (text, names) in covered {
        let line = "=".repeat(72);
        write!(made, "\n{line}\n{}\n{line}\n\n{text}\n", names.join(", ")).map_err(|error| error.to_string())?;
    }
    Ok(made)
}

/// The packages from registries that `package` is made of; what only runs while it is built is none.
fn shipped<'m>(metadata: &'m Value, package: &str) -> Done<Vec<&'m Value>> {
    let list = |value: &'m Value| value.as_array().map_or(&[][..], Vec::as_slice);
    let packages: HashMap<&str, &Value> =
        list(&metadata["packages"]).iter().map(|package| (text_of(package, "id"), package)).collect();
    let nodes: HashMap<&str, &Value> =
        list(&metadata["resolve"]["nodes"]).iter().map(|node| (text_of(node, "id"), node)).collect();
    let start = packages.iter().find(|(_, one)| text_of(one, "name") == package).map(|(id, _)| *id);
    let mut left = vec![start.ok_or_else(|| format!("there is no package {package}"))?];
    let mut seen = BTreeSet::new();
    while let Some(id) = left.pop() {
        let Some(package) = packages.get(id) else { continue };
        let is_macro = list(&package["targets"])
            .iter()
            .any(|target| list(&target["kind"]).iter().any(|kind| kind == "proc-macro"));
        if is_macro || !seen.insert(id) {
            continue;
        }
        let dependencies = nodes.get(id).map_or(&[][..], |node| list(&node["deps"]));
        left.extend(dependencies.iter().filter_map(|dependency| {
            let is_normal = list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            dependency["pkg"].as_str().filter(|_| is_normal)
        }));
    }
    let all = seen.into_iter().filter_map(|id| packages.get(id).copied());
    Ok(all.filter(|package| package["source"].is_string()).collect())
}

/// The licences' texts that lie beside a manifest.
fn texts(manifest: &str) -> Done<Vec<String>> {
    let folder = Path::new(manifest).parent().unwrap_or(Path::new("."));
    let unreadable = |path: &Path, error: &std::io::Error| format!("{}: {error}", path.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        if path.is_file() && is_license(&path) {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: &PathBuf| fs::read_to_string(path).map_err(|error| unreadable(path, &error));
    files.iter().map(|path| Ok(read(path)?.replace('\r', "").trim_end().to_owned())).collect()
}

fn is_license(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    STARTS.iter().any(|start| name.starts_with(start))
}

fn text_of<'m>(value: &'m Value, name: &str) -> &'m str {
    value[name].as_str().unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_folder_that_cannot_be_read_is_no_crate_without_a_text() {
        assert!(texts("no such folder/Cargo.toml").is_err_and(|words| words.starts_with("no such folder: ")));
    }

    #[test]
    fn what_only_builds_is_not_shipped() {
        let package = |name: &str, kind: &str| {
            json!({"id": name, "name": name, "version": "1", "license": "MIT", "source": "registry",
                "manifest_path": "", "targets": [{"kind": [kind]}]})
        };
        let to = |name: &str, kind: Value| json!({"pkg": name, "dep_kinds": [{"kind": kind}]});
        let metadata = json!({
            "packages": [package("page", "bin"), package("a", "lib"), package("b", "lib"), package("m", "proc-macro"),
                package("c", "lib")],
            "resolve": {"nodes": [
                {"id": "page", "deps": [to("a", Value::Null), to("m", Value::Null), to("b", json!("dev"))]},
                {"id": "m", "deps": [to("c", Value::Null)]},
            ]},
        });
        let names =
            shipped(&metadata, "page").map(|all| all.iter().map(|one| text_of(one, "name")).collect::<Vec<_>>());
        assert_eq!(names, Ok(vec!["a", "page"]));
    }
}
