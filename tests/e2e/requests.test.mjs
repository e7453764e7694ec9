// Requests before they go: the check of a signature, the script that sends by hand, the views of a request in
// the wizard, and where a payload starts.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, scratch, startReceiver, startServer, until } from "../support/server.mjs";

const SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const TOKEN = 'tok"en\\1';

let server;
let browser;
let page;
let context;
let problems;
let receiver;
let call;
let folder;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  receiver = await startReceiver();
  browser = await launch();
  ({ page, context, problems } = await openPage(browser));
  await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.origin });
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  folder = scratch("scripts");
  await call("PUT", "/entities/kestrel/places/registries/models");
  for (const [name, value] of [["TOKEN", TOKEN], ["SIGNING", SIGNING]]) {
    await call("PUT", `/entities/kestrel/secrets/${name}`, { value });
  }
  const { body: signed } = await call("POST", "/entities/kestrel/webhooks", {
    name: "signed",
    url: `${receiver.url}?a=1&b=[2]`,
    access_token: "TOKEN",
    signing_secret: "SIGNING",
    secrets: ["TOKEN"],
    headers: [{ name: "X-Team", value: "it's \"ours\"" }, { name: "X-Key", secret: "TOKEN" }],
  });
  assert.ok(signed.id, JSON.stringify(signed));
  await call("POST", "/entities/kestrel/webhooks", { name: "plain", url: receiver.url });
  const scope = { kind: "registry", entity: "kestrel", name: "models" };
  await call("POST", "/entities/kestrel/automations", {
    name: "Tell the team",
    scope,
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "webhook", webhook_id: signed.id, template: '{"told": "${event_author}"}' },
  });
});

after(async () => {
  await browser.close();
  await receiver.stop();
  await server.stop();
});

const editor = () => page.getByRole("textbox", { name: "Payload", exact: true });
const press = (name) => page.getByRole("button", { name, exact: true }).click();

/** Runs a script beside the receiver, which lives in this process. */
function run(text, env) {
  const file = join(folder, "send.sh");
  writeFileSync(file, text);
  const child = spawn("bash", [file], { env: { PATH: process.env.PATH, ...env } });
  let said = "";
  child.stdout.on("data", (part) => (said += part));
  child.stderr.on("data", (part) => (said += part));
  return new Promise((done) => child.on("close", (code) => done({ code, said })));
}

const digest = (key, text, encoding = "base64") => createHmac("sha256", key).update(text).digest(encoding);

