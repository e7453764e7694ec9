//! The arithmetic of a plot: scales, ticks, paths. Pure; lengths are those of the drawing, 320 by 150.

use std::fmt::Write;

use hookboard_api::catalogue::Point;

/// Width of the drawing.
pub(super) const WIDTH: f64 = 320.0;
/// Height of the drawing.
pub(super) const HEIGHT: f64 = 150.0;

/// Values from here on are not what the axis is made for: their differences leave the range of numbers. A
/// line that has one leaves the drawing.
const HUGE: f64 = 1e300;

/// A span of values, drawn along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) log: bool,
}

impl Span {
    /// Where `value` lies, 0 at the low end and 1 at the high one; none where the axis cannot show it.
    pub(super) fn part(&self, value: f64) -> Option<f64> {
        let (low, high, value) =
            if self.log { (self.low.log10(), self.high.log10(), value.log10()) } else { (self.low, self.high, value) };
        let part = (value - low) / (high - low);
        part.is_finite().then_some(part)
    }

    /// The value at a part of the axis.
    pub(super) fn at(&self, part: f64) -> f64 {
        if self.log {
            let (low, high) = (self.low.log10(), self.high.log10());
            10_f64.powf(low + part * (high - low))
        } else {
            self.low + part * (self.high - self.low)
        }
    }
}

/// 1, 2 or 5 times a power of ten: the least such step that is at least `step`.
fn nice(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|times| times * power >= step * (1.0 - 1e-9));
    times.unwrap_or(10.0) * power
}

/// The axis that holds `values`, and its ticks from low to high.
pub(super) fn axis(values: impl Iterator<Item = f64> + Clone, log: bool) -> (Span, Vec<f64>) {
    let usable = values.filter(|value| value.abs() < HUGE && (!log || *value > 0.0));
    let low = usable.clone().fold(f64::INFINITY, f64::min);
    let high = usable.fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return (Span { low: if log { 1.0 } else { 0.0 }, high: if log { 10.0 } else { 1.0 }, log }, Vec::new());
    }
    if log {
        let (first, last) = (low.log10().floor(), high.log10().ceil());
        let step = ((last - first) / 4.0).ceil().max(1.0);
        // A whole number of steps, so that the labels stand at the ticks.
        let last = first + step * ((last - first) / step).ceil().max(1.0);
        let span = Span { low: 10_f64.powf(first), high: 10_f64.powf(last), log };
        let mut ticks = Vec::new();
        let mut power = first;
        while power <= last {
            ticks.push(10_f64.powf(power));
            power += step;
        }
        return (span, ticks);
    }
    // One value alone stands in the middle.
    // Values that differ by the noise of their last digits as well: no tick could tell them apart.
    let (low, high) = if high - low > 1e-9 * low.abs().max(high.abs()) {
        (low, high)
    } else {
        (low - low.abs().max(1.0) / 2.0, high + high.abs().max(1.0) / 2.0)
    };
    let step = nice((high - low) / 4.0);
    let (first, last) = ((low / step).floor(), (high / step).ceil());
    let mut ticks = Vec::new();
    let mut count = first;
    while count <= last {
        ticks.push(count * step);
        count += 1.0;
    }
    (Span { low: first * step, high: last * step, log }, ticks)
}

/// What is written along an axis of steps: steps and where they stand, from 0 to 1. Round ones, and the two ends.
pub(super) fn steps_along(span: &Span) -> Vec<(f64, f64)> {
    let step = nice((span.high - span.low) / 4.0).max(1.0);
    let mut found = vec![(span.low.round(), 0.0)];
    let mut at = (span.low / step).floor() * step + step;
    while at < span.high {
        // What would run into the words of an end is left out.
        found.extend(span.part(at).filter(|part| (0.2..0.7).contains(part)).map(|part| (at, part)));
        at += step;
    }
    found.push((span.high.round(), 1.0));
    found
}

