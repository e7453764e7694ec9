// The first load stays within its limit: the team's home, by the sign-in link, over HTTP with brotli.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openPage } from "../support/browser.mjs";
import { startServer } from "../support/server.mjs";
import { LIMIT_BYTES, weigh } from "../support/weight.mjs";

let server;
let browser;

before(async () => {
  server = await startServer(["--demo"]);
  browser = await launch();
});

after(async () => {
  await browser.close();
  await server.stop();
});

test("the first load is within its limit, and every file is compressed", async () => {
  const { page, context } = await openPage(browser);
  const { files, total } = await weigh(page, context, server.origin, server.link, () =>
    page.getByRole("region", { name: "Last 24 hours" }).waitFor(),
  );
  const list = files.map(({ name, bytes }) => `${name} ${bytes}`).join(", ");
  assert.ok(total <= LIMIT_BYTES, `${total} bytes of ${LIMIT_BYTES}: ${list}`);
  const plain = files.filter(({ coding, bytes }) => coding !== "br" && bytes > 1024);
  assert.deepEqual(plain, []);
  await context.close();
});
