// The panel in a frame, for a host that runs no script but its own.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { startHost } from "../support/host.mjs";
import { signIn, startServer, until } from "../support/server.mjs";

const STRICT = new URL("../../examples/hosts/strict", import.meta.url).pathname;

/** No script, style or call from elsewhere: frames of the installation only. */
const policy = (hookboard) =>
  `default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; frame-src ${hookboard}; base-uri 'none'; form-action 'none'`;

let host;
let stranger;
let server;
let browser;
let key;

before(async () => {
  host = await startHost(STRICT);
  stranger = await startHost(STRICT);
  host.policy = policy;
  server = await startServer(["--demo", "--allow-frame", host.origin]);
  host.hookboard = server.origin;
  stranger.hookboard = server.origin;
  key = await signIn(server);
  host.token = () => key;
  stranger.token = () => key;
  browser = await launch();
});

after(async () => {
  await browser.close();
  await server.stop();
  await host.stop();
  await stranger.stop();
});

test("a frame shows the panel as high as it is, with the key over the port", async () => {
  const { page, context, problems } = await openPage(browser);
  const addresses = [];
  page.on("request", (request) => addresses.push(request.url()));
  await page.goto(`${host.origin}/`);
  const frame = page.frameLocator("iframe");
  await frame.getByRole("link", { name: "Deploy to production", exact: true }).waitFor();
  const inner = await frame.locator("hookboard-panel").evaluate((panel) => panel.getBoundingClientRect().height);
  await until("the frame is as high as what it shows", async () => {
    const { height } = await page.locator("iframe").boundingBox();
    return Math.abs(height - inner) <= 1;
  });
  assert.ok(inner > 500, `${inner}`);
  // A dialog has room in it.
  await frame.getByRole("button", { name: "Actions for Deploy to production" }).click();
  await frame.getByRole("menuitem", { name: /Delete/ }).click();
  await frame.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await frame.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(addresses.filter((address) => address.includes(key)), []);
  assert.deepEqual(problems, []);
  assert.deepEqual(await axe(page), []);
  await context.close();
});

test("only pages that the server was told of may show the frame, and only that document", async () => {
  const policyOf = async (path) => (await fetch(server.origin + path)).headers.get("content-security-policy");
  assert.match(await policyOf("/embed/frame.html"), new RegExp(`frame-ancestors ${host.origin}$`));
  assert.match(await policyOf("/"), /frame-ancestors 'none'$/);
  assert.deepEqual((await (await fetch(`${server.origin}/config.json`)).json()).frames, [host.origin]);
  const { page, context, problems } = await openPage(browser);
  await page.goto(`${stranger.origin}/`);
  await until("the browser has refused", () => problems.some((problem) => problem.includes("frame-ancestors")));
  await context.close();
});

test("a frame listens to the page around it only, and only from an allowed origin", async () => {
  const { page, context } = await openPage(browser);
  // A proxy that drops the header stands for a browser that does not know it: the frame looks for itself.
  await page.route("**/embed/frame.html*", async (route) => {
    const answer = await route.fetch();
    const headers = answer.headers();
    delete headers["content-security-policy"];
    await route.fulfill({ response: answer, headers });
  });
  await page.goto(`${stranger.origin}/`);
  const frame = page.frameLocator("iframe");
  await frame.getByRole("alert").getByText(/is not among the pages that may show Hookboard/).waitFor();
  assert.equal(stranger.tokens, 0);
  // A message of the frame's own window is not of the page around, whatever it says.
  host.extra["/quiet.html"] = `<!doctype html><title>Quiet</title><link rel="icon" href="data:,"><iframe src="${server.origin}/embed/frame.html?entity=kestrel"></iframe>`;
  await page.goto(`${host.origin}/quiet.html`);
  const own = page.frames().find((one) => one.url().includes("frame.html"));
  await own.evaluate(() => {
    const heard = new Promise((next) => addEventListener("message", next));
    postMessage({ type: "hookboard:connect" }, "*", [new MessageChannel().port2]);
    return heard.then(() => fetch("../config.json")).then(() => undefined);
  });
  assert.equal(await frame.locator("hookboard-panel").count(), 0);
  assert.equal(await frame.getByRole("alert").count(), 0);
  await context.close();
});

test("the frame's document by itself says what it is for", async () => {
  const { page, context, problems } = await openPage(browser);
  await page.goto(`${server.origin}/embed/frame.html`);
  await page.getByRole("alert").getByText(/shown inside of other pages only/).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
});
