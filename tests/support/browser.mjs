// A real browser: pages that fail the test on any console message or policy violation, and axe.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The system's Chromium, headless. */
export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: FLAGS });
}

/** A page of its own. `problems` gathers what the console said and what the content policy refused. */
export async function openPage(browser, { width = 1440, height = 900, scheme = "light", reducedMotion = "reduce", locale, timezone } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion, locale, timezoneId: timezone, bypassCSP: false });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on("console", (message) => {
    // A refused call (4xx) is part of some tests; the browser itself prints it.
    const refused = /Failed to load resource: the server responded with a status of 4\d\d/.test(message.text());
    if (!refused) problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`error: ${error.message}`));
  return { page, context, problems };
}

/** Makes the page's code panic in what `call` begins: its document makes no element. */
export async function panic(page, call) {
  await page.evaluate(() => {
    const make = Document.prototype.createElement;
    Document.prototype.createElement = function (...given) {
      Document.prototype.createElement = make;
      throw new Error(`no ${given[0]} today`);
    };
  });
  await page.evaluate(call).catch((error) => {
    if (!/ today|unreachable/.test(error.message)) throw error;
  });
}

/** What axe finds in the page as it stands: rules of WCAG 2.2 AA and best practices. */
export async function axe(page) {
  // By the protocol, not as an element: the content policy of the page allows no inline script.
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map((one) => `${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(" ")).slice(0, 3).join("; ")})`);
}
