// A guide's code blocks, run as printed: what a reader would put in for "…" and for addresses elsewhere is put in.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The fenced blocks of a Markdown file of the tree, in order. One within a list is moved to the margin. */
export function blocks(path) {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/^( *)```(\w+)\n([^]*?)^\1```$/gm)].map(([, indent, language, code]) => ({
    language,
    code: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** Runs the shell's blocks in one session; those of YAML that begin with a file's name are written there. What is printed. */
export async function follow(path, { folder, replace, env = {} }) {
  const commands = [];
  for (const { language, code } of blocks(path)) {
    const filled = replace.reduce((text, [from, to]) => text.replaceAll(from, to), code);
    if (language === "sh") commands.push(filled);
    const [, name] = /^# (\S+\.ya?ml)\n/.exec(filled) ?? [];
    if (language === "yaml" && name) {
      mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), filled);
    }
  }
  const shell = spawn("bash", ["-euo", "pipefail", "-c", commands.join("\n")], {
    cwd: folder,
    env: { ...process.env, ...env, PATH: `${dirname(process.env.HOOKBOARD_BIN)}:${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [shell.stdout, shell.stderr]) stream.on("data", (bytes) => (printed += bytes));
  const code = await new Promise((ended) => shell.on("close", ended));
  assert.equal(code, 0, printed);
  return printed;
}
