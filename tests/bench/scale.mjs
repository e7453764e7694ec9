// A large team's lists: 10,000 automations and 100,000 deliveries, each call 200 times on a connection that
// is kept; median and 95th percentile beside the limit.

import { execFileSync } from "node:child_process";
import { Agent, request } from "node:http";
import { client, scratch, signIn, startServer } from "../support/server.mjs";

const LIMIT_MS = 200;
const SEARCH_LIMIT_MS = 25;
const LOOK_BACK_LIMIT_MS = 1000;
const ROUNDS = Number(process.env.HOOKBOARD_ROUNDS ?? 200);

const agent = new Agent({ keepAlive: true });

const flags = ["--team", "kestrel", "--admin", "mira"];
const folder = scratch("scale");
// The first start makes the team; what is filled in needs the server stopped.
await (await startServer(flags, folder)).stop();
console.log(execFileSync(process.env.HOOKBOARD_FILL, [folder], { encoding: "utf8" }).trim());
const server = await startServer(flags, folder);
const key = await signIn(server);
const call = client(server, key);

/** Milliseconds from the call to its answer's last byte. */
function time(method, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: `Bearer ${key}`, ...(text === undefined ? {} : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }) };
  const sent = performance.now();
  return new Promise((done, failed) => {
    const asked = request(`${server.origin}/api/v1/entities/kestrel/${path}`, { method, agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => (answer.statusCode === 200 ? done(performance.now() - sent) : failed(new Error(`${path}: ${answer.statusCode}`))));
    });
    asked.on("error", failed);
    asked.end(text);
  });
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const get = async (path) => (await call("GET", `/entities/kestrel/${path}`)).body;
const { next_cursor: second, items: deliveries } = await get("deliveries?limit=200");
const { next_cursor: later, items: automations } = await get("automations?limit=200");
const webhook = automations[0].action.webhook_id;
const week = new Date(Date.now() - 7 * 86_400_000).toISOString();
const draft = {
  scope: automations.at(-1).scope,
  trigger: { event: "ADD_ARTIFACT_ALIAS", filter: { $and: [{ alias: { $regex: "^production" } }, { "artifact_metadata.accuracy": { $gte: 0.93 } }] } },
};
draft.scope.name = "models-0";

const CALLS = [
  ["automations, first 200", "automations?limit=200"],
  ["automations, page 2", `automations?limit=200&cursor=${later}`],
  ["automations, one registry", "automations?limit=200&registry=models-0"],
  ["automations, one webhook, enabled", `automations?limit=200&webhook=${webhook}&enabled=true`],
  ["automations, text: many", "automations?limit=50&text=canary", SEARCH_LIMIT_MS],
  ["automations, text: one", "automations?limit=50&text=staging-4711%24", SEARCH_LIMIT_MS],
  ["automations, text: none", "automations?limit=50&text=no-such-thing", SEARCH_LIMIT_MS],
  ["deliveries, first 200", "deliveries?limit=200"],
  ["deliveries, page 2", `deliveries?limit=200&cursor=${second}`],
  ["deliveries, failed", "deliveries?limit=200&state=failed"],
  ["deliveries, failed, one collection", "deliveries?limit=200&state=failed&registry=models-0&collection=collection-3"],
  ["deliveries, one webhook, a week", `deliveries?limit=200&webhook=${webhook}&since=${week}`],
  ["deliveries, one automation", `deliveries?limit=200&automation=${deliveries[0].automation_id}`],
  ["deliveries, an outcome that none has", "deliveries?limit=200&outcome=dns"],
  ["deliveries, counts", "deliveries/counts"],
  ["deliveries, counts, one collection", "deliveries/counts?registry=models-0&collection=collection-3"],
  ["events, first 200", "events?limit=200"],
  ["events, one collection", "events?limit=200&registry=models-0&collection=collection-3"],
  ["events, a type that none has", "events?limit=200&type=UNLINK_ARTIFACT"],
  ["webhooks", "webhooks"],
  ["secrets", "secrets"],
  ["registries", "places/registries"],
  ["audit", "audit?limit=200"],
  ["attention", "attention"],
];

console.log(`\n${"what".padEnd(38)} ${"p50 ms".padStart(8)} ${"p95 ms".padStart(8)} ${"of the limit".padStart(18)}`);
let missed = 0;
async function measure(name, limit, rounds, once) {
  const took = [];
  for (let round = 0; round < rounds; round++) took.push(await once());
  const [median, high] = [percentile(took, 0.5), percentile(took, 0.95)];
  const share = `${(high / limit).toFixed(2)} of ${limit} ms`;
  missed += high > limit ? 1 : 0;
  console.log(`${name.padEnd(38)} ${median.toFixed(1).padStart(8)} ${high.toFixed(1).padStart(8)} ${share.padStart(18)}${high > limit ? " MISSED" : ""}`);
}
for (const [name, path, limit] of CALLS) await measure(name, limit ?? LIMIT_MS, ROUNDS, () => time("GET", path));
const again = { filter: { state: "failed" }, dry_run: true };
await measure("redeliver all failed, dry run", LIMIT_MS, ROUNDS, () => time("POST", "deliveries/redeliver", again));
await measure("backtest over 100,000 events", LOOK_BACK_LIMIT_MS, Math.ceil(ROUNDS / 10), () => time("POST", "automations/backtest", { draft, days: 30 }));
console.log(missed === 0 ? "\nAll are within their limits." : `\n${missed} are over their limits.`);
agent.destroy();
await server.stop();
process.exitCode = missed === 0 ? 0 : 1;
