// Moving about: where the focus goes when what had it is gone, where back leads, what is kept, and
// addresses that lead nowhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let call;

const automations = "/kestrel/registry/models/automations";

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  for (const name of ["one", "two", "three", "four"]) {
    const made = await call("POST", "/entities/kestrel/automations", {
      name,
      scope: { kind: "registry", entity: "kestrel", name: "models" },
      trigger: { event: "LINK_ARTIFACT" },
      action: { type: "record" },
    });
    assert.equal(made.status, 201);
  }
});

after(async () => {
  await browser.close();
  await server.stop();
});

const dialog = () => page.getByRole("dialog");
const heading = (name) => page.getByRole("heading", { level: 1, name });
const title = (name) => page.getByRole("rowheader").getByRole("link", { name, exact: true });

async function focused(what, locator) {
  const element = await locator.elementHandle();
  await until(what, () => element.evaluate((own) => own.ownerDocument.activeElement === own));
}

test("canceling a dialog returns the focus to what opened it", async () => {
  await page.goto(server.origin + automations);
  await title("three").focus();
  await page.keyboard.press("Delete");
  await dialog().getByRole("button", { name: "Cancel" }).click();
  await dialog().waitFor({ state: "hidden" });
  await focused("the row has the focus again", title("three"));
});

test("after a deletion the next row has the focus, then the one before, then the heading", async () => {
  for (const [gone, next] of [["three", title("two")], ["one", title("two")], ["four", title("two")], ["two", heading("models")]]) {
    await title(gone).focus();
    await page.keyboard.press("Delete");
    await dialog().getByRole("button", { name: "Delete automation" }).click();
    await title(gone).waitFor({ state: "detached" });
    await focused(`the focus went on from ${gone}`, next);
  }
});

test("after creating, the automation's heading has the focus, and back leads to the list", async () => {
  await page.goto(`${server.origin}/kestrel/automations`);
  await heading("Automations").waitFor();
  await page.getByRole("link", { name: "models", exact: true }).click();
  await heading("models").waitFor();
  await page.getByRole("button", { name: "Create automation" }).first().click();
  await page.getByRole("button", { name: "Action" }).click();
  await page.getByRole("radio", { name: /Record only/ }).check();
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Fresh");
  await page.getByRole("button", { name: "Create automation" }).click();
  await heading("Fresh").waitFor();
  await focused("the heading has the focus", heading("Fresh"));
  await until("the address is the automation's", () => /automations\/[0-9a-f-]{36}$/.test(page.url()));
  await page.goBack();
  await heading("models").waitFor();
  assert.equal(new URL(page.url()).pathname, automations);
  await page.goForward();
  await heading("Fresh").waitFor();
});

test("back within the wizard still goes step by step", async () => {
  await page.goto(server.origin + automations);
  await page.getByRole("button", { name: "Create automation" }).first().click();
  await page.getByRole("button", { name: "Action" }).click();
  await page.getByRole("radio", { name: /Record only/ }).waitFor();
  await page.goBack();
  await page.getByRole("radio", { name: /A new version is linked/ }).waitFor();
  await page.goBack();
  await heading("models").waitFor();
});

test("after a deletion from its page, the place's heading has the focus", async () => {
  await page.goto(server.origin + automations);
  await title("Fresh").click();
  await heading("Fresh").waitFor();
  await page.getByRole("button", { name: "More" }).or(page.getByRole("button", { name: /Actions/ })).first().click();
  await page.getByRole("menuitem", { name: /Delete/ }).click();
  await dialog().getByRole("button", { name: "Delete automation" }).click();
  await heading("models").waitFor();
  await focused("the heading has the focus", heading("models"));
});

test("what was typed of a webhook outlives Escape, a reload, and is dropped on demand", async () => {
  await page.goto(`${server.origin}/kestrel/settings/webhooks`);
  const open = page.getByRole("button", { name: "New webhook" }).first();
  await open.click();
  await dialog().getByLabel("Name", { exact: true }).fill("half-typed");
  await dialog().getByRole("button", { name: "Add header" }).click();
  await dialog().getByLabel("Name", { exact: true }).last().fill("X-Team");
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
  await page.reload();
  await open.click();
  const name = dialog().getByLabel("Name", { exact: true }).first();
  assert.equal(await name.inputValue(), "half-typed");
  assert.equal(await dialog().getByLabel("Name", { exact: true }).last().inputValue(), "X-Team");
  await dialog().getByText("What you typed before is kept.").waitFor();
  await focused("the first field has the focus, not what would drop it", name);
  assert.deepEqual(await axe(page), []);
  await dialog().getByRole("button", { name: "Start over" }).click();
  assert.equal(await name.inputValue(), "");
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
  await open.click();
  assert.equal(await name.inputValue(), "");
  assert.equal(await dialog().getByText("What you typed before is kept.").count(), 0);
  await page.keyboard.press("Escape");
});

test("an unknown team, and the wizard of a place that does not exist, say so and lead on", async () => {
  for (const path of ["/nobody/automations", "/nobody/settings/webhooks", "/kestrel/registry/Nope/automations/new", "/kestrel/project/Nope/automations/x/edit"]) {
    await page.goto(server.origin + path);
    await heading("There is nothing here").waitFor();
    assert.equal(await page.getByRole("main").locator("form").count(), 0);
    assert.deepEqual(await axe(page), []);
  }
  await page.getByRole("link", { name: "Go home" }).click();
  await heading("Home of kestrel").waitFor();
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
