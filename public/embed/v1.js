// <hookboard-panel>, and mount(element, config): Hookboard in another page. See README.md beside this file.
//
// A plain module without a build step. It loads the page's own files from where it was loaded itself, once for all
// panels of a document, when the first panel is shown.

/** The folder of the page's build, from where index.html is: laying the page out writes its name here. */
const BUILD = "build-id/";

/** Panels work without it. Bundlers move this module: `assets` then says where index.html is. */
const { url } = import.meta;
const HERE = new URL("../", url).href;

const TAG = "hookboard-panel";
const VIEWS = ["automations", "automation", "wizard", "history", "collection"];
/** Properties; all but the first two have an attribute too. */
const PROPERTIES = ["getToken", "scope", "apiBase", "view", "item", "theme", "density", "locale", "history", "assets"];
/** Parts of the scope, as attributes. */
const SCOPE = ["entity", "registry", "project", "collection"];
/** A key is asked for anew so long before it ends, in milliseconds. */
const AHEAD_MS = 30_000;

const attribute = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const kits = new Map();
/** How often the page's code has stopped: each time needs a fresh copy of it. The build has one in stock. */
let stops = 0;

/** The page's code, styles and settings, from the folder of index.html. */
function kit(assets) {
  let found = kits.get(assets);
  if (!found) {
    // A build that is not laid out has its files beside index.html.
    const isLaidOut = /^build-[0-9a-f]{16}\//.test(BUILD);
    const build = new URL(isLaidOut ? BUILD : "", assets);
    const sheet = async (name) => {
      const made = new CSSStyleSheet();
      await made.replace(await (await got(new URL(name, build))).text());
      return made;
    };
    const wasm = got(new URL("hookboard-page_bg.wasm", build));
    // What the script imports comes beside it, not after it. Should it not come, the script says so.
    if (isLaidOut) import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(stops ? "__wasm_split-2.js" : "__wasm_split.js", build).href).catch(() => {});
    const script = new URL(stops ? "hookboard-page-2.js" : "hookboard-page.js", build).href;
    found = {
      stopped: false,
      sheets: Promise.all(["page.css", "parts.css"].map(sheet)),
      settings: got(new URL("config.json", assets), { cache: "no-store" }).then((answer) => answer.json()),
      page: import(/* @vite-ignore */ /* webpackIgnore: true */ script).then(async (page) => {
        if (stops > 1) throw new Error("the page's code has stopped twice; only a new document has more of it");
        await page.default({ module_or_path: wasm });
        return page;
      }),
    };
    kits.set(assets, found);
    // What did not come is asked for again by the next panel.
    const coming = [found.sheets, found.settings, found.page];
    Promise.all(coming).catch(() => kits.get(assets) === found && kits.delete(assets));
    for (const one of [...coming, wasm]) one.catch(() => {});
  }
  return found;
}

async function got(url, options) {
  const answer = await fetch(url, { credentials: "omit", ...options });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}

/** `locale` as the browser spells it. */
function languageOf(locale) {
  if (locale === undefined) return undefined;
  try {
    const [tag] = Intl.getCanonicalLocales(locale);
    return tag;
  } catch {
    throw new TypeError(`"${locale}" is no language tag; such are "de", "pt-BR" and "zh-Hant"`);
  }
}

/** The path of a registry or project, if the scope has one. */
function placeOf({ entity, registry, project }) {
  const [kind, name] = registry ? ["registry", registry] : ["project", project];
  return name && `/${[entity, kind, name].map(encodeURIComponent).join("/")}`;
}

/** The address of a view. One that starts with a slash is an address already. */
function addressOf(scope, view = "automations", item) {
  if (view.startsWith("/")) return view;
  if (!VIEWS.includes(view)) throw new TypeError(`"${view}" is no view; the views are ${VIEWS.join(", ")}`);
  if (!scope.entity) throw new TypeError("a panel needs a scope with an entity");
  const place = placeOf(scope);
  const team = `/${encodeURIComponent(scope.entity)}`;
  if (!place && (view === "automations" || view === "history")) return `${team}/${view === "history" ? "deliveries" : view}`;
  if (!place) throw new TypeError(`the view "${view}" needs a scope with a registry or a project`);
  const of = scope.collection && encodeURIComponent(scope.collection);
  const id = item && encodeURIComponent(item);
  if (view === "collection" && !of) throw new TypeError('the view "collection" needs a scope with a collection');
  if (view === "automation" && !id) throw new TypeError('the view "automation" needs an item: the id of the automation');
  switch (view) {
    case "automation": return `${place}/automations/${id}`;
    case "wizard": return id ? `${place}/automations/${id}/edit` : `${place}/automations/new${of ? `?collection=${of}` : ""}`;
    case "collection": return `${place}/collections/${of}`;
    default: return `${place}/${view}`;
  }
}

