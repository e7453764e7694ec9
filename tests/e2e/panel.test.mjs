// The panel in a page of somebody else, on another origin, under a content policy of its own.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { around } from "../support/around.mjs";
import { openPage, panic } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

/** Everything a host has to allow, and nothing inline. */
const policy = (hookboard) =>
  `default-src 'none'; script-src 'self' ${hookboard} 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self' ${hookboard}; img-src 'self' data:; base-uri 'self'; form-action 'none'`;

let host;
let server;
let browser;
let key;
let call;

const parts = around({
  host: true,
  ready: () => {
    ({ host, server, browser, key, call } = parts);
    host.policy = policy;
  },
});

/** The example host, with its panel shown. */
async function open(options) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${host.origin}/`);
  return opened;
}

test("a panel shows its view in a host with a strict content policy", async () => {
  const { page, context, problems } = await open();
  await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  // Neither sidebar nor bar, and one main part: the host's.
  assert.equal(await page.getByRole("navigation", { name: "Main" }).count(), 0);
  assert.equal(await page.getByRole("main").count(), 1);
  assert.deepEqual(problems, []);
  await context.close();
});

/** A host page with nothing in it but what a test puts there. */
async function openBare(options) {
  const opened = await openPage(browser, options);
  await opened.page.addInitScript(countLeftovers);
  host.extra["/bare.html"] = bare('<div id="one"></div><div id="two"></div>');
  await opened.page.goto(`${host.origin}/bare.html`);
  return opened;
}

/** In the page: keeps count of everything that outlives the nodes of a panel. */
function countLeftovers() {
  const listeners = new Map();
  const timers = new Set();
  const controllers = new Set();
  const sources = new Set();
  const frames = new Set();
  const { addEventListener, removeEventListener } = EventTarget.prototype;
  const name = (target, type, options) => {
    const capture = typeof options === "boolean" ? options : (options?.capture ?? false);
    return `${type} ${capture} ${target instanceof Node ? "node" : target.constructor.name}`;
  };
  EventTarget.prototype.addEventListener = function (type, call, options) {
    if (call) {
      const own = this ?? window;
      if (!listeners.has(own)) listeners.set(own, new Map());
      listeners.get(own).set(call, name(own, type, options));
    }
    return addEventListener.call(this ?? window, type, call, options);
  };
  EventTarget.prototype.removeEventListener = function (type, call, options) {
    listeners.get(this ?? window)?.delete(call);
    return removeEventListener.call(this ?? window, type, call, options);
  };
  const { setTimeout, clearTimeout, setInterval, clearInterval, requestAnimationFrame, cancelAnimationFrame } = window;
  window.setTimeout = (call, ms, ...given) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      call(...given);
    }, ms);
    timers.add(timer);
    return timer;
  };
  window.clearTimeout = (timer) => {
    timers.delete(timer);
    clearTimeout(timer);
  };
  window.setInterval = (...given) => {
    const timer = setInterval(...given);
    timers.add(timer);
    return timer;
  };
  window.clearInterval = (timer) => {
    timers.delete(timer);
    clearInterval(timer);
  };
  window.requestAnimationFrame = (call) => {
    const frame = requestAnimationFrame((at) => {
      frames.delete(frame);
      call(at);
    });
    frames.add(frame);
    return frame;
  };
  window.cancelAnimationFrame = (frame) => {
    frames.delete(frame);
    cancelAnimationFrame(frame);
  };
  window.AbortController = class extends AbortController {
    constructor() {
      super();
      controllers.add(this);
    }
  };
  window.EventSource = class extends EventSource {
    constructor(...given) {
      super(...given);
      sources.add(this);
    }
  };
  const fetching = new Set();
  const { fetch } = window;
  window.fetch = async (...given) => {
    const call = { url: String(given[0]?.url ?? given[0]) };
    fetching.add(call);
    try {
      const answer = await fetch(...given);
      // A stream is under way until it is read to its end or given up.
      if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) fetching.delete(call);
      else given[0].signal.onabort = () => fetching.delete(call);
      return answer;
    } catch (error) {
      fetching.delete(call);
      throw error;
    }
  };
  window.leftovers = () => {
    const kept = [...listeners].flatMap(([target, calls]) =>
      target instanceof Node && !target.isConnected ? [] : [...calls.values()],
    );
    return {
      listeners: kept.sort(),
      timers: timers.size,
      frames: frames.size,
      controllers: [...controllers].filter((one) => !one.signal.aborted).length,
      sources: sources.size,
      fetching: [...fetching].map(({ url }) => new URL(url, location.href).pathname),
      sheets: document.adoptedStyleSheets.length,
      nodes: document.querySelectorAll("*").length,
    };
  };
}

/** Mounts a panel into `#one` by the module's `mount`, and gives it the name `window.panel`. */
async function mountOne(page, config, into = "one") {
  await page.evaluate(
    async ([hookboard, config, into]) => {
      const { mount } = await import(`${hookboard}/embed/v1.js`);
      window.told ??= [];
      const tell = ({ type, detail }) => window.told.push([type.slice("hookboard:".length), detail]);
      window[into] = mount(document.getElementById(into), {
        getToken: async () => (await fetch("/token")).text(),
        ...config,
        onReady: tell,
        onNavigate: tell,
        onSaved: tell,
        onError: tell,
      });
    },
    [server.origin, { scope: { entity: "kestrel", registry: "Models" }, ...config }, into],
  );
}

