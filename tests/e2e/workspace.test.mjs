// The plots of a project: zoom without dragging, runs whose points do not come, no run chosen; and rows that stay
// as they are while newer ones come.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, signIn, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let call;

before(async () => {
  server = await startServer(["--demo"]);
  const key = await signIn(server);
  call = client(server, key);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
});

after(async () => {
  await browser.close();
  await server.stop();
});

const panel = (name) => page.getByRole("region", { name, exact: true });
const workspace = () => page.goto(`${server.origin}/kestrel/project/asr-conformer/workspace`);

async function choose(name) {
  await panel("val/wer").getByRole("button", { name: "More for val/wer" }).click();
  await page.getByRole("menuitem", { name }).click();
}

const steps = () => panel("val/wer").locator(".plot__x text").allTextContents();

test("a plot is zoomed, moved and reset from its menu, and by key", async () => {
  await workspace();
  await panel("val/wer").getByText("conformer-l-19").waitFor();
  await until("all points have come", async () => (await panel("val/wer").locator(".plot__line").count()) === 5);
  const all = await steps();
  await panel("val/wer").getByRole("button", { name: "More for val/wer" }).click();
  assert.equal(await page.getByRole("menuitem", { name: /Zoom out/ }).getAttribute("aria-disabled"), "true");
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Escape");
  await choose("Zoom in");
  await until("half is seen", async () => (await steps())[0] !== all[0]);
  const half = await steps();
  await choose("Later steps");
  await until("the end is seen", async () => (await steps()).at(-1) === all.at(-1));
  await choose("Earlier steps");
  await until("the half is seen again", async () => (await steps()).join() === half.join());
  await choose("Zoom out");
  await until("all is seen", async () => (await steps()).join() === all.join());
  const plot = panel("val/wer").getByRole("group", { name: /plus and minus zoom/ });
  await plot.focus();
  await page.keyboard.press("+");
  await until("the half is seen", async () => (await steps()).join() === half.join());
  await page.keyboard.press("0");
  await until("all is seen again", async () => (await steps()).join() === all.join());
});

test("a run whose points do not come is named in the plot, and asked for again", async () => {
  const points = (url) => url.pathname.endsWith("/metrics") && url.searchParams.get("metric") === "val/wer";
  let left = 1;
  await page.route(points, (route) => {
    left -= 1;
    return left >= 0 ? route.fulfill({ status: 404, contentType: "application/problem+json", body: "{}" }) : route.continue();
  });
  await workspace();
  const callout = panel("val/wer").getByRole("alert");
  await callout.getByText(/^conformer-\S+ could not be loaded\.$/).waitFor();
  await until("the others are drawn", async () => (await panel("val/wer").locator(".plot__line").count()) === 4);
  assert.equal(await page.getByRole("alert").count(), 1, "other plots are whole");
  await callout.getByRole("button", { name: "Try again" }).click();
  await until("it is drawn", async () => (await panel("val/wer").locator(".plot__line").count()) === 5);
  assert.equal(await callout.count(), 0);
  await page.unroute(points);
});

test("runs are found by name, and with none chosen the plots say so", async () => {
  await workspace();
  const runs = page.getByRole("region", { name: "Runs" });
  await runs.getByRole("searchbox", { name: "Name, user or state" }).fill("tomas");
  await until("one run is left", async () => (await runs.getByRole("listitem").count()) === 1);
  await runs.getByRole("searchbox").fill("");
  await until("all are back", async () => (await runs.getByRole("listitem").count()) === 5);
  for (let left = 5; left > 0; left -= 1) await runs.getByRole("checkbox", { checked: true }).first().uncheck();
  await panel("val/wer").getByText("No run is chosen.").waitFor();
  assert.deepEqual(await axe(page), []);
  await runs.getByRole("checkbox").first().check();
  await until("it is drawn", async () => (await panel("val/wer").locator(".plot__line").count()) === 1);
  assert.equal(await panel("val/wer").getByText("No run is chosen.").count(), 0);
});

test("an event that is open stays open while another is passed over", async () => {
  const { body } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const own = body.items.find((one) => one.name === "Deploy to production");
  await page.goto(`${server.origin}/kestrel/registry/Models/automations/${own.id}`);
  const passed = page.getByRole("region", { name: "Why it did not fire" });
  const rows = passed.getByRole("group");
  await rows.first().waitFor();
  const first = await rows.first().innerText();
  const opened = await rows.first().elementHandle();
  await rows.first().locator("summary").click();
  await passed.getByText("What it saw").or(passed.getByRole("table")).first().waitFor();
  const sent = await call("POST", "/events", {
    type: "ADD_ARTIFACT_ALIAS",
    author: "mira.okafor",
    alias: "canary-7",
    subject: { kind: "registry", entity: "kestrel", name: "Models", collection: "fraud-scorer", version: 42 },
  });
  assert.equal(sent.status, 202, JSON.stringify(sent.body));
  await until("the newer one came first", async () => (await rows.first().innerText()) !== first);
  assert.ok(await opened.evaluate((own) => own.isConnected && own.open), "the one that was open is open");
});

test("a version that is read about stays while another is made", async () => {
  await page.goto(`${server.origin}/kestrel/registry/Models/collections/fraud-scorer`);
  const versions = page.getByRole("table", { name: "Versions of fraud-scorer" });
  const row = versions.getByRole("row").filter({ has: page.getByRole("rowheader", { name: "v42" }) });
  await row.waitFor();
  const kept = await row.elementHandle();
  const collection = "/entities/kestrel/places/registries/Models/collections/fraud-scorer";
  await call("PUT", `${collection}/versions/43`, { metadata: { accuracy: 0.95 } });
  await versions.getByRole("rowheader", { name: "v43" }).waitFor();
  await call("PUT", `${collection}/versions/42/tags/reviewed`, {});
  await row.getByText("reviewed").waitFor();
  assert.ok(await kept.evaluate((own) => own.isConnected), "it is the same row");
});

test("nothing was printed to the console", () => assert.deepEqual(problems, []));
