//! Signals, memos and effects of boxed values: only the cast back is compiled for every type.

use std::{any::Any, future::Future, marker::PhantomData, pin::Pin, sync::Arc};

use full::prelude as wide;
use wide::{GetValue, Read, ReadUntracked, Track, Write};

type Held = Box<dyn Any + Send + Sync>;
type CellGuard = <wide::RwSignal<Held> as Read>::Value;
type MemoGuard = <wide::Memo<Held> as Read>::Value;

fn held<T: 'static>(held: &Held) -> &T {
    let Some(value) = held.downcast_ref() else { unreachable!("a signal holds what its type says") };
    value
}

fn taken<T: 'static>(held: Held) -> T {
    let Ok(value) = held.downcast() else { unreachable!("a signal holds what its type says") };
    *value
}

// What follows is compiled once, and is never worth a copy at each use.

#[inline(never)]
fn new_cell(value: Held) -> wide::RwSignal<Held> {
    wide::RwSignal::new(value)
}

#[inline(never)]
fn read_cell(cell: wide::RwSignal<Held>) -> CellGuard {
    cell.read()
}

#[inline(never)]
fn peek_cell(cell: wide::RwSignal<Held>) -> CellGuard {
    cell.read_untracked()
}

#[inline(never)]
fn try_peek_cell(cell: wide::RwSignal<Held>) -> Option<CellGuard> {
    cell.try_read_untracked()
}

/// Changes the value in place, and tells those who follow it. Whether it is still there.
#[inline(never)]
fn change_cell(cell: wide::RwSignal<Held>, change: &mut dyn FnMut(&mut Held)) -> bool {
    cell.try_write().map(|mut guard| change(&mut guard)).is_some()
}

#[inline(never)]
fn change_quietly(cell: wide::RwSignal<Held>, change: &mut dyn FnMut(&mut Held)) {
    if let Some(mut guard) = cell.try_write_untracked() {
        change(&mut guard);
    }
}

#[inline(never)]
fn new_memo(
    compute: Box<dyn Fn(Option<&Held>) -> Held + Send + Sync>,
    is_changed: fn(Option<&Held>, Option<&Held>) -> bool,
) -> wide::Memo<Held> {
    wide::Memo::new_with_compare(compute, is_changed)
}

#[inline(never)]
fn read_memo(memo: wide::Memo<Held>) -> MemoGuard {
    memo.read()
}

#[inline(never)]
fn peek_memo(memo: wide::Memo<Held>) -> MemoGuard {
    memo.read_untracked()
}

#[inline(never)]
fn new_effect(run: Box<dyn FnMut()>) {
    wide::Effect::new(run);
}

#[inline(never)]
fn new_derived(derive: Derive) -> wide::StoredValue<Derive> {
    wide::StoredValue::new(derive)
}

#[inline(never)]
fn run_derived(derived: wide::StoredValue<Derive>) -> Held {
    // A copy of the pointer, so that the arena is free while it runs.
    derived.get_value()()
}

/// A value that can be read and written, and tells those who follow it.
pub struct RwSignal<T> {
    cell: wide::RwSignal<Held>,
    of: PhantomData<fn(T) -> T>,
}

impl<T> Clone for RwSignal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RwSignal<T> {}

impl<T: Send + Sync + 'static> RwSignal<T> {
    /// A signal that holds `value`, for as long as the component lives.
    pub fn new(value: T) -> Self {
        Self { cell: new_cell(Box::new(value)), of: PhantomData }
    }

    /// Reads it, and follows it.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(&read_cell(self.cell)))
    }

    /// Reads it once.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(&peek_cell(self.cell)))
    }

    /// Reads it once, if it is still there.
    pub fn try_with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> Option<R> {
        try_peek_cell(self.cell).map(|guard| read(held(&guard)))
    }

    /// Follows it.
    pub fn track(&self) {
        self.cell.track();
    }

    /// Changes it in place.
    pub fn update(&self, change: impl FnOnce(&mut T)) {
        self.try_update(change);
    }

    /// Changes it in place, if it is still there.
    pub fn try_update<R>(&self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let (mut change, mut answer) = (Some(change), None);
        change_cell(self.cell, &mut |held| {
            if let (Some(value), Some(change)) = (held.downcast_mut(), change.take()) {
                answer = Some(change(value));
            }
        });
        answer
    }

    /// Changes it in place, and tells nobody.
    pub fn update_untracked(&self, change: impl FnOnce(&mut T)) {
        let mut change = Some(change);
        change_quietly(self.cell, &mut |held| {
            if let (Some(value), Some(change)) = (held.downcast_mut(), change.take()) {
                change(value);
            }
        });
    }

    /// Puts another value in its place.
    pub fn set(&self, value: T) {
        self.try_set(value);
    }

    /// Puts another value in its place; gives it back if the signal is gone.
    pub fn try_set(&self, value: T) -> Option<T> {
        let mut value: Option<Held> = Some(Box::new(value));
        change_cell(self.cell, &mut |held| {
            if let Some(value) = value.take() {
                *held = value;
            }
        });
        value.map(taken)
    }
}

impl<T: Clone + Send + Sync + 'static> RwSignal<T> {
    /// A copy of it, followed.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy of it.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }

    /// A copy of it, if it is still there.
    pub fn try_get_untracked(&self) -> Option<T> {
        self.try_with_untracked(T::clone)
    }
}

impl<T> PartialEq for RwSignal<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cell == other.cell
    }
}

impl<T> Eq for RwSignal<T> {}