test("unmounting leaves nothing behind: no listener, timer, stream, style or node", async () => {
  const { page, context, problems } = await openBare();
  const before = await page.evaluate(() => window.leftovers());
  for (const view of ["automations", "wizard", "history"]) {
    await mountOne(page, { view });
    await page.getByRole("heading", { level: 1 }).nth(1).waitFor();
    await page.getByRole("link", { name: /Open in Hookboard/ }).waitFor();
    if (view === "automations") {
      await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
      await page.getByRole("switch").first().click();
      await page.getByRole("button", { name: "Undo" }).click();
    }
    if (view === "wizard") {
      await page.getByRole("radio", { name: /An artifact alias is added/ }).check();
    }
    const during = await page.evaluate(() => window.leftovers());
    assert.ok(during.timers > before.timers && during.controllers > 0 && during.nodes > before.nodes, JSON.stringify(during));
    await page.evaluate(async () => {
      window.one.unmount();
      const frame = () => new Promise((next) => requestAnimationFrame(next));
      await frame();
      await frame();
    });
    assert.deepEqual(await page.evaluate(() => window.leftovers()), before, view);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

test("two panels at once do not know of each other, and share no id", async () => {
  const { page, context, problems } = await openBare();
  await mountOne(page, { view: "automations" });
  await mountOne(page, { view: "history", theme: "dark" }, "two");
  const [one, two] = ["#one", "#two"].map((id) => page.locator(id));
  await one.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await two.getByRole("link", { name: "History" }).and(page.locator("[aria-current]")).waitFor();
  await one.getByRole("link", { name: "Deploy to production", exact: true }).click();
  await one.getByRole("heading", { level: 1, name: "Deploy to production" }).waitFor();
  assert.equal(await two.getByRole("heading", { level: 1, name: "Models" }).count(), 1);
  const ids = await page.evaluate(() =>
    [...document.querySelectorAll("hookboard-panel")].flatMap((panel) => [...panel.shadowRoot.querySelectorAll("[id]")].map(({ id }) => id)),
  );
  assert.equal(new Set(ids).size, ids.length);
  // Taking one away leaves the other working.
  await page.evaluate(() => window.one.unmount());
  await two.getByRole("link", { name: "Collections" }).click();
  await two.getByRole("link", { name: "fraud-scorer" }).first().waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panel that is moved in the document keeps what it shows", async () => {
  const { page, context, problems } = await openBare();
  await mountOne(page, { view: "automations" });
  const search = page.getByRole("searchbox", { name: "Search automations" });
  await search.fill("canary");
  await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor({ state: "detached" });
  await page.evaluate(() => document.getElementById("two").append(window.one.element));
  assert.equal(await page.locator("#two").getByRole("searchbox", { name: "Search automations" }).inputValue(), "canary");
  await page.locator("#two").getByRole("link", { name: "Canary rollout", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Canary rollout" }).waitFor();
  assert.equal(await page.evaluate(() => window.told.filter(([name]) => name === "ready").length), 1);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panic shows in every panel, tells the host and leaves its page alive", async () => {
  const { page, context, problems } = await openBare();
  await mountOne(page, { view: "automations" });
  await mountOne(page, { view: "history" }, "two");
  const [one, two] = ["#one", "#two"].map((id) => page.locator(id));
  await one.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await two.getByRole("link", { name: "History" }).waitFor();
  await panic(page, () => window.one.navigate("wizard"));
  for (const panel of [one, two]) await panel.getByRole("alert").getByText("This panel stopped").waitFor();
  const told = await page.evaluate(() => window.told.filter(([name]) => name === "error"));
  assert.deepEqual(told.map(([, { code }]) => code), ["panic", "panic"]);
  assert.ok(told.every(([, { message }]) => message.includes("panicked")), JSON.stringify(told));
  // Nothing of the stopped panels runs on, and the page around goes its way.
  assert.equal((await page.evaluate(() => window.leftovers())).timers, 0);
  assert.equal(await page.evaluate(() => document.querySelector("h1").textContent), "Host");
  assert.deepEqual(await page.evaluate(() => window.leftovers().fetching.filter((path) => path.startsWith("/api/"))), []);
  const said = problems.filter((problem) => !/panicked|unreachable| today|RuntimeError/.test(problem));
  assert.deepEqual(said, []);
  // A fresh copy of the code takes over, for the panel whose reader asks for it and for all that come later.
  await one.getByRole("button", { name: "Reload" }).click();
  await one.getByRole("heading", { level: 1 }).waitFor();
  await two.getByRole("button", { name: "Reload" }).click();
  await two.getByRole("link", { name: "History" }).waitFor();
  await context.close();
});

/** A further key of the same person, which can be revoked. */
async function spare(name) {
  const { body } = await call("POST", "/entities/kestrel/keys", { name });
  return { key: body.key, revoke: () => call("DELETE", `/entities/kestrel/keys/${body.info.id}`) };
}

test("a token that the server refuses is asked for once more, and no draft is lost", async () => {
  const { page, context, problems } = await openBare();
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  const first = await spare("panel");
  host.token = () => first.key;
  await mountOne(page, { view: "wizard" });
  await page.getByRole("button", { name: "Action", exact: true }).click();
  await page.getByRole("combobox", { name: "Webhook", exact: true }).selectOption({ index: 1 });
  await page.getByRole("button", { name: "Review", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("Made in a panel");
  const second = await spare("panel, later");
  host.token = () => second.key;
  const asked = host.tokens;
  await first.revoke();
  await page.getByRole("button", { name: "Create automation", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Made in a panel" }).waitFor();
  assert.equal(host.tokens, asked + 1);
  const saved = await page.evaluate(() => window.told.filter(([name]) => name === "saved").map(([, detail]) => detail));
  const { body } = await call("GET", "/entities/kestrel/automations");
  const { id } = body.items.find(({ name }) => name === "Made in a panel");
  assert.deepEqual(saved, [{ kind: "automation", change: "created", entity: "kestrel", id, name: "Made in a panel" }]);
  // Where the host has no other one either, what is on the screen stays, and says what to do.
  await second.revoke();
  await page.getByRole("link", { name: "Edit" }).or(page.getByRole("button", { name: "Edit" })).first().click();
  await page.getByRole("heading", { level: 1, name: /Edit/ }).waitFor();
  await page.getByText(/gives no key that the server takes/).first().waitFor();
  const errors = await page.evaluate(() => window.told.filter(([name]) => name === "error").map(([, { code }]) => code));
  assert.ok(errors.length > 0 && errors.every((code) => code === "unauthorized"), errors.join());
  // In no address and in no storage.
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
  for (const one of [first.key, second.key, key]) {
    assert.ok(!stored.includes(one));
    assert.deepEqual(addresses.filter((address) => address.includes(one)), []);
  }
  host.token = () => key;
  assert.deepEqual(problems, []);
  await context.close();
});

test("a token is asked for anew before it ends, and calls at once ask once", async () => {
  const { page, context, problems } = await openBare();
  await page.evaluate((hookboard) =>
    import(`${hookboard}/embed/v1.js`).then(({ mount }) => {
      window.given = 0;
      window.lasts = 60 * 60 * 1000;
      mount(document.getElementById("one"), {
        scope: { entity: "kestrel", registry: "Models" },
        getToken: async () => {
          window.given += 1;
          const token = await (await fetch("/token")).text();
          return { token, expires: new Date(Date.now() + window.lasts) };
        },
      });
    }), server.origin);
  await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  assert.equal(await page.evaluate(() => window.given), 1);
  // One that is as good as over when it comes serves the calls that wait for it, and no later ones.
  await page.evaluate(() => {
    window.lasts = 0;
    Date.now = ((now) => () => now() + 60 * 60 * 1000)(Date.now);
  });
  await page.getByRole("link", { name: "History" }).click();
  await page.getByRole("columnheader", { name: "Automation" }).waitFor();
  const after = await page.evaluate(() => window.given);
  assert.ok(after > 1, String(after));
  await page.getByRole("link", { name: "Collections" }).click();
  await page.getByRole("link", { name: "fraud-scorer" }).first().waitFor();
  assert.ok((await page.evaluate(() => window.given)) > after);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the host can route: it hears of each step, may refuse it, and leads the panel itself", async () => {
  const { page, context, problems } = await openBare();
  await page.evaluate(() => {
    window.held = false;
    window.heard = [];
    document.addEventListener("hookboard:navigate", (event) => {
      window.heard.push(event.detail);
      if (window.held) event.preventDefault();
    });
  });
  await mountOne(page, { view: "automations" });
  const one = page.locator("#one");
  const address = page.url();
  const length = await page.evaluate(() => history.length);
  await one.getByRole("link", { name: "Deploy to production", exact: true }).click();
  await one.getByRole("heading", { level: 1, name: "Deploy to production" }).waitFor();
  const [step] = await page.evaluate(() => window.heard);
  assert.equal(step.view, "automation");
  assert.deepEqual([step.outside, step.replace], [false, false]);
  assert.match(step.address, /^\/kestrel\/registry\/Models\/automations\/[0-9a-f-]{36}$/);
  // Refused, it stays.
  await page.evaluate(() => (window.held = true));
  await one.getByRole("link", { name: "Back to Automations" }).click();
  await until("the host has heard of it", () => page.evaluate(() => window.heard.length === 2));
  assert.equal(await one.getByRole("heading", { level: 1, name: "Deploy to production" }).count(), 1);
  // Led, it goes, and the host is not asked.
  await page.evaluate((to) => {
    const button = document.querySelector("h1").appendChild(document.createElement("button"));
    button.textContent = "Host's own";
    button.focus();
    window.one.navigate(to);
  }, step.address.replace(/automations.*/, "history?state=delivered"));
  await one.getByRole("columnheader", { name: "Automation" }).waitFor();
  // And the focus stays the host's.
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Host's own");
  // What does not change the view leaves the reader where the host led them.
  await page.evaluate(() => window.one.update({ theme: "dark", density: "comfortable" }));
  await until("the theme has changed", () => page.evaluate(() => window.one.element.shadowRoot.querySelector("[data-theme=dark]")));
  await one.getByRole("columnheader", { name: "Automation" }).waitFor();
  await page.evaluate(() => window.one.update({ view: "collection", scope: { entity: "kestrel", registry: "Models", collection: "fraud-scorer" } }));
  await one.getByRole("heading", { level: 1, name: "fraud-scorer" }).waitFor();
  assert.equal(await page.evaluate(() => window.heard.length), 2);
  // What lies outside of the scope opens in Hookboard itself, in a tab of its own.
  await page.evaluate(() => {
    window.held = false;
    window.heard = [];
    window.one.update({ view: "history", scope: { entity: "kestrel" } });
  });
  await one.getByRole("heading", { level: 1, name: "Deliveries" }).waitFor();
  const opened = context.waitForEvent("page");
  await page.evaluate(() => {
    const link = document.createElement("a");
    const { shadowRoot } = window.one.element;
    link.href = shadowRoot.querySelector("a[target=_blank]").href.replace(/deliveries.*/, "settings/webhooks");
    shadowRoot.querySelector(".main").append(link);
    link.click();
  });
  const whole = await opened;
  assert.equal(new URL(whole.url()).pathname, "/kestrel/settings/webhooks");
  assert.deepEqual(await page.evaluate(() => window.heard.map(({ outside }) => outside)), [true]);
  // The host's own address and history are as they were.
  assert.equal(page.url(), address);
  assert.equal(await page.evaluate(() => history.length), length);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panel whose host keeps the history goes only where it is led", async () => {
  const { page, context, problems } = await openBare();
  await page.evaluate(() => {
    // As a host's router does it: the address goes into its own, and comes back from there.
    document.addEventListener("hookboard:navigate", ({ detail }) => {
      history[detail.replace ? "replaceState" : "pushState"](null, "", `#${detail.address}`);
      window.one.navigate(detail.address);
    });
    addEventListener("popstate", () => window.one.navigate(location.hash.slice(1) || "automations"));
  });
  await mountOne(page, { view: "automations", history: "host" });
  const one = page.locator("#one");
  await one.getByRole("link", { name: "Deploy to production", exact: true }).click();
  await one.getByRole("heading", { level: 1, name: "Deploy to production" }).waitFor();
  assert.match(new URL(page.url()).hash, /^#\/kestrel\/registry\/Models\/automations\//);
  await page.goBack();
  await one.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  const search = one.getByRole("searchbox", { name: "Search automations" });
  await search.fill("canary");
  await until("the host has the filter", () => page.evaluate(() => location.hash.endsWith("?q=canary")));
  assert.equal(await search.inputValue(), "canary");
  assert.deepEqual(problems, []);
  await context.close();
});

test("the types name each property, and the package is of the product's version", async () => {
  const { page, context } = await openBare();
  const properties = await page.evaluate(async (hookboard) => {
    const { HookboardPanel } = await import(`${hookboard}/embed/v1.js`);
    const own = Object.getOwnPropertyDescriptors(HookboardPanel.prototype);
    return Object.keys(own).filter((name) => own[name].set);
  }, server.origin);
  const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
  const typed = [...read("public/embed/v1.d.ts").split("interface PanelProperties {")[1].split("\n}")[0].matchAll(/^ {2}(\w+)\?:/gm)];
  assert.deepEqual(typed.map(([, name]) => name).sort(), properties.sort());
  // A host that renders on a server loads it there as well.
  assert.equal(typeof (await import("../../public/embed/v1.js")).mount, "function");
  const [, version] = /^version = "(.*)"$/m.exec(read("Cargo.toml"));
  assert.equal(JSON.parse(read("public/embed/package.json")).version, version);
  await context.close();
});
