// The rooms of a team: home, history with what goes out again, members, sources, and the audit log.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, signIn, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let receiver;
let gone;
let browser;
let page;
let problems;
let call;
let tomas;

const scope = { kind: "registry", entity: "kestrel", name: "models" };

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  const key = await signIn(server);
  call = client(server, key);
  receiver = await startReceiver();
  gone = await startReceiver([410]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await gone.stop();
  await server.stop();
});

const main = () => page.getByRole("main");
const dialog = () => page.getByRole("dialog");
const heading = (name) => page.getByRole("heading", { level: 1, name });

test("a new team's home leads to the first steps", async () => {
  await page.goto(`${server.origin}/kestrel`);
  await heading("Home of kestrel").waitFor();
  await main().getByText("No automations yet").waitFor();
  await main().getByRole("link", { name: "Connect MLflow" }).waitFor();
  assert.deepEqual(await axe(page), []);
});

/** More than a body may have, so that it fails for good at the first try. */
const TOO_LARGE = `{${Array.from({ length: 20 }, (_, index) => `"${index}": "\${artifact_metadata.notes}"`).join(", ")}}`;

test("home names what fails and what is paused, and its figures lead to the list", async () => {
  await call("PUT", "/entities/kestrel/places/registries/models");
  const { body: hook } = await call("POST", "/entities/kestrel/webhooks", { name: "hook", url: receiver.url });
  const { body: other } = await call("POST", "/entities/kestrel/webhooks", { name: "moved-away", url: gone.url });
  const on = (pattern) => ({ event: "ADD_ARTIFACT_ALIAS", filter: { alias: { $regex: pattern } } });
  const fails = { name: "Fails", scope, trigger: on("^v"), action: { type: "webhook", webhook_id: hook.id, template: TOO_LARGE } };
  const rests = { name: "Rests", scope, trigger: on("^v1$"), action: { type: "webhook", webhook_id: other.id } };
  for (const draft of [fails, rests]) {
    const made = await call("POST", "/entities/kestrel/automations", draft);
    assert.equal(made.status, 201, JSON.stringify(made.body));
  }
  const version = "/entities/kestrel/places/registries/models/collections/c/versions/1";
  await call("PUT", version, { author: "ci", metadata: { notes: "n".repeat(60_000) } });
  await call("PUT", `${version}/aliases/v1`, { author: "ci" });
  await until("one failed and the other's webhook is paused", async () => {
    const { body } = await call("GET", "/entities/kestrel/attention");
    return body.day.failed === 1 && body.webhooks.some((one) => one.kind === "paused");
  });
  await page.goto(`${server.origin}/kestrel`);
  const webhooks = page.getByRole("region", { name: "Webhooks" });
  await webhooks.getByRole("link", { name: "moved-away" }).waitFor();
  await webhooks.getByText("Paused").waitFor();
  await page.getByRole("region", { name: "Failing automations" }).getByRole("link", { name: "Fails" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("region", { name: "Last 24 hours" }).getByRole("link", { name: /Failed/ }).click();
  await heading("Deliveries").waitFor();
  assert.equal(new URL(page.url()).search, "?state=failed&since=1d");
  await main().getByRole("row", { name: /Fails/ }).waitFor();
});

test("deliveries are narrowed by webhook and outcome, and the address keeps it", async () => {
  await page.goto(`${server.origin}/kestrel/deliveries`);
  await main().getByRole("button", { name: "Outcome" }).click();
  await page.getByRole("option", { name: "Timed out" }).click();
  await main().getByText("No delivery matches").waitFor();
  await page.reload();
  await main().getByText("No delivery matches").waitFor();
  await main().getByRole("button", { name: /^Outcome/ }).click();
  await page.getByRole("option", { name: "Body too large" }).click();
  await main().getByRole("row", { name: /Fails/ }).waitFor();
  await main().getByRole("button", { name: "Webhook" }).click();
  await page.getByRole("option", { name: "hook", exact: true }).click();
  await until("both are in the address", () => /outcome=body_too_large&webhook=/.test(page.url()));
  await main().getByRole("row", { name: /Fails/ }).waitFor();
});

const failed = async () => (await call("GET", "/entities/kestrel/deliveries?state=failed")).body.items[0];

test("those that are chosen go out again, after how many and where to was said", async () => {
  await page.goto(`${server.origin}/kestrel/deliveries`);
  await main().getByRole("checkbox", { name: /^Select Fails/ }).check();
  const bar = page.getByRole("toolbar", { name: "Actions for the selected deliveries" });
  await bar.getByText("1 selected").waitFor();
  await bar.getByRole("button", { name: "Redeliver…" }).click();
  await dialog().getByText("One delivery goes out again, to").waitFor();
  await dialog().getByText("hook").first().waitFor();
  assert.deepEqual(await axe(page), []);
  await dialog().getByRole("button", { name: "Redeliver 1" }).click();
  await dialog().waitFor({ state: "hidden" });
  await until("it was tried again", async () => (await failed())?.attempts === 2);
  await until("the selection is gone", async () => !(await bar.count()));
  await until("the focus is near by", () => page.evaluate(() => document.activeElement !== document.body));
});

test("what the address says and no filter means is taken out of it", async () => {
  await page.goto(`${server.origin}/kestrel/deliveries?outcome=junk&since=ever&state=bogus&automation=`);
  await main().getByRole("row", { name: /Fails/ }).waitFor();
  await until("the address is plain", () => !/outcome|since|state/.test(page.url()));
  assert.equal(await main().getByRole("button", { name: "Outcome", exact: true }).count(), 1);
});

test("all that failed since a time go out again, rendered anew", async () => {
  const { automation_id } = await failed();
  const { body: own } = await call("GET", `/entities/kestrel/automations/${automation_id}`);
  const mended = { name: own.name, scope, trigger: own.trigger, action: { ...own.action, template: '{"alias": "${alias}"}' } };
  assert.equal((await call("PUT", `/entities/kestrel/automations/${automation_id}`, mended)).status, 200);
  await page.goto(`${server.origin}/kestrel/deliveries`);
  await main().getByRole("button", { name: "Redeliver failed…" }).click();
  await dialog().getByText("One delivery goes out again, to").waitFor();
  await dialog().getByRole("button", { name: "Last hour" }).click();
  await dialog().getByRole("button", { name: "Rendered anew" }).click();
  await dialog().getByRole("button", { name: "Redeliver 1" }).click();
  await dialog().waitFor({ state: "hidden" });
  await page.getByText("Sending 1 delivery again").waitFor();
  await until("it arrived", () => receiver.requests.length === 1);
  assert.equal(receiver.requests[0].body, '{"alias": "v1"}');
});

test("new deliveries wait while the list is being read", async () => {
  const alias = (name) => call("PUT", `/entities/kestrel/places/registries/models/collections/c/versions/1/aliases/${name}`, { author: "ci" });
  await page.goto(`${server.origin}/kestrel/deliveries`);
  const rows = main().getByRole("rowgroup").last().getByRole("row");
  await rows.first().waitFor();
  const count = await rows.count();
  await main().getByRole("checkbox", { name: /^Select Fails/ }).first().check();
  await alias("v2");
  await alias("v3");
  const more = main().getByRole("button", { name: "2 new" });
  await more.waitFor();
  assert.equal(await rows.count(), count, "nothing moved under the reader");
  await more.click();
  await until("they show", async () => (await rows.count()) === count + 2);
});

test("a member is added, let in by a link, and may do what the role says", async () => {
  await page.goto(`${server.origin}/kestrel/settings/members`);
  await main().getByRole("button", { name: "Add member" }).click();
  await dialog().getByLabel("Role").selectOption("viewer");
  await dialog().getByRole("button", { name: "Add member" }).click();
  await dialog().getByText("Give it a name that is not blank.").waitFor();
  await dialog().getByLabel("User name").fill("tomas.reyes");
  await dialog().getByRole("button", { name: "Add member" }).click();
  const link = dialog().getByRole("region", { name: "Sign-in link" });
  await link.waitFor();
  assert.deepEqual(await axe(page), []);
  const address = (await link.innerText()).trim();
  await dialog().getByRole("button", { name: "Done" }).click();
  const other = await openPage(browser);
  await other.page.goto(address);
  await other.page.getByRole("heading", { level: 1, name: "Home of kestrel" }).waitFor();
  await other.page.goto(`${server.origin}/kestrel/registry/models/automations`);
  const create = other.page.getByRole("button", { name: "Create automation" });
  await until("it is refused", async () => (await create.getAttribute("aria-disabled")) === "true");
  await other.page.goto(`${server.origin}/kestrel/settings/members`);
  await other.page.getByRole("row", { name: /tomas\.reyes/ }).getByText("viewer").waitFor();
  await other.page.goto(`${server.origin}/kestrel/settings/keys`);
  await other.page.getByText("Only admins see the keys").waitFor();
  assert.deepEqual(other.problems, []);
  tomas = other;
});

test("a role changes, and the last admin stays one", async () => {
  const role = (user) => main().getByRole("combobox", { name: `Role of ${user}` });
  await role("tomas.reyes").selectOption("member");
  await page.getByText("tomas.reyes is member now").waitFor();
  await role("mira").selectOption("viewer");
  await page.getByText(/last admin|only admin/).first().waitFor();
  await until("the select shows what holds", async () => (await role("mira").inputValue()) === "admin");
  await main().getByRole("button", { name: "Remove tomas.reyes" }).click();
  await dialog().getByText("Their keys no longer reach this team.").waitFor();
  await dialog().getByRole("button", { name: "Remove member" }).click();
  await until("the row is gone", async () => !(await main().getByRole("row", { name: /tomas/ }).count()));
  await until("the focus is near by", () => page.evaluate(() => document.activeElement !== document.body));
  // Who was removed is led away at once.
  await tomas.page.getByLabel("Access key or sign-in link").waitFor();
  await tomas.context.close();
  assert.deepEqual(await axe(page), []);
});

test("a command of the search opens what it names, once", async () => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).fill("add member");
  await page.getByRole("option", { name: "Add member" }).waitFor();
  await page.keyboard.press("Enter");
  await dialog().getByRole("heading", { name: "Add a member" }).waitFor();
  assert.equal(new URL(page.url()).search, "");
  await dialog().getByLabel("User name").fill("mira");
  await dialog().getByRole("button", { name: "Add member" }).click();
  await dialog().getByText("This person is in the team already.").waitFor();
  await page.keyboard.press("Escape");
  await dialog().waitFor({ state: "hidden" });
});

