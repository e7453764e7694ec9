// The page's code, styles and settings, from the folder of index.html: once for all panels of a document, when the
// first panel is shown.

/** The folder of the page's build, from where index.html is: laying the page out writes its name here. */
const BUILD = "build-id/";
/** What the browser holds its files to, digests likewise. */
const DIGESTS = {
  "page.css": "digest:page.css",
  "parts.css": "digest:parts.css",
  "hookboard-page_bg.wasm": "digest:hookboard-page_bg.wasm",
  "hookboard-page.js": "digest:hookboard-page.js",
  "hookboard-page-2.js": "digest:hookboard-page-2.js",
  "__wasm_split.js": "digest:__wasm_split.js",
  "__wasm_split-2.js": "digest:__wasm_split-2.js",
};

/** Panels work without it. Bundlers move this module: `assets` then says where index.html is. */
const { url } = import.meta;
export const HERE = new URL("../", url).href;

const kits = new Map();
/** How often the page's code has stopped: each time needs a fresh copy of it. The build has one in stock. */
let stops = 0;

/** What is to be loaded from `assets`, the address of the folder of index.html. */
export function kit(assets) {
  let found = kits.get(assets);
  if (!found) {
    // A build that is not laid out has its files beside index.html.
    const isLaidOut = /^build-[0-9a-f]{16}\//.test(BUILD);
    const build = new URL(isLaidOut ? BUILD : "", assets);
    const file = (name) => got(new URL(name, build), isLaidOut ? { integrity: DIGESTS[name] } : {});
    const sheet = async (name) => {
      const made = new CSSStyleSheet();
      await made.replace(await (await file(name)).text());
      return made;
    };
    // While the scripts come. The page's own start knows what to do with an answer of another type.
    const wasm = file("hookboard-page_bg.wasm").then((answer) =>
      answer.headers.get("Content-Type") === "application/wasm" ? WebAssembly.compileStreaming(answer) : answer,
    );
    const name = stops ? "hookboard-page-2.js" : "hookboard-page.js";
    // With what the script imports.
    const scripts = isLaidOut ? [name, stops ? "__wasm_split-2.js" : "__wasm_split.js"] : [];
    const held = Promise.all(scripts.map((name) => hold(new URL(name, build).href, DIGESTS[name])));
    const script = new URL(name, build).href;
    found = {
      stopped: false,
      sheets: Promise.all(["page.css", "parts.css"].map(sheet)),
      settings: got(new URL("config.json", assets), { cache: "no-store" }).then((answer) => answer.json()),
      page: held.then(() => import(/* @vite-ignore */ /* webpackIgnore: true */ script)).then(async (page) => {
        if (stops > 1) throw new Error("the page's code has stopped twice; only a new document has more of it");
        await page.default({ module_or_path: wasm });
        return page;
      }),
    };
    kits.set(assets, found);
    // What did not come is asked for again by the next panel.
    const coming = [found.sheets, found.settings, found.page];
    Promise.all(coming).catch(() => kits.get(assets) === found && kits.delete(assets));
    for (const one of [...coming, wasm]) one.catch(() => {});
  }
  return found;
}

/**
 * Loads a module ahead, held to its digest: `import()` takes none, and takes what is there. The element stands in the
 * document for as long as that lasts.
 */
function hold(href, integrity) {
  const link = document.createElement("link");
  if (!link.relList.supports("modulepreload")) return undefined;
  return new Promise((held, refused) => {
    link.onload = held;
    link.onerror = () => refused(new Error(`${href} did not come, or is not what was made`));
    Object.assign(link, { rel: "modulepreload", href, integrity });
    document.head.append(link);
  }).finally(() => link.remove());
}

async function got(url, options) {
  const answer = await fetch(url, { credentials: "omit", ...options });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
}

/** The code of `kept` has stopped, for all panels that have it. */
export function stop(kept) {
  if (kept.stopped) return;
  kept.stopped = true;
  stops += 1;
  for (const [assets, one] of kits) if (one === kept) kits.delete(assets);
}

/** Whether only a new document has one more copy of the code. */
export const isSpent = () => stops > 1;
