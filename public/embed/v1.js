// <hookboard-panel>, and mount(element, config): Hookboard in another page. See README.md beside this file.
//
// Plain modules, which the release joins into this one: a host's page makes one request for it.

import { HERE, isSpent, kit, stop } from "./kit.js";
import { savedBy } from "./saved.js";
import { addressOf, isWithin, languageOf, SCOPE, viewOf } from "./scope.js";
import { share, upon } from "./sharing.js";
import { Keeper } from "./token.js";
import { keepTyping } from "./typing.js";

const TAG = "hookboard-panel";
/** Properties; all but the first two have an attribute too. */
const PROPERTIES = ["getToken", "scope", "apiBase", "view", "item", "theme", "density", "locale", "history", "assets"];

const attribute = (name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

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
  #keeper;
  /** Aborts when what it shows goes. */
  #ends;
  /** Why what the properties say is not shown. */
  #refused;

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
    // What was set just before would begin at its own view after this.
    if (this.#planned) this.#sync();
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

  /** Allows another key at once, where none has worked; `again` asks for what is shown, too. */
  #wake(again) {
    if (this.#keeper?.wake() && again) this.#again();
  }

  #again() {
    // What has panicked is not called again.
    this.#handle?.refresh();
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
    let assets = HERE;
    let address;
    let locale;
    try {
      assets = new URL(this.assets ?? HERE, document.baseURI).href;
      address = addressOf(scope, view, item);
      locale = languageOf(this.locale);
    } catch (error) {
      // Said once, however often what is right beside it changes.
      if (error.message === this.#refused) return undefined;
      console.error(error);
      this.#refuse(assets, error.message);
      return undefined;
    }
    const key = JSON.stringify([assets, apiBase, history, scope, locale, this.#isReady]);
    if (key !== this.#key) {
      this.#drop();
      this.#key = key;
      this.#named = this.#address = address;
      this.#start(assets, locale);
      return undefined;
    }
    if (address !== this.#named) {
      this.#named = address;
      this.#go(address);
    }
    this.#wake(true);
    return undefined;
  }

  /** Says that the properties do not fit together. */
  async #refuse(assets, message) {
    this.#drop();
    this.#refused = message;
    this.#tell("error", { code: "config", message });
    const turn = this.#turn;
    const sheets = await kit(assets).sheets.catch(() => []);
    if (turn !== this.#turn) return;
    this.#root.adoptedStyleSheets = sheets;
    this.#say("The page around this panel does not set it up right", `${message[0].toUpperCase()}${message.slice(1)}.`);
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

  /** Puts in what all of the panel is in. */
  #put() {
    this.#hook = document.createElement("div");
    this.#hook.className = "hook";
    // Its words are English, whatever the host's language and direction.
    this.#hook.lang = "en";
    this.#hook.dir = "ltr";
    this.#hook.dataset.mode = "panel";
    this.#dress();
    for (const type of ["keydown", "keypress", "keyup"]) this.#hook.addEventListener(type, keepTyping);
    this.#root.replaceChildren(this.#hook);
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
      this.#put();
      const status = document.createElement("p");
      status.setAttribute("role", "status");
      status.className = "visually-hidden";
      status.textContent = "Loading Hookboard";
      this.#hook.replaceChildren(status);
      const [page, settings] = await Promise.all([kept.page, kept.settings]);
      if (isOld()) return;
      if (!this.#isReady) return console.warn("<hookboard-panel> waits for its property getToken");
      if (kept.stopped) throw new Error("the page's code has stopped");
      const folder = assets.replace(/\/$/, "");
      this.#ends = new AbortController();
      const { signal } = this.#ends;
      const keeper = new Keeper(this, (...told) => this.#tell(...told), () => this.#again(), signal);
      this.#keeper = keeper;
      // Before what the reader asks for with it.
      for (const type of ["click", "submit"]) this.#hook.addEventListener(type, () => this.#wake(), true);
      const onShown = () => document.hidden || this.#wake(true);
      document.addEventListener("visibilitychange", onShown);
      upon(signal, () => document.removeEventListener("visibilitychange", onShown));
      this.#handle = page.mount(this.#hook, {
        mode: "panel",
        history: "memory",
        view: this.#address,
        locale,
        share,
        home: settings.history === "hash" ? `${folder}/#` : folder,
        api: new URL(this.apiBase ?? settings.api, this.apiBase ? document.baseURI : assets).href,
        getToken: (key, isRefused) => (isRefused === undefined ? keeper.get(key) : keeper.judge(key, isRefused)),
        onNavigate: (to, replaced) => this.#mayGo(to, replaced, folder, settings),
        onSaved: (...call) => {
          const detail = savedBy(...call);
          if (detail) this.#tell("saved", detail);
        },
        onMissing: () => this.#tell("error", { code: "load", message: "a part of the panel did not load" }),
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
    stop(kept);
    this.#ends?.abort();
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
    const said = make("div", "panel-stopped empty", make("p", "strong", title), make("p", "", words));
    if (action) {
      const button = make("button", "button", action);
      button.type = "button";
      button.dataset.kind = "primary";
      // The build has one more copy of its code; after that only a new document has one.
      button.addEventListener("click", () => (isSpent() ? location.reload() : this.reload()));
      said.append(button);
    }
    said.setAttribute("role", "alert");
    if (!this.#hook) this.#put();
    this.#hook.replaceChildren(said);
  }

  #drop() {
    this.#turn += 1;
    this.#key = undefined;
    this.#refused = undefined;
    this.#ends?.abort();
    this.#ends = undefined;
    this.#keeper = undefined;
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
