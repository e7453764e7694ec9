//! One HTTP exchange: phases to scale, what was sent, what came back.

use hookboard_api::delivery::{Exchange, Timings};
use leptos::prelude::*;

use super::{
    code::{CodeBlock, Pairs, formatted},
    format::{duration, lower, size},
    icon::Glyph,
    outcome::short_code,
    status::{Badge, Tone},
    tabs::{TabList, TabPanel},
    toggle::Segmented,
};

/// How an exchange ended, as a badge.
pub fn outcome_badge(exchange: &Exchange) -> AnyView {
    let good = exchange.outcome == hookboard_api::delivery::OutcomeCode::Ok;
    let (tone, glyph) = if good { (Tone::Success, Glyph::CheckCircle) } else { (Tone::Danger, Glyph::XCircle) };
    let words = short_code(exchange.status, Some(exchange.outcome)).unwrap_or_else(|| "ok".to_owned());
    view! { <Badge tone=tone glyph=glyph>{words}</Badge> }.into_any()
}

/// The phases of an exchange, to scale.
#[component]
pub fn Phases(
    /// How long each took.
    timings: Timings,
) -> impl IntoView {
    let phases: Vec<(usize, &'static str, f64)> = [
        ("Lookup", timings.dns_ms),
        ("Connect", timings.connect_ms),
        ("TLS", timings.tls_ms),
        ("Wait", timings.wait_ms),
        ("Read", timings.read_ms),
    ]
    .into_iter()
    .enumerate()
    .filter_map(|(index, (name, time))| time.map(|time| (index + 1, name, time)))
    .collect();
    // To scale among themselves: what lies between the phases is not measured.
    let total = phases.iter().map(|(_, _, time)| time).sum::<f64>().max(0.001);
    let spoken: Vec<String> = phases.iter().map(|(_, name, time)| format!("{name} {}", duration(*time))).collect();
    let label = format!("{}: {}", duration(timings.total_ms), lower(&spoken.join(", ")));
    let mut from = 0.0;
    let bars = phases
        .iter()
        .map(|(index, _, time)| {
            // A thousand units across; a phase too short to see still gets a sliver.
            let width = (time / total * 1000.0).max(4.0).min(1000.0 - from);
            let x = from;
            from += width;
            view! { <rect class=format!("phase-{index}") x=format!("{x:.1}") width=format!("{width:.1}") height="6" /> }
        })
        .collect_view();
    let keys = phases
        .into_iter()
        .zip(spoken)
        .map(|((index, ..), words)| view! { <li class=format!("phase-{index}")>{words}</li> })
        .collect_view();
    view! {
        <div class="phases">
            <svg class="phases__bar" viewBox="0 0 1000 6" preserveAspectRatio="none" role="img" aria-label=label>
                {bars}
            </svg>
            <ul class="phases__key" aria-hidden="true">
                {keys}
                <li class="phases__sum">{duration(timings.total_ms)}</li>
            </ul>
        </div>
    }
}

/// Request and response of an exchange, as tabs.
#[component]
pub fn ExchangeTabs(
    /// The exchange.
    exchange: Exchange,
    /// Which tab shows: `request` or `response`.
    #[prop(into)]
    side: Signal<String>,
    /// Takes the tab chosen.
    #[prop(into)]
    on_side: Callback<&'static str>,
) -> impl IntoView {
    let raw = RwSignal::new(false);
    let sizes = (exchange.request_body.len(), exchange.response_body.len());
    let note = move |tab: &'static str| {
        let bytes = if tab == "request" { sizes.0 } else { sizes.1 };
        (bytes > 0).then(|| size(bytes))
    };
    let exchange = StoredValue::new(exchange);
    let panel = move || {
        let exchange = exchange.get_value();
        let request = side.get() == "request";
        let (headers, body, label, title) = if request {
            (exchange.request_headers, exchange.request_body, "Request body", "Request headers")
        } else {
            (exchange.response_headers, exchange.response_body, "Response body", "Response headers")
        };
        if !request && exchange.status.is_none() {
            return view! { <p class="exchange muted">{exchange.message}</p> }.into_any();
        }
        let body_view = if body.is_empty() {
            view! { <p class="muted small">"No body"</p> }.into_any()
        } else {
            let pretty = formatted(&body);
            let alike = pretty == body;
            view! {
                <div class="row">
                    <h3 class="exchange__title">"Body"</h3>
                    <span class="push"></span>
                    {(!alike)
                        .then(|| {
                            view! {
                                <Segmented
                                    label="Show body"
                                    value=Signal::derive(move || if raw.get() { "raw" } else { "pretty" }.to_owned())
                                    choices=vec![
                                        ("pretty".to_owned(), "Formatted".to_owned()),
                                        ("raw".to_owned(), if request { "As sent" } else { "As received" }.to_owned()),
                                    ]
                                    on_choose=move |value: String| raw.set(value == "raw")
                                />
                            }
                        })}
                </div>
                {live(move || {
                    let text = if raw.get() { body.clone() } else { pretty.clone() };
                    view! { <CodeBlock label=label text=text /> }
                })}
                {(!request && exchange.response_cut)
                    .then(|| view! { <p class="muted small">"Only the first 64\u{a0}KiB of the answer are kept."</p> })}
            }
            .into_any()
        };
        view! {
            <div class="exchange">
                {(!headers.is_empty())
                    .then(|| {
                        view! {
                            <h3 class="exchange__title">"Headers"</h3>
                            <Pairs label=title pairs=headers />
                        }
                    })} {body_view}
            </div>
        }
        .into_any()
    };
    view! {
        <TabList
            label="Exchange"
            tabs=vec![
                TabPanel { value: "request", label: "Request" },
                TabPanel { value: "response", label: "Response" },
            ]
            value=side
            note=note
            on_select=on_side
            panel=panel
        />
    }
}
