//! One pass over the payload's text per keystroke: it feeds the paint, the problems, the preview and the
//! completion list. Knows no signal.

use hookboard_api::template::{Analysis, Completion, Diagnostic, Marked, Masked, Names, Severity, analyze, compile};
use serde_json::{Map, Value};
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::{
    gutter::Gutter,
    lines::{line_of, of_body, of_template, range_of, starts},
    mends::mend,
    paint::Painter,
    view::Metrics,
};

/// Problems listed at most; the rest is counted.
const MOST: usize = 20;
/// Up to here a preview is painted whole and its long lines are broken; beyond, it is windowed.
const SMALL_LINES: usize = 60;
/// As above, in bytes.
const SMALL_BYTES: usize = 6 * 1024;
/// Lines painted beyond those in sight.
const MARGIN: usize = 2;

/// A problem as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) error: bool,
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) mend: Option<String>,
}

/// How the preview fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is what would be sent.
    Valid,
    /// There is an error, in words; what shows is the last good one.
    Stale(String),
}

/// What the foot of the editor says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    /// Whether there is something that is still being typed, and so is told of later.
    pub(super) unfinished: bool,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) bytes: usize,
}

/// The payload's text and all that follows from it, with the elements it is painted into.
#[derive(Default)]
pub(super) struct Engine {
    pub(super) text: String,
    pub(super) starts: Vec<usize>,
    pub(super) analysis: Option<Analysis>,
    pub(super) body: Option<Marked>,
    pub(super) body_starts: Vec<usize>,
    pub(super) longest: usize,
    pub(super) completion: Option<Completion>,
    pub(super) shown: Vec<Diagnostic>,
    pub(super) editor: Option<EditorParts>,
    pub(super) preview: Option<PreviewParts>,
    pub(super) ring: Option<usize>,
}

/// The editor's elements.
pub(super) struct EditorParts {
    pub(super) input: HtmlTextAreaElement,
    pub(super) paint: Painter,
    pub(super) gutter: Gutter,
    pub(super) metrics: Metrics,
    /// Rows it has at least.
    pub(super) least: u32,
    /// Rows it has.
    pub(super) rows: u32,
}

/// The editor grows with its text by so many rows.
const GROWS: u32 = 10;

/// The preview's elements.
pub(super) struct PreviewParts {
    pub(super) scroller: HtmlElement,
    pub(super) sizer: HtmlElement,
    pub(super) paint: Painter,
    pub(super) metrics: Metrics,
    pub(super) small: Option<bool>,
}

/// What a pass over the text finds.
pub(super) struct Read {
    pub(super) problems: Vec<Problem>,
    pub(super) facts: Facts,
    pub(super) outcome: Outcome,
}

impl Engine {
    pub(super) fn read(&mut self, names: &Names, values: &Map<String, Value>, active: usize) -> Read {
        self.starts = starts(&self.text);
        let mut analysis = analyze(&self.text, names);
        let blank = self.text.trim().is_empty();
        if blank {
            // No payload is a payload: an empty object is sent.
            analysis.compiled = compile("{}", names);
        }
        // The word being typed is not finished: nothing is said of it while the list is open.
        let typed = self.completion.as_ref().map(|completion| completion.replace);
        let held =
            |one: &Diagnostic| typed.is_some_and(|typed| one.span.start <= typed.end && typed.start <= one.span.end);
        self.shown = std::mem::take(&mut analysis.compiled.diagnostics);
        let found = self.shown.len();
        self.shown.retain(|one| !held(one));
        let unfinished = self.shown.len() < found;
        for one in self.shown.iter_mut().filter(|one| one.suggestion.is_none()) {
            one.suggestion = mend(&self.text, one);
        }
        let errors = self.shown.iter().filter(|one| one.severity == Severity::Error).count();
        let warnings = self.shown.len() - errors;
        let facts = Facts { errors, warnings, unfinished, line: 1, column: 1, bytes: self.text.len() };
        let outcome = self.render(&analysis, names, values, active);
        self.analysis = Some(analysis);
        let problem = |one: &Diagnostic| Problem {
            error: one.severity == Severity::Error,
            line: line_of(&self.starts, one.span.start) + 1,
            message: one.message.clone(),
            mend: one.suggestion.as_ref().map(|mend| mend.replacement.clone()),
        };
        Read { problems: self.shown.iter().take(MOST).map(problem).collect(), facts, outcome }
    }

