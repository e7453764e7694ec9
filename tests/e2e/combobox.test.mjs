// The combobox, by the pattern of the ARIA Authoring Practices: what each key does, what is said, and that many
// options are no trouble.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startServer, until } from "../support/server.mjs";

const MANY = 180;

let server;
let browser;
let page;
let problems;
let call;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  await call("PUT", "/entities/kestrel/places/registries/few");
  await call("PUT", "/entities/kestrel/places/projects/training");
  for (let index = 0; index < MANY; index += 1) {
    const name = `scorer-${String(index).padStart(3, "0")}`;
    const { status } = await call("PUT", `/entities/kestrel/places/registries/models/collections/${name}`, {});
    assert.ok(status < 300, `${status}`);
  }
  await call("PUT", "/entities/kestrel/places/registries/few/collections/only", {});
  for (let index = 0; index < 12; index += 1) {
    await call("POST", "/entities/kestrel/webhooks", { name: `hook-${index}`, url: `https://h${index}.example/in` });
  }
  for (const metric of ["val/loss", "val/acc"]) {
    await call("POST", "/entities/kestrel/projects/training/runs/r1/metrics", { metric, points: [{ step: 1, value: 1 }] });
  }
});

after(async () => {
  await browser.close();
  await server.stop();
});

const field = () => page.getByRole("combobox", { name: "Collection", exact: true });
const options = () => page.getByRole("listbox").getByRole("option");

async function open(place = "registry/models") {
  await page.goto(`${server.origin}/kestrel/${place}/automations/new?on=LINK_ARTIFACT`);
  await page.getByRole("radio", { name: /One collection/ }).check();
  await field().waitFor();
}

/** The option that a screen reader is told of. */
const active = () =>
  field().evaluate((input) => {
    const id = input.getAttribute("aria-activedescendant");
    return id && input.getRootNode().getElementById(id)?.textContent;
  });

test("a few options are a native select", async () => {
  await open("registry/few");
  assert.equal(await field().evaluate((own) => own.tagName), "SELECT");
  await field().selectOption("only");
});

test("many options filter as they are typed, and keys move, take, close and clear", async () => {
  await open();
  assert.equal(await field().evaluate((own) => own.tagName), "INPUT");
  assert.equal(await field().getAttribute("aria-expanded"), "false");
  await field().focus();
  assert.equal(await options().count(), 0, "focus alone opens nothing");
  await page.keyboard.press("ArrowDown");
  await until("all are listed", async () => (await options().count()) === MANY);
  assert.equal(await field().getAttribute("aria-expanded"), "true");
  assert.equal(await active(), "scorer-000");
  await page.keyboard.press("ArrowUp");
  assert.equal(await active(), `scorer-${MANY - 1}`, "before the first comes the last");
  await until("the last is in sight", () => options().last().evaluate((own) => {
    const { top, bottom } = own.getBoundingClientRect();
    const list = own.closest("[role=listbox]").getBoundingClientRect();
    return top >= list.top - 1 && bottom <= list.bottom + 1;
  }));
  assert.deepEqual(await axe(page), []);
  await page.keyboard.type("-12 scorer");
  await until("ten are left", async () => (await options().count()) === 10);
  await page.getByRole("status").getByText("10 options").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await field().inputValue(), "scorer-121");
  assert.equal(await field().getAttribute("aria-expanded"), "false");
  assert.ok(await field().evaluate((own) => own === document.activeElement), "the focus stays in the field");
  await page.getByText("to scorer-121").first().waitFor();

  await page.keyboard.press("ArrowDown");
  assert.equal(await active(), "scorer-121", "it opens on what is chosen");
  await page.keyboard.type("zzz");
  await page.getByRole("status").getByText("None found").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await field().getAttribute("aria-expanded"), "false");
  assert.equal(await field().inputValue(), "scorer-121", "closing forgets what was typed");
  await page.keyboard.press("Escape");
  assert.equal(await field().inputValue(), "");
  await until("the sentence forgets it", async () => (await page.getByText("to scorer-121").count()) === 0);

  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Tab");
  assert.equal(await field().getAttribute("aria-expanded"), "false");
  assert.ok(!(await field().evaluate((own) => own === document.activeElement)), "Tab moves on");
});

