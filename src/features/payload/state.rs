//! The payload being written: one pass over its text per keystroke feeds the paint, the problems, the
//! preview and the completion list.

use std::sync::Arc;

use hookboard_api::template::{
    Analysis, Candidate, Completion, Diagnostic, Marked, Masked, Names, Severity, Span, analyze, compile, complete,
};
use leptos::prelude::*;
use serde_json::{Map, Value};
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::{
    gutter::Gutter,
    lines::{byte_at, line_of, of_body, of_template, range_of, starts, units_at},
    paint::Painter,
    view::{Metrics, insert},
};

/// Problems listed at most; the rest is counted.
const MOST: usize = 20;
/// Up to here a preview is painted whole and its long lines are broken; beyond, it is windowed.
const SMALL_LINES: usize = 60;
/// As above, in bytes.
const SMALL_BYTES: usize = 6 * 1024;
/// Lines painted beyond those in sight.
const MARGIN: usize = 2;

/// Values of an event by name.
pub type Values = Arc<Map<String, Value>>;

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

/// What is offered at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Popup {
    pub(super) candidates: Vec<Candidate>,
    /// Where it hangs, in pixels from the editor's corner.
    pub(super) left: f64,
    pub(super) top: f64,
}

/// What the foot of the editor says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) errors: usize,
    pub(super) warnings: usize,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) bytes: usize,
}

/// The payload being written. One per mounted editor.
#[derive(Clone, Copy)]
pub struct Payload {
    text: RwSignal<String>,
    names: Signal<Names>,
    values: Signal<Values>,
    pub(super) problems: RwSignal<Vec<Problem>>,
    pub(super) facts: RwSignal<Facts>,
    pub(super) outcome: RwSignal<Outcome>,
    pub(super) size: RwSignal<usize>,
    pub(super) popup: RwSignal<Option<Popup>>,
    pub(super) active: RwSignal<usize>,
    engine: StoredValue<Engine, LocalStorage>,
}

#[derive(Default)]
struct Engine {
    text: String,
    starts: Vec<usize>,
    analysis: Option<Analysis>,
    body: Option<Marked>,
    body_starts: Vec<usize>,
    longest: usize,
    completion: Option<Completion>,
    shown: Vec<Diagnostic>,
    editor: Option<EditorParts>,
    preview: Option<PreviewParts>,
    ring: Option<usize>,
}

struct EditorParts {
    input: HtmlTextAreaElement,
    paint: Painter,
    gutter: Gutter,
    metrics: Metrics,
    rows: u32,
}

struct PreviewParts {
    scroller: HtmlElement,
    sizer: HtmlElement,
    paint: Painter,
    metrics: Metrics,
    small: Option<bool>,
}

impl Payload {
    /// Writes on `text`, for what `names` says, previewed with `values`.
    pub fn new(text: RwSignal<String>, names: Signal<Names>, values: Signal<Values>) -> Self {
        let engine = Engine { text: text.get_untracked(), ..Engine::default() };
        let payload = Self {
            text,
            names,
            values,
            problems: RwSignal::new(Vec::new()),
            facts: RwSignal::new(Facts::default()),
            outcome: RwSignal::new(Outcome::Valid),
            size: RwSignal::new(0),
            popup: RwSignal::new(None),
            active: RwSignal::new(0),
            engine: StoredValue::new_local(engine),
        };
        Effect::new(move |_| {
            names.track();
            values.track();
            payload.refresh();
        });
        payload
    }

    /// The names it may use.
    pub const fn names(&self) -> Signal<Names> {
        self.names
    }

    /// The values it is previewed with.
    pub const fn values(&self) -> Signal<Values> {
        self.values
    }

    /// How many errors it has; with one it is neither saved nor sent.
    pub fn errors(&self) -> usize {
        self.facts.with(|facts| facts.errors)
    }

    pub(super) fn attach_editor(
        self,
        input: HtmlTextAreaElement,
        paint: HtmlElement,
        gutter: Gutter,
        metrics: Metrics,
    ) {
        let Some(paint) = Painter::new(paint) else { return };
        self.engine.try_update_value(|engine| {
            input.set_value(&engine.text);
            // Setting the text leaves the cursor at its end, out of sight of a long one.
            let _ = input.set_selection_range(0, 0);
            engine.editor = Some(EditorParts { input, paint, gutter, metrics, rows: 0 });
        });
        self.refresh();
    }

