// Automations as files, in the page: exported, compared and imported.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { around, signedIn } from "../support/around.mjs";
import { axe, openPage } from "../support/browser.mjs";
import { until } from "../support/server.mjs";

let server;
let browser;
let call;
let key;

const parts = around({ ready: () => ({ server, browser, call, key } = parts) });

/** A page at `path` of the demo's team, signed in. */
const open = (path) => signedIn(parts, `/kestrel${path}`);

async function choose(page, name) {
  await page.getByRole("button", { name: "Files" }).click();
  await page.getByRole("menuitem", { name }).click();
}

const FILE = `version: 1
automations:
- name: Tell of new versions
  scope:
    registry: Models
  trigger:
    event: LINK_ARTIFACT
  action:
    type: record
`;

test("automations are exported as the file that the command line writes", async () => {
  const { page, problems } = await open("/registry/Models/automations");
  for (const [name, kind] of [["Export as YAML", "yaml"], ["Export as JSON", "json"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), choose(page, name)]);
    assert.equal(download.suggestedFilename(), `automations.${kind}`);
    const answer = await fetch(`${server.origin}/api/v1/entities/kestrel/automations/export?registry=Models&format=${kind}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    assert.equal(readFileSync(await download.path(), "utf8"), await answer.text());
  }
  assert.deepEqual(problems, []);
});

test("a file is compared before it is imported, by keyboard alone", async () => {
  const { page, problems } = await open("/automations");
  const button = page.getByRole("button", { name: "Files" });
  await button.focus();
  await page.keyboard.press("ArrowUp");
  const last = page.getByRole("menuitem", { name: "Import a file…" });
  await until("the last item has the focus", () => last.evaluate((element) => element === document.activeElement));
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: "Import automations" });
  await dialog.waitFor();
  await page.keyboard.insertText(FILE);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await dialog.getByText("1 new", { exact: true }).waitFor();
  assert.deepEqual(await axe(page), []);
  assert.equal((await call("GET", "/entities/kestrel/automations?text=Tell+of+new")).body.items.length, 0, "nothing yet");
  await dialog.getByRole("button", { name: "Import 1 change" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("Imported 1 change").waitFor();
  await page.getByRole("link", { name: "Tell of new versions" }).waitFor();
  assert.ok(await button.evaluate((element) => element === document.activeElement), "the focus is back");
  assert.deepEqual(problems, []);
});

test("what a chosen file would change is told part by part, and what is faulty by its place", async () => {
  const { page, problems } = await open("/automations");
  await call("POST", "/entities/kestrel/automations/import", { version: 1, automations: [{ name: "Tell of new versions", scope: { registry: "Models" }, trigger: { event: "LINK_ARTIFACT" }, action: { type: "record" } }] });
  await choose(page, "Import a file…");
  const dialog = page.getByRole("dialog", { name: "Import automations" });
  const input = dialog.locator('input[type="file"]');
  const file = (text) => ({ name: "automations.yaml", mimeType: "application/yaml", buffer: Buffer.from(text) });
  await input.setInputFiles(file(FILE.replace("event: LINK_ARTIFACT", "event: ADD_ARTIFACT_ALIAS\n    filter:\n      alias: production")));
  await dialog.getByText("1 changed", { exact: true }).waitFor();
  for (const words of ["Changed", "A new version is linked to a collection", "An artifact alias is added", "Condition"]) await dialog.getByText(words, { exact: true }).first().waitFor();
  await input.setInputFiles(file(FILE.replace("registry: Models", "registry: Nowhere").replace("LINK_ARTIFACT", "LINK_ARTEFACT")));
  await dialog.getByRole("status").getByText(/LINK_ARTEFACT/).first().waitFor();
  await dialog.getByText("/automations/0/trigger/event").waitFor();
  assert.deepEqual(await axe(page), []);
  await dialog.getByRole("textbox", { name: "File" }).fill("version: [");
  await dialog.getByRole("button", { name: "Compare" }).click();
  await dialog.getByText(/not YAML that can be read/).waitFor();
  assert.deepEqual(problems, []);
});

test("from a place's list, the dialog says that a file is taken in for other places, too, and for how many", async () => {
  const { page, problems } = await open("/registry/Datasets/automations");
  await choose(page, "Import a file…");
  const dialog = page.getByRole("dialog", { name: "Import automations" });
  await dialog.getByText("those for other places than the registry Datasets are taken in, too").waitFor();
  await dialog.getByRole("textbox", { name: "File" }).fill(FILE.replace("Tell of new versions", `Tell of ${"every-single-".repeat(18)}version`));
  await dialog.getByRole("button", { name: "Compare" }).click();
  await dialog.getByText("1 of them is for another place than the registry Datasets.").waitFor();
  // A name without a space is broken, not cut, in a narrow window.
  await page.setViewportSize({ width: 390, height: 844 });
  const name = dialog.getByText(/^Tell of every-single/);
  const [inner, outer] = [await name.boundingBox(), await dialog.boundingBox()];
  assert.ok(inner.x + inner.width <= outer.x + outer.width, JSON.stringify([inner, outer]));
  assert.deepEqual(problems, []);
});

test("a viewer may compare and is told who may import", async () => {
  const { body: link } = await call("PUT", "/entities/kestrel/members/vera", { role: "viewer" }).then(() => call("POST", "/entities/kestrel/members/vera/link"));
  const { page, problems } = await openPage(browser);
  await page.goto(`${server.origin}/#code=${link.code}`);
  await page.getByRole("link", { name: "Automations" }).first().click();
  await choose(page, "Import a file…");
  const dialog = page.getByRole("dialog", { name: "Import automations" });
  await dialog.getByRole("textbox", { name: "File" }).fill(FILE.replace("Tell of", "Watch"));
  await dialog.getByRole("button", { name: "Compare" }).click();
  const button = dialog.getByRole("button", { name: "Import 1 change" });
  await button.waitFor();
  assert.match(await button.getAttribute("title"), /admin/);
  assert.deepEqual(problems, []);
});
