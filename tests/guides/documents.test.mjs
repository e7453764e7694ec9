// Every code block of every document is run as printed, read by what would read it, or named here with the reason why it
// is not.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { blocks, filled, root, run, serve } from "../support/guide.mjs";
import { client, scratch, signIn, until } from "../support/server.mjs";

/** Blocks that another test runs, by what is in them: that test names the document. */
const elsewhere = [
  ["README.md", /import wandb/, "wandb/sdk.test.mjs"],
  ["docs/cli.md", /./, "guides/guides.test.mjs"],
  ["docs/embed.md", /./, "e2e/printed.test.mjs"],
  ["docs/guides/github-actions.md", /./, "guides/guides.test.mjs"],
  ["docs/guides/slack.md", /./, "guides/guides.test.mjs"],
  ["docs/guides/teams.md", /./, "guides/guides.test.mjs"],
  ["docs/mlflow.md", /./, "sources/mlflow.test.mjs"],
  ["docs/wandb.md", /./, "wandb/sdk.test.mjs"],
  ["packages/template/README.md", /./, "template/package.test.mjs"],
  ["public/embed/README.md", /./, "e2e/printed.test.mjs"],
];

/** Blocks that are not run, and why. Their shell is parsed, and the tasks they name are those there are. */
const outside = [
  ["CONTRIBUTING.md", /^cargo xtask dev/, "each of these takes minutes to hours, and one of them runs these tests"],
  ["README.md", /^cargo xtask serve .+\ncargo xtask test/, "sets up the machine that this runs on, and runs these tests"],
  ["docs/hosting.md", /^cargo xtask dist/, "builds the page, which the tests in a browser do, and writes outside of the tree"],
  ["docs/hosting.md", /aws s3 cp/, "needs an object store and its client"],
  ["docs/quality.md", /^cargo mutants/, "takes hours, and a tool that is not set up"],
];

/** Documents whose blocks are what a program has written: that program names the document. */
const written = { "docs/benchmarks.md": "crates/xtask/src/bench.rs" };

const held = new Set();

/** The block of a document that holds `pattern`: the only one. */
function take(document, pattern) {
  const found = blocks(document).filter(({ code }) => pattern.test(code));
  assert.equal(found.length, 1, `${document} has ${found.length} blocks with ${pattern}`);
  held.add(`${document}\n${found[0].code}`);
  return found[0].code;
}

/** Whether nobody listens on a port of this machine. */
function isFree(port) {
  return new Promise((told) => {
    const server = createServer();
    server.once("error", () => told(false));
    server.listen(port, "127.0.0.1", () => server.close(() => told(true)));
  });
}

/** Where a block's port is another program's, a free one stands in for it. */
async function port(t, printed) {
  if (await isFree(printed)) return [];
  t.diagnostic(`port ${printed} is taken: a free one stands in for it`);
  return [[`127.0.0.1:${printed}`, "127.0.0.1:0"]];
}

function program(path, text) {
  writeFileSync(path, `#!/usr/bin/env bash\nset -euo pipefail\n${text}`);
  chmodSync(path, 0o755);
}

/** A folder like the tree's, with what cargo would have built in it. Cargo itself is stood in for: it builds for minutes. */
function tree() {
  const folder = scratch("tree");
  mkdirSync(join(folder, "target/release"), { recursive: true });
  mkdirSync(join(folder, "bin"));
  symlinkSync(process.env.HOOKBOARD_BIN, join(folder, "target/release/hookboard"));
  program(
    join(folder, "bin/cargo"),
    `case "$*" in
  "xtask serve") exec hookboard serve --demo --data hookboard-data ;;
  "build --release -p hookboard-server") ;;
  "run --release -q -p hookboard-server --bin hookboard -- "*) exec hookboard "\${@:9}" ;;
  *) echo "nothing stands in for: cargo $*" >&2; exit 1 ;;
esac
`,
  );
  const path = `${join(folder, "bin")}:${join(process.env.HOOKBOARD_BIN, "..")}:${process.env.PATH}`;
  return { folder, env: { PATH: path, HOOKBOARD_PAGE_DIR: process.env.HOOKBOARD_DIST } };
}

