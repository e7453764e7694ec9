// Takes the pictures of docs/screens from the demo, at a fixed width, in light and dark.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, openPage } from "../support/browser.mjs";
import { client, startServer, until } from "../support/server.mjs";

const folder = process.argv[2];
mkdirSync(folder, { recursive: true });
const server = await startServer(["--demo"]);
const browser = await launch();
let state;
for (const scheme of ["light", "dark"]) {
  const { page, context } = await openPage(browser, { width: 1280, height: 860, scheme });
  if (!state) {
    await page.goto(server.link);
    await page.getByRole("heading", { level: 1 }).waitFor();
    state = await page.evaluate(() => ({ ...sessionStorage }));
  }
  await page.addInitScript((entries) => {
    for (const [name, value] of Object.entries(entries)) sessionStorage.setItem(name, value);
  }, state);
  const call = client(server, Object.values(state).find((value) => value.startsWith("hb_")));
  const delivery = await until("a delivery waits for its next try", async () => {
    const { body } = await call("GET", "/entities/kestrel/deliveries?state=retrying");
    return body.items[0];
  });
  const { body: automations } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const deploy = automations.items.find((one) => one.name === "Deploy to production");
  const models = "/kestrel/registry/Models";
  const { body: events } = await call("GET", "/entities/kestrel/events?type=ADD_ARTIFACT_ALIAS");
  const event = events.items.find((one) => one.matched > 0 && one.matched < one.evaluated);
  for (const [name, path] of [
    ["home", "/kestrel"],
    ["automations", `${models}/automations`],
    ["automation", `${models}/automations/${deploy.id}`],
    ["wizard-event", `${models}/automations/${deploy.id}/edit?step=event`],
    ["wizard", `${models}/automations/${deploy.id}/edit?step=action`],
    ["wizard-review", `${models}/automations/${deploy.id}/edit?step=review`],
    ["history", `${models}/history`],
    ["delivery", `/kestrel/deliveries/${delivery.id}`],
    ["collections", `${models}/collections`],
    ["collection", `${models}/collections/fraud-scorer`],
    ["workspace", "/kestrel/project/asr-conformer/workspace"],
    ["events", "/kestrel/events"],
    ["event", `/kestrel/events/${event.id}`],
    ["settings", "/kestrel/settings/webhooks"],
    ["sources", "/kestrel/settings/sources"],
    ["members", "/kestrel/settings/members"],
    ["keys", "/kestrel/settings/keys"],
    ["audit", "/kestrel/settings/audit"],
    ["reference", "/kestrel/reference"],
  ]) {
    await page.goto(server.origin + path);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
    // Lines are drawn as their points come.
    await page.waitForFunction(
      () => document.querySelectorAll(".plot__line").length === document.querySelectorAll(".panel").length * 5,
    );
    await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) });
  }
  await context.close();
}
await browser.close();
await server.stop();
