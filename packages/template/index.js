// For browsers and bundlers: the wasm is fetched by `init`.

import { ready } from "./core.js";
import load from "./template.js";

export { Template, TemplateError, compile, complete, diagnostics, render } from "./core.js";

let loading;

export default function init(source) {
  loading ??= load(source === undefined ? undefined : { module_or_path: source }).then(ready, (error) => {
    // Asked again, it tries again.
    loading = undefined;
    throw error;
  });
  return loading;
}
