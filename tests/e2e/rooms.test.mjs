// Rooms around the automations: events, collections, the workspace with its bells, the payload
// reference.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, scratch, signIn, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let call;

before(async () => {
  server = await startServer(["--demo"]);
  const key = await signIn(server);
  call = client(server, key);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
});

after(async () => {
  await browser.close();
  await server.stop();
});

const main = () => page.getByRole("main");

test("an event tells why each automation did or did not fire", async () => {
  const { body } = await call("GET", "/entities/kestrel/events?type=ADD_ARTIFACT_ALIAS&registry=Models");
  const event = body.items.find((one) => one.matched > 0 && one.matched < one.evaluated);
  await page.goto(`${server.origin}/kestrel/events?type=ADD_ARTIFACT_ALIAS`);
  await main().getByText(`${event.matched} of ${event.evaluated} fired`).first().waitFor();
  await page.goto(`${server.origin}/kestrel/events/${event.id}`);
  await main().getByText(`saw it, ${event.matched} fired.`).waitFor();
  const { body: detail } = await call("GET", `/entities/kestrel/events/${event.id}`);
  const missed = detail.evaluations.find((one) => !one.matched && one.verdict === "condition");
  const group = main().getByRole("group").filter({ hasText: missed.automation_name });
  await group.getByText(missed.reason).waitFor();
  await group.getByText("Does not hold").first().waitFor();
  await group.getByRole("link", { name: "Automation" }).click();
  await page.getByRole("heading", { level: 1, name: missed.automation_name }).waitFor();
  // From the automation's side it is one of those it passed over.
  const passed = page.getByRole("region", { name: "Why it did not fire" });
  await passed.getByText(missed.reason).first().waitFor();
});

test("events are narrowed by what the address says, and the filters can be taken off", async () => {
  await page.goto(`${server.origin}/kestrel/events?project=doc-layout`);
  await main().getByText("No event matches").waitFor();
  await main().getByRole("button", { name: "Clear filters" }).first().click();
  await main().getByRole("row").nth(1).waitFor();
  assert.equal(new URL(page.url()).search, "");
});

test("automations are put in order by the heads of their columns, and the address keeps it", async () => {
  await page.goto(`${server.origin}/kestrel/registry/Models/automations`);
  const head = (name) => main().getByRole("columnheader", { name });
  const names = () => main().getByRole("rowheader").getByRole("link").allInnerTexts();
  const goesBy = (sort) => until(`it goes by ${sort}`, async () => {
    const { body } = await call("GET", `/entities/kestrel/automations?registry=Models&sort=${sort}`);
    return JSON.stringify(await names()) === JSON.stringify(body.items.map((one) => one.name));
  });
  await goesBy("-created");
  for (const [name, sort, way] of [
    ["Automation", "name", "ascending"],
    ["Automation", "-name", "descending"],
    ["Automation", null, null],
    ["Last fired", "-fired", "descending"],
    ["Last fired", "fired", "ascending"],
  ]) {
    await head(name).getByRole("button").press("Enter");
    // The third time leads back to newest first.
    await goesBy(sort ?? "-created");
    assert.equal(new URL(page.url()).searchParams.get("sort"), sort);
    assert.equal(await head(name).getAttribute("aria-sort"), way);
    assert.equal(await main().locator("[aria-sort]").count(), way ? 1 : 0);
    assert.ok(await head(name).getByRole("button").evaluate((own) => own === document.activeElement), "the focus stays");
  }
  assert.equal(await main().getByRole("button", { name: "Clear filters" }).count(), 0);
  await main().getByRole("button", { name: "Status" }).click();
  await main().getByRole("option", { name: "Enabled", exact: true }).click();
  await main().getByRole("button", { name: "Clear filters" }).click();
  await goesBy("fired");
  await page.reload();
  await goesBy("fired");
  await main().getByRole("button", { name: "Sort" }).click();
  await main().getByRole("option", { name: "Name" }).click();
  await goesBy("name");
});

test("an automation as code makes the same one again", async () => {
  const { body } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const own = body.items.find((one) => one.name === "Deploy to production");
  await page.goto(`${server.origin}/kestrel/registry/Models/automations/${own.id}`);
  await page.waitForFunction(() => !document.querySelector('main [aria-busy="true"], main .skeleton'));
  const code = page.getByRole("region", { name: "As code" });
  const shown = code.getByRole("region", { name: "The automation as code" });
  const draft = JSON.parse(await shown.innerText());
  assert.equal(draft.name, "Deploy to production");
  await code.getByRole("tab", { name: "curl" }).click();
  await shown.getByText("curl -sS").waitFor();
  const curl = (await shown.innerText()).replaceAll("Deploy to production", "Deployed by curl");
  const env = { ...process.env, HOOKBOARD_KEY: await page.evaluate(() => sessionStorage.getItem("hookboard.key")) };
  const made = JSON.parse(execFileSync("sh", ["-c", curl], { env, encoding: "utf8" }));
  assert.deepEqual([made.name, made.action], ["Deployed by curl", own.action]);
  await code.getByRole("tab", { name: "Python" }).click();
  await shown.getByText("urllib.request").first().waitFor();
  const python = (await shown.innerText()).replaceAll("Deploy to production", "Deployed by Python");
  const id = execFileSync("python3", ["-c", python], { env, encoding: "utf8" }).trim();
  const { body: again } = await call("GET", `/entities/kestrel/automations/${id}`);
  assert.deepEqual([again.name, again.trigger], ["Deployed by Python", own.trigger]);
});

