//! References to elements of one type, cast to what they are when read.

use std::marker::PhantomData;

use full::{
    prelude::{AddAnyAttr, Get, GetUntracked},
    tachys::html::{
        element::{Custom, HtmlElement},
        node_ref::{NodeRefAttr, node_ref},
    },
};
use wasm_bindgen::JsCast;

type Element = Custom<&'static str>;
type Inner = full::prelude::NodeRef<Element>;

/// An element of the page, once it is there.
pub struct NodeRef<T> {
    element: Inner,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for NodeRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for NodeRef<T> {}

impl<T: JsCast> NodeRef<T> {
    /// One that points at nothing yet.
    pub fn new() -> Self {
        Self { element: Inner::new(), of: PhantomData }
    }

    /// The element, followed.
    pub fn get(&self) -> Option<T> {
        self.element.get().map(JsCast::unchecked_into)
    }

    /// The element; none where it is gone, with the place that it was in.
    pub fn get_untracked(&self) -> Option<T> {
        self.element.try_get_untracked().flatten().map(JsCast::unchecked_into)
    }
}

impl<T: JsCast> Default for NodeRef<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// Points a [`NodeRef`] at an element.
pub trait NodeRefAttribute: AddAnyAttr + Sized {
    /// Points it at this one.
    fn node_ref<T>(self, to: NodeRef<T>) -> <Self as AddAnyAttr>::Output<NodeRefAttr<Element, Inner>> {
        self.add_any_attr(node_ref(to.element))
    }
}

impl<E, A, C> NodeRefAttribute for HtmlElement<E, A, C> where Self: AddAnyAttr {}