test("a source is added with steps to copy, and its light follows the messages", async () => {
  await page.goto(`${server.origin}/kestrel/settings/sources`);
  await main().getByRole("button", { name: "Add MLflow server" }).first().click();
  await dialog().getByRole("button", { name: "Add source" }).click();
  await dialog().getByText("Make a secret for it first.").waitFor();
  await dialog().getByRole("button", { name: "New secret…" }).click();
  await dialog().getByLabel("Name", { exact: true }).fill("MLFLOW_SECRET");
  await dialog().getByLabel("Value").fill("a-long-random-text");
  await dialog().getByRole("button", { name: "Save secret" }).click();
  await dialog().getByRole("heading", { name: "Add an MLflow server" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await dialog().getByRole("button", { name: "Add source" }).click();
  await dialog().getByRole("heading", { name: "Set up mlflow" }).waitFor();
  await dialog().getByText("Waiting for the first message").waitFor();
  assert.deepEqual(await axe(page), []);
  const program = await dialog().getByRole("region", { name: "Program" }).innerText();
  const url = /url="([^"]+)"/.exec(program)[1];
  const send = (secret) => {
    const body = JSON.stringify({ entity: "registered_model", action: "created", timestamp: new Date().toISOString(), data: { name: "fraud", tags: {}, description: null } });
    const at = Math.floor(Date.now() / 1000).toString();
    const id = crypto.randomUUID();
    const signature = `v1,${createHmac("sha256", secret).update(`${id}.${at}.${body}`).digest("base64")}`;
    return fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", "x-mlflow-signature": signature, "x-mlflow-delivery-id": id, "x-mlflow-timestamp": at },
      body,
    });
  };
  assert.equal((await send("another")).status, 401);
  await dialog().getByText("Refused a message").waitFor();
  assert.equal((await send("a-long-random-text")).status, 202);
  await dialog().getByText("Received 1 event").waitFor();
  await dialog().getByRole("button", { name: "Done" }).click();
  await main().getByRole("row", { name: /mlflow/ }).getByText("Received 1 event").waitFor();
});

test("the audit log tells who changed what, without any secret", async () => {
  await page.goto(`${server.origin}/kestrel/settings/audit`);
  await main().getByRole("row", { name: /MLFLOW_SECRET/ }).waitFor();
  await main().getByRole("row", { name: /tomas\.reyes/ }).first().waitFor();
  assert.ok(!(await page.content()).includes("a-long-random-text"));
  assert.deepEqual(await axe(page), []);
  await main().getByRole("button", { name: "Kind" }).click();
  await page.getByRole("option", { name: "Source" }).click();
  await until("only sources show", async () => {
    const rows = await main().getByRole("rowgroup").last().getByRole("row").allInnerTexts();
    return rows.length === 1 && rows[0].includes("mlflow");
  });
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