test("an automation is snoozed, and a former version restored", async () => {
  const { body } = await call("GET", "/entities/kestrel/automations?registry=Models");
  const own = body.items.find((one) => one.name === "Announce release");
  const path = `/entities/kestrel/automations/${own.id}`;
  const draft = { name: own.name, scope: own.scope, trigger: own.trigger, action: own.action };
  const saved = await call("PUT", path, { ...draft, description: "Says it aloud", cooldown_s: 60 });
  assert.equal(saved.status, 200, JSON.stringify(saved.body));
  await page.goto(`${server.origin}/kestrel/registry/Models/automations/${own.id}`);
  await page.getByText("Says it aloud", { exact: true }).first().waitFor();
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: /Snooze for 1/ }).click();
  await page.getByText("It is snoozed.").waitFor();
  await page.getByRole("button", { name: "End the snooze" }).click();
  await until("the snooze has ended", async () => !(await page.getByText("It is snoozed.").count()));
  const versions = page.getByRole("region", { name: "Versions" });
  await versions.getByText("Description, Cooldown").waitFor();
  await versions.getByText("Version 1", { exact: true }).click();
  await versions.getByRole("button", { name: "Restore version 1" }).click();
  await page.getByText("Version 3 is again what version 1 was").waitFor();
  const { body: restored } = await call("GET", path);
  assert.deepEqual([restored.description, restored.revision, restored.enabled], [own.description, 3, own.enabled]);
});

test("a collection leads to its automations, its history and a new automation of its own", async () => {
  await page.goto(`${server.origin}/kestrel/registry/Models/collections`);
  await main().getByRole("button", { name: "Actions for fraud-scorer" }).click();
  await page.getByRole("menuitem", { name: "View history" }).click();
  await page.waitForURL(/\/history\?collection=fraud-scorer/);
  await page.goBack();
  await main().getByRole("link", { name: "fraud-scorer" }).click();
  await page.getByRole("heading", { level: 1, name: "fraud-scorer" }).waitFor();
  const watchers = page.getByRole("table", { name: "Automations that watch fraud-scorer" });
  await watchers.getByText("From Models").first().waitFor();
  const versions = page.getByRole("table", { name: "Versions of fraud-scorer" });
  await versions.getByRole("rowheader", { name: "v42" }).waitFor();
  await versions.getByRole("link", { name: "Delivered" }).first().waitFor();
  await main().getByRole("button", { name: "Create automation" }).click();
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  await page.getByText("to fraud-scorer").first().waitFor();
});

test("the bell of a plot makes an alert from the metric's last values", async () => {
  await page.goto(`${server.origin}/kestrel/project/asr-conformer`);
  const panel = page.getByRole("region", { name: "val/wer", exact: true });
  await panel.getByText("conformer-l-19").waitFor();
  const bell = panel.getByRole("button", { name: "Alert on val/wer" });
  await bell.focus();
  await page.keyboard.press("Enter");
  const form = page.getByRole("dialog", { name: "Alert on val/wer" });
  await form.getByRole("textbox", { name: "Value", exact: true }).fill("0.1");
  await form.getByText("It would have fired in").waitFor();
  await form.getByText("conformer-l-19").waitFor();
  await until("the limit is drawn", () => panel.locator(".plot__threshold").count());
  assert.deepEqual(await axe(page), []);
  await form.getByRole("button", { name: "Create alert" }).click();
  await form.getByText("Choose the webhook to send to.").waitFor();
  await form.getByRole("combobox", { name: "Send to" }).selectOption({ label: "teams-releases" });
  await form.getByRole("button", { name: "Create alert" }).click();
  await page.getByText(/Created “val\/wer/).waitFor();
  await panel.getByRole("button", { name: "Alert on val/wer; 1 automation watches it" }).waitFor();
  const { body } = await call("GET", "/entities/kestrel/automations?project=asr-conformer");
  const [rule] = body.items[0].trigger.metrics.rules;
  assert.deepEqual(
    [rule.metric, rule.comparison, rule.threshold, rule.window, body.items[0].webhook.name],
    ["val/wer", "<", 0.1, 5, "teams-releases"],
  );
});

test("more options carry an alert into the wizard", async () => {
  await page.goto(`${server.origin}/kestrel/project/asr-conformer/workspace`);
  const panel = page.getByRole("region", { name: "val/cer", exact: true });
  await panel.getByRole("button", { name: "Alert on val/cer" }).click();
  const form = page.getByRole("dialog", { name: "Alert on val/cer" });
  await form.getByRole("button", { name: "Outlier" }).click();
  await form.getByRole("textbox", { name: "Standard deviations" }).fill("4");
  await form.getByRole("button", { name: "More options" }).click();
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  assert.equal(await page.getByRole("combobox", { name: "Metric" }).inputValue(), "val/cer");
  assert.equal(await page.getByRole("textbox", { name: "Standard deviations" }).inputValue(), "4");
});

