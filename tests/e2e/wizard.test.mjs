// The wizard's further ways: the payload editor by keyboard, a condition as JSON, recording only, events
// of a project, and an automation that somebody else saved meanwhile.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let receiver;
let call;
let webhook;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  receiver = await startReceiver();
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  await call("PUT", "/entities/kestrel/places/projects/training");
  ({ body: webhook } = await call("POST", "/entities/kestrel/webhooks", { name: "hook", url: receiver.url }));
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

const editor = () => page.getByRole("textbox", { name: "Payload" });
const heading = (name) => page.getByRole("heading", { level: 1, name });
const press = (name) => page.getByRole("button", { name, exact: true }).click();

async function open(place) {
  await page.goto(`${server.origin}/kestrel/${place}/automations`);
  await page.getByRole("button", { name: "Create automation" }).first().click();
  await heading("Create automation").waitFor();
}

/** Replaces the payload as a person would: select all, then type or paste over it. */
async function typePayload(text) {
  await editor().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

async function selected() {
  return editor().evaluate((input) => input.value.slice(input.selectionStart, input.selectionEnd));
}

/** Names it, creates it, and answers it as stored. */
async function create(name) {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await press("Create automation");
  await heading(name).waitFor();
  const { body } = await call("GET", "/entities/kestrel/automations");
  return body.items.find((one) => one.name === name);
}

test("the editor undoes, formats, and goes from problem to problem by key", async () => {
  await open("registry/models");
  await press("Action");
  await page.getByRole("combobox", { name: "Webhook", exact: true }).selectOption(webhook.id);
  const loose = '{"b":"${event_author}","a":[1,2]}';
  await typePayload(loose);
  await press("Format");
  const laid = await editor().inputValue();
  assert.match(laid, /^\{\n {2}"b": "\$\{event_author\}",\n/);
  await editor().focus();
  await page.keyboard.press("Control+Z");
  assert.equal(await editor().inputValue(), loose);
  await page.keyboard.press("Control+Shift+Z");
  assert.equal(await editor().inputValue(), laid);

  await typePayload('{"a": "${artifact_verison}", "b": "${event_autor}"}');
  await page.getByRole("list", { name: "Problems in the payload" }).getByRole("listitem").nth(1).waitFor();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("F8");
  assert.match(await selected(), /artifact_verison/);
  await page.keyboard.press("F8");
  assert.match(await selected(), /event_autor/);
  await page.keyboard.press("F8");
  assert.match(await selected(), /artifact_verison/, "after the last comes the first");
  await page.keyboard.press("Shift+F8");
  assert.match(await selected(), /event_autor/);
  await typePayload('{"a": ');
  await press("Format");
  await page.getByText("The payload is not JSON yet. Mend the errors first.").waitFor();
  assert.equal(await editor().inputValue(), '{"a": ', "what cannot be laid out stays");
});

test("a condition is written as JSON, refused where it is faulty, and kept as written", async () => {
  await open("registry/models");
  await press("Start over");
  await page.getByRole("radio", { name: /An artifact alias is added/ }).check();
  await page.getByLabel("Alias pattern").fill("^production$");
  await press("Write as JSON");
  const json = page.getByLabel("Condition, kept as JSON");
  assert.deepEqual(JSON.parse(await json.inputValue()), { alias: { $regex: "^production$" } });
  await json.fill('{"$nor": [{"alias": ');
  await json.blur();
  await page.getByText(/This is not JSON/).waitFor();
  await json.fill('{"$nor": [{"alias": {"$regex": "("}}]}');
  await page.getByText(/This is not a regular expression/).first().waitFor();
  const condition = { $or: [{ alias: { $regex: "^prod" } }, { $and: [{ alias: "canary" }, { event_author: "ci" }] }] };
  await json.fill(JSON.stringify(condition));
  assert.equal(await page.getByRole("button", { name: "Use fields" }).count(), 0, "fields cannot say it");
  assert.deepEqual(await axe(page), []);
  await press("Action");
  await page.getByRole("radio", { name: /Record only/ }).check();
  await press("Review");
  const made = await create("Production or canary");
  assert.deepEqual(made.trigger.filter, condition);
});

test("conditions are joined by any or none, and read back so", async () => {
  await open("registry/models");
  await press("Start over");
  await page.getByRole("radio", { name: /A new version is linked/ }).check();
  const value = (number) => page.getByRole("combobox", { name: `Value, condition ${number}`, exact: true });
  await press("Add condition");
  await value(1).fill("event_author");
  await page.getByRole("textbox", { name: "Limit, condition 1" }).fill("ci");
  await press("Add condition");
  await value(2).fill("artifact_metadata.accuracy");
  await page.getByRole("combobox", { name: "Comparison, condition 2" }).click();
  await page.getByRole("option", { name: "≥", exact: true }).click();
  await page.getByRole("textbox", { name: "Limit, condition 2" }).fill("0.93");
  await press("Any of them holds");
  await page.getByText("and either").first().waitFor();
  assert.deepEqual(await axe(page), []);
  await press("Action");
  await page.getByRole("radio", { name: /Record only/ }).check();
  await press("Review");
  const made = await create("Either");
  const group = [{ event_author: { $eq: "ci" } }, { "artifact_metadata.accuracy": { $gte: 0.93 } }];
  assert.deepEqual(made.trigger.filter, { $or: group });
  await page.goto(`${server.origin}/kestrel/registry/models/automations/${made.id}/edit?step=event`);
  const any = page.getByRole("button", { name: "Any of them holds" });
  await until("it reads back", async () => (await any.getAttribute("aria-pressed")) === "true");
  await press("None of them holds");
  await page.getByText("and neither").first().waitFor();
  await press("Action");
  await press("Review");
  await press("Save automation");
  await heading("Either").waitFor();
  const { body } = await call("GET", `/entities/kestrel/automations/${made.id}`);
  assert.deepEqual(body.trigger.filter, { $nor: group });
});

test("an automation that only records keeps the match and sends nothing", async () => {
  const collection = "/entities/kestrel/places/registries/models/collections/scorer";
  await call("PUT", `${collection}/versions/1`, {});
  const sent = await call("PUT", `${collection}/versions/1/aliases/production`, {});
  assert.equal(sent.status, 200);
  await page.goto(`${server.origin}/kestrel/deliveries`);
  const row = page.getByRole("row", { name: /Production or canary/ });
  await row.getByText("Recorded").waitFor();
  assert.equal(receiver.requests.length, 0);
});

test("a metric of a project that crosses its limit is delivered", async () => {
  await open("project/training");
  await page.getByRole("radio", { name: /A run metric crosses a threshold/ }).check();
  await press("Action");
  await page.locator('[aria-invalid="true"]').first().waitFor();
  await page.getByLabel("Metric", { exact: true }).fill("val/loss");
  await page.getByLabel("Comparison").selectOption("<");
  await page.getByLabel("Threshold", { exact: true }).fill("0.2");
  await press("Action");
  await page.getByRole("combobox", { name: "Webhook", exact: true }).selectOption(webhook.id);
  await typePayload('{"metric": "${metric_name}", "value": ${metric_value}}');
  await press("Review");
  const made = await create("Loss is low");
  assert.equal(made.trigger.metrics.rules[0].comparison, "<");
  const points = (step, value) =>
    call("POST", "/entities/kestrel/projects/training/runs/r1/metrics", { metric: "val/loss", points: [{ step, value }] });
  await points(1, 0.5);
  await points(2, 0.1);
  await until("it arrived", () => receiver.requests.length === 1);
  assert.equal(receiver.requests[0].body, '{"metric": "val/loss", "value": 0.1}');
});

test("a run's new state is watched by the states chosen", async () => {
  await open("project/training");
  await page.getByRole("radio", { name: /A run's state changes/ }).check();
  await page.getByRole("checkbox", { name: "failed" }).uncheck();
  await press("Action");
  await page.getByText("Choose at least one state.").waitFor();
  await page.getByRole("checkbox", { name: "finished" }).check();
  await press("Action");
  await page.getByRole("combobox", { name: "Webhook", exact: true }).selectOption(webhook.id);
  await typePayload('{"run": "${run_name}", "state": "${run_status}"}');
  await press("Review");
  const made = await create("Run is done");
  assert.deepEqual(made.trigger.states, ["finished"]);
  const before = receiver.requests.length;
  const subject = { kind: "project", entity: "kestrel", name: "training", run: "r2" };
  for (const run_state of ["failed", "finished"]) {
    const { status } = await call("POST", "/events", { type: "RUN_STATE", subject, run_state, run_name: "swift-dew" });
    assert.equal(status, 202);
  }
  await until("the second arrived", () => receiver.requests.length > before);
  assert.equal(receiver.requests[before].body, '{"run": "swift-dew", "state": "finished"}');
});

async function settled(name) {
  const { body } = await call("GET", "/entities/kestrel/automations");
  return body.items.find((one) => one.name === name);
}

/** Opens an automation for editing at its review, then changes it behind the reader's back. */
async function editBehind(id, change) {
  await page.goto(`${server.origin}/kestrel/project/training/automations/${id}/edit?step=review`);
  await page.getByLabel("Description").fill("mine");
  const { body: now } = await call("GET", `/entities/kestrel/automations/${id}`);
  const { name, description, scope, trigger, action, cooldown_s, enabled } = now;
  const changed = await call("PUT", `/entities/kestrel/automations/${id}`, {
    name, description, scope, trigger, action, cooldown_s, enabled, ...change,
  });
  assert.equal(changed.status, 200);
  await press("Save automation");
  await page.getByRole("region", { name: "Saved meanwhile" }).waitFor();
}

test("what was saved meanwhile is compared, and mine is saved over it", async () => {
  const { id } = await settled("Run is done");
  await editBehind(id, { description: "theirs", cooldown_s: 120 });
  const conflict = page.getByRole("region", { name: "Saved meanwhile" });
  const text = await conflict.innerText();
  for (const part of ["Description", "theirs", "mine", "Cooldown", "None"]) assert.ok(text.includes(part), `${part} in ${text}`);
  assert.ok(!text.includes("Payload"), "what agrees is not listed");
  assert.deepEqual(await axe(page), []);
  await conflict.getByRole("button", { name: "Save mine over it" }).click();
  await heading("Run is done").waitFor();
  const now = await settled("Run is done");
  assert.equal(now.description, "mine");
  assert.equal(now.cooldown_s ?? null, null);
});

test("what was saved meanwhile is loaded, and mine comes back by Undo", async () => {
  const { id, action } = await settled("Run is done");
  await editBehind(id, { description: "theirs again", action: { ...action, template: '{"theirs": 1}' } });
  await page.getByRole("button", { name: "Load the saved version" }).click();
  const description = page.getByLabel("Description");
  await until("theirs is loaded", async () => (await description.inputValue()) === "theirs again");
  await page.getByRole("region", { name: "Preview" }).or(page.getByRole("complementary").filter({ hasText: "Preview" })).first().getByText("theirs").waitFor();
  await page.getByRole("button", { name: "Undo" }).click();
  await until("mine is back", async () => (await description.inputValue()) === "mine");
  await press("Save automation");
  await page.getByRole("button", { name: "Load the saved version" }).click();
  await until("theirs is loaded", async () => (await description.inputValue()) === "theirs again");
  await description.fill("both");
  await press("Save automation");
  await heading("Run is done").waitFor();
  const now = await settled("Run is done");
  assert.deepEqual([now.description, now.action.template], ["both", '{"theirs": 1}']);
});

test("a webhook that was saved meanwhile is compared too", async () => {
  await page.goto(`${server.origin}/kestrel/settings/webhooks`);
  const dialog = page.getByRole("dialog");
  await page.getByRole("row", { name: /hook/ }).first().getByRole("button", { name: /Edit|Actions/ }).first().click();
  const item = page.getByRole("menuitem", { name: /^Edit/ });
  if (await item.count()) await item.click();
  await dialog.getByLabel("Timeout in seconds").fill("20");
  const { body: now } = await call("GET", `/entities/kestrel/webhooks/${webhook.id}`);
  await call("PUT", `/entities/kestrel/webhooks/${webhook.id}`, { ...now.settings, url: `${receiver.url}/2` });
  await dialog.getByRole("button", { name: "Save webhook" }).click();
  const conflict = dialog.getByRole("region", { name: "Saved meanwhile" });
  await conflict.getByText(`${receiver.url}/2`).waitFor();
  assert.deepEqual(await axe(page), []);
  await conflict.getByRole("button", { name: "Save mine over it" }).click();
  await dialog.waitFor({ state: "hidden" });
  const { body } = await call("GET", `/entities/kestrel/webhooks/${webhook.id}`);
  assert.deepEqual([body.settings.timeout_s, body.settings.url], [20, receiver.url]);
});

test("the connection is tested without the payload, be that sound or not", async () => {
  await open("registry/models");
  await press("Action");
  const field = page.getByRole("combobox", { name: "Webhook", exact: true });
  await field.selectOption("");
  await page.getByRole("button", { name: "Test connection" }).waitFor({ state: "detached" });
  await field.selectOption(webhook.id);
  const board = page.getByRole("region", { name: "Connection" });
  const before = receiver.requests.length;
  for (const [payload, sent] of [['{"half": ', ["{}"]], ['{"whole": true}', ["{}", "{}"]]]) {
    await typePayload(payload);
    await press("Test connection");
    await until("it arrived", () => receiver.requests.length === before + sent.length);
    await board.getByText("Delivered").waitFor();
    assert.deepEqual(receiver.requests.slice(before).map((one) => one.body), sent);
  }
  // What it came to is another webhook's no more.
  await field.selectOption("");
  await board.waitFor({ state: "detached" });
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
