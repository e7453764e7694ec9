//! In a browser: the vectors hold, and the seeded corpus comes out as it did natively.
#![cfg(target_arch = "wasm32")]

use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

mod case;
#[path = "corpus/mod.rs"]
mod corpus;

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen_test]
fn every_vector_holds() {
    let outcome = case::run(include_str!("../vectors/template.json")).unwrap();
    assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    assert!(outcome.passed >= 176, "only {} cases ran", outcome.passed);
}

#[wasm_bindgen_test]
fn the_corpus_comes_out_as_it_did_natively() {
    assert_eq!(corpus::digests(), include_str!("../vectors/corpus.txt"));
}