test("a pointer opens, chooses and leaves the focus in the field", async () => {
  await open();
  await field().click();
  await options().nth(3).click();
  assert.equal(await field().inputValue(), "scorer-003");
  assert.ok(await field().evaluate((own) => own === document.activeElement));
  await field().click();
  await page.getByRole("heading", { level: 1 }).click();
  await until("it closed", async () => (await options().count()) === 0);
  assert.equal(await field().inputValue(), "scorer-003");
});

test("the list stays beside its field while the page scrolls, at 390 px too", async () => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open();
  await field().click();
  const gap = async () => {
    const [own, list] = await Promise.all([field().boundingBox(), page.getByRole("listbox").boundingBox()]);
    return Math.min(Math.abs(list.y - own.y - own.height), Math.abs(own.y - list.y - list.height));
  };
  await until("it is beside", async () => (await gap()) < 16);
  await page.mouse.wheel(0, 120);
  await until("it followed", async () => (await gap()) < 16);
  const list = await page.getByRole("listbox").boundingBox();
  assert.ok(list.x >= 0 && list.x + list.width <= 390, JSON.stringify(list));
  await page.setViewportSize({ width: 1440, height: 900 });
});

test("webhooks are found by host, and told by their health", async () => {
  await open();
  await page.getByRole("radio", { name: /Every collection/ }).check();
  await page.getByRole("button", { name: "Action", exact: true }).click();
  const webhook = page.getByRole("combobox", { name: "Webhook", exact: true });
  await webhook.click();
  await webhook.pressSequentially("h7.exa");
  await until("one is left", async () => (await options().count()) === 1);
  await options().getByText("Never used").waitFor();
  await page.keyboard.press("Enter");
  assert.equal(await webhook.inputValue(), "hook-7");
  await page.getByText("https://h7.example/in").waitFor();
});

test("what is on its way is said, and joins the open list", async () => {
  await call("POST", "/entities/kestrel/automations", {
    name: "Tell the team",
    scope: { kind: "registry", entity: "kestrel", name: "models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "webhook", webhook_id: (await call("GET", "/entities/kestrel/webhooks")).body.items[0].id, template: '{"a": 1}' },
  });
  let release;
  const held = new Promise((resolve) => (release = resolve));
  const lists = (url) => url.pathname.endsWith("/automations") && url.pathname.includes("/api/");
  await page.route(lists, async (route) => {
    await held;
    await route.continue();
  });
  await page.goto(`${server.origin}/kestrel/registry/models/automations/new?on=UNLINK_ARTIFACT&step=action`);
  const from = page.getByRole("combobox", { name: "Start the payload from" });
  await from.click();
  await page.getByRole("status").getByText("Loading more…").waitFor();
  assert.deepEqual(await axe(page), []);
  release();
  await options().getByText("Tell the team").waitFor();
  assert.equal(await page.getByText("Loading more…").count(), 0);
  await page.unroute(lists);
});

test("a metric is proposed and any other may be typed", async () => {
  await page.goto(`${server.origin}/kestrel/project/training/automations/new?on=RUN_METRIC_THRESHOLD`);
  const metric = page.getByRole("combobox", { name: "Metric" });
  await metric.fill("acc");
  await options().getByText("val/acc").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.equal(await metric.inputValue(), "val/acc");
  await metric.fill("new/metric");
  assert.equal(await options().count(), 0);
  await page.keyboard.press("Tab");
  assert.equal(await metric.inputValue(), "new/metric");
  assert.deepEqual(await axe(page), []);
});

test("nothing was printed to the console", () => assert.deepEqual(problems, []));
