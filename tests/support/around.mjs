// What most tests of a file share: a server, somebody signed in, a browser and, for panels, a host.

import { after, before } from "node:test";
import { launch, openPage } from "./browser.mjs";
import { startHost } from "./host.mjs";
import { client, signIn, startServer } from "./server.mjs";

/** The example host for panels. */
const PLAIN = new URL("../../examples/hosts/plain", import.meta.url).pathname;

/**
 * Starts all of it before the tests of a file, and ends it after them. `flags` are the server's; a `host` is what gives its
 * folder, or `true` for the plain example, and is allowed to show panels. What is given back is filled in before the first
 * test: `server`, `browser`, `key`, `call`, and `host`, whose token is the key. `ready` is called, and waited for, as soon as it is.
 */
export function around({ flags = ["--demo"], host, ready } = {}) {
  const parts = {};
  before(async () => {
    const allowed = [];
    if (host) {
      parts.host = await startHost(host === true ? PLAIN : await host());
      allowed.push("--allow-origin", parts.host.origin, "--allow-frame", parts.host.origin);
    }
    parts.server = await startServer([...flags, ...allowed]);
    parts.key = await signIn(parts.server);
    parts.call = client(parts.server, parts.key);
    if (parts.host) {
      parts.host.hookboard = parts.server.origin;
      parts.host.token = () => parts.key;
    }
    parts.browser = await launch();
    await ready?.();
  });
  after(async () => {
    await parts.browser?.close();
    await parts.server?.stop();
    await parts.host?.stop();
  });
  return parts;
}

/** A page at `path` that is signed in. */
export async function signedIn({ browser, key, server }, path, options) {
  const opened = await openPage(browser, options);
  await opened.page.addInitScript((key) => sessionStorage.setItem("hookboard.key", key), key);
  await opened.page.goto(server.origin + path);
  return opened;
}
