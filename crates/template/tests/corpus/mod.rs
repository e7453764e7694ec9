//! A corpus of templates and values made from a seed, and digests of everything the crate says about them. The digests
//! are checked in as made natively; a browser must come to the same ones.

use std::fmt::Write;

use hookboard_template::{EventType, Names, Plain, analyze, complete, format};
use serde_json::{Map, Value, json};

/// Cases under one digest: few enough to find the one that differs.
const BLOCK: usize = 100;

const BLOCKS: usize = 40;

/// One line for each block of cases.
pub(crate) fn digests() -> String {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut lines = String::new();
    for block in 0..BLOCKS {
        let mut digest = Fnv(0xcbf2_9ce4_8422_2325);
        for _ in 0..BLOCK {
            // Writing to these two cannot fail.
            let _ = write!(digest, "{}", account(&mut chance));
        }
        let _ = writeln!(lines, "{:04} {:016x}", block * BLOCK, digest.0);
    }
    lines
}

/// Everything the crate says about the next case, as text.
fn account(chance: &mut Chance) -> String {
    let text = template(chance);
    let names = Names {
        event: chance.maybe().then(|| EventType::ALL[chance.below(12)]),
        secrets: vec!["KEY".into(), "_x".into()],
        access_token: chance.maybe(),
    };
    let mut values = Map::new();
    for name in ["alias", "tag", "metric_value", "artifact_metadata"] {
        if chance.maybe() {
            values.insert(name.to_owned(), value(chance, 3));
        }
    }
    let cursor = chance.below(text.len() + 1);
    let analysis = analyze(&text, &names);
    let secrets = |name: &str| (name != "_x").then_some("s\"\u{1}é");
    let source = Plain { values: &values, secrets: &secrets };
    let body =
        analysis.compiled.template.as_ref().map(|template| (template.render(&source), template.render_marked(&source)));
    format!(
        "{:?} {:?} {body:?} {:?} {:?}",
        analysis.compiled.diagnostics,
        analysis.tokens,
        format(&text, &names),
        complete(&text, cursor, &names, Some(&values)),
    )
}

/// Half of the templates are sound JSON around placeholders, half are pieces in any order.
fn template(chance: &mut Chance) -> String {
    const PLACEHOLDERS: [&str; 12] = [
        "${alias}",
        "${tag:-x}",
        "$KEY",
        "${_x}",
        "$ACCESS_TOKEN",
        "${artifact_metadata.a.b}",
        "${artifact_metadata}",
        "${metric_value:-0}",
        "${artifact_metadata.b.0:-}",
        "$${",
        "${run_id:-null}",
        "${artifact_metadata.é}",
    ];
    const BROKEN: [&str; 20] = [
        "{", "}", "[", "]", ":", ",", "\"", "\\", "${", "${}", "${ tag }", "${nope}", "${tga}", "\\ud83d", "\\u00e9",
        "1.5e", "tru", "\n", "\u{feff}", "é😀",
    ];
    let mut text = String::new();
    if chance.maybe() {
        text.push('{');
        for member in 0..chance.below(8) {
            let comma = if member > 0 { "," } else { "" };
            let (one, other) = (chance.pick(&PLACEHOLDERS), chance.pick(&PLACEHOLDERS));
            let _ = match chance.below(3) {
                0 => write!(text, "{comma}\"k{member}\": \"a{one} b {other}\""),
                1 => write!(text, "{comma}\n\"{one}\":[{member}.5, true]"),
                _ => write!(text, "{comma}\"k\":{}", one.replace("$${", "null")),
            };
        }
        text.push('}');
    } else {
        for _ in 0..chance.below(24) {
            let piece = if chance.maybe() { chance.pick(&PLACEHOLDERS) } else { chance.pick(&BROKEN) };
            text.push_str(piece);
        }
    }
    text
}

fn value(chance: &mut Chance, depth: usize) -> Value {
    match chance.below(if depth == 0 { 7 } else { 10 }) {
        0 => Value::Null,
        1 => json!(""),
        2 => json!(chance.maybe()),
        3 => json!(chance.next().cast_signed()),
        4 => json!(f64::from_bits(chance.next())),
        5 => json!("a\"\\\u{8}\n\u{1f}\u{7f}\u{2028}😀"),
        6 => json!("x".repeat(chance.below(40))),
        7 => (0..chance.below(4)).map(|_| value(chance, depth - 1)).collect(),
        _ => ["a", "b", "a.b", "é"].into_iter().map(|key| (key.to_owned(), value(chance, depth - 1))).collect(),
    }
}

/// Xorshift: the same numbers on every machine.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        // Not `usize`, which is narrower in a browser.
        usize::try_from(self.next() % limit as u64).unwrap_or_default()
    }

    fn maybe(&mut self) -> bool {
        self.below(2) == 0
    }

    fn pick<'p>(&mut self, pieces: &[&'p str]) -> &'p str {
        pieces[self.below(pieces.len())]
    }
}

/// FNV-1a: short, and the same everywhere.
struct Fnv(u64);

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}
