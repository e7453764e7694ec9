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

/** Answers for files of these names with one byte more than was made: what would run is the same. */
async function changed(page, name) {
  const more = name.endsWith(".js") ? Buffer.from("\n") : Buffer.from([0, 2, 1, 120]);
  await page.route(`**/${name}`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: Buffer.concat([await answer.body(), more]) });
  });
}

test("a part that is not what was made does not run, and the page offers to be loaded anew", async () => {
  await page.goto(server.origin);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  await changed(page, "split_settings.wasm");
  await page.getByRole("link", { name: "Access keys" }).click();
  await page.getByText("This part of the page could not be loaded.").waitFor();
  await page.getByRole("button", { name: "Try again" }).click();
  await page.getByText("It does not come, or not as it was made.").waitFor();
  assert.equal(await page.getByRole("heading", { name: "Team settings" }).count(), 0);
  await page.unroute("**/split_settings.wasm");
  await page.getByRole("button", { name: "Reload the page" }).click();
  await page.getByRole("heading", { level: 1, name: "Team settings" }).waitFor();
});

for (const [what, name, words] of [
  ["chunks that parts share", "shared-*.bin", "This part of the page could not be loaded."],
  ["a loader of parts", "__wasm_split.js", "Hookboard could not start"],
  ["a script", "hookboard-page.js", "Hookboard could not start"],
]) {
  test(`${what} with a byte more than was made: nothing of it runs, and the page says so`, async () => {
    const { page: other, context } = await openPage(browser);
    const key = await page.evaluate(() => sessionStorage.getItem("hookboard.key"));
    await other.addInitScript((key) => sessionStorage.setItem("hookboard.key", key), key);
    await changed(other, name);
    await other.goto(server.origin);
    await other.getByRole("alert").getByText(words).waitFor();
    await context.close();
  });
}
