// A page of somebody else, on an origin of its own: the example hosts, with what they are to load from filled in.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml" };

/** What the examples write in the place of an installation's address. */
const PLACEHOLDER = /https:\/\/hookboard\.example/g;

/** A host's document with nothing in it but `main`. */
export const bare = (main, attributes = "") =>
  `<!doctype html><html lang="en" ${attributes}><title>Host</title><link rel="icon" href="data:,"><main><h1>Host</h1>${main}</main>`;

/**
 * Serves `folder`. `host.hookboard` is the installation to be filled in, `host.token` what `GET token` answers, `host.policy`
 * the content policy of documents. `host.extra` maps further paths to what they hold.
 */
export async function startHost(folder) {
  const host = { hookboard: "", token: () => "", policy: undefined, extra: {}, tokens: 0 };
  const server = createServer((request, response) => {
    const path = new URL(request.url, "http://host").pathname;
    if (path.endsWith("/token")) {
      host.tokens += 1;
      response.end(host.token());
      return;
    }
    let body = host.extra[path];
    const name = path.endsWith("/") ? `${path}index.html` : path;
    try {
      body ??= readFileSync(join(folder, normalize(name)));
    } catch {
      response.writeHead(404).end();
      return;
    }
    const kind = KINDS[extname(name)] ?? "application/octet-stream";
    const headers = { "content-type": kind };
    if (kind === "text/html" && host.policy) headers["content-security-policy"] = host.policy(host.hookboard);
    response.writeHead(200, headers);
    response.end(kind.startsWith("text/") ? body.toString().replace(PLACEHOLDER, host.hookboard) : body);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  // By another name than the installation's: another site, not only another port.
  host.origin = `http://localhost:${server.address().port}`;
  host.stop = () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  };
  return host;
}
