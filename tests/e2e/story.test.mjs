// The whole story in a real browser: sign in, a secret, a webhook, an automation with its preview, a
// real event, and the delivery, whose body is the preview byte for byte. Then each bad turn of the
// wizard, with the words the reader sees.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startReceiver, startServer, until } from "../support/server.mjs";

const TEMPLATE = `{
  "model": "\${artifact_collection_name}",
  "index": \${artifact_version_index},
  "accuracy": \${artifact_metadata.accuracy},
  "by": "\${event_author}",
  "note": "Promoted to \${alias} by \${automation_name}",
  "auth": "$TOKEN"
}`;

let server;
let browser;
let page;
let problems;
let receiver;
let call;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  // Its first answers are failures: the delivery's attempts are part of the story.
  receiver = await startReceiver([500]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  const collection = "/entities/kestrel/places/registries/models/collections/fraud-scorer";
  await call("PUT", `${collection}/versions/42`, { metadata: { accuracy: 0.9412 }, author: "tomas" });
  await call("PUT", `${collection}/versions/42/aliases/pre-production`, { author: "ci" });
  await call("PUT", `${collection}/versions/42/aliases/production`, { author: "tomas" });
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

const dialog = () => page.getByRole("dialog");
const editor = () => page.getByRole("textbox", { name: "Payload" });
const next = (name) => page.getByRole("button", { name }).or(page.getByRole("link", { name }));

/** Replaces the payload as a person would: select all, then type or paste over it. */
async function typePayload(text) {
  await editor().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

test("sign in, a secret, a webhook", async () => {
  await page.getByRole("link", { name: "Webhooks", exact: true }).click();
  await page.getByRole("button", { name: "New secret" }).first().click();
  await dialog().getByLabel("Name", { exact: true }).fill("TOKEN");
  await dialog().getByLabel("Value").fill("tok-planted-2");
  await dialog().getByRole("button", { name: "Save secret" }).click();
  await dialog().waitFor({ state: "hidden" });
  await page.getByRole("button", { name: "New webhook" }).first().click();
  await dialog().getByLabel("Name", { exact: true }).fill("deploy-hook");
  await dialog().getByLabel("Endpoint URL").fill(receiver.url);
  await dialog().getByLabel("Access token").selectOption("TOKEN");
  await dialog().getByRole("checkbox", { name: "TOKEN" }).check();
  await dialog().getByRole("button", { name: "Save webhook" }).click();
  await page.getByRole("row", { name: /deploy-hook/ }).first().waitFor();
});

test("the event step refuses a faulty pattern, warns of a loose one and anchors it", async () => {
  await page.goto(`${server.origin}/kestrel/registry/models/automations`);
  await next("Create automation").first().click();
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  await page.getByRole("radio", { name: /An artifact alias is added/ }).check();
  const pattern = page.getByLabel("Alias pattern");
  await pattern.fill("(production");
  await pattern.blur();
  await page.getByText(/This is not a regular expression/).first().waitFor();
  await page.getByText("The condition is not whole yet").waitFor();
  await pattern.fill("production");
  await page.getByText("Not anchored:").waitFor();
  await page.getByText("pre-production").first().waitFor();
  await page.getByRole("button", { name: /^Use/ }).click();
  assert.equal(await pattern.inputValue(), "^production$");
  await page.getByRole("list", { name: "Would have fired" }).getByText("fraud-scorer v42").waitFor();
  assert.deepEqual(await axe(page), []);
});

test("the draft survives a reload", async () => {
  await page.reload();
  await page.getByLabel("Alias pattern").waitFor();
  assert.equal(await page.getByLabel("Alias pattern").inputValue(), "^production$");
});

test("the action step underlines what is wrong and says how to mend it", async () => {
  await next("Action").last().click();
  const webhook = page.getByRole("combobox", { name: "Webhook", exact: true });
  await webhook.selectOption(await webhook.locator("option", { hasText: "deploy-hook" }).getAttribute("value"));
  await typePayload('{"a": "${artifact_verison}"}');
  await page.getByText(/artifact_verison/).last().waitFor();
  await page.getByRole("button", { name: /artifact_version/ }).first().click();
  assert.equal(await editor().inputValue(), '{"a": "${artifact_version}"}');
  await typePayload('{"a": 1,}');
  await page.getByText(/1 error/).first().waitFor();
  assert.deepEqual(await axe(page), []);
});

test("the completion lists what the event carries, and inserts by keyboard", async () => {
  await typePayload('{"a": "');
  await page.keyboard.type("${artifact_coll");
  const list = page.getByRole("listbox", { name: "Variables" });
  await list.getByRole("option", { name: /artifact_collection_name/ }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Enter");
  await list.waitFor({ state: "hidden" });
  await page.keyboard.type('"}');
  assert.equal(await editor().inputValue(), '{"a": "${artifact_collection_name}"}');
});

let preview;

test("the preview is of a real event, with secrets as dots", async () => {
  await typePayload(TEMPLATE);
  const region = page.getByRole("region", { name: "Preview" }).or(page.getByRole("complementary").filter({ hasText: "Preview" })).first();
  await region.getByText("Valid JSON").waitFor();
  await until("the preview shows the value", async () => (await region.innerText()).includes("0.9412"));
  preview = await region.innerText();
  assert.match(preview, /fraud-scorer/);
  assert.match(preview, /••••••••/);
  assert.ok(!preview.includes("tok-planted-2"));
});

test("a test from the wizard takes the path of a delivery and shows the failure", async () => {
  await page.getByRole("button", { name: "Test automation" }).click();
  await page.getByText(/500/).first().waitFor();
  assert.equal(receiver.requests.length, 1);
});

test("review, a name that is taken, and create", async () => {
  const taken = await call("POST", "/entities/kestrel/automations", {
    name: "Promote",
    scope: { kind: "registry", entity: "kestrel", name: "models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "record" },
  });
  assert.equal(taken.status, 201);
  await next("Review").last().click();
  await page.getByLabel("Name", { exact: true }).fill("Promote");
  await page.getByRole("button", { name: "Create automation" }).click();
  await page.getByText('There is an automation "Promote" in this scope already. Choose another name.').first().waitFor();
  await page.getByLabel("Name", { exact: true }).fill("Deploy to production");
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Create automation" }).click();
  await page.getByText("Deploy to production").first().waitFor();
  await until("the automation is stored", async () => {
    const { body } = await call("GET", "/entities/kestrel/automations?registry=models");
    return body.items.some((row) => row.name === "Deploy to production");
  });
});

test("a real event arrives as the preview said, and the delivery is shown", async () => {
  const before = receiver.requests.length;
  const sent = await call("PUT", "/entities/kestrel/places/registries/models/collections/fraud-scorer/versions/42/aliases/production", { author: "tomas" });
  assert.equal(sent.status, 200);
  await until("the webhook receives it", () => receiver.requests.length > before);
  const { body } = receiver.requests[before];
  assert.equal(
    body,
    '{\n  "model": "fraud-scorer",\n  "index": 42,\n  "accuracy": 0.9412,\n  "by": "tomas",\n  "note": "Promoted to production by Deploy to production",\n  "auth": "tok-planted-2"\n}',
  );
  await page.goto(`${server.origin}/kestrel/deliveries`);
  const row = page.getByRole("row", { name: /Deploy to production/ }).first();
  await row.getByText("Delivered").waitFor();
  await row.getByRole("link", { name: /Deploy to production/ }).first().click();
  await page.getByRole("heading", { level: 1, name: /Deploy to production/ }).waitFor();
  await page.getByText("Why it fired").waitFor();
  assert.ok(!(await page.content()).includes("tok-planted-2"));
  assert.deepEqual(await axe(page), []);
});

test("500s are tried again, by the same id and bytes, until a 2xx", async () => {
  const failing = await startReceiver([500]);
  const { body: hooks } = await call("GET", "/entities/kestrel/webhooks");
  const hook = hooks.items.find((one) => one.settings.name === "deploy-hook");
  await call("PUT", `/entities/kestrel/webhooks/${hook.id}`, { ...hook.settings, url: failing.url });
  await call("PUT", "/entities/kestrel/places/registries/models/collections/fraud-scorer/versions/42/aliases/production", { author: "tomas" });
  await until("the first try failed", () => failing.requests.length === 1);
  await page.goto(`${server.origin}/kestrel/deliveries`);
  const row = page.getByRole("row", { name: /Retrying/ }).first();
  await row.getByRole("link", { name: /Deploy to production/ }).first().click();
  await page.getByText("Attempts").first().waitFor();
  // By itself, five seconds later; the page follows the stream.
  await until("the second try arrived", () => failing.requests.length === 2);
  await page.getByText("Delivered").first().waitFor();
  assert.equal(failing.requests[0].body, failing.requests[1].body);
  assert.equal(failing.requests[0].headers["webhook-id"], failing.requests[1].headers["webhook-id"]);
  await failing.stop();
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
