// Starts the page: fetches config.json beside the wasm, then mounts. A separate file, since the
// content policy allows no inline script.

import { share } from "./embed/sharing.js";

const RELOADED = "hookboard.reloaded";
const root = document.getElementById("app");

try {
  const theme = localStorage.getItem("hookboard.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // No storage: the system's theme.
}

/** Says in `element` that the page stopped, and offers to load it anew. */
function stopped(element, title, detail) {
  const make = (name, className, ...children) => {
    const made = document.createElement(name);
    made.className = className;
    made.append(...children);
    return made;
  };
  const button = make("button", "button", "Reload");
  button.type = "button";
  button.dataset.kind = "primary";
  button.addEventListener("click", () => location.reload());
  const panel = make("main", "empty", make("h1", "", title), make("p", "", detail), button);
  panel.setAttribute("role", "alert");
  element.replaceChildren(panel);
  button.focus();
}

async function start() {
  const base = document.baseURI;
  const config = fetch(new URL("config.json", base), { cache: "no-store" }).then((answer) => {
    if (!answer.ok) throw new Error(`config.json: ${answer.status}`);
    return answer.json();
  });
  // It takes up the preload, of which browsers check no digest.
  const { href, dataset } = document.getElementById("page-wasm");
  const wasm = fetch(href, { integrity: dataset.integrity ?? "" });
  const [page, settings] = await Promise.all([import(document.getElementById("page-script").href), config]);
  await page.default({ module_or_path: wasm });
  // Addresses behind a hash are those of the document, whose name a store may need.
  if (settings.history === "hash") document.querySelector("base").href = location.pathname;
  page.mount(root, {
    ...settings,
    share,
    api: new URL(settings.api, base).href,
    base: new URL(base).pathname,
    onPanic: (element, detail) => stopped(element, "The page stopped", detail),
  });
  try {
    sessionStorage.removeItem(RELOADED);
  } catch {
    // No storage: nothing was stored either.
  }
}

start().catch((error) => {
  console.error(error);
  let again = false;
  try {
    // A new release may have replaced the files under an open tab: one reload gets the new ones.
    again = !sessionStorage.getItem(RELOADED);
    sessionStorage.setItem(RELOADED, "1");
  } catch {
    // No storage: without a memory of the last try, do not try again by ourselves.
  }
  if (again) location.reload();
  else stopped(root, "Hookboard could not start", "A file did not load. Check the connection and reload.");
});
