// For Node: the wasm is read as the module loads, so that nothing has to be awaited.

import { readFileSync } from "node:fs";
import { ready } from "./core.js";
import { initSync } from "./template.js";

export { Template, TemplateError, compile, complete, diagnostics, render } from "./core.js";

initSync({ module: readFileSync(new URL("template_bg.wasm", import.meta.url)) });
ready();

export default async function init() {}
