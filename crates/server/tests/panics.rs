//! A panic's message is kept out of the log.

#![allow(clippy::expect_used, reason = "a test that cannot go on says what was missing")]

use std::io::Write;
use std::sync::{Arc, Mutex};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("log").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_panic_is_logged_by_its_place_and_without_its_words() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_writer(move || writer.clone()).json().init();
    hookboard_server::panics::log_places();
    let text = std::hint::black_box(String::from("tok-planted-é"));
    let at = std::hint::black_box(13);
    let caught = std::panic::catch_unwind(|| text[..at].len());
    let _ = std::panic::take_hook();
    assert!(caught.is_err());
    let log = String::from_utf8(log.0.lock().expect("log").clone()).expect("text");
    assert!(log.contains("panics.rs:"), "{log}");
    assert!(!log.contains("planted"), "{log}");
}
