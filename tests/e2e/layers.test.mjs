// Everything that opens over a page, light and dark: axe finds nothing, Escape closes it, and the focus
// returns to what opened it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { around } from "../support/around.mjs";
import { axe, openPage } from "../support/browser.mjs";
import { until } from "../support/server.mjs";

let server;
let browser;
let key;
let deploy;

const models = "/kestrel/registry/Models";

const parts = around({
  ready: async () => {
    ({ server, browser, key } = parts);
    const { body } = await parts.call("GET", "/entities/kestrel/automations?registry=Models");
    deploy = body.items.find((one) => one.name === "Deploy to production").id;
  },
});

/** What opens it: the page's address, the control, and what appears. */
const layers = () => [
  ["the menu of an automation", `${models}/automations`, (page) => page.getByRole("button", { name: "Actions for Deploy to production" }), "menu"],
  ["the choice of teams", "/kestrel", (page) => page.getByRole("button", { name: "Team kestrel" }), "menu"],
  ["the account menu", "/kestrel", (page) => page.getByRole("button", { name: /^Signed in as/ }), "menu"],
  ["a filter", "/kestrel/deliveries", (page) => page.getByRole("button", { name: "Outcome" }), "listbox"],
  ["search", "/kestrel", (page) => page.getByRole("button", { name: "Search", exact: true }), "dialog"],
  ["a new registry", "/kestrel", (page) => page.getByRole("button", { name: "New registry" }), "dialog"],
  ["a new webhook", "/kestrel/settings/webhooks", (page) => page.getByRole("button", { name: "New webhook" }), "dialog"],
  ["a new secret", "/kestrel/settings/webhooks", (page) => page.getByRole("button", { name: "New secret" }), "dialog"],
  ["a new key", "/kestrel/settings/keys", (page) => page.getByRole("button", { name: "New key" }), "dialog"],
  ["a new member", "/kestrel/settings/members", (page) => page.getByRole("button", { name: "Add member" }), "dialog"],
  ["a sign-in link", "/kestrel/settings/members", (page) => page.getByRole("button", { name: "Sign-in link…" }).last(), "dialog"],
  ["a new source", "/kestrel/settings/sources", (page) => page.getByRole("button", { name: "Add MLflow server" }).first(), "dialog"],
  ["redeliver what failed", "/kestrel/deliveries", (page) => page.getByRole("button", { name: "Redeliver failed…" }), "dialog"],
  ["the menu of a collection", `${models}/collections`, (page) => page.getByRole("button", { name: "Actions for fraud-scorer" }), "menu"],
  ["more actions", `${models}/automations/${deploy}`, (page) => page.getByRole("button", { name: "More actions" }), "menu"],
  ["a bell", "/kestrel/project/asr-conformer/workspace", (page) => page.getByRole("button", { name: /alert/i }).first(), "dialog"],
];

for (const scheme of ["light", "dark"]) {
  test(`what opens over a page, ${scheme}`, async (suite) => {
    const { page, context, problems } = await openPage(browser, { scheme });
    await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
    for (const [name, path, opener, role] of layers()) {
      await suite.test(name, async () => {
        await page.goto(server.origin + path);
        await page.getByRole("heading", { level: 1 }).waitFor();
        await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
        const button = opener(page);
        await button.focus();
        await page.keyboard.press("Enter");
        const layer = page.getByRole(role).filter({ visible: true }).first();
        await layer.waitFor();
        assert.deepEqual(await axe(page), []);
        await page.keyboard.press("Escape");
        await layer.waitFor({ state: "hidden" });
        await until("the focus is back", () => button.evaluate((own) => own === document.activeElement));
        assert.deepEqual(problems.splice(0), []);
      });
    }
    await context.close();
  });
}
