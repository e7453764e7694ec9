// The interface's own page: whole without the network, and within its content policy.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { signIn, startServer } from "../support/server.mjs";

let server;
let browser;

before(async () => {
  server = await startServer([]);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the interface can be read and tried in a browser, from the server's own files alone", async () => {
  const key = await signIn(server);
  const { page, problems } = await openPage(browser);
  const elsewhere = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.origin) && !request.url().startsWith("data:")) elsewhere.push(request.url());
  });
  await page.goto(`${server.origin}/api/docs`);
  assert.equal(new URL(page.url()).pathname, "/api/docs/");
  await page.getByRole("button", { name: "Authorize" }).click();
  await page.getByRole("textbox", { name: "auth-bearer-value" }).fill(key);
  await page.getByRole("button", { name: "Apply credentials" }).click();
  await page.getByRole("button", { name: "Close", exact: true }).last().click();
  const me = page.locator("#operations-account-account_me");
  await me.getByRole("button", { name: /The caller/ }).click();
  await me.getByRole("button", { name: "Try it out" }).click();
  await me.getByRole("button", { name: "Execute" }).click();
  await me.getByText('"user"', { exact: false }).first().waitFor();
  await page.getByText("A delivery: a matched event on its way to a webhook").waitFor();
  assert.deepEqual([elsewhere, problems], [[], []]);
});
