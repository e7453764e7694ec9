// What the first load of the page transfers over HTTP with brotli, per file, against the limit; and
// whether the skeleton paints before the wasm arrives.

import { launch, openPage } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";

const LIMIT_BYTES = 200_000;

const server = await startServer(["--demo"]);
const browser = await launch();
const { page, context } = await openPage(browser);
const session = await context.newCDPSession(page);
await session.send("Network.enable");
const files = new Map();
session.on("Network.responseReceived", ({ requestId, response }) => {
  const url = new URL(response.url);
  if (url.origin === server.origin && !url.pathname.startsWith("/api/")) {
    files.set(requestId, { name: url.pathname, coding: response.headers["content-encoding"] ?? "none", bytes: 0 });
  }
});
session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
  const file = files.get(requestId);
  if (file) file.bytes = encodedDataLength;
});

// The wasm is held back until the skeleton was seen.
let release;
const held = new Promise((resolve) => (release = resolve));
await page.route("**/*.wasm", async (route) => {
  await held;
  await route.continue();
});
await page.goto(server.link, { waitUntil: "commit" });
await page.getByText("Loading Hookboard").waitFor({ state: "attached" });
const skeleton = await page.evaluate(() => document.querySelector(".sidebar")?.getBoundingClientRect().width > 0);
release();
await page.getByRole("heading", { level: 1 }).waitFor();
// The live stream never ends, so that "no traffic" cannot be waited for: the list's rows can.
await page.getByRole("row").nth(1).waitFor();

let total = 0;
console.log(`${"file".padEnd(28)} ${"coding".padEnd(8)} ${"bytes".padStart(9)}`);
for (const { name, coding, bytes } of files.values()) {
  total += bytes;
  console.log(`${name.padEnd(28)} ${coding.padEnd(8)} ${String(bytes).padStart(9)}`);
}
const ratio = total / LIMIT_BYTES;
console.log(`${"in all, with headers".padEnd(28)} ${"".padEnd(8)} ${String(total).padStart(9)}`);
console.log(`\nfirst load: ${ratio.toFixed(2)} of the limit of ${LIMIT_BYTES} bytes${ratio <= 1 ? "" : ": MISSED"}`);
console.log(`skeleton painted before the wasm arrived: ${skeleton ? "yes" : "NO"}`);
await browser.close();
await server.stop();
