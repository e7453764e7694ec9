// The payload editor's help: mends beside problems, what completion tells of each variable, and the way from a
// value in the preview to its variable.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, openPage } from "../support/browser.mjs";
import { client, startServer, until } from "../support/server.mjs";

let server;
let browser;
let page;
let problems;
let call;

before(async () => {
  server = await startServer(["--team", "kestrel", "--admin", "mira", "--allow-target", "127.0.0.1"]);
  browser = await launch();
  ({ page, problems } = await openPage(browser));
  await page.goto(server.link);
  await page.getByRole("heading", { level: 1, name: "Home of" }).waitFor();
  const key = await page.evaluate(() => Object.values(sessionStorage).find((value) => value.startsWith("hb_")));
  call = client(server, key);
  await call("PUT", "/entities/kestrel/places/registries/models");
  const scorer = "/entities/kestrel/places/registries/models/collections/scorer";
  await call("PUT", `${scorer}/versions/1`, { metadata: { accuracy: 0.91, auc: 0.88 } });
  await call("PUT", `${scorer}/versions/2`, { metadata: { accuracy: 0.94, data: { rows: 12 } } });
  await call("PUT", `${scorer}/versions/2/aliases/production`, {});
  await page.goto(`${server.origin}/kestrel/registry/models/automations/new?on=ADD_ARTIFACT_ALIAS`);
  await page.getByRole("textbox", { name: "Alias pattern" }).fill("production");
});

after(async () => {
  await browser.close();
  await server.stop();
});

const editor = () => page.getByRole("textbox", { name: "Payload", exact: true });
const told = () => page.getByRole("list", { name: "Problems in the payload" });
const preview = () => page.getByRole("region", { name: "Rendered payload" });

async function write(text) {
  await editor().click();
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(text);
}

test("a pattern that is not anchored is mended by a press", async () => {
  await page.getByText("Not anchored").waitFor();
  await page.getByRole("button", { name: "Use ^production$" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Alias pattern" }).inputValue(), "^production$");
  assert.equal(await page.getByText("Not anchored").count(), 0);
  await page.getByRole("button", { name: "Action", exact: true }).click();
  await editor().waitFor();
});

for (const [what, text, mend, mended] of [
  ["the name that was meant", '{"a": "${event_autor}"}', "Use ${event_author}", '{"a": "${event_author}"}'],
  ["a default where the event carries none", '{"a": "${tag}"}', "Use ${tag:-none}", '{"a": "${tag:-none}"}'],
  ["a default of the right type outside quotes", '{"a": ${metric_value}}', "Use ${metric_value:-0}", '{"a": ${metric_value:-0}}'],
  ["quotes around a word", '{"a": nightly}', 'Use "nightly"', '{"a": "nightly"}'],
  ["quotes around a key", '{a: 1}', 'Use "a"', '{"a": 1}'],
  ["quotes around text with a variable", '{"a": by ${event_author}}', 'Use "by ${event_author}"', '{"a": "by ${event_author}"}'],
  ["quotes around a variable as a key", '{${alias}: 1}', 'Use "${alias}"', '{"${alias}": 1}'],
  ["the end of a placeholder", '{"a": "${alias"}', "Use ${alias}", '{"a": "${alias}"}'],
]) {
  test(`a press mends: ${what}`, async () => {
    await write(text);
    await told().getByRole("button", { name: mend, exact: true }).first().click();
    assert.equal(await editor().inputValue(), mended);
    await page.keyboard.press("Control+Z");
    assert.equal(await editor().inputValue(), text, "it can be undone");
  });
}

test("completion groups by what the event carries, with descriptions, values and keys of real versions", async () => {
  await write('{"a": "');
  await page.keyboard.type("${");
  const list = page.getByRole("listbox", { name: "Variables" });
  const groups = await list.getByRole("group").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  assert.deepEqual(groups.at(-1), "Blank for this event");
  assert.ok(groups.includes("Event") && groups.includes("Artifact version"), groups.join());
  const option = (name) => list.getByRole("option").filter({ has: page.getByText(name, { exact: true }) });
  assert.match(await option("alias").innerText(), /production/);
  assert.match(await option("artifact_metadata.accuracy").innerText(), /0\.94/);
  assert.match(await option("artifact_metadata.data.rows").innerText(), /12/);
  assert.match(await option("artifact_metadata.auc").innerText(), /in other versions/);
  assert.match(await option("tag").innerText(), /only tag events/);
  assert.match(await option("alias").getAttribute("aria-description"), /alias/i);
  await page.keyboard.type("accuracy");
  await list.locator("..").getByText("A metadata value").or(list.locator("..").getByText(/metadata/i)).first().waitFor();
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Enter");
  assert.equal(await editor().inputValue(), '{"a": "${artifact_metadata.accuracy}');
});

test("formatting leaves every placeholder as it is", async () => {
  const placeholders = ["${alias}", "${tag:-a, b: {c}", "${artifact_metadata.data.rows}", "$${literal}"];
  await write(`{"x":["${placeholders[0]}","${placeholders[1]}"],"n":${placeholders[2]},"t":"${placeholders[3]}"}`);
  await page.getByRole("button", { name: "Format" }).click();
  const laid = await editor().inputValue();
  assert.match(laid, /^\{\n {2}"x": \[/);
  for (const one of placeholders) assert.ok(laid.includes(one), `${one} in ${laid}`);
});

test("pointing at a value rings it and its variable, and a press leads to it", async () => {
  await write('{\n  "a": "${alias}",\n  "who": "${event_author}",\n  "n": ${artifact_metadata.accuracy}\n}');
  const value = preview().getByText("0.94", { exact: true });
  await value.waitFor();
  const rings = () => page.locator("[data-ring]").evaluateAll((all) => all.map((one) => one.textContent));
  await value.hover();
  await until("both are ringed", async () => (await rings()).join() === "${artifact_metadata.accuracy},0.94");
  await page.getByRole("heading", { level: 1 }).hover();
  await until("neither is", async () => (await rings()).length === 0);
  const at = await editor().evaluate((input) => {
    const paint = [...input.parentElement.querySelectorAll(".var")].find((one) => one.textContent === "${alias}");
    const { left, top, width, height } = paint.getBoundingClientRect();
    return { x: left + width / 2, y: top + height / 2 };
  });
  await page.mouse.move(at.x, at.y);
  await until("both are ringed from the editor", async () => (await rings()).join() === "${alias},production");
  await value.click();
  const selected = await editor().evaluate((input) => input.value.slice(input.selectionStart, input.selectionEnd));
  assert.equal(selected, "${artifact_metadata.accuracy}");
  assert.ok(await editor().evaluate((input) => input === document.activeElement));
  await page.getByText("Line 4, column 8").waitFor();
});

test("nothing was printed to the console", () => assert.deepEqual(problems, []));
