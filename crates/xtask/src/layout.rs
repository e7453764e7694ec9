//! The form in which the page is served: what never changes under its name lies in a folder named by its content, and
//! the few files of fixed names point there, each with the digest that the browser holds it to.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use sha2::{Digest, Sha256, Sha384};

use crate::pack::{LOADER, second_name};
use crate::page::files;
use crate::shell::Done;

/// What the names of builds' folders start with. Servers know by it what they may call immutable.
pub(crate) const BUILD: &str = "build-";

/// The page for its own folder's address, under which everything is named.
pub(crate) const INDEX: &str = "index.html";
/// The same for a host's root, where it may stand in for any address.
pub(crate) const ROOT: &str = "root.html";
/// What whoever serves the page fills in: it is never replaced, and has no compressed twin to forget.
pub(crate) const CONFIG: &str = "config.json";
/// Every file but those two with its size and digests.
pub(crate) const MANIFEST: &str = "manifest.json";

/// Files of fixed names, and the folder of those.
const FIXED: [&str; 5] = [INDEX, "boot.js", CONFIG, "embed", "LICENSES.txt"];

/// Stands in files of fixed names for the build's folder.
const PLACEHOLDER: &str = "build-id/";

/// Stands before a file's name in a string of a script for the file's digest.
pub(crate) const DIGEST: &str = "digest:";

const BASE: &str = r#"<base href="./">"#;
const BASE_OF_ROOT: &str = r#"<base href="/">"#;

/// Brings what was built into `folder` into its form; the name of the build's folder.
pub(crate) fn lay_out(folder: &Path) -> Done<String> {
    let failed = |error: std::io::Error| format!("the page could not be laid out: {error}");
    seal(folder)?;
    let mut hash = Sha256::new();
    let mut built = Vec::new();
    for file in files(folder) {
        let name = relative(folder, &file);
        if FIXED.iter().any(|fixed| name.split('/').next() == Some(fixed)) {
            continue;
        }
        let bytes = fs::read(&file).map_err(failed)?;
        hash.update(name.as_bytes());
        hash.update([0]);
        hash.update(bytes.len().to_le_bytes());
        hash.update(&bytes);
        built.push((name, file, integrity(&bytes)));
    }
    let mut id = [0; 8];
    id.copy_from_slice(&hash.finalize()[..8]);
    let build = format!("{BUILD}{:016x}", u64::from_be_bytes(id));
    for (name, file, _) in &built {
        let place = folder.join(&build).join(name);
        fs::create_dir_all(place.parent().unwrap_or(folder)).and_then(|()| fs::rename(file, place)).map_err(failed)?;
    }
    for file in files(folder) {
        let is_text = file.extension().is_some_and(|kind| kind == "html" || kind == "js" || kind == "json");
        if !is_text || relative(folder, &file).starts_with(BUILD) {
            continue;
        }
        let text = fs::read_to_string(&file).map_err(failed)?;
        let pointed = pointed(&text, &build, &built)?;
        if pointed != text {
            fs::write(&file, pointed).map_err(failed)?;
        }
    }
    let index = fs::read_to_string(folder.join(INDEX)).map_err(failed)?;
    if !index.contains(BASE) {
        return Err(format!("{INDEX} has no {BASE}"));
    }
    fs::write(folder.join(ROOT), index.replace(BASE, BASE_OF_ROOT)).map_err(failed)?;
    Ok(build)
}

/// Puts the digests of the files that the loaders of parts fetch into these. They are many: short ones do.
fn seal(folder: &Path) -> Done {
    let failed = |error: std::io::Error| format!("the loader of parts could not be sealed: {error}");
    for name in [LOADER.to_owned(), second_name(LOADER)] {
        let file = folder.join(&name);
        let text = fs::read_to_string(&file).map_err(failed)?;
        let mark = format!("\"{DIGEST}");
        let mut made = String::with_capacity(text.len());
        let mut pieces = text.split(&mark);
        made.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let (part, rest) = piece.split_once('"').unwrap_or((piece, ""));
            let bytes = fs::read(folder.join(part)).map_err(|error| format!("{part} is fetched by {name}: {error}"))?;
            made.extend(["\"sha256-", &BASE64.encode(Sha256::digest(bytes)), "\"", rest]);
        }
        fs::write(&file, made).map_err(failed)?;
    }
    Ok(())
}