/** The view that an address shows, where it is one that a host can ask for. */
function viewOf(address) {
  const parts = address.split("?")[0].split("/").slice(1);
  if (parts.length === 2) return { automations: "automations", deliveries: "history" }[parts[1]];
  if (parts.length === 4 || parts.length === 5 || parts.length === 6) {
    const [, , , room, item, more] = parts;
    if (room === "automations") return !item ? "automations" : item === "new" || more === "edit" ? "wizard" : "automation";
    if (room === "history") return "history";
    if (room === "collections" && item) return "collection";
  }
  return undefined;
}

/** Whether an address is within the scope: its place, with the team's deliveries and events; or its team, but for the settings. */
function isWithin(scope, address) {
  const parts = address.split("?")[0].split("/").slice(1);
  const below = (...names) => names.every((name, index) => parts[index] === encodeURIComponent(name));
  const [kind, name] = scope.registry ? ["registry", scope.registry] : ["project", scope.project];
  if (!name) return below(scope.entity) && parts[1] !== "settings";
  const isSent = below(scope.entity) && ["deliveries", "events"].includes(parts[1]) && parts.length > 2;
  return below(scope.entity, kind, name) || isSent;
}

/** Gives the host's key, kept in memory until it is refused or about to end. Calls at once ask once. */
function keeper(panel, tell) {
  let key;
  let ends = Infinity;
  let coming;
  const ask = async () => {
    try {
      const given = await panel.getToken();
      const { token, expires } = typeof given === "string" ? { token: given } : (given ?? {});
      if (typeof token !== "string" || !token) throw new TypeError("getToken gave no token");
      const end = expires === undefined ? Infinity : new Date(expires).getTime();
      const left = end - Date.now();
      // A key that lives shorter than that is asked for when half its time is over.
      ends = Number.isFinite(left) ? end - Math.min(AHEAD_MS, left / 2) : Infinity;
      key = token;
      return key;
    } catch (error) {
      tell("error", { code: "token", message: error?.message ?? String(error) });
      throw error;
    } finally {
      coming = undefined;
    }
  };
  return (refused, isFinal) => {
    if (isFinal) {
      tell("error", { code: "unauthorized", message: "The server takes neither the token nor the one asked for after it." });
      return undefined;
    }
    if (refused !== undefined && refused === key) key = undefined;
    if (key !== undefined && Date.now() < ends) return Promise.resolve(key);
    return (coming ??= ask());
  };
}

const SAVED = /^\/entities\/([^/?]+)\/(automation|webhook|secret)s(?:\/([^/?]+?)(\/duplicate)?)?$/;

/** What a call of the interface changed, for `hookboard:saved`; nothing where it is none of the host's concern. */
function savedBy(method, path, answer) {
  const found = SAVED.exec(path);
  if (!found) return undefined;
  const [, entity, kind, named, isCopy] = found;
  if (named === "validate" || named === "backtest") return undefined;
  const isMany = named === "bulk" || named === "import";
  const change = isMany ? "updated" : ({ DELETE: "deleted", POST: "created" }[method] ?? "updated");
  let body;
  try {
    body = answer ? JSON.parse(answer) : undefined;
  } catch {
    // Not ours to read.
  }
  const id = named && !isMany && !isCopy ? decodeURIComponent(named) : body?.id;
  return { kind, change, entity: decodeURIComponent(entity), id, name: body?.name };
}

/** What is typed into a field is no shortcut of the host's, which sees the panel where the field is. */
function keepTyping(event) {
  const isTyped = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isTyped && event.composedPath()[0].matches?.("input, textarea, select")) event.stopPropagation();
}

// Hosts that render on a server import this module there too, where there are no elements.
const Base = globalThis.HTMLElement ?? class {};

