// The unmodified wandb SDK on `/graphql`: the samples of W&B's guide, each checked over REST and by what a receiver
// got; every form of a filter in and out; whatever is made over REST listed and left whole; ten thousand automations
// page by page while others come and go.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { blocks, filled, root, run } from "../support/guide.mjs";
import { client, scratch, signIn, startReceiver, startServer, until } from "../support/server.mjs";
import { random, randomAutomation } from "./random.mjs";
import { SDKS, isNewest, runner, startProxy } from "./sdk.mjs";

const TEAM = "/entities/kestrel";

let proxy;

before(async () => {
  assert.ok(SDKS.length > 0, "WANDB_PYTHONS is not set; run this by: cargo xtask test wandb");
  proxy = await startProxy();
});

after(async () => {
  await proxy.stop();
  assert.deepEqual(proxy.asked, [], "nothing is sent elsewhere");
});

/** A server with registry, project, collections and webhooks to a receiver; an SDK that talks to it. */
async function world(t, sdk) {
  const server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1", "--metrics-listen", "127.0.0.1:0"]);
  const key = await signIn(server);
  const call = client(server, key);
  const receiver = await startReceiver();
  t.after(() => Promise.all([server.stop(), receiver.stop()]));
  const made = async (method, path, body) => {
    const answer = await call(method, TEAM + path, body);
    assert.ok(answer.status < 300, `${method} ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  await made("PUT", "/places/registries/models");
  await made("PUT", "/places/projects/training");
  await made("PUT", "/places/registries/models/collections/scorer", { type: "model" });
  await made("PUT", "/places/projects/training/collections/prices", { type: "dataset" });
  for (const [name, value] of [["HOOK_TOKEN", "planted-token"], ["DEPLOY_PASSWORD", "planted-password"]]) {
    await made("PUT", `/secrets/${name}`, { value });
  }
  const hooks = {};
  for (const name of ["deploy-hook", "chat-hook", "secret-hook"]) {
    const secret = name === "secret-hook" ? { access_token: "HOOK_TOKEN", secrets: ["DEPLOY_PASSWORD"] } : {};
    hooks[name] = await made("POST", "/webhooks", { name, url: `http://127.0.0.1:${receiver.port}/${name}`, ...secret });
  }
  const subject = { kind: "registry", entity: "kestrel", name: "models", collection: "scorer", version: 3 };
  return {
    server,
    key,
    call,
    made,
    receiver,
    hooks,
    python: runner(sdk, server.origin, key, proxy),
    sample: async (name) => (await runner(sdk, server.origin, key, proxy)("samples.py", name)).said,
    event: async (type, rest) => {
      const answer = await call("POST", "/events", { type, subject, author: "ada", ...rest });
      assert.equal(answer.status, 202, JSON.stringify(answer.body));
    },
    /** What arrived at a webhook, once there are `count` requests. */
    arrived: async (hook, count = 1) => {
      const at = () => receiver.requests.filter((request) => request.path === `/${hook}`);
      await until(`${count} at ${hook}`, () => at().length >= count);
      return at().map((request) => JSON.parse(request.body));
    },
    automation: (id) => made("GET", `/automations/${id}`),
    /** How many calls the server has refused. */
    refusals: async () => {
      const [, metrics] = await until("the metrics are there", () => /Metrics are at (\S+),/.exec(server.said()));
      const text = await (await fetch(metrics)).text();
      const counts = [...text.matchAll(/^hookboard_http_requests_total\{.*status="[45]..".*\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    },
  };
}

for (const sdk of SDKS) {
  const title = (words) => `wandb ${sdk.version}: ${words}`;

  test(title("the guide's samples make what they say, and it is delivered"), async (t) => {
    const at = await world(t, sdk);
    const { said: listed } = await at.python("samples.py", "list_webhooks");
    assert.deepEqual(
      listed.map(({ id, name, url }) => [id, name, url]).sort(),
      Object.values(at.hooks).map(({ id, settings }) => [id, settings.name, settings.url]).sort(),
    );

    const deploy = await at.sample("deploy");
    const kept = await at.automation(deploy.id);
    assert.deepEqual(kept.scope, { kind: "registry", entity: "kestrel", name: "models", collection: "scorer" });
    assert.deepEqual(kept.trigger, { event: "ADD_ARTIFACT_ALIAS", filter: { alias: { $eq: "production" } } });
    assert.equal(kept.action.webhook_id, at.hooks["deploy-hook"].id);
    assert.equal(kept.description, "Builds what is in production");
    assert.equal(new Date(deploy.created).toISOString(), kept.created_at, "the same time on both interfaces");
    await at.event("ADD_ARTIFACT_ALIAS", { alias: "production" });
    assert.deepEqual(await at.arrived("deploy-hook"), [
      {
        event_type: "BUILD_AND_DEPLOY",
        client_payload: {
          event_author: "ada",
          artifact_version_string: "kestrel/models/scorer:production",
          artifact_collection_name: "scorer",
          project_name: "models",
          entity_name: "kestrel",
        },
      },
    ]);

    const monitor = await at.automation((await at.sample("monitor")).id);
    assert.deepEqual([monitor.scope, monitor.trigger], [{ kind: "registry", entity: "kestrel", name: "models" }, { event: "LINK_ARTIFACT" }]);
    await at.event("LINK_ARTIFACT");
    assert.deepEqual(await at.arrived("chat-hook"), [{ text: "LINK_ARTIFACT: scorer v3 by ada" }]);

    const metric = await at.automation((await at.sample("metric")).id);
    assert.deepEqual(metric.trigger.metrics.rules, [{ kind: "threshold", metric: "loss", window: 3, aggregate: "average", comparison: ">", threshold: 0.5 }]);
    assert.deepEqual(metric.trigger.filter, { run_name: { $contains: "fine-tune" } });
    const points = [0.25, 0.5, 1.5].map((value, step) => ({ step, value }));
    for (const name of ["other", "fine-tune 7"]) {
      await at.made("POST", `/projects/training/runs/${name.slice(0, 4)}/metrics`, { metric: "loss", run_name: name, points });
    }
    assert.deepEqual((await at.arrived("chat-hook", 2))[1], { run: "fine-tune 7", metric: "loss", value: "0.75", limit: "0.5" });

    await at.sample("created");
    await at.event("CREATE_ARTIFACT", { subject: { kind: "project", entity: "kestrel", name: "training", collection: "prices", version: 0 } });
    assert.deepEqual((await at.arrived("chat-hook", 3))[2], { new: "kestrel/training/prices:v0" });
  });

  test(title("routes and secrets of the guide arrive where and as they should"), async (t) => {
    const at = await world(t, sdk);
    const routes = await at.sample("routing");
    assert.equal(routes.length, 2);
    for (const alias of ["staging-eu", "canary", "other"]) await at.event("ADD_ARTIFACT_ALIAS", { alias });
    assert.deepEqual(await at.arrived("chat-hook"), [{ alias: "staging-eu", route: "^staging" }]);
    assert.deepEqual(await at.arrived("deploy-hook"), [{ alias: "canary", route: "^(production|canary)$" }]);

    const secrets = await at.automation((await at.sample("secrets")).id);
    assert.ok(!JSON.stringify(secrets).includes("planted"), "only names are kept");
    await at.event("LINK_ARTIFACT");
    assert.deepEqual(await at.arrived("secret-hook"), [
      { token: "planted-token", password: "planted-password", short: "planted-password", price: "$5" },
    ]);
    const sent = at.receiver.requests.find((request) => request.path === "/secret-hook");
    assert.equal(sent.headers.authorization, "Bearer planted-token");
    const delivery = await until("the delivery is in History", async () => {
      const { items } = await at.made("GET", "/deliveries");
      return items.find((one) => one.automation_id === secrets.id && one.state === "delivered");
    });
    assert.ok(!JSON.stringify(await at.made("GET", `/deliveries/${delivery.id}`)).includes("planted"), "History shows dots");
    assert.equal(at.receiver.requests.length, 3);
  });

  test(title("automations are listed, changed and deleted, and the audit log says by whom"), async (t) => {
    const at = await world(t, sdk);
    const { id } = await at.sample("manage");
    assert.equal((await at.call("GET", `${TEAM}/automations/${id}`)).status, 404);
    const { items } = await at.made("GET", "/audit?kind=automation");
    const own = items.filter((entry) => entry.target_id === id).reverse();
    // The older version loses a new event's filter, and that change is refused.
    const changes = Array.from({ length: isNewest(sdk) ? 4 : 3 }, () => "changed");
    assert.deepEqual(own.map((entry) => entry.action), ["created", ...changes, "deleted"]);
    assert.ok(own.every((entry) => entry.actor === "mira"));
  });

  test(title("what is refused is told at once, in the words of the server"), async (t) => {
    const at = await world(t, sdk);
    const { said } = await at.python("samples.py", "errors");
    const words = {
      duplicate: /'once' exists/,
      "update of a missing one": /'gone' not found/,
      "delete of a missing one": /There is no such automation, or you may not see it/,
      pattern: /This is not a regular expression/,
      variable: /artifact_nme/,
      webhook: /Choose a webhook of this team/,
      event: /LINK_ARTIFACT does not carry alias/,
      team: isNewest(sdk) ? /There is no such team, or you may not see it/ : /404 Client Error/,
      name: /U\+202E/,
      type: /all versions of a collection have its type/,
      registry: /CREATE_ARTIFACT cannot be watched in a collection of a registry/,
      list: /Compare with several by \{"\$in":\[ … \]\}/,
      null: /\{"\$exists":false\} holds/,
      plural: /No event has a value "aliases"\. Use a payload variable's name, such as alias/,
      "no dollar": /There is no comparison "in"\. Use one of \$eq/,
      wrapped: /No event has a value "filter"/,
      empty: /Say which alias counts/,
    };
    for (const [what, expected] of Object.entries(words)) assert.match(said[what][1], expected, what);
    // And the one that was made before and is fetched.
    assert.equal(await at.refusals(), Object.keys(words).length + 1, "no call is repeated in vain");

    const wrong = runner(sdk, at.server.origin, `hb_${"x".repeat(43)}`, proxy);
    const refused = await wrong("samples.py", "list_webhooks").then(() => assert.fail("a wrong key"), (error) => error.message);
    assert.match(refused, /not valid|API key|401/i);

    await at.made("PUT", "/members/vera", { role: "viewer" });
    const { code } = await at.made("POST", "/members/vera/link");
    const { body } = await at.call("POST", "/sign-in", { code });
    const viewer = runner(sdk, at.server.origin, body.key, proxy);
    assert.equal((await viewer("samples.py", "list_webhooks")).said.length, 3, "a viewer reads");
    const role = await viewer("samples.py", "deploy").then(() => assert.fail("a viewer"), (error) => error.message);
    // Before, the SDK has words of its own for a 403.
    assert.match(role, isNewest(sdk) ? /This needs the role admin in kestrel; you are viewer/ : /you do not have permission/);
  });

  test(title("what the guides print and the SDK does not have is refused by the SDK, and its mended form works"), async (t) => {
    const at = await world(t, sdk);
    assert.deepEqual(await at.sample("not_in_the_sdk"), {
      "api.registry(entity=)": ["TypeError", "models"],
      "registry.collection()": ["AttributeError", "scorer"],
      "project.automations()": ["AttributeError", ["not saved"]],
      "automation.save()": ["AttributeError", "saved"],
      "metric & metric": ["TypeError", ["high", "low"]],
      "OnRunStateChange(to_state=)": ["ImportError", isNewest(sdk) ? "RUN_STATE" : "no such event"],
      "OnCreateArtifact(scope=registry)": ["ValidationError", "linked"],
    });
  });

  test(title("a webhook is picked by its name, its address or as the first, and none is told"), async (t) => {
    const at = await world(t, sdk);
    assert.deepEqual(await at.sample("picking"), {
      name: "chat-hook", url: "deploy-hook", both: "secret-hook", neither: true, "has a token": false,
    });
    for (const { id } of Object.values(at.hooks)) await at.made("DELETE", `/webhooks/${id}`);
    const { said, log } = await at.python("samples.py", "nothing_to_pick");
    assert.deepEqual(said, [0, "ValueError", "kestrel has no webhook"]);
    assert.ok(log.includes(`No webhook yet: make one at ${at.server.origin}/kestrel/settings`), log);
  });

  test(title("filters that are written out, operators and states mean what they say, and are delivered"), async (t) => {
    const at = await world(t, sdk);
    const plain = await at.automation((await at.sample("plain")).id);
    assert.deepEqual(plain.trigger, { event: "ADD_ARTIFACT_ALIAS", filter: { alias: { $eq: "production" } } });
    for (const alias of ["pre-production", "production"]) await at.event("ADD_ARTIFACT_ALIAS", { alias });
    assert.deepEqual(await at.arrived("deploy-hook"), [{ alias: "production", version: "kestrel/models/scorer:production" }]);

    const below = await at.automation((await at.sample("below")).id);
    assert.deepEqual(below.trigger.metrics.rules, [{ kind: "threshold", metric: "accuracy", window: 1, aggregate: "average", comparison: "<", threshold: 0.85 }]);
    const points = [0.9, 0.8].map((value, step) => ({ step, value }));
    await at.made("POST", "/projects/training/runs/r1/metrics", { metric: "accuracy", run_name: "swift-dew", points });
    assert.deepEqual(await at.arrived("chat-hook"), [{ run: "swift-dew", value: "0.8" }]);

    if (isNewest(sdk)) {
      const state = await at.automation((await at.sample("state")).id);
      assert.deepEqual([state.trigger.event, state.trigger.states], ["RUN_STATE", ["failed"]]);
      const subject = { kind: "project", entity: "kestrel", name: "training", run: "r2" };
      for (const run_state of ["running", "failed"]) await at.event("RUN_STATE", { subject, run_state, run_name: "calm-sea" });
      assert.deepEqual((await at.arrived("chat-hook", 2))[1], { run: "calm-sea", state: "failed" });
    }
    assert.equal(at.receiver.requests.length, isNewest(sdk) ? 3 : 2);
  });

  test(title("automations are looked up by name, changed by attributes and keywords, and deleted by themselves and by id"), async (t) => {
    const at = await world(t, sdk);
    assert.deepEqual(await at.sample("by_name"), ["ValueError", "ValueError"]);
    assert.deepEqual((await at.made("GET", "/automations")).items, []);
    const { items } = await at.made("GET", "/audit?kind=automation");
    const told = items.reverse().map(({ action, target_name: name }) => `${action} ${name}`);
    assert.deepEqual(told, ["created kept", "created gone", "changed kept", "changed kept", "deleted kept", "deleted gone"]);
  });

  test(title("every form of a filter comes back as it was sent"), async (t) => {
    const at = await world(t, sdk);
    const { said } = await at.python("forms.py");
    assert.ok(said.length > 50, `${said.length} forms`);
    const { said: again } = await at.python(`import json, wandb
print(json.dumps(sorted(one.id for one in wandb.Api().automations(entity="kestrel"))))`);
    assert.deepEqual(again, said.map(([id]) => id).sort());
    for (const [id] of said) {
      const [renamed, first] = (await at.made("GET", `/automations/${id}/revisions`)).items;
      assert.equal(renamed.revision, 2, "the name alone was changed");
      assert.deepEqual({ ...renamed.draft, name: "" }, { ...first.draft, name: "" });
    }
  });

  test(title("whatever is made over REST is listed, and what the SDK does not show is left whole"), async (t) => {
    const at = await world(t, sdk);
    const seed = Number(process.env.HOOKBOARD_SEED ?? 20261127);
    const next = random(seed);
    const made = new Map();
    for (let number = 0; number < 120; number += 1) {
      const draft = randomAutomation(next, number, Object.values(at.hooks).map((hook) => hook.id));
      const { id } = await at.made("POST", "/automations", draft);
      if (next() < 0.3) await at.made("PATCH", `/automations/${id}`, { snooze_s: 3600 });
      made.set(id, await at.automation(id));
    }
    const { said } = await at.python("echo.py");
    assert.deepEqual(said.ids.sort(), [...made.keys()].sort(), `seed ${seed}`);
    const refused = new Set(said.refused.map(([id]) => id));
    for (const [id, before] of made) {
      const now = await at.automation(id);
      const wanted = refused.has(id) ? before : { ...before, name: `${before.name} ✓`, enabled: !before.enabled };
      const { revision: _r, updated_at: _u, ...rest } = now;
      const { revision: _s, updated_at: _v, ...same } = wanted;
      assert.deepEqual(rest, same, `seed ${seed}`);
    }
    // Refused by the SDK itself, of events that it has no name for.
    assert.equal(said.refused.length > 0, !isNewest(sdk), JSON.stringify(said.refused));
    for (const [, event, words] of said.refused) {
      assert.equal(event, "UPDATE_ARTIFACT_ALIAS", words);
      assert.match(words, /is not supported on this wandb server version/);
    }
  });
}

test("ten thousand automations are listed without gaps or repeats while others come and go", async (t) => {
  const at = await world(t, SDKS[0]);
  const STAY = 9_900;
  const places = Array.from({ length: 4 }, (_, index) => `shard-${index}`);
  for (const place of places) await at.made("PUT", `/places/projects/${place}`);
  const one = (number) => ({
    name: `automation ${number}`,
    scope: { project: places[number % places.length] },
    trigger: { event: "ADD_ARTIFACT_ALIAS", filter: { alias: `a${number}` } },
    action: { type: "record" },
  });
  for (let from = 0; from < STAY; from += 3_300) {
    const automations = Array.from({ length: 3_300 }, (_, index) => one(from + index));
    await at.made("POST", "/automations/import", { version: 1, automations });
  }
  const staying = [];
  for (let cursor = ""; cursor !== undefined; ) {
    const page = await at.made("GET", `/automations?limit=200${cursor && `&cursor=${cursor}`}`);
    staying.push(...page.items);
    cursor = page.next_cursor;
  }
  assert.equal(staying.length, STAY);

  let isListing = true;
  const churn = (async () => {
    let number = 0;
    for (; isListing; number += 1) {
      const scope = { kind: "project", entity: "kestrel", name: places[number % places.length] };
      const draft = { ...one(number), scope, name: `guest ${number}` };
      const { id } = await at.made("POST", "/automations", draft);
      await at.made("PUT", `/automations/${id}`, { ...draft, name: `guest ${number}, renamed` });
      const { id: host, name: _n, scope: place, trigger, action } = staying[(number * 7919) % STAY];
      await at.made("PUT", `/automations/${host}`, { name: `renamed ${number}`, scope: place, trigger, action });
      if (number % 3) await at.made("DELETE", `/automations/${id}`);
      if (number === 90) break;
    }
    return number;
  })();
  const wanted = staying.map((automation) => automation.id).sort();
  const ways = [[SDKS[0], "team", 100], [SDKS.at(-1), "all", 2]];
  const read = ([sdk, way, size]) => runner(sdk, at.server.origin, at.key, proxy)("pages.py", way, size);
  const lists = await Promise.all(ways.map(read)).finally(() => (isListing = false));
  assert.ok((await churn) > 5, "others came and went meanwhile");
  const stays = new Set(wanted);
  for (const { said } of lists) {
    assert.equal(new Set(said).size, said.length, "each once");
    assert.deepEqual(said.filter((id) => stays.has(id)).sort(), wanted);
  }
});

test("the examples of docs/wandb.md run as they stand", async (t) => {
  const at = await world(t, SDKS[0]);
  const examples = blocks("docs/wandb.md").filter(({ language }) => language === "python").map(({ code }) => code);
  const { said } = await at.python(`${examples.join("\n")}\nimport json; print(json.dumps([one.name for one in api.automations()]))`);
  assert.deepEqual(said.sort(), ["A run fails", "Keep what is linked", "Loss rises"]);
});

test("the commands of docs/wandb.md and of the README run as they stand", async (t) => {
  const [from, to] = [await world(t, SDKS[0]), await world(t, SDKS[0])];
  await from.sample("deploy");
  const folder = scratch("commands");
  symlinkSync(join(root, "examples"), join(folder, "examples"));
  const env = { ...from.python.env, PATH: `${dirname(process.env.HOOKBOARD_BIN)}:${from.python.env.PATH}` };
  const names = "import wandb; print([one.name for one in wandb.Api().automations()])";
  const replace = [["http://127.0.0.1:8080", from.server.origin], ["hb_…", from.key], ["my-team", "kestrel"]];
  const shell = blocks("docs/wandb.md").filter(({ language }) => language !== "python");
  assert.deepEqual(shell.map(({ language }) => language), ["sh", "sh"]);
  const [connect, move] = shell.map(({ code }) => filled(code, replace));
  const unset = { ...env, WANDB_BASE_URL: "", WANDB_API_KEY: "" };
  assert.match(await run(`${connect}\npython -c '${names}'`, { folder, env: unset }), /\['deploy'\]/);

  // It ends with 1, since it says what would be made.
  const compared = move.replace(/^(hookboard diff \S+)/m, "$1 || test $? -eq 1");
  const there = { ...env, HOOKBOARD_URL: to.server.origin, HOOKBOARD_KEY: to.key };
  assert.match(await run(compared, { folder, env: there }), /1 would be created[^]+1 created/);

  const [{ code }] = blocks("README.md").filter((block) => block.code.includes("import wandb"));
  assert.match(await run(filled(code, replace), { folder, env: { ...unset, HOOKBOARD_KEY: from.key } }), /\['deploy'\]/);
});

for (const sdk of SDKS) {
  test(`wandb ${sdk.version}: automations move by examples/migrate/from_wandb.py, and are the same elsewhere`, async (t) => {
    const [from, to] = [await world(t, sdk), await world(t, sdk)];
    await from.python("forms.py");
    for (const sample of ["deploy", "monitor", "metric", "created", "routing", "secrets"]) await from.sample(sample);
    const several = {
      name: "two metrics",
      scope: { kind: "project", entity: "kestrel", name: "training" },
      trigger: { event: "RUN_METRIC_THRESHOLD", metrics: { rules: ["a", "b"].map((metric) => ({ kind: "threshold", metric, aggregate: "min", comparison: "<", threshold: 1 })) } },
      action: { type: "record" },
    };
    await from.made("POST", "/automations", several);
    await from.made("POST", "/automations", {
      name: "a value like a name",
      scope: { kind: "registry", entity: "kestrel", name: "models" },
      trigger: { event: "ADD_ARTIFACT_ALIAS", filter: { alias: { $eq: "hookboard-prod" } } },
      action: { type: "record" },
    });

    const { out, log } = await from.python.raw(fileURLToPath(new URL("../../examples/migrate/from_wandb.py", import.meta.url)), "kestrel");
    assert.match(log, /left out: 'two metrics': it has several metrics/);
    assert.ok(log.includes(`webhook 'deploy-hook' sends to ${from.hooks["deploy-hook"].settings.url}`), log);
    const file = join(scratch("migrate"), "automations.yaml");
    writeFileSync(file, out);
    const hookboard = (...given) =>
      spawnSync(process.env.HOOKBOARD_BIN, given, { encoding: "utf8", env: { PATH: process.env.PATH, HOOKBOARD_URL: to.server.origin, HOOKBOARD_KEY: to.key } });
    const imported = hookboard("import", file);
    assert.equal(imported.status, 0, imported.stderr + imported.stdout);
    assert.equal(hookboard("diff", file).status, 0, "the same file again changes nothing");

    const kept = async (at) => {
      const { automations } = JSON.parse(await (await fetch(`${at.server.origin}/api/v1${TEAM}/automations/export?format=json`, { headers: { authorization: `Bearer ${at.key}` } })).text());
      return automations
        .filter((one) => one.name !== several.name)
        .map((one) => ({ ...one, action: { ...one.action, template: one.action.template && JSON.parse(one.action.template) } }));
    };
    assert.deepEqual(await kept(to), await kept(from));
    assert.ok((await kept(to)).length > 50);
  });
}
