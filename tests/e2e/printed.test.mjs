// What the documents of the panel print, as it stands there, in a page of somebody else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { blocks } from "../support/guide.mjs";
import { startHost } from "../support/host.mjs";
import { scratch, signIn, startServer } from "../support/server.mjs";

let host;
let server;
let browser;

before(async () => {
  host = await startHost(scratch("printed"));
  server = await startServer(["--demo", "--allow-origin", host.origin, "--allow-frame", host.origin]);
  host.hookboard = server.origin;
  host.extra["/hookboard-token"] = await signIn(server);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await server?.stop();
  await host?.stop();
});

/** The blocks of a document by language, of which it has one each. */
function printed(document, languages) {
  const found = blocks(document);
  assert.deepEqual(found.map(({ language }) => language), languages, document);
  return Object.fromEntries(found.map(({ language, code }) => [language, code]));
}

async function open(body) {
  host.extra["/index.html"] = `<!doctype html><html lang="en"><title>Somebody else's</title><link rel="icon" href="data:,">${body}</html>`;
  const opened = await openPage(browser);
  await opened.page.goto(`${host.origin}/index.html`);
  return opened;
}

const automation = (place) => place.getByRole("link", { name: "Deploy to production", exact: true });

test("the frame's element and script show it, as high as it is", async () => {
  const { html, js } = printed("docs/embed.md", ["html", "js"]);
  const { page, context, problems } = await open(`${html}<script>
    const getToken = async () => (await fetch("/hookboard-token")).text();
    ${js}
  </script>`);
  await automation(page.frameLocator("iframe")).waitFor();
  await page.waitForFunction(() => Number.parseFloat(document.querySelector("iframe").style.blockSize) > 300);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the panel's element and style show it in the host's accent", async () => {
  const { html, css } = printed("public/embed/README.md", ["html", "js", "css"]);
  const { page, context, problems } = await open(`<style>${css}</style>${html}`);
  await automation(page).waitFor();
  const accent = await page.locator("hookboard-panel").evaluate((panel) => getComputedStyle(panel).getPropertyValue("--hook-color-primary"));
  assert.match(accent, /#7a2e1d/);
  assert.deepEqual(problems, []);
  await context.close();
});

test("the panel's script mounts it, leads it on and takes it away", async () => {
  const { js } = printed("public/embed/README.md", ["html", "js", "css"]);
  const held = js.replace("panel.unmount();", "await globalThis.seen;\npanel.unmount();\nglobalThis.gone = true;");
  assert.notEqual(held, js);
  const { page, context, problems } = await open(`<div id="place"></div>
  <script type="importmap">{"imports": {"@hookboard/panel": "https://hookboard.example/embed/v1.js"}}</script>
  <script>globalThis.seen = new Promise((told) => (globalThis.see = told));</script>
  <script type="module">
    const element = document.querySelector("#place");
    const token = await (await fetch("/hookboard-token")).text();
    const expires = undefined;
    ${held}
  </script>`);
  await page.getByRole("link", { name: "History" }).and(page.locator("[aria-current]")).waitFor();
  await page.evaluate(() => globalThis.see());
  await page.waitForFunction(() => globalThis.gone && document.querySelector("#place").childElementCount === 0);
  assert.deepEqual(problems, []);
  await context.close();
});
