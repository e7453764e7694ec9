//! The bindings between wasm and script: less of them than their generator leaves.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::pack::LOADER;
use crate::shell::Done;

/// How exports begin that nobody calls: Leptos brings wasm-streams along, whose classes the page makes none of. What is
/// exported stays in the wasm, with all that it needs: 2 kB of the first load.
const UNUSED: &[u8] = b"intounderlying";

/// Takes what nobody calls out of the wasm and its script, and gives what the wasm imports from there short names: the
/// generator's end in hashes, which compress not at all.
pub(crate) fn shorten(wasm: &Path, script: &Path) -> Done {
    let failed = |error: std::io::Error| format!("the bindings could not be shortened: {error}");
    let (named, names) =
        rewritten(&fs::read(wasm).map_err(failed)?).ok_or("the wasm is not of the form that bindings.rs knows")?;
    let text = fs::read_to_string(script).map_err(failed)?;
    let text = without_unused(&text)?;
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_' || character == '$';
    let mut made = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(is_part) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|character| !is_part(character)).unwrap_or(word.len()));
        made.push_str(before);
        made.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    made.push_str(rest);
    fs::write(wasm, named).and_then(|()| fs::write(script, made)).map_err(failed)
}

/// The script without its classes of wasm-streams, and all that is said of them.
fn without_unused(text: &str) -> Done<String> {
    let mut made = String::with_capacity(text.len());
    let mut left = text;
    while let Some(start) = left.find("export class IntoUnderlying") {
        let end = left[start..].find("\n}\n").ok_or("a class of the script does not end")?;
        made.push_str(&left[..start]);
        left = &left[start + end + "\n}\n".len()..];
    }
    made.push_str(left);
    let mut kept = String::with_capacity(made.len());
    for statement in made.split_inclusive(";\n") {
        let lines = statement.trim_start();
        if !["if (Symbol.dispose) IntoUnderlying", "const IntoUnderlying"].iter().any(|start| lines.starts_with(start))
        {
            kept.push_str(statement);
        }
    }
    if kept.contains("IntoUnderlying") {
        Err("the script is not of the form that bindings.rs knows".into())
    } else {
        Ok(kept)
    }
}

/// The wasm without exports that nobody calls and with other names of its imported functions, and these names by the
/// old ones.
fn rewritten(wasm: &[u8]) -> Option<(Vec<u8>, HashMap<String, String>)> {
    const IMPORTS: u8 = 2;
    const EXPORTS: u8 = 7;
    let mut made = wasm.get(..8)?.to_vec();
    let mut names = HashMap::new();
    let mut left = wasm.get(8..)?;
    while let Some((&id, rest)) = left.split_first() {
        let (body, rest) = taken(rest)?;
        left = rest;
        made.push(id);
        match id {
            IMPORTS => put(&mut made, &renamed_imports(body, &mut names)?),
            EXPORTS => put(&mut made, &used_exports(body)?),
            _ => put(&mut made, body),
        }
    }
    (!names.is_empty()).then_some((made, names))
}

fn used_exports(body: &[u8]) -> Option<Vec<u8>> {
    let (count, mut left) = number(body)?;
    let (mut kept, mut made) = (0, Vec::new());
    for _ in 0..count {
        let (name, rest) = taken(left)?;
        let (&kind, rest) = rest.split_first()?;
        let (of, rest) = number(rest)?;
        left = rest;
        let own = name.strip_prefix(b"__wbg_").unwrap_or(name);
        if !own.starts_with(UNUSED) {
            kept += 1;
            put(&mut made, name);
            made.push(kind);
            made.extend(leb(of));
        }
    }
    Some([leb(kept), made].concat())
}

fn renamed_imports(body: &[u8], names: &mut HashMap<String, String>) -> Option<Vec<u8>> {
    const FUNCTION: u8 = 0;
    let (count, mut left) = number(body)?;
    let mut made = leb(count);
    for _ in 0..count {
        let (module, rest) = taken(left)?;
        let (name, rest) = taken(rest)?;
        let (&kind, rest) = rest.split_first()?;
        // A function's type is all that follows. Where anything else is imported, the form is another one.
        let (of, rest) = number(rest).filter(|_| kind == FUNCTION)?;
        left = rest;
        put(&mut made, module);
        // The loader's names are its own.
        if module.ends_with(LOADER.as_bytes()) {
            put(&mut made, name);
        } else {
            let next = format!("i{}", names.len());
            put(&mut made, names.entry(std::str::from_utf8(name).ok()?.to_owned()).or_insert(next).as_bytes());
        }
        made.push(kind);
        made.extend(leb(of));
    }
    Some(made)
}

/// A vector of bytes, and what follows.
fn taken(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = number(bytes)?;
    rest.split_at_checked(length)
}

fn put(made: &mut Vec<u8>, bytes: &[u8]) {
    made.extend(leb(bytes.len()));
    made.extend(bytes);
}

/// An unsigned LEB128 number, and what follows.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(5) {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

fn leb(mut value: usize) -> Vec<u8> {
    let mut made = Vec::new();
    loop {
        let low = value.to_le_bytes()[0] & 0x7f;
        value >>= 7;
        if value == 0 {
            made.push(low);
            return made;
        }
        made.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_back() {
        for value in [0, 1, 127, 128, 300, 70_000] {
            let bytes = leb(value);
            assert_eq!(number(&bytes), Some((value, &[][..])), "{value}");
        }
    }

    #[test]
    fn imported_functions_are_renamed_and_unused_exports_go() {
        let mut imports = vec![2];
        for name in ["__wbg_one_0123456789abcdef", "__wbg_two_0123456789abcdef"] {
            put(&mut imports, b"wbg");
            put(&mut imports, name.as_bytes());
            imports.extend([0, 5]);
        }
        let mut wasm = b"\0asm\x01\0\0\0".to_vec();
        wasm.push(2);
        put(&mut wasm, &imports);
        let mut exports = vec![3];
        for name in ["mount", "__wbg_intounderlyingsink_free", "intounderlyingsink_write"] {
            put(&mut exports, name.as_bytes());
            exports.extend([0, 7]);
        }
        wasm.push(7);
        put(&mut wasm, &exports);
        let (made, names) = rewritten(&wasm).unwrap_or_default();
        assert_eq!(
            made,
            b"\0asm\x01\0\0\0\x02\x13\x02\x03wbg\x02i0\0\x05\x03wbg\x02i1\0\x05\x07\x09\x01\x05mount\0\x07"
        );
        assert_eq!(names.get("__wbg_two_0123456789abcdef").map(String::as_str), Some("i1"));
    }

    #[test]
    fn classes_that_nobody_makes_go_from_the_script() {
        let class = "export class IntoUnderlyingSink {\n    free() {\n        1;\n    }\n}\n";
        let text = format!(
            "a();\n{class}if (Symbol.dispose) IntoUnderlyingSink.prototype.x = 1;\nb();\nconst IntoUnderlyingSinkFinalization = (x)\n    ? 1\n    : 2;\nc();\n"
        );
        assert_eq!(without_unused(&text).as_deref(), Ok("a();\nb();\nc();\n"));
        assert!(without_unused("new IntoUnderlyingSink();\n").is_err());
    }
}
