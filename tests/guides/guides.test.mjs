// Each guide is followed as printed, against a server of its own and a receiver that checks what the real one would.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { follow } from "../support/guide.mjs";
import { client, scratch, signIn, startServer, until } from "../support/server.mjs";

let server;
let call;
let key;
const ends = [];

beforeEach(async () => {
  await server?.stop();
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  key = await signIn(server);
  call = client(server, key);
});

after(async () => {
  for (const end of ends) await end();
  await server?.stop();
});

/** A receiver that answers what `judge` says of a request: a status and a text. */
async function startJudge(judge) {
  const requests = [];
  const judged = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      const seen = { method: request.method, path: request.url, headers: request.headers, body: JSON.parse(Buffer.concat(parts)) };
      const [status, text] = judge(seen);
      requests.push({ ...seen, status });
      response.writeHead(status);
      response.end(text);
    });
  });
  await new Promise((listening) => judged.listen(0, "127.0.0.1", listening));
  ends.push(() => new Promise((done) => judged.close(done)));
  return { origin: `http://127.0.0.1:${judged.address().port}`, requests };
}

const ours = () => [["http://127.0.0.1:8080", server.origin], ["hb_…", key]];

/** GitHub's own rules for a repository dispatch. */
function gitHub({ method, path, headers, body }) {
  if (headers.authorization !== "Bearer github_pat_0042") return [401, '{"message": "Bad credentials"}'];
  if (method !== "POST" || path !== "/repos/kestrel/serving/dispatches") return [404, '{"message": "Not Found"}'];
  if (headers.accept !== "application/vnd.github+json" || !headers["user-agent"]) return [403, "{}"];
  const { event_type: type, client_payload: payload, ...others } = body;
  const fits = typeof type === "string" && type.length <= 100 && Object.keys(payload ?? {}).length <= 10;
  return fits && Object.keys(others).length === 0 ? [204, ""] : [422, "{}"];
}

test("the guide for GitHub Actions ends with a dispatch that its workflow takes", async () => {
  await call("PUT", "/entities/kestrel/places/registries/models");
  const judge = await startJudge(gitHub);
  const folder = scratch("github");
  const printed = await follow("docs/guides/github-actions.md", {
    folder,
    replace: [...ours(), ["github_pat_…", "github_pat_0042"], ["https://api.github.com", judge.origin]],
  });
  assert.match(printed, /Deploy to production/);
  await until("the event arrives", () => judge.requests.length === 2);
  assert.deepEqual(judge.requests.map(({ status }) => status), [204, 204]);
  const { event_type: type, client_payload: payload } = judge.requests[1].body;
  assert.deepEqual(payload, { model: "fraud", version: 12, path: "kestrel/models/fraud:production", author: "ada" });

  const workflow = readFileSync(join(folder, ".github/workflows/deploy.yml"), "utf8");
  assert.equal(/types: \[(.+)\]/.exec(workflow)[1], type);
  // What GitHub does with the step: the expressions are filled into its environment, and the shell runs it.
  const given = [...workflow.matchAll(/(\w+): \$\{\{ github\.event\.client_payload\.(\w+) \}\}/g)];
  const env = Object.fromEntries(given.map(([, name, member]) => [name, String(payload[member])]));
  const [, run] = /- run: (.+)/.exec(workflow);
  assert.equal(spawnSync("bash", ["-euc", run], { env, encoding: "utf8" }).stdout, "Deploying fraud v12 for ada\n");
});

test("the guide for Slack ends with a message that Slack takes", async () => {
  await call("PUT", "/entities/kestrel/places/registries/models");
  const judge = await startJudge(({ body }) => (typeof body.text === "string" && body.text ? [200, "ok"] : [400, "no_text"]));
  await follow("docs/guides/slack.md", {
    folder: scratch("slack"),
    replace: [...ours(), ["https://hooks.slack.com/services/T…/B…/…", `${judge.origin}/services/T0/B0/x`]],
  });
  await until("the message arrives", () => judge.requests.length === 1);
  assert.equal(judge.requests[0].status, 200);
  assert.match(judge.requests[0].body.text, / linked .+ v\d+$/);
});

/** What a workflow's trigger wants: a message with adaptive cards whose texts are texts. */
function teams({ path, body }) {
  if (!path.includes("sig=0042")) return [401, "{}"];
  const cards = body.type === "message" && body.attachments?.every(({ contentType }) => contentType === "application/vnd.microsoft.card.adaptive");
  const elements = body.attachments?.flatMap(({ content }) => content.body) ?? [];
  const texts = elements.flatMap((element) => (element.type === "FactSet" ? element.facts.flatMap(Object.values) : [element.text]));
  return cards && texts.length > 0 && texts.every((text) => typeof text === "string") ? [202, ""] : [400, "{}"];
}

test("the guide for Teams ends with a card that its workflow takes, and fires when the metric falls", async () => {
  await call("PUT", "/entities/kestrel/places/projects/churn");
  const judge = await startJudge(teams);
  await follow("docs/guides/teams.md", {
    folder: scratch("teams"),
    replace: [...ours(), ["https://prod-00.westeurope.logic.azure.com", judge.origin], ["sig=…", "sig=0042"], ["workflows/…", "workflows/1"]],
  });
  const points = [0.9, 0.78, 0.7].map((value, step) => ({ step, value }));
  const sent = await call("POST", "/entities/kestrel/projects/churn/runs/r1/metrics", { metric: "val/auc", points, run_name: "first" });
  assert.equal(sent.status, 202, JSON.stringify(sent.body));
  await until("both cards arrive", () => judge.requests.length === 2);
  assert.deepEqual(judge.requests.map(({ status }) => status), [202, 202]);
  assert.equal(judge.requests[1].body.attachments[0].content.body[1].facts[0].value, "first");
});

test("the commands of the page on the shell do as they say", async () => {
  await call("PUT", "/entities/kestrel/places/registries/Models");
  await call("POST", "/entities/kestrel/webhooks", { name: "deploy-hook", url: "http://127.0.0.1:9/" });
  const folder = scratch("cli");
  await follow("docs/cli.md", { folder, replace: ours() });
});