    pub(super) fn attach_preview(
        self,
        scroller: HtmlElement,
        sizer: HtmlElement,
        paint: HtmlElement,
        metrics: Metrics,
    ) {
        let Some(paint) = Painter::new(paint) else { return };
        self.engine.try_update_value(|engine| {
            engine.preview = Some(PreviewParts { scroller, sizer, paint, metrics, small: None });
        });
        self.paint_preview();
    }

    pub(super) fn input(self) -> Option<HtmlTextAreaElement> {
        self.engine.try_with_value(|engine| engine.editor.as_ref().map(|editor| editor.input.clone())).flatten()
    }

    /// Something was typed. `opens` lets the completion list open by itself.
    pub(super) fn typed(self, opens: bool) {
        let Some(input) = self.input() else { return };
        let text = input.value();
        let was_open = self.popup.with_untracked(Option::is_some);
        self.engine.try_update_value(|engine| engine.text.clone_from(&text));
        self.text.set(text);
        if opens || was_open {
            self.complete(false);
        } else {
            self.close();
        }
        self.refresh();
    }

    /// Looks what may be typed at the cursor. `asked`: also where no placeholder has begun.
    pub(super) fn complete(self, asked: bool) {
        let Some(input) = self.input() else { return };
        let (names, values) = (self.names.get_untracked(), self.values.get_untracked());
        let units = input.selection_start().ok().flatten().unwrap_or(0) as usize;
        let popup = self
            .engine
            .try_update_value(|engine| {
                let cursor = byte_at(&engine.text, units);
                let found = complete(&engine.text, cursor, &names, Some(&values)).or_else(|| {
                    // Asked for beside any placeholder: as if one began here.
                    let after = engine.text.get(cursor..).filter(|_| asked)?;
                    let begun = format!("{}${{{after}", &engine.text[..cursor]);
                    let found = complete(&begun, cursor + 2, &names, Some(&values))?;
                    Some(Completion { replace: (cursor..cursor).into(), ..found })
                });
                let popup = found.as_ref().map(|found| {
                    let (left, top) = engine.spot(found.replace.start);
                    Popup { candidates: found.candidates.clone(), left, top }
                });
                engine.completion = found;
                popup
            })
            .flatten();
        self.active.set(0);
        self.popup.set(popup);
    }

    /// Asks for the list by key.
    pub(super) fn ask(self) {
        self.complete(true);
        self.refresh();
    }

    fn close(self) {
        if self.popup.with_untracked(Option::is_some) {
            self.popup.set(None);
        }
        self.engine.try_update_value(|engine| engine.completion = None);
    }

    /// Closes the list.
    pub(super) fn dismiss(self) {
        if self.popup.with_untracked(Option::is_some) {
            self.close();
            self.refresh();
        }
    }

    /// Highlights another suggestion.
    pub(super) fn highlight(self, index: usize) {
        self.active.set(index);
        self.refresh();
    }

    /// Takes a suggestion.
    pub(super) fn take(self, index: usize) {
        let taken = self
            .engine
            .try_with_value(|engine| {
                let completion = engine.completion.as_ref()?;
                Some((completion.replace, completion.candidates.get(index)?.insert.clone()))
            })
            .flatten();
        self.close();
        if let Some((span, text)) = taken {
            self.replace(span, &text);
            self.close();
            self.refresh();
        }
    }

    /// Replaces a span of the text, so that it can be undone.
    pub(super) fn replace(self, span: Span, text: &str) {
        let Some(input) = self.input() else { return };
        let units = self
            .engine
            .try_with_value(|engine| (units_at(&engine.text, span.start), units_at(&engine.text, span.end)))
            .unwrap_or_default();
        // Outside any borrow: the browser answers with an input event before this returns.
        insert(&input, units.0, units.1, text);
    }

    /// Replaces the whole text, so that it can be undone.
    pub fn replace_all(self, text: &str) {
        let end = self.engine.try_with_value(|engine| engine.text.len()).unwrap_or(0);
        self.replace((0..end).into(), text);
        self.dismiss();
    }

