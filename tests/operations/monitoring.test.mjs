// The alerts and the dashboard of docs/ops as they are: in a real Prometheus that watches a busy server, and by the
// types that Grafana makes from its own schemas.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { client, scratch, signIn, startServer, until } from "../support/server.mjs";

const ops = fileURLToPath(new URL("../../docs/ops", import.meta.url));
const programs = join(process.env.HOOKBOARD_PROMETHEUS, "usr/bin");
const dashboard = JSON.parse(readFileSync(join(ops, "grafana.json"), "utf8"));

let server;
let prometheus;
let origin;
let log = "";

before(async () => {
  server = await startServer(["--demo", "--metrics-listen", "127.0.0.1:0"]);
  const [, metrics] = await until("it says where its metrics are", () => /http:\/\/([\d.:]+)\/metrics/.exec(server.said()));
  const folder = scratch("prometheus");
  copyFileSync(join(ops, "alerts.yml"), join(folder, "alerts.yml"));
  // JSON is YAML.
  const job = { job_name: "hookboard", scrape_interval: "1s", static_configs: [{ targets: [metrics] }] };
  writeFileSync(
    join(folder, "prometheus.yml"),
    JSON.stringify({ global: { evaluation_interval: "1s" }, rule_files: ["alerts.yml"], scrape_configs: [job] }),
  );
  prometheus = spawn(
    join(programs, "prometheus"),
    [`--config.file=${folder}/prometheus.yml`, `--storage.tsdb.path=${folder}/data`, "--web.listen-address=127.0.0.1:0"],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  prometheus.stderr.on("data", (text) => (log += text));
  process.on("exit", () => prometheus.kill("SIGKILL"));
  const [, address] = await until("Prometheus says where it listens", () => {
    if (prometheus.exitCode !== null) throw new Error(`Prometheus ended: ${log}`);
    return /msg="Listening on" address=([\d.:]+)/.exec(log);
  });
  origin = `http://${address}`;
  await until("Prometheus answers", () => fetch(`${origin}/-/ready`).then((answer) => answer.ok, () => false));
});

after(async () => {
  prometheus?.kill("SIGKILL");
  await server?.stop();
});

async function ask(path) {
  const answer = await (await fetch(`${origin}/api/v1${path}`)).json();
  assert.equal(answer.status, "success", `${path}: ${answer.error}`);
  return answer.data;
}

const query = async (expression) => (await ask(`/query?query=${encodeURIComponent(expression)}`)).result;

test("each panel of the dashboard asks what Prometheus answers, and shows a busy server", async () => {
  const call = client(server, await signIn(server));
  const subject = { kind: "registry", entity: "kestrel", name: "Models", collection: "fraud-scorer" };
  let version = 100;
  for (const panel of dashboard.panels) {
    for (const { expr } of panel.targets) {
      const expression = expr.replaceAll("$job", ".*").replaceAll("$__rate_interval", "10s");
      assert.doesNotMatch(expression, /\$/, "no other variable is left");
      await until(`${panel.title} is answered: ${expr}`, async () => {
        const sent = await call("POST", "/events", { type: "LINK_ARTIFACT", subject: { ...subject, version: version++ } });
        assert.equal(sent.status, 202);
        return (await query(expression)).length > 0;
      });
    }
  }
});

test("the alerts load, and none but those of the demo's failing receivers is about to be raised", async () => {
  const rules = await until("each alert was looked at", async () => {
    const { groups } = await ask("/rules");
    const all = groups.flatMap((group) => group.rules);
    return all.length > 0 && all.every((rule) => rule.health !== "unknown") && all;
  });
  assert.deepEqual(rules.filter((rule) => rule.health !== "ok").map((rule) => `${rule.name}: ${rule.lastError}`), []);
  const expected = ["HookboardDeliveriesFail", "HookboardWebhookPaused"];
  const active = rules.filter((rule) => rule.state !== "inactive").map((rule) => rule.name);
  assert.deepEqual(active.filter((name) => !expected.includes(name)), []);
});

test("an alert is raised when the server is gone", async () => {
  await server.stop();
  server = undefined;
  await until("it is pending", async () => {
    const { groups } = await ask("/rules");
    return groups.flatMap((group) => group.rules).some((rule) => rule.state !== "inactive" && /up/.test(rule.query));
  });
});

test("the dashboard is one by Grafana's own types", () => {
  const decode = `
import json, sys
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard
register_default_plugins()
dashboard = Dashboard.from_json(json.load(open(sys.argv[1])))
print(JSONEncoder().encode(dashboard))
`;
  const run = spawnSync(process.env.GRAFANA_PYTHON, ["-c", decode, join(ops, "grafana.json")], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  // What Grafana writes itself, and its types leave out.
  const known = JSON.parse(JSON.stringify(dashboard, (key, value) => (key === "definition" ? undefined : value)));
  assert.deepEqual(lost(known, JSON.parse(run.stdout)), []);
});

/** Where `kept` has not what `given` has. */
function lost(given, kept, path = "") {
  if (typeof given !== "object" || given === null) return given === kept ? [] : [path];
  if (typeof kept !== "object" || kept === null) return [path];
  return Object.entries(given).flatMap(([key, value]) => lost(value, kept[key], `${path}/${key}`));
}
