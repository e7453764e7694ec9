// The server answers slowly, out of order, with failures or not at all: the page stays usable, tells the
// truth, and loses nothing that was typed.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { startProxy } from "../support/proxy.mjs";
import { client, signIn, startServer, until } from "../support/server.mjs";

let server;
let proxy;
let browser;
let page;
let context;
let problems;
let call;
let key;

const automations = "/kestrel/registry/Models/automations";

before(async () => {
  server = await startServer(["--demo"]);
  key = await signIn(server);
  call = client(server, key);
  proxy = await startProxy(server.origin);
  browser = await launch();
  ({ page, context, problems } = await openPage(browser));
  await page.goto(proxy.origin);
  await page.evaluate((kept) => sessionStorage.setItem("hookboard.key", kept), key);
});

after(async () => {
  await browser.close();
  await proxy.stop();
  await server.stop();
});

const main = () => page.getByRole("main");
const rows = () => main().getByRole("row");
const heading = (name) => page.getByRole("heading", { level: 1, name });

/** The browser itself prints each call that failed; nothing else was printed. */
function expectOnlyFaults() {
  const own = problems.splice(0).filter((line) => !/^error: Failed to load resource/.test(line));
  assert.deepEqual(own, []);
}

/** A promise and the function that ends it. */
function gate() {
  let open;
  const until = new Promise((resolve) => (open = resolve));
  return { until, open };
}

async function goto(path) {
  await page.goto(proxy.origin + path);
  await heading(/./).waitFor();
}

test("an automation whose answer was lost is made once, however often it is asked for", async () => {
  await goto("/kestrel/registry/Models/automations/new");
  await page.getByText("A new version is linked to a collection", { exact: true }).first().click();
  await page.getByRole("button", { name: "Action" }).click();
  await page.getByText("Record only").first().click();
  await page.getByRole("button", { name: "Review" }).click();
  await page.getByRole("textbox", { name: "Name" }).fill("Made once");
  const create = page.getByRole("button", { name: "Create automation" });
  const isCreate = (method, path) => method === "POST" && path.endsWith("/automations");
  for (const round of [1, 2]) {
    let asked = false;
    proxy.fault = (method, path) => {
      if (!isCreate(method, path)) return undefined;
      asked = true;
      return { lost: true };
    };
    await create.click();
    await until(`it was asked for, ${round}`, () => asked);
    await main().getByText("The server did not answer. Check the connection and try again.").first().waitFor();
  }
  proxy.fault = () => undefined;
  await create.click();
  await heading("Made once").waitFor();
  const { body } = await call("GET", "/entities/kestrel/automations?text=Made%20once");
  assert.equal(body.items.length, 1);
  expectOnlyFaults();
});

test("the keys say that they could not be loaded where not even the reader is known, and count nothing", async () => {
  proxy.fault = (_, path) => (/^\/api\/.*\/(me|keys)$/.test(path) ? { status: 500 } : undefined);
  await goto("/kestrel/settings/keys");
  await main().getByText("The list could not be loaded.").waitFor();
  assert.equal(await main().getByText("in all").count(), 0);
  proxy.fault = () => undefined;
  await main().getByRole("button", { name: "Try again" }).click();
  await rows().nth(1).waitFor();
  await main().getByText(`${(await rows().count()) - 1} in all`).waitFor();
  expectOnlyFaults();
});

