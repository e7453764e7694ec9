// What a reader without a pointer meets: menus, forms that go away with the focus in them, keys that
// the server does not take.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around, signedIn } from "../support/around.mjs";
import { axe, openPage } from "../support/browser.mjs";
import { until } from "../support/server.mjs";

let server;
let browser;
let call;

const parts = around({ ready: () => ({ server, browser, call } = parts) });

const focused = (page) =>
  page.evaluate(() => {
    const active = document.activeElement;
    return active === document.body ? "nothing" : `${active.getAttribute("role") ?? active.tagName} ${active.textContent.trim()}`;
  });

for (const opener of ["Enter", "Space", "ArrowDown"]) {
  test(`a menu opens by ${opener} on its first item, and Escape gives the focus back`, async () => {
    const { page, context } = await signedIn(parts, "/kestrel/registry/Models/automations");
    const button = page.getByRole("button", { name: "Actions for Deploy to production" });
    await button.focus();
    await page.keyboard.press(opener);
    await until("the first item has the focus", async () => (await focused(page)).startsWith("menuitem View"));
    await page.keyboard.press("ArrowDown");
    await until("the second item has the focus", async () => (await focused(page)).startsWith("menuitem Edit"));
    await page.keyboard.press("Escape");
    await until("the button has the focus", () => button.evaluate((own) => own === document.activeElement));
    await context.close();
  });
}

for (const [what, path, name, by, holds] of [
  ["a menu", "/kestrel/automations", "Files", "click", "menuitem Export as YAML"],
  ["a menu that opens from its end", "/kestrel/automations", "Files", "ArrowUp", "menuitem Import a file"],
  ["a filter", "/kestrel/deliveries", "Outcome", "click", "option "],
  ["a filter that opens from its end", "/kestrel/automations", "Event", "ArrowUp", "option A run's state changes"],
  ["a bell", "/kestrel/project/asr-conformer/workspace", "Alert on val/wer", "click", "SELECT"],
]) {
  test(`${what} has the focus before the next key is heard`, async () => {
    const { page, context } = await signedIn(parts, path);
    const holder = await page.getByRole("button", { name }).first().evaluate(async (button, by) => {
      button.focus();
      if (by === "click") button.click();
      else button.dispatchEvent(new KeyboardEvent("keydown", { key: by, bubbles: true, cancelable: true }));
      // The browser's next task, as which a key comes, is not reached in these turns.
      for (let turn = 0; turn < 1000; turn += 1) await null;
      const active = document.activeElement;
      return `${active.getAttribute("role") ?? active.tagName} ${active.textContent.trim()}`;
    }, by);
    assert.ok(holder.startsWith(holds), `"${holder}" has it`);
    await context.close();
  });
}

test("in a narrow window one button shows the filters, and counts those that are set", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/automations");
  await page.setViewportSize({ width: 390, height: 844 });
  const find = page.getByRole("search", { name: "Find automations" });
  const [all, status] = [find.getByRole("button", { name: /^Filter/ }), find.getByRole("button", { name: "Status" })];
  await all.waitFor();
  assert.equal(await status.isVisible(), false);
  await all.focus();
  await page.keyboard.press("Enter");
  assert.equal(await all.getAttribute("aria-expanded"), "true");
  for (let press = 0; press < 3; press += 1) await page.keyboard.press("Tab");
  await until("the filter has the focus", () => status.evaluate((own) => own === document.activeElement));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await find.getByRole("button", { name: "Filter 1" }).waitFor();
  await find.getByRole("button", { name: "Status: Disabled" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await all.click();
  assert.equal(await status.isVisible(), false);
  assert.deepEqual(problems, []);
  await context.close();
});

test("Enter in the name creates the automation", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Models/automations/new");
  await page.getByText("An artifact alias is added", { exact: true }).first().click();
  await page.getByRole("textbox", { name: "Alias pattern" }).fill("^by-enter$");
  await page.getByRole("button", { name: "Action" }).click();
  await page.getByText("Record only").first().click();
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Created by Enter");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Created by Enter" }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("Back with a field in focus keeps the page and the draft", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Models/automations");
  await page.getByRole("button", { name: "Create automation" }).click();
  await page.getByText("An artifact alias is added", { exact: true }).first().click();
  const pattern = page.getByRole("textbox", { name: "Alias pattern" });
  await pattern.fill("^half-typed");
  await page.goBack();
  await page.getByRole("row").nth(1).waitFor();
  await page.goForward();
  await until("the draft is there", async () => (await pattern.inputValue()) === "^half-typed");
  assert.deepEqual(problems, []);
  await context.close();
});

