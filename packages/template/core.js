// The interface of the package, over the generated bindings. Structures cross into the wasm as JSON text.

import { Compiled, complete as completeAt, diagnostics as diagnose } from "./template.js";

let isReady = false;

/** Says that the wasm is in place: from here on everything is synchronous. */
export function ready() {
  isReady = true;
}

export class TemplateError extends Error {
  constructor(diagnostics) {
    super(diagnostics.find(({ severity }) => severity === "error")?.message);
    this.name = "TemplateError";
    this.diagnostics = diagnostics;
  }
}

/** Calls the wasm, whose errors are texts: a list of diagnostics, or a message. */
function call(what) {
  if (!isReady) throw new Error("@hookboard/template is not loaded. Await init() first.");
  try {
    return what();
  } catch (error) {
    if (typeof error !== "string") throw error;
    throw error.startsWith("[") ? new TemplateError(JSON.parse(error)) : new RangeError(error);
  }
}

/** What a template may refer to, as the wasm takes it. No name holds a blank. */
const spread = ({ event, secrets = [], accessToken = false } = {}) => [
  event ?? "",
  secrets.map((name) => `${name} `).join(""),
  accessToken,
];
const json = (value) => (typeof value === "string" ? value : JSON.stringify(value ?? {}));
const optional = (value) => (value === undefined || value === null ? undefined : json(value));

export class Template {
  #compiled;

  constructor(template, names) {
    this.#compiled = call(() => new Compiled(template, ...spread(names)));
  }

  render(values, secretValues) {
    return call(() => this.#compiled.render(json(values), optional(secretValues)));
  }
}

export function compile(template, names) {
  return new Template(template, names);
}

export function render(template, values, { secretValues, ...names } = {}) {
  return (template instanceof Template ? template : compile(template, names)).render(values, secretValues);
}

export function diagnostics(template, names) {
  return JSON.parse(call(() => diagnose(template, ...spread(names))));
}

export function complete(template, cursor, names, values) {
  return JSON.parse(call(() => completeAt(template, ...spread(names), cursor, optional(values))));
}
