// The panel in a React host that Vite built: its rules do not leak in, ours do not leak out.

import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "vite";
import { around } from "../support/around.mjs";
import { axe, openPage } from "../support/browser.mjs";
import { scratch, until } from "../support/server.mjs";

const HOST = new URL("../../examples/hosts/react", import.meta.url).pathname;
const PACKAGES = new URL("../node_modules", import.meta.url).pathname;

/** What a host can do worst to what is within reach of its stylesheet. */
const HOSTILE = `
  * { all: unset !important; }
  *::before, *::after { content: "host" !important; }
  button, dialog, [popover], table, svg { display: none !important; }
  a { color: red !important; font: 40px cursive !important; }
  :root { --tab-inset: 99px; --hook-font-size: 99px; text-transform: uppercase !important; letter-spacing: 1em !important; word-break: break-all !important; text-shadow: 0 0 9px red !important; cursor: wait !important; border-collapse: collapse !important; font-variant: small-caps !important; list-style: square !important; caret-color: red !important; accent-color: red !important; pointer-events: none !important; }
`;

let host;
let server;
let browser;

const parts = around({
  host: async () => {
    const out = scratch("react");
    await build({
      root: HOST,
      logLevel: "warn",
      configFile: false,
      build: { outDir: out, emptyOutDir: true },
      resolve: {
        alias: {
          "@hookboard/panel": join(process.env.HOOKBOARD_DIST, "embed/v1.js"),
          react: join(PACKAGES, "react"),
          "react-dom": join(PACKAGES, "react-dom"),
        },
      },
    });
    return out;
  },
  ready: () => ({ host, server, browser } = parts),
});

async function open(options) {
  const opened = await openPage(browser, options);
  await opened.page.goto(`${host.origin}/`);
  await opened.page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  return opened;
}

/** In the page: how everything of the panel, or of the host, looks. */
function looks(of) {
  const kinds = ["display", "position", "color", "backgroundColor", "borderTopWidth", "borderTopColor", "fontSize", "fontFamily", "fontWeight", "letterSpacing", "textTransform", "lineHeight", "paddingLeft", "marginTop", "inlineSize", "visibility", "cursor", "textAlign", "textDecorationLine", "wordBreak", "textShadow", "borderCollapse", "fontVariantCaps", "listStyleType", "caretColor", "accentColor", "pointerEvents"];
  const panel = document.querySelector("hookboard-panel");
  const all = of === "panel" ? panel.shadowRoot.querySelectorAll("*") : document.querySelectorAll("*:not(hookboard-panel, script, style, link)");
  return [...all].map((element) => {
    const style = getComputedStyle(element);
    const before = getComputedStyle(element, "::before").content;
    return `${element.tagName}.${element.getAttribute("class") ?? ""} ${before} ${kinds.map((kind) => style[kind]).join("|")}`;
  });
}

for (const width of [360, 1200]) {
  test(`at ${width} px a hostile host looks no further than its own page`, async () => {
    const { page, context, problems } = await open({ width, height: 900 });
    // The one thing a panel takes over is the font, unless it is told one.
    await page.addStyleTag({ content: `.aside { display: block !important; inline-size: ${width - 32}px !important; } hookboard-panel { --hook-font: monospace; }` });
    await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
    const look = () => page.evaluate(looks, "panel");
    // What grows older by itself is set aside.
    const before = await look();
    await page.addStyleTag({ content: HOSTILE.replace("* {", "*:not(.aside) {") });
    const after = await look();
    assert.equal(after.length, before.length);
    const changed = after.filter((one, index) => one !== before[index]).map((one) => `${one}\n${before[after.indexOf(one)]}`);
    assert.deepEqual(changed.slice(0, 3), []);
    // Menus and dialogs show in the panel's own root, on top of all else, and give the focus back.
    const actions = page.getByRole("button", { name: "Actions for Deploy to production" });
    await actions.click();
    const menu = page.getByRole("menu", { name: /Deploy to production/ });
    await menu.waitFor();
    assert.ok(await menu.evaluate((shown) => shown.getRootNode() === document.querySelector("hookboard-panel").shadowRoot && shown.matches(":popover-open")));
    const box = await menu.boundingBox();
    assert.ok(box.x >= 0 && box.x + box.width <= width, JSON.stringify(box));
    await page.getByRole("menuitem", { name: /Delete/ }).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();
    assert.ok(await dialog.evaluate((shown) => shown.getRootNode() instanceof ShadowRoot && shown.matches(":modal")));
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await until("the focus is back", () =>
      page.evaluate(() => document.querySelector("hookboard-panel").shadowRoot.activeElement?.getAttribute("aria-label") === "Actions for Deploy to production"));
    assert.deepEqual(problems, []);
    await context.close();
  });
}

