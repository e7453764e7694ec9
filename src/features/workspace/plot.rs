//! One metric as a line per run. Read by pointer, touch or arrow keys; zoomed by dragging, by + and −, or from its
//! menu.

use std::{fmt::Write, sync::Arc};

use hookboard_api::catalogue::Point;
use leptos::{html, prelude::*};

use super::scale::{HEIGHT, Span, WIDTH, axis, closer, nearest, path, short, step, steps_along, wider};
use crate::ui::format::counted;

/// The points of one run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Series {
    /// The run's display name.
    pub name: String,
    /// Which of the five hues, from 1.
    pub hue: usize,
    /// Oldest first.
    pub points: Arc<Vec<Point>>,
}

/// What the plot shows besides the runs: the limit of an alert being written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limit {
    /// Where the line is drawn; some conditions have no place on the axis.
    pub value: Option<f64>,
    /// It in words.
    pub words: String,
    /// Where each run met the condition first.
    pub crossings: Vec<Point>,
}

/// First and last step of the runs; none where there are no points.
pub(super) fn reach(series: &[Series]) -> Option<(f64, f64)> {
    let steps = || series.iter().flat_map(|one| one.points.iter()).map(step);
    let (low, high) = (steps().fold(f64::INFINITY, f64::min), steps().fold(f64::NEG_INFINITY, f64::max));
    (low <= high).then_some((low, high))
}

/// The axes of the plot and its lines.
#[derive(Clone, PartialEq)]
struct Drawing {
    x: Span,
    y: Span,
    ticks: Vec<f64>,
    markup: String,
}

// Writing to a String cannot fail: the results of `write!` say nothing.

fn draw(series: &[Series], zoom: Option<(f64, f64)>, log: bool, limit: Option<&Limit>) -> Drawing {
    let (low, high) = zoom.or_else(|| reach(series)).unwrap_or((f64::INFINITY, f64::NEG_INFINITY));
    let x = match (low < high, low.is_finite()) {
        (true, _) => Span { low, high, log: false },
        // One step alone stands in the middle.
        (false, true) => Span { low: low - 0.5, high: low + 0.5, log: false },
        (false, false) => Span { low: 0.0, high: 1.0, log: false },
    };
    let inside = |point: &&Point| (x.low..=x.high).contains(&step(point));
    let values = series.iter().flat_map(|one| one.points.iter()).filter(inside).map(|point| point.value);
    let (y, ticks) = axis(values.chain(limit.and_then(|limit| limit.value)), log);
    let mut markup = String::new();
    let across = |class: &str, part: f64| {
        let at = HEIGHT - part * HEIGHT;
        format!("<line class=\"{class}\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>")
    };
    for tick in &ticks {
        markup.extend(y.part(*tick).map(|part| across("plot__grid", part)));
    }
    for one in series {
        let mut path = path(&one.points, &x, &y);
        if !path.contains('L') && !path.is_empty() {
            // A point alone is a stroke of no length with round ends.
            path.push_str("h.01");
        }
        let _ = write!(markup, "<path class=\"plot__line series-{}\" d=\"{path}\"/>", one.hue);
    }
    if let Some(limit) = limit {
        markup.extend(limit.value.and_then(|value| y.part(value)).map(|part| across("plot__threshold", part)));
        for point in limit.crossings.iter().filter(inside) {
            if let Some((at, up)) = x.part(step(point)).zip(y.part(point.value)) {
                let (x, y) = (at * WIDTH, HEIGHT - up * HEIGHT);
                let _ = write!(markup, "<path class=\"plot__point\" d=\"M{x:.1} {y:.1}h.01\"/>");
            }
        }
    }
    Drawing { x, y, ticks, markup }
}

/// The cursor, and what is being dragged over.
fn overlay(drawing: &Drawing, series: &[Series], cursor: Option<f64>, drag: Option<(f64, f64)>) -> String {
    let mut markup = String::new();
    if let Some((from, to)) = drag {
        let (left, right) = (from.min(to) * WIDTH, from.max(to) * WIDTH);
        let width = right - left;
        let _ = write!(
            markup,
            "<rect class=\"plot__drag\" x=\"{left:.1}\" y=\"0\" width=\"{width:.1}\" height=\"{HEIGHT}\"/>"
        );
    }
    let Some((cursor, at)) = cursor.and_then(|cursor| Some((cursor, drawing.x.part(cursor)? * WIDTH))) else {
        return markup;
    };
    let _ = write!(markup, "<line class=\"plot__cursor\" x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"0\" y2=\"{HEIGHT}\"/>");
    for one in series {
        let found =
            nearest(&one.points, cursor).and_then(|point| drawing.x.part(step(point)).zip(drawing.y.part(point.value)));
        if let Some((at, up)) = found.filter(|(at, _)| (0.0..=1.0).contains(at)) {
            let (x, y) = (at * WIDTH, HEIGHT - up * HEIGHT);
            let _ = write!(markup, "<path class=\"plot__dot series-{}\" d=\"M{x:.1} {y:.1}h.01\"/>", one.hue);
        }
    }
    markup
}

