//! Where the address is kept: the browser's path, its hash, or memory only.

use std::{any::Any, cell::RefCell, rc::Rc};

use wasm_bindgen::{JsCast, JsValue, closure::Closure};

/// Keeps the address. Addresses are relative to the base: they start with `/` and may have a query.
pub trait History {
    /// The address now.
    fn current(&self) -> String;
    /// Goes to `address`; back leads here again.
    fn push(&self, address: &str);
    /// Goes to `address`; back leads to where it led before.
    fn replace(&self, address: &str);
    /// Goes to `address` from a room of several steps, as if it had never been entered: back leads to
    /// where it led before the first of them. Calls `left` when that is so; until then the browser may say
    /// that the reader moved, while it is on its way.
    fn leave(&self, address: &str, left: Rc<dyn Fn()>);
    /// Whether the host lets the reader go to `address`; `replaced`: back will not return here.
    fn admits(&self, _address: &str, _replaced: bool) -> bool {
        true
    }
    /// What a link to `address` has as its `href`.
    fn href(&self, address: &str) -> String;
    /// The address an `href` leads to, if it is one of this page's.
    fn address(&self, href: &str) -> Option<String>;
    /// Calls `moved` whenever the reader goes back or forward, until the guard is dropped.
    fn listen(&self, moved: Rc<dyn Fn()>) -> Box<dyn Any>;
}

/// Paths of the browser's address bar, below a base path.
pub struct BrowserHistory {
    base: String,
}

impl BrowserHistory {
    /// `base` is the path the page is served from: `/`, or for example `/tools/hookboard/`.
    pub fn new(base: &str) -> Self {
        Self { base: base.trim_end_matches('/').to_owned() }
    }
}

impl History for BrowserHistory {
    fn current(&self) -> String {
        let Some(location) = web_sys::window().map(|window| window.location()) else { return "/".to_owned() };
        let path = location.pathname().unwrap_or_default();
        let path = below(&self.base, &path).unwrap_or("/");
        format!("{path}{}", location.search().unwrap_or_default())
    }

    fn push(&self, address: &str) {
        browser_push(&self.href(address), is_same_path(&self.current(), address));
    }

    fn replace(&self, address: &str) {
        browser_replace(&self.href(address), is_same_path(&self.current(), address));
    }

    fn leave(&self, address: &str, left: Rc<dyn Fn()>) {
        browser_leave(self.href(address), left);
    }

    fn href(&self, address: &str) -> String {
        format!("{}{address}", self.base)
    }

    fn address(&self, href: &str) -> Option<String> {
        below(&self.base, href).map(str::to_owned)
    }

    fn listen(&self, moved: Rc<dyn Fn()>) -> Box<dyn Any> {
        Box::new(WindowListener::new("popstate", moved))
    }
}

/// The part of the address after `#`, for places that cannot fall back to one page for all paths.
pub struct HashHistory;

impl History for HashHistory {
    fn current(&self) -> String {
        let hash = web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default();
        self.address(&hash).unwrap_or_else(|| "/".to_owned())
    }

    fn push(&self, address: &str) {
        browser_push(&self.href(address), is_same_path(&self.current(), address));
    }

    fn replace(&self, address: &str) {
        browser_replace(&self.href(address), is_same_path(&self.current(), address));
    }

    fn leave(&self, address: &str, left: Rc<dyn Fn()>) {
        browser_leave(self.href(address), left);
    }

    fn href(&self, address: &str) -> String {
        format!("#{address}")
    }

    fn address(&self, href: &str) -> Option<String> {
        href.strip_prefix('#').filter(|address| address.starts_with('/')).map(str::to_owned)
    }

    fn listen(&self, moved: Rc<dyn Fn()>) -> Box<dyn Any> {
        Box::new(WindowListener::new("popstate", moved))
    }
}

/// An address of its own, for a panel in someone else's page.
pub struct MemoryHistory {
    address: RefCell<String>,
    home: String,
    ask: Option<js_sys::Function>,
}

