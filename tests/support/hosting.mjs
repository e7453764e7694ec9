// Real web servers on loopback, with the configurations of `deploy`, over a folder as `cargo xtask dist` makes it.

import { spawn } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratch, until } from "./server.mjs";

const deploy = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** Where the system's packages of nginx and Caddy lie. */
const packages = process.env.HOOKBOARD_WEB_SERVERS ?? "/";

/** From here on ports are given to whoever asks for any: by default on Linux, unless it says so. */
const GIVEN_OUT = 32_768;

function firstGivenOut() {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/)[0]);
  } catch {
    return GIVEN_OUT;
  }
}

/**
 * A port that nobody listens on, for programs that cannot say which one they got. It is below those that the system gives
 * out by itself, so that nobody gets it before they do.
 */
export async function freePort() {
  const first = 10_000;
  const last = Math.max(firstGivenOut(), 2 * first);
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    const server = createServer();
    const isFree = await new Promise((found) => {
      server.on("error", () => found(false));
      server.listen(port, "127.0.0.1", () => found(true));
    });
    await new Promise((closed) => server.close(closed));
    if (isFree) return port;
  }
}

/** What a server answers, undecoded. */
export function get(url, headers = {}) {
  return new Promise((answered, failed) => {
    const call = request(url, { headers }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("end", () => answered({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts) }));
    });
    call.on("error", failed);
    call.end();
  });
}

/** Runs a server until `stop`, once it answers. */
async function run(program, args, options, port) {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], ...options });
  let log = "";
  let ended = false;
  child.stderr.on("data", (text) => (log += text));
  child.on("error", (error) => (log += error));
  child.on("close", () => (ended = true));
  process.on("exit", () => child.kill("SIGKILL"));
  await until(`${program} answers`, async () => {
    if (ended) throw new Error(`${program} ended: ${log}`);
    return get(`http://127.0.0.1:${port}/`).catch(() => undefined);
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await until(`${program} ends`, () => ended);
  };
  return stop;
}

/** Fills in what the configurations leave open. `api` is the origin of the interface. */
const filled = ({ port, root, base, api }) => ({
  HOOKBOARD_LISTEN: `127.0.0.1:${port}`,
  HOOKBOARD_ROOT: root,
  ...(base ? { HOOKBOARD_BASE: base } : {}),
  HOOKBOARD_API: api,
  HOOKBOARD_HOSTS: "'none'",
});

/** nginx, with brotli where its module is there. */
export async function startNginx(site) {
  const folder = scratch("nginx");
  const values = { HOOKBOARD_BASE: "", ...filled(site) };
  const template = readFileSync(join(deploy, "nginx/hookboard.conf.template"), "utf8");
  writeFileSync(join(folder, "hookboard.conf"), template.replace(/\$\{(HOOKBOARD_\w+)\}/g, (_, name) => values[name]));
  const module = join(packages, "usr/lib/nginx/modules/ngx_http_brotli_static_module.so");
  const brotli = existsSync(module);
  if (brotli) copyFileSync(join(deploy, "nginx/hookboard-brotli.conf"), join(folder, "hookboard-brotli.conf"));
  mkdirSync(join(folder, "tmp"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path tmp/${name};`);
  writeFileSync(
    join(folder, "nginx.conf"),
    `${brotli ? `load_module ${module};` : ""}
${process.getuid() === 0 ? "user root;" : ""}
daemon off;
pid nginx.pid;
events {}
http {
  include ${join(packages, "etc/nginx/mime.types")};
  access_log off;
  ${temporary.join("\n  ")}
  include hookboard.conf;
}
`,
  );
  const program = join(packages, "usr/sbin/nginx");
  return { brotli, stop: await run(program, ["-p", folder, "-c", "nginx.conf", "-e", "stderr"], {}, site.port) };
}

export async function startCaddy(site) {
  const folder = scratch("caddy");
  const own = join(folder, "Caddyfile");
  // The administration's port may be taken by a Caddy of the machine.
  writeFileSync(own, `{\n\tadmin off\n\tauto_https off\n}\n\n${readFileSync(join(deploy, "caddy/Caddyfile"), "utf8")}`);
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder, ...filled(site) };
  env.HOOKBOARD_LISTEN = `http://127.0.0.1:${site.port}`;
  const program = join(packages, "usr/bin/caddy");
  return { brotli: true, stop: await run(program, ["run", "--config", own, "--adapter", "caddyfile"], { env }, site.port) };
}