/// The path of a line. Where several points share a pixel's width only their extremes are drawn, so
/// that a spike stays in sight.
pub(super) fn path(points: &[Point], x: &Span, y: &Span) -> String {
    let mut path = String::new();
    let mut put = |x: f64, y: f64| {
        path.push(if path.is_empty() { 'M' } else { 'L' });
        // A String takes whatever is written to it.
        let _ = write!(path, "{:.1} {:.1}", x * WIDTH, HEIGHT - y * HEIGHT);
    };
    let mut column: Option<(i64, [(f64, f64); 2])> = None;
    let mut flush = |column: &mut Option<(i64, [(f64, f64); 2])>| {
        if let Some((_, [low, high])) = column.take() {
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            put(first.0, first.1);
            if first != second {
                put(second.0, second.1);
            }
        }
    };
    for point in points {
        let Some((at, value)) = x.part(step(point)).zip(y.part(point.value)) else { continue };
        let value = value.clamp(-1.0, 2.0);
        // A little beyond the edges, so that a line leaves the drawing rather than ends in it.
        if !(-0.2..=1.2).contains(&at) {
            continue;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a pixel of a drawing 320 wide")]
        let pixel = (at * WIDTH).floor() as i64;
        match &mut column {
            Some((own, [low, high])) if *own == pixel => {
                if value < low.1 {
                    *low = (at, value);
                }
                if value > high.1 {
                    *high = (at, value);
                }
            }
            _ => {
                flush(&mut column);
                column = Some((pixel, [(at, value); 2]));
            }
        }
    }
    flush(&mut column);
    path
}

/// The point nearest to a step.
pub(super) fn nearest(points: &[Point], at: f64) -> Option<&Point> {
    let after = points.partition_point(|point| step(point) < at);
    let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|index| points.get(index));
    near.min_by(|one, other| (step(one) - at).abs().total_cmp(&(step(other) - at).abs()))
}

/// A step as a place on the axis.
#[expect(clippy::cast_precision_loss, reason = "steps count training, far below 2^52")]
pub(super) const fn step(point: &Point) -> f64 {
    point.step as f64
}

/// Half of the steps `now` seen, around `at` or the middle; none where there is nothing in between.
pub(super) fn closer(all: (f64, f64), now: Option<(f64, f64)>, at: Option<f64>) -> Option<(f64, f64)> {
    let (low, high) = now.unwrap_or(all);
    let width = (high - low) / 2.0;
    (width >= 1.0).then(|| around(all, at.unwrap_or(f64::midpoint(low, high)), width))
}

/// Twice the steps `now` seen, around `at` or the middle; none where those are all.
pub(super) fn wider(all: (f64, f64), now: (f64, f64), at: Option<f64>) -> Option<(f64, f64)> {
    let width = (now.1 - now.0) * 2.0;
    (width < all.1 - all.0).then(|| around(all, at.unwrap_or(f64::midpoint(now.0, now.1)), width))
}

/// The steps beside those `now` seen, by a part of their width; none at the end.
pub(super) fn moved(all: (f64, f64), now: (f64, f64), part: f64) -> Option<(f64, f64)> {
    let width = now.1 - now.0;
    let to = around(all, f64::midpoint(now.0, now.1) + part * width, width);
    ((to.0 - now.0).abs() > 1e-9 * width).then_some(to)
}

/// Steps of a width around `at`, within all.
fn around(all: (f64, f64), at: f64, width: f64) -> (f64, f64) {
    let low = (at - width / 2.0).min(all.1 - width).max(all.0);
    (low, low + width)
}