/** Databases of the Postgres server of this run. A block names another host and user. */
const postgres = process.env.HOOKBOARD_TEST_POSTGRES;
function database(name) {
  const made = spawnSync("psql", [postgres, "-c", `CREATE DATABASE ${name}`], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  return postgres.replace("/postgres?", `/${name}?`);
}

test("cargo builds and runs what the README names", () => {
  const told = spawnSync("cargo", ["metadata", "--no-deps", "--offline", "--format-version", "1"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 });
  const server = JSON.parse(told.stdout).packages.find(({ name }) => name === "hookboard-server");
  assert.ok(server.targets.some(({ name, kind }) => name === "hookboard" && kind.includes("bin")));
});

test("the README's demo, event and files go as printed", async (t) => {
  const { folder, env } = tree();
  const moved = await port(t, 8080);
  const demo = await serve(take("README.md", /^cargo xtask serve\n$/), { folder, env: moved.length ? { ...env, HOOKBOARD_LISTEN: "127.0.0.1:0" } : env });
  t.after(() => demo.stop());
  const key = await signIn(demo);
  const replace = [["hb_…", key], ["http://127.0.0.1:8080", demo.origin]];
  const call = client(demo, key);
  const before = (await call("GET", "/entities/kestrel/deliveries?limit=1")).body.items[0]?.id;
  const event = filled(take("README.md", /curl/), replace);
  const answer = JSON.parse(/^\{.+\}$/m.exec(await run(event, { folder, env }))[0]);
  assert.equal(answer.events.length, 1);
  const sent = await until("the demo sends its webhook", async () => {
    const { body } = await call("GET", `/entities/kestrel/deliveries?limit=20`);
    const fresh = body.items.filter(({ id }) => id > (before ?? ""));
    return fresh.find((one) => one.automation?.name === "Deploy to production" || one.automation_name === "Deploy to production");
  });
  assert.ok(sent);
  await run(filled(take("README.md", /-- export/), replace), { folder, env: { ...env, HOOKBOARD_KEY: key, HOOKBOARD_URL: demo.origin } });
  assert.match(readFileSync(join(folder, "automations.yaml"), "utf8"), /Deploy to production/);
});

test("the README's own team starts as printed, on a file and on Postgres", async (t) => {
  const { folder, env } = tree();
  const own = await serve(filled(take("README.md", /--team acme/), await port(t, 9000)), { folder, env });
  const key = await signIn(own);
  assert.deepEqual((await client(own, key)("GET", "/me")).body.entities.map(({ entity }) => entity), ["acme"]);
  await own.stop();
  const shared = take("README.md", /serve --database/).replace("localhost/postgres", postgres.split("@")[1]);
  const started = await serve(shared, { folder, env: { ...env, USER: "hookboard", HOOKBOARD_LISTEN: "127.0.0.1:0" } });
  await signIn(started);
  await started.stop();
});

test("the guide to Postgres starts, adds a worker and moves a file as printed", async () => {
  const { folder, env } = tree();
  const listening = { ...env, HOOKBOARD_LISTEN: "127.0.0.1:0" };
  const printed = "postgres://hookboard@db.internal/hookboard";
  const lines = filled(take("docs/ops/README.md", /hookboard worker/), [[printed, database("hookboard")]]).trim().split("\n");
  const running = [];
  for (const line of lines) {
    // Those two stand in a window of their own each.
    if (/^hookboard (serve|worker)/.test(line)) running.push(await serve(line, { folder, env: listening, ready: /\/#code=|delivers/ }));
    else await run(line, { folder, env });
  }
  assert.equal(running.length, 2);
  for (const one of running.reverse()) await one.stop();

  const file = await serve("hookboard serve --data ./hookboard-team --team acme", { folder, env: listening });
  await file.stop();
  const [move, start, ...rest] = filled(take("docs/ops/README.md", /hookboard migrate/), [[printed, database("moved")]]).trim().split("\n");
  assert.deepEqual(rest, []);
  await run(move, { folder, env });
  const moved = await serve(start, { folder, env: listening });
  const key = await signIn(moved);
  assert.deepEqual((await client(moved, key)("GET", "/me")).body.entities.map(({ entity }) => entity), ["acme"]);
  await moved.stop();
});

test("Prometheus takes the job and the alerts as printed", () => {
  const folder = scratch("prometheus");
  writeFileSync(join(folder, "prometheus.yml"), take("docs/ops/README.md", /scrape_configs/));
  copyFileSync(join(root, "docs/ops/alerts.yml"), join(folder, "alerts.yml"));
  const promtool = join(process.env.HOOKBOARD_PROMETHEUS, "usr/bin/promtool");
  const checked = spawnSync(promtool, ["check", "config", "prometheus.yml"], { cwd: folder, encoding: "utf8" });
  assert.equal(checked.status, 0, checked.stdout + checked.stderr);
  assert.match(checked.stdout, /SUCCESS: [1-9]\d* rules found/);
});

test("nginx takes the configuration that the printed commands write", async () => {
  const folder = scratch("nginx");
  const packages = process.env.HOOKBOARD_WEB_SERVERS;
  for (const part of ["etc/nginx/conf.d", "etc/nginx/sites-enabled", "bin", "tmp"]) mkdirSync(join(folder, part), { recursive: true });
  writeFileSync(join(folder, "etc/nginx/sites-enabled/default"), "this is Debian's own\n");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${folder}/tmp/${name};`);
  const module = join(packages, "usr/lib/nginx/modules/ngx_http_brotli_static_module.so");
  writeFileSync(
    join(folder, "etc/nginx/nginx.conf"),
    `load_module ${module};
pid ${folder}/nginx.pid;
events {}
http {
  include ${join(packages, "etc/nginx/mime.types")};
  access_log off;
  ${temporary.join("\n  ")}
  include ${folder}/etc/nginx/conf.d/*.conf;
  include ${folder}/etc/nginx/sites-enabled/*;
}
`,
  );
  program(join(folder, "bin/nginx"), `exec ${join(packages, "usr/sbin/nginx")} -c ${folder}/etc/nginx/nginx.conf -e stderr "$@"\n`);
  program(join(folder, "bin/systemctl"), `echo "$@" > ${folder}/systemctl\n`);
  const commands = filled(take("docs/hosting.md", /envsubst/), [
    ["/etc/nginx", join(folder, "etc/nginx")],
    ...(process.getuid() === 0 ? [] : [["HOOKBOARD_LISTEN=80 ", "HOOKBOARD_LISTEN=8080 "]]),
  ]);
  const printed = await run(`cd '${root}'\n${commands}`, { folder, env: { PATH: `${join(folder, "bin")}:${process.env.PATH}` } });
  assert.match(printed, /test is successful/);
  assert.equal(readFileSync(join(folder, "systemctl"), "utf8"), "reload nginx\n");
});

test("the page's settings and policy are those that the configurations send and the page reads", () => {
  const settings = JSON.parse(take("docs/hosting.md", /"history"/));
  const reader = readFileSync(join(root, "public/boot.js"), "utf8");
  for (const name of Object.keys(settings)) assert.ok(reader.includes(name), `boot.js reads ${name}`);
  const policy = take("docs/hosting.md", /^default-src/).trim();
  const template = readFileSync(join(root, "deploy/nginx/hookboard.conf.template"), "utf8");
  const values = { HOOKBOARD_API: "https://hooks.example.org", HOOKBOARD_HOSTS: "'none'" };
  const sent = [...template.matchAll(/add_header Content-Security-Policy "([^"]+)"/g)].map(([, text]) => text.replaceAll(/\$\{(\w+)\}/g, (_, name) => values[name]));
  assert.ok(sent.includes(policy), `${policy}\nis none of\n${sent.join("\n")}`);
});

test("what is not run can be parsed, and names tasks that there are", () => {
  const help = readFileSync(join(root, "crates/xtask/src/main.rs"), "utf8");
  const tasks = new Set([...help.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name));
  for (const [document, pattern] of outside) {
    const code = take(document, pattern);
    assert.equal(spawnSync("bash", ["-n"], { input: code }).status, 0, code);
    for (const [, task] of code.matchAll(/^cargo xtask (\w+)/gm)) assert.ok(tasks.has(task), task);
  }
});

test("every block of every document is known to a test", () => {
  const listed = spawnSync("git", ["ls-files", "-z", "*.md"], { cwd: root, encoding: "utf8" }).stdout.split("\0").filter(Boolean);
  assert.ok(listed.includes("README.md"), "the tree is one of git's");
  const unknown = [];
  for (const [document, program] of Object.entries(written)) {
    assert.ok(readFileSync(join(root, program), "utf8").includes(`"${document}"`), `${program} writes ${document}`);
  }
  for (const document of listed.filter((name) => !(name in written))) {
    const fences = readFileSync(join(root, document), "utf8").match(/^ *(```|~~~)/gm) ?? [];
    assert.equal(fences.length, 2 * blocks(document).length, `${document} has a fence that is not read`);
    for (const { language, code } of blocks(document)) {
      const others = elsewhere.filter(([other, pattern]) => other === document && pattern.test(code));
      for (const [, , file] of others) {
        const text = readFileSync(join(root, "tests", file), "utf8");
        assert.ok(text.includes(`"${document}"`), `${file} does not read ${document}`);
      }
      if (others.length === 0 && !held.has(`${document}\n${code}`)) unknown.push(`${document}, ${language || "no language"}: ${code.split("\n")[0]}`);
    }
  }
  assert.deepEqual(unknown, [], "give each a test, or a reason in `outside`");
});