/// The text with the build's folder in place of what stands for it. Where an attribute names a file of the build,
/// the file's digest comes after it; where a script asks for a digest, it is put there.
fn pointed(text: &str, build: &str, built: &[(String, PathBuf, String)]) -> Done<String> {
    let mut made = String::with_capacity(text.len());
    let mut pieces = text.split(PLACEHOLDER);
    made.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let is_attribute = made.ends_with("href=\"") || made.ends_with("src=\"");
        made.push_str(build);
        made.push('/');
        let Some((name, rest)) = piece.split_once('"').filter(|_| is_attribute) else {
            made.push_str(piece);
            continue;
        };
        let (_, _, digest) = built
            .iter()
            .find(|(known, ..)| known == name)
            .ok_or_else(|| format!("{PLACEHOLDER}{name} is named, and was not built"))?;
        // Of what scripts fetch, browsers check a digest only for the script.
        let is_fetched = rest.split('>').next().is_some_and(|tag| tag.contains(r#"as="fetch""#));
        let attribute = if is_fetched { "data-integrity" } else { "integrity" };
        made.extend([name, "\" ", attribute, "=\"", digest, "\"", rest]);
    }
    for (name, _, digest) in built {
        made = made.replace(&format!("\"{DIGEST}{name}\""), &format!("\"{digest}\""));
    }
    match made.split_once(&format!("\"{DIGEST}")) {
        Some((_, rest)) => {
            Err(format!("{DIGEST}{} is named, and was not built", rest.split('"').next().unwrap_or_default()))
        }
        None => Ok(made),
    }
}

/// Writes the list of all files in `folder`, once they have their twins.
pub(crate) fn write_manifest(folder: &Path, build: &str) -> Done {
    let failed = |error: std::io::Error| format!("{MANIFEST} could not be written: {error}");
    let mut list = Vec::new();
    for file in files(folder) {
        let name = relative(folder, &file);
        // What is to be edited has no lasting digest.
        if name == MANIFEST || name == CONFIG || file.extension().is_some_and(|kind| kind == "br" || kind == "gz") {
            continue;
        }
        let bytes = fs::read(&file).map_err(failed)?;
        let twin = fs::metadata(twin(&file, "br")).map(|about| about.len()).ok();
        list.push(json!({
            "path": name,
            "bytes": bytes.len(),
            "sha384": integrity(&bytes),
            "brotli": twin,
        }));
    }
    let text = format!("{:#}\n", json!({ "build": build, "files": list }));
    fs::write(folder.join(MANIFEST), text).map_err(failed)
}

/// The compressed file beside `file`.
pub(crate) fn twin(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

/// The path below `folder`, with slashes.
pub(crate) fn relative(folder: &Path, file: &Path) -> String {
    let parts = file.strip_prefix(folder).unwrap_or(file).components();
    parts.map(|part| part.as_os_str().to_string_lossy().into_owned()).collect::<Vec<_>>().join("/")
}

/// The digest as the attribute `integrity` spells it.
fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64.encode(Sha384::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn named_files_have_their_digest_and_others_fail() {
        let built = [(String::from("a.css"), PathBuf::new(), String::from("sha384-x"))];
        let text = r#"<link href="build-id/a.css" id="a"> import("../build-id/b.js")"#;
        assert_eq!(
            pointed(text, "build-1", &built).as_deref(),
            Ok(r#"<link href="build-1/a.css" integrity="sha384-x" id="a"> import("../build-1/b.js")"#)
        );
        assert!(pointed(r#"<link href="build-id/b.css">"#, "build-1", &built).is_err());
        assert_eq!(pointed(r#"{"a.css":"digest:a.css"}"#, "build-1", &built).as_deref(), Ok(r#"{"a.css":"sha384-x"}"#));
        assert!(pointed(r#"{"b.css":"digest:b.css"}"#, "build-1", &built).is_err());
    }
}
