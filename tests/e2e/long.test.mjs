// Names as long as they may be, without a blank: no list scrolls sideways at any width.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startReceiver, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let receiver;
let paths;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  // The first answer has a status of no class; the second pauses the webhook.
  receiver = await startReceiver([999, 410]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  const asked = client(server, key);
  const call = async (method, path, body) => {
    const answer = await asked(method, path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  };
  const place = "r".repeat(128);
  await call("PUT", `/entities/kestrel/places/registries/${place}`);
  const scope = { kind: "registry", entity: "kestrel", name: place };
  const { body: webhook } = await call("POST", "/entities/kestrel/webhooks", { name: "h".repeat(64), url: receiver.url });
  const actions = [{ type: "webhook", webhook_id: webhook.id }, { type: "record" }];
  const made = [];
  for (const [index, action] of actions.entries()) {
    const name = (index ? "y" : "x").repeat(255);
    made.push((await call("POST", "/entities/kestrel/automations", { name, scope, trigger: { event: "LINK_ARTIFACT" }, action })).body);
  }
  const subject = { ...scope, collection: "c".repeat(128), version: Number.MAX_SAFE_INTEGER };
  for (const index of [0, 1]) {
    await call("POST", "/events", { type: "LINK_ARTIFACT", author: "a".repeat(128), subject });
    await until("it was tried", () => receiver.requests.length > index);
  }
  const empty = "e".repeat(128);
  await call("PUT", `/entities/kestrel/places/registries/${empty}`);
  const collections = `/entities/kestrel/places/registries/${place}/collections`;
  await call("PUT", `${collections}/${subject.collection}/versions/2`, { author: "a".repeat(128) });
  await call("PUT", `${collections}/${subject.collection}/versions/2/aliases/${"l".repeat(64)}`);
  await call("PUT", `/entities/kestrel/secrets/${"S".repeat(64)}`, { value: "a-long-enough-value" });
  const bearer = { name: "b".repeat(64), url: receiver.url, access_token: "S".repeat(64) };
  await call("POST", "/entities/kestrel/webhooks", bearer);
  const project = "p".repeat(128);
  await call("PUT", `/entities/kestrel/places/projects/${project}`);
  const points = [1, 2, 3].map((step) => ({ step, value: 1e300 / step }));
  await call("POST", `/entities/kestrel/projects/${project}/runs/${"r".repeat(100)}/metrics`, { metric: "m".repeat(120), points });
  const { body: events } = await call("GET", "/entities/kestrel/events");
  paths = [
    "/kestrel",
    "/kestrel/events",
    `/kestrel/events/${events.items.at(-1).id}`,
    `/kestrel/events/${events.items[0].id}`,
    "/kestrel/reference",
    "/kestrel/settings/sources",
    "/kestrel/settings/members",
    "/kestrel/settings/keys",
    "/kestrel/settings/audit",
    `/kestrel/registry/${empty}/automations`,
    `/kestrel/registry/${place}/collections/${subject.collection}`,
    `/kestrel/registry/${place}/automations/new?on=ADD_ARTIFACT_ALIAS`,
    `/kestrel/registry/${place}/automations/${made[0].id}/edit?step=event`,
    `/kestrel/registry/${place}/automations/${made[0].id}/edit?step=action`,
    `/kestrel/registry/${place}/automations/${made[0].id}/edit?step=review`,
    `/kestrel/project/${project}/workspace`,
    `/kestrel/project/${project}/automations/new?on=RUN_METRIC_THRESHOLD`,
    "/kestrel/deliveries",
    `/kestrel/deliveries?automation=${made[0].id}&since=7d`,
    "/kestrel/automations",
    `/kestrel/registry/${place}/history`,
    `/kestrel/registry/${place}/collections`,
    `/kestrel/registry/${place}/automations/${made[0].id}`,
    "/kestrel/settings/webhooks",
  ];
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

for (const width of [1440, 1024, 768, 390, 320]) {
  test(`nothing scrolls sideways at ${width} px`, async () => {
    await page.setViewportSize({ width, height: 900 });
    const found = [];
    for (const path of paths) {
      await page.goto(server.origin + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
      found.push(
        ...(await page.evaluate((at) => {
          const reach = (one, inside) => {
            const end = one.getBoundingClientRect().left + one.clientWidth + 0.5;
            const over = [...one.querySelectorAll(inside)].filter((inner) => inner.getClientRects().length && inner.getBoundingClientRect().right > end);
            return over.slice(0, 4).map((inner) => `${at}: ${inner.parentElement.className} > ${inner.tagName}.${inner.className}`);
          };
          const page = document.documentElement;
          const scrolls = page.scrollWidth > page.clientWidth ? [`${at}: scrolls`, ...reach(page, "main *")] : [];
          // The navigation hides what is too wide: links that reach over its edge have no ellipsis.
          const navigation = document.querySelector('nav[aria-label="Main"]');
          return [...scrolls, ...reach(navigation, "a, a *")];
        }, `${path.slice(0, 24)}…${path.slice(-24)}`)),
      );
    }
    assert.deepEqual(found, []);
    assert.deepEqual(await axe(page), []);
  });
}

test("nothing was printed to the console", () => {
  assert.deepEqual(problems, []);
});