    /// Writes `text` where the cursor is.
    pub fn insert(self, text: &str) {
        let Some(input) = self.input() else { return };
        let start = input.selection_start().ok().flatten().unwrap_or(0) as usize;
        let end = input.selection_end().ok().flatten().unwrap_or(0) as usize;
        insert(&input, start, end, text);
        self.dismiss();
    }

    /// Lays the text out anew; nothing where it is not JSON.
    pub fn format(self) -> bool {
        let laid = self
            .engine
            .try_with_value(|engine| hookboard_api::template::format(&engine.text, &self.names.get_untracked()))
            .flatten();
        if let Some(laid) = &laid {
            self.replace_all(laid);
        }
        laid.is_some()
    }

    /// Mends a listed problem by its suggestion.
    pub(super) fn mend(self, index: usize) {
        let mend = self.engine.try_with_value(|engine| engine.shown.get(index)?.suggestion.clone()).flatten();
        if let Some(mend) = mend {
            self.replace(mend.span, &mend.replacement);
            self.dismiss();
        }
    }

    /// Puts the cursor at a listed problem.
    pub(super) fn go_to(self, index: usize) {
        let span = self.engine.try_with_value(|engine| engine.shown.get(index).map(|one| one.span)).flatten();
        if let Some(span) = span {
            self.select(span);
        }
    }

    /// Puts the cursor at the next problem, or the last one.
    pub(super) fn step(self, back: bool) {
        let Some(input) = self.input() else { return };
        let units = input.selection_start().ok().flatten().unwrap_or(0) as usize;
        let span = self
            .engine
            .try_with_value(|engine| {
                let at = byte_at(&engine.text, units);
                let spans = || engine.shown.iter().map(|one| one.span);
                if back {
                    spans().rev().find(|span| span.start < at).or_else(|| spans().next_back())
                } else {
                    spans().find(|span| span.start > at).or_else(|| spans().next())
                }
            })
            .flatten();
        if let Some(span) = span {
            self.select(span);
        }
    }

    fn select(self, span: Span) {
        let Some(input) = self.input() else { return };
        let spot = self.engine.try_with_value(|engine| {
            let line = line_of(&engine.starts, span.start);
            (units_at(&engine.text, span.start), units_at(&engine.text, span.end), line)
        });
        let Some((start, end, line)) = spot else { return };
        let _ = input.focus();
        let _ = input.set_selection_range(units(start), units(end));
        let height = self
            .engine
            .try_with_value(|engine| engine.editor.as_ref().map_or(0.0, |editor| editor.metrics.line))
            .unwrap_or(0.0);
        let (top, seen) = (f64::from(u32::try_from(line).unwrap_or(0)) * height, f64::from(input.client_height()));
        let at = f64::from(input.scroll_top());
        if top < at || top + height * 2.0 > at + seen {
            // Whole pixels are what the property takes.
            #[allow(clippy::cast_possible_truncation)]
            input.set_scroll_top((top - seen / 2.0).max(0.0) as i32);
        }
        self.moved();
    }

    /// The cursor moved.
    pub(super) fn moved(self) {
        let Some(input) = self.input() else { return };
        let units = input.selection_start().ok().flatten().unwrap_or(0) as usize;
        let facts = self.engine.try_update_value(|engine| engine.place(byte_at(&engine.text, units)));
        if let Some((line, column)) = facts {
            let mut facts = self.facts.get_untracked();
            (facts.line, facts.column) = (line, column);
            set(self.facts, facts);
            self.paint_editor();
        }
    }

    /// Reads the text anew and shows everything that follows from it.
    pub(super) fn refresh(self) {
        let (names, values) = (self.names.get_untracked(), self.values.get_untracked());
        let active = self.active.get_untracked();
        let done = self.engine.try_update_value(|engine| engine.read(&names, &values, active));
        let Some(Read { problems, facts, outcome }) = done else { return };
        set(self.problems, problems);
        set(self.outcome, outcome);
        let mut now = facts;
        if let Some(input) = self.input() {
            let units = input.selection_start().ok().flatten().unwrap_or(0) as usize;
            let place = self.engine.try_update_value(|engine| engine.place(byte_at(&engine.text, units)));
            (now.line, now.column) = place.unwrap_or((1, 1));
        }
        let line = now.line;
        set(self.facts, now);
        self.engine.try_update_value(|engine| engine.paint(line));
        set(
            self.size,
            self.engine.try_with_value(|engine| engine.body.as_ref().map_or(2, |body| body.body.len())).unwrap_or(0),
        );
    }

