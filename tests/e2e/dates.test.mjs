// Dates as the reader writes them: by the browser's language and time zone, or by the panel's `locale`.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around, signedIn } from "../support/around.mjs";
import { openPage } from "../support/browser.mjs";
import { bare } from "../support/host.mjs";

const FULL = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "numeric", minute: "2-digit", second: "2-digit", timeZoneName: "short" };

let host;
let server;
let browser;
let delivery;

const parts = around({
  host: true,
  ready: async () => {
    ({ host, server, browser } = parts);
    host.extra["/bare.html"] = bare('<div id="one"></div>');
    const { body } = await parts.call("GET", "/entities/kestrel/deliveries?limit=200");
    delivery = body.items.find(({ attempts }) => attempts > 0);
  },
});

/** A panel in the host, with what it told of itself. */
async function openPanel(options, config) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${host.origin}/bare.html`);
  await opened.page.evaluate(
    async ([hookboard, config]) => {
      const { mount } = await import(`${hookboard}/embed/v1.js`);
      window.told = [];
      window.one = mount(document.getElementById("one"), {
        scope: { entity: "kestrel", registry: "Models" },
        getToken: async () => (await fetch("/token")).text(),
        onError: ({ detail }) => window.told.push(detail),
        ...config,
      });
    },
    [server.origin, config],
  );
  return opened;
}

test("times are written in the reader's language and time zone, and stay UTC for machines", async () => {
  const { page, context, problems } = await signedIn(parts, `/kestrel/deliveries/${delivery.id}`, { locale: "de-DE", timezone: "Asia/Tokyo" });
  const received = page.locator("dt", { hasText: "Event received" }).locator("xpath=..").locator("time").last();
  await received.waitFor();
  const at = await received.getAttribute("datetime");
  assert.match(at, /Z$/);
  const words = new Intl.DateTimeFormat("de-DE", { ...FULL, timeZone: "Asia/Tokyo" }).format(new Date(at));
  assert.match(words, /GMT\+9$/);
  assert.equal(await received.textContent(), words);
  assert.equal(await received.getAttribute("lang"), "de-DE");
  const attempt = page.getByRole("link", { name: /^Attempt 1/ }).getByRole("time");
  const began = new Date(await attempt.getAttribute("datetime"));
  assert.equal(await attempt.textContent(), new Intl.DateTimeFormat("de-DE", { timeStyle: "medium", timeZone: "Asia/Tokyo" }).format(began));
  assert.equal(await attempt.getAttribute("title"), new Intl.DateTimeFormat("de-DE", { ...FULL, timeZone: "Asia/Tokyo" }).format(began));
  // The day that "today" means is the reader's, too.
  await page.goto(`${server.origin}/kestrel/deliveries`);
  const shown = page.getByRole("row").getByRole("time");
  await shown.first().waitFor();
  for (const time of (await shown.all()).slice(0, 20)) {
    const date = new Date(await time.getAttribute("datetime"));
    const day = (date) => new Intl.DateTimeFormat("en", { dateStyle: "short", timeZone: "Asia/Tokyo" }).format(date);
    const style = day(date) === day(new Date()) ? { timeStyle: "medium" } : { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
    assert.equal(await time.textContent(), new Intl.DateTimeFormat("de-DE", { ...style, timeZone: "Asia/Tokyo" }).format(date));
  }
  assert.match(await page.locator("td.col-time .faint").first().textContent(), /^vor /);
  assert.deepEqual(problems, []);
  await context.close();
});

test("a panel writes dates in the language that its host names", async () => {
  const { page, context, problems } = await openPanel({ timezone: "Europe/Paris" }, { locale: "FR", view: "history" });
  const time = page.getByRole("row").getByRole("time").first();
  await time.waitFor();
  const date = new Date(await time.getAttribute("datetime"));
  assert.equal(await time.getAttribute("lang"), "fr");
  assert.equal(await time.getAttribute("title"), new Intl.DateTimeFormat("fr", { ...FULL, timeZone: "Europe/Paris" }).format(date));
  // In English nothing says so: the panel's words are.
  await page.evaluate(() => window.one.update({ locale: "en-GB" }));
  const british = page.locator("td.col-time time:not([lang])").first();
  await british.waitFor();
  assert.equal(await british.getAttribute("title"), new Intl.DateTimeFormat("en-GB", { ...FULL, timeZone: "Europe/Paris" }).format(new Date(await british.getAttribute("datetime"))));
  assert.deepEqual(problems, []);
  await context.close();
});

test("a locale that is none is told to the host, once, until another one is set", async () => {
  const { page, context } = await openPanel({}, { locale: "de_DE" });
  await page.waitForFunction(() => window.told.length > 0);
  // What is right beside it does not make it told again.
  await page.evaluate(() => window.one.update({ theme: "dark" }));
  await page.evaluate(() => window.one.update({ view: "automations" }));
  await page.evaluate(() => window.one.update({ locale: "de" }));
  await page.getByRole("heading", { level: 1, name: "Models" }).waitFor();
  const told = await page.evaluate(() => window.told);
  assert.deepEqual(told, [{ code: "config", message: '"de_DE" is no language tag; such are "de", "pt-BR" and "zh-Hant"' }]);
  await context.close();
});
