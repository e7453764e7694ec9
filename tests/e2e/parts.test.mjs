// Parts of the page that load when first shown: what a reader sees when one does not come, and how it
// is asked for again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;

before(async () => {
  server = await startServer(["--demo"]);
  browser = await launch();
  ({ page } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
});

after(async () => {
  await browser.close();
  await server.stop();
});

const focusIsOn = (name) => page.evaluate((name) => document.activeElement?.textContent === name, name);

test("a room whose part does not come says so, has the focus on a heading, and tries again", async () => {
  await page.route("**/split_settings.wasm", (route) => route.abort());
  await page.getByRole("link", { name: "Access keys" }).click();
  await page.getByText("This part of the page could not be loaded.").waitFor();
  await until("the stand-in's heading has the focus", () => focusIsOn("Loading"));
  await page.unroute("**/split_settings.wasm");
  // Held back until the focus is there again: a network is slower than a frame.
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/split_settings.wasm", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Try again" }).click();
  await until("the stand-in's heading has the focus again", () => focusIsOn("Loading"));
  release();
  await page.getByRole("heading", { level: 1, name: "Team settings" }).waitFor();
  await until("the room's heading takes the focus over", () => focusIsOn("Team settings"));
});

test("a dialog whose part does not come says so, and comes when it is asked for again", async () => {
  await page.goto(server.origin);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  await page.route("**/split_extras.wasm", (route) => route.abort());
  await page.getByRole("button", { name: "New registry" }).click();
  await page.getByText("This dialog could not be loaded. Check the connection, then try again.").waitFor();
  assert.equal(await page.getByRole("dialog").count(), 0);
  await page.unroute("**/split_extras.wasm");
  await page.getByRole("button", { name: "New registry" }).click();
  await page.getByRole("dialog", { name: "New registry" }).waitFor();
});

test("words of a toast show even where its own part does not come", async () => {
  await page.goto(server.origin);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  await page.route("**/split_*.wasm", (route) => route.abort());
  await page.getByRole("button", { name: "New project" }).click();
  await page.getByRole("status").getByText("This dialog could not be loaded.").waitFor();
  await page.unroute("**/split_*.wasm");
});
