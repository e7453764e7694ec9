// Every flow by keyboard alone: no pointer, no focus given by a script. What is reached is reached by Tab
// and the keys of its pattern, as a reader without a pointer would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { client, signIn, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let receiver;
let browser;
let page;
let problems;
let call;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  receiver = await startReceiver();
  const key = await signIn(server);
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  await call("PUT", "/entities/kestrel/places/registries/models/collections/scorer/versions/1", { author: "ci" });
  await call("PUT", "/entities/kestrel/places/projects/training");
  await call("POST", "/entities/kestrel/projects/training/runs/r1/metrics", {
    metric: "loss",
    points: [1, 2, 3].map((step) => ({ step, value: 1 / step })),
  });
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
  await page.goto(`${server.origin}/kestrel`);
  await page.getByRole("heading", { level: 1, name: "Home of kestrel" }).waitFor();
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

const press = (...keys) => keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve());
const heading = (name) => page.getByRole("heading", { level: 1, name }).waitFor();

/** Presses Tab until the focus is on the control; a round through the page without it fails. */
async function tabTo(control, key = "Tab") {
  await control.first().waitFor();
  for (let presses = 0; presses < 250; presses++) {
    const is = await control.first().evaluate((own) => {
      const active = own.getRootNode().activeElement;
      return active === own || (own.tagName === "LABEL" && own.contains(active));
    });
    if (is) return;
    await page.keyboard.press(key);
  }
  throw new Error(`Tab does not lead to ${control}`);
}

async function activate(control, key = "Enter") {
  await tabTo(control);
  await page.keyboard.press(key);
}

async function fill(field, text) {
  await tabTo(field);
  await press("Control+A");
  await page.keyboard.insertText(text);
}

/** Goes to a room by search. */
async function go(text, name) {
  await press("Control+k");
  await page.getByRole("combobox", { name: "Search" }).waitFor();
  await page.keyboard.insertText(text);
  await page.getByRole("option", { name }).first().waitFor();
  await press("Enter");
}

const button = (name) => page.getByRole("button", { name, exact: true });

test("a secret and a webhook are made, and the webhook is tested", async () => {
  await go("Webhooks", "Webhooks");
  await heading("Team settings");
  await activate(button("New secret"));
  await page.getByRole("dialog").waitFor();
  await page.keyboard.insertText("TOKEN");
  await fill(page.getByRole("dialog").getByLabel("Value"), "a-long-enough-token");
  await press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await activate(button("New webhook").first());
  await page.getByRole("dialog").waitFor();
  await page.keyboard.insertText("hook");
  await fill(page.getByRole("dialog").getByLabel("Endpoint URL"), receiver.url);
  await press("Enter");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await activate(button("Test hook"));
  await activate(button("Send test"));
  await until("it is received", () => receiver.requests.length === 1);
});

test("an automation is created in three steps", async () => {
  await go("Create automation in models", "Create automation in models");
  await heading("Create automation");
  const chosen = page.getByRole("radio", { name: /A new version is linked/ });
  await tabTo(page.getByRole("radio", { checked: true }).first());
  // Arrow keys go through the choices, around the end.
  for (let steps = 0; steps < 12 && !(await chosen.isChecked()); steps++) await press("ArrowDown");
  assert.ok(await chosen.isChecked());
  await activate(button("Action"));
  const webhook = page.getByRole("combobox", { name: "Webhook", exact: true });
  await tabTo(webhook);
  await page.keyboard.type("hook");
  await fill(page.getByRole("textbox", { name: "Payload", exact: true }), '{"model": "${artifact_collection_name}"}');
  await activate(button("Review"));
  await fill(page.getByLabel("Name", { exact: true }), "By keys");
  await press("Enter");
  await heading("By keys");
  const { body } = await call("GET", "/entities/kestrel/automations");
  assert.deepEqual(
    body.items.map((one) => [one.name, one.trigger.event, one.action.type]),
    [["By keys", "LINK_ARTIFACT", "webhook"]],
  );
});

