// Files of automations as another reader of YAML sees them: libyaml, by way of PyYAML, which reads YAML 1.1.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { client, signIn, startServer } from "../support/server.mjs";

/** Texts that some reader of YAML takes for something else. */
const TEXTS = [
  "\tfirst", "\tfirst\nsecond", "\n\tfirst\n", " first\n\tsecond\n", "first\n\tsecond\n\n", "first\n\t\nlast", "line\n  more\n", "\n\n", "ends in spaces  ",
  "yes", "No", "on", "~", "null", "012", "0o17", "0x1f", "1_000", "1e3", "12:30:45", "2026-11-28", ".inf", "=", "<<", "- a", "? a", "a: b", "a #b", "# a", "[a", "{a",
  "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "'", '"', "---", "...", "größe 😀 名前", "a\u00a0b", "x".repeat(300), `${"word ".repeat(60)}end`,
];

let server;
let key;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira"]);
  key = await signIn(server);
});

after(() => server?.stop());

const read = async (format) => {
  const address = `${server.origin}/api/v1/entities/kestrel/automations/export?format=${format}`;
  return (await fetch(address, { headers: { authorization: `Bearer ${key}` } })).text();
};

test("what is exported as YAML is the same to another reader, by its fast and its plain parser", async () => {
  const call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  await call("POST", "/entities/kestrel/webhooks", { name: "hook", url: "https://example.com/" });
  const automations = TEXTS.map((text, index) => ({
    name: `automation ${index}`,
    description: text,
    scope: { registry: "models" },
    trigger: { event: "ADD_ARTIFACT_ALIAS", filter: { $or: [{ alias: { $in: [text, "other"] } }, { alias: text }] } },
    action: { type: "webhook", webhook: "hook", template: `{"text":\n\t${JSON.stringify(text)}}\n` },
  }));
  const imported = await call("POST", "/entities/kestrel/automations/import", { version: 1, automations });
  assert.equal(imported.status, 200, JSON.stringify(imported.body));
  const [written, meant] = [await read("yaml"), JSON.parse(await read("json"))];
  assert.equal(meant.automations.length, TEXTS.length);
  for (const loader of ["CSafeLoader", "SafeLoader"]) {
    const script = `import json, sys, yaml\nprint(json.dumps(yaml.load(sys.stdin.buffer.read().decode(), yaml.${loader})))`;
    const { stdout, stderr, status } = spawnSync(process.env.SCHEMATHESIS_PYTHON, ["-c", script], { input: written, encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), meant, loader);
  }
});
