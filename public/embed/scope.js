// What a panel is about: its scope and view, the addresses that they stand for, and what is wrong with them.

const VIEWS = ["automations", "automation", "wizard", "history", "collection"];
/** Parts of the scope, as attributes too. */
export const SCOPE = ["entity", "registry", "project", "collection"];

const listed = (names) => `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** `locale` as the browser spells it. */
export function languageOf(locale) {
  if (locale === undefined) return undefined;
  try {
    const [tag] = Intl.getCanonicalLocales(locale);
    return tag;
  } catch {
    throw new TypeError(`"${locale}" is no language tag; such are "de", "pt-BR" and "zh-Hant"`);
  }
}

/** The path of a registry or project, if the scope has one. */
function placeOf({ entity, registry, project }) {
  const [kind, name] = registry ? ["registry", registry] : ["project", project];
  return name && `/${[entity, kind, name].map(encodeURIComponent).join("/")}`;
}

/** Throws what is wrong with a scope. */
function check(scope) {
  const stray = Object.keys(scope).find((part) => !SCOPE.includes(part));
  if (stray !== undefined) throw new TypeError(`a scope has no "${stray}"; it has an entity, a registry or a project, and a collection`);
  for (const part of SCOPE) {
    const given = scope[part] ?? "";
    if (typeof given !== "string") throw new TypeError(`the scope's ${part} is to be a name, and is ${JSON.stringify(given)}`);
  }
  if (!scope.entity) throw new TypeError("a panel needs a scope with an entity: the name of a team");
  if (scope.registry && scope.project) throw new TypeError("a scope has a registry or a project, not both");
}

/** The address of a view. One that starts with a slash is an address already. */
export function addressOf(scope, view = "automations", item) {
  check(scope);
  if (String(view).startsWith("/")) return String(view);
  if (!VIEWS.includes(view)) throw new TypeError(`"${view}" is no view; the views are ${listed(VIEWS)}, and addresses such as "/kestrel/registry/Models/history"`);
  const place = placeOf(scope);
  const team = `/${encodeURIComponent(scope.entity)}`;
  if (!place && (view === "automations" || view === "history")) return `${team}/${view === "history" ? "deliveries" : view}`;
  if (!place) throw new TypeError(`the view "${view}" needs a scope with a registry or a project`);
  const of = scope.collection && encodeURIComponent(scope.collection);
  const id = item && encodeURIComponent(item);
  if (view === "collection" && !of) throw new TypeError('the view "collection" needs a scope with a collection');
  if (view === "automation" && !id) throw new TypeError('the view "automation" needs an item: the id of the automation');
  switch (view) {
    case "automation": return `${place}/automations/${id}`;
    case "wizard": return id ? `${place}/automations/${id}/edit` : `${place}/automations/new${of ? `?collection=${of}` : ""}`;
    case "collection": return `${place}/collections/${of}`;
    default: return `${place}/${view}`;
  }
}

/** The view that an address shows, where it is one that a host can ask for. */
export function viewOf(address) {
  const parts = address.split("?")[0].split("/").slice(1);
  if (parts.length === 2) return { automations: "automations", deliveries: "history" }[parts[1]];
  if (parts.length === 4 || parts.length === 5 || parts.length === 6) {
    const [, , , room, item, more] = parts;
    if (room === "automations") return !item ? "automations" : item === "new" || more === "edit" ? "wizard" : "automation";
    if (room === "history") return "history";
    if (room === "collections" && item) return "collection";
  }
  return undefined;
}

/** Whether an address is within the scope: its place, with the team's deliveries and events; or its team, but for the settings. */
export function isWithin(scope, address) {
  const parts = address.split("?")[0].split("/").slice(1);
  const below = (...names) => names.every((name, index) => parts[index] === encodeURIComponent(name));
  const [kind, name] = scope.registry ? ["registry", scope.registry] : ["project", scope.project];
  if (!name) return below(scope.entity) && parts[1] !== "settings";
  const isSent = below(scope.entity) && ["deliveries", "events"].includes(parts[1]) && parts.length > 2;
  return below(scope.entity, kind, name) || isSent;
}
