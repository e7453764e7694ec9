// The stream of changes: one for all tabs and panels of a browser, and none for what does not show.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../support/around.mjs";
import { openPage, panic } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

const LIST = "/kestrel/registry/Models/automations";

let host;
let server;
let browser;
let key;
let call;

const parts = around({
  host: true,
  ready: () => {
    ({ host, server, browser, key, call } = parts);
    host.extra["/bare.html"] = bare("");
  },
});

/** Browsers have locks on https, and on loopback. */
const HTTP = [
  ["", undefined],
  [", on plain http as well", () => delete Navigator.prototype.locks],
];

/** A signed-in browser, with the streams that are under way, and `tab()`, which opens a list of automations in one more tab. */
async function openBrowser(prepare = () => {}) {
  const { page, context, problems } = await openPage(browser);
  await context.addInitScript(prepare);
  const streams = new Set();
  const isStream = (request) => new URL(request.url()).pathname.endsWith("/stream");
  context.on("request", (request) => isStream(request) && streams.add(request));
  for (const end of ["requestfinished", "requestfailed"]) context.on(end, (request) => streams.delete(request));
  await context.addInitScript((key) => sessionStorage.setItem("hookboard.key", key), key);
  const show = async (tab) => {
    // Of what a closed tab had under way nobody hears any more.
    tab.on("close", () => [...streams].filter((one) => one.frame().page() === tab).forEach((one) => streams.delete(one)));
    await tab.goto(server.origin + LIST);
    await tab.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
    await tab.getByRole("status").getByText("Live", { exact: true }).waitFor();
    return tab;
  };
  await show(page);
  return { page, context, problems, streams, tab: async () => show(await context.newPage()) };
}

/** Switches an automation on or off from elsewhere; gives back whether it is on. */
async function flip() {
  const { body } = await call("GET", "/entities/kestrel/automations?limit=200");
  const one = body.items.find(({ name }) => name === "Deploy to production");
  const { status } = await call("PATCH", `/entities/kestrel/automations/${one.id}`, { enabled: !one.enabled });
  assert.equal(status, 200);
  return !one.enabled;
}

const shows = (page, checked) => page.getByRole("switch", { name: /Deploy to production/, checked }).waitFor();

for (const [where, prepare] of HTTP) {
  test(`ten tabs share one stream, each is live, and another goes on where the one that reads it closes${where}`, async () => {
    const { page, context, problems, streams, tab } = await openBrowser(prepare);
    const tabs = [];
    for (let count = 1; count < 10; count += 1) tabs.push(await tab());
    assert.equal(streams.size, 1);
    const first = await flip();
    for (const one of [page, ...tabs]) await shows(one, first);
    await page.close();
    await until("another reads", () => streams.size === 1);
    for (const one of tabs) await one.getByRole("status").getByText("Live", { exact: true }).waitFor();
    const second = await flip();
    for (const one of tabs) await shows(one, second);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("what was missed while nobody read is caught up by every tab", async () => {
  const { page, context, streams, tab } = await openBrowser();
  const other = await tab();
  // The one that reads goes without a word, and the next is held up until something has changed.
  let on;
  await context.route("**/stream", async (route) => {
    on = await flip();
    await route.continue();
  });
  const third = await tab();
  await page.close();
  await until("another reads", () => on !== undefined && streams.size === 1);
  for (const one of [other, third]) await shows(one, on);
  await context.close();
});

test("a tab behind others has no stream, and catches up when it is shown", async () => {
  const { page, context, problems, streams } = await openBrowser();
  const turn = (hidden) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await turn(true);
  await until("the stream has ended", () => streams.size === 0);
  const on = await flip();
  await turn(false);
  await shows(page, on);
  assert.equal(streams.size, 1);
  assert.deepEqual(problems, []);
  await context.close();
});

/** Seven panels in a page of somebody else. */
async function openPanels(prepare = () => {}) {
  const { page, context, problems } = await openPage(browser);
  const streams = new Set();
  const isStream = (request) => request.method() === "GET" && new URL(request.url()).pathname.endsWith("/stream");
  page.on("request", (request) => isStream(request) && streams.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => streams.delete(request));
  await page.addInitScript(prepare);
  await page.goto(`${host.origin}/bare.html`);
  await page.evaluate(async (hookboard) => {
    const { mount } = await import(`${hookboard}/embed/v1.js`);
    window.panels = [];
    for (let count = 0; count < 7; count += 1) {
      window.panels.push(
        mount(document.querySelector("main"), {
          scope: { entity: "kestrel", registry: "Models" },
          getToken: async () => (await fetch("/token")).text(),
        }),
      );
    }
  }, server.origin);
  const panels = page.locator("hookboard-panel");
  for (const panel of await panels.all()) await panel.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  return { page, context, problems, streams, panels };
}

for (const [where, prepare] of HTTP) {
  test(`seven panels of a page share one stream${where}`, async () => {
    const { page, context, problems, streams, panels } = await openPanels(prepare);
    await until("one reads", () => streams.size === 1);
    const first = await flip();
    for (const panel of await panels.all()) await shows(panel, first);
    await page.evaluate(() => window.panels.shift().unmount());
    await until("another reads", () => streams.size === 1);
    const second = await flip();
    for (const panel of await panels.all()) await shows(panel, second);
    assert.equal(streams.size, 1);
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("a panel without a key leaves the stream to one that has some", async () => {
  const { page, context } = await openPage(browser);
  await page.goto(`${host.origin}/bare.html`);
  await page.evaluate(async (hookboard) => {
    const { mount } = await import(`${hookboard}/embed/v1.js`);
    const scope = { entity: "kestrel", registry: "Models" };
    const good = async () => (await fetch("/token")).text();
    window.refused = 0;
    mount(document.querySelector("main"), { scope, getToken: async () => "hb_none", onError: () => (window.refused += 1) });
    // Once the first has found out that it has none.
    while (!window.refused) await new Promise((next) => requestAnimationFrame(next));
    mount(document.querySelector("main"), { scope, getToken: good });
  }, server.origin);
  const second = page.locator("hookboard-panel").nth(1);
  await second.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await shows(second, await flip());
  await context.close();
});

test("a panel whose code stopped leaves its turn to the copy that takes over", async () => {
  const { page, context, streams, panels } = await openPanels();
  await until("one reads", () => streams.size === 1);
  await panic(page, () => window.panels[0].navigate("wizard"));
  await panels.first().getByRole("button", { name: "Reload" }).click();
  await page.evaluate(() => window.panels[0].navigate("automations"));
  await panels.first().getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await until("the copy reads", () => streams.size === 1);
  await shows(panels.first(), await flip());
  await context.close();
});
