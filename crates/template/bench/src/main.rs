//! Prints how fast the crate compiles and renders beside other engines, as ratios of times, and ends by itself.
//! Run it with `cargo run --release` in this folder.

mod engines;
mod payload;

use std::hint::black_box;
use std::time::Instant;

use hookboard_template::{Masked, Names, analyze, compile};

use crate::engines::Engines;
use crate::payload::Payload;

/// Time spent on one number.
const BUDGET: f64 = 0.7;

/// What is measured, and how many bytes it reads or writes.
pub(crate) struct Contender<'c> {
    name: &'static str,
    bytes: usize,
    call: Box<dyn FnMut() + 'c>,
}

impl<'c> Contender<'c> {
    pub(crate) fn new<T>(name: &'static str, bytes: usize, mut call: impl FnMut() -> T + 'c) -> Self {
        Self { name, bytes, call: Box::new(move || drop(black_box(call()))) }
    }

    /// Seconds that some calls take.
    fn time(&mut self, calls: usize) -> f64 {
        let start = Instant::now();
        for _ in 0..calls {
            (self.call)();
        }
        start.elapsed().as_secs_f64()
    }
}

fn main() {
    println!(
        "Fastest tenth; other engines as multiples of Hookboard's time. Their compiling does not check JSON; none"
    );
    println!("but Hookboard and \"minijinja, JSON\" escapes values.");
    for kibibytes in [1, 16, 256] {
        let payload = Payload::new(kibibytes * 1024);
        println!("\n{kibibytes} KiB: {} bytes, {} placeholders", payload.ours.len(), payload.placeholders);
        rendering(&payload, &Engines::new(&payload));
        compiling(&payload);
    }
}

fn rendering(payload: &Payload, engines: &Engines<'_>) {
    let template = compile(&payload.ours, &Names::default()).template.expect("the payload is sound");
    let values = Masked { values: &payload.values };
    let body = template.render(&values).expect("the body is small enough");
    let mut contenders = vec![
        Contender::new("Hookboard", body.len(), || template.render(black_box(&values))),
        Contender::new("Hookboard, marked", body.len(), || template.render_marked(black_box(&values))),
    ];
    for (name, render) in engines.renders() {
        assert_eq!(render(), body, "{name} renders something else");
        contenders.push(Contender::new(name, body.len(), render));
    }
    compare("render", contenders);
}

fn compiling(payload: &Payload) {
    let names = Names::default();
    let (ours, json) = (&payload.ours, payload.stand_in());
    let text = engines::braces(payload);
    let mut contenders = vec![
        Contender::new("Hookboard", ours.len(), || compile(black_box(ours), &names)),
        Contender::new("Hookboard, tokens", ours.len(), || analyze(black_box(ours), &names)),
        Contender::new("serde_json, ignored", json.len(), || {
            serde_json::from_str::<serde::de::IgnoredAny>(black_box(&json))
        }),
    ];
    contenders.extend(engines::compilers(&text));
    compare("compile", contenders);
}

/// Prints the time of each, in batches long enough for the clock. They take turns, so that what else the machine does
/// meets all of them alike.
fn compare(what: &str, mut contenders: Vec<Contender<'_>>) {
    let batches: Vec<usize> =
        contenders.iter_mut().map(|one| ((2e-4 / one.time(1).max(1e-9)) as usize).clamp(1, 10_000)).collect();
    let mut times = vec![Vec::new(); contenders.len()];
    let mut left = vec![BUDGET; contenders.len()];
    while left.iter().any(|&left| left > 0.0) {
        for (at, contender) in contenders.iter_mut().enumerate() {
            if left[at] <= 0.0 {
                continue;
            }
            let time = contender.time(batches[at]);
            left[at] -= time;
            times[at].push(time / batches[at] as f64);
        }
    }
    let fastest: Vec<f64> = times.into_iter().map(fastest_tenth).collect();
    for (contender, time) in contenders.iter().zip(&fastest) {
        let (name, rate) = (contender.name, contender.bytes as f64 / time / 1e9);
        println!("  {what:8} {name:22} {:>10.2} µs {rate:>7.3} GB/s {:>7.2}×", time * 1e6, time / fastest[0]);
    }
}

/// The time that a tenth of the batches stay within: what else runs on the machine only ever adds.
fn fastest_tenth(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 10]
}