/** Whether a request verifies as Standard Webhooks has it. */
function verifies({ headers, body }) {
  const key = Buffer.from(SIGNING.slice(6), "base64");
  const signature = digest(key, `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  const age = Math.abs(Date.now() / 1000 - Number(headers["webhook-timestamp"]));
  return headers["webhook-signature"] === `v1,${signature}` && headers["x-wandb-signature"] === digest(SIGNING, body) && age < 300;
}

test("a pasted request is told valid, or what is wrong with it", async () => {
  await page.goto(`${server.origin}/kestrel/reference`);
  const form = page.getByRole("form", { name: "Check a request" });
  const secret = form.getByLabel("Signing secret");
  assert.equal(await secret.getAttribute("type"), "password");
  await form.getByText("It never leaves this page").waitFor();
  await form.getByRole("button", { name: "Check the signature" }).click();
  await form.getByText("Paste the headers of a request.").waitFor();
  const body = '{"alias": "production"}';
  const headers = (time, signed = body) =>
    [
      "webhook-id: msg_1",
      `webhook-timestamp: ${time}`,
      `webhook-signature: v1,${digest(Buffer.from(SIGNING.slice(6), "base64"), `msg_1.${time}.${signed}`)}`,
      `content-length: ${Buffer.byteLength(signed)}`,
    ].join("\n");
  const now = Math.floor(Date.now() / 1000);
  const sent = [];
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  for (const [pasted, typed, own, words] of [
    [headers(now), body, SIGNING, "It was signed with this secret, less than 5"],
    [headers(now), `${body}\n`, SIGNING, "a line break or blanks were added or taken away"],
    [headers(now), body.replace("production", "staging"), SIGNING, "content-length says"],
    [headers(now), body, "whsec_AAAA", "this secret did not sign it"],
    [headers(now - 720), body, SIGNING, "It was signed with this secret, 12"],
    [headers("soon"), body, SIGNING, "webhook-timestamp is malformed."],
  ]) {
    await form.getByLabel("Signature headers").fill(pasted);
    await form.getByLabel("Body").fill(typed);
    await secret.fill(own);
    assert.equal((await form.getByRole("status").innerText()).trim(), "", "what was found goes with what it was found of");
    await secret.press("Enter");
    await form.getByRole("status").getByText(words).waitFor();
  }
  assert.deepEqual(await axe(page), []);
  assert.ok(!sent.some((text) => text.includes(SIGNING)), "the secret stays in the page");
  assert.ok(!(await page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }))).includes(SIGNING));
});

test("the printed script says what is missing, and sends what verifies", async () => {
  await page.goto(`${server.origin}/kestrel/reference`);
  const section = page.getByRole("region", { name: "Troubleshoot" });
  const code = section.getByRole("region", { name: "Script that sends the request" });
  await section.getByRole("combobox", { name: "Webhook", exact: true }).selectOption("signed");
  await code.getByText("hook_hmac").waitFor();
  await section.getByRole("button", { name: "Copy" }).click();
  await page.getByText("Copied the script").waitFor();
  const script = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(script, await code.evaluate((pre) => pre.textContent));
  assert.ok(!script.includes(SIGNING) && !script.includes(TOKEN));

  const count = receiver.requests.length;
  const refused = await run(script, { TOKEN });
  assert.notEqual(refused.code, 0);
  assert.match(refused.said, /SIGNING: Set it to the value of the secret/);
  assert.equal(receiver.requests.length, count, "nothing is sent without a secret");

  const { code: status, said } = await run(script, { TOKEN, SIGNING });
  assert.equal(status, 0, said);
  assert.match(said, /^HTTP\/1\.1 200/);
  const request = receiver.requests.at(-1);
  assert.ok(verifies(request), JSON.stringify(request));
  assert.equal(request.path, "/hook?a=1&b=[2]");
  const { authorization, "x-team": team, "x-key": own, "content-type": type } = request.headers;
  assert.deepEqual([authorization, team, own, type], [`Bearer ${TOKEN}`, "it's \"ours\"", TOKEN, "application/json"]);

  // The same as the server sends, but for what is made anew.
  const { body: webhooks } = await call("GET", "/entities/kestrel/webhooks");
  const { id } = webhooks.items.find((one) => one.settings.name === "signed");
  const test = await call("POST", `/entities/kestrel/webhooks/${id}/test`, {});
  assert.equal(test.status, 200, JSON.stringify(test.body));
  const sent = receiver.requests.at(-1);
  const made = ["accept", "connection", "host", "webhook-id", "webhook-timestamp", "webhook-signature"];
  const lasting = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !made.includes(name)));
  assert.deepEqual(lasting(request.headers), lasting(sent.headers));
  assert.equal(request.body, sent.body);

  // A key without its padding is a key.
  const bare = "whsec_MTIzNA";
  await run(script, { TOKEN, SIGNING: bare });
  const { headers, body } = receiver.requests.at(-1);
  assert.equal(headers["webhook-signature"], `v1,${digest("1234", `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`)}`);
});

test("the preview shows the request around the payload, and copies it as a command that runs", async () => {
  await page.goto(`${server.origin}/kestrel/registry/models/automations/new?on=LINK_ARTIFACT&step=action`);
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  const preview = page.getByRole("region", { name: "Preview", exact: true });
  const tab = (name) => preview.getByRole("tab", { name }).click();
  await tab("Headers");
  await preview.getByRole("tabpanel").getByText("Choose a webhook first.").waitFor();
  await page.getByRole("combobox", { name: "Webhook", exact: true }).selectOption({ label: "signed – " + receiver.url.slice(7) + "?a=1&b=[2], never used" });
  const headers = preview.getByRole("table", { name: "Request headers" });
  await headers.getByText("Bearer ").waitFor();
  await headers.getByText("<seconds since 1970>").waitFor();
  await editor().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('{"é": "it\'s ${event_author}", "auth": "$TOKEN"}');
  await tab("Raw");
  const raw = preview.getByRole("region", { name: "Raw request" });
  await raw.getByText("POST /hook?a=1&b=[2] HTTP/1.1").waitFor();
  await raw.getByText('"auth": "').waitFor();
  assert.deepEqual(await axe(page), []);
  await tab("Signature");
  await preview.getByText("webhook-id.webhook-timestamp.body").waitFor();
  const link = preview.getByRole("link", { name: "Programs that verify, and a check" });
  assert.match(await link.getAttribute("href"), /\/kestrel\/reference\?show=verify$/);
  await preview.getByRole("tab", { name: "Signature" }).focus();
  await page.keyboard.press("Home");
  const shown = preview.getByRole("region", { name: "Rendered payload" });
  await shown.getByText("it's").waitFor();
  await preview.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("Copied the request as curl").waitFor();
  const script = await page.evaluate(() => navigator.clipboard.readText());
  const { code, said } = await run(script, { TOKEN, SIGNING });
  assert.equal(code, 0, said);
  const request = receiver.requests.at(-1);
  assert.ok(verifies(request), "signed over the body that was sent");
  const body = JSON.parse(request.body);
  assert.equal(body.auth, TOKEN, "a secret with quotes stays within its string");
  assert.match(body["é"], /^it's /);
});

test("a payload starts from an example, from another automation or from nothing, and comes back by Undo", async () => {
  await page.goto(`${server.origin}/kestrel/registry/models/automations/new?on=LINK_ARTIFACT&step=action`);
  await editor().waitFor();
  const from = page.getByRole("combobox", { name: "Start the payload from" });
  const option = (name) => page.getByRole("option", { name });
  const holds = (text) => until(`the payload is ${text}`, async () => (await editor().inputValue()).includes(text));
  await editor().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText('{"mine": 1}');
  await from.click();
  await page.getByRole("group", { name: "Another automation" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await from.pressSequentially("tell");
  await page.keyboard.press("Enter");
  await holds('{"told": "${event_author}"}');
  await page.getByText("Took the payload of “Tell the team”").waitFor();
  await press("Undo");
  await holds('{"mine": 1}');
  await from.click();
  await option("Discord message").click();
  await holds("allowed_mentions");
  await editor().focus();
  await page.keyboard.press("Control+Z");
  await holds('{"mine": 1}');
  await from.click();
  await option("Blank").click();
  await until("it is blank", async () => (await editor().inputValue()) === "{}");
});

test("nothing was printed to the console", () => assert.deepEqual(problems, []));
