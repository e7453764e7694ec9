//! Holds the checked-in digests to what the crate does natively. After a change that is meant to change them, run it
//! with `BLESS=1`.
#![cfg(not(target_arch = "wasm32"))]

#[path = "corpus/mod.rs"]
mod corpus;

#[test]
fn the_digests_are_those_of_this_build() {
    let found = corpus::digests();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/corpus.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    assert_eq!(found, kept, "the crate says something else than the checked-in digests; BLESS=1 accepts it");
}
