//! How a receiver checks that a request came from here.

use leptos::prelude::*;

use crate::ui::{
    button::Button,
    clipboard,
    icon::Glyph,
    tabs::{TabList, TabPanel},
    toast::use_toasts,
};

/// Word, name and program of each language. `tests/e2e/rooms.test.mjs` runs those it has a runtime for.
const PROGRAMS: [(&str, &str, &str); 5] = [
    ("python", "Python", include_str!("verify/verify.py")),
    ("javascript", "JavaScript", include_str!("verify/verify.mjs")),
    ("go", "Go", include_str!("verify/verify.go")),
    ("rust", "Rust", include_str!("verify/verify.rs.txt")),
    ("shell", "Shell", include_str!("verify/verify.sh")),
];

/// The programs, one at a time.
#[component]
pub(super) fn Verify() -> impl IntoView {
    let toasts = use_toasts();
    let shown = RwSignal::new(PROGRAMS[0].0);
    let program = move || PROGRAMS.into_iter().find(|(word, ..)| *word == shown.get()).unwrap_or(PROGRAMS[0]);
    let tabs = PROGRAMS.map(|(value, label, _)| TabPanel { value, label }).to_vec();
    view! {
        <div class="board">
            <TabList
                label="Language"
                tabs=tabs
                value=Signal::derive(move || shown.get().to_owned())
                note=|_| None
                on_select=move |word| shown.set(word)
                panel=move || {
                    view! {
                        <pre class="example__code" tabindex="0" role="region" aria-label="Program that verifies a signature">
                            {program().2}
                        </pre>
                    }
                        .into_any()
                }
            />
            <div class="board__foot">
                <Button
                    small=true
                    glyph=Glyph::Copy
                    on_press=move || clipboard::copy(toasts, program().2.to_owned(), format!("Copied the {} program", program().1))
                >
                    "Copy"
                </Button>
            </div>
        </div>
    }
}
