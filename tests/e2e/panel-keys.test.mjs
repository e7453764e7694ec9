// What a panel does with a host that has no key which the server takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../support/around.mjs";
import { openPage } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";
import { until } from "../support/server.mjs";

const at = around({ host: true });

/** The pauses between tries, in milliseconds. */
const PAUSES = [4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000];

/** In the page: holds pauses back until `endPause()`, and lists them. */
function holdPauses(all) {
  const { setTimeout, clearTimeout } = window;
  window.pauses = [];
  let held;
  window.setTimeout = (call, ms, ...given) => {
    if (!all.includes(ms)) return setTimeout(call, ms, ...given);
    window.pauses.push(ms);
    held = call;
    return -1;
  };
  window.clearTimeout = (timer) => (timer === -1 ? (held = undefined) : clearTimeout(timer));
  window.endPause = () => {
    const call = held;
    held = undefined;
    call();
  };
}

/** A panel in a host that counts what it is told and asked. `tried(count)` comes when so many tries have failed and no call is under way. */
async function open() {
  const opened = await openPage(at.browser);
  const { page } = opened;
  at.host.extra["/bare.html"] = bare('<div id="one"></div>');
  const calls = new Set();
  page.on("request", (request) => request.url().includes("/api/") && calls.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => calls.delete(request));
  await page.addInitScript(holdPauses, PAUSES);
  await page.goto(`${at.host.origin}/bare.html`);
  await page.evaluate(async (hookboard) => {
    const { mount } = await import(`${hookboard}/embed/v1.js`);
    window.told = [];
    window.asked = 0;
    window.one = mount(document.getElementById("one"), {
      scope: { entity: "kestrel", registry: "Models" },
      getToken: async () => {
        window.asked += 1;
        if (window.isDown) throw new Error("the host is down");
        return (await fetch("/token")).text();
      },
      onError: ({ detail }) => window.told.push(detail.code),
    });
  }, at.server.origin);
  const pauses = () => page.evaluate(() => window.pauses);
  return {
    ...opened,
    pauses,
    asked: () => page.evaluate(() => window.asked),
    told: () => page.evaluate(() => window.told),
    tried: (count) => until(`${count} tries have failed`, async () => (await pauses()).length === count && calls.size === 0),
  };
}

/** A key that the server took once. */
async function revoked() {
  const { body } = await at.call("POST", "/entities/kestrel/keys", { name: "revoked" });
  await at.call("DELETE", `/entities/kestrel/keys/${body.info.id}`);
  return body.key;
}

const row = (page) => page.getByRole("link", { name: "Deploy to production", exact: true });
const again = (page) => page.getByRole("button", { name: "Try again" }).first();

test("a host whose keys are refused is told once, and asked once a try in pauses that grow to five minutes", async () => {
  const dead = await revoked();
  at.host.token = () => dead;
  const { page, context, tried, asked, told, pauses } = await open();
  await tried(1);
  // The first, and another in its place.
  assert.equal(await asked(), 2);
  for (let count = 2; count <= PAUSES.length + 1; count += 1) {
    await page.evaluate(() => window.endPause());
    await tried(count);
    assert.equal(await asked(), count + 1);
  }
  assert.deepEqual(await pauses(), [...PAUSES, PAUSES.at(-1)]);
  assert.deepEqual(await told(), ["unauthorized"]);
  // One that works ends it: what is shown comes, and what is refused from then on is told again.
  at.host.token = () => at.key;
  await page.evaluate(() => window.endPause());
  await row(page).waitFor();
  await until("nothing is missing any more", async () => (await page.getByRole("button", { name: "Try again" }).count()) === 0);
  assert.equal(await asked(), PAUSES.length + 3);
  assert.deepEqual(await told(), ["unauthorized"]);
  await context.close();
});

test("a key is asked for at once when the reader, the host or the document in front wants it", async () => {
  const dead = await revoked();
  at.host.token = () => dead;
  const { page, context, tried, asked, told } = await open();
  await tried(1);
  await again(page).click();
  await tried(2);
  await page.evaluate(() => window.one.update({ getToken: window.one.element.getToken }));
  await tried(3);
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await tried(4);
  assert.equal(await asked(), 5);
  assert.deepEqual(await told(), ["unauthorized"]);
  at.host.token = () => at.key;
  await again(page).click();
  await row(page).waitFor();
  await until("nothing is missing any more", async () => (await page.getByRole("button", { name: "Try again" }).count()) === 0);
  await context.close();
});

test("a host that fails to give keys is told once, and asked in the same pauses", async () => {
  at.host.token = () => at.key;
  const { page, context, tried, asked, told } = await open();
  await row(page).waitFor();
  const before = await asked();
  await page.evaluate(() => {
    window.isDown = true;
    window.one.update({ scope: { entity: "kestrel", registry: "Datasets" } });
  });
  await tried(1);
  await page.evaluate(() => window.endPause());
  await tried(2);
  assert.deepEqual([(await asked()) - before, await told()], [2, ["token"]]);
  await context.close();
});
