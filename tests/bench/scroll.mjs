// A large team's lists in the browser: how long after the last key the filtered rows stand, and whether
// scrolling keeps up with the screen, beside a bare page of as many rows as high. 10,000 automations and
// 100,000 deliveries.

import { execFileSync } from "node:child_process";
import { launch, openPage } from "../support/browser.mjs";
import { scratch, signIn, startServer } from "../support/server.mjs";

const FILTER_LIMIT_MS = 50;
const FRAME_MS = 1000 / 60;
const SEARCHES = 120;
const SCROLL_FRAMES = 240;

const flags = ["--team", "kestrel", "--admin", "mira"];
const folder = scratch("scroll");
await (await startServer(flags, folder)).stop();
execFileSync(process.env.HOOKBOARD_FILL, [folder]);
const server = await startServer(flags, folder);
const key = await signIn(server);
const browser = await launch();
const { page } = await openPage(browser);
await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);

const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const rows = () => page.getByRole("main").getByRole("row");

/** Milliseconds from an input event to the layout in which no row stands that does not hold what was typed: a
 * screen's worth of rows is drawn at once, the others after the next frames. */
const search = (text) =>
  page.evaluate(async (text) => {
    const input = document.querySelector('input[type="search"]');
    const began = performance.now();
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, text);
    input.dispatchEvent(new Event("input", { bubbles: true }));
    const holds = () => {
      const titles = [...document.querySelectorAll("main tbody .row-title")];
      return titles.length > 0 && titles.every((title) => title.closest("tr").textContent.toLowerCase().includes(text.toLowerCase()));
    };
    while (!holds()) await new Promise((next) => setTimeout(next, 0));
    document.body.getBoundingClientRect();
    return performance.now() - began;
  }, text);

/** Milliseconds between frames while the page scrolls by a screen's tenth each frame, down and up again. */
const scroll = (page) =>
  page.evaluate(async (frames) => {
    const times = [];
    let last = performance.now();
    for (let frame = 0; frame < frames; frame++) {
      window.scrollBy(0, frame < frames / 2 ? 90 : -90);
      const now = await new Promise((next) => requestAnimationFrame(next));
      times.push(now - last);
      last = now;
    }
    return times.slice(2);
  }, SCROLL_FRAMES);

/** The same on a page of plain rows with these heights: what this machine can do. */
async function scrollBare(heights) {
  const { page: bare, context } = await openPage(browser);
  await bare.setContent(heights.map((height) => `<div style="height: ${height}px">A row</div>`).join(""));
  const frames = await scroll(bare);
  await context.close();
  return frames;
}

await page.goto(`${server.origin}/kestrel/automations`);
await page.waitForFunction(() => document.querySelectorAll("main tbody tr").length === 50);
const names = await page.locator("main tbody .row-title").allTextContents();
const words = [...new Set(names.flatMap((name) => name.split(/[\s-]+/)).filter((word) => word.length > 3))];
const times = [];
for (let index = 0; index < SEARCHES; index++) times.push(await search(index % 2 ? words[(index * 7) % words.length] : names[(index * 13) % names.length]));
const [median, high] = [percentile(times, 0.5), percentile(times, 0.95)];
// No frame is shorter than the screen's own: a twentieth more is the clock's doing.
const verdict = (ratio, room = 1) => `${ratio.toFixed(2)} of the limit${ratio <= room ? "" : ": MISSED"}`;
console.log(`last key to filtered rows, of 10,000 automations: p50 ${median.toFixed(1)} ms, p95 ${high.toFixed(1)} ms, ${verdict(high / FILTER_LIMIT_MS)} of ${FILTER_LIMIT_MS} ms`);

for (const [what, path, label] of [
  ["automations", "/kestrel/automations", "Show more"],
  ["deliveries", "/kestrel/deliveries", "Show more"],
]) {
  await page.goto(server.origin + path);
  await rows().nth(1).waitFor();
  for (let more = 0; more < 4; more++) {
    const count = await rows().count();
    await page.getByRole("button", { name: label }).click();
    await page.waitForFunction((count) => document.querySelectorAll("main tr").length > count, count);
  }
  const frames = await scroll(page);
  const heights = await page.locator("main tbody tr").evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
  const bare = await scrollBare(heights);
  // A frame is late when the screen had to show the one before it twice.
  const late = (frames) => `${frames.filter((frame) => frame > FRAME_MS * 1.5).length} of ${frames.length} late`;
  const high = percentile(frames, 0.95);
  console.log(`scrolling ${await rows().count()} ${what}: p50 ${percentile(frames, 0.5).toFixed(1)} ms, p95 ${high.toFixed(1)} ms a frame, ${late(frames)}, ${verdict(high / FRAME_MS, 1.05)} of ${FRAME_MS.toFixed(1)} ms; a bare page of as many rows: p95 ${percentile(bare, 0.95).toFixed(1)} ms, ${late(bare)}`);
}
await browser.close();
await server.stop();
