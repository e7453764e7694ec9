//! Where the focus goes when what had it is gone. It is looked up in the mount's own root: a panel in a
//! shadow root has a focus of its own.

use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Document, Element, HtmlElement, Node, ShadowRoot};

use super::overlay::after_layout;

/// What has the focus in the tree that `near` is in; none where it was lost.
pub fn holder(near: &Node) -> Option<HtmlElement> {
    let root: JsValue = near.get_root_node().into();
    let active = match root.dyn_into::<ShadowRoot>() {
        Ok(root) => root.active_element(),
        Err(root) => root.dyn_into::<Document>().ok().and_then(|document| document.active_element()),
    };
    active.and_then(|active| active.dyn_into::<HtmlElement>().ok()).filter(|active| active.tag_name() != "BODY")
}

/// Whether the focus is on something of the page around the shadow root that `near` is in.
pub fn is_outside(near: &Node) -> bool {
    let Ok(root) = near.get_root_node().dyn_into::<ShadowRoot>() else { return false };
    let host = root.host();
    holder(&host).is_some_and(|holder| *holder != host)
}

/// Puts the focus on `element` if it was lost, and leaves it where the reader has put it.
pub fn rescue(element: &HtmlElement) {
    if element.is_connected() && holder(element).is_none() {
        // An element that cannot take the focus leaves it where it is.
        let _ = element.focus();
    }
}

/// What can take the focus by itself.
const CONTROLS: &str = "a[href], button, input, select, textarea, [tabindex=\"0\"]";

/// What has the focus, for the time when it is gone.
#[derive(Default)]
struct Spot {
    /// It and all around it, from the inside out.
    around: Vec<Element>,
    /// What it says.
    words: Option<String>,
}

impl Spot {
    fn of(element: Option<Element>) -> Self {
        let words = element.as_ref().and_then(|element| element.text_content()).filter(|words| !words.is_empty());
        Self { around: std::iter::successors(element, |element| element.parent_element()).collect(), words }
    }

    fn element(&self) -> Option<&Element> {
        self.around.first()
    }

    /// Puts the focus on the nearest of what was around that is still there: on a control that says the same, as in a room
    /// that was built anew, or the first that takes it.
    fn near(&self) {
        for left in self.around.iter().filter(|element| element.is_connected()) {
            let Ok(controls) = left.query_selector_all(CONTROLS) else { continue };
            let controls =
                || (0..controls.length()).filter_map(|index| controls.get(index)?.dyn_into::<HtmlElement>().ok());
            let same = controls().filter(|control| self.words.is_some() && control.text_content() == self.words);
            for control in same.chain(controls()) {
                if holder(&control).is_some() {
                    return;
                }
                // One that cannot take it leaves it to the next.
                let _ = control.focus();
            }
        }
    }
}

/// What has the focus now, to give it back later.
pub struct Opener(Spot);

impl Opener {
    /// What has the focus in the tree that `near` is in.
    pub fn of(near: &Node) -> Self {
        Self(Spot::of(holder(near).map(Into::into)))
    }

    /// Gives it back, unless the reader has put it elsewhere; where what had it is gone, to what is near.
    pub fn restore(&self) {
        match self.0.element().and_then(|own| own.dyn_ref::<HtmlElement>()) {
            Some(own) if own.is_connected() => rescue(own),
            // The list that it was in says where the focus belongs.
            _ if self.0.around.iter().any(|one| one.has_attribute("data-keeps-focus")) => {}
            _ => self.0.near(),
        }
    }
}

/// Gives the focus a place near by when what had it is taken away. One per mount.
#[derive(Clone, Copy)]
pub struct Keeper(StoredValue<Spot, LocalStorage>);

impl Keeper {
    /// Nothing had the focus yet.
    pub fn new() -> Self {
        Self(StoredValue::new_local(Spot::default()))
    }

    /// The focus moved to the target of `event`.
    pub fn moved(self, event: &web_sys::FocusEvent) {
        self.0.set_value(Spot::of(event.target().and_then(|target| target.dyn_into::<Element>().ok())));
    }

    /// The focus left for nowhere. If what had it is gone a moment later, a control of the nearest thing around it that is
    /// left takes over, unless the room changed.
    pub fn lost(self, event: &web_sys::FocusEvent, at_heading: AtHeading) {
        if event.related_target().is_some() {
            return;
        }
        // After whoever knows better where the focus belongs: a list, a dialog, a room.
        let look = move || {
            let _ = self.0.try_with_value(|spot| {
                let is_gone = spot.element().is_some_and(|had| !had.is_connected());
                // Of a dialog that goes the dialog says where the focus belongs, of a row some lists do.
                let is_cared_for = spot.around.iter().any(|one| {
                    (!one.is_connected() && one.tag_name() == "DIALOG") || one.has_attribute("data-keeps-focus")
                });
                if is_gone && !is_cared_for && at_heading.0.try_get_value() == Some(false) {
                    spot.near();
                }
            });
        };
        after_layout(move || after_layout(look));
    }
}

/// Whether the focus belongs to the room's heading: from the change of rooms until the reader moves
/// it. One per mount.
#[derive(Clone, Copy)]
pub struct AtHeading(StoredValue<bool>);

impl AtHeading {
    /// Nobody has changed rooms yet.
    pub fn new() -> Self {
        Self(StoredValue::new(false))
    }

    /// The room changed.
    pub fn arrive(self) {
        self.0.set_value(true);
    }

    /// The focus moved to the target of `event`.
    pub fn moved(self, event: &web_sys::FocusEvent) {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if target.is_none_or(|target| target.tag_name() != "H1") {
            self.0.set_value(false);
        }
    }
}

/// The heading of a room that shows another one until it is loaded: it takes the focus over from it.
#[component]
pub fn Heading(
    /// The title.
    children: Children,
    /// The element, for who moves the focus there later.
    #[prop(optional)]
    node_ref: Option<NodeRef<html::H1>>,
    /// Only heard, not seen.
    #[prop(optional)]
    hidden: bool,
    /// Takes the focus wherever it was lost, as by a button that went.
    #[prop(optional)]
    seek: bool,
) -> impl IntoView {
    let heading = node_ref.unwrap_or_default();
    let at_heading = use_context::<AtHeading>();
    Effect::new(move || {
        let Some(heading) = heading.get() else { return };
        if seek && let Some(at_heading) = at_heading {
            // The room that is asked for again takes the focus over in its turn.
            at_heading.arrive();
        }
        if seek || at_heading.is_some_and(|at_heading| at_heading.0.get_value()) {
            after_layout(move || rescue(&heading));
        }
    });
    view! {
        <h1 node_ref=heading class=hidden.then_some("visually-hidden") tabindex="-1">
            {children()}
        </h1>
    }
}
