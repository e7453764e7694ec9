// The folder of `cargo xtask dist` behind real web servers, with the interface on another origin.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { launch, openPage } from "../support/browser.mjs";
import { freePort, get, startCaddy, startNginx } from "../support/hosting.mjs";
import { scratch, signIn, startServer } from "../support/server.mjs";

const dist = process.env.HOOKBOARD_DIST;
const folder = scratch("site");
const build = readdirSync(dist).find((name) => /^build-[0-9a-f]{16}$/.test(name));
const files = readdirSync(join(dist, build)).filter((name) => !/\.(br|gz)$/.test(name));
const wasm = `${build}/hookboard-page_bg.wasm`;

/** Each server at a host's root and below a path, over the same folder. */
const sites = [
  { name: "nginx at /", start: startNginx, base: "" },
  { name: "nginx at /tools/hookboard/", start: startNginx, base: "/tools/hookboard" },
  { name: "Caddy at /", start: startCaddy, base: "" },
  { name: "Caddy at /tools/hookboard/", start: startCaddy, base: "/tools/hookboard" },
];

let server;
let host;
let key;
let browser;

before(async () => {
  cpSync(dist, folder, { recursive: true });
  for (const site of sites) site.port = await freePort();
  for (const site of sites) site.origin = `http://127.0.0.1:${site.port}`;
  host = await startHost();
  const origins = [host.origin, ...sites.map(({ origin }) => origin)];
  server = await startServer(["--demo", ...origins.flatMap((origin) => ["--allow-origin", origin])]);
  key = await signIn(server);
  configure(folder, { history: "browser" });
  for (const site of sites) Object.assign(site, await site.start({ ...site, root: folder, api: server.origin }));
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const site of sites) await site.stop?.();
  host?.stop();
  await server?.stop();
});

/** A page of somebody else, on another origin. `files` are what it holds by path, `policy` is its content policy. */
async function startHost() {
  const host = { files: {}, policy: "" };
  const answered = createServer((request, response) => {
    const body = host.files[request.url];
    const kind = request.url.endsWith(".js") ? "text/javascript" : "text/html";
    response.writeHead(body ? 200 : 404, { "content-type": kind, "content-security-policy": host.policy });
    response.end(body);
  });
  await new Promise((listening) => answered.listen(0, "127.0.0.1", listening));
  host.origin = `http://localhost:${answered.address().port}`;
  host.stop = () => {
    answered.closeAllConnections();
    answered.close();
  };
  return host;
}

function configure(folder, config) {
  writeFileSync(join(folder, "config.json"), JSON.stringify({ api: `${server.origin}/api/v1`, ...config }));
}

/** A page that is signed in, at an address of a site. */
async function open(site, address) {
  const opened = await openPage(browser);
  const { page, context } = opened;
  await context.addInitScript((key) => sessionStorage.setItem("hookboard.key", key), key);
  await page.goto(`${site.origin}${site.base}${address}`);
  return opened;
}

const heading = (page, name) => page.getByRole("heading", { level: 1, name, exact: true });
const sidebar = (page, name) => page.getByRole("link", { name, exact: true });