test("a panel leaves its host as it is: looks, links, history, stylesheets", async () => {
  const { page, context, problems } = await open();
  await page.getByRole("button", { name: "Hide automations" }).click();
  await until("it is gone", () => page.evaluate(() => !document.querySelector("hookboard-panel")));
  const state = () => page.evaluate(() => [document.styleSheets.length, document.adoptedStyleSheets.length, history.length, location.href, document.title]);
  const sized = /\|[\d.]+px\|visible/g;
  const look = async () => (await page.evaluate(looks, "host")).map((one) => one.replace(sized, "|visible"));
  const [before, was] = [await look(), await state()];
  await page.getByRole("button", { name: "Show automations" }).click();
  await page.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await page.getByRole("link", { name: "Deploy to production", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Deploy to production" }).waitFor();
  const button = (looks) => looks.filter((one) => !one.startsWith("BUTTON"));
  assert.deepEqual(button(await look()), button(before));
  assert.deepEqual(await state(), was);
  // The host's own links and keys are its own.
  await page.getByRole("link", { name: "Claims" }).click();
  assert.equal(new URL(page.url()).hash, "#claims");
  await page.evaluate(() => {
    window.heard = [];
    addEventListener("keydown", ({ key, defaultPrevented }) => window.heard.push([key, defaultPrevented]));
  });
  await page.keyboard.press("Control+k");
  await page.keyboard.press("?");
  const heard = (await page.evaluate(() => window.heard)).filter(([key]) => ["k", "?"].includes(key));
  assert.deepEqual(heard, [["k", false], ["?", false]]);
  assert.equal(await page.getByRole("dialog").count(), 0);
  // What is typed into the panel's fields is none of the host's shortcuts.
  await page.evaluate(() => {
    window.pressed = [];
    addEventListener("keydown", ({ key }) => window.pressed.push(key));
  });
  await page.getByRole("link", { name: "Back to Automations" }).click();
  await page.getByRole("searchbox", { name: "Search automations" }).pressSequentially("canary");
  await page.keyboard.press("Escape");
  assert.deepEqual(await page.evaluate(() => window.pressed), ["Escape"]);
  await page.getByRole("searchbox", { name: "Search automations" }).fill("");
  await page.getByRole("link", { name: "Deploy to production", exact: true }).click();
  await page.goBack();
  assert.equal(new URL(page.url()).hash, "");
  await page.getByRole("heading", { level: 1, name: "Deploy to production" }).waitFor();
  // And React hears what was saved.
  await page.getByRole("switch", { name: /Enabled/ }).click();
  await page.getByRole("status").getByText("automation updated").waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});

for (const scheme of ["light", "dark"]) {
  for (const width of [360, 1200]) {
    test(`every view is accessible, ${scheme}, at ${width} px, in the host's colours`, async () => {
      const { page, context, problems } = await open({ scheme, width });
      const show = (view, item) => page.evaluate(([view, item]) => document.querySelector("hookboard-panel").navigate(view, item), [view, item]);
      assert.deepEqual(await axe(page), [], "automations");
      await page.getByRole("link", { name: "Deploy to production", exact: true }).click();
      await page.getByRole("heading", { level: 2, name: "Recent deliveries" }).waitFor();
      assert.deepEqual(await axe(page), [], "automation");
      for (const [view, sign] of [
        ["wizard", page.getByRole("radio").first()],
        ["history", page.getByRole("table").first()],
        ["/kestrel/registry/Models/collections/fraud-scorer", page.getByRole("heading", { level: 1, name: "fraud-scorer" })],
      ]) {
        await show(view);
        await sign.waitFor();
        assert.deepEqual(await axe(page), [], view);
        // Nothing is wider than the panel.
        const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
        assert.equal(wide, false, view);
      }
      assert.deepEqual(problems, []);
      await context.close();
    });
  }
}