test("a list that does not load says so and offers another try; what came before stays", async () => {
  proxy.fault = (_, path) => (path.includes("/automations?") ? { status: 502 } : undefined);
  await goto(automations);
  await main().getByText("The list could not be loaded.").waitFor();
  assert.deepEqual(await axe(page), []);
  proxy.fault = () => undefined;
  await main().getByRole("button", { name: "Try again" }).click();
  await rows().nth(1).waitFor();
  const count = await rows().count();
  proxy.fault = (_, path) => (path.includes("/automations?") ? { status: 500 } : undefined);
  await call("PUT", "/entities/kestrel/places/registries/Models/collections/new-one/versions/1", { author: "ci" });
  await call("POST", "/entities/kestrel/automations", {
    name: "Made meanwhile",
    scope: { kind: "registry", entity: "kestrel", name: "Models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "record" },
  });
  await main().getByText("The list could not be loaded.").waitFor();
  assert.equal(await rows().count(), count, "the rows that were there stay");
  proxy.fault = () => undefined;
  await main().getByRole("button", { name: "Try again" }).click();
  await main().getByRole("link", { name: "Made meanwhile" }).waitFor();
  expectOnlyFaults();
});

test("an answer that comes late does not take the place of a newer one", async () => {
  await goto("/kestrel/deliveries");
  await rows().nth(1).waitFor();
  const late = gate();
  proxy.fault = (_, path) => (path.includes("/deliveries?") && path.includes("state=failed") ? { until: late.until } : undefined);
  const states = main().getByRole("group", { name: "State" });
  const choose = (name) => states.getByRole("button", { name }).click();
  const asked = page.waitForRequest((request) => request.url().includes("state=failed") && !request.url().includes("counts"));
  await choose(/^Failed/);
  await asked;
  await choose(/^Delivered/);
  await until("only delivered ones show", async () => {
    const states = await main().locator("tbody .col-state").allInnerTexts();
    return states.length > 0 && states.every((state) => state.startsWith("Delivered"));
  });
  const arrived = page.waitForResponse((response) => response.url().includes("state=failed") && !response.url().includes("counts"));
  late.open();
  await (await arrived).finished();
  const shown = await main().locator("tbody .col-state").allInnerTexts();
  assert.ok(shown.every((state) => state.startsWith("Delivered")), "the late answer is of another question");
  proxy.fault = () => undefined;
});

test("a filter opened before its choices have come has the focus on the first when they come", async () => {
  const late = gate();
  proxy.fault = (_, path) => (path.endsWith("/webhooks") ? { until: late.until } : undefined);
  await goto("/kestrel/deliveries");
  const filter = main().getByRole("button", { name: "Webhook", exact: true });
  await filter.press("Enter");
  await until("the list is open", async () => (await filter.getAttribute("aria-expanded")) === "true");
  assert.equal(await main().getByRole("option").count(), 0);
  late.open();
  const first = main().getByRole("option").first();
  await until("the first choice has the focus", () => first.evaluate((own) => own === document.activeElement));
  await page.keyboard.press("Escape");
  await until("the button has it back", () => filter.evaluate((own) => own === document.activeElement));
  proxy.fault = () => undefined;
});

test("a switch that the server refuses goes back, and says why", async () => {
  await goto(automations);
  const own = page.getByRole("switch", { name: "Enabled: Deploy to production" });
  await own.waitFor();
  proxy.fault = (method) => (method === "PATCH" ? { status: 500 } : undefined);
  assert.equal(await own.getAttribute("aria-checked"), "true");
  await own.click();
  await page.getByRole("status").getByText(/The server answered 500/).first().waitFor();
  await until("it is on again", async () => (await own.getAttribute("aria-checked")) === "true");
  proxy.fault = (method) => (method === "PATCH" ? { cut: true } : undefined);
  await own.click();
  await page.getByText("The server did not answer. Check the connection and try again.").first().waitFor();
  await until("it is on again", async () => (await own.getAttribute("aria-checked")) === "true");
  proxy.fault = () => undefined;
  expectOnlyFaults();
});

test("the stream that breaks off is taken up again, and what was missed is caught up", async () => {
  const sign = page.getByRole("status").filter({ hasText: /^(Live|Reconnecting|Paused)$/ });
  await goto(automations);
  await until("it is live", async () => (await sign.innerText()) === "Live");
  proxy.fault = (_, path) => (path.includes("/stream") ? { status: 503 } : undefined);
  proxy.cutStreams();
  await until("the sign tells", async () => (await sign.innerText()) !== "Live");
  await call("POST", "/entities/kestrel/automations", {
    name: "Made in the dark",
    scope: { kind: "registry", entity: "kestrel", name: "Models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "record" },
  });
  proxy.fault = () => undefined;
  await main().getByRole("link", { name: "Made in the dark" }).waitFor();
  await until("it is live again", async () => (await sign.innerText()) === "Live");
  expectOnlyFaults();
});

test("whoever leaves while an answer is on its way has a page that lives", async () => {
  await goto("/kestrel/events");
  await page.getByRole("link", { name: "Deliveries", exact: true }).click();
  await heading("Deliveries").waitFor();
  await rows().nth(1).waitFor();
  const late = gate();
  proxy.fault = (_, path) => (path.endsWith("/deliveries/redeliver") ? { until: late.until } : undefined);
  const asked = page.waitForRequest((request) => request.url().endsWith("/deliveries/redeliver"));
  await main().getByRole("button", { name: "Redeliver failed…" }).click();
  await asked;
  const answered = page.waitForResponse((response) => response.url().endsWith("/deliveries/redeliver"));
  await page.goBack();
  await heading("Events").waitFor();
  late.open();
  await answered;
  proxy.fault = () => undefined;
  await page.getByRole("link", { name: "Automations", exact: true }).click();
  await heading("Automations").waitFor();
  assert.deepEqual(problems, []);
});

/** Opens the wizard with something typed in. */
async function typed(pattern) {
  await goto(`${automations}/new`);
  const start = page.getByRole("button", { name: "Start over" });
  if (await start.count()) await start.click();
  await page.getByRole("radio", { name: /An artifact alias is added/ }).check();
  await page.getByLabel("Alias pattern").fill(pattern);
  await page.getByLabel("Alias pattern").blur();
}

test("a draft survives a reload", async () => {
  await typed("^kept-over-reload$");
  await page.reload();
  assert.equal(await page.getByLabel("Alias pattern").inputValue(), "^kept-over-reload$");
});

test("a draft survives being signed out", async () => {
  await typed("^kept-over-401$");
  proxy.fault = (_, path) => (path.startsWith("/api/") ? { status: 401 } : undefined);
  await call("POST", "/entities/kestrel/automations", {
    name: "Makes the page ask",
    scope: { kind: "registry", entity: "kestrel", name: "Models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "record" },
  });
  await page.getByLabel(/Access key or sign-in link/).waitFor();
  proxy.fault = () => undefined;
  await page.getByLabel(/Access key or sign-in link/).fill(key);
  await page.keyboard.press("Enter");
  await heading("Create automation").waitFor();
  await page.goto(`${proxy.origin}${automations}/new?step=event`);
  assert.equal(await page.getByLabel("Alias pattern").inputValue(), "^kept-over-401$");
  expectOnlyFaults();
});

test("a save whose key was revoked leads to the sign-in, and keeps what was typed", async () => {
  const { body: made } = await call("POST", "/entities/kestrel/automations", {
    name: "Saved by a key that is gone",
    scope: { kind: "registry", entity: "kestrel", name: "Models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "record" },
  });
  const { body: soon } = await call("POST", "/entities/kestrel/keys", { name: "soon revoked" });
  await page.evaluate((key) => sessionStorage.setItem("hookboard.key", key), soon.key);
  const path = `${automations}/${made.id}/edit?step=review`;
  await goto(path);
  await page.getByLabel("Description").fill("kept over a refused save");
  await call("DELETE", `/entities/kestrel/keys/${soon.info.id}`);
  await page.getByRole("button", { name: "Save automation" }).click();
  await page.getByLabel(/Access key or sign-in link/).fill(key);
  await page.keyboard.press("Enter");
  await goto(path);
  assert.equal(await page.getByLabel("Description").inputValue(), "kept over a refused save");
  expectOnlyFaults();
});

test("offline, creating says so and keeps everything; online it goes through", async () => {
  await typed("^kept-offline$");
  await page.getByRole("button", { name: "Action", exact: true }).click();
  await page.getByRole("radio", { name: /Record only/ }).check();
  await page.getByRole("button", { name: "Review", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("Made after all");
  await context.setOffline(true);
  await page.getByRole("button", { name: "Create automation" }).click();
  await main().getByText("The server did not answer. Check the connection and try again.").first().waitFor();
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Made after all");
  await context.setOffline(false);
  await page.getByRole("button", { name: "Create automation" }).click();
  await heading("Made after all").waitFor();
  expectOnlyFaults();
});

test("a save that fails halfway is said, and can be tried again without doing it twice", async () => {
  await typed("^once$");
  await page.getByRole("button", { name: "Action", exact: true }).click();
  await page.getByRole("radio", { name: /Record only/ }).check();
  await page.getByRole("button", { name: "Review", exact: true }).click();
  await page.getByLabel("Name", { exact: true }).fill("Only once");
  const slow = gate();
  proxy.fault = (method, path) => (method === "POST" && path.endsWith("/automations") ? { until: slow.until } : undefined);
  const create = page.getByRole("button", { name: /Create automation|Saving…|Creating…/ });
  await create.click();
  await until("it says that it waits", async () => (await create.getAttribute("aria-busy")) === "true");
  await create.click({ force: true });
  slow.open();
  await heading("Only once").waitFor();
  proxy.fault = () => undefined;
  const { body } = await call("GET", "/entities/kestrel/automations?text=Only%20once");
  assert.equal(body.items.length, 1);
});

test("the wizard says of its webhook that it is on its way, not to be had or gone, and keeps it chosen", async () => {
  const { body: webhook } = await call("POST", "/entities/kestrel/webhooks", { name: "soon-gone", url: `${server.origin}/sink/gone` });
  const scope = { kind: "registry", entity: "kestrel", name: "Models" };
  const { body: other } = await call("POST", "/entities/kestrel/webhooks", { name: "stays", url: `${server.origin}/sink/stays` });
  const action = { type: "webhook", webhook_id: other.id, template: "{}" };
  const { body: made } = await call("POST", "/entities/kestrel/automations", { name: "Says what it knows", scope, trigger: { event: "LINK_ARTIFACT" }, action });
  const field = page.getByRole("combobox", { name: "Webhook", exact: true });
  const shown = () => field.evaluate((own) => own.selectedOptions[0].textContent);
  const headers = page.getByRole("tabpanel");
  const late = gate();
  proxy.fault = (_, path) => (path.endsWith("/webhooks") ? { status: 500, until: late.until } : undefined);
  await goto(`${automations}/${made.id}/edit?step=action`);
  await heading("Edit automation").waitFor();
  await until("the webhooks are on their way", async () => (await field.count()) && (await shown()) === "Loading the webhooks…");
  // The automation names it itself.
  await main().locator(".rule__then").getByText("stays").waitFor();
  assert.equal(await page.getByText("choose what to send").count(), 0);
  await page.getByRole("tab", { name: "Headers" }).click();
  await headers.getByText("The webhook is being loaded.").waitFor();
  late.open();
  await headers.getByText("The webhooks could not be loaded.").waitFor();
  proxy.fault = () => undefined;
  await page.getByRole("button", { name: "Try again" }).click();
  await until("it is there", async () => (await field.count()) && (await shown()).startsWith("stays – "));
  await headers.getByText("user-agent").waitFor();

  await field.selectOption(webhook.id);
  await headers.getByText("user-agent").waitFor();
  assert.equal((await call("DELETE", `/entities/kestrel/webhooks/${webhook.id}`)).status, 204);
  await page.reload();
  await until("it is gone", async () => (await field.count()) && (await shown()) === "A webhook that is gone");
  await page.getByRole("tab", { name: "Headers" }).click();
  await headers.getByText("The webhook is gone. Choose another one.").waitFor();
  expectOnlyFaults();
});
