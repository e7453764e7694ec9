// What a panel does with what hosts do to it: narrow, zoomed and right-to-left pages, keys that never come, scopes that
// there are not, shortcuts of their own.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../support/around.mjs";
import { openPage } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

let host;
let server;
let browser;
let key;
let call;

const parts = around({ host: true, ready: () => ({ host, server, browser, key, call } = parts) });

/** A host page around `main`, with a panel in its `#one`. */
async function open({ main = '<div id="one"></div>', attributes = "", prepare = () => {}, config = {}, hangs = false } = {}) {
  const opened = await openPage(browser);
  host.extra["/bare.html"] = bare(main, attributes);
  await opened.page.addInitScript(prepare);
  await opened.page.goto(`${host.origin}/bare.html`);
  await opened.page.evaluate(
    async ([hookboard, config, hangs]) => {
      const { mount } = await import(`${hookboard}/embed/v1.js`);
      window.told = [];
      window.one = mount(document.getElementById("one"), {
        scope: { entity: "kestrel", registry: "Models" },
        getToken: () => (hangs && !window.answers ? new Promise(() => {}) : fetch("/token").then((answer) => answer.text())),
        onError: ({ detail }) => window.told.push(detail),
        ...config,
      });
    },
    [server.origin, config, hangs],
  );
  return opened;
}

const row = (page) => page.getByRole("link", { name: "Deploy to production", exact: true });
/** What has the focus in the panel. */
const focused = (page) => page.evaluate(() => window.one.element.shadowRoot.activeElement?.getAttribute("aria-label") ?? window.one.element.shadowRoot.activeElement?.textContent);

test("a host that is as wide as what it holds shows a panel of some width, and a narrow one no wider", async () => {
  const { page, context } = await open({ main: '<div style="float: left"><div id="one"></div></div>' });
  await row(page).waitFor();
  assert.ok((await page.locator("hookboard-panel").boundingBox()).width >= 360);
  await page.evaluate(() => (document.getElementById("one").parentElement.style.width = "320px"));
  assert.equal((await page.locator("hookboard-panel").boundingBox()).width, 320);
  await context.close();
});

