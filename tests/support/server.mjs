// A real server as its own process on a throw-away folder, and a client for its REST interface.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";

const PATIENCE_MS = 60_000;

// One for each server and folder of a file's tests.
process.setMaxListeners(100);

/** Waits until `condition` gives something; fails after a minute. */
export async function until(what, condition) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await pause(20);
  }
}

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run this by: cargo xtask test`);
  return value;
}

/** A folder that is removed when the process ends. */
export function scratch(name) {
  const base = required("HOOKBOARD_SCRATCH");
  mkdirSync(base, { recursive: true });
  const folder = mkdtempSync(join(base, `${name}-`));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts `hookboard serve` on a free port. `link` signs a browser in once; `said` is what it has printed. */
export async function startServer(flags = [], folder = scratch("server")) {
  const child = spawn(
    required("HOOKBOARD_BIN"),
    ["serve", "--listen", "127.0.0.1:0", "--data", folder, "--page-dir", required("HOOKBOARD_DIST"), ...flags],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (text) => (log += text));
  let said = "";
  child.stdout.on("data", (text) => (said += text));
  const lines = createInterface({ input: child.stdout });
  const link = await new Promise((found, failed) => {
    lines.on("line", (line) => line.includes("/#code=") && found(line.trim()));
    child.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${log}`)));
  });
  const origin = new URL(link).origin;
  process.on("exit", () => child.kill("SIGKILL"));
  return {
    origin,
    link,
    log: () => log,
    said: () => said,
    async stop() {
      const ended = new Promise((done) => child.on("exit", done));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

/** A key for REST calls. It takes the server's one sign-in code: a browser is then signed in by `browserLink`. */
export async function signIn(server) {
  const code = new URL(server.link).hash.slice("#code=".length);
  const answer = await fetch(`${server.origin}/api/v1/sign-in`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status}`);
  const { key } = await answer.json();
  return key;
}

/** Calls of the REST interface with a key: `call(method, path, body)` gives status and JSON. */
export function client(server, key) {
  return async (method, path, body) => {
    const answer = await fetch(`${server.origin}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { "content-type": "application/json" }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  };
}

/** An HTTP receiver on loopback. `answers` are used up one by one; then it answers 200. */
export async function startReceiver(answers = []) {
  const requests = [];
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      requests.push({ headers: request.headers, path: request.url, body: Buffer.concat(parts).toString(), at: performance.now() });
      const answer = answers.shift() ?? 200;
      response.writeHead(answer, { "content-type": "application/json" });
      response.end(JSON.stringify({ received: answer < 300 }));
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address();
  return { url: `http://127.0.0.1:${port}/hook`, port, requests, stop: () => new Promise((done) => server.close(done)) };
}
