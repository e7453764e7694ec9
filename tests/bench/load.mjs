// What the first load of the page transfers over HTTP with brotli, per file, against the limit, for the
// start and for the list of automations; and whether the skeleton paints before the wasm arrives.

import { launch, openPage } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";
import { LIMIT_BYTES, weigh } from "../support/weight.mjs";

const server = await startServer(["--demo"]);
const browser = await launch();
let state;
let skeleton;

/** The skeleton stands while the wasm is held back. */
async function seesSkeleton(page, context) {
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await context.route("**/*.wasm", async (route) => {
    await held;
    await route.continue();
  });
  return async () => {
    await page.getByText("Loading Hookboard").waitFor({ state: "attached" });
    skeleton = await page.evaluate(() => document.querySelector(".sidebar")?.getBoundingClientRect().width > 0);
    release();
  };
}

async function visit(what, address, settled) {
  const { page, context } = await openPage(browser);
  if (state) {
    await page.addInitScript((entries) => entries.forEach(([name, value]) => sessionStorage.setItem(name, value)), state);
  }
  const look = state ? null : await seesSkeleton(page, context);
  const { files, total } = await weigh(page, context, server.origin, address, async () => {
    await look?.();
    await settled(page);
  });
  state ??= await page.evaluate(() => Object.entries(sessionStorage));
  console.log(`\n${what}\n${"file".padEnd(28)} ${"coding".padEnd(8)} ${"bytes".padStart(9)}`);
  for (const { name, coding, bytes } of files) {
    console.log(`${name.padEnd(28)} ${coding.padEnd(8)} ${String(bytes).padStart(9)}`);
  }
  console.log(`${"in all, with headers".padEnd(28)} ${"".padEnd(8)} ${String(total).padStart(9)}`);
  const ratio = total / LIMIT_BYTES;
  console.log(`first load, ${what}: ${ratio.toFixed(2)} of the limit of ${LIMIT_BYTES} bytes${ratio <= 1 ? "" : ": MISSED"}`);
  await context.close();
}

await visit("start, by the sign-in link", server.link, (page) => page.getByRole("region", { name: "Last 24 hours" }).waitFor());
await visit("list of automations", `${server.origin}/kestrel/automations`, (page) => page.getByRole("row").nth(1).waitFor());
console.log(`\nskeleton painted before the wasm arrived: ${skeleton ? "yes" : "NO"}`);
await browser.close();
await server.stop();