/// A plot with its axes and its legend.
#[component]
pub(super) fn Plot(
    /// Name of the metric.
    metric: String,
    /// The runs shown.
    series: Signal<Vec<Series>>,
    /// Why there is nothing to draw.
    empty: Memo<Option<&'static str>>,
    /// The limit of an alert being written.
    limit: Signal<Option<Limit>>,
    /// Whether values are drawn by their powers of ten.
    log: RwSignal<bool>,
    /// The steps zoomed to.
    zoom: RwSignal<Option<(f64, f64)>>,
) -> impl IntoView {
    let area: NodeRef<html::Div> = NodeRef::new();
    let cursor = RwSignal::new(None::<f64>);
    let drag = RwSignal::new(None::<(f64, f64)>);
    // Read out only what the reader asked for by key.
    let by_key = RwSignal::new(false);
    let drawing = Memo::new(move |_| {
        series.with(|series| limit.with(|limit| draw(series, zoom.get(), log.get(), limit.as_ref())))
    });
    // Where the pointer is, as a part of the plot's width.
    let part_of = move |event: &web_sys::MouseEvent| {
        let rect = area.get_untracked().map(|area| area.get_bounding_client_rect());
        rect.map(|rect| ((f64::from(event.client_x()) - rect.left()) / rect.width()).clamp(0.0, 1.0))
    };
    let moved = move |event: web_sys::MouseEvent| {
        let Some(part) = part_of(&event) else { return };
        cursor.set(Some(drawing.with_untracked(|drawing| drawing.x.at(part))));
        if let Some((from, _)) = drag.get_untracked() {
            drag.set(Some((from, part)));
        }
    };
    let pressed = move |event: web_sys::MouseEvent| {
        if event.button() == 0
            && let Some(part) = part_of(&event)
        {
            drag.set(Some((part, part)));
        }
    };
    let released = move || {
        let Some((from, to)) = drag.get_untracked() else { return };
        drag.set(None);
        // A press that hardly moved is a press.
        if (from - to).abs() > 0.03 {
            let x = drawing.with_untracked(|drawing| drawing.x);
            zoom.set(Some((x.at(from.min(to)), x.at(from.max(to)))));
        }
    };
    let key = move |event: web_sys::KeyboardEvent| {
        let x = drawing.with_untracked(|drawing| drawing.x);
        let stride = (x.high - x.low) / 40.0;
        let now = cursor.get_untracked();
        let plain = !event.ctrl_key() && !event.meta_key() && !event.alt_key();
        if let (Some(all), true) = (series.with_untracked(|series| reach(series)), plain) {
            let seen = zoom.get_untracked();
            let to = match event.key().as_str() {
                "+" | "=" => closer(all, seen, now).map(Some),
                "-" => seen.map(|seen| wider(all, seen, now)),
                "0" => seen.map(|_| None),
                _ => None,
            };
            if let Some(to) = to {
                event.prevent_default();
                zoom.set(to);
                return;
            }
        }
        let to = match event.key().as_str() {
            "ArrowRight" => now.map_or(x.low, |at| (at + stride).min(x.high)),
            "ArrowLeft" => now.map_or(x.high, |at| (at - stride).max(x.low)),
            "Home" => x.low,
            "End" => x.high,
            "Escape" if now.is_some() => {
                cursor.set(None);
                return;
            }
            _ => return,
        };
        event.prevent_default();
        if !by_key.get_untracked() {
            by_key.set(true);
        }
        cursor.set(Some(to));
    };
    let label = {
        let metric = metric.clone();
        move || {
            let runs = series.with(Vec::len) as u64;
            format!(
                "{metric} by step for {}. Arrow keys read values, plus and minus zoom.",
                counted(runs, "run", "runs")
            )
        }
    };
    let y_labels = move || {
        drawing.with(|drawing| drawing.ticks.iter().rev().map(|tick| view! { <li>{short(*tick)}</li> }).collect_view())
    };
    let x_labels = move || {
        let x = drawing.with(|drawing| drawing.x);
        let mut markup = String::new();
        for (step, part) in if empty.get().is_none() { steps_along(&x) } else { Vec::new() } {
            let (anchor, unit) = match part {
                part if part <= 0.0 => ("start", ""),
                part if part >= 1.0 => ("end", " steps"),
                _ => ("middle", ""),
            };
            // A String takes whatever is written to it.
            let _ = write!(
                markup,
                r#"<text x="{:.1}%" y="12" text-anchor="{anchor}">{}{unit}</text>"#,
                part * 100.0,
                short(step)
            );
        }
        markup
    };
    let legend = move || {
        let at = cursor.get();
        series.with(|series| {
            let item = |one: &Series| {
                let point = at.map_or_else(|| one.points.last(), |at| nearest(&one.points, at));
                let value = point.map_or_else(|| "–".to_owned(), |point| short(point.value));
                view! {
                    <li>
                        <svg class="run__key" viewBox="0 0 14 3" aria-hidden="true" inner_html=key_markup(one.hue)></svg>
                        <span class="truncate">{one.name.clone()}</span>
                        <span class="plot__value">{value}</span>
                    </li>
                }
            };
            let at = at.map_or_else(|| "Last values".to_owned(), |at| format!("Step {}", short(at.round())));
            view! {
                <p class="plot__at">{at}</p>
                <ul class="plot__legend" role="list">
                    {series.iter().map(item).collect_view()}
                </ul>
            }
        })
    };
    let flag = move || limit.get().map(|limit| view! { <p class="plot__flag">{limit.words}</p> });
    view! {
        <div class="plot">
            <ul class="plot__y" aria-hidden="true">{live(y_labels)}</ul>
            <div
                node_ref=area
                class="plot__area"
                tabindex="0"
                role="group"
                aria-label=bound(label)
                on:mousemove=handler(moved)
                on:mousedown=handler(pressed)
                on:mouseup=handler(move |_| released())
                on:mouseleave=handler(move |_| {
                    cursor.set(None);
                    drag.set(None);
                })
                on:keydown=handler(key)
                on:blur=handler(move |_| {
                    by_key.set(false);
                    cursor.set(None);
                })
            >
                <svg
                    class="plot__svg"
                    viewBox="0 0 320 150"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    inner_html=boxed(move || drawing.with(|drawing| drawing.markup.clone()))
                ></svg>
                <svg
                    class="plot__svg plot__over"
                    viewBox="0 0 320 150"
                    preserveAspectRatio="none"
                    aria-hidden="true"
                    inner_html=boxed(move || {
                        drawing.with(|drawing| series.with(|series| overlay(drawing, series, cursor.get(), drag.get())))
                    })
                ></svg>
                {live(flag)}
                {live(move || empty.get().map(|words| view! { <p class="plot__empty">{words}</p> }))}
            </div>
            <svg class="plot__x" aria-hidden="true" inner_html=boxed(x_labels)></svg>
            <div class="plot__read" role=bound(move || by_key.get().then_some("status"))>
                {live(move || empty.get().is_none().then(&legend))}
            </div>
        </div>
    }
}

