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
        browser_push(&self.href(address));
    }

    fn replace(&self, address: &str) {
        browser_replace(&self.href(address));
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
        browser_push(&self.href(address));
    }

    fn replace(&self, address: &str) {
        browser_replace(&self.href(address));
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
}

impl MemoryHistory {
    /// Starts at `address`.
    pub fn new(address: &str) -> Self {
        Self { address: RefCell::new(address.to_owned()) }
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

    fn href(&self, address: &str) -> String {
        format!("#{address}")
    }

    fn address(&self, href: &str) -> Option<String> {
        HashHistory.address(href)
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

fn browser_push(href: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // Fails only where the browser limits the rate of changes; the screen is right all the same.
        let _ = history.push_state_with_url(&JsValue::NULL, "", Some(href));
    }
}

fn browser_replace(href: &str) {
    if let Some(history) = web_sys::window().and_then(|window| window.history().ok()) {
        // As above.
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(href));
    }
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
    fn memory_goes_where_it_is_sent() {
        let history = MemoryHistory::new("/kestrel");
        history.push("/kestrel/deliveries?state=failed");
        assert_eq!(history.current(), "/kestrel/deliveries?state=failed");
    }
}