test("it is disabled, duplicated, edited and deleted by the keys of its row", async () => {
  await go("Automations", "Automations");
  await heading("Automations");
  const title = page.getByRole("rowheader").getByRole("link", { name: "By keys", exact: true });
  const enabled = page.getByRole("switch", { name: "Enabled: By keys", exact: true });
  await activate(enabled, "Space");
  await until("it is off", async () => (await enabled.getAttribute("aria-checked")) === "false");
  await press("Space");
  await until("it is on", async () => (await enabled.getAttribute("aria-checked")) === "true");
  await tabTo(title, "Shift+Tab");
  await press("d");
  await until("there is a copy", async () => (await call("GET", "/entities/kestrel/automations")).body.items.length === 2);
  await go("Automations", "Automations");
  await heading("Automations");
  await activate(page.getByRole("button", { name: "Actions for By keys (copy)" }));
  const first = page.getByRole("menuitem", { name: /^View/ });
  await until("the first item has the focus", () => first.evaluate((own) => own === document.activeElement));
  await press("End", "Enter");
  await page.getByRole("dialog").waitFor();
  await activate(page.getByRole("dialog").getByRole("button", { name: "Delete automation" }));
  await until("one is left", async () => (await call("GET", "/entities/kestrel/automations")).body.items.length === 1);
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await tabTo(title);
  await press("e");
  await heading("Edit automation");
});

test("a delivery is found, chosen, sent again and read", async () => {
  await call("POST", "/events", { type: "LINK_ARTIFACT", subject: { kind: "registry", entity: "kestrel", name: "models", collection: "scorer", version: 1 } });
  await until("it is received", () => receiver.requests.length === 2);
  await go("Deliveries", "Deliveries");
  await heading("Deliveries");
  await activate(button("Webhook"));
  const option = page.getByRole("option", { name: "hook", exact: true });
  await until("the first choice has the focus", () => option.evaluate((own) => own === document.activeElement));
  await press("Enter");
  await until("the address holds it", () => page.url().includes("webhook="));
  await activate(page.getByRole("checkbox", { name: /^Select By keys/ }), "Space");
  await activate(button("Redeliver…"));
  await page.getByRole("dialog").getByText("One delivery goes out again, to").waitFor();
  await activate(page.getByRole("dialog").getByRole("button", { name: "Redeliver 1" }));
  await until("it is received again", () => receiver.requests.length === 3);
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await activate(page.getByRole("rowheader").getByRole("link", { name: "By keys" }));
  await page.getByText("Why it fired").waitFor();
});

test("an alert is made at a metric's bell", async () => {
  await go("training", "training");
  await heading("training");
  await activate(page.getByRole("button", { name: /^Alert on loss/ }));
  const bell = page.getByRole("dialog", { name: /Alert on/ });
  await bell.waitFor();
  await fill(bell.getByRole("textbox", { name: "Value", exact: true }), "0.1");
  await tabTo(bell.getByRole("combobox", { name: "Send to" }));
  await page.keyboard.type("hook");
  await activate(bell.getByRole("button", { name: "Create alert" }));
  await until("it is stored", async () => {
    const { body } = await call("GET", "/entities/kestrel/automations?project=training");
    return body.items.length === 1;
  });
});

test("a member is added and given another role", async () => {
  await go("Members", "Members");
  await page.getByRole("table", { name: "Members" }).waitFor();
  await activate(button("Add member"));
  await page.getByRole("dialog").waitFor();
  await page.keyboard.insertText("tomas");
  await press("Enter");
  await page.getByRole("dialog").getByRole("region", { name: "Sign-in link" }).waitFor();
  await activate(page.getByRole("dialog").getByRole("button", { name: "Done" }));
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await tabTo(page.getByRole("combobox", { name: "Role of tomas" }));
  await page.keyboard.type("viewer");
  await press("Tab");
  await until("the role is another", async () => {
    const { body } = await call("GET", "/entities/kestrel/members");
    return body.items.some((one) => one.user === "tomas" && one.role === "viewer");
  });
});

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