test("a plot is read by arrow keys, zoomed by dragging, and drawn by powers of ten", async () => {
  await page.goto(`${server.origin}/kestrel/project/asr-conformer/workspace`);
  const panel = page.getByRole("region", { name: "train/loss", exact: true });
  await panel.getByText("conformer-l-18").waitFor();
  const plot = panel.getByRole("group", { name: /train\/loss by step/ });
  await plot.focus();
  await page.keyboard.press("Home");
  await panel.getByText("Step 0").waitFor();
  await page.keyboard.press("ArrowRight");
  await panel.getByText(/Step 16/).waitFor();
  const box = await plot.boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + 60, { steps: 4 });
  await page.mouse.up();
  await panel.getByRole("button", { name: "Reset zoom" }).click();
  await panel.getByRole("button", { name: "More for train/loss" }).click();
  await page.getByRole("menuitem", { name: "Log scale" }).click();
  await until("ticks are powers of ten", async () =>
    (await panel.locator(".plot__y li").allInnerTexts()).every((text) => /^1(0*|e-?\d+)$|^0\.0*1$/.test(text)),
  );
  // Fewer runs, fewer lines.
  await page.getByRole("checkbox", { name: "Show conformer-s-04" }).uncheck();
  await until("a line less is drawn", async () => (await panel.locator(".plot__line").count()) === 4);
});

test("variables are found by name and meaning, and say what an event carries", async () => {
  await page.goto(`${server.origin}/kestrel/reference`);
  const table = page.getByRole("table", { name: "Variables" });
  await table.getByRole("row").filter({ hasText: "${alias}" }).getByText("Carried").waitFor();
  await page.getByRole("combobox", { name: "Carried by" }).selectOption("RUN_STATE");
  await table.getByRole("row").filter({ hasText: "${alias}" }).getByText("Blank").waitFor();
  await page.getByRole("searchbox", { name: "Search variables" }).fill("display name");
  await until("one variable is left", async () => (await table.getByRole("row").count()) === 3);
  await table.getByText("${run_name}").waitFor();
});

test("an example opens in the wizard", async () => {
  await page.goto(`${server.origin}/kestrel/reference`);
  await page.getByRole("button", { name: "Use “Discord message” in a new automation" }).click();
  await page.getByRole("menuitem", { name: "Models" }).click();
  await page.getByRole("heading", { level: 1, name: "Create automation" }).waitFor();
  await page.getByRole("textbox", { name: "Alias pattern" }).fill("^production$");
  await page.getByRole("button", { name: "Action" }).click();
  const payload = page.getByRole("textbox", { name: "Payload", exact: true });
  await until("the example is in the editor", async () => (await payload.inputValue()).includes("allowed_mentions"));
});

test("the printed programs know a signature from a forgery", () => {
  const folder = fileURLToPath(new URL("../../src/features/reference/verify/", import.meta.url));
  const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const [id, sent, body] = ["0192", String(Math.floor(Date.now() / 1000)), '{"é":"\\u00e9 ✓"}'];
  const digest = createHmac("sha256", Buffer.from(secret.slice(6), "base64")).update(`${id}.${sent}.${body}`).digest("base64");
  const headers = { "webhook-id": id, "webhook-timestamp": sent, "webhook-signature": `v1,AAAA v1,${digest}` };
  const work = mkdtempSync(join(scratch("verify"), "run-"));
  writeFileSync(join(work, "body"), body);
  const python = `${readFileSync(folder + "verify.py", "utf8")}
import json, sys
body = open(sys.argv[1], "rb").read()
headers = json.loads(sys.argv[2])
print(verify(headers, body, sys.argv[3]))`;
  const node = `${readFileSync(folder + "verify.mjs", "utf8")}
import { readFileSync } from "node:fs";
const [, file, headers, secret] = process.argv;
console.log(verify(JSON.parse(headers), readFileSync(file, "utf8"), secret) ? "True" : "False");`;
  const run = (program, args) => execFileSync(program, args, { encoding: "utf8" }).trim();
  for (const [own, expected] of [[secret, "True"], ["whsec_AAAA", "False"], ["plain", "False"]]) {
    const args = [join(work, "body"), JSON.stringify(headers), own];
    assert.equal(run("python3", ["-c", python, ...args]), expected);
    assert.equal(run(process.execPath, ["--input-type=module", "-e", node, ...args]), expected);
    const shell = spawnSync("sh", [folder + "verify.sh", id, sent, headers["webhook-signature"]], {
      input: body,
      env: { ...process.env, HOOK_SECRET: own },
    });
    assert.equal(shell.status === 0, expected === "True", shell.stderr.toString());
  }
});

test("nothing was printed to the console", () => assert.deepEqual(problems, []));