    /// Paints what is in sight of the editor.
    pub(super) fn paint_editor(self) {
        let line = self.facts.with_untracked(|facts| facts.line);
        self.engine.try_update_value(|engine| engine.paint_editor(line, engine.editor_sight()));
    }

    /// Paints what is in sight of the preview.
    pub(super) fn paint_preview(self) {
        self.engine.try_update_value(|engine| engine.paint_preview(engine.preview_sight()));
    }

    /// Rings a placeholder and its value.
    pub(super) fn ring(self, slot: Option<usize>) {
        self.engine.try_update_value(|engine| {
            if let Some(editor) = &mut engine.editor {
                editor.paint.set_ring(slot);
            }
            if let Some(preview) = &mut engine.preview {
                preview.paint.set_ring(slot.or(engine.ring));
            }
        });
    }

    /// The placeholder an element of the paint stands for.
    pub(super) fn slot_of(self, element: &web_sys::Element) -> Option<usize> {
        self.engine
            .try_with_value(|engine| {
                let editor = engine.editor.as_ref().and_then(|editor| editor.paint.slot_of(element));
                editor.or_else(|| engine.preview.as_ref().and_then(|preview| preview.paint.slot_of(element)))
            })
            .flatten()
    }

    /// The first placeholder of a name.
    pub(super) fn slot_named(self, name: &str) -> Option<usize> {
        self.engine
            .try_with_value(|engine| engine.body.as_ref()?.spans.iter().position(|span| span.name == name))
            .flatten()
    }
}

/// Says a new value only where it is one: what follows it is drawn anew.
fn set<T: PartialEq + Send + Sync + 'static>(signal: RwSignal<T>, value: T) {
    if signal.try_with_untracked(|old| *old != value) == Some(true) {
        signal.set(value);
    }
}

fn units(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

struct Read {
    problems: Vec<Problem>,
    facts: Facts,
    outcome: Outcome,
}

impl Engine {
    fn read(&mut self, names: &Names, values: &Map<String, Value>, active: usize) -> Read {
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
        self.shown.retain(|one| !held(one));
        let errors = self.shown.iter().filter(|one| one.severity == Severity::Error).count();
        let facts = Facts { errors, warnings: self.shown.len() - errors, line: 1, column: 1, bytes: self.text.len() };
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
    fn place(&self, at: usize) -> (usize, usize) {
        let line = line_of(&self.starts, at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(0, |before| before.chars().count());
        (line + 1, column + 1)
    }

    /// Where the list for a placeholder at `at` hangs, in pixels from the corner of the scrolling part.
    fn spot(&mut self, at: usize) -> (f64, f64) {
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
    fn paint(&mut self, current: usize) {
        let rows = units(self.starts.len().clamp(18, 28));
        if let Some(editor) = self.editor.as_mut().filter(|editor| editor.rows != rows) {
            editor.rows = rows;
            editor.input.set_rows(rows);
        }
        let (editor, preview) = (self.editor_sight(), self.preview_sight());
        self.paint_editor(current, editor);
        self.paint_preview(preview);
    }

    fn editor_sight(&self) -> Sight {
        self.editor.as_ref().map(|editor| Sight::of(&editor.input)).unwrap_or_default()
    }

    fn preview_sight(&self) -> Sight {
        self.preview.as_ref().map(|preview| Sight::of(&preview.scroller)).unwrap_or_default()
    }

    fn paint_editor(&mut self, current: usize, sight: Sight) {
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

    fn paint_preview(&mut self, sight: Sight) {
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
            let painted = of_body(&marked.body, &self.body_starts, &marked.spans, 0..count, &(0..usize::MAX));
            preview.paint.paint(painted, 0.0, 0.0);
        } else {
            let height = f64::from(units(count)) * metrics.line + 2.0 * metrics.pad_y;
            let _ = style.set_property("block-size", &format!("{height}px"));
            let _ = style.set_property("inline-size", &format!("calc({}ch + {}px)", self.longest, 2.0 * metrics.pad_x));
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
struct Sight {
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
