//! The reader's place as signals, and the ways to move.

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{History, Query, Route};

/// The address now and the ways to change it. One per mount.
#[derive(Clone, Copy)]
pub struct Router {
    history: StoredValue<Rc<dyn History>, LocalStorage>,
    address: RwSignal<String>,
    /// Whether the browser is on its way out of a room: what it passes is not shown.
    leaving: StoredValue<bool>,
    route: Memo<Route>,
    query: Memo<Query>,
}

/// The router of this mount.
pub fn use_router() -> Router {
    expect_context()
}

impl Router {
    /// A router over `history`; it lives as long as the owner it is made under.
    pub fn new(history: Rc<dyn History>) -> Self {
        let address = RwSignal::new(history.current());
        let leaving = StoredValue::new(false);
        let read = Rc::clone(&history);
        let guard = history.listen(Rc::new(move || {
            if leaving.try_get_value() == Some(false) {
                address.set(read.current());
            }
        }));
        StoredValue::new_local(guard);
        let path = Memo::new(move |_| address.with(|address| split(address).0.to_owned()));
        Self {
            history: StoredValue::new_local(history),
            address,
            leaving,
            route: Memo::new(move |_| path.with(|path| Route::parse(path))),
            query: Memo::new(move |_| address.with(|address| Query::parse(split(address).1))),
        }
    }

    /// The room the reader is in.
    pub const fn route(&self) -> Memo<Route> {
        self.route
    }

    /// The query parameters.
    pub const fn query(&self) -> Memo<Query> {
        self.query
    }

    /// One query parameter.
    pub fn param(&self, name: &'static str) -> Memo<Option<String>> {
        let query = self.query;
        Memo::new(move |_| query.with(|query| query.get(name).map(str::to_owned)))
    }

    /// Goes to `route`, without a query.
    pub fn go(&self, route: &Route) {
        self.go_to(&route.path());
    }

    /// Goes to `address`, which may have a query.
    pub fn go_to(&self, address: &str) {
        if self.admits(address, false) {
            self.arrive(address);
        }
    }

    /// Goes to `address` as the host says.
    pub fn arrive(&self, address: &str) {
        self.history.with_value(|history| history.push(address));
        self.address.set(address.to_owned());
    }

    fn admits(&self, address: &str, replaced: bool) -> bool {
        // A copy of the pointer: the host may move the panel while it is asked.
        self.history.get_value().admits(address, replaced)
    }

    /// Goes to `route`; back does not return here.
    pub fn replace(&self, route: &Route) {
        self.replace_with(&route.path());
    }

    /// Goes to `address`, which may have a query; back does not return here.
    pub fn replace_with(&self, address: &str) {
        if !self.admits(address, true) {
            return;
        }
        self.history.with_value(|history| history.replace(address));
        self.address.set(address.to_owned());
    }

    /// Goes to `route` from a room of several steps that is done with: back leads to where it led before
    /// the first of them.
    pub fn leave_for(&self, route: &Route) {
        let (address, leaving) = (route.path(), self.leaving);
        if !self.admits(&address, false) {
            return;
        }
        leaving.set_value(true);
        let left = Rc::new(move || {
            leaving.try_set_value(false);
        });
        self.history.with_value(|history| history.leave(&address, left));
        self.address.set(address);
    }

    /// Changes one query parameter of the room. A filter is no step of its own: back leaves the room.
    pub fn set_param(&self, name: &str, value: Option<&str>) {
        self.set_query(&self.query.get_untracked().with(name, value));
    }

    /// Changes the whole query of the room, as [`Router::set_param`].
    pub fn set_query(&self, query: &Query) {
        let path = self.address.with_untracked(|address| split(address).0.to_owned());
        self.replace_with(&(path + &query.suffix()));
    }

    /// What a link to `route` has as its `href`.
    pub fn href(&self, route: &Route) -> String {
        self.href_to(&route.path())
    }

    /// What a link to `address` has as its `href`.
    pub fn href_to(&self, address: &str) -> String {
        self.history.with_value(|history| history.href(address))
    }

    /// What a link to where the reader is has as its `href`.
    pub fn here(&self) -> String {
        let address = self.address.get();
        self.href_to(&address)
    }

    /// Follows a click on one of the mount's own links without loading the page anew. Clicks that
    /// ask for a new tab, and links that lead elsewhere, stay the browser's.
    pub fn follow(&self, event: &web_sys::MouseEvent) {
        if event.default_prevented()
            || event.button() != 0
            || event.meta_key()
            || event.ctrl_key()
            || event.shift_key()
            || event.alt_key()
        {
            return;
        }
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let Some(link) = target.and_then(|element| element.closest("a[href]").ok().flatten()) else { return };
        if link.has_attribute("target") || link.has_attribute("download") {
            return;
        }
        let Some(href) = link.get_attribute("href") else { return };
        if let Some(address) = self.history.with_value(|history| history.address(&href)) {
            event.prevent_default();
            self.go_to(&address);
        }
    }
}

/// An address parted into path and query.
fn split(address: &str) -> (&str, &str) {
    let address = address.split('#').next().unwrap_or(address);
    address.split_once('?').unwrap_or((address, ""))
}
