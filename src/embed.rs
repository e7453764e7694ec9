//! The one door in: `mount(element, config)`, for the page and for panels in other pages alike.

use std::{any::Any, cell::RefCell, mem::ManuallyDrop, rc::Rc};

use leptos::mount::mount_to;
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::{
    app::{App, AppProps},
    route::{BrowserHistory, HashHistory, History, MemoryHistory, Router},
};

/// What a host says about a mount. Absent properties take their defaults.
pub struct Config {
    /// Address of the REST interface.
    pub api: String,
    /// Where the address is kept.
    pub history: Rc<dyn History>,
    /// The key to start with.
    pub token: Option<String>,
    /// Whether the key lives as long as the tab, and the theme for ever.
    pub remember: bool,
    /// The element whose `data-theme` forces a theme.
    pub theme_root: web_sys::Element,
}

impl Config {
    fn read(root: &HtmlElement, config: &JsValue) -> Self {
        let text = |name: &str| property(config, name).as_string();
        let history: Rc<dyn History> = match text("history").as_deref() {
            Some("hash") => Rc::new(HashHistory),
            Some("memory") => Rc::new(MemoryHistory::new(text("view").as_deref().unwrap_or("/"))),
            _ => Rc::new(BrowserHistory::new(text("base").as_deref().unwrap_or("/"))),
        };
        // A panel's host element carries the panel's theme, the document's root the page's.
        let theme_root = match root.get_root_node().dyn_into::<web_sys::ShadowRoot>() {
            Ok(shadow) => Some(shadow.host()),
            Err(_) => root.owner_document().and_then(|document| document.document_element()),
        };
        Self {
            api: text("api").unwrap_or_else(|| "/api/v1".to_owned()),
            history,
            token: text("token"),
            remember: property(config, "remember").is_truthy(),
            theme_root: theme_root.unwrap_or_else(|| root.clone().into()),
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
    router: Option<Router>,
    // Unmounts when dropped. JavaScript drops a handle that nobody keeps whenever it collects garbage,
    // and the app must outlive that: only `unmount` drops this.
    mounted: ManuallyDrop<Box<dyn Any>>,
}

#[wasm_bindgen]
impl AppHandle {
    /// Goes to `address`, such as `/kestrel/deliveries?state=failed`.
    pub fn navigate(&self, address: &str) {
        if let Some(router) = self.router {
            router.go_to(address);
        }
    }

    /// Takes the app out of its element and frees what it held.
    pub fn unmount(self) {
        MOUNTS.with_borrow_mut(|mounts| mounts.retain(|(root, _)| *root != self.root));
        drop(ManuallyDrop::into_inner(self.mounted));
    }
}

/// Puts the app into `root`, in place of what is there. `config` may have `api`, `history`
/// (`browser`, `hash` or `memory`), `base`, `view`, `token`, `remember`, and `onPanic(element, detail)`.
#[wasm_bindgen]
pub fn mount(root: HtmlElement, config: &JsValue) -> AppHandle {
    let on_panic = property(config, "onPanic").dyn_into::<js_sys::Function>().ok();
    MOUNTS.with_borrow_mut(|mounts| mounts.push((root.clone(), on_panic)));
    let config = Config::read(&root, config);
    root.replace_children_with_node_0();
    let router: Rc<RefCell<Option<Router>>> = Rc::default();
    let tell = Rc::clone(&router);
    let mounted = mount_to(root.clone(), move || {
        App(AppProps { config, on_router: Box::new(move |router| *tell.borrow_mut() = Some(router)) })
    });
    let router = *router.borrow();
    AppHandle { root, router, mounted: ManuallyDrop::new(Box::new(mounted)) }
}

thread_local! {
    // What a panic must reach: it stops the wasm for every mount of the document, so each says so.
    static MOUNTS: RefCell<Vec<(HtmlElement, Option<js_sys::Function>)>> = const { RefCell::new(Vec::new()) };
}

/// Makes a panic say so in every mount, and tell their hosts.
pub fn watch_for_panics() {
    std::panic::set_hook(Box::new(|panic| {
        web_sys::console::error_1(&panic.to_string().into());
        let detail = "Something failed in a way it should not. What was saved is safe; reload to go on.";
        // The panic may have struck while the list was in use: then the console has to do.
        MOUNTS.with(|mounts| {
            let Ok(mounts) = mounts.try_borrow() else { return };
            for (root, on_panic) in mounts.iter() {
                if let Some(on_panic) = on_panic {
                    // A host whose handler fails has its own error in the console.
                    let _ = on_panic.call2(&JsValue::NULL, root, &detail.into());
                }
                let init = web_sys::CustomEventInit::new();
                init.set_bubbles(true);
                init.set_composed(true);
                init.set_detail(&panic.to_string().into());
                if let Ok(event) = web_sys::CustomEvent::new_with_event_init_dict("hookboard:error", &init) {
                    let _ = root.dispatch_event(&event);
                }
            }
        });
    }));
}