/// A number in few characters: `0.085`, `12.4`, `20k`, `3.1e-7`.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    let (value, suffix) = match size {
        _ if size >= 1e9 || (size > 0.0 && size < 1e-3) => return format!("{value:.1e}"),
        _ if size >= 1e6 => (value / 1e6, "M"),
        _ if size >= 1e4 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    let text = match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{}{suffix}", if text == "-0" { "0" } else { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(values: &[f64]) -> Vec<Point> {
        values.iter().zip(0..).map(|(value, step)| Point { step, value: *value }).collect()
    }

    #[test]
    fn zooming_stays_within_all_steps_and_ends_at_them() {
        let all = (0.0, 100.0);
        assert_eq!(closer(all, None, None), Some((25.0, 75.0)));
        assert_eq!(closer(all, Some((25.0, 75.0)), Some(70.0)), Some((57.5, 82.5)));
        assert_eq!(closer(all, None, Some(95.0)), Some((50.0, 100.0)));
        assert_eq!(closer(all, Some((3.0, 4.0)), None), None);
        assert_eq!(wider(all, (0.0, 25.0), None), Some((0.0, 50.0)));
        assert_eq!(wider(all, (25.0, 75.0), None), None);
        assert_eq!(moved(all, (25.0, 75.0), 0.5), Some((50.0, 100.0)));
        assert_eq!(moved(all, (50.0, 100.0), 0.5), None);
        assert_eq!(moved(all, (10.0, 60.0), -0.5), Some((0.0, 50.0)));
    }

    #[test]
    fn ticks_are_round_and_hold_all_values() {
        let (span, ticks) = axis([0.052, 0.247].into_iter(), false);
        assert_eq!((short(span.low), short(span.high)), ("0.05".to_owned(), "0.25".to_owned()));
        assert_eq!(ticks.iter().map(|tick| short(*tick)).collect::<Vec<_>>(), ["0.05", "0.1", "0.15", "0.2", "0.25"]);
        let (span, ticks) = axis([3.0, 4200.0].into_iter(), true);
        assert_eq!((span.low, span.high, ticks.len()), (1.0, 10_000.0, 5));
    }

    #[test]
    fn steps_are_round_between_the_ends_and_clear_of_them() {
        let along = |low, high| {
            let all = steps_along(&Span { low, high, log: false });
            all.into_iter().map(|(step, _)| short(step)).collect::<Vec<_>>()
        };
        assert_eq!(along(0.0, 65_000.0), ["0", "20k", "40k", "65k"]);
        assert_eq!(along(12_345.0, 30_000.0), ["12.3k", "20k", "30k"]);
        assert_eq!(along(0.0, 1.0), ["0", "1"]);
        assert_eq!(along(7.0, 7.0).len(), 2);
    }

    #[test]
    fn one_value_none_and_what_a_log_cannot_show() {
        let (span, _) = axis([7.0].into_iter(), false);
        assert!(span.low < 7.0 && span.high > 7.0);
        let (span, ticks) = axis([0.0003, 0.000_300_000_000_000_000_03].into_iter(), false);
        assert!(span.low < 0.0003 && ticks.len() < 12, "noise is one value");
        let (span, ticks) = axis([1.0, 1e5].into_iter(), true);
        assert!((ticks[ticks.len() - 1] - span.high).abs() < 1.0, "the last tick is the axis' end");
        assert_eq!(axis([].into_iter(), false).0, Span { low: 0.0, high: 1.0, log: false });
        assert_eq!(axis([-1.0, 0.0].into_iter(), true).1, Vec::<f64>::new());
        assert_eq!(Span { low: 1.0, high: 10.0, log: true }.part(0.0), None);
    }

    #[test]
    fn a_spike_among_many_points_stays() {
        let mut values = vec![0.0; 100_000];
        values[54_321] = 1.0;
        let all = points(&values);
        let x = Span { low: 0.0, high: 99_999.0, log: false };
        let drawn = path(&all, &x, &Span { low: 0.0, high: 1.0, log: false });
        assert!(drawn.contains(" 0.0"), "the spike's top");
        assert!(drawn.matches(['M', 'L']).count() <= 2 * 321);
    }

    #[test]
    fn the_nearest_point_is_found() {
        let all: Vec<Point> = [0, 10, 20].map(|step| Point { step, value: 1.0 }).to_vec();
        assert_eq!(nearest(&all, 14.0).map(|point| point.step), Some(10));
        assert_eq!(nearest(&all, 99.0).map(|point| point.step), Some(20));
        assert_eq!(nearest(&[], 1.0), None);
    }

    #[test]
    fn numbers_are_short() {
        let short = |value| super::short(value);
        assert_eq!(
            [0.085, 12.4, 20_000.0, 0.000_000_31, 0.0, -0.00, 950.0].map(short),
            ["0.085", "12.4", "20k", "3.1e-7", "0", "0", "950"]
        );
    }
}