impl MemoryHistory {
    /// Starts at `address`. Links lead to the page at `home`, which addresses follow, for who opens them in a tab of
    /// their own. `ask(address, replaced)` says whether the reader may go there.
    pub fn new(address: &str, home: String, ask: Option<js_sys::Function>) -> Self {
        Self { address: RefCell::new(address.to_owned()), home, ask }
    }
}

impl History for MemoryHistory {
    fn current(&self) -> String {
        self.address.borrow().clone()
    }

    fn push(&self, address: &str) {
        address.clone_into(&mut self.address.borrow_mut());
    }

    fn replace(&self, address: &str) {
        self.push(address);
    }

    fn leave(&self, address: &str, left: Rc<dyn Fn()>) {
        self.push(address);
        left();
    }

    fn admits(&self, address: &str, replaced: bool) -> bool {
        // A host whose handler fails has its own error in the console.
        let said = self.ask.as_ref().map(|ask| ask.call2(&JsValue::NULL, &address.into(), &replaced.into()));
        said.is_none_or(|said| said.is_ok_and(|said| said.is_truthy()))
    }

    fn href(&self, address: &str) -> String {
        format!("{}{address}", self.home)
    }

    fn address(&self, href: &str) -> Option<String> {
        below(&self.home, href).map(str::to_owned)
    }

    fn listen(&self, _moved: Rc<dyn Fn()>) -> Box<dyn Any> {
        // The host's back button is not ours: nothing else than the panel itself moves.
        Box::new(())
    }
}

/// What of `path` lies below `base` (which has no slash at its end).
fn below<'a>(base: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(base)?;
    if rest.is_empty() { Some("/") } else { rest.starts_with('/').then_some(rest) }
}

fn is_same_path(one: &str, other: &str) -> bool {
    one.split('?').next() == other.split('?').next()
}

/// Where an entry of the browser's history stands: how many of the page's own lie before it, and how
/// many of these, in a row, have its path. Kept in the entry itself, so that it is right after a reload
/// and wherever the reader goes back to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Spot {
    before: u32,
    steps: u32,
}

impl Spot {
    fn read(text: &str) -> Option<Self> {
        let (before, steps) = text.split_once('/')?;
        Some(Self { before: before.parse().ok()?, steps: steps.parse().ok()? })
    }

    fn write(self) -> JsValue {
        JsValue::from_str(&format!("{}/{}", self.before, self.steps))
    }

    /// Of the entry the reader is at; that of a page just opened is the first.
    fn now(history: &web_sys::History) -> Self {
        let state = history.state().ok().and_then(|state| state.as_string());
        state.and_then(|text| Self::read(&text)).unwrap_or_default()
    }

    /// Of the entry that follows.
    const fn next(self, same_path: bool) -> Self {
        Self { before: self.before + 1, steps: if same_path { self.steps + 1 } else { 0 } }
    }

    /// How far back the room's first step lies, and the entry before it where that is the page's own.
    const fn back(self) -> (u32, bool) {
        let own_before = self.before > self.steps;
        (self.steps + own_before as u32, own_before)
    }
}

fn browser_history() -> Option<web_sys::History> {
    web_sys::window()?.history().ok()
}

fn browser_push(href: &str, same_path: bool) {
    if let Some(history) = browser_history() {
        // Fails only where the browser limits the rate of changes; the screen is right all the same.
        let _ = history.push_state_with_url(&Spot::now(&history).next(same_path).write(), "", Some(href));
    }
}

fn browser_replace(href: &str, same_path: bool) {
    if let Some(history) = browser_history() {
        let now = Spot::now(&history);
        let spot = if same_path { now } else { Spot { steps: 0, ..now } };
        // As above.
        let _ = history.replace_state_with_url(&spot.write(), "", Some(href));
    }
}

