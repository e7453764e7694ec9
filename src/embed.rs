//! The one door in: `mount(element, config)`, for the page and for panels in other pages alike.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    mem::ManuallyDrop,
    rc::Rc,
};

use leptos::{mount::mount_to, prelude::Owner};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::{
    app::{App, AppProps},
    client::{Client, Host},
    life::Life,
    mode::Mode,
    route::{BrowserHistory, HashHistory, History, MemoryHistory, Router},
};

/// What a host says about a mount. Absent properties take their defaults.
pub struct Config {
    /// Address of the REST interface.
    pub api: String,
    /// Where the address is kept.
    pub history: Rc<dyn History>,
    /// The language that dates are written in; the browser's where there is none.
    pub locale: Option<String>,
    /// The key to start with.
    pub token: Option<String>,
    /// Asked for a key before each call; given the key that was refused, for another one.
    pub get_token: Option<js_sys::Function>,
    /// What its host wants to know and offers.
    pub host: Host,
    /// What it is in the document.
    pub mode: Mode,
    /// The document's root for a page, otherwise the mount's: its `data-theme` forces a theme, and keys that are
    /// pressed in it are the mount's.
    pub ground: web_sys::Element,
    /// Ends what the mount started.
    pub life: Life,
}

impl Config {
    fn read(root: &HtmlElement, config: &JsValue, life: Life) -> Self {
        let text = |name: &str| property(config, name).as_string();
        let call = |name: &str| property(config, name).dyn_into::<js_sys::Function>().ok();
        let history: Rc<dyn History> = match text("history").as_deref() {
            Some("hash") => Rc::new(HashHistory),
            Some("memory") => {
                let view = text("view").unwrap_or_else(|| "/".to_owned());
                let home = text("home").unwrap_or_else(|| "#".to_owned());
                Rc::new(MemoryHistory::new(&view, home, call("onNavigate")))
            }
            _ => Rc::new(BrowserHistory::new(text("base").as_deref().unwrap_or("/"))),
        };
        let mode = if text("mode").as_deref() == Some("panel") { Mode::Panel } else { Mode::Page };
        let document = root.owner_document().and_then(|document| document.document_element());
        Self {
            api: text("api").unwrap_or_else(|| "/api/v1".to_owned()),
            history,
            locale: text("locale"),
            token: text("token"),
            get_token: call("getToken"),
            host: Host { saved: call("onSaved"), missing: call("onMissing"), share: call("share") },
            mode,
            ground: document.filter(|_| mode.is_page()).unwrap_or_else(|| root.clone().into()),
            life,
        }
    }
}

fn property(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A mounted app.
#[wasm_bindgen]
pub struct AppHandle {
    root: HtmlElement,
    inside: Option<(Router, Client)>,
    life: Life,
    // Unmounts when dropped. JavaScript drops a handle that nobody keeps whenever it collects garbage,
    // and the app must outlive that: only `unmount` drops this.
    mounted: ManuallyDrop<(Box<dyn Any>, Owner)>,
}

#[wasm_bindgen]
impl AppHandle {
    /// Goes to `address`, such as `/kestrel/deliveries?state=failed`. The host is not asked: it is the one who says so.
    pub fn navigate(&self, address: &str) {
        if let Some((router, _)) = self.inside {
            router.arrive(address);
        }
    }

    /// Asks for all that is shown again.
    pub fn refresh(&self) {
        if let Some((_, client)) = self.inside {
            client.changed("");
        }
    }

    /// Takes the app out of its element and frees what it held.
    pub fn unmount(self) {
        MOUNTS.with_borrow_mut(|mounts| mounts.retain(|mount| mount.root != self.root));
        self.life.end();
        let (mounted, owner) = ManuallyDrop::into_inner(self.mounted);
        drop(mounted);
        // Parts of the app hold their owner, so that it does not end by itself.
        owner.cleanup();
        self.root.replace_children_with_node_0();
    }
}

/// Puts the app into `root`, in place of what is there. `config` may have `api`, `history`
/// (`browser`, `hash` or `memory`), `base`, `token`, `locale`, `share(name, signal, hear)`, `onPanic(element, detail)`, and
/// for a panel `mode: "panel"`, `view`, `home`, `getToken(refused)`, `onNavigate(address, replaced)`,
/// `onSaved(method, path, answer)`, `onMissing()`. As `getToken(key, isRefused)` it is told what came of a call, and not asked.
#[wasm_bindgen]
pub fn mount(root: HtmlElement, config: &JsValue) -> AppHandle {
    let on_panic = property(config, "onPanic").dyn_into::<js_sys::Function>().ok();
    let life = Life::default();
    MOUNTS.with_borrow_mut(|mounts| mounts.push(Mount { root: root.clone(), on_panic, life: life.clone() }));
    let config = Config::read(&root, config, life.clone());
    root.replace_children_with_node_0();
    let inside: Rc<Cell<Option<(Router, Client)>>> = Rc::default();
    let tell = Rc::clone(&inside);
    let owner = Owner::new();
    let mounted = owner.with(|| {
        mount_to(root.clone(), move || {
            App(AppProps { config, on_made: Box::new(move |router, client| tell.set(Some((router, client)))) })
        })
    });
    AppHandle { root, inside: inside.get(), life, mounted: ManuallyDrop::new((Box::new(mounted), owner)) }
}

struct Mount {
    root: HtmlElement,
    on_panic: Option<js_sys::Function>,
    life: Life,
}

thread_local! {
    // What a panic must reach: it stops the wasm for every mount of the document, so each says so.
    static MOUNTS: RefCell<Vec<Mount>> = const { RefCell::new(Vec::new()) };
}

/// Makes a panic say so in every mount, and tell their hosts.
pub fn watch_for_panics() {
    std::panic::set_hook(Box::new(|panic| {
        // The panic may have struck while the list was in use: then the console has to do. What still runs after it
        // may panic in its turn; that is no news.
        let mounts = MOUNTS.with(|mounts| mounts.try_borrow_mut().map(|mut mounts| std::mem::take(&mut *mounts)));
        let Ok(mounts) = mounts else { return web_sys::console::error_1(&panic.to_string().into()) };
        if mounts.is_empty() {
            return;
        }
        web_sys::console::error_1(&panic.to_string().into());
        let detail = "Something failed in a way it should not. What was saved is safe; reload to go on.";
        for Mount { root, on_panic, life } in &mounts {
            life.end();
            if let Some(on_panic) = on_panic {
                // A host whose handler fails has its own error in the console.
                let _ = on_panic.call3(&JsValue::NULL, root, &detail.into(), &panic.to_string().into());
            }
        }
        // Dropping would lead on into what panicked.
        std::mem::forget(mounts);
    }));
}
