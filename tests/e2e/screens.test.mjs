// Every screen of the demo, light and dark, wide, narrow and zoomed: axe finds nothing, nothing is printed
// to the console, nothing scrolls sideways.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startServer, until } from "../support/server.mjs";

let server;
let browser;
let state;
let paths;

before(async () => {
  server = await startServer(["--demo"]);
  browser = await launch();
  const { page, context } = await openPage(browser);
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  state = await page.evaluate(() => ({ ...sessionStorage }));
  const key = Object.values(state).find((value) => value.startsWith("hb_"));
  assert.ok(key, "the key is held for the tab");
  await context.close();
  const call = client(server, key);
  const deliveries = await until("a delivery arrived and one waits", async () => {
    const { body } = await call("GET", "/entities/kestrel/deliveries");
    const of = (wanted) => body.items.find((row) => row.state === wanted);
    return of("delivered") && of("retrying") && { delivered: of("delivered"), retrying: of("retrying") };
  });
  const { body: automations } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const models = "/kestrel/registry/Models";
  const own = automations.items.find((row) => row.name === "Deploy to production");
  const { body: events } = await call("GET", "/entities/kestrel/events");
  const watched = events.items.find((event) => event.evaluated > 0);
  paths = {
    home: "/kestrel",
    "team's automations": "/kestrel/automations",
    "registry's automations": `${models}/automations`,
    "registry's collections": `${models}/collections`,
    "registry's history": `${models}/history`,
    "project's automations": "/kestrel/project/fraud-training/automations",
    "an empty place": "/kestrel/project/doc-layout/automations",
    "a collection": `${models}/collections/fraud-scorer`,
    workspace: "/kestrel/project/asr-conformer/workspace",
    events: "/kestrel/events",
    "an event": `/kestrel/events/${watched.id}`,
    "payload reference": "/kestrel/reference",
    deliveries: "/kestrel/deliveries",
    "a delivered delivery": `/kestrel/deliveries/${deliveries.delivered.id}`,
    "a waiting delivery": `/kestrel/deliveries/${deliveries.retrying.id}`,
    settings: "/kestrel/settings/webhooks",
    sources: "/kestrel/settings/sources",
    members: "/kestrel/settings/members",
    "access keys": "/kestrel/settings/keys",
    "audit log": "/kestrel/settings/audit",
    "automation details": `${models}/automations/${own.id}`,
    "wizard, event": `${models}/automations/new?step=event`,
    "editing, event": `${models}/automations/${own.id}/edit?step=event`,
    "editing, action": `${models}/automations/${own.id}/edit?step=action`,
    "editing, review": `${models}/automations/${own.id}/edit?step=review`,
    "not found": "/kestrel/registry/Nope/automations",
  };
});

after(async () => {
  await browser.close();
  await server.stop();
});

for (const scheme of ["light", "dark"]) {
  for (const width of [1440, 390]) {
    test(`every screen, ${scheme}, ${width} px`, async (suite) => {
      const { page, context, problems } = await openPage(browser, { width, scheme });
      await page.addInitScript((entries) => {
        for (const [name, value] of Object.entries(entries)) sessionStorage.setItem(name, value);
      }, state);
      for (const [name, path] of Object.entries(paths)) {
        await suite.test(name, async () => {
          await page.goto(server.origin + path);
          const heading = page.getByRole("heading", { level: 1 });
          await heading.waitFor();
          await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
          assert.equal((await heading.innerText()) === "There is nothing here", name === "not found");
          assert.deepEqual(await axe(page), []);
          const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          assert.equal(sideways, 0, "it scrolls sideways");
          assert.deepEqual(problems.splice(0), []);
        });
      }
      await context.close();
    });
  }
}

/** Widths in CSS pixels at which nothing may scroll sideways: a tablet, 200 % and 400 % zoom of 1,280. */
const REFLOWS = [1024, 640, 320];

test("every screen reflows at 1,024 px, and at 200 % and 400 % zoom", async (suite) => {
  const { page, context, problems } = await openPage(browser, { width: REFLOWS[0] });
  await page.addInitScript((entries) => {
    for (const [name, value] of Object.entries(entries)) sessionStorage.setItem(name, value);
  }, state);
  for (const [name, path] of Object.entries(paths)) {
    await suite.test(name, async () => {
      await page.setViewportSize({ width: REFLOWS[0], height: 800 });
      await page.goto(server.origin + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
      for (const width of REFLOWS) {
        await page.setViewportSize({ width, height: 800 });
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.equal(sideways, 0, `it scrolls sideways at ${width} px`);
      }
      assert.deepEqual(problems.splice(0), []);
    });
  }
  await context.close();
});
