//! Prints how fast the crate compiles and renders beside other engines, as ratios of medians, and ends by itself.
//! Run it with `cargo run --release` in this folder.

mod engines;
mod payload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use hookboard_template::{Masked, Names, analyze, compile};

use crate::engines::Engines;
use crate::payload::Payload;

/// Time spent on one number.
const BUDGET: Duration = Duration::from_millis(700);

fn main() {
    println!("Medians; other engines as multiples of Hookboard's time. Their compiling does not check JSON; none but");
    println!("Hookboard and \"minijinja, JSON\" escapes values.");
    for kibibytes in [1, 16, 256] {
        let payload = Payload::new(kibibytes * 1024);
        println!("\n{kibibytes} KiB: {} bytes, {} placeholders", payload.ours.len(), payload.placeholders);
        let engines = Engines::new(&payload);
        rendering(&payload, &engines);
        compiling(&payload);
    }
}

fn rendering(payload: &Payload, engines: &Engines<'_>) {
    let template = compile(&payload.ours, &Names::default()).template.expect("the payload is sound");
    let values = Masked { values: &payload.values };
    let body = template.render(&values).expect("the body is small enough");
    let ours = median(|| template.render(black_box(&values)));
    row("render", "Hookboard", ours, ours, body.len());
    let marked = median(|| template.render_marked(black_box(&values)));
    row("render", "Hookboard, marked", marked, ours, body.len());
    for (name, render) in engines.renders() {
        assert_eq!(render(), body, "{name} renders something else");
        row("render", name, median(render), ours, body.len());
    }
}

fn compiling(payload: &Payload) {
    let names = Names::default();
    let bytes = payload.ours.len();
    let ours = median(|| compile(black_box(&payload.ours), &names));
    row("compile", "Hookboard", ours, ours, bytes);
    let tokens = median(|| analyze(black_box(&payload.ours), &names));
    row("compile", "Hookboard, tokens", tokens, ours, bytes);
    let json = payload.stand_in();
    let ignored = median(|| serde_json::from_str::<serde::de::IgnoredAny>(black_box(&json)));
    row("compile", "serde_json, ignored", ignored, ours, json.len());
    for (name, time) in engines::compile_times(payload) {
        row("compile", name, time, ours, bytes);
    }
}

fn row(what: &str, name: &str, time: f64, ours: f64, bytes: usize) {
    let rate = bytes as f64 / time / 1e9;
    println!("  {what:8} {name:22} {:>10.2} µs {rate:>7.3} GB/s {:>7.2}×", time * 1e6, time / ours);
}

/// Seconds one call takes: the median of batches long enough for the clock.
pub(crate) fn median<T>(mut call: impl FnMut() -> T) -> f64 {
    let start = Instant::now();
    black_box(call());
    let once = start.elapsed().as_secs_f64().max(1e-9);
    let batch = ((2e-4 / once) as usize).clamp(1, 10_000);
    let mut times = Vec::new();
    let start = Instant::now();
    while start.elapsed() < BUDGET {
        let before = Instant::now();
        for _ in 0..batch {
            black_box(call());
        }
        times.push(before.elapsed().as_secs_f64() / batch as f64);
    }
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
