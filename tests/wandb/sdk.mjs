// The wandb SDK as its own process, in each version that is tested. It talks to a server on loopback; whatever it would
// send elsewhere goes to a proxy that counts and refuses.

import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch } from "../support/server.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));

/** Version and Python of each SDK, the newest first. */
export const SDKS = (process.env.WANDB_PYTHONS ?? "").split(";").filter(Boolean).map((one) => {
  const [version, python] = one.split("=");
  return { version, python };
});

/** Whether the SDK's version is the newest that is tested. */
export const isNewest = (sdk) => sdk === SDKS[0];

/** A proxy that refuses, and counts who asked. */
export async function startProxy() {
  const asked = [];
  const server = createServer((socket) => {
    socket.once("data", (bytes) => {
      asked.push(bytes.toString("latin1").split("\r\n")[0]);
      socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
    });
    socket.on("error", () => {});
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${server.address().port}`, asked, stop: () => new Promise((done) => server.close(done)) };
}

/**
 * How an SDK is run: `python(script, ...arguments)` answers what its last line says, as JSON; `python.raw` all that it
 * says; `python.env` is what it is run with.
 */
export function runner(sdk, origin, key, proxy) {
  const home = scratch(`wandb-${sdk.version}`);
  const env = {
    PATH: `${dirname(sdk.python)}:${process.env.PATH}`,
    HOME: home,
    LANG: "C.UTF-8",
    PYTHONPATH: HERE,
    WANDB_BASE_URL: origin,
    WANDB_API_KEY: key,
    WANDB_DIR: home,
    WANDB_CACHE_DIR: home,
    WANDB_CONFIG_DIR: home,
    WANDB_DATA_DIR: home,
    WANDB_ERROR_REPORTING: "false",
    http_proxy: proxy.url,
    https_proxy: proxy.url,
    HTTP_PROXY: proxy.url,
    HTTPS_PROXY: proxy.url,
    no_proxy: "127.0.0.1",
    NO_PROXY: "127.0.0.1",
  };
  const raw = async (script, ...given) => {
    const program = script.endsWith(".py") ? [script.startsWith("/") ? script : join(HERE, script)] : ["-c", script];
    const child = spawn(sdk.python, [...program, ...given.map(String)], { env, cwd: home });
    let out = "";
    let log = "";
    child.stdout.on("data", (text) => (out += text));
    child.stderr.on("data", (text) => (log += text));
    const code = await new Promise((ended) => child.on("close", ended));
    if (code !== 0) throw new Error(`${script} ended with ${code}: ${out}${log}`);
    return { out, log };
  };
  const python = async (script, ...given) => {
    const { out, log } = await raw(script, ...given);
    const last = out.trim().split("\n").at(-1) ?? "";
    return { said: last ? JSON.parse(last) : null, log: out + log };
  };
  return Object.assign(python, { raw, env });
}