test("a control that goes leaves the focus near by", async () => {
  const { page, context } = await signedIn(parts, "/kestrel/registry/Models/automations/new");
  await page.getByText("An artifact alias is added", { exact: true }).first().click();
  await page.getByRole("textbox", { name: "Alias pattern" }).fill("production");
  const mend = page.getByRole("button", { name: /^Use/ }).first();
  await mend.focus();
  await page.keyboard.press("Enter");
  const pattern = page.getByRole("textbox", { name: "Alias pattern" });
  await until("the pattern is mended", async () => (await pattern.inputValue()) === "^production$");
  await until("something has the focus", async () => (await focused(page)) !== "nothing");
  await context.close();
});

for (const typed of ["hb_nope", "hb_é☃"]) {
  test(`a key that is none says so: ${typed}`, async () => {
    const { page, context, problems } = await openPage(browser);
    await page.goto(server.origin);
    const field = page.getByLabel("Access key or sign-in link");
    await field.fill(typed);
    await page.keyboard.press("Enter");
    await page.getByText("The server does not take this key").waitFor();
    await until("the field has the focus", () => field.evaluate((own) => own === document.activeElement));
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("a sign-in link that is opened in a tab with the sign-in page signs in", async () => {
  await call("PUT", "/entities/kestrel/members/late", { role: "viewer" });
  const { body } = await call("POST", "/entities/kestrel/members/late/link");
  const { page, context, problems } = await openPage(browser);
  await page.goto(server.origin);
  await page.getByLabel("Access key or sign-in link").waitFor();
  // As the address bar does it: nothing but what is behind the hash is another.
  await page.evaluate((code) => (location.hash = `#code=${code}`), body.code);
  await page.getByRole("heading", { level: 1, name: "Home of kestrel" }).waitFor();
  assert.ok(!page.url().includes("code="));
  assert.deepEqual(problems, []);
  await context.close();
});

test("a key revoked while it is used leads to the sign-in, with the reason", async () => {
  const made = await call("POST", "/entities/kestrel/keys", { name: "soon revoked" });
  const { page, context } = await openPage(browser);
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), made.body.key);
  await page.goto(`${server.origin}/kestrel/deliveries`);
  await page.getByRole("row").nth(1).waitFor();
  const revoked = await call("DELETE", `/entities/kestrel/keys/${made.body.info.id}`);
  assert.ok(revoked.status < 300, JSON.stringify(revoked));
  await page.getByRole("link", { name: "Webhooks" }).click();
  await page.getByText("The server does not take this key").waitFor();
  await context.close();
});

test("search leads anywhere by a few letters, and the sheet tells the keys", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/deliveries");
  await page.getByRole("row").nth(1).waitFor();
  await page.keyboard.press("/");
  const search = page.getByRole("combobox", { name: "Search" });
  await search.fill("history mod");
  await page.getByRole("option", { name: "History of Models" }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(/registry\/Models\/history/);
  await page.keyboard.press("Control+k");
  await search.fill("canary");
  await page.getByRole("option", { name: /Canary rollout/ }).waitFor();
  await page.keyboard.press("Escape");
  await until("it is closed", async () => !(await search.count()));
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("Search and commands").waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

test("a webhook and a secret are made without leaving the wizard", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Datasets/automations/new");
  await page.getByRole("button", { name: "Action" }).click();
  await page.getByRole("button", { name: "New secret" }).click();
  const secret = page.getByRole("dialog", { name: "New secret" });
  await secret.getByRole("textbox", { name: "Name" }).fill("WIZARD_TOKEN");
  await secret.getByLabel("Value").fill("a-long-enough-token");
  await secret.getByRole("button", { name: "Save secret" }).click();
  await page.getByText("Saved WIZARD_TOKEN").waitFor();
  await page.getByRole("button", { name: "New webhook" }).click();
  const webhook = page.getByRole("dialog", { name: "New webhook" });
  await webhook.getByRole("textbox", { name: "Name", exact: true }).fill("from-the-wizard");
  await webhook.getByRole("textbox", { name: "Endpoint URL" }).fill(`${server.origin}/sink/wizard`);
  await webhook.getByRole("button", { name: "Save webhook" }).click();
  await page.getByText("Saved from-the-wizard").waitFor();
  const chosen = page.getByRole("combobox", { name: "Webhook", exact: true });
  await until("the new webhook is chosen", () =>
    chosen.evaluate((own) => own.selectedOptions[0]?.textContent.startsWith("from-the-wizard")),
  );
  assert.deepEqual(problems, []);
  await context.close();
});

test("a row's key that is held down does its work once", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Models/automations");
  const writes = [];
  page.on("request", (request) => request.method() !== "GET" && writes.push(request.url()));
  await page.getByRole("link", { name: "Canary rollout", exact: true }).focus();
  for (let repeat = 0; repeat < 4; repeat += 1) await page.keyboard.down("d");
  await page.keyboard.up("d");
  await page.getByText("Canary rollout (copy)", { exact: true }).first().waitFor();
  assert.equal(writes.filter((url) => url.endsWith("/duplicate")).length, 1);
  assert.deepEqual(problems, []);
  await context.close();
});

test("Enter that is held down on a button presses it once", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Models/automations");
  const enabled = page.getByRole("switch", { name: "Enabled: Canary rollout", exact: true });
  const was = await enabled.getAttribute("aria-checked");
  await enabled.evaluate((own) => {
    window.presses = 0;
    own.addEventListener("click", () => (window.presses += 1));
  });
  await enabled.focus();
  for (let repeat = 0; repeat < 4; repeat += 1) await page.keyboard.down("Enter");
  await page.keyboard.up("Enter");
  assert.equal(await page.evaluate(() => window.presses), 1);
  assert.notEqual(await enabled.getAttribute("aria-checked"), was);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the focus stays on what sends a delivery again, though its room is drawn anew", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/deliveries?state=delivered");
  await page.getByRole("rowheader").getByRole("link").first().click();
  const again = page.getByRole("button", { name: "Redeliver now" });
  await again.focus();
  const drawn = await again.evaluateHandle((own) => own);
  await page.keyboard.press("Enter");
  await until("the room is drawn anew", async () => !(await drawn.evaluate((own) => own.isConnected)));
  await until("the focus is on the button again", async () => (await focused(page)) === "BUTTON Redeliver now");
  assert.deepEqual(problems, []);
  await context.close();
});

test("what is not finished is not said to be without problems", async () => {
  const { page, context, problems } = await signedIn(parts, "/kestrel/registry/Models/automations/new");
  await page.getByText("A new version is linked to a collection", { exact: true }).first().click();
  await page.getByRole("button", { name: "Action" }).click();
  const payload = page.getByRole("textbox", { name: "Payload", exact: true });
  await payload.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type('{"a": "${art');
  await page.getByRole("listbox").waitFor();
  await page.getByText("Not finished", { exact: true }).first().waitFor();
  assert.equal(await page.getByText("No problems", { exact: true }).count(), 0);
  await page.keyboard.press("Escape");
  await page.getByText(/^\d+ errors?$/).first().waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