    fn render(&mut self, analysis: &Analysis, names: &Names, values: &Map<String, Value>, active: usize) -> Outcome {
        self.ring = None;
        let mut suggested = None;
        if let Some(completion) = &self.completion
            && let Some(candidate) = completion.candidates.get(active)
        {
            // The highlighted suggestion, as if taken.
            let mut text = self.text.clone();
            text.replace_range(completion.replace.range(), &candidate.insert);
            suggested = compile(&text, names).template.map(|template| (template, completion.replace.start));
        }
        let template = suggested.as_ref().map(|(template, _)| template).or(analysis.compiled.template.as_ref());
        let Some(template) = template else {
            let first = self.shown.iter().find(|one| one.severity == Severity::Error);
            return Outcome::Stale(
                first.map_or_else(|| "The placeholder is not finished.".to_owned(), |one| one.message.clone()),
            );
        };
        match template.render_marked(&Masked { values }) {
            Ok(marked) => {
                if let Some((_, start)) = suggested {
                    self.ring = marked.spans.iter().position(|span| span.template.start == start);
                }
                self.body_starts = starts(&marked.body);
                let ends = self.body_starts.iter().skip(1).copied().chain([marked.body.len() + 1]);
                self.longest = self.body_starts.iter().zip(ends).map(|(start, end)| end - start).max().unwrap_or(0);
                self.body = Some(marked);
                Outcome::Valid
            }
            Err(error) => Outcome::Stale(error.to_string()),
        }
    }

