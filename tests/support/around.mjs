// What most tests of a file share: a server, somebody signed in, a browser and, for panels, a host.

import { after, before } from "node:test";
import { launch } from "./browser.mjs";
import { startHost } from "./host.mjs";
import { client, signIn, startServer } from "./server.mjs";

/** The example host for panels. */
const PLAIN = new URL("../../examples/hosts/plain", import.meta.url).pathname;

/**
 * Starts all of it before the tests of a file, and ends it after them. `flags` are the server's; a `host` is a folder, or `true`
 * for the plain example, and is allowed to show panels. What is given back is filled in before the first test: `server`,
 * `browser`, `key`, `call`, and `host`, whose token is the key.
 */
export function around({ flags = ["--demo"], host: folder } = {}) {
  const parts = {};
  before(async () => {
    const allowed = [];
    if (folder) {
      parts.host = await startHost(folder === true ? PLAIN : folder);
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
  });
  after(async () => {
    await parts.browser?.close();
    await parts.server?.stop();
    await parts.host?.stop();
  });
  return parts;
}
