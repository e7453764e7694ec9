//! Runs the fuzz target's functions on random inputs, so that they are held to compile and to hold without a fuzzer.
#![cfg(not(target_arch = "wasm32"))]

use proptest::prelude::*;

mod invariants;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compiling_holds(first in any::<u8>(), text in "([{}\\[\\]:,\"$a1 ]|\\$\\{alias\\}|\\$KEY|\"a\":|\\\\u|é){0,60}") {
        invariants::compiling(&[&[first], text.as_bytes()].concat());
    }

    #[test]
    fn rendering_holds(
        first in any::<u8>(),
        text in "\\{(\"a\": ?(\"(\\$\\{tag\\}|\\$KEY|x|\\$\\$\\{|\\\\n){0,4}\"|\\$\\{(alias|tag:-x)\\}|\\[1\\]),){0,5}\"b\":1\\}",
        alias in any::<String>(),
    ) {
        let values = serde_json::json!({"alias": &alias, "tag": [alias]});
        invariants::rendering(&[&[first], text.as_bytes(), b"\n", values.to_string().as_bytes()].concat());
    }

    #[test]
    fn bytes_of_any_kind_are_taken(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        invariants::compiling(&bytes);
        invariants::rendering(&bytes);
    }
}