export class HookboardPanel extends Base {
  static observedAttributes = [...PROPERTIES.slice(2).map(attribute), ...SCOPE];

  static {
    for (const name of PROPERTIES) {
      Object.defineProperty(this.prototype, name, {
        configurable: true,
        enumerable: true,
        get() {
          return this.#value(name);
        },
        set(value) {
          this.#given[name] = value ?? undefined;
          this.#plan();
        },
      });
    }
  }

  #given = {};
  #root = this.attachShadow({ mode: "open" });
  #planned = false;
  #turn = 0;
  #key;
  /** The address that the properties name, and the one that shows. */
  #named;
  #address;
  #kit;
  #hook;
  #handle;

  connectedCallback() {
    // What was set before the element was known lies over the accessors.
    for (const name of PROPERTIES) {
      if (Object.hasOwn(this, name)) {
        const value = this[name];
        delete this[name];
        this[name] = value;
      }
    }
    this.#plan();
  }

  disconnectedCallback() {
    // Moving an element takes it out and puts it back in one go: only one that stays out is done with.
    this.#plan();
  }

  attributeChangedCallback() {
    this.#plan();
  }

  /** Goes to a view of the scope, or to an address. The host is not asked. */
  navigate(view, item) {
    const address = addressOf(this.scope, view, item);
    this.#go(address);
  }

  /** Begins anew, after an error. */
  reload() {
    const address = this.#address;
    this.#drop();
    this.#sync();
    this.#address = address ?? this.#address;
  }

