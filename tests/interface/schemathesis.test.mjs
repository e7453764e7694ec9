// The REST interface as its own document says: Schemathesis calls the operations with what the document allows and
// with what it forbids, and holds each answer to it. The inputs are the same at each run.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { scratch, signIn, startServer } from "../support/server.mjs";

const PYTHON = process.env.SCHEMATHESIS_PYTHON;

/** What would end the run's own access, never ends, or is refused whoever calls. */
const LEFT_OUT = "/stream|/members|/keys|/sign-in";

/** Keys are the roles' test's; what a team lacks is refused however well it is formed. */
const UNCHECKED = "ignored_auth,unsupported_method,positive_data_acceptance,missing_required_header";

let server;

before(async () => {
  server = await startServer(["--demo"]);
});

after(() => server.stop());

test("operations answer as the interface's document says", async () => {
  const key = await signIn(server);
  const run = spawn(
    join(dirname(PYTHON), "schemathesis"),
    ["run", `${server.origin}/api/v1/openapi.json`, "--url", server.origin, "--header", `Authorization: Bearer ${key}`, "--phases", "examples,coverage,fuzzing", "--max-examples", "20", "--workers", "1", "--generation-deterministic", "--request-timeout", "60", "--exclude-path-regex", LEFT_OUT, "--exclude-checks", UNCHECKED, "--no-color"],
    { cwd: scratch("schemathesis"), stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const stream of [run.stdout, run.stderr]) stream.on("data", (bytes) => (said += bytes));
  const code = await new Promise((ended) => run.on("close", ended));
  assert.equal(code, 0, said);
  const [, cases] = /(\d+) generated, \d+ passed/.exec(said) ?? [];
  assert.ok(Number(cases) > 1000, `it made ${cases} calls: ${said.slice(-2000)}`);
});
