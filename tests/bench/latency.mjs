// From `POST /api/v1/events` to the webhook's receiver, at an idle server with full durability on
// SQLite: median and 99th percentile against the limit, beside what the same client needs for a bare
// POST to the same receiver and what the disk needs for one synchronous write.

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { client, scratch, signIn, startReceiver, startServer, until } from "../support/server.mjs";

const LIMIT_MS = 10;
const ROUNDS = 300;

const agent = new Agent({ keepAlive: true });

/** POSTs JSON over a connection that is kept, as senders do; gives the status. */
function post(url, headers, body) {
  return new Promise((done, failed) => {
    const sent = request(url, { method: "POST", agent, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body), ...headers } }, (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode));
    });
    sent.on("error", failed);
    sent.end(body);
  });
}

function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

const folder = scratch("latency");
const server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"], folder);
const key = await signIn(server);
const call = client(server, key);
const receiver = await startReceiver();
await call("PUT", "/entities/kestrel/places/registries/models");
const webhook = await call("POST", "/entities/kestrel/webhooks", { name: "hook", url: receiver.url });
await call("POST", "/entities/kestrel/automations", {
  name: "links",
  scope: { kind: "registry", entity: "kestrel", name: "models" },
  trigger: { event: "LINK_ARTIFACT" },
  action: { type: "webhook", webhook_id: webhook.body.id, template: '{"index": ${artifact_version_index}}' },
});

const whole = [];
const accepted = [];
for (let index = 0; index < ROUNDS; index++) {
  const before = receiver.requests.length;
  const body = JSON.stringify({ type: "LINK_ARTIFACT", subject: { kind: "registry", entity: "kestrel", name: "models", collection: "fraud", version: index } });
  const sent = performance.now();
  const status = await post(`${server.origin}/api/v1/events`, { authorization: `Bearer ${key}` }, body);
  const answered = performance.now();
  if (status !== 202) throw new Error(`the event was answered with ${status}`);
  await until("the webhook receives it", () => receiver.requests.length > before);
  const received = receiver.requests[before].at;
  accepted.push(answered - sent);
  // From accepted (the 202) to received; the request may overtake its own answer.
  whole.push(Math.max(0, received - answered));
  // Idle: the attempt is written before the next event comes.
  await pause(15);
}

const bare = [];
for (let index = 0; index < ROUNDS; index++) {
  const sent = performance.now();
  await post(receiver.url, {}, '{"index": 1}');
  bare.push(performance.now() - sent);
}

const file = openSync(join(folder, "fsync"), "w");
const disk = [];
for (let index = 0; index < ROUNDS; index++) {
  const started = performance.now();
  writeSync(file, Buffer.alloc(4096));
  fsyncSync(file);
  disk.push(performance.now() - started);
}
closeSync(file);

const row = (name, values) => console.log(`${name.padEnd(34)} ${percentile(values, 0.5).toFixed(2).padStart(8)} ${percentile(values, 0.99).toFixed(2).padStart(8)}`);
console.log(`${"ms".padEnd(34)} ${"median".padStart(8)} ${"p99".padStart(8)}`);
row("POST /events to its 202 (durable)", accepted);
row("202 to POST received", whole);
row("bare POST to the same receiver", bare);
row("one fsync of 4 KiB", disk);
const ratio = percentile(whole, 0.5) / LIMIT_MS;
console.log(`\n202 to POST received, median: ${ratio.toFixed(2)} of the limit of ${LIMIT_MS} ms${ratio <= 1 ? "" : ": MISSED"}`);
await receiver.stop();
await server.stop();