for (const site of sites) {
  const at = (path) => `${site.origin}${site.base}/${path}`;

  test(`${site.name}: the wasm that is loaded ahead is the one that is used`, async () => {
    const opened = await openPage(browser);
    let loaded = 0;
    opened.page.on("request", (request) => (loaded += request.url().endsWith(wasm) ? 1 : 0));
    await opened.page.goto(at(""));
    await opened.page.getByLabel(/Access key or sign-in link/).waitFor();
    assert.equal(loaded, 1);
    assert.deepEqual(opened.problems, []);
    await opened.context.close();
  });

  test(`${site.name}: a deep link, a reload, back and forward lead to the page, and its policy is kept`, async () => {
    const { page, context, problems } = await open(site, "/kestrel/deliveries?state=failed");
    await heading(page, "Deliveries").waitFor();
    await page.reload();
    await heading(page, "Deliveries").waitFor();
    await sidebar(page, "Events").click();
    await heading(page, "Events").waitFor();
    assert.equal(new URL(page.url()).pathname, `${site.base}/kestrel/events`);
    await page.goBack();
    await heading(page, "Deliveries").waitFor();
    assert.equal(page.url(), at("kestrel/deliveries?state=failed"));
    await page.goForward();
    await heading(page, "Events").waitFor();
    await page.reload();
    await heading(page, "Events").waitFor();
    assert.deepEqual(problems, []);
    const ran = await page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "globalThis.ran = true";
      document.body.append(script);
      return globalThis.ran === true;
    });
    assert.equal(ran, false, "the policy is enforced");
    await context.close();
  });

  test(`${site.name}: addresses of the page are never kept, and name the interface's origin in the policy`, async () => {
    for (const path of ["", "kestrel/registry/Models/automations", "index.html"]) {
      const { status, headers, body } = await get(at(path), { "accept-encoding": "gzip, deflate, br" });
      assert.equal(status, 200, path);
      assert.match(headers["content-type"], /^text\/html/);
      assert.equal(headers["cache-control"], "no-cache");
      assert.match(headers["content-security-policy"], new RegExp(`connect-src 'self' ${server.origin};.*frame-ancestors 'none'$`));
      assert.equal(headers["x-content-type-options"], "nosniff");
      const text = headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      assert.ok(text.includes(`<base href="${site.base}/">`), `the folder is written into ${path}`);
    }
    if (site.base) {
      const { status, headers } = await get(`${site.origin}${site.base}`);
      assert.equal(status, 308);
      assert.equal(new URL(headers.location, site.origin).pathname, `${site.base}/`);
    }
  });

  test(`${site.name}: each kind of file has its rule`, async () => {
    const rules = {
      "config.json": "no-store",
      "boot.js": "max-age=300, stale-while-revalidate=86400",
      "manifest.json": "no-cache",
      [wasm]: "public, max-age=31536000, immutable",
      [`${build}/page.css`]: "public, max-age=31536000, immutable",
    };
    for (const [path, rule] of Object.entries(rules)) {
      const { status, headers } = await get(at(path));
      assert.deepEqual([path, status, headers["cache-control"]], [path, 200, rule]);
      assert.doesNotMatch(headers["content-type"], /html/);
    }
    for (const path of [wasm, "boot.js", "config.json"]) {
      const { headers } = await get(at(path));
      assert.equal(headers["access-control-allow-origin"], "*", path);
      assert.equal(headers["cross-origin-resource-policy"], "cross-origin", path);
    }
    assert.equal((await get(at(wasm))).headers["content-type"], "application/wasm");
  });

  test(`${site.name}: a panel in another origin's page loads from here`, async () => {
    for (const [path, ancestors] of [["embed/v1.js", undefined], ["embed/frame.html", "frame-ancestors 'none'"]]) {
      const { status, headers } = await get(at(path));
      assert.deepEqual([path, status, headers["cache-control"]], [path, 200, "max-age=300, stale-while-revalidate=86400"]);
      if (ancestors) assert.ok(headers["content-security-policy"].endsWith(ancestors));
      else assert.equal(headers["access-control-allow-origin"], "*");
    }
    host.policy = `default-src 'none'; script-src 'self' ${site.origin} 'wasm-unsafe-eval'; connect-src ${site.origin} ${server.origin}; img-src data:`;
    host.files["/"] = '<!doctype html><link rel="icon" href="data:,"><title>Host</title><script type="module" src="host.js"></script>';
    host.files["/host.js"] = `import { mount } from "${at("embed/v1.js")}";
      mount(document.body, { scope: { entity: "kestrel" }, view: "automations", getToken: async () => "${key}" });`;
    const { page, context, problems } = await openPage(browser);
    await page.goto(host.origin);
    await page.getByRole("link", { name: "Deploy to production" }).waitFor();
    assert.deepEqual(problems, []);
    await context.close();
  });

  test(`${site.name}: a missing file is a 404 that nobody keeps`, async () => {
    for (const path of [`${build}/gone.js`, "build-0000000000000000/hookboard-page.js", "gone.css", "embed/gone.js"]) {
      const { status, headers, body } = await get(at(path));
      assert.deepEqual([path, status, headers["cache-control"]], [path, 404, "no-store"]);
      assert.ok(!body.includes("hook"));
    }
    const { status, body } = await get(at("kestrel/registry/Models/collections/bert-v1.5"));
    assert.ok(status === 200 && body.includes("<base"), "names in addresses have dots");
  });

  test(`${site.name}: the build's own twins are sent`, async () => {
    const expected = readFileSync(join(folder, wasm));
    const plain = await get(at(wasm), { "accept-encoding": "identity" });
    assert.equal(plain.headers["content-encoding"], undefined);
    assert.ok(plain.body.equals(expected));
    const gzip = await get(at(wasm), { "accept-encoding": "gzip" });
    assert.equal(gzip.headers["content-encoding"], "gzip");
    assert.match(gzip.headers.vary, /accept-encoding/i);
    assert.ok(gunzipSync(gzip.body).equals(expected));
    assert.ok(site.brotli, "its module is among the tools");
    const brotli = await get(at(wasm), { "accept-encoding": "gzip, deflate, br" });
    assert.equal(brotli.headers["content-encoding"], "br");
    assert.ok(brotli.body.equals(readFileSync(join(folder, `${wasm}.br`))));
    assert.ok(brotliDecompressSync(brotli.body).equals(expected));
  });
}

/** Publishes a release over `folder`: the same files as a build of another name. */
function release(folder, next) {
  cpSync(join(dist, build), join(folder, next), { recursive: true });
  for (const name of ["index.html", "root.html"]) {
    const partial = join(folder, `${name}.partial`);
    writeFileSync(partial, readFileSync(join(dist, name), "utf8").replaceAll(build, next));
    for (const twin of ["br", "gz"]) rmSync(join(folder, `${name}.${twin}`), { force: true });
    renameSync(partial, join(folder, name));
  }
}

