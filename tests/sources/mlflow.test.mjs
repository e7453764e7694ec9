// The real MLflow: its own server, its own client, its own webhooks. A model is registered, the alias
// `production` is set, and the webhook gets the payload byte for byte.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { blocks, follow } from "../support/guide.mjs";
import { freePort } from "../support/hosting.mjs";
import { client, scratch, signIn, startReceiver, startServer, until } from "../support/server.mjs";

const PYTHON = process.env.MLFLOW_PYTHON;
const SECRET = "mlflow-hook-secret-4d1f";

let server;
let call;
let key;
let receiver;
let mlflow;
let tracking;
let mlflowLog = "";

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  key = await signIn(server);
  call = client(server, key);
  receiver = await startReceiver();
  const folder = scratch("mlflow");
  const port = await freePort();
  tracking = `http://127.0.0.1:${port}`;
  const fernet = spawnSync(PYTHON, ["-c", "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"], { encoding: "utf8" });
  mlflow = spawn(
    PYTHON,
    ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1", "--backend-store-uri", `sqlite:///${join(folder, "mlflow.db")}`, "--artifacts-destination", join(folder, "artifacts")],
    {
      cwd: folder,
      detached: true,
      env: {
        ...process.env,
        MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY: fernet.stdout.trim(),
        MLFLOW_WEBHOOK_ALLOWED_SCHEMES: "http,https",
        MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: "true",
        MLFLOW_WEBHOOK_CACHE_TTL: "0",
        MLFLOW_DISABLE_TELEMETRY: "true",
        DO_NOT_TRACK: "true",
      },
    },
  );
  mlflow.stdout.on("data", (text) => (mlflowLog += text));
  mlflow.stderr.on("data", (text) => (mlflowLog += text));
  // Its workers are processes of their own: the group ends together.
  process.on("exit", () => {
    try {
      process.kill(-mlflow.pid, "SIGKILL");
    } catch {
      // Ended already.
    }
  });
  await until("MLflow answers", async () => {
    if (mlflow.exitCode !== null) throw new Error(`MLflow ended: ${mlflowLog}`);
    return fetch(`${tracking}/health`).then((answer) => answer.ok, () => false);
  });
});

after(async () => {
  process.kill(-mlflow.pid, "SIGKILL");
  await receiver.stop();
  await server.stop();
});

function python(script, ...arguments_) {
  const done = spawnSync(PYTHON, ["-c", script, ...arguments_], { encoding: "utf8", env: { ...process.env, MLFLOW_TRACKING_URI: tracking, MLFLOW_DISABLE_TELEMETRY: "true" } });
  assert.equal(done.status, 0, done.stderr + mlflowLog);
  return done.stdout.trim();
}

const REGISTER = `
import sys
from mlflow import MlflowClient
from mlflow.entities.webhook import WebhookEvent
client = MlflowClient()
client.create_webhook(name="hookboard", url=sys.argv[1], secret=sys.argv[2], events=[
    "registered_model.created", "model_version.created", "model_version_alias.created", "model_version_alias.deleted",
    "model_version_tag.set", "model_version_tag.deleted"])
`;

const PROMOTE = `
from mlflow import MlflowClient
client = MlflowClient()
client.create_registered_model("fraud-scorer")
client.create_model_version("fraud-scorer", "s3://models/fraud", tags={"framework": "xgboost 3.1"})
client.set_model_version_tag("fraud-scorer", "1", "accuracy", "0.9412")
client.set_registered_model_alias("fraud-scorer", "production", "1")
`;

test("the guide, followed as printed, brings a registered model here", async () => {
  const replace = [["http://127.0.0.1:8080", server.origin]];
  const printed = await follow("docs/mlflow.md", { folder: scratch("guide"), replace, env: { HOOKBOARD_KEY: key }, others: ["python"] });
  const [, id] = /"path":"[^"]+\/([^/"]+)"/.exec(printed);
  const [{ code }] = blocks("docs/mlflow.md").filter(({ language }) => language === "python");
  python([...replace, ["<source id>", id]].reduce((text, [from, to]) => text.replaceAll(from, to), code));
  python('from mlflow import MlflowClient\nMlflowClient().create_registered_model("churn")');
  await until("the collection is here", async () => {
    const { body } = await call("GET", "/entities/kestrel/places/registries/mlflow-models/collections");
    return body.items?.some(({ name }) => name === "churn");
  });
});

test("an alias set by MLflow's client arrives at the webhook as the template says", async () => {
  assert.equal((await call("PUT", "/entities/kestrel/places/registries/models")).status, 201);
  assert.equal((await call("PUT", "/entities/kestrel/secrets/MLFLOW_HOOK", { value: SECRET })).status, 201);
  const source = await call("POST", "/entities/kestrel/sources", { name: "mlflow", registry: "models", secret: "MLFLOW_HOOK" });
  assert.equal(source.status, 201, JSON.stringify(source.body));
  const webhook = await call("POST", "/entities/kestrel/webhooks", { name: "deploy", url: receiver.url });
  const template = '{\n  "model": "${artifact_version_string}",\n  "index": ${artifact_version_index},\n  "accuracy": "${artifact_metadata.accuracy}",\n  "by": "${event_author}"\n}\n';
  const automation = await call("POST", "/entities/kestrel/automations", {
    name: "promote",
    scope: { kind: "registry", entity: "kestrel", name: "models" },
    trigger: { event: "ADD_ARTIFACT_ALIAS", filter: { $and: [{ alias: { $regex: "^production$" } }, { "artifact_metadata.accuracy": { $gte: 0.9 } }] } },
    action: { type: "webhook", webhook_id: webhook.body.id, template },
  });
  assert.equal(automation.status, 201, JSON.stringify(automation.body));

  python(REGISTER, server.origin + source.body.path, SECRET);
  python(PROMOTE);

  await until("the payload arrives", () => receiver.requests.length > 0);
  assert.equal(
    receiver.requests[0].body,
    '{\n  "model": "kestrel/models/fraud-scorer:production",\n  "index": 1,\n  "accuracy": "0.9412",\n  "by": "mlflow"\n}\n',
  );
  const events = await call("GET", "/entities/kestrel/events?registry=models");
  const types = events.body.items.map((event) => event.type);
  for (const type of ["LINK_ARTIFACT", "ADD_ARTIFACT_TAG", "ADD_ARTIFACT_ALIAS"]) assert.ok(types.includes(type), `${type} in ${types}`);
  const collections = await call("GET", "/entities/kestrel/places/registries/models/collections");
  assert.deepEqual(collections.body.items[0].aliases, ["production"]);
});

test("a message that is not signed by the source's secret is refused", async () => {
  const { body: sources } = await call("GET", "/entities/kestrel/sources");
  const answer = await fetch(server.origin + sources.items[0].path, {
    method: "POST",
    headers: { "x-mlflow-signature": "v1,AAAA", "x-mlflow-delivery-id": "d", "x-mlflow-timestamp": String(Math.floor(Date.now() / 1000)) },
    body: "{}",
  });
  assert.equal(answer.status, 401);
  assert.match((await answer.json()).detail, /signature does not match/);
});

test("an alias taken off by MLflow's client is off here", async () => {
  python('from mlflow import MlflowClient\nMlflowClient().delete_registered_model_alias("fraud-scorer", "production")\n');
  await until("the alias is gone", async () => {
    const { body } = await call("GET", "/entities/kestrel/places/registries/models/collections");
    return body.items[0].aliases.length === 0;
  });
});
