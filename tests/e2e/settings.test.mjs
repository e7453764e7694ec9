// Team settings in a real browser: secrets and webhooks, and what is said when something is wrong.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let receiver;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  receiver = await startReceiver([503]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Team settings" }).waitFor();
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

const dialog = () => page.getByRole("dialog");

async function fillWebhook(name, url) {
  await page.getByRole("button", { name: "New webhook" }).first().click();
  await dialog().getByLabel("Name", { exact: true }).fill(name);
  await dialog().getByLabel("Endpoint URL").fill(url);
}

test("the sign-in code is gone from the address, and a second use says what to do", async () => {
  assert.ok(!page.url().includes("code="));
  const other = await openPage(browser);
  await other.page.goto(server.link);
  await other.page.getByText("This sign-in link was used already or is too old.").waitFor();
  assert.deepEqual(await axe(other.page), []);
  await other.context.close();
});

test("a secret is saved, its name is checked, and its value is never shown", async () => {
  await page.getByRole("button", { name: "New secret" }).first().click();
  await dialog().getByLabel("Name", { exact: true }).fill("9-lives");
  await dialog().getByLabel("Value").fill("tok-planted-1");
  await dialog().getByRole("button", { name: "Save secret" }).click();
  await dialog().getByText("letters, digits and _ only").waitFor();
  assert.deepEqual(await axe(page), []);
  await dialog().getByLabel("Name", { exact: true }).fill("TOKEN");
  await dialog().getByRole("button", { name: "Save secret" }).click();
  await page.getByRole("row", { name: /TOKEN.*Not used/ }).waitFor();
  assert.ok(!(await page.content()).includes("tok-planted-1"));
});

test("a private address is refused at its field, with the flag that allows it", async () => {
  await fillWebhook("deploy", "http://10.0.0.7/hook");
  await dialog().getByRole("button", { name: "Save webhook" }).click();
  await dialog().getByText("10.0.0.7 is a private address. Allow it with --allow-target 10.0.0.7.").waitFor();
  assert.equal(await dialog().getByLabel("Endpoint URL").getAttribute("aria-invalid"), "true");
  assert.equal(await dialog().getByLabel("Name", { exact: true }).inputValue(), "deploy", "what was typed stays");
  await dialog().getByLabel("Endpoint URL").fill(receiver.url);
  await dialog().getByLabel("Access token").selectOption("TOKEN");
  await dialog().getByRole("button", { name: "Save webhook" }).click();
  await page.getByRole("region", { name: "Webhooks" }).getByRole("row", { name: /deploy.*TOKEN/ }).waitFor();
});

test("a name that is taken is told at its field", async () => {
  await fillWebhook("deploy", receiver.url);
  await dialog().getByRole("button", { name: "Save webhook" }).click();
  await dialog().getByText('There is a webhook "deploy" already. Choose another name.').waitFor();
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
});

test("a test shows what came back, the bad and the good", async () => {
  const row = page.getByRole("row", { name: /deploy/ });
  await row.getByRole("button", { name: /Test/ }).first().click();
  const send = page.getByRole("button", { name: "Send test" });
  await send.click();
  await page.getByText("503").first().waitFor();
  await send.click();
  await page.getByText("200").first().waitFor();
  assert.equal(receiver.requests[0].headers.authorization, "Bearer tok-planted-1");
  assert.ok(!(await page.content()).includes("tok-planted-1"));
  assert.deepEqual(await axe(page), []);
});

test("a test sends what the painted payload says, for an event that happened or a made-up one", async () => {
  const call = client(server, await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_"))));
  await call("PUT", "/entities/kestrel/places/registries/models");
  const subject = { kind: "registry", entity: "kestrel", name: "models", collection: "fraud", version: 7 };
  await call("POST", "/events", { type: "LINK_ARTIFACT", subject });
  await page.goto(`${server.origin}/kestrel/settings/webhooks`);
  await page.getByRole("row", { name: /deploy/ }).first().getByRole("button", { name: /Test/ }).click();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  const event = panel.getByRole("combobox", { name: "Event" });
  const real = panel.getByRole("option", { name: /^fraud v7/ }).first();
  await until("the events have come", () => real.count());
  await event.selectOption(await real.getAttribute("value"));
  const editor = panel.getByRole("textbox", { name: "Payload" });
  await editor.click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('{"index": ${artifact_version_index}');
  const send = panel.getByRole("button", { name: "Send test" });
  assert.equal(await send.getAttribute("aria-disabled"), "true");
  await panel.getByText("1 error", { exact: true }).first().waitFor();
  await page.keyboard.insertText("}");
  await until("it can be sent", async () => (await send.getAttribute("aria-disabled")) !== "true");
  const before = receiver.requests.length;
  await send.click();
  await until("it is received", () => receiver.requests.length > before);
  assert.equal(receiver.requests.at(-1).body, '{"index": 7}');
  await event.selectOption({ label: "Made up: A new version is linked to a collection" });
  await send.click();
  await until("it is received", () => receiver.requests.length > before + 1);
  assert.equal(receiver.requests.at(-1).body, '{"index": 42}');
  assert.deepEqual(await axe(page), []);
});

test("an unreachable host says what happened and what to do", async () => {
  await fillWebhook("nobody", "http://127.0.0.1:9/");
  await dialog().getByRole("button", { name: "Save webhook" }).click();
  const row = page.getByRole("row", { name: /nobody/ });
  await row.getByRole("button", { name: /Test/ }).first().click();
  await page.getByRole("button", { name: "Send test" }).click();
  await page.getByText(/No connection: connection refused/).first().waitFor();
});

test("a secret in use is not deleted, and the users are listed", async () => {
  await page.getByRole("button", { name: "Delete TOKEN" }).click();
  await page.getByRole("heading", { name: /TOKEN is still used/ }).waitFor();
  await dialog().getByText("deploy").first().waitFor();
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Escape");
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
