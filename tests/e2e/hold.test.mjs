// Keys that are pressed while a dialog's code is on its way: they are the dialog's, in the page and in a panel.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around, signedIn } from "../support/around.mjs";
import { openPage } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

const at = around({ host: true });

/** Holds the code of further parts back until `come()`, and lists the calls that change something. */
async function slowly(page) {
  let come;
  const comes = new Promise((given) => (come = given));
  let asked = 0;
  await page.route("**/split_*.wasm", async (route) => {
    asked += 1;
    await comes;
    await route.continue();
  });
  const writes = [];
  page.on("request", (request) => ["GET", "OPTIONS"].includes(request.method()) || writes.push(new URL(request.url()).pathname));
  return { come, writes, isAsked: () => until("the part is asked for", () => asked > 0) };
}

/** Its list, with the focus on a row's link. */
async function onRow(page) {
  const row = page.getByRole("link", { name: "Canary rollout", exact: true });
  await row.focus();
  return row;
}

/** A host with a field of its own and a panel, whose row has the focus. */
async function inPanel() {
  const opened = await openPage(at.browser);
  const { page } = opened;
  at.host.extra["/hold.html"] = bare('<label>Note <input id="note"></label><div id="one"></div>');
  await page.goto(`${at.host.origin}/hold.html`);
  await page.evaluate(
    async ([hookboard, key]) => {
      const { mount } = await import(`${hookboard}/embed/v1.js`);
      window.panel = mount(document.getElementById("one"), { scope: { entity: "kestrel", registry: "Models" }, getToken: () => key });
    },
    [at.server.origin, at.key],
  );
  await onRow(page);
  return { ...opened, ...(await slowly(page)) };
}

const confirm = (page) => page.getByRole("dialog", { name: /Delete/ });
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

test("what is typed while the search is on its way is searched for, and does nothing to the row in focus", async () => {
  const { page, context, problems } = await signedIn(at, "/kestrel/registry/Models/automations");
  await onRow(page);
  const { come, writes, isAsked } = await slowly(page);
  await press(page, ..."/trax", "Backspace", ..."in");
  await isAsked();
  come();
  const field = page.getByRole("dialog").getByRole("combobox");
  await until("it is searched for", async () => (await field.count()) === 1 && (await field.inputValue()) === "train");
  assert.deepEqual(writes, []);
  assert.deepEqual(problems, []);
  await context.close();
});

test("in a panel, keys for a dialog do nothing to the row behind it", async () => {
  const { page, context, problems, come, writes, isAsked } = await inPanel();
  await press(page, "Delete", "t", "d", "e", "Enter");
  await isAsked();
  come();
  await confirm(page).waitFor();
  assert.deepEqual(writes, []);
  await page.keyboard.press("Escape");
  await confirm(page).waitFor({ state: "detached" });
  // From here on they are the row's again.
  await page.getByRole("link", { name: "Canary rollout", exact: true }).focus();
  await page.keyboard.press("d");
  await until("it is duplicated", () => writes.length === 1);
  assert.match(writes[0], /\/duplicate$/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panel holds no key of its host", async () => {
  const { page, context, problems, come, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  await page.getByLabel("Note").focus();
  await page.keyboard.type("mine");
  assert.equal(await page.getByLabel("Note").inputValue(), "mine");
  come();
  await confirm(page).waitFor();
  assert.equal(await page.getByLabel("Note").inputValue(), "mine");
  assert.deepEqual(problems, []);
  await context.close();
});

test("Escape takes back what was asked for: keys are the row's again, and the dialog does not stay", async () => {
  const { page, context, problems, come, writes, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  await press(page, "t", "Escape");
  assert.deepEqual(writes, []);
  await page.keyboard.press("d");
  await until("it is duplicated", () => writes.length === 1);
  assert.match(writes[0], /\/duplicate$/);
  come();
  await page.getByText("Canary rollout (copy)").first().waitFor();
  await until("the dialog is not there", async () => (await confirm(page).count()) === 0);
  assert.deepEqual(problems, []);
  await context.close();
});

test("keys are let go where the dialog does not come in ten seconds", async () => {
  const { page, context, come, writes, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  await page.keyboard.press("d");
  const now = await page.evaluate(() => Date.now());
  await page.evaluate((later) => (Date.now = () => later), now + 9_000);
  await page.keyboard.press("d");
  assert.deepEqual(writes, []);
  await page.evaluate((later) => (Date.now = () => later), now + 11_000);
  await page.keyboard.press("d");
  await until("it is duplicated", () => writes.length === 1);
  come();
  await context.close();
});

test("keys are let go where the dialog's code does not come at all", async () => {
  const { page, context, writes } = await inPanel();
  await page.unroute("**/split_*.wasm");
  await page.route("**/split_*.wasm", (route) => route.abort());
  await press(page, "Delete", "d");
  await page.getByText("This dialog could not be loaded.").waitFor();
  assert.deepEqual(writes, []);
  await page.keyboard.press("d");
  await until("it is duplicated", () => writes.length === 1);
  await context.close();
});

test("keys are let go where the panel stops", async () => {
  const { page, context, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  // A document that makes no element: what the panel draws cannot be drawn.
  await page.evaluate(() => {
    const make = Document.prototype.createElement;
    Document.prototype.createElement = () => {
      Document.prototype.createElement = make;
      throw new Error("nothing is drawn");
    };
    window.panel.navigate("wizard");
  }).catch(() => {});
  await page.unroute("**/split_*.wasm");
  await page.getByRole("alert").getByText("This panel stopped").waitFor();
  await page.getByRole("button", { name: "Reload" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  await context.close();
});

test("what is typed into a field while a message's code is on its way stays where it is typed", async () => {
  const { page, context, problems } = await signedIn(at, "/kestrel/automations");
  const field = page.getByRole("searchbox").or(page.getByRole("textbox")).first();
  await field.waitFor();
  const { come, isAsked } = await slowly(page);
  await page.getByRole("switch").first().click();
  await isAsked();
  await field.focus();
  await page.keyboard.type("ab");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("x");
  assert.equal(await field.inputValue(), "axb");
  come();
  await page.getByRole("status").getByText(/Paused|Disabled|Enabled/).first().waitFor();
  assert.equal(await field.inputValue(), "axb");
  assert.deepEqual(problems, []);
  await context.close();
});
