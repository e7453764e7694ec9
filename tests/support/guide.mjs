// Code blocks of documents, run as printed: what a reader would put in for "…" and for addresses elsewhere is put in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./server.mjs";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The fenced blocks of a Markdown file of the tree, in order. One within a list is moved to the margin. */
export function blocks(path) {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^( *)```(\w*)\n([^]*?)^\1```$/gm)].map(([, indent, language, code]) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** A text with what a reader would put in. */
export const filled = (code, replace) => replace.reduce((text, [from, to]) => text.replaceAll(from, to), code);

/** A shell in a folder, with this build's `hookboard` on its path. */
function shell(code, folder, env, options = {}) {
  return spawn("bash", ["-euo", "pipefail", "-c", code], {
    cwd: folder,
    env: { ...process.env, PATH: `${dirname(process.env.HOOKBOARD_BIN)}:${process.env.PATH}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...options,
  });
}

/** Runs commands to their end, which must be a good one. What is printed. */
export async function run(code, { folder, env = {} }) {
  const child = shell(code, folder, env);
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (printed += bytes));
  const status = await new Promise((ended) => child.on("close", ended));
  assert.equal(status, 0, `${code}\n${printed}`);
  return printed;
}

/** Runs commands that go on until they are stopped, once they have printed `ready`. */
export async function serve(code, { folder, env = {}, ready = /\/#code=/ }) {
  // A group of its own, so that whatever the shell has started ends with it.
  const child = shell(code, folder, env, { detached: true });
  let printed = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => (printed += bytes));
  child.on("close", () => (ended = true));
  const end = (signal) => {
    if (!ended) process.kill(-child.pid, signal);
  };
  process.on("exit", () => end("SIGKILL"));
  await until(`${code} is ready`, () => {
    if (ended) throw new Error(`${code}\nended: ${printed}`);
    return ready.test(printed);
  });
  const link = /^\s*(http\S+)\/#code=\S+/m.exec(printed);
  return {
    printed,
    link: link?.[0].trim(),
    origin: link?.[1],
    async stop() {
      end("SIGTERM");
      await until(`${code} ends`, () => ended);
    },
  };
}

/**
 * Runs the shell's blocks of a document in one session; those of YAML that begin with a file's name are written there.
 * What is printed. The caller says in `others` which languages it sees to itself.
 */
export async function follow(path, { folder, replace, env = {}, others = [] }) {
  const commands = [];
  for (const { language, code } of blocks(path)) {
    const text = filled(code, replace);
    const [, name] = /^# (\S+\.ya?ml)\n/.exec(text) ?? [];
    if (language === "sh") {
      commands.push(text);
    } else if (language === "yaml" && name) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    } else {
      assert.ok(others.includes(language), `${path} has a block that is not followed:\n${code}`);
    }
  }
  return run(commands.join("\n"), { folder, env });
}
