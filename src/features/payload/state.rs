//! The payload being written, for the components around it: what is said of it as signals, and what can
//! be done to it. The reading and painting are the engine's.

use std::sync::Arc;

use hookboard_api::template::{Candidate, Completion, Marked, Names, Span, complete};
use leptos::prelude::*;
use serde_json::{Map, Value};
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::{
    engine::{EditorParts, Engine, Facts, Outcome, PreviewParts, Problem, Read, units},
    gutter::Gutter,
    lines::{byte_at, line_of, units_at},
    metadata::{tell_others, with_metadata},
    paint::Painter,
    view::{Metrics, insert},
};

/// Values of an event by name.
pub type Values = Arc<Map<String, Value>>;

/// What is offered at the cursor.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Popup {
    pub(super) candidates: Vec<Candidate>,
    /// Where it hangs, in pixels from the editor's corner.
    pub(super) left: f64,
    pub(super) top: f64,
}

/// The payload being written. One per mounted editor.
#[derive(Clone, Copy)]
pub struct Payload {
    text: RwSignal<String>,
    names: Signal<Names>,
    values: Signal<Values>,
    metadata: Signal<Values>,
    pub(super) problems: RwSignal<Vec<Problem>>,
    pub(super) facts: RwSignal<Facts>,
    pub(super) outcome: RwSignal<Outcome>,
    pub(super) size: RwSignal<usize>,
    /// Counts readings of the text.
    turn: RwSignal<u32>,
    pub(super) popup: RwSignal<Option<Popup>>,
    pub(super) active: RwSignal<usize>,
    engine: StoredValue<Engine, LocalStorage>,
}

impl Payload {
    /// Writes on `text`, for what `names` says, previewed with `values`. `metadata` is that of other versions:
    /// its keys are offered, too.
    pub fn new(text: RwSignal<String>, names: Signal<Names>, values: Signal<Values>, metadata: Signal<Values>) -> Self {
        let engine = Engine { text: text.get_untracked(), ..Engine::default() };
        let payload = Self {
            text,
            names,
            values,
            metadata,
            problems: RwSignal::new(Vec::new()),
            facts: RwSignal::new(Facts::default()),
            outcome: RwSignal::new(Outcome::Valid),
            size: RwSignal::new(0),
            turn: RwSignal::new(0),
            popup: RwSignal::new(None),
            active: RwSignal::new(0),
            engine: StoredValue::new_local(engine),
        };
        Effect::new(move || {
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

    /// The text as it is written.
    pub const fn text(&self) -> RwSignal<String> {
        self.text
    }

    /// The last valid body, with secrets as dots; followed.
    pub fn body(&self) -> Option<Marked> {
        self.turn.track();
        self.engine.try_with_value(|engine| engine.body.clone()).flatten()
    }

    /// How many errors it has; with one it is neither saved nor sent.
    pub fn errors(&self) -> usize {
        self.facts.with(|facts| facts.errors)
    }

    /// Why it is neither saved nor sent.
    pub fn refusal(&self) -> Option<String> {
        (self.errors() > 0).then(|| "Mend the payload's errors first.".to_owned())
    }

    pub(super) fn attach_editor(
        self,
        input: HtmlTextAreaElement,
        paint: HtmlElement,
        gutter: Gutter,
        metrics: Metrics,
    ) {
        let Some(paint) = Painter::new(paint) else { return };
        let attached = self.engine.try_update_value(|engine| {
            input.set_value(&engine.text);
            // Setting the text leaves the cursor at its end, out of sight of a long one.
            let _ = input.set_selection_range(0, 0);
            let rows = input.rows();
            engine.editor = Some(EditorParts { input, paint, gutter, metrics, least: rows, rows });
        });
        if attached.is_some() {
            self.refresh();
        }
    }

    pub(super) fn attach_preview(
        self,
        scroller: HtmlElement,
        sizer: HtmlElement,
        paint: HtmlElement,
        metrics: Metrics,
    ) {
        let Some(paint) = Painter::new(paint) else { return };
        let attached = self.engine.try_update_value(|engine| {
            engine.preview = Some(PreviewParts { scroller, sizer, paint, metrics, small: None });
        });
        if attached.is_some() {
            self.paint_preview();
        }
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
        let names = self.names.get_untracked();
        let (own, others) = (self.values.get_untracked(), self.metadata.get_untracked());
        let values = with_metadata(&own, &others);
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
                let found = found.map(|found| tell_others(found, &own));
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

    /// Puts a text back that was replaced, wherever the reader is by now.
    pub(super) fn bring_back(self, text: &str) {
        match self.input() {
            Some(input) if input.is_connected() => self.replace_all(text),
            Some(_) => self.load(text),
            None => {}
        }
    }

    /// Goes on from another text; what was done to the one before cannot be undone.
    pub fn load(self, text: &str) {
        self.engine.try_update_value(|engine| {
            text.clone_into(&mut engine.text);
            if let Some(editor) = &engine.editor {
                editor.input.set_value(text);
            }
        });
        self.text.set(text.to_owned());
        self.close();
        self.refresh();
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

    /// Selects a placeholder of the preview in the editor.
    pub(super) fn go_to_slot(self, slot: usize) {
        let span = self.engine.try_with_value(|engine| engine.body.as_ref()?.spans.get(slot).map(|one| one.template));
        if let Some(span) = span.flatten() {
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
        self.turn.update(|turn| *turn = turn.wrapping_add(1));
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
