// A webhook of another team: chosen in the wizard by who is admin in both, kept by who is not in its team, and shown to
// its owner with those who use it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, scratch, signIn, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let browser;
let receiver;
let call;
let mira;
let ada;
const problems = [];

before(async () => {
  receiver = await startReceiver();
  const folder = scratch("teams");
  const flags = ["--admin", "mira", "--allow-target", "127.0.0.1"];
  const first = await startServer(["--team", "quill", ...flags], folder);
  const quill = client(first, await signIn(first));
  await quill("PUT", "/entities/quill/secrets/TOKEN", { value: "quills-own" });
  const relay = { name: "relay", url: receiver.url, access_token: "TOKEN", secrets: ["TOKEN"] };
  assert.equal((await quill("POST", "/entities/quill/webhooks", relay)).status, 201);
  await first.stop();

  server = await startServer(["--team", "kestrel", ...flags], folder);
  const key = await signIn(server);
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  await call("PUT", "/entities/kestrel/members/ada", { role: "admin" });
  const { body: link } = await call("POST", "/entities/kestrel/members/ada/link");
  const { body: signedIn } = await client(server, "")("POST", "/sign-in", { code: link.code });
  browser = await launch();
  mira = await open(key);
  ada = await open(signedIn.key);
});

after(async () => {
  await browser.close();
  await server.stop();
  await receiver.stop();
});

async function open(key) {
  const one = await openPage(browser);
  await one.page.addInitScript((key) => sessionStorage.setItem("hookboard.key", key), key);
  problems.push(one.problems);
  return one.page;
}

const owner = (page) => page.getByRole("combobox", { name: "Team that owns the webhook" });
const webhook = (page) => page.getByRole("combobox", { name: "Webhook", exact: true });
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();
const heading = (page, name) => page.getByRole("heading", { level: 1, name });
const offered = (field) => field.locator("option").allTextContents();

/** The second step of a new automation. */
async function secondStep(page) {
  await page.goto(`${server.origin}/kestrel/registry/models/automations/new`);
  await press(page, "Action");
  await owner(page).waitFor();
}

const automation = async (name) => {
  const { body } = await call("GET", "/entities/kestrel/automations");
  return body.items.find((one) => one.name === name);
};

test("whoever is admin in both teams sends through the other one's webhook", async () => {
  const page = mira;
  await secondStep(page);
  assert.equal(await owner(page).inputValue(), "kestrel");
  await until("both teams are offered", async () => (await offered(owner(page))).join() === "kestrel,quill");
  await page.getByText("kestrel has no webhook yet").waitFor();
  await owner(page).selectOption("quill");
  await page.getByText("quill sees which automations of kestrel send through it").waitFor();
  await page.getByRole("link", { name: "Webhooks of quill" }).waitFor();
  await webhook(page).selectOption({ index: 1 });
  const editor = page.getByRole("textbox", { name: "Payload" });
  await editor.fill('{"auth": "$TOKEN"}');
  await page.getByText("Valid JSON").waitFor();
  assert.deepEqual(await axe(page), []);
  await press(page, "Test automation");
  await until("it is tested", () => receiver.requests.length === 1);
  assert.equal(receiver.requests[0].body, '{"auth": "quills-own"}');
  await press(page, "Review");
  await page.getByLabel("Name", { exact: true }).fill("links");
  await press(page, "Create automation");
  await heading(page, "links").waitFor();
  await page.getByText("quill/relay").first().waitFor();
  assert.equal((await automation("links")).webhook.entity, "quill");
});

test("a webhook made on the way is the chosen team's", async () => {
  const page = mira;
  await secondStep(page);
  await owner(page).selectOption("quill");
  await press(page, "New webhook");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name", { exact: true }).fill("made here");
  await dialog.getByLabel("Endpoint URL").fill(receiver.url);
  await dialog.getByRole("button", { name: "Save webhook" }).click();
  await until("it is chosen", async () => (await webhook(page).locator("option:checked").textContent()).startsWith("made here"));
  const { body } = await call("GET", "/entities/quill/webhooks");
  assert.ok(body.items.some((one) => one.settings.name === "made here"));
  // Another team has other webhooks; what was chosen of each comes back with it.
  await owner(page).selectOption("kestrel");
  await page.getByText("kestrel has no webhook yet").waitFor();
  await press(page, "Review");
  await until("it stays", async () => (await page.locator('[aria-current="step"]').textContent()).includes("Action"));
  await owner(page).selectOption("quill");
  await until("it is chosen again", async () => (await webhook(page).locator("option:checked").textContent()).startsWith("made here"));
});