  #go(address) {
    this.#address = address;
    this.#handle?.navigate(address);
  }

  /** Tells the host. Whether it let the default happen. */
  #tell(name, detail, cancelable = false) {
    return this.dispatchEvent(new CustomEvent(`hookboard:${name}`, { bubbles: true, composed: true, cancelable, detail }));
  }

  #value(name) {
    if (name !== "scope") return this.#given[name] ?? this.getAttribute(attribute(name)) ?? undefined;
    const named = SCOPE.map((part) => [part, this.getAttribute(part)]).filter(([, value]) => value !== null);
    return { ...Object.fromEntries(named), ...this.#given.scope };
  }

  /** Whether it has all that it needs. Hosts may say what it shows before they give it keys. */
  get #isReady() {
    return typeof this.getToken === "function";
  }

  #plan() {
    if (this.#planned) return;
    this.#planned = true;
    queueMicrotask(() => {
      this.#planned = false;
      this.#sync();
    });
  }

  #sync() {
    if (!this.isConnected) return this.#drop();
    this.#dress();
    const { scope, view, item, apiBase, history } = this;
    const assets = new URL(this.assets ?? HERE, document.baseURI).href;
    let address;
    let locale;
    try {
      address = addressOf(scope, view, item);
      locale = languageOf(this.locale);
    } catch (error) {
      this.#drop();
      console.error(error);
      this.#tell("error", { code: "config", message: error.message });
      return undefined;
    }
    const key = JSON.stringify([assets, apiBase, history, scope, locale, this.#isReady]);
    if (key !== this.#key) {
      this.#drop();
      this.#key = key;
      this.#named = this.#address = address;
      this.#start(assets, locale);
    } else if (address !== this.#named) {
      this.#named = address;
      this.#go(address);
    }
    return undefined;
  }

  /** Theme and density, which need no new start. */
  #dress() {
    const { density } = this.#given;
    if (density && this.getAttribute("density") !== String(density)) this.setAttribute("density", density);
    if (!this.#hook) return;
    const { theme } = this;
    if (theme === "light" || theme === "dark") this.#hook.dataset.theme = theme;
    else delete this.#hook.dataset.theme;
  }

  async #start(assets, locale) {
    const turn = ++this.#turn;
    const isOld = () => turn !== this.#turn;
    const kept = kit(assets);
    this.#kit = kept;
    try {
      const sheets = await kept.sheets;
      if (isOld()) return;
      this.#root.adoptedStyleSheets = sheets;
      this.#hook = document.createElement("div");
      this.#hook.className = "hook";
      this.#hook.lang = "en";
      this.#hook.dataset.chrome = "none";
      this.#dress();
      for (const type of ["keydown", "keypress", "keyup"]) this.#hook.addEventListener(type, keepTyping);
      const status = document.createElement("p");
      status.setAttribute("role", "status");
      status.className = "visually-hidden";
      status.textContent = "Loading Hookboard";
      this.#hook.replaceChildren(status);
      this.#root.replaceChildren(this.#hook);
      const [page, settings] = await Promise.all([kept.page, kept.settings]);
      if (isOld()) return;
      if (!this.#isReady) return console.warn("<hookboard-panel> waits for its property getToken");
      if (kept.stopped) throw new Error("the page's code has stopped");
      const folder = assets.replace(/\/$/, "");
      this.#handle = page.mount(this.#hook, {
        chrome: "none",
        history: "memory",
        view: this.#address,
        locale,
        home: settings.history === "hash" ? `${folder}/#` : folder,
        api: new URL(this.apiBase ?? settings.api, this.apiBase ? document.baseURI : assets).href,
        getToken: keeper(this, (...told) => this.#tell(...told)),
        onNavigate: (to, replaced) => this.#mayGo(to, replaced, folder, settings),
        onSaved: (...call) => {
          const detail = savedBy(...call);
          if (detail) this.#tell("saved", detail);
        },
        onPanic: (_, words, detail) => this.#stop(kept, words, detail),
      });
      this.#tell("ready", { address: this.#address });
    } catch (error) {
      // A panic has said so already.
      if (isOld() || kept.stopped) return;
      console.error(error);
      this.#say("Hookboard could not start", "A file did not load. Check the connection and try again.", "Try again");
      this.#tell("error", { code: "load", message: error?.message ?? String(error) });
    }
  }

  #mayGo(address, replaced, folder, settings) {
    const { scope, history } = this;
    const outside = !isWithin(scope, address);
    const allowed = this.#tell("navigate", { address, view: viewOf(address), outside, replace: replaced }, true);
    if (outside && allowed) {
      open(settings.history === "hash" ? `${folder}/#${address}` : folder + address, "_blank", "noopener");
    }
    const goes = allowed && !outside && history !== "host";
    if (goes) this.#address = address;
    return goes;
  }

  /** The page's code panicked, for all panels at once. */
  #stop(kept, words, detail) {
    if (!kept.stopped) {
      kept.stopped = true;
      stops += 1;
      for (const [assets, one] of kits) if (one === kept) kits.delete(assets);
    }
    // What has panicked is not called again.
    this.#handle = undefined;
    this.#say("This panel stopped", words, "Reload");
    this.#tell("error", { code: "panic", message: detail });
  }

  #say(title, words, action) {
    const make = (name, className, ...children) => {
      const made = document.createElement(name);
      made.className = className;
      made.append(...children);
      return made;
    };
    const button = make("button", "button", action);
    button.type = "button";
    button.dataset.kind = "primary";
    // The build has one more copy of its code; after that only a new document has one.
    button.addEventListener("click", () => (stops > 1 ? location.reload() : this.reload()));
    const said = make("div", "panel-stopped empty", make("p", "strong", title), make("p", "", words), button);
    said.setAttribute("role", "alert");
    if (!this.#hook) {
      this.#hook = make("div", "hook");
      this.#root.replaceChildren(this.#hook);
    }
    this.#hook.replaceChildren(said);
  }

  #drop() {
    this.#turn += 1;
    this.#key = undefined;
    const handle = this.#handle;
    this.#handle = undefined;
    this.#hook = undefined;
    try {
      if (!this.#kit?.stopped) handle?.unmount();
    } finally {
      this.#kit = undefined;
      this.#root.replaceChildren();
      this.#root.adoptedStyleSheets = [];
    }
  }
}

if (globalThis.customElements && !customElements.get(TAG)) customElements.define(TAG, HookboardPanel);

/** Puts a panel into `element`. */
export function mount(element, config = {}) {
  const panel = document.createElement(TAG);
  const update = (changes) => {
    for (const name of PROPERTIES) if (name in changes) panel[name] = changes[name];
  };
  for (const name of ["ready", "navigate", "saved", "error"]) {
    const call = config[`on${name[0].toUpperCase()}${name.slice(1)}`];
    if (call) panel.addEventListener(`hookboard:${name}`, call);
  }
  update(config);
  element.append(panel);
  return {
    element: panel,
    update,
    navigate: (view, item) => panel.navigate(view, item),
    unmount: () => panel.remove(),
  };
}
