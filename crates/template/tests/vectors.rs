//! The vectors of the language, natively.
#![cfg(not(target_arch = "wasm32"))]

mod case;

#[test]
fn every_vector_holds() {
    let outcome = case::run(include_str!("../vectors/template.json")).unwrap();
    assert!(outcome.failures.is_empty(), "{}", outcome.failures.join("\n"));
    assert!(outcome.passed >= 176, "only {} cases ran", outcome.passed);
}
