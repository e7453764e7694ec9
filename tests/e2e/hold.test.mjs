// Keys that are pressed while a dialog's code is on its way: they are the dialog's, in the page and in a panel.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around, signedIn } from "../support/around.mjs";
import { openPage, panic } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

const at = around({ host: true });

/**
 * Holds the code of further parts back until `come()`, or `fail()`. `wrote(endings)` comes when the calls that change something
 * are those whose paths end so: the last is one that is meant, so that none before it can have been missed.
 */
async function slowly(page) {
  let settle;
  const settled = new Promise((given) => (settle = given));
  let asked = 0;
  await page.route("**/split_*.wasm", async (route) => {
    asked += 1;
    await ((await settled) ? route.continue() : route.abort());
  });
  const writes = [];
  page.on("request", (request) => ["GET", "OPTIONS"].includes(request.method()) || writes.push(new URL(request.url()).pathname));
  return {
    come: () => settle(true),
    fail: () => settle(false),
    isAsked: () => until("the part is asked for", () => asked > 0),
    wrote: async (...endings) => {
      await until("the last call is made", () => writes.length >= endings.length);
      assert.deepEqual(writes.map((path) => path.slice(path.lastIndexOf("/"))), endings);
    },
  };
}

/** Its list, with the focus on a row's link. */
async function onRow(page) {
  const row = page.getByRole("link", { name: "Canary rollout", exact: true }).first();
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
      window.hookboard = `${hookboard}/embed/v1.js`;
      const { mount } = await import(window.hookboard);
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
  const row = await onRow(page);
  const { come, wrote, isAsked } = await slowly(page);
  await press(page, ..."/trax", "Backspace", ..."in");
  await isAsked();
  come();
  const field = page.getByRole("dialog").getByRole("combobox");
  await until("it is searched for", async () => (await field.count()) === 1 && (await field.inputValue()) === "train");
  await page.keyboard.press("Escape");
  await field.waitFor({ state: "detached" });
  await row.press("d");
  await wrote("/duplicate");
  assert.deepEqual(problems, []);
  await context.close();
});

test("in a panel, keys for a dialog do nothing to the row behind it, which has them again after it", async () => {
  const { page, context, problems, come, wrote, isAsked } = await inPanel();
  await press(page, "Delete", "t", "e", "t", "Enter", "Tab");
  await isAsked();
  come();
  await confirm(page).waitFor();
  await page.keyboard.press("Escape");
  await confirm(page).waitFor({ state: "detached" });
  await (await onRow(page)).press("d");
  await wrote("/duplicate");
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panel holds no key of its host, nor of another panel", async () => {
  const { page, context, problems, come, isAsked, wrote } = await inPanel();
  await page.evaluate(async () => {
    document.querySelector("main").insertAdjacentHTML("beforeend", '<div id="two"></div>');
    const { mount } = await import(window.hookboard);
    const { scope, getToken } = window.panel.element;
    mount(document.getElementById("two"), { scope, getToken });
  });
  const other = page.locator("#two").getByRole("link", { name: "Deploy to production", exact: true });
  await other.waitFor();
  await onRow(page);
  await page.keyboard.press("Delete");
  await isAsked();
  await page.getByLabel("Note").focus();
  await page.keyboard.type("mine");
  assert.equal(await page.getByLabel("Note").inputValue(), "mine");
  await other.press("d");
  await wrote("/duplicate");
  come();
  await confirm(page).waitFor();
  assert.equal(await page.getByLabel("Note").inputValue(), "mine");
  assert.deepEqual(problems, []);
  await context.close();
});

test("Escape takes back what was asked for: keys are the row's again, and the dialog does not stay", async () => {
  const { page, context, problems, come, wrote, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  // Not held, it would lead to the wizard, where no other key does anything.
  await press(page, "e", "Escape", "d");
  await wrote("/duplicate");
  // What comes is there and gone within a frame.
  await page.evaluate(() => {
    const { shadowRoot } = window.panel.element;
    window.dialogCloses = new Promise((closed) => shadowRoot.addEventListener("close", closed, { capture: true, once: true }));
  });
  come();
  await page.evaluate(() => window.dialogCloses.then(() => {}));
  await confirm(page).waitFor({ state: "detached" });
  await (await onRow(page)).press("d");
  await wrote("/duplicate", "/duplicate");
  assert.deepEqual(problems, []);
  await context.close();
});

test("keys are let go where the dialog does not come in ten seconds", async () => {
  const { page, context, come, wrote, isAsked } = await inPanel();
  const from = Date.now();
  await page.clock.setFixedTime(from);
  await page.keyboard.press("Delete");
  await isAsked();
  await page.clock.setFixedTime(from + 9_000);
  await page.keyboard.press("e");
  await page.clock.setFixedTime(from + 11_000);
  await page.keyboard.press("d");
  await wrote("/duplicate");
  come();
  await context.close();
});

test("keys are let go where the dialog's code does not come at all", async () => {
  const { page, context, fail, wrote, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  await page.keyboard.press("e");
  fail();
  await page.getByText("This dialog could not be loaded.").waitFor();
  await page.keyboard.press("d");
  await wrote("/duplicate");
  await context.close();
});

test("keys are let go where the panel stops", async () => {
  const { page, context, come, isAsked } = await inPanel();
  await page.keyboard.press("Delete");
  await isAsked();
  await panic(page, () => window.panel.navigate("wizard"));
  come();
  await page.getByRole("alert").getByText("This panel stopped").waitFor();
  await page.getByRole("button", { name: "Reload" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  await context.close();
});

test("while the bar of what is chosen is on its way, keys are the list's", async () => {
  const { page, context, problems } = await signedIn(at, "/kestrel/registry/Models/automations");
  const box = page.getByRole("checkbox", { name: "Select Canary rollout", exact: true });
  const hasFocus = () => box.evaluate((own) => own === document.activeElement);
  await box.focus();
  const { come, isAsked } = await slowly(page);
  await page.keyboard.press("Space");
  await isAsked();
  await page.keyboard.press("Space");
  await until("it is not chosen any more", async () => !(await box.isChecked()));
  await page.keyboard.press("Space");
  await page.keyboard.press("Tab");
  await until("the focus goes on", async () => !(await hasFocus()));
  come();
  await page.getByText("1 selected").waitFor();
  assert.ok(await box.isChecked());
  assert.deepEqual(problems, []);
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