/// The key of a run: a stroke in its hue.
pub(super) fn key_markup(hue: usize) -> String {
    format!("<rect class=\"series-fill-{hue}\" width=\"14\" height=\"3\" rx=\"1.5\"/>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(values: &[f64]) -> Series {
        let points = values.iter().zip(0..).map(|(value, step)| Point { step, value: *value }).collect();
        Series { name: "run".to_owned(), hue: 1, points: Arc::new(points) }
    }

    #[test]
    fn a_limit_outside_the_values_is_drawn_in_sight() {
        let limit = Limit { value: Some(9.0), words: String::new(), crossings: Vec::new() };
        let drawing = draw(&[one(&[1.0, 2.0])], None, false, Some(&limit));
        assert!(drawing.y.high >= 9.0);
        assert!(drawing.markup.contains("plot__threshold"));
    }

    #[test]
    fn a_zoom_looks_at_its_steps_alone() {
        let drawing = draw(&[one(&[100.0, 1.0, 2.0, 100.0])], Some((1.0, 2.0)), false, None);
        assert_eq!((drawing.x.low, drawing.x.high), (1.0, 2.0));
        assert!(drawing.y.high < 3.0, "values outside do not count");
    }

    #[test]
    fn nothing_to_draw_is_no_fault() {
        let drawing = draw(&[], None, true, None);
        assert!(overlay(&drawing, &[], Some(3.0), Some((0.1, 0.5))).contains("plot__drag"));
    }
}