test("Escape in a menu or a filter gives the focus back to its button, and is none of the host's", async () => {
  const { page, context, problems } = await open({
    prepare: () => addEventListener("keydown", ({ key }) => (window.keys ??= []).push(key)),
  });
  await row(page).waitFor();
  for (const [button, role] of [
    [page.getByRole("button", { name: "Actions for Deploy to production" }), "menuitem"],
    [page.getByRole("button", { name: "Event", exact: true }), "option"],
  ]) {
    await button.focus();
    const name = await focused(page);
    await page.keyboard.press("Enter");
    await page.getByRole(role).first().waitFor();
    await until("the focus is in it", async () => (await focused(page)) !== name);
    await page.evaluate(() => (window.keys = []));
    await page.keyboard.press("Escape");
    await page.getByRole(role).first().waitFor({ state: "hidden" });
    assert.equal(await focused(page), name);
    assert.deepEqual(await page.evaluate(() => window.keys), []);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

for (const [what, style] of [
  ["zoomed", "zoom: 1.5"],
  ["transformed", "transform: translate(40px, 30px) scale(0.8); transform-origin: 0 0"],
]) {
  test(`menus stand at their buttons in a host that is ${what}`, async () => {
    const { page, context } = await open({ main: `<div style="${style}"><div id="one" style="max-width: 800px"></div></div>` });
    await row(page).waitFor();
    const button = page.getByRole("button", { name: "Actions for Deploy to production" });
    await button.click();
    const menu = page.getByRole("menu");
    await menu.waitFor();
    const [at, own] = [await button.boundingBox(), await menu.boundingBox()];
    const near = (one, other) => assert.ok(Math.abs(one - other) <= 2, `${one} is not near ${other}: ${JSON.stringify([at, own])}`);
    near(own.x + own.width, at.x + at.width);
    if (own.y > at.y) near(own.y, at.y + at.height + 4);
    else near(own.y + own.height, at.y - 4);
    await context.close();
  });
}

test("a host that is asked for a key and never answers is told of, and may be asked again", async () => {
  const { page, context, problems } = await open({
    hangs: true,
    prepare: () => {
      const { setTimeout } = window;
      // The 15 seconds pass at once.
      window.setTimeout = (call, ms, ...given) => setTimeout(call, ms === 15_000 ? 50 : ms, ...given);
    },
  });
  await page.getByText(/was asked for a key and did not answer/).first().waitFor();
  const told = await page.evaluate(() => window.told);
  assert.ok(told.length > 0 && told.every(({ code, message }) => code === "token" && message === "getToken gave no key within 15 s"), JSON.stringify(told));
  await page.evaluate(() => (window.answers = true));
  await page.getByRole("button", { name: "Try again" }).first().click();
  await row(page).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("what is wrong with scope and view is said, with what is right", async () => {
  const { page, context } = await open({ config: { view: "deliveries" } });
  for (const [change, words] of [
    [{}, '"deliveries" is no view; the views are automations, automation, wizard, history and collection'],
    [{ view: "history", scope: { team: "kestrel" } }, 'A scope has no "team"; it has an entity, a registry or a project, and a collection.'],
    [{ scope: {} }, "A panel needs a scope with an entity: the name of a team."],
    [{ scope: { entity: 7 } }, "The scope's entity is to be a name, and is 7."],
    [{ scope: { entity: "kestrel", registry: "Models", project: "vision" } }, "A scope has a registry or a project, not both."],
    [{ scope: { entity: "kestrel", registry: "Models" }, view: "automation" }, 'The view "automation" needs an item: the id of the automation.'],
  ]) {
    await page.evaluate((change) => window.one.update(change), change);
    await page.getByRole("alert").getByText(words).waitFor();
    assert.equal(await page.evaluate(() => window.told.at(-1).code), "config");
  }
  await page.evaluate(() => window.one.update({ view: undefined }));
  await row(page).waitFor();
  // What only the server knows.
  await page.evaluate(() => window.one.update({ scope: { entity: "kestrel", registry: "Modells" } }));
  await page.getByText("“kestrel” has no registry “Modells”. Its registries:").waitFor();
  await page.getByText("“Models”").waitFor();
  await page.evaluate(() => window.one.update({ scope: { entity: "kestral", registry: "Models" } }));
  await page.getByText("The reader is not in the team “kestral”, or there is none of that name. They are in “kestrel”.").waitFor();
  await context.close();
});

test("a reader who may not save is told in the wizard which role that takes", async () => {
  await call("PUT", "/entities/kestrel/members/view.only", { role: "viewer" });
  const { body: { code } } = await call("POST", "/entities/kestrel/members/view.only/link");
  const answer = await fetch(`${server.origin}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  const { key: own } = await answer.json();
  host.token = () => own;
  const { page, context, problems } = await open({ config: { view: "wizard" } });
  await page.getByText("You can look around here, and not save. This takes the role admin; yours is viewer.").waitFor();
  host.token = () => key;
  assert.deepEqual(problems, []);
  await context.close();
});

test("what is typed into a field is no shortcut of the host's, and the host's other keys are", async () => {
  const { page, context } = await open({ prepare: () => addEventListener("keydown", ({ key }) => (window.keys ??= []).push(key)) });
  await row(page).waitFor();
  await page.getByRole("searchbox", { name: "Search automations" }).click();
  for (const one of ["c", "X", "ArrowLeft", "ArrowUp", "Home", "Backspace", "Delete", "Enter", "Control+a", "Control+z", "Shift+ArrowRight"]) {
    await page.keyboard.press(one);
  }
  assert.deepEqual(await page.evaluate(() => window.keys.filter((key) => key !== "Control" && key !== "Shift")), []);
  for (const one of ["Control+k", "F2", "Alt+n"]) await page.keyboard.press(one);
  assert.deepEqual(await page.evaluate(() => window.keys.filter((key) => key.length < 3)), ["k", "F2", "n"]);
  await context.close();
});

test("a panel reads from left to right in a host that does not", async () => {
  const { page, context } = await open({ attributes: 'dir="rtl"' });
  await row(page).waitFor();
  const [first, last] = await Promise.all(["Automation", "Enabled"].map((name) => page.getByRole("columnheader", { name }).boundingBox()));
  assert.ok(first.x < last.x);
  assert.equal(await page.evaluate(() => getComputedStyle(window.one.element.shadowRoot.querySelector(".hook")).direction), "ltr");
  await context.close();
});

for (const [name, words] of [
  ["hookboard-page_bg.wasm", "Hookboard could not start"],
  ["hookboard-page.js", "Hookboard could not start"],
  ["__wasm_split.js", "Hookboard could not start"],
  ["split_list.wasm", "This part of the page could not be loaded."],
]) {
  test(`a panel takes no other ${name} than its module was made with, and tells its host`, async () => {
    const { page, context } = await openPage(browser);
    // What runs is the same, and its digest is not: a section that nobody reads, or an empty line.
    const more = name.endsWith(".js") ? Buffer.from("\n") : Buffer.from([0, 2, 1, 120]);
    await page.route(`**/${name}`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, body: Buffer.concat([await answer.body(), more]) });
    });
    host.extra["/bare.html"] = bare('<div id="one"></div>');
    await page.goto(`${host.origin}/bare.html`);
    await page.evaluate(
      (hookboard) =>
        import(`${hookboard}/embed/v1.js`).then(({ mount }) => {
          window.told = [];
          const onError = ({ detail }) => window.told.push(detail.code);
          mount(document.getElementById("one"), { scope: { entity: "kestrel", registry: "Models" }, getToken: async () => (await fetch("/token")).text(), onError });
        }),
      server.origin,
    );
    await page.getByRole("alert").getByText(words).waitFor();
    assert.deepEqual(await page.evaluate(() => window.told), ["load"]);
    await context.close();
  });
}

/** A host that shows the frame, and connects as often as it is told while the frame's settings are on their way. They then come, or do not. */
async function openFrame(connects, settle) {
  const opened = await openPage(browser);
  let go;
  const connected = new Promise((resolve) => (go = resolve));
  await opened.page.route("**/config.json", async (route) => {
    await connected;
    await settle(route);
  });
  host.extra["/frame.html"] = `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,"><iframe title="Automations" src="${server.origin}/embed/frame.html?entity=kestrel&registry=Models"></iframe>`;
  await opened.page.goto(`${host.origin}/frame.html`);
  await opened.page.evaluate(
    ([hookboard, connects]) => {
      for (let count = 0; count < connects; count += 1) {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = async ({ data }) => {
          if (data.type === "token") port1.postMessage({ type: "token", id: data.id, token: await (await fetch("/token")).text() });
        };
        document.querySelector("iframe").contentWindow.postMessage({ type: "hookboard:connect" }, hookboard, [port2]);
      }
    },
    [server.origin, connects],
  );
  go();
  return { ...opened, frame: opened.page.frameLocator("iframe") };
}

test("a frame that is connected twice at once has one panel", async () => {
  const { context, frame } = await openFrame(2, (route) => route.continue());
  await frame.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  assert.equal(await frame.getByRole("link", { name: "Deploy to production", exact: true }).count(), 1);
  await context.close();
});

test("a frame whose settings do not load says so, and blames nobody else", async () => {
  const { context, frame } = await openFrame(1, (route) => route.abort());
  await frame.getByRole("alert").getByText("Hookboard's settings did not load.").waitFor();
  assert.equal(await frame.getByText(/is not among the pages/).count(), 0);
  await context.close();
});
