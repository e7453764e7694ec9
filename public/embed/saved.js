// What a call of the interface changed, for the event `hookboard:saved`.

const SAVED = /^\/entities\/([^/?]+)\/(automation|webhook|secret)s(?:\/([^/?]+?)(\/duplicate)?)?$/;

/** The event's detail; nothing where a call is none of the host's concern. */
export function savedBy(method, path, answer) {
  const found = SAVED.exec(path);
  if (!found) return undefined;
  const [, entity, kind, named, isCopy] = found;
  if (named === "validate" || named === "backtest") return undefined;
  const isMany = named === "bulk" || named === "import";
  const change = isMany ? "updated" : ({ DELETE: "deleted", POST: "created" }[method] ?? "updated");
  let body;
  try {
    body = answer ? JSON.parse(answer) : undefined;
  } catch {
    // Not ours to read.
  }
  const id = named && !isMany && !isCopy ? decodeURIComponent(named) : body?.id;
  return { kind, change, entity: decodeURIComponent(entity), id, name: body?.name };
}
