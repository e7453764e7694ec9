#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/template/tests/invariants/mod.rs"]
mod invariants;

fuzz_target!(|bytes: &[u8]| {
    invariants::compiling(bytes);
    invariants::rendering(bytes);
});