/// A value computed from signals, and anew only where one of them changed.
pub struct Memo<T> {
    memo: wide::Memo<Held>,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

impl<T: Send + Sync + 'static> Memo<T> {
    /// Computes it from what it was.
    pub fn new(compute: impl Fn(Option<&T>) -> T + Send + Sync + 'static) -> Self
    where
        T: PartialEq,
    {
        let compute = Box::new(move |last: Option<&Held>| -> Held { Box::new(compute(last.map(held))) });
        let is_changed = |one: Option<&Held>, other: Option<&Held>| one.map(held::<T>) != other.map(held::<T>);
        Self { memo: new_memo(compute, is_changed), of: PhantomData }
    }

    /// Reads it, and follows it.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(&read_memo(self.memo)))
    }

    /// Reads it once.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(&peek_memo(self.memo)))
    }

    /// Follows it. It is computed for that: one that never was follows nothing, and would tell nothing.
    pub fn track(&self) {
        drop(read_memo(self.memo));
    }
}

impl<T: Clone + Send + Sync + 'static> Memo<T> {
    /// A copy of it, followed.
    pub fn get(&self) -> T {
        self.with(T::clone)
    }

    /// A copy of it.
    pub fn get_untracked(&self) -> T {
        self.with_untracked(T::clone)
    }
}

type Derive = Arc<dyn Fn() -> Held + Send + Sync>;

#[derive(Clone, Copy)]
enum Source {
    Cell(wide::RwSignal<Held>),
    Memo(wide::Memo<Held>),
    Derived(wide::StoredValue<Derive>),
}

enum Guard {
    Cell(CellGuard),
    Memo(MemoGuard),
    Derived(Held),
}

impl Guard {
    fn held(&self) -> &Held {
        match self {
            Self::Cell(guard) => guard,
            Self::Memo(guard) => guard,
            Self::Derived(held) => held,
        }
    }
}

#[inline(never)]
fn read_source(source: Source) -> Guard {
    match source {
        Source::Cell(cell) => Guard::Cell(read_cell(cell)),
        Source::Memo(memo) => Guard::Memo(read_memo(memo)),
        Source::Derived(derived) => Guard::Derived(run_derived(derived)),
    }
}

#[inline(never)]
fn peek_source(source: Source) -> Guard {
    match source {
        Source::Cell(cell) => Guard::Cell(peek_cell(cell)),
        Source::Memo(memo) => Guard::Memo(peek_memo(memo)),
        Source::Derived(derived) => Guard::Derived(wide::untrack(|| run_derived(derived))),
    }
}

/// A value to follow, wherever it comes from.
pub struct Signal<T> {
    source: Source,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Signal<T> {}

impl<T: Send + Sync + 'static> Signal<T> {
    /// Computed at each read.
    pub fn derive(derive: impl Fn() -> T + Send + Sync + 'static) -> Self {
        let derive: Derive = Arc::new(move || -> Held { Box::new(derive()) });
        Self { source: Source::Derived(new_derived(derive)), of: PhantomData }
    }

    /// One that never changes.
    pub fn stored(value: T) -> Self {
        RwSignal::new(value).into()
    }

    /// Reads it, and follows it.
    pub fn with<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(read_source(self.source).held()))
    }

    /// Reads it once.
    pub fn with_untracked<R>(&self, read: impl FnOnce(&T) -> R) -> R {
        read(held(peek_source(self.source).held()))
    }

    /// Follows it.
    pub fn track(&self) {
        drop(read_source(self.source));
    }
}

impl<T: Clone + Send + Sync + 'static> Signal<T> {
    /// A copy of it, followed.
    pub fn get(&self) -> T {
        match read_source(self.source) {
            Guard::Derived(held) => taken(held),
            guard => held::<T>(guard.held()).clone(),
        }
    }

    /// A copy of it.
    pub fn get_untracked(&self) -> T {
        match peek_source(self.source) {
            Guard::Derived(held) => taken(held),
            guard => held::<T>(guard.held()).clone(),
        }
    }
}

impl<T: Send + Sync + 'static> From<RwSignal<T>> for Signal<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self { source: Source::Cell(signal.cell), of: PhantomData }
    }
}

impl<T: Send + Sync + 'static> From<Memo<T>> for Signal<T> {
    fn from(memo: Memo<T>) -> Self {
        Self { source: Source::Memo(memo.memo), of: PhantomData }
    }
}

impl<T: Send + Sync + 'static> From<T> for Signal<T> {
    fn from(value: T) -> Self {
        Self::stored(value)
    }
}

impl<T: Default + Send + Sync + 'static> Default for Signal<T> {
    fn default() -> Self {
        Self::stored(T::default())
    }
}

impl From<&str> for Signal<String> {
    fn from(value: &str) -> Self {
        Self::stored(value.to_owned())
    }
}

/// Runs what signals lead to outside of them.
pub struct Effect;

impl Effect {
    /// Runs now and whenever a signal that it read changed.
    #[allow(clippy::new_ret_no_self, reason = "as in Leptos; nobody keeps an effect")]
    pub fn new(run: impl FnMut() + 'static) {
        new_effect(Box::new(run));
    }

    /// The same, with what the last run gave.
    pub fn with_last<T: 'static>(mut run: impl FnMut(Option<T>) -> T + 'static) {
        let mut last = None;
        new_effect(Box::new(move || last = Some(run(last.take()))));
    }
}

/// Runs a future beside the page.
pub fn spawn_local(future: impl Future<Output = ()> + 'static) {
    let future: Pin<Box<dyn Future<Output = ()>>> = Box::pin(future);
    full::task::spawn_local(future);
}