test("who is not in the owner's team chooses among those in use, tests and saves", async () => {
  const page = ada;
  const { id } = await automation("links");
  await page.goto(`${server.origin}/kestrel/registry/models/automations/${id}/edit?step=action`);
  await page.getByText("You are no admin of quill.").waitFor();
  await until("both teams are offered", async () => (await offered(owner(page))).join() === "kestrel,quill");
  await until("it is chosen", async () => (await webhook(page).locator("option:checked").textContent()) === "relay");
  assert.deepEqual(await offered(webhook(page)), ["Choose a webhook", "relay"], "and no other one of quill");
  assert.deepEqual(await axe(page), []);
  // There and back it is chosen again.
  await owner(page).selectOption("kestrel");
  await page.getByText("kestrel has no webhook yet").waitFor();
  await owner(page).selectOption("quill");
  await until("it is chosen again", async () => (await webhook(page).locator("option:checked").textContent()) === "relay");
  const before = receiver.requests.length;
  await page.getByRole("textbox", { name: "Payload" }).fill('{"by": "ada", "auth": "$TOKEN"}');
  await press(page, "Test automation");
  await until("it is tested", () => receiver.requests.length > before);
  assert.equal(receiver.requests.at(-1).body, '{"by": "ada", "auth": "quills-own"}');
  await press(page, "Review");
  await press(page, "Save automation");
  await heading(page, "links").waitFor();
  const saved = await automation("links");
  assert.equal(saved.action.template, '{"by": "ada", "auth": "$TOKEN"}');
  assert.equal(saved.webhook.name, "relay");
});

test("what is lent and does not come is told, and asked for again", async () => {
  const page = ada;
  const { id } = await automation("links");
  const lent = "**/webhooks/lent";
  await page.route(lent, (route) => route.fulfill({ status: 500, contentType: "application/json", body: "{}" }));
  await page.goto(`${server.origin}/kestrel/registry/models/automations/${id}/edit?step=action`);
  await page.getByText("The webhooks could not be loaded").first().waitFor();
  await page.unroute(lent);
  await press(page, "Try again");
  await until("it is chosen", async () => (await webhook(page).count()) && (await webhook(page).locator("option:checked").textContent()) === "relay");
  const at = problems[1].findIndex((problem) => problem.includes("500"));
  assert.ok(at >= 0, "the browser told of the fault");
  problems[1].splice(at, 1);
});

test("whoever lost the owner's team is led on, and nothing typed is lost", async () => {
  const page = ada;
  await call("PUT", "/entities/quill/members/ada", { role: "admin" });
  await secondStep(page);
  await owner(page).selectOption("quill");
  const made = await until("it is offered", async () => (await offered(webhook(page))).find((one) => one.startsWith("made here")));
  await webhook(page).selectOption({ label: made });
  const editor = page.getByRole("textbox", { name: "Payload" });
  await editor.fill('{"kept": true}');
  await press(page, "Review");
  await page.getByLabel("Name", { exact: true }).waitFor();
  assert.equal((await call("DELETE", "/entities/quill/members/ada")).status, 204);
  await press(page, "Create automation");
  await page.getByText("Choose a webhook of this team, of another one").waitFor();
  await until("it says so", async () => (await webhook(page).locator("option:checked").textContent()) === "A webhook that is gone");
  await owner(page).selectOption("quill");
  await webhook(page).selectOption("relay");
  assert.equal(await editor.inputValue(), '{"kept": true}');
  await press(page, "Review");
  await page.getByLabel("Name", { exact: true }).fill("led on");
  await press(page, "Create automation");
  await heading(page, "led on").waitFor();
});

test("the owner sees who uses it, and is told by name before it can be deleted", async () => {
  const page = mira;
  await page.goto(`${server.origin}/quill/settings/webhooks`);
  const row = page.getByRole("row").filter({ hasText: "relay" });
  await row.getByText("2 in other teams").waitFor();
  await row.getByRole("button", { name: "Actions for relay" }).click();
  await page.getByRole("menuitem", { name: "Delete…" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("link", { name: "kestrel/links" }).click();
  await page.waitForURL(/\/kestrel\/automations\?q=links/);
});

test("a pause of it is told where the automation is, without a way that leads nowhere", async () => {
  const { body } = await call("GET", "/entities/quill/webhooks");
  const { id, settings } = body.items.find((one) => one.settings.name === "relay");
  const { id: used } = await automation("links");
  const details = `${server.origin}/kestrel/registry/models/automations/${used}`;
  await ada.goto(details);
  await heading(ada, "links").waitFor();
  assert.equal((await call("PUT", `/entities/quill/webhooks/${id}`, { ...settings, enabled: false })).status, 200);
  // Without a reload.
  await ada.getByText("quill/relay is paused.").waitFor();
  assert.equal(await ada.getByRole("link", { name: "Test webhook" }).count(), 0);
  await mira.goto(details);
  await mira.getByRole("link", { name: "Test webhook" }).click();
  await mira.waitForURL(/\/quill\/settings\/webhooks/);
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems.flat(), []);
});
