// Takes the pictures of docs/screens from the demo, wide and narrow, in light and dark, and of a panel in the plain example
// of a host.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { launch, openPage } from "../support/browser.mjs";
import { startHost } from "../support/host.mjs";
import { client, startServer, until } from "../support/server.mjs";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const host = await startHost(fileURLToPath(new URL("../../examples/hosts/plain", import.meta.url)));
const server = await startServer(["--demo", "--allow-origin", host.origin]);
host.hookboard = server.origin;
const browser = await launch();
let state;

/** Waits until what a page, or the panel in it, shows has come. */
async function settled(page) {
  await page.getByRole("heading", { level: 1 }).last().waitFor();
  const count = (selector) => page.locator(selector).count();
  await until("nothing is on its way", async () => (await count('main [aria-busy="true"], main .skeleton')) === 0);
  await until("lines are drawn", async () => (await count(".plot__line")) === (await count(".panel")) * 5);
}

/** The rooms, by the names of their pictures. */
async function rooms(call) {
  const delivery = await until("a delivery waits for its next try", async () => {
    const { body } = await call("GET", "/entities/kestrel/deliveries?state=retrying");
    return body.items[0];
  });
  const { body: automations } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const deploy = automations.items.find((one) => one.name === "Deploy to production");
  const models = "/kestrel/registry/Models";
  const { body: events } = await call("GET", "/entities/kestrel/events?type=ADD_ARTIFACT_ALIAS");
  const event = events.items.find((one) => one.matched > 0 && one.matched < one.evaluated);
  return {
    home: "/kestrel",
    automations: `${models}/automations`,
    automation: `${models}/automations/${deploy.id}`,
    "wizard-event": `${models}/automations/${deploy.id}/edit?step=event`,
    wizard: `${models}/automations/${deploy.id}/edit?step=action`,
    "wizard-review": `${models}/automations/${deploy.id}/edit?step=review`,
    history: `${models}/history`,
    delivery: `/kestrel/deliveries/${delivery.id}`,
    deliveries: "/kestrel/deliveries",
    collections: `${models}/collections`,
    collection: `${models}/collections/fraud-scorer`,
    workspace: "/kestrel/project/asr-conformer/workspace",
    artifacts: "/kestrel/project/fraud-training/artifacts",
    events: "/kestrel/events",
    event: `/kestrel/events/${event.id}`,
    settings: "/kestrel/settings/webhooks",
    sources: "/kestrel/settings/sources",
    members: "/kestrel/settings/members",
    keys: "/kestrel/settings/keys",
    audit: "/kestrel/settings/audit",
    reference: "/kestrel/reference",
  };
}

/** Those also taken at the width of a phone. */
const NARROW = ["home", "automations", "wizard-event", "wizard", "delivery", "collections", "workspace", "settings"];

for (const scheme of ["light", "dark"]) {
  for (const [width, height, mark] of [
    [1280, 860, ""],
    [390, 844, "-narrow"],
  ]) {
    const { page, context } = await openPage(browser, { width, height, scheme });
    if (!state) {
      await page.goto(server.link);
      await page.getByRole("heading", { level: 1 }).waitFor();
      state = await page.evaluate(() => ({ ...sessionStorage }));
    }
    await page.addInitScript((entries) => {
      for (const [name, value] of Object.entries(entries)) sessionStorage.setItem(name, value);
    }, state);
    const key = Object.values(state).find((value) => value.startsWith("hb_"));
    host.token = () => key;
    const all = Object.entries(await rooms(client(server, key)));
    for (const [name, path] of all.filter(([name]) => !mark || NARROW.includes(name))) {
      await page.goto(server.origin + path);
      await settled(page);
      await page.screenshot({ path: join(folder, `${name}${mark}-${scheme}.png`) });
    }
    await context.close();
  }
  const { page, context } = await openPage(browser, { width: 1280, height: 860, scheme });
  await page.goto(`${host.origin}/index.html`);
  await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await settled(page);
  await page.screenshot({ path: join(folder, `panel-${scheme}.png`) });
  await context.close();
}
await browser.close();
await server.stop();
await host.stop();