test("a tab from before a release goes on with its own files; a reload brings the new ones", async () => {
  const tabs = [];
  for (const site of sites) {
    const opened = await open(site, "/kestrel/events");
    await heading(opened.page, "Events").waitFor();
    tabs.push({ site, ...opened, loaded: [] });
  }
  const next = "build-00000000000000aa";
  release(folder, next);
  for (const { site, page, context, problems, loaded } of tabs) {
    page.on("response", (response) => loaded.push([response.status(), new URL(response.url()).pathname]));
    await sidebar(page, "Members").click();
    await page.getByRole("heading", { level: 2, name: "Members", exact: true }).waitFor();
    const own = () => loaded.filter(([, path]) => path.includes("/build-"));
    assert.ok(own().length > 0, "a part was loaded");
    assert.ok(own().every(([status, path]) => status === 200 && path.startsWith(`${site.base}/${build}/`)), `${own()}`);
    loaded.splice(0);
    await page.reload();
    await page.getByRole("heading", { level: 2, name: "Members", exact: true }).waitFor();
    assert.ok(own().every(([, path]) => path.startsWith(`${site.base}/${next}/`)), `${own()}`);
    assert.deepEqual(problems, []);
    await context.close();
  }
});

test("a script that does not load is asked for once more by a reload, and then the page says so", async () => {
  const [site] = sites;
  const { page, context } = await openPage(browser);
  let asked = 0;
  let fails = 1;
  await page.route(/hookboard-page\.js$/, (route) => {
    asked += 1;
    return asked <= fails ? route.fulfill({ status: 404, headers: { "cache-control": "no-store" } }) : route.continue();
  });
  await page.goto(site.origin);
  await page.getByLabel(/Access key or sign-in link/).waitFor();
  assert.equal(asked, 2);
  [asked, fails] = [0, Infinity];
  await page.reload();
  await page.getByRole("alert").getByText("Hookboard could not start").waitFor();
  assert.equal(await page.evaluate(() => performance.getEntriesByType("navigation")[0].type), "reload");
  assert.ok(asked >= 2);
  await context.close();
});

test("where nothing falls back, addresses are kept behind a hash, at any path", async () => {
  const plain = scratch("plain");
  cpSync(dist, plain, { recursive: true });
  const kinds = { html: "text/html", js: "text/javascript", css: "text/css", wasm: "application/wasm", json: "application/json" };
  const store = createServer((request, response) => {
    const path = new URL(request.url, "http://store").pathname.replace(/^\/buckets\/one\//, "");
    try {
      const body = readFileSync(join(plain, path));
      response.writeHead(200, { "content-type": kinds[path.split(".").pop()] ?? "application/octet-stream" });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  after(() => {
    store.closeAllConnections();
    store.close();
  });
  const port = sites[0].port;
  await sites[0].stop();
  sites[0].stop = undefined;
  await new Promise((listening) => store.listen(port, "127.0.0.1", listening));
  configure(plain, { history: "hash" });
  const { page, context, problems } = await open({ origin: sites[0].origin, base: "/buckets/one" }, "/index.html#/kestrel/deliveries");
  await heading(page, "Deliveries").waitFor();
  await sidebar(page, "Events").click();
  await heading(page, "Events").waitFor();
  assert.equal(page.url(), `${sites[0].origin}/buckets/one/index.html#/kestrel/events`, "the document keeps its name");
  await page.reload();
  await heading(page, "Events").waitFor();
  await page.goBack();
  await heading(page, "Deliveries").waitFor();
  assert.deepEqual(problems, []);
  await context.close();

  // One byte more, and the browser refuses what the document vouches for.
  writeFileSync(join(plain, build, "page.css"), "\n", { flag: "a" });
  const refused = await open({ origin: sites[0].origin, base: "/buckets/one" }, "/index.html#/kestrel/events");
  await heading(refused.page, "Events").waitFor();
  assert.ok(refused.problems.some((line) => /integrity/.test(line)), `${refused.problems}`);
  await refused.context.close();
});

test("the manifest tells every file, and the document vouches for those of the build that it names", () => {
  const digest = (path) => `sha384-${createHash("sha384").update(readFileSync(join(dist, path))).digest("base64")}`;
  const manifest = JSON.parse(readFileSync(join(dist, "manifest.json")));
  assert.equal(manifest.build, build);
  const told = new Set(manifest.files.map(({ path }) => path));
  for (const name of files) assert.ok(told.has(`${build}/${name}`), name);
  for (const { path, bytes, sha384, brotli } of manifest.files) {
    assert.equal(bytes, statSync(join(dist, path)).size, path);
    assert.equal(sha384, digest(path), path);
    if (brotli !== null) assert.equal(brotli, statSync(join(dist, `${path}.br`)).size, path);
  }
  const document = readFileSync(join(dist, "index.html"), "utf8");
  const named = [...document.matchAll(/(?:href|src)="(build-[^"]+)" (?:data-)?integrity="([^"]+)"/g)];
  assert.equal(named.length, [...document.matchAll(/"build-/g)].length);
  assert.ok(named.length >= 4);
  for (const [, path, integrity] of named) assert.equal(integrity, digest(path), path);
  assert.match(readFileSync(join(dist, "LICENSES.txt"), "utf8"), /leptos [\d.]+: MIT/);
});
