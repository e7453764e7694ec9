//! What follows signals in a view, boxed.

use full::prelude::{AnyView, IntoAny, IntoAttributeValue, IntoRender, IsDisposed, StoredValue};

use crate::signals::{Memo, RwSignal, Signal};

/// Content that follows signals.
pub type Live = Box<dyn FnMut() -> AnyView + Send>;

/// Content that follows the signals that `show` reads.
pub fn live<V: IntoAny>(mut show: impl FnMut() -> V + Send + 'static) -> Live {
    Box::new(move || show().into_any())
}

/// What `view!` wraps its content in: here it is widened at once.
pub struct View;

impl View {
    /// Widens `content`.
    #[allow(clippy::new_ret_no_self, reason = "`view!` calls it by this name")]
    pub fn new(content: impl IntoAny) -> AnyView {
        content.into_any()
    }
}

/// What `view!` adds in a debug build.
pub trait Marked {
    /// Notes where the view stands in the source: for tools the page does not use.
    #[must_use]
    fn with_view_marker(self, _: &str) -> Self;
}

impl Marked for AnyView {
    fn with_view_marker(self, _: &str) -> Self {
        self
    }
}

/// A value that follows the signals that `value` reads, for a property of an element.
pub fn boxed<V>(value: impl FnMut() -> V + Send + 'static) -> Box<dyn FnMut() -> V + Send> {
    Box::new(value)
}

/// What an event of an element leads to. Nothing once its part of the page is gone: an element that is
/// taken away with the focus still tells that it lost it.
pub fn handler<E: 'static>(mut handle: impl FnMut(E) + 'static) -> Box<dyn FnMut(E)> {
    let part = StoredValue::new(());
    Box::new(move |event| {
        if !part.is_disposed() {
            handle(event);
        }
    })
}

/// The value of an attribute that follows signals; `None` takes the attribute away.
pub type Bound = Box<dyn FnMut() -> Option<String> + Send>;

/// The value of an attribute that follows the signals that `value` reads.
pub fn bound<V: IntoBound>(mut value: impl FnMut() -> V + Send + 'static) -> Bound {
    Box::new(move || value().into_bound())
}

macro_rules! in_views {
    ($($signal:ident),*) => {$(
        impl<T: IntoAny + Clone + Send + Sync + 'static> IntoRender for $signal<T> {
            type Output = Live;

            fn into_render(self) -> Live {
                live(move || self.get())
            }
        }

        impl<T: IntoBound + Clone + Send + Sync + 'static> IntoAttributeValue for $signal<T> {
            type Output = Bound;

            fn into_attribute_value(self) -> Bound {
                bound(move || self.get())
            }
        }
    )*};
}
in_views!(RwSignal, Memo, Signal);

/// What an attribute can be told.
pub trait IntoBound {
    /// Its text, if it is to be there.
    fn into_bound(self) -> Option<String>;
}

impl IntoBound for String {
    fn into_bound(self) -> Option<String> {
        Some(self)
    }
}

impl IntoBound for &str {
    fn into_bound(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoBound for bool {
    fn into_bound(self) -> Option<String> {
        self.then(String::new)
    }
}

impl<T: IntoBound> IntoBound for Option<T> {
    fn into_bound(self) -> Option<String> {
        self.and_then(IntoBound::into_bound)
    }
}