fn browser_leave(href: String, left: Rc<dyn Fn()>) {
    let Some(history) = browser_history() else { return left() };
    let (back, own_before) = Spot::now(&history).back();
    if back == 0 {
        browser_replace(&href, false);
        return left();
    }
    // The browser goes back in its own time. The new entry is made once it has: made there, it cuts off
    // the steps that would lie ahead.
    let listener: Rc<RefCell<Option<WindowListener>>> = Rc::default();
    let own = Rc::clone(&listener);
    let arrived = move || {
        let done = own.borrow_mut().take();
        if !own_before {
            browser_replace(&href, false);
        } else if browser_href(&href) != href {
            browser_push(&href, false);
        }
        left();
        drop(done);
    };
    *listener.borrow_mut() = Some(WindowListener::new("popstate", Rc::new(arrived)));
    // Fails only in a document that is not shown any more.
    let _ = history.go_with_delta(-i32::try_from(back).unwrap_or(0));
}

/// The address bar's part that is of the kind of `href`: the hash, or path and query.
fn browser_href(href: &str) -> String {
    let Some(location) = web_sys::window().map(|window| window.location()) else { return String::new() };
    if href.starts_with('#') {
        return location.hash().unwrap_or_default();
    }
    location.pathname().unwrap_or_default() + &location.search().unwrap_or_default()
}

/// A listener on the window that ends with its owner.
struct WindowListener {
    name: &'static str,
    closure: Closure<dyn Fn()>,
}

impl WindowListener {
    fn new(name: &'static str, call: Rc<dyn Fn()>) -> Self {
        let closure = Closure::<dyn Fn()>::new(move || call());
        if let Some(window) = web_sys::window() {
            // Adding a listener fails for no name we pass.
            let _ = window.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref());
        }
        Self { name, closure }
    }
}

impl Drop for WindowListener {
    fn drop(&mut self) {
        if let Some(window) = web_sys::window() {
            let _ = window.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_taken_off_and_put_back() {
        let history = BrowserHistory::new("/tools/hookboard/");
        assert_eq!(history.href("/kestrel?q=1"), "/tools/hookboard/kestrel?q=1");
        assert_eq!(history.address("/tools/hookboard/kestrel?q=1").as_deref(), Some("/kestrel?q=1"));
        assert_eq!(history.address("/tools/hookboard").as_deref(), Some("/"));
        assert_eq!(history.address("/tools/hookboarder/x"), None);
        assert_eq!(BrowserHistory::new("/").href("/kestrel"), "/kestrel");
    }

    #[test]
    fn hash_addresses_are_told_from_anchors() {
        assert_eq!(HashHistory.address("#/kestrel").as_deref(), Some("/kestrel"));
        assert_eq!(HashHistory.address("#secrets"), None);
        assert_eq!(HashHistory.address("https://example.org/#/kestrel"), None);
    }

    #[test]
    fn an_entry_knows_how_far_back_its_room_begins() {
        let list = Spot::default();
        let event = list.next(false);
        let review = event.next(true).next(true);
        assert_eq!(review, Spot { before: 3, steps: 2 });
        assert_eq!(review.back(), (3, true));
        assert_eq!(event.back(), (1, true));
        // Opened by its address, the room has nothing of the page's before it.
        assert_eq!(Spot::default().next(true).back(), (1, false));
        assert_eq!(list.back(), (0, false));
        assert!(is_same_path("/a/new?step=action", "/a/new") && !is_same_path("/a/new", "/a"));
    }

    #[test]
    fn memory_goes_where_it_is_sent() {
        let history = MemoryHistory::new("/kestrel", "https://hooks.example/tools".to_owned(), None);
        history.push("/kestrel/deliveries?state=failed");
        assert_eq!(history.current(), "/kestrel/deliveries?state=failed");
        assert_eq!(history.href("/kestrel"), "https://hooks.example/tools/kestrel");
        assert_eq!(history.address("https://hooks.example/tools/kestrel").as_deref(), Some("/kestrel"));
        assert_eq!(history.address("https://hooks.example/other"), None);
        assert!(history.admits("/kestrel", false));
    }
}
