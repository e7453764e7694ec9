// The panel in a Streamlit app, whose components have shadow roots of their own and run anew with each change.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { freePort } from "../support/hosting.mjs";
import { scratch, signIn, startServer, until } from "../support/server.mjs";

const APP = new URL("../../examples/hosts/streamlit/app.py", import.meta.url).pathname;

let server;
let browser;
let app;
let origin;

before(async () => {
  const port = await freePort();
  origin = `http://localhost:${port}`;
  server = await startServer(["--demo", "--allow-origin", origin]);
  const key = await signIn(server);
  const flags = ["--server.port", port, "--server.address", "localhost", "--server.headless", "true", "--browser.gatherUsageStats", "false", "--server.fileWatcherType", "none"];
  app = spawn(process.env.STREAMLIT_PYTHON, ["-m", "streamlit", "run", APP, ...flags], {
    cwd: scratch("streamlit"),
    env: { ...process.env, HOOKBOARD_URL: server.origin, HOOKBOARD_KEY: key },
    stdio: "ignore",
  });
  process.on("exit", () => app.kill("SIGKILL"));
  await until("Streamlit answers", () => fetch(`${origin}/_stcore/health`).then(({ ok }) => ok, () => false));
  browser = await launch();
});

after(async () => {
  await browser.close();
  app.kill();
  await server.stop();
});

test("a panel works in a Streamlit app and tells it what was saved", async () => {
  const { page, context } = await openPage(browser);
  await page.goto(origin);
  const panel = page.locator("hookboard-panel");
  await panel.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  await panel.getByRole("link", { name: "Canary rollout", exact: true }).click();
  await panel.getByRole("heading", { level: 1, name: "Canary rollout" }).waitFor();
  await panel.getByRole("switch").first().click();
  await page.getByText("automation updated").waitFor();
  // The app ran anew; the panel stayed where it was.
  assert.equal(await panel.count(), 1);
  await panel.getByRole("heading", { level: 1, name: "Canary rollout" }).waitFor();
  await panel.getByRole("button", { name: "More actions" }).or(panel.getByRole("button", { name: /^Actions for/ })).first().click();
  await panel.getByRole("menuitem", { name: /Delete/ }).click();
  await panel.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await panel.getByRole("dialog").waitFor({ state: "detached" });
  // What axe says of Streamlit's own parts is Streamlit's.
  const found = (await axe(page)).filter((one) => one.includes("hookboard-panel"));
  assert.deepEqual(found, []);
  await context.close();
});
