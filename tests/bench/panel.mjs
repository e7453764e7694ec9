// How soon a panel is painted in another page: the first one from the moment its script has run, with nothing cached and
// everything over HTTP from another origin; a second one beside it. Prints ratios to the limits; below 1 is within.

import { launch, openPage } from "../support/browser.mjs";
import { startHost } from "../support/host.mjs";
import { scratch, signIn, startServer } from "../support/server.mjs";

const RUNS = 15;
const LIMITS = { "first panel": 150, "second panel": 30 };

const host = await startHost(scratch("bench-host"));
host.extra["/"] = '<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,"><main><h1>Host</h1><div id="one"></div><div id="two"></div></main>';
const server = await startServer(["--demo", "--allow-origin", host.origin]);
host.hookboard = server.origin;
const key = await signIn(server);
const browser = await launch();
const taken = { "first panel": [], "second panel": [] };

/** In the page: milliseconds from asking for a panel until its frame and heading are painted. */
async function painted([origin, key, into]) {
  const { mount } = await import(`${origin}/embed/v1.js`);
  const from = performance.now();
  const ready = new Promise((next) => {
    mount(document.getElementById(into), {
      scope: { entity: "kestrel", registry: "Models" },
      getToken: () => key,
      onReady: next,
      onError: ({ detail }) => console.error(JSON.stringify(detail)),
    });
  });
  await ready;
  const { shadowRoot } = document.querySelector(`#${into} hookboard-panel`);
  if (!shadowRoot.querySelector(".shell h1")) throw new Error("nothing was drawn");
  // The frame that shows it has been produced when a task runs after its animation callbacks: an urgent one, ahead of what
  // the panel does next.
  await new Promise((next) => requestAnimationFrame(() => scheduler.postTask(next, { priority: "user-blocking" })));
  return performance.now() - from;
}

for (let run = 0; run < RUNS; run++) {
  const { page, context, problems } = await openPage(browser);
  await page.goto(`${host.origin}/`);
  taken["first panel"].push(await page.evaluate(painted, [server.origin, key, "one"]));
  await page.locator("#one").getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  taken["second panel"].push(await page.evaluate(painted, [server.origin, key, "two"]));
  if (problems.length) throw new Error(problems.join("\n"));
  await context.close();
}
console.log(`${RUNS} pages each, nothing cached; ratio to the limit in brackets; judged by the median`);
for (const [name, limit] of Object.entries(LIMITS)) {
  const sorted = taken[name].sort((one, other) => one - other);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const figure = (share) => `${at(share).toFixed(0)} ms (${(at(share) / limit).toFixed(2)})`;
  console.log(`${name.padEnd(13)} limit ${limit} ms  p50 ${figure(0.5)}  p90 ${figure(0.9)}${at(0.5) <= limit ? "" : ": MISSED"}`);
}
await browser.close();
await server.stop();
await host.stop();
