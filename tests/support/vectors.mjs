// The cases of a vector file of the template language (docs/template.md, section 8).

/** Members of a JSON object, or elements of a list, each as its raw text: what `JSON.parse` would lose stays. */
function* parts(text) {
  const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gs;
  let depth = 0;
  let key;
  let start = 0;
  for (let found; (found = tokens.exec(text)); ) {
    const [token] = found;
    if (token === "{" || token === "[") {
      if (depth++ === 0) start = tokens.lastIndex;
    } else if (token === "}" || token === "]" || (token === "," && depth === 1)) {
      const value = text.slice(start, found.index).trim();
      if (depth === 1 && value) yield [key, value];
      if (depth === 1) start = tokens.lastIndex;
      if (token !== ",") depth -= 1;
    } else if (token === ":" && depth === 1) {
      key = JSON.parse(text.slice(start, found.index));
      start = tokens.lastIndex;
    }
  }
}

/** The text under `name`, spelled out or as prefix, repeated part and suffix. */
function spelled(found, name) {
  if (found[name] !== undefined) return found[name];
  const repeat = found[`${name}_repeat`];
  if (!repeat) return undefined;
  return (found[`${name}_prefix`] ?? "") + repeat[0].repeat(repeat[1]) + (found[`${name}_suffix`] ?? "");
}

/** Cases with `name`, `template`, `names`, `values` as JSON text, `secretValues`, `rendered` and `diagnostics`. */
export function readVectors(text) {
  const file = Object.fromEntries(parts(text));
  return [...parts(file.cases)].map(([, raw]) => {
    const members = Object.fromEntries(parts(raw));
    const { values = "{}", ...rest } = members;
    const found = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, JSON.parse(value)]));
    return {
      name: found.name,
      template: spelled(found, "template"),
      names: { event: found.event, secrets: found.secrets, accessToken: found.access_token },
      values,
      secretValues: found.secret_values ?? {},
      rendered: spelled(found, "rendered"),
      diagnostics: found.diagnostics ?? [],
    };
  });
}

/** What is wrong with what the package says of a case; empty where nothing is. Positions of vectors count bytes. */
export function wrong({ diagnostics, render }, one) {
  const bytes = (unit) => new TextEncoder().encode(one.template.slice(0, unit)).length;
  const shown = (list) => list.map(({ code, start, end }) => `${code}@${start}-${end}`).join(" ");
  const found = diagnostics(one.template, one.names).map(({ code, start, end }) => ({ code, start: bytes(start), end: bytes(end) }));
  if (shown(found) !== shown(one.diagnostics)) return `${one.name}: expected ${shown(one.diagnostics)}, found ${shown(found)}`;
  let rendered;
  try {
    rendered = render(one.template, one.values, { ...one.names, secretValues: one.secretValues });
  } catch (error) {
    if (one.rendered !== undefined || !/Template|Range/.test(error.name)) return `${one.name}: ${error}`;
  }
  return rendered === one.rendered ? "" : `${one.name}: expected ${one.rendered}, found ${rendered}`;
}
