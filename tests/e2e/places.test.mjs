// A team that starts with nothing: its first registry and project, and addresses that lead nowhere.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira"]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
});

after(async () => {
  await browser.close();
  await server.stop();
});

const main = () => page.getByRole("main");
const sidebar = () => page.getByRole("navigation", { name: "Main" });
const dialog = () => page.getByRole("dialog");

test("links of the sidebar lead nowhere before the team is known", async () => {
  const other = await page.context().newPage();
  let answer;
  const held = new Promise((release) => (answer = release));
  await other.route("**/api/v1/me", async (route) => {
    await held;
    await route.continue();
  });
  await other.addInitScript(
    (entries) => entries.forEach(([name, value]) => sessionStorage.setItem(name, value)),
    await page.evaluate(() => Object.entries(sessionStorage)),
  );
  await other.goto(`${server.origin}/`);
  const nav = other.getByRole("navigation", { name: "Main" });
  const words = nav.getByText("Webhooks", { exact: true });
  await words.waitFor();
  assert.equal(await nav.getByRole("link", { name: "Webhooks" }).count(), 0);
  const before = await words.boundingBox();
  answer();
  const link = nav.getByRole("link", { name: "Webhooks" });
  await link.waitFor();
  assert.equal((await words.boundingBox()).x, before.x);
  await link.click();
  await other.getByRole("heading", { level: 1, name: "Team settings" }).waitFor();
  await other.close();
});

test("an empty team makes its first registry from the empty list", async () => {
  await sidebar().getByRole("link", { name: "Automations", exact: true }).click();
  await main().getByRole("button", { name: "New registry" }).click();
  await dialog().getByRole("button", { name: "Make registry" }).click();
  await dialog().getByText("Give it a name.").waitFor();
  assert.deepEqual(await axe(page), []);
  await dialog().getByLabel("Name", { exact: true }).fill("x".repeat(300));
  await dialog().getByRole("button", { name: "Make registry" }).click();
  await dialog().getByText(/The name has \d+ characters; 128 are allowed/).waitFor();
  await dialog().getByLabel("Name", { exact: true }).fill("Models / EU");
  await dialog().getByRole("button", { name: "Make registry" }).click();
  await page.getByRole("heading", { level: 1, name: "Models / EU" }).waitFor();
  await page.getByText("Made “Models / EU”").waitFor();
  await sidebar().getByRole("link", { name: "Models / EU" }).waitFor();
});

test("a project is made beside its heading, and a name that is taken is told at its field", async () => {
  for (const told of [false, true]) {
    await sidebar().getByRole("button", { name: "New project" }).click();
    await dialog().getByLabel("Name", { exact: true }).fill("fraud-training");
    await dialog().getByRole("button", { name: "Make project" }).click();
    if (told) await dialog().getByText("There is a project of this name already.").waitFor();
    else await page.getByRole("heading", { level: 1, name: "fraud-training" }).waitFor();
  }
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
  assert.deepEqual(await axe(page), []);
});

test("a registry or project that does not exist says so on every tab", async () => {
  for (const tab of ["collections", "automations", "history"]) {
    await page.goto(`${server.origin}/kestrel/registry/Nope/${tab}`);
    await page.getByRole("heading", { level: 1, name: "There is nothing here" }).waitFor();
    assert.equal(await main().getByRole("status").getByText("Loading").count(), 0);
    assert.deepEqual(await axe(page), []);
  }
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
