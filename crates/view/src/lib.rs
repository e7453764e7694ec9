//! Leptos as the page uses it: the same macros and names, compiled to half the bytes.
//!
//! Leptos compiles its machinery anew for every tag, every attribute, every type of value and every
//! closure. The page has thousands of those and is a first load for its readers, so this crate stands in
//! the place of `leptos` and widens those types on their way in: one element type that carries its tag,
//! one attribute type that carries its name, boxed closures, boxed values in signals. What the page calls
//! is named and meant as in Leptos; see its book.

// What this crate says nothing about is Leptos's own.
pub use full::*;

mod attributes;
mod follow;
mod node_ref;
mod signals;

/// What every part of the page speaks in.
pub mod prelude {
    pub use full::prelude::*;

    pub use crate::{
        attributes::{AriaAttributes, GlobalAttributes},
        follow::{Bound, Live, Marked, View, bound, boxed, handler, live},
        node_ref::{NodeRef, NodeRefAttribute},
        signals::{Effect, Memo, RwSignal, Signal},
    };
}

/// Futures beside the page.
pub mod task {
    pub use full::task::*;

    pub use crate::signals::spawn_local;
}

/// Types of the elements that a [`prelude::NodeRef`] can point at.
pub mod html {
    pub use web_sys::{
        HtmlButtonElement as Button, HtmlDialogElement as Dialog, HtmlElement as Div, HtmlElement as Form,
        HtmlElement as H1, HtmlElement as Main, HtmlElement as Nav, HtmlElement as Ol, HtmlElement as Pre,
        HtmlElement as Section, HtmlElement as Span, HtmlInputElement as Input, HtmlTextAreaElement as Textarea,
    };
}

/// Where `view!` finds elements.
pub mod tachys {
    pub use full::tachys::*;

    #[allow(missing_docs, reason = "the module of Leptos, with other functions for its tags")]
    pub mod html {
        pub use full::tachys::html::*;

        pub mod element {
            pub use full::tachys::html::element::*;

            macro_rules! tags {
                ($($tag:ident)*) => {$(
                    #[doc = concat!("A `<", stringify!($tag), ">`.")]
                    pub fn $tag() -> HtmlElement<Custom<&'static str>, (), ()> {
                        custom(stringify!($tag))
                    }
                )*};
            }

            tags! {
                a abbr address article aside b blockquote br button caption code col colgroup datalist dd
                details dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hr
                i img input kbd label legend li main mark menu meter nav ol optgroup option output p pre
                progress q s samp search section select small span strong sub summary sup table tbody td
                textarea tfoot th thead time tr u ul
            }
        }
    }
}
