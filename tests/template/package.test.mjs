// The npm package @hookboard/template says what the crate says, byte for byte, in Node and in a browser.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { launch, openPage } from "../support/browser.mjs";
import { blocks } from "../support/guide.mjs";
import { readVectors, wrong } from "../support/vectors.mjs";

/** The limit of the package: bytes with brotli of all that runs. */
const LIMIT_BYTES = 40_000;

const folder = process.env.HOOKBOARD_TEMPLATE;
const described = JSON.parse(readFileSync(join(folder, "package.json")));
const entry = (condition) => described.exports["."][condition].replace("./", "");
const node = await import(pathToFileURL(join(folder, entry("node"))));
const { Template, TemplateError, compile, complete, diagnostics, render } = node;
const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const vectors = read("../../crates/template/vectors/template.json");

test("every vector holds in Node", () => {
  const cases = readVectors(vectors);
  assert.equal(cases.length, JSON.parse(vectors).cases.length);
  assert.deepEqual(cases.map((one) => wrong(node, one)).filter(Boolean), []);
});

test("every vector holds in a browser, under a policy without inline script", async () => {
  const kinds = { js: "text/javascript", wasm: "application/wasm", html: "text/html" };
  const shipped = { "/support/vectors.mjs": ["js", read("../support/vectors.mjs")], "/": ["html", "<!doctype html><title>Template</title>"] };
  const server = createServer((request, response) => {
    const name = new URL(request.url, "http://localhost").pathname;
    const [kind, body] = shipped[name] ?? [name.split(".").pop(), undefined];
    try {
      response.writeHead(200, {
        "content-type": kinds[kind] ?? "text/plain",
        "content-security-policy": "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; img-src data:",
      });
      response.end(body ?? readFileSync(join(folder, name)));
    } catch {
      response.end();
    }
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const browser = await launch();
  try {
    const { page, problems } = await openPage(browser);
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const found = await page.evaluate(
      async ([module, vectors]) => {
        const template = await import(module);
        const { readVectors, wrong } = await import("/support/vectors.mjs");
        let early = "";
        try {
          template.diagnostics("{}");
        } catch (error) {
          early = error.message;
        }
        await Promise.all([template.default(), template.default()]);
        const cases = readVectors(vectors);
        return { early, count: cases.length, failures: cases.map((one) => wrong(template, one)).filter(Boolean) };
      },
      [`/${entry("default")}`, vectors],
    );
    assert.match(found.early, /Await init\(\) first/);
    assert.deepEqual(found.failures, []);
    assert.equal(found.count, JSON.parse(vectors).cases.length);
    assert.deepEqual(problems.filter((line) => !/favicon/.test(line)), []);
  } finally {
    await browser.close();
    server.close();
  }
});

test("a template is compiled once and rendered often; dots stand for secrets without values", () => {
  const template = compile('{"a": "${alias}", "k": "$KEY"}', { secrets: ["KEY"] });
  assert.ok(template instanceof Template);
  assert.equal(template.render({ alias: "production" }), '{"a": "production", "k": "••••••••"}');
  assert.equal(render(template, { alias: 'x"y' }, { secretValues: { KEY: "s" } }), '{"a": "x\\"y", "k": "s"}');
  assert.equal(template.render(), '{"a": "", "k": "••••••••"}');
});

test("an error is thrown with all diagnostics, whose positions slice the template", () => {
  const text = '{"😀": "${alais}", "😀": 1}';
  assert.throws(
    () => compile(text),
    (error) => {
      assert.ok(error instanceof TemplateError);
      assert.equal(error.name, "TemplateError");
      const [unknown, duplicate] = error.diagnostics;
      assert.equal(error.message, unknown.message);
      assert.deepEqual([unknown.code, unknown.severity], ["unknown_variable", "error"]);
      assert.equal(text.slice(unknown.start, unknown.end), "${alais}");
      assert.equal(unknown.suggestion.replacement, "${alias}");
      assert.deepEqual([duplicate.code, text.slice(duplicate.start, duplicate.end)], ["duplicate_key", '"😀"']);
      return true;
    },
  );
  assert.deepEqual(diagnostics('{"a": "${alias}"}'), []);
  assert.deepEqual(diagnostics('{"a": "${tag}"}', { event: "LINK_ARTIFACT" }).map(({ code }) => code), ["not_in_event"]);
});

test("arguments of another form are refused in words", () => {
  assert.throws(() => compile("{}", { event: "NOPE" }), { name: "RangeError", message: /no event type "NOPE"/ });
  assert.throws(() => render("{}", "[1]"), { name: "RangeError", message: /values is not an object/ });
  assert.throws(() => render('{"a": "${artifact_metadata.a}"}', { artifact_metadata: { a: "x".repeat(1 << 20) } }), {
    name: "RangeError",
    message: /bytes/,
  });
});

test("arguments of another type are refused in words, before anything is rendered with them", () => {
  const refuses = (what, message) => assert.throws(what, { name: "TypeError", message });
  for (const none of [undefined, null, 7, {}, ["{}"]]) {
    refuses(() => compile(none), /^template is to be a string, and is /);
    refuses(() => diagnostics(none), /^template is to be a string/);
    refuses(() => complete(none, 0), /^template is to be a string/);
    refuses(() => render(none), /^template is to be a string/);
  }
  refuses(() => compile("{}", "LINK_ARTIFACT"), "names is to be an object, and is a string");
  refuses(() => compile("{}", { event: 7 }), "event is to be a string, and is 7");
  refuses(() => compile("{}", { secrets: "KEY" }), "secrets is to be an array of names, and is a string");
  refuses(() => compile("{}", { secrets: ["KEY", 7] }), "secrets[1] is to be a string, and is 7");
  refuses(() => complete("{}", "1"), "cursor is to be a count of code units, and is a string");
  const template = compile('{"k": "$KEY"}', { secrets: ["KEY"] });
  for (const secret of [7, null, undefined, true, {}, ["s"]]) {
    refuses(() => template.render({}, { KEY: secret }), /^secretValues\.KEY is to be a string, and is /);
    refuses(() => render('{"k": "$KEY"}', {}, { secrets: ["KEY"], secretValues: { KEY: secret } }), /^secretValues\.KEY is to be a string/);
  }
  refuses(() => template.render({}, '{"KEY": 7}'), "secretValues.KEY is to be a string, and is 7");
  refuses(() => template.render(["a"]), "values is to be an object or its JSON, and is an array");
  refuses(() => template.render(7), "values is to be an object or its JSON, and is 7");
  assert.throws(() => template.render({}, "no JSON"), { name: "RangeError" });
});

test("completion offers names at the cursor, with the values looked at", () => {
  const text = '{"😀": "${al}"}';
  const found = complete(text, text.indexOf("}"), undefined, { alias: "production" });
  assert.equal(text.slice(found.start, found.end), "${al}");
  assert.equal(found.query, "al");
  const [first] = found.candidates;
  assert.deepEqual([first.name, first.insert, first.group, first.value, first.fits], ["alias", "${alias}", "event", "production", true]);
  const unfit = complete('{"a": "${tag', 12, { event: "LINK_ARTIFACT" }).candidates.find(({ name }) => name === "tag");
  assert.equal(unfit.fits, false);
  assert.ok(unfit.reason);
  const keys = complete('{"a": "${artifact_metadata.', 27, {}, { artifact_metadata: { accuracy: 0.9 } });
  assert.ok(keys.candidates.some(({ insert }) => insert === "${artifact_metadata.accuracy}"));
  assert.equal(complete("{}", 1), null);
});

/** A value as the package's page writes it. */
function written(value) {
  if (Array.isArray(value)) return `[${value.map(written).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([name, member]) => `${name}: ${written(member)}`).join(", ")} }`;
}

test("what the package's page prints comes out as it says", async () => {
  const [{ language, code }, ...others] = blocks("packages/template/README.md");
  assert.deepEqual([language, others.length], ["js", 0]);
  const [, names, body] = /^import init, \{ (.+) \} from "@hookboard\/template";\n([^]+)$/.exec(code);
  // Each statement, and what is said of it behind it or below.
  const statements = [...body.matchAll(/^([^/\n][^\n]*;) *(?:\n?\/\/ (.+))?$/gm)];
  assert.ok(statements.length >= 6, body);
  assert.equal(statements.map(([text]) => text).join("").replaceAll(/\s/g, ""), body.replaceAll(/\s/g, ""), "all of it is run");
  const scope = { init: node.default };
  for (const name of names.split(", ")) scope[name] = node[name];
  for (const [, statement, said] of statements) {
    const [, constant, expression] = /^(?:const (\w+) = )?(.+);$/.exec(statement);
    const value = await new Function(...Object.keys(scope), `return ${expression.replace(/^await /, "")}`)(...Object.values(scope));
    if (constant) scope[constant] = value;
    else if (said && expression.startsWith("await ") === false) {
      const told = typeof value === "string" ? value : written(value);
      const wanted = said.split("…").map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&")).join(".*");
      assert.match(told, new RegExp(`^${wanted}$`), statement);
    }
  }
});

test("both entries export what the types declare", async () => {
  const types = readFileSync(join(folder, entry("types")), "utf8");
  const declared = [...types.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
  assert.deepEqual([...declared, "default"].sort(), Object.keys(node).sort());
  const browser = await import(pathToFileURL(join(folder, entry("default"))));
  assert.deepEqual(Object.keys(browser).sort(), Object.keys(node).sort());
});

test("the package is within its limit", () => {
  const code = readdirSync(folder).filter((name) => /\.(js|wasm)$/.test(name));
  const sizes = code.map((name) => [name, brotliCompressSync(readFileSync(join(folder, name))).length]);
  const total = sizes.reduce((sum, [, bytes]) => sum + bytes, 0);
  console.log(`${total} bytes with brotli: ${sizes.map(([name, bytes]) => `${name} ${bytes}`).join(", ")}`);
  assert.ok(total <= LIMIT_BYTES, `${total} bytes of ${LIMIT_BYTES}`);
});
