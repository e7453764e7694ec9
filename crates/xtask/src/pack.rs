//! Fewer files of the built page than its tools leave: the shared chunks of the first screens in one file each.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::layout::DIGEST;
use crate::shell::Done;

/// The modules that a reader may meet first. The chunks that they share, with one another or with others, load
/// in as few files as that allows: a chunk by itself is a request of its own and compresses badly.
const FIRST: [&str; 2] = ["home", "list"];

/// The script between page and browser.
const SCRIPT: &str = "hookboard-page.js";

/// The script that loads the parts.
pub(crate) const LOADER: &str = "__wasm_split.js";

/// Reads a file of several chunks: each is preceded by its length, 32 bits, the low byte first.
const UNPACK: &str = r"const packs = {};
function unpack(name, index) {
    packs[name] ??= fetch(new URL(name, import.meta.url), { integrity: digests[name] }).then((answer) => {
        if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
        return answer.arrayBuffer();
    });
    const chunk = packs[name].then((bytes) => {
        const view = new DataView(bytes);
        let at = 0;
        while (index--) at += 4 + view.getUint32(at, true);
        return new Uint8Array(bytes, at + 4, view.getUint32(at, true));
    });
    // A file that did not come is asked for again with the part.
    chunk.catch(() => delete packs[name]);
    return chunk;
}
";

/// Files of several chunks: name, and the chunks' own files in their order.
pub(crate) type Packs = BTreeMap<String, Vec<String>>;

/// Makes the loader read packs instead of chunks; which packs there are to be.
pub(crate) fn plan(folder: &Path) -> Done<Packs> {
    let path = folder.join(LOADER);
    let loader = fs::read_to_string(&path).map_err(|error| format!("{LOADER} cannot be read: {error}"))?;
    let mut packs = Packs::new();
    let mut made = String::new();
    for block in loader.split_inclusive("\n/* ").flat_map(|block| block.split_inclusive("\nexport ")) {
        let file = between(block, "new URL(\"./chunk_", "\"").map(|name| format!("chunk_{name}"));
        // The comment before a chunk names the modules that share it.
        let modules: Vec<&str> = block.split(" */").next().unwrap_or_default().split(", ").collect();
        let first: Vec<&str> = FIRST.into_iter().filter(|first| modules.contains(first)).collect();
        let Some(file) = file.filter(|_| !first.is_empty()) else {
            made.push_str(block);
            continue;
        };
        let name = format!("shared-{}.bin", first.join("-"));
        let files = packs.entry(name.clone()).or_default();
        let block = block
            .replace(
                &format!("fetch(new URL(\"./{file}\", import.meta.url))"),
                &format!("unpack(\"{name}\", {})", files.len()),
            )
            .replace("(WebAssembly.instantiateStreaming(src, imports))", "WebAssembly.instantiate(await src, imports)");
        if !block.contains("await src") || !block.contains("unpack(") {
            return Err(format!("{LOADER} is not of the form that pack.rs knows, at {file}"));
        }
        made.push_str(&block);
        files.push(file);
    }
    let (imports, rest) = made.split_once('\n').ok_or(format!("{LOADER} is empty"))?;
    // What all screens share comes beside the first wasm, not after it.
    let common = format!("shared-{}.bin", FIRST.join("-"));
    let ahead = if packs.contains_key(&common) { format!("unpack(\"{common}\", 0);\n") } else { String::new() };
    let digests: Vec<String> = packs.keys().map(|name| format!("\"{name}\": \"{DIGEST}{name}\"")).collect();
    let digests = format!("const digests = {{ {} }};\n", digests.join(", "));
    let rest = held(rest);
    fs::write(path, format!("{imports}\n{digests}{UNPACK}{ahead}{rest}")).map_err(|error| error.to_string())?;
    Ok(packs)
}

/// The loader's text with a digest asked for beside each file that it fetches.
fn held(text: &str) -> String {
    const START: &str = "fetch(new URL(\"./";
    const END: &str = "\", import.meta.url)";
    let mut made = String::with_capacity(text.len());
    let mut pieces = text.split(START);
    made.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        made.push_str(START);
        match piece.split_once(END) {
            Some((name, rest)) => {
                made.extend([name, END, ", { integrity: \"", DIGEST, name, "\" }", rest]);
            }
            None => made.push_str(piece),
        }
    }
    made
}

/// The other name of a script.
pub(crate) fn second_name(name: &str) -> String {
    name.replace(".js", "-2.js")
}

/// Writes the scripts once more by other names, the wasm being the same: a document whose panels have stopped gets
/// the code anew only by names that it has not seen.
pub(crate) fn second(folder: &Path) -> Done {
    let failed = |error: std::io::Error| format!("the scripts could not be copied: {error}");
    for name in [SCRIPT, LOADER].into_iter().filter(|name| folder.join(name).is_file()) {
        let mut text = fs::read_to_string(folder.join(name)).map_err(failed)?;
        for one in [SCRIPT, LOADER] {
            text = text.replace(&format!("from \"./{one}\""), &format!("from \"./{}\"", second_name(one)));
        }
        fs::write(folder.join(second_name(name)), text).map_err(failed)?;
    }
    Ok(())
}

/// Puts the chunks into their packs.
pub(crate) fn pack(folder: &Path, packs: &Packs) -> Done {
    let failed = |error: std::io::Error| format!("the chunks could not be packed: {error}");
    for (name, files) in packs {
        let mut bytes = Vec::new();
        for file in files {
            let chunk = fs::read(folder.join(file)).map_err(failed)?;
            bytes.extend(u32::try_from(chunk.len()).map_err(|error| error.to_string())?.to_le_bytes());
            bytes.extend(chunk);
            fs::remove_file(folder.join(file)).map_err(failed)?;
        }
        fs::write(folder.join(name), bytes).map_err(failed)?;
    }
    Ok(())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split(end).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_the_loader_fetches_is_held_to_its_digest() {
        assert_eq!(
            held("a(fetch(new URL(\"./b.wasm\", import.meta.url)), fetch(c))"),
            "a(fetch(new URL(\"./b.wasm\", import.meta.url), { integrity: \"digest:b.wasm\" }), fetch(c))"
        );
    }
}
