// How long a keystroke takes in the payload editor: from the input event to paint, problems and preview
// in the document, laid out. Prints ratios to the limits; below 1 is within. What the browser itself
// needs to change its text field comes before that event and is told as a figure of its own.

import { launch, openPage } from "../support/browser.mjs";
import { client, signIn, startServer } from "../support/server.mjs";

const KEYSTROKES = 200;
const CASES = [
  { name: "16 KiB", bytes: 16 * 1024, limit: 4 },
  { name: "256 KiB", bytes: 256 * 1024, limit: 16 },
];

/** A template of nearly `bytes` bytes, with room for what is typed: objects of plain and variable members. */
function template(bytes) {
  const members = [];
  let size = 32;
  for (let index = 0; size < bytes - 1024; index++) {
    const member = [
      `  "step_${index}": {`,
      `    "model": "\${artifact_collection_name}",`,
      `    "by": "\${event_author:-someone}, at index \${artifact_version_index}",`,
      `    "weights": [0.1, 0.25, 0.65], "enabled": true,`,
      `    "accuracy": \${artifact_metadata.accuracy}`,
      `  }`,
    ].join("\n");
    members.push(member);
    size += member.length + 2;
  }
  return `{\n  "note": "",\n${members.join(",\n")}\n}`;
}

const server = await startServer(["--demo"]);
const key = await signIn(server);
const call = client(server, key);
const { body: webhooks } = await call("GET", "/entities/kestrel/webhooks");
const browser = await launch();
let failed = false;
console.log(`${KEYSTROKES} keystrokes each; ratio to the limit in brackets`);
for (const { name, bytes, limit } of CASES) {
  const created = await call("POST", "/entities/kestrel/automations", {
    name: `Keystrokes in ${name}`,
    scope: { kind: "registry", entity: "kestrel", name: "Models" },
    trigger: { event: "LINK_ARTIFACT" },
    action: { type: "webhook", webhook_id: webhooks.items[0].id, template: template(bytes) },
    enabled: false,
  });
  if (created.status !== 201) throw new Error(`the automation was not created: ${JSON.stringify(created.body)}`);
  const { page, context } = await openPage(browser);
  await page.addInitScript((kept) => sessionStorage.setItem("hookboard.key", kept), key);
  await page.goto(`${server.origin}/kestrel/registry/Models/automations/${created.body.id}/edit?step=action`);
  await page.getByRole("textbox", { name: "Payload", exact: true }).waitFor();
  await page.getByText("Valid JSON").waitFor();
  await page.waitForFunction(() => document.querySelector("textarea.editor__input").value.length > 1000);
  const [times, own] = await page.evaluate((keystrokes) => {
    const input = document.querySelector("textarea.editor__input");
    const [paint, preview] = [document.querySelector(".editor__paint"), document.querySelector(".preview__paint")];
    const text = "the quick brown fox jumps over the lazy dog ";
    let at = input.value.indexOf('"note": "') + 9;
    const times = [];
    const own = [];
    input.setSelectionRange(at, at);
    input.focus();
    input.scrollTop = 0;
    for (let index = 0; index < keystrokes; index++) {
      const key = text[index % text.length];
      // The command a key runs: setting the value instead would lay the whole field out anew.
      let start = 0;
      addEventListener("input", () => (start = performance.now()), { capture: true, once: true });
      const pressed = performance.now();
      document.execCommand("insertText", false, key);
      paint.getBoundingClientRect();
      preview.getBoundingClientRect();
      times.push(performance.now() - start);
      own.push(start - pressed);
      at += 1;
    }
    const typed = input.value.slice(at - keystrokes, at);
    if (!paint.textContent.includes(typed.slice(0, 20))) throw new Error("the paint does not show what was typed");
    if (!preview.textContent.includes(typed.slice(0, 20))) throw new Error("the preview does not show what was typed");
    return [times, own].map((list) => list.sort((one, other) => one - other));
  }, KEYSTROKES);
  const [p50, p95] = [0.5, 0.95].map((part) => times[Math.floor(times.length * part)]);
  const shown = (time) => `${time.toFixed(2)} ms (${(time / limit).toFixed(2)})`;
  console.log(`${name.padStart(8)}  limit ${limit} ms  p50 ${shown(p50)}  p95 ${shown(p95)}  browser's own p50 ${own[own.length >> 1].toFixed(2)} ms`);
  failed ||= p95 > limit;
  await context.close();
}
await browser.close();
await server.stop();
process.exit(failed ? 1 : 0);