    /// Line and column, both from 1.
    pub(super) fn place(&self, at: usize) -> (usize, usize) {
        let line = line_of(&self.starts, at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        (line + 1, column + 1)
    }

    /// Where the list for a placeholder at `at` hangs, in pixels from the corner of the scrolling part.
    pub(super) fn spot(&mut self, at: usize) -> (f64, f64) {
        let starts = starts(&self.text);
        let Some(editor) = &mut self.editor else { return (0.0, 0.0) };
        let line = line_of(&starts, at);
        let before = self.text.get(starts.get(line).copied().unwrap_or(0)..at).unwrap_or_default();
        let columns =
            before.chars().fold(0_u32, |column, one| if one == '\t' { column / 2 * 2 + 2 } else { column + 1 });
        let metrics = editor.metrics;
        let left = metrics.pad_x + f64::from(columns) * metrics.column - f64::from(editor.input.scroll_left());
        let rows = f64::from(units(line + 1));
        (left.max(0.0), metrics.pad_y + rows * metrics.line - f64::from(editor.input.scroll_top()))
    }

    /// Paints editor and preview. Both are looked at before either is painted: a look after a paint
    /// would lay the page out a second time.
    pub(super) fn paint(&mut self, current: usize) {
        let lines = units(self.starts.len());
        if let Some(editor) = &mut self.editor {
            let rows = lines.clamp(editor.least, editor.least + GROWS);
            if editor.rows != rows {
                editor.rows = rows;
                editor.input.set_rows(rows);
            }
        }
        let (editor, preview) = (self.editor_sight(), self.preview_sight());
        self.paint_editor(current, editor);
        self.paint_preview(preview);
    }

    pub(super) fn editor_sight(&self) -> Sight {
        self.editor.as_ref().map(|editor| Sight::of(&editor.input)).unwrap_or_default()
    }

    pub(super) fn preview_sight(&self) -> Sight {
        self.preview.as_ref().map(|preview| Sight::of(&preview.scroller)).unwrap_or_default()
    }

    pub(super) fn paint_editor(&mut self, current: usize, sight: Sight) {
        let (Some(editor), Some(analysis)) = (&mut self.editor, &self.analysis) else { return };
        let count = self.starts.len();
        let Sight { top, left, .. } = sight;
        let metrics = editor.metrics;
        let lines = metrics.lines(top, sight.height, count);
        let columns = metrics.columns(left, sight.width);
        let painted = of_template(&self.text, &self.starts, &analysis.tokens, &self.shown, lines.clone(), &columns);
        let y = f64::from(units(lines.start)) * metrics.line - top;
        editor.paint.paint(painted, -left, y);
        let (first, last) = (
            self.starts.get(lines.start).copied().unwrap_or(0),
            range_of(&self.starts, &self.text, lines.end.saturating_sub(1)).end,
        );
        let mut marks: Vec<(usize, bool)> = Vec::new();
        for one in self.shown.iter().filter(|one| (first..=last).contains(&one.span.start)) {
            let line = line_of(&self.starts, one.span.start);
            let error = one.severity == Severity::Error;
            match marks.last_mut() {
                Some(mark) if mark.0 == line => mark.1 |= error,
                _ => marks.push((line, error)),
            }
        }
        editor.gutter.paint(lines, current.saturating_sub(1), &marks, y);
    }

    pub(super) fn paint_preview(&mut self, sight: Sight) {
        let Some(preview) = &mut self.preview else { return };
        let Some(marked) = &self.body else { return };
        let count = self.body_starts.len();
        let small = count <= SMALL_LINES && marked.body.len() <= SMALL_BYTES;
        let metrics = preview.metrics;
        if preview.small != Some(small) {
            preview.small = Some(small);
            let _ = preview.scroller.toggle_attribute_with_force("data-wrap", small);
            let _ = preview.scroller.toggle_attribute_with_force("data-window", !small);
        }
        let style = preview.sizer.style();
        if small {
            let _ = style.remove_property("block-size");
            let _ = style.remove_property("inline-size");
            let _ = preview.scroller.style().remove_property("block-size");
            let painted = of_body(&marked.body, &self.body_starts, &marked.spans, 0..count, &(0..usize::MAX));
            preview.paint.paint(painted, 0.0, 0.0);
        } else {
            let height = f64::from(units(count)) * metrics.line + 2.0 * metrics.pad_y;
            let _ = style.set_property("block-size", &format!("{height}px"));
            let _ = style.set_property("inline-size", &format!("calc({}ch + {}px)", self.longest, 2.0 * metrics.pad_x));
            // A size of its own parts its layout from the rest of the page's; room for a scroll bar below.
            let _ = preview.scroller.style().set_property("block-size", &format!("{}px", height + metrics.line));
            let lines = metrics.lines(sight.top, sight.height, count);
            let columns = metrics.columns(sight.left, sight.width);
            let y = f64::from(units(lines.start)) * metrics.line;
            let painted = of_body(&marked.body, &self.body_starts, &marked.spans, lines, &columns);
            preview.paint.paint(painted, 0.0, y);
        }
        preview.paint.set_ring(self.ring);
    }
}

/// What of a scrolled element is in sight, in pixels.
#[derive(Clone, Copy, Default)]
pub(super) struct Sight {
    top: f64,
    left: f64,
    height: f64,
    width: f64,
}

impl Sight {
    /// Reading it lays the page out, where something was painted since.
    fn of(element: &web_sys::Element) -> Self {
        Self {
            top: f64::from(element.scroll_top()),
            left: f64::from(element.scroll_left()),
            height: f64::from(element.client_height()),
            width: f64::from(element.client_width()),
        }
    }
}

impl Metrics {
    fn lines(&self, top: f64, height: f64, count: usize) -> std::ops::Range<usize> {
        let at = |pixels: f64| whole(pixels / self.line.max(1.0));
        let first = at(top - self.pad_y).saturating_sub(MARGIN).min(count.saturating_sub(1));
        let last = at(top + height - self.pad_y) + 1 + MARGIN;
        first..last.min(count).max(first)
    }

    fn columns(&self, left: f64, width: f64) -> std::ops::Range<usize> {
        let at = |pixels: f64| whole(pixels / self.column.max(1.0));
        at(left).saturating_sub(100)..at(left + width) + 100
    }
}

/// A count from a measure in the document; what is below zero counts as nothing.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}

/// As positions in the document are counted.
pub(super) fn units(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
